# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a session idle in its transaction may be the elected leader of those that wait for it. Pure.

One session takes a lock and keeps it for weeks; the others wait for it, and the first of them leads when that one is
gone. PostgreSQL does not show whether an advisory lock is held by the session or by its transaction.
"""

from __future__ import annotations

import re
from typing import Iterable

from ..session import Holder, Session
from ..snapshot import MIN_WAITERS, Snapshot
from ..sql_text import without_literals
from .lock_table import Key

_LEADER = (
    "it may be the elected leader of its waiters: whether its session or its transaction holds the advisory lock is not"
    " known"
)
_LEADER_IN_TRANSACTION = (
    "it may be the elected leader of its waiters: its transaction has written nothing, and holds the advisory lock"
)
BY_ROW = "it may be the elected leader of its waiters: the statement of each only takes the same lock"
_ONLY_LOCKS = re.compile(r"^\s*(?:LOCK\b|(?:SELECT|WITH)\b.*\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b)", re.I)
_TAKES = re.compile(rf"{_ONLY_LOCKS.pattern}|^\s*(?:UPDATE|DELETE|INSERT|MERGE)\b|\bpg_advisory_\w*lock", re.I)
_MANY = 2  # times the waiters that make a queue: more than an election by an advisory lock has members
# The functions that take an advisory lock until the transaction ends; others take it until the session does.
_TRANSACTION_LEVEL = re.compile(r"\bpg_(?:try_)?advisory_xact_lock", re.I)


def may_lead(snapshot: Snapshot, holder: Session, min_waiters: int) -> str:
    """Why a holder may be the elected leader of those that wait for its advisory lock; empty where it is none."""
    if not holder.idle_in_transaction or holder.aborted or holder.has_written:
        return ""
    waiters = snapshot.forest.waiting_for(holder.key)
    locks = [snapshot.forest.waits.waits[waiter] for waiter in waiters if waiter in snapshot.forest.waits.waits]
    if not locks or any(lock.kind != "advisory" for held in locks for lock in held):
        return ""
    texts = [holder.query, *(who.query for who in map(snapshot.who, waiters) if isinstance(who, Session))]
    if not any(_TRANSACTION_LEVEL.search(without_literals(text)) for text in texts):
        return _LEADER
    return _LEADER_IN_TRANSACTION if _are_few(snapshot, holder.key, min_waiters) else ""


def _are_few(snapshot: Snapshot, key: Key, min_waiters: int) -> bool:
    """Whether so few wait for an advisory lock that they may be the standbys of an election."""
    return len(snapshot.forest.behind([key])) < _MANY * min_waiters


def standbys(snapshot: Snapshot) -> set[Key]:
    """Those that wait for what may be the elected leader by an advisory lock, and for nothing else, if none waits for
    them. Such a wait goes on for weeks, also where the leader's driver has begun a transaction for it."""
    forest = snapshot.forest
    holds = {key for tag, owners in forest.waits.held_by.items() if tag[0] == "advisory" for key in owners}
    leaders = [
        key
        for key in forest.root_blockers
        for holder in [snapshot.who(key)]
        if key in holds and isinstance(holder, Session) and may_lead(snapshot, holder, MIN_WAITERS)
        if _are_few(snapshot, key, MIN_WAITERS) and forest.behind([key]) <= set(forest.waiting_for(key))
    ]
    return forest.behind(leaders) - forest.still_blocked(leaders) if leaders else set()


def why_lead(snapshot: Snapshot, holder: Session) -> str:
    """Why a session idle in transaction may be the elected leader of those that wait for it; empty where it is none."""
    waiters = snapshot.forest.waiting_for(holder.key)
    leads = may_lead(snapshot, holder, MIN_WAITERS) if waiters else ""
    by_row = len(waiters) < MIN_WAITERS and leads_by_row(holder, map(snapshot.who, waiters))
    return leads or (BY_ROW if by_row else "")


def leads_by_row(holder: Session, waiters: Iterable[Holder]) -> bool:
    """Whether a session and its waiters ran one statement that only takes a lock, as those of an election by a row or a
    table do."""
    return bool(_ONLY_LOCKS.search(without_literals(holder.query))) and takes_its_turn(holder, waiters)


def takes_its_turn(holder: Session, waiters: Iterable[Holder]) -> bool:
    """Whether a session has been idle since a statement that takes the lock, which one of its waiters runs too."""
    taken = without_literals(holder.query)
    if not holder.idle_in_transaction or holder.aborted or not _TAKES.search(taken):
        return False
    return any(isinstance(waiter, Session) and without_literals(waiter.query) == taken for waiter in waiters)
