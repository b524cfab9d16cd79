# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiters that come back: their own timeouts end each wait before it is long, and few of them wait at a time. Pure.

One snapshot shows one or two short waits, or none. In snapshots a moment apart the same transaction stands before
one wait after the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Sequence, Tuple, Union

from ..._core.text import counted, span
from ..describe import describe, who_is
from ..session import CLIENT, Prepared
from ..snapshot import Snapshot
from ..work import can_wait
from .convoy import WATCHED
from .election import try_again
from .lock_table import Key

_MOST = 0.8  # of the seconds of a watch
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

    One that has held its lock for ``min_waiting`` seconds for sure (idle in its transaction, prepared) needs no more,
    and ``min_waiters`` requests of two sessions are enough, if some of them failed. Any other may be a member of a
    convoy, which waited before: sessions must have waited for it for most of the watch, and some of them given up while
    its transaction went on. The standbys of an elected leader that is active, which try again, are none.
    """
    last = looks[-1]
    pressing: dict[Key, str] = {}
    for key in old_transactions(last, min_waiting) if len(looks) > 1 else ():
        same = _while_it_runs(looks, key)
        waits = [(look.now, waits_for(look, key, min_waiting)) for look in same]
        every = set().union(*(each for dummy, each in waits))
        gone, sessions = len(every - waits[-1][1]), len({pid for pid, dummy in every})
        held = last.held_for(key) >= min_waiting
        # Of few clients the failed requests count: each of them comes back. One alone may be a job that can wait.
        again = held and gone > 0 and sessions > 1 and len(every & _requests(looks)) >= min_waiters
        seconds = (last.now - min([at for at, each in waits if each], default=last.now)).total_seconds()
        stays = seconds >= _MOST * min(min_waiting, WATCHED) and gone > 0
        many = again or (sessions >= min_waiters and (stays or held))
        if many and not try_again(same, key, min_waiting):
            pressing[key] = (
                f"{counted(sessions, 'session')} waited for it within {span(seconds)}, {counted(gone, 'wait')}"
                " ended without the lock"
            )
    return pressing


def _requests(looks: Sequence[Snapshot]) -> set[Wait]:
    """Statements of the application, without those that no request depends on: a migration that gives way and tries
    again is meant to."""
    rows = (look.sessions.get(key) for look in looks for key in look.forest.waits.waits if isinstance(key, int))
    return {(session.pid, session.query_start) for session in rows if session and not can_wait(session)}


def _while_it_runs(looks: Sequence[Snapshot], key: Key) -> list[Snapshot]:
    """The last looks, in which the transaction is the same and does not wait itself."""
    target = looks[-1].who(key).target
    waited = (look.who(key).target != target or key in look.forest.waits.waits for look in reversed(looks))
    number = next((number for number, has in enumerate(waited) if has), len(looks))
    return list(looks[len(looks) - number :])


def is_open(snapshot: Snapshot, min_waiting: float, min_waiters: int, quiet: bool) -> bool:
    """Whether further looks may show waits that come back: an old transaction has waiters, none of which is late; or,
    if ``quiet`` and no session is late, so that there is no incident to see, an old transaction that has written has no
    waiter now."""
    late = set(snapshot.affected(min_waiting, min_waiters=min_waiters))
    for key in old_transactions(snapshot, min_waiting):
        waiters = {pid for pid, dummy in waits_for(snapshot, key, min_waiting)}
        if waiters and not waiters & late:
            return True
    return quiet and not late and any(_age(snapshot, key) >= min_waiting for key in _writers(snapshot))


def quiet_holders(snapshot: Snapshot, seconds: float) -> list[Key]:
    """Transactions that have written, are idle or prepared for so long, and have no waiter now."""
    return [key for key in _writers(snapshot) if snapshot.held_for(key) >= seconds]


def _writers(snapshot: Snapshot) -> list[Key]:
    """Transactions that have written and have no waiter now."""
    roots = set(snapshot.forest.root_blockers)
    writers: list[Key] = [*snapshot.prepared]
    writers += [s.pid for s in snapshot.sessions.values() if s.backend_type == CLIENT and s.has_written]
    return [key for key in writers if key not in roots]


def quiet_lines(snapshot: Snapshot, seconds: float) -> list[str]:
    """Such transactions in a line. Clients that do not wait for them (NOWAIT), or seldom, fail all the same, which the
    lock table does not show."""
    quiet = quiet_holders(snapshot, seconds)
    if not quiet:
        return []
    who = " and ".join(f"{who_is(snapshot, key)} ({describe(snapshot, key)})" for key in quiet[:3])
    more = f" and {len(quiet) - 3} more" if len(quiet) > 3 else ""
    return [
        f"no session waits for {who}{more}, which may hold locks; if requests fail at them without waiting (NOWAIT) or"
        " wait seldom, end it by playbooks/db_session_cancel.yml"
    ]
