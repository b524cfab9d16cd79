# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows that several transactions lock together, all of their holders at once. Pure.

The lock table shows one holder of such a row at a time: a session that waits for the row waits for the transactions in
it one after the other. The row itself names all of them (its multixact), to a login that may read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import AbstractSet, Collection, Iterable, Mapping, NamedTuple

from .lock_table import SHARED_ROW, Key, Lock, Tag

KEY_SHARE, SHARE, NO_KEY_UPDATE, UPDATE = "AccessShareLock", "RowShareLock", "ExclusiveLock", "AccessExclusiveLock"
_UPDATERS = frozenset({"forupd", "upd"})
_WRITERS = _UPDATERS | {"fornokeyupd", "nokeyupd"}
# Which members of a multixact a waiter waits for, by the mode of its lock on the row (table 13.3 of PostgreSQL's
# documentation, "Row-Level Locks"; the modes in the terms of heapam.c's tupleLockExtraInfo).
_CONFLICTS = {
    KEY_SHARE: _UPDATERS,
    SHARE: _WRITERS,
    NO_KEY_UPDATE: _WRITERS | {"sh"},
    UPDATE: _WRITERS | {"sh", "keysh"},
}


class RowWait(NamedTuple):
    """The session that is first in a row's queue. ``mode``: of its lock on the row; ``xid``: the transaction that it
    waits for at present, and ``holder`` the session that runs that one."""

    waiter: Key
    row: Tag
    mode: str
    xid: str
    holder: Key


class Member(NamedTuple):
    """A transaction in a row's multixact. ``owner``: who runs it. None: it is over, or, where it is ``running``, it is
    a savepoint that was released: the lock table no longer knows whose."""

    xid: str
    mode: str
    owner: Key | None
    running: bool = True


@dataclass(frozen=True)
class SharedRows:
    """What was found of the rows that sessions wait for. ``locks``: waits for holders that the lock table does not
    show; ``xids``: the transactions by which a holder shares a row; ``unread``: holders of a row that others may hold
    too, and what right would show them."""

    locks: list[Lock] = field(default_factory=list)
    xids: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    unread: dict[Key, str] = field(default_factory=dict)


def first_in_rows(locks: Iterable[Lock], of_rows: Mapping[int, Lock]) -> list[RowWait]:
    """Who is first in the queue of a row, and waits for a transaction that holds it."""
    owners: dict[Tag, Key] = {}
    awaited: dict[Key, Tag] = {}
    for lock in locks:
        if lock.kind == "transactionid":
            if lock.granted:
                owners[lock.tag] = lock.owner
            else:
                awaited[lock.owner] = lock.tag
    return [
        RowWait(owner, lock.tag, lock.mode, str(awaited[owner][6]), owners[awaited[owner]])
        for owner, lock in of_rows.items()
        if lock.granted and owner in awaited and awaited[owner] in owners
    ]


def in_conflict(wait: RowWait, members: Iterable[Member]) -> tuple[list[Member], bool] | None:
    """The members that the waiter has to wait for, and whether there are more, of which it is not known who runs them;
    None: these are not the members of its row."""
    conflicts = _CONFLICTS.get(wait.mode, frozenset())
    running = [member for member in members if member.running]
    those = [member for member in running if member.mode in conflicts or member.xid == wait.xid]
    hidden = [member for member in those if member.owner is None]
    known = [member for member in those if member.owner not in (None, wait.waiter)]
    if wait.xid not in {member.xid for member in running}:
        if not hidden:
            return None
        known.append(hidden.pop()._replace(owner=wait.holder, xid=wait.xid))  # a savepoint of the transaction awaited
    return known, bool(hidden)


def waits_for_all(wait: RowWait, members: Collection[Member], since: Lock) -> list[Lock]:
    """The wait for a shared row as locks: one wait, and each member a holder. Empty for a single one, which the lock
    table shows. ``since``: the lock that the waiter waits for at present."""
    owners = {member.owner for member in members if member.owner is not None}
    if len(owners) < 2:
        return []
    tag: Tag = (SHARED_ROW, *wait.row[1:])
    held = [Lock(owner, tag, "ExclusiveLock", True) for owner in sorted(owners, key=str)]
    return [Lock(wait.waiter, tag, "ExclusiveLock", False, since.since), *held]


def may_be_shared(
    wait: RowWait, table_locks: Mapping[Key, AbstractSet[str]], writers: AbstractSet[Key], in_queue: AbstractSet[Key]
) -> bool:
    """Whether sessions that the lock table does not show may hold the row too, when the row cannot be read.

    ``table_locks``: modes in which the row's table is locked, by owner; ``writers``: those whose transaction has an id,
    without which no row is locked; ``in_queue``: those that wait for the row. A session that locks a row by SELECT (a
    foreign key's check too) holds a RowShareLock of its table, one that updates it a RowExclusiveLock; an updated row
    is shared with FOR KEY SHARE alone, for which only those wait that delete the row or lock it FOR UPDATE.
    """
    if wait.mode not in (NO_KEY_UPDATE, UPDATE):
        return False  # those wait for writers alone, of which a row has one
    selects = "RowShareLock" in table_locks.get(wait.holder, ())
    if wait.mode == NO_KEY_UPDATE and not selects:
        return False
    shares = {"RowShareLock", "RowExclusiveLock"} if wait.mode == UPDATE and selects else {"RowShareLock"}
    others = writers - in_queue - {wait.holder, wait.waiter}
    return any(shares & table_locks.get(owner, frozenset()) for owner in others)
