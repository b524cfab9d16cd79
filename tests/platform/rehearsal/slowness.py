"""How slow the platform is for its users, and what it costs to serve them, beside how it was when it was healthy.

That users wait is what `make gameday` judges; whether a fault that is slowness shows is told by what it costs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rehearsal.platform import Platform, Request
from rehearsal.site import write_private

QUANTILE = 0.8  # a third of those who browse ask for their own bookings: the slower ones of all
SPAN = 6.0  # seconds of users that are looked at
LEAST = 10
COST_SECONDS = 2.0
GROUP_V2, GROUP_V1 = "/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpuacct/cpuacct.usage"


def latency(requests: Sequence[Request], kind: str, since: float, until: float) -> float | None:
    """Seconds within which this part of the users of a span was answered; None where too few were."""
    taken = sorted(request.seconds for request in requests if request.kind == kind and since <= request.started < until)
    return taken[int(QUANTILE * len(taken))] if len(taken) >= LEAST else None


def kept(platform: Platform) -> Path:
    return platform.site.folder / "faults" / "healthy.txt"


def cost(platform: Platform, seconds: float = COST_SECONDS) -> float:
    """Processor time in seconds that a user's request costs the database, measured for so many seconds from now.

    The kernel counts it: it is the same on a machine that is busy with something else, as waiting is not.
    """
    spent, asked = spent_by_database(platform), platform.asked()
    time.sleep(seconds)
    return (spent_by_database(platform) - spent) / max(1, platform.asked() - asked)


def spent_by_database(platform: Platform) -> float:
    """Processor time of the database's container since its start, in seconds, by its control group (version 2 or 1)."""
    counters = platform.execute("db", "sh", "-c", f"cat {GROUP_V2} 2>/dev/null || cat {GROUP_V1}").split()
    if counters[0] == "usage_usec":
        return int(counters[1]) / 1e6
    return int(counters[0]) / 1e9


def remember(platform: Platform) -> None:
    """Keep what a request costs before something is broken."""
    kept(platform).parent.mkdir(exist_ok=True)
    write_private(kept(platform), str(cost(platform)))


def is_dear(platform: Platform, times: float) -> bool:
    """Whether a request costs so many times what it cost when the platform was healthy."""
    return kept(platform).exists() and cost(platform) > times * float(kept(platform).read_text())


def forget(platform: Platform) -> None:
    kept(platform).unlink(missing_ok=True)
