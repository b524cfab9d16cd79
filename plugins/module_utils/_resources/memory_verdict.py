# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container is short of memory: what its counters show, not how full it is. Pure.

A cache, a heap of a fixed size or a pool of workers fills most of its limit for months. A restart helps where memory
grows towards the limit, where the kernel has ended processes for it, or where work waits for it. Where it cannot be
told, a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._core.text import counted
from .._core.units import MIB
from .._system.counters import SOON, LeakReport, MemoryReport, will_fill
from .resource_report import PRESSED, ContainerUse, needed, outside_of

SHORT, UNCERTAIN, STEADY = "short", "uncertain", "steady"
LATELY = 600.0  # seconds after an OOM kill in which the next one is to be expected
WARM = 300.0  # seconds after its start in which a container fills its caches
REFILLS = 0.5  # share of the growth from which it is no new height
HALF = 0.5  # share of the limit, or of the growth
LATER = 3600.0  # seconds to the limit within which growth is named, though the window is too short to call it a leak


@dataclass(frozen=True)
class Verdict:
    """``state`` of a container that stands out, and why, in a clause."""

    state: str
    why: str


def verdict_on(container: ContainerUse, near: float, memory: MemoryReport | None = None) -> Verdict | None:
    """The verdict on a container that lost a process, is near its limit or grows towards it; else None.

    ``near``: the share of the limit from which its use is looked at. ``memory``: the host's, which is the limit of a
    container without one.
    """
    found = [each for each in (_killed(container), _grows(container, memory), _near(container, near)) if each]
    for state in (SHORT, UNCERTAIN, STEADY):
        reasons = [each.why for each in found if each.state == state]
        if reasons:
            return Verdict(state, ", ".join(reasons))
    return None


def _killed(container: ContainerUse) -> Verdict | None:
    """By what the kernel ended: in this run of the container, and lately or while its use is high."""
    count, ago = container["oom_recent"], container["oom_age"]
    if not count:
        return None
    lost = f"lost {counted(count, 'process', 'processes')} to the OOM killer within the last hour"
    if not container["oom_kills"]:
        return Verdict(STEADY, f"{lost}, and was started again since")
    if container["oom_own"] == 0:
        return Verdict(STEADY, f"{lost}{outside_of(container)}: its own limit was not reached")
    growth, share = container["leak"], container["memory_share"] or 0
    left = growth["seconds_to_limit"] if growth and growth["grows"] else None
    if ago is None or ago < LATELY or share >= HALF or (left is not None and left < SOON):
        if container["oom_own"] is None:
            return Verdict(UNCERTAIN, f"{lost}, and whether by its own limit or that of the host is not known")
        return Verdict(SHORT, lost)
    return Verdict(STEADY, f"{lost}, the last {ago / 60:.0f} min ago, and uses {share:.0%} of its limit now")


def _grows(container: ContainerUse, memory: MemoryReport | None) -> Verdict | None:
    growth = container["leak"]
    if growth is None:
        return None
    rate = f"grows by {growth['bytes_per_second'] / MIB:.1f} MiB/s"
    slowly = _grows_slowly(container, growth)
    if slowly:
        return slowly
    if will_fill(growth, container["memory_share"]):
        text = f"{rate} and reaches its limit in {growth['seconds_to_limit']:g} s"
    elif growth["grows"] and memory is not None and _is_unlimited(container, memory):
        left = memory["available"] / growth["bytes_per_second"]
        if left >= SOON or memory["available_share"] > HALF:
            return None
        text = f"{rate} without a limit, and uses up the memory of the host in {left:.0f} s"
    else:
        return None
    if (container["in_files"] or 0) >= HALF:
        return Verdict(
            UNCERTAIN, f"{text}, by files that it keeps in memory (tmpfs, shared memory), which a restart deletes"
        )
    if (container["refills"] or 0) >= REFILLS:
        return Verdict(UNCERTAIN, f"{rate}, up to what its processes have had before: it may be freed again")
    if container["age"] is not None and container["age"] < WARM:
        return Verdict(UNCERTAIN, f"{text}, but was started {container['age']:.0f} s ago: it may fill its caches")
    return Verdict(SHORT, text)


def _grows_slowly(container: ContainerUse, growth: LeakReport) -> Verdict | None:
    """Growth whose limit is more than minutes away, from half of it on: named, and no ground for an act."""
    left, share = growth["seconds_to_limit"] if growth["grows"] else None, container["memory_share"] or 0
    if left is None or not SOON <= left < LATER or share < HALF or (container["refills"] or 0) >= REFILLS:
        return None
    return Verdict(
        STEADY,
        f"uses {share:.0%} of its limit and grows by {growth['bytes_per_second'] / 1024:.0f} KiB/s, which would reach"
        f" it in {left / 60:.0f} min: {growth['window']:g} s are too short to call it a leak",
    )


def _is_unlimited(container: ContainerUse, memory: MemoryReport) -> bool:
    return not container["limit"] or container["limit"] >= memory["total"]


def _near(container: ContainerUse, near: float) -> Verdict | None:
    share, limit, growth = container["memory_share"] or 0, container["limit"], container["leak"]
    if share < near or not limit:
        return None
    uses, stall = f"uses {needed(container) // MIB} of {limit // MIB} MiB", container["memory_stall"]
    if stall is not None and stall >= PRESSED:
        return Verdict(SHORT, f"{uses}, and all of its work waited for memory {stall:g} % of the last ten seconds")
    if growth is None:
        return Verdict(UNCERTAIN, f"{uses}, and whether it grows was not measured")
    if growth["grows"]:
        rate = f"{growth['bytes_per_second'] / 1024:.0f} KiB/s"
        return Verdict(UNCERTAIN, f"{uses} and grows by {rate}: {growth['window']:g} s are too short to call it a leak")
    waits = "" if stall is not None else " (whether work waits for memory is not known here)"
    return Verdict(STEADY, f"{uses}, and was steady for {growth['window']:g} s{waits}")
