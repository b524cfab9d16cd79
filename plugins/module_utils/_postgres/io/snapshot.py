# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One snapshot of a server: its sessions, locks and limits, read in one connection. I/O.

A snapshot is a handful of statements in one autocommit connection, each bounded by statement_timeout.
"""

from __future__ import annotations

from typing import Any, Collection

from ..._core.errors import PrivilegeError, ServerError
from ..._core.text import printable
from ..locks.io.shared_rows import Owners, read_shared_rows
from ..locks.lock_table import Key, Lock, Tag
from ..locks.wait_forest import build_forest
from ..session import CLIENT, LONGEST_QUERY, REDACTED, Prepared, Session
from ..snapshot import Snapshot
from . import queries
from .server import Postgres, Row, legible, legible_text

PROGRESS = ["CREATE INDEX", "BASEBACKUP", "VACUUM", "CLUSTER", "ANALYZE", "COPY"]
_CONCURRENTLY = (2, 4)  # CREATE INDEX and REINDEX, as the progress of a build numbers its commands


def read_snapshot(postgres: Postgres) -> Snapshot:
    """One snapshot: locks first, so that an identity is never older than the lock it stands for."""
    locks = postgres.rows(queries.LOCKS)
    prepared = [legible(row) for row in postgres.rows(queries.PREPARED)]
    activity = postgres.rows(queries.ACTIVITY)
    roles = {row[0]: row for row in postgres.names(queries.ROLES)}
    databases = {row[0]: row for row in postgres.names(queries.DATABASES)}
    progress = _progress(postgres)
    me = next((role for role in roles.values() if role[1] == postgres.role), None)
    may_signal = {oid: _may_signal(role, me) for oid, role in roles.items()}
    writers = {row[10] for row in locks if row[16]}
    sessions = {
        row[0]: _session(row, roles, databases, progress, may_signal.get(row[3], bool(me and me[2])), writers)
        for row in activity
    }
    xid_owner: dict[str, Key] = {
        row[11]: f"prepared:{row[6]}" for row in locks if row[10] is None and row[0] == "transactionid"
    }
    lock_list, of_rows = _locks(locks, sessions, xid_owner)
    snapshots = _snapshot_blockers(postgres, sessions)
    lock_list += _snapshot_waits(snapshots, sessions)
    have_ids = {session.key for session in sessions.values() if session.has_written}
    owners = Owners(
        {pid: session.key for pid, session in sessions.items()}, xid_owner, have_ids | set(xid_owner.values())
    )
    shared = read_shared_rows(postgres, lock_list, of_rows, owners, {oid: row[1] for oid, row in databases.items()})
    lock_list += shared.locks
    return Snapshot(
        now=activity[0][16],
        server=postgres.server,
        limits=postgres.limits,
        sessions=sessions,
        prepared={p.key: p for p in (_prepared(row, roles, databases, me) for row in prepared)},
        forest=build_forest(lock_list),
        **_object_names(postgres, lock_list, {pid: lock.tag for pid, lock in of_rows.items()}, databases),
        snapshot_blockers=snapshots,
        shared_xids=shared.xids,
        unread_rows=shared.unread,
        role_limits={row[1]: row[5] for row in roles.values() if row[5] >= 0},
        database_limits={row[1]: row[2] for row in databases.values() if row[2] >= 0},
    )


def _progress(postgres: Postgres) -> dict[int, str] | None:
    """Who builds or copies what; None when it could not be read, which is not the same as none."""
    try:
        rows = postgres.rows(queries.PROGRESS, commands=PROGRESS)
        return {row[0]: progress_of(row[1], row[2]) for row in rows}
    except (ServerError, PrivilegeError):
        if postgres.closed:
            raise
        return None


def progress_of(command: str | None, kind: int | None) -> str:
    """What a progress report is about, with CONCURRENTLY where a build says so."""
    return f"{command} CONCURRENTLY" if command == "CREATE INDEX" and kind in _CONCURRENTLY else command or ""


def _object_names(
    postgres: Postgres, locks: list[Lock], rows_wanted: dict[int, Tag], databases: dict[int, Row]
) -> dict[str, Any]:
    here = next((oid for oid, row in databases.items() if row[1] == postgres.server["database"]), None)
    tags = {lock.tag for lock in locks} | set(rows_wanted.values())
    oids: dict[str, set[int]] = {}
    for tag in tags:
        if tag[2] is not None:
            database = postgres.server["database"] if tag[1] in (here, 0) else _name(databases, tag[1])
            oids.setdefault(database, set()).add(tag[2])
    known = postgres.relation_names(oids)
    names: dict[Tag, str] = {}
    for tag in tags:
        if tag[2] is None:
            continue
        at = f" ({tag[3]},{tag[4]})" if tag[4] is not None else ""
        its_own = tag[1] in (here, 0)
        database = postgres.server["database"] if its_own else _name(databases, tag[1])
        name = known.get(database, {}).get(tag[2])
        names[tag] = f"{printable(name)}{at}" if name else f"relation {tag[2]}{at}"
        if not (name and its_own):
            names[tag] += f" of database {printable(_name(databases, tag[1]))}"
    return {"names": names, "rows": {pid: names[tag] for pid, tag in rows_wanted.items()}}


def _snapshot_blockers(postgres: Postgres, sessions: dict[int, Session]) -> dict[int, tuple[int, ...]]:
    waiting = [s.pid for s in sessions.values() if s.wait_event == "SafeSnapshot"]
    if not waiting:
        return {}
    return {row[0]: tuple(row[1]) for row in postgres.rows(queries.SAFE_SNAPSHOT, pids=waiting)}


def _name(names: dict[int, Row], oid: int | None) -> str:
    row = names.get(oid) if oid is not None else None
    return row[1] if row else str(oid or "")


def _session(
    row: Row,
    roles: dict[int, Row],
    databases: dict[int, Row],
    progress: dict[int, str] | None,
    signalable: bool,
    writers: Collection[int],
) -> Session:
    role = roles.get(row[3])
    unread = role is None or row[4] not in databases or progress is None
    return Session(
        pid=row[0],
        backend_type=row[1] or "",
        state=row[2] or "",
        user=_name(roles, row[3]),
        database=_name(databases, row[4]),
        application=legible_text(row[5]),
        client=row[6] or "",
        query=legible_text(row[7])[:LONGEST_QUERY],
        wait_type=row[8] or "",
        wait_event=row[9] or "",
        backend_start=row[10],
        xact_start=row[11],
        query_start=row[12],
        state_change=row[13],
        leader_pid=row[14],
        has_written=row[15],
        superuser=role[2] if role else row[1] == CLIENT,  # a role that could not be read is not presumed ordinary
        redacted=row[7] == REDACTED and row[1] is None,
        signalable=signalable,
        progress=(progress or {}).get(row[0], ""),
        unread=unread and row[1] == CLIENT,
        client_port=row[17] or 0,
        query_id=row[18],
        holds_writes=row[0] in writers,
    )


def _snapshot_waits(blockers: dict[int, tuple[int, ...]], sessions: dict[int, Session]) -> list[Lock]:
    """A wait for a safe snapshot is in no lock table; shown as a lock, it is part of the forest like the others."""
    waits = []
    for waiter, holders in blockers.items():
        tag: Tag = ("safe snapshot", None, None, None, None, None, None, waiter, None, None)
        waits.append(Lock(waiter, tag, "ShareLock", False, sessions[waiter].query_start))
        waits += [Lock(holder, tag, "ExclusiveLock", True) for holder in holders]
    return waits


def _prepared(row: Row, roles: dict[int, Row], databases: dict[int, Row], me: Row | None) -> Prepared:
    return Prepared(
        xid=int(row[0]),
        gid=row[1],
        prepared_at=row[2],
        owner=_name(roles, row[3]),
        database=_name(databases, row[4]),
        allowed=row[4] in databases and (bool(row[5]) or bool(me and me[2])),
    )


def _may_signal(role: Row, me: Row | None) -> bool:
    """PostgreSQL's rule: a superuser signals all, pg_signal_backend all but superusers, a member its own."""
    if me and me[2]:
        return True
    return not role[2] and bool(role[3] or role[4])


def _locks(
    rows: list[Row], sessions: dict[int, Session], xid_owner: dict[str, Key]
) -> tuple[list[Lock], dict[int, Lock]]:
    """Locks by owner (parallel workers count as their leader), and each waiter's lock of the row that it is after."""
    lock_list: list[Lock] = []
    of_rows: dict[int, Lock] = {}
    for row in rows:
        pid = row[10]
        owner: Key
        if pid is None:
            owner = xid_owner.get(row[11], "prepared:0")
        else:
            session = sessions.get(pid)
            owner = session.key if session else pid
        lock = Lock(owner, tuple(row[:10]), row[12], row[13], row[14])
        if row[0] == "tuple" and pid is not None:
            of_rows[int(owner)] = lock
        if row[15]:
            lock_list.append(lock)
    return lock_list, of_rows
