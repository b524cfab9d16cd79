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
from ..convoy import WATCHED, convoy_text, convoys_of, moving_waiters, unproved_roots, watched_waiters
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
    come back, or for ``min_waiting`` seconds, 5 at most. ``settled``: targets that are known to have been there before.
    ``quiet``: watch old transactions also if no session waits for them at the first look.
    """
    looks = [read_snapshot(postgres)]
    limit = min(min_waiting, WATCHED)
    until = time.monotonic() + limit
    moving: frozenset[int | str] = frozenset()
    before = {looks[0].who(key).target for key in looks[0].forest.root_blockers}
    while True:
        last = looks[-1]
        late = watched_waiters(last, min_waiting, min_waiters, settled)
        unproved = unproved_roots(last, limit, settled, late)
        if len(looks) > 1:
            moving = moving_waiters(last, unproved, before)
        open_ones = unproved and {last.who(key).target for key in unproved} & before
        pressing = pressing_roots(looks, min_waiting, min_waiters)
        returning = not pressing and is_open(last, min_waiting, min_waiters, quiet)
        if not (open_ones or returning) or time.monotonic() >= until:
            break
        time.sleep(_PAUSE)
        looks.append(read_snapshot(postgres))
    convoys = tuple(convoy_text(convoy) for convoy in convoys_of(looks, moving)) if moving else ()
    return replace(looks[-1], moving=moving, convoys=convoys, pressing=pressing)
