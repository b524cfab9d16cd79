# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot, and whether its queues move by themselves. I/O; what a convoy is is `locks.convoy`'s."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Collection

from ...io.server import Postgres
from ...io.snapshot import read_snapshot
from ...snapshot import MIN_WAITERS, Snapshot
from ..convoy import (
    SLOWEST,
    WATCHED,
    convoy_text,
    convoys_of,
    moving_waiters,
    turn_takers,
    unproved_roots,
    watched_waiters,
)
from ..election import with_elections
from ..returning import is_open, pressing_roots

_PAUSE = 0.25  # seconds between two looks at a queue


def read_watched(
    postgres: Postgres,
    min_waiting: float,
    min_waiters: int = MIN_WAITERS,
    settled: Collection[str] = (),
    quiet: bool = False,
) -> Snapshot:
    """The last of the looks that it takes to know whether sessions are stuck, wait in a convoy, or fail and come back.

    One snapshot is enough unless late waiters are behind a session that may have got its lock a moment ago, or waiters
    that are not late are behind an old transaction. Then more follow until that one has changed or the waiters have
    come back, or for ``min_waiting`` seconds, 5 at most; 20 where its members may take turns.
    ``settled``: targets that are known to have been there before.
    ``quiet``: watch old transactions also if no session waits for them at the first look.
    """
    looks = [with_elections(read_snapshot(postgres), min_waiting)]
    limit, slowest = min(min_waiting, WATCHED), min(min_waiting, SLOWEST)
    began = time.monotonic()
    moving: frozenset[int | str] = frozenset()
    before = {looks[0].who(key).target for key in looks[0].forest.root_blockers}
    while True:
        last = looks[-1]
        late = watched_waiters(last, min_waiting, min_waiters, settled)
        unproved = unproved_roots(last, slowest, settled, late)
        if len(looks) > 1:
            moving = moving_waiters(last, unproved, before)
        same = [key for key in unproved if last.who(key).target in before]
        slow = bool(same) and bool(turn_takers(last, same))
        open_ones = slow or bool(unproved_roots(last, limit, settled, late).intersection(same))
        pressing = pressing_roots(looks, min_waiting, min_waiters)
        returning = not pressing and is_open(last, min_waiting, min_waiters, quiet)
        if not (open_ones or returning) or time.monotonic() - began >= (slowest if slow else limit):
            break
        time.sleep(_PAUSE)
        looks.append(with_elections(read_snapshot(postgres), min_waiting))
    convoys = tuple(convoy_text(convoy) for convoy in convoys_of(looks, moving)) if moving else ()
    return replace(looks[-1], moving=moving, convoys=convoys, pressing=pressing)
