# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What it costs to end a session, and from when on one counts as idle. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..session import IDLE_AFTER, Holder, Prepared, Session
from ..snapshot import MIN_WAITERS, Snapshot
from ..work import maintenance, works_elsewhere
from .lock_table import Key, Lock

CANCEL, TERMINATE, ROLL_BACK = "cancel", "terminate", "rollback_prepared"
STRATEGIES = ("least_harm", "root_blockers", "queued_blockers")


@dataclass(frozen=True)
class Bounds:
    """``max_share`` is a fraction of the client sessions; one target is always within it.

    ``min_idle_in_transaction``: seconds between two statements of a transaction from which on it counts as idle.
    ``min_waiters``: so many that wait for one that has held its lock for ``min_waiting`` are late, however young.
    """

    min_waiting: float = 30.0
    max_terminations: int = 10
    max_share: float = 0.2
    strategy: str = "least_harm"
    min_idle_in_transaction: float = IDLE_AFTER
    min_waiters: int = MIN_WAITERS

    def targets(self, sessions: int) -> int:
        return min(self.max_terminations, max(1, int(sessions * self.max_share)))


def act_on(holder: Holder) -> str:
    """The mildest act that can work: cancelling a session that runs nothing does nothing."""
    if isinstance(holder, Prepared):
        return ROLL_BACK
    return CANCEL if holder.state in ("active", "fastpath function call") else TERMINATE


def worst_act(holder: Holder) -> str:
    """The harshest act that may follow: a cancel that does not release the lock is followed by the end of the session,
    so what a session does at the moment changes the first act alone."""
    return ROLL_BACK if isinstance(holder, Prepared) else TERMINATE


def has_worked(session: Session, awaited: Lock) -> bool:
    """Whether a transaction has written before the statement that waits now.

    A transaction id alone is no proof: asking for an AccessExclusiveLock takes one before the lock is there (wal_level
    replica and up), and so does the UPDATE that waits for a row. Statements that wait for any other lock take none.
    """
    if not session.has_written or session.is_one_statement:
        return False
    if awaited.kind == "relation" and awaited.mode == "AccessExclusiveLock":
        return session.holds_writes
    return True


def harm(holder: Holder, awaited: Lock | None = None, holds: bool = False, pauses: bool = False) -> int:
    """What is lost when the holder ends: the work of a transaction that has written weighs most.

    A session that waits and holds what others wait for is itself a target: dearer than any root that is in its way.
    ``pauses``: it is between two statements and has not been for long, like a reader of a cursor between two FETCHes or
    the code around an ORM's statements; it is active.
    """
    if isinstance(holder, Prepared):
        return 8  # a promise to a coordinator
    if awaited and holds:
        return 7
    if holder.aborted:
        return 1  # its work is lost already
    if awaited:
        return 5 if has_worked(holder, awaited) else 2
    if holder.idle_in_transaction and not pauses:
        return 4 if holder.has_written else 2
    if holder.state == "idle":
        return 3  # a session-level advisory lock and the connection
    return 6 if holder.has_written else 4


def pauses(snapshot: Snapshot, holder: Holder, bounds: Bounds) -> bool:
    """Whether it is between two statements of a transaction, and not for long enough to count as idle. A tool of
    maintenance never is: it keeps a table by one session while another one works (pg_repack); nor is a part of another
    server's transaction, which may be active."""
    if not isinstance(holder, Session) or not holder.idle_in_transaction:
        return False
    recent = holder.seconds_in_state(snapshot.now) < bounds.min_idle_in_transaction
    return recent or (bool(maintenance(holder) or works_elsewhere(holder)) and not holder.aborted)


def at_work(snapshot: Snapshot, key: Key, bounds: Bounds) -> bool:
    """Whether a session does something that its end would lose: a statement that waits for no lock, a transaction
    between two statements, or one that has written and has not been idle for ``min_waiting`` yet."""
    holder = snapshot.who(key)
    if isinstance(holder, Prepared) or key in snapshot.forest.waits.waits:
        return False
    recent = holder.seconds_in_state(snapshot.now) < bounds.min_waiting
    unfinished = holder.idle_in_transaction and holder.has_written and not holder.aborted and recent
    return act_on(holder) == CANCEL or pauses(snapshot, holder, bounds) or unfinished


def is_forgotten(snapshot: Snapshot, key: Key, seconds: float, bounds: Bounds) -> bool:
    """Whether a target's end loses so little that it may go for a waiter that can wait, or rather than a statement that
    has done nothing yet: it waits itself, has failed, is prepared, or has written nothing and has been idle in its
    transaction for ``seconds``. A cursor whose client takes some seconds for each batch is not forgotten, nor a job
    that has written and works elsewhere meanwhile."""
    holder = snapshot.who(key)
    if isinstance(holder, Prepared) or key in snapshot.forest.waits.waits or holder.aborted:
        return True
    recent = holder.idle_in_transaction and holder.seconds_in_state(snapshot.now) < seconds
    return not (recent or holder.has_written or at_work(snapshot, key, bounds))


def price_of(snapshot: Snapshot, key: Key, bounds: Bounds) -> int:
    """Harm first, then few targets. Then rather a forgotten root than a gate, whose own wish comes true; but rather a
    gate than a root that may continue, such as a reader that takes some seconds for each batch: a statement that has
    done nothing yet can be sent again."""
    awaited = snapshot.forest.wait_of(key)
    holds = key in snapshot.forest.waits.holders
    holder = snapshot.who(key)
    rank = 1 if awaited else 0 if is_forgotten(snapshot, key, bounds.min_waiting, bounds) else 2
    return 1000 * harm(holder, awaited, holds, pauses(snapshot, holder, bounds)) + 10 + rank
