"""How slow the platform is for its users, beside how it was when it was healthy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rehearsal.site import write_private
from rehearsal.stand import PATIENCE, Request, Stand

QUANTILE = 0.8  # a third of those who browse ask for their own bookings: the slower ones of all
SPAN = 6.0  # seconds of users that are looked at
LEAST = 10


def latency(requests: Sequence[Request], kind: str, since: float, until: float) -> float | None:
    """Seconds within which this part of the users of a span was answered; None where too few were."""
    taken = sorted(one.seconds for one in requests if one.kind == kind and since <= one.started < until)
    return taken[int(QUANTILE * len(taken))] if len(taken) >= LEAST else None


def now(stand: Stand, kind: str, seconds: float = SPAN) -> float | None:
    """The same of the last seconds, of users who are answered or gone."""
    until = time.time() - PATIENCE
    return latency(stand.requests(until - seconds, time.time()), kind, until - seconds, until)


def kept(stand: Stand) -> Path:
    return stand.site.folder / "faults" / "healthy.txt"


def remember(stand: Stand, kind: str) -> None:
    """Keep how it is before something is broken."""
    kept(stand).parent.mkdir(exist_ok=True)
    write_private(kept(stand), str(now(stand, kind) or 0.02))


def is_slow(stand: Stand, kind: str, times: float) -> bool:
    """Whether users wait so many times longer than when it was healthy."""
    if not kept(stand).exists():
        return False
    found = now(stand, kind, 4)
    return found is not None and found > times * float(kept(stand).read_text())


def forget(stand: Stand) -> None:
    kept(stand).unlink(missing_ok=True)
