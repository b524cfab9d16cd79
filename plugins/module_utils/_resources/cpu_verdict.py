# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a busy container is to be restarted: a container that works is busy, too. Pure.

What uses the host's cores up may be a service that is broken, or one that serves more requests than before; and what
spins looks like what encodes a film. A restart takes the work of the second from its users, and is no remedy. So what
is restarted without an approval is a busy container whose health check fails, too, unless the site says otherwise.
"""

from __future__ import annotations

import math
import re
from typing import Mapping, NamedTuple, Sequence

from .._system.counters import BusyProcess, HostReport
from .memory_verdict import SHORT, STEADY, UNCERTAIN, Verdict
from .resource_report import PRESSED, SLOWED, ContainerUse

_WHOLE = 0.9  # of a core, or of the limit
# Pressure (PSI) also rises for threads that wait for their own CPU limit (quota, cpuset) on an idle host: it counts
# near the bound of use alone, and from half of the cores on it is a reason for doubt.
_NEAR, _HALF = 0.9, 0.5
IDLE, OF_BUSIEST, WARM_UP = 0.2, 0.5, 120.0  # see `CpuRules`
_NOT_HERE = "whether its host is short of cores is not known here"
_UNHEALTHY, _IN_STATUS = "unhealthy", "(unhealthy)"  # in the engine's words
_UP = re.compile(r"Up (?:(?P<seconds>\d+) seconds?|(?P<minutes>\d+) minutes|(?P<second>Less than a second)"
                 r"|(?P<minute>About a minute))", re.I)  # fmt: skip


class CpuRules(NamedTuple):
    """``idle``: share of the host's cores; with so many idle, no request waits for one. ``of_busiest``: share of what
    the busiest container or process uses, below which another one is not what uses up the host. ``warm_up``: seconds
    from its start in which a container may be busy with it. ``restart_busiest``: what uses up the host is restarted
    also where its health check passes."""

    idle: float = IDLE
    of_busiest: float = OF_BUSIEST
    warm_up: float = WARM_UP
    restart_busiest: bool = False


USUAL = CpuRules()


def cores_are_short(host: HostReport, idle: float = IDLE) -> bool:
    """Whether work waits for a processor of the host, and not for a limit of its own."""
    return host["cpu_used"] > 1 - idle or (_is_pressed(host) and host["cpu_used"] > _NEAR * (1 - idle))


def _is_pressed(host: HostReport) -> bool:
    some = host["pressure"].get("cpu", {}).get("some")
    return some is not None and some["avg10"] >= 3 * PRESSED


def verdict_on(
    container: ContainerUse,
    host: HostReport,
    processes: Sequence[BusyProcess],
    busiest: float,
    rules: CpuRules = USUAL,
    health: Mapping[str, str] | None = None,
) -> Verdict:
    """The verdict on a busy container. ``busiest``: the cores of the container or process that uses most. ``health``:
    of containers by name, as compose_info has judged it: what could not be checked is not unhealthy. Of one that is not
    among them the engine's word counts."""
    uses, fails = _uses(container), _fails(container, health)
    if cores_are_short(host, rules.idle):
        if container["cpu"] < rules.of_busiest * busiest:
            return Verdict(STEADY, f"{uses}, much less than the busiest ({busiest:.2f})")
        if _seconds_up(container["status"]) < rules.warm_up:
            return Verdict(UNCERTAIN, f"{uses}, but was started just now ({container['status']}): it may be starting")
        if fails:
            return Verdict(SHORT, f"{uses}, and its health check fails")
        if rules.restart_busiest:
            return Verdict(SHORT, uses)
        return Verdict(UNCERTAIN, f"{uses}, but nothing shows that it is broken: it may serve its requests")
    idle = f"the host has {(1 - host['cpu_used']) * host['cores']:.1f} of {host['cores']} cores idle"
    whole = any(process["container"] == container["name"] and process["cpu"] >= _WHOLE for process in processes)
    if whole or container["throttled"] >= SLOWED or (container["cpu_of_quota"] or 0) >= _WHOLE:
        what = "a process of it uses a whole core" if whole else "its own limit slows it"
        if fails:
            return Verdict(SHORT, f"{uses}, {what}, and its health check fails")
        return Verdict(UNCERTAIN, f"{uses}, and {what}, but {idle}: it may be busy with its own work")
    if _is_pressed(host) and host["cpu_used"] >= _HALF and container["cpu"] >= rules.of_busiest * busiest:
        return Verdict(UNCERTAIN, f"{uses}, and work waits for a processor, but {idle}: it may wait for a CPU limit")
    return Verdict(STEADY, f"{uses}, and {idle}")


def verdict_elsewhere(container: ContainerUse, health: Mapping[str, str] | None = None) -> Verdict:
    """The verdict on a busy container of which it is not known whether it is on the host that was read: only its own
    limit counts, and what it fails."""
    uses, fails = _uses(container), _fails(container, health)
    slowed = container["throttled"] >= SLOWED or (container["cpu_of_quota"] or 0) >= _WHOLE
    if slowed and fails:
        return Verdict(SHORT, f"{uses}, its own limit slows it, and its health check fails")
    if slowed:
        return Verdict(UNCERTAIN, f"{uses}, and its own limit slows it: it may be busy with its own work")
    if fails:
        return Verdict(UNCERTAIN, f"{uses}, and its health check fails, but {_NOT_HERE}")
    return Verdict(STEADY, f"{uses}, and {_NOT_HERE}")


def _uses(container: ContainerUse) -> str:
    return f"uses {container['cpu']:.2f} cores"


def _fails(container: ContainerUse, health: Mapping[str, str] | None) -> bool:
    known = (health or {}).get(container["name"], "")
    return known == _UNHEALTHY if known else _IN_STATUS in container["status"]


def _seconds_up(status: str) -> float:
    """For how long a container has run, as far as the engine's words say; infinite for hours."""
    up = _UP.match(status)
    if not up:
        return math.inf
    if up["seconds"] or up["minutes"]:
        return float(up["seconds"] or 60 * int(up["minutes"]))
    return 0.0 if up["second"] else 60.0
