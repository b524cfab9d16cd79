# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the rows that sessions wait for: who holds each of them. I/O; what it means is `locks.shared_rows`'s."""

from __future__ import annotations

from dataclasses import dataclass
from typing import AbstractSet, Mapping, Sequence

from ...._core.errors import RunbookError
from ...._core.text import printable
from ...io import queries
from ...io.server import Postgres, in_database, legible_text
from ...sql_text import legible_sql, plain_identifier
from ..lock_table import Key, Lock
from ..shared_rows import Member, RowWait, SharedRows, first_in_rows, in_conflict, may_be_shared, waits_for_all

_MOST_ROWS = 50  # that are read in one snapshot
_MOST_DATABASES = 3  # to which a look opens a connection of its own


@dataclass(frozen=True)
class Owners:
    """Who runs what: ``key_of`` a pid, ``prepared`` by virtual transaction, and all whose transaction has an id."""

    key_of: Mapping[int, Key]
    prepared: Mapping[str, Key]
    writers: AbstractSet[Key]

    def key(self, pid: int | None, virtual: str) -> Key:
        return self.prepared.get(virtual, "prepared:0") if pid is None else self.key_of.get(pid, pid)


def read_shared_rows(
    postgres: Postgres, locks: Sequence[Lock], of_rows: Mapping[int, Lock], owners: Owners, databases: Mapping[int, str]
) -> SharedRows:
    """All holders of the rows that sessions wait for. ``of_rows``: the lock of each waiter on its row. What cannot be
    read is unknown, and the rest of the look does not fail for it."""
    shared_rows = SharedRows()
    first = first_in_rows(locks, of_rows)
    unread: list[tuple[RowWait, str]] = [
        (wait, "sessions wait for more rows than one snapshot reads") for wait in first[_MOST_ROWS:]
    ]
    by_database: dict[int, list[RowWait]] = {}
    for wait in first[:_MOST_ROWS]:
        by_database.setdefault(wait.row[1], []).append(wait)
    here = postgres.server["database"]
    for place, oid in enumerate(sorted(by_database, key=lambda oid: databases.get(oid) != here)):
        name = databases.get(oid, "")
        waits = by_database[oid]
        if not name or place > _MOST_DATABASES:
            unread += [(wait, "the snapshot does not read rows of its database") for wait in waits]
            continue
        try:
            with in_database(postgres, name) as there:
                unread += _read_rows(there, waits, locks, owners, shared_rows)
        except RunbookError:
            if postgres.closed:
                raise
            unread += [
                (wait, f"the module could not log in to database {printable(name)}, which would show them")
                for wait in waits
            ]
    _note_unread(postgres, unread, of_rows, owners, shared_rows)
    return shared_rows


def _read_rows(
    postgres: Postgres, waits: Sequence[RowWait], locks: Sequence[Lock], owners: Owners, shared_rows: SharedRows
) -> list[tuple[RowWait, str]]:
    """Fills ``found``; the rows that could not be read, each with why."""
    tables = {row[0]: row for row in postgres.rows(queries.ROW_TABLES, oids=sorted({wait.row[2] for wait in waits}))}
    locked = {lock.tag[2] for lock in locks if lock.kind == "relation" and lock.mode == "AccessExclusiveLock"}
    unread = []
    for wait in waits:
        table = tables.get(wait.row[2])
        if table is None or wait.row[2] in locked:
            unread.append((wait, "its table is locked, and the snapshot does not wait for that lock"))
        elif not table[2]:
            name, role = legible_sql(legible_text(table[1])), plain_identifier(postgres.role)
            right = f"GRANT SELECT (ctid, xmax) ON {name} TO {role}"
            unread.append((wait, f"{right} would show them"))
        else:
            known = _members(postgres, wait, table[1], owners)
            if known is None:
                unread.append((wait, "its row has changed during the snapshot"))
                continue
            members, more = known
            if more:
                shared_rows.unread[wait.holder] = (
                    "some hold it by a released savepoint, and it is not known which sessions"
                )
            present = next(lock for lock in locks if lock.owner == wait.waiter and not lock.granted)
            together = waits_for_all(wait, members, present)
            shared_rows.locks.extend(together)
            for member in members if together else ():
                if member.owner is not None:
                    shared_rows.xids[member.owner] = (*shared_rows.xids.get(member.owner, ()), member.xid)
    return unread


def _members(postgres: Postgres, wait: RowWait, table: str, owners: Owners) -> tuple[list[Member], bool] | None:
    """Those who hold the row and keep the waiter from it, and whether there are more; None where the row no longer says
    so."""
    page, tuple_ = wait.row[3:5]
    rows = postgres.names(queries.ROW_XMAX.format(table=table, page=page, tuple=tuple_))
    if not rows:
        return None
    xmax = rows[0][0]
    alone = [Member(wait.xid, "", wait.holder)], False
    if xmax == wait.xid:
        return alone
    members = postgres.names(queries.ROW_MEMBERS, multixact=xmax)
    xids = [xid for xid, dummy in members]
    going_on = {row[0] for row in postgres.names(queries.IN_PROGRESS, xids=xids)} if xids else set()
    if not going_on:  # no multixact, but a transaction: a savepoint in the one that is awaited
        return alone if postgres.names(queries.IN_PROGRESS, xids=[xmax]) else None
    running = {row[0]: owners.key(row[1], row[2]) for row in postgres.rows(queries.XID_OWNERS, xids=xids)}
    return in_conflict(wait, [Member(xid, mode, running.get(xid), xid in going_on) for xid, mode in members])


def _note_unread(
    postgres: Postgres,
    unread: Sequence[tuple[RowWait, str]],
    of_rows: Mapping[int, Lock],
    owners: Owners,
    shared_rows: SharedRows,
) -> None:
    if not unread:
        return
    oids = sorted({wait.row[2] for wait, dummy in unread})
    table_locks: dict[tuple[int, int], dict[Key, set[str]]] = {}
    for database, relation, pid, virtual, mode in postgres.rows(queries.TABLE_LOCKS, oids=oids):
        modes = table_locks.setdefault((database, relation), {}).setdefault(owners.key(pid, virtual), set())
        modes.add(mode)
    for wait, why in unread:
        in_queue = {owner for owner, lock in of_rows.items() if lock.tag == wait.row}
        here = table_locks.get((wait.row[1], wait.row[2]), {})
        if may_be_shared(wait, here, owners.writers, in_queue):
            shared_rows.unread[wait.holder] = why
