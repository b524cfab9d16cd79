# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiters that come back: their own timeouts end each wait before it is long, and few of them wait at a time. Pure.

One snapshot shows one or two short waits, or none. In snapshots a moment apart the same transaction stands before
one wait after the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Sequence, Tuple, Union

from ..._core.text import span
from ..session import CLIENT, Prepared
from ..snapshot import Snapshot
from .lock_table import Key

Wait = Tuple[int, Union[datetime, None]]  # pid and query_start


def old_transactions(snapshot: Snapshot, seconds: float) -> list[Key]:
    """Root blockers whose transaction is at least so old. What it locks it keeps until its end."""
    return [key for key in snapshot.forest.root_blockers if _age(snapshot, key) >= seconds]


def _age(snapshot: Snapshot, key: Key) -> float:
    holder = snapshot.who(key)
    if isinstance(holder, Prepared):
        return snapshot.held_for(key)
    if holder.xact_start is None:
        return 0.0
    return (snapshot.now - holder.xact_start).total_seconds()


def waits_for(snapshot: Snapshot, key: Key, min_waiting: float = 0.0) -> set[Wait]:
    """Waits that only the end of this root ends. A wait behind a queued statement ends with that one, a migration that
    gives way and tries again is meant to, and a wait by design is none."""
    forest = snapshot.forest
    behind = forest.behind([key]) & forest.still_blocked(forest.queued_blockers)
    sessions, by_design = snapshot.sessions, snapshot.waits_by_design(min_waiting)
    return {
        (waiter, sessions[waiter].query_start)
        for waiter in behind
        if isinstance(waiter, int) and waiter in sessions and waiter not in by_design
    }


def pressing_roots(looks: Sequence[Snapshot], min_waiting: float, min_waiters: int) -> dict[Key, str]:
    """Root blockers of the last look for which ``min_waiters`` sessions were seen to wait, each with what was seen.

    One that has held its lock for ``min_waiting`` seconds for sure (idle in its transaction, prepared) needs no more;
    of any other, waits must have ended while its transaction went on, so without the lock.
    """
    last = looks[-1]
    pressing: dict[Key, str] = {}
    for key in old_transactions(last, min_waiting) if len(looks) > 1 else ():
        target = last.who(key).target
        now = waits_for(last, key, min_waiting)
        every = now.union(*(waits_for(look, key, min_waiting) for look in looks[:-1] if look.who(key).target == target))
        gone, sessions = len(every - now), len({pid for pid, dummy in every})
        if sessions >= min_waiters and (gone or last.held_for(key) >= min_waiting):
            seconds = (last.now - looks[0].now).total_seconds()
            pressing[key] = (
                f"{sessions} sessions waited for it within {span(seconds)}, {gone} waits ended without the lock"
            )
    return pressing


def is_open(snapshot: Snapshot, min_waiting: float, min_waiters: int, quiet: bool) -> bool:
    """Whether further looks may show waits that come back: some that are not late are before an old transaction; or,
    if ``quiet``, an old transaction that has written, is idle or prepared, and has no waiter now."""
    late = set(snapshot.affected(min_waiting, min_waiters=min_waiters))
    for key in old_transactions(snapshot, min_waiting):
        if any(pid not in late for pid, dummy in waits_for(snapshot, key, min_waiting)):
            return True
    if not quiet:
        return False
    roots = set(snapshot.forest.root_blockers)
    quiet_ones: list[Key] = [*snapshot.prepared]
    quiet_ones += [s.pid for s in snapshot.sessions.values() if s.backend_type == CLIENT and s.has_written]
    return any(key not in roots and snapshot.held_for(key) >= min_waiting for key in quiet_ones)
