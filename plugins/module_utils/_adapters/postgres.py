# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL: look at a server. I/O.

A look is a handful of statements in one autocommit connection, each bounded by statement_timeout.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Iterator, Sequence

from .._domain.forest import grow
from .._domain.locks import Key, Lock, Tag
from .._domain.picture import Limits, Picture
from .._domain.sessions import CLIENT, REDACTED, Prepared, Session
from .._errors import NotPostgres, PoolerInTheWay, PrivilegeError, ServerError
from . import queries
from .entry import Login, driver, enter

_OLDEST = 140000
_PROGRESS = ["CREATE INDEX", "BASEBACKUP", "VACUUM", "CLUSTER"]
_QUERY_LENGTH = 1000  # characters of a statement that are fetched
Row = Sequence[Any]


class Postgres:
    """A connection that is known to reach PostgreSQL itself."""

    def __init__(self, login: Login, connection: Any, entrance: str) -> None:
        self.login = login
        self._connection = connection
        self._error = driver().Error
        self._identify(entrance)

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """Run one statement of ours and fetch all of it."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, parameters or None)
                return list(cursor.fetchall())
        except self._error as error:
            raise self._failure(error) from None

    def command(self, statement: str, values: tuple[Any, ...], database: str) -> None:
        """Run a utility statement in a database, over a connection of its own where that is another one."""
        mine = database == self.server["database"]
        connection = self._connection if mine else enter(replace(self.login, database=database))[0]
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
        except self._error as error:
            raise self._failure(error) from None
        finally:
            if not mine:
                connection.close()

    def _failure(self, error: Any) -> Exception:
        said = " ".join(str(error).split())
        if error.pgcode == "42501":
            return PrivilegeError(
                f"{self.login.where} refused: {said}. Grant the login role what it needs "
                "(pg_monitor to see all sessions, pg_signal_backend to end them).",
                sqlstate=error.pgcode,
            )
        return ServerError(
            f"A statement failed on {self.login.where}: {said or 'the connection was lost'}. "
            "Look at the server's log; statement_timeout and lock_timeout bound every look.",
            sqlstate=error.pgcode or "",
        )

    def _identify(self, entrance: str) -> None:
        if self._connection.server_version < _OLDEST:
            raise NotPostgres(
                f"{self.login.where} is version {self._connection.server_version // 10000}; "
                "this collection needs PostgreSQL 14 or newer. Nothing was done."
            )
        row = self.rows(queries.IDENTIFY)[0]
        self.pid: int = row[0]
        if self.pid != self._connection.get_backend_pid():
            raise PoolerInTheWay(
                f"A connection pooler answers for {self.login.where}: behind it one look may fall on several "
                "server sessions, and none of them can be told apart from a client's. Give login_host and "
                "login_port of PostgreSQL itself. Nothing was done."
            )
        if not row[1].startswith("PostgreSQL "):
            raise NotPostgres(
                f"{self.login.where} speaks the protocol, but is {row[1].split(',')[0]!r}. Nothing was done."
            )
        self.in_recovery: bool = row[2]
        self.role: str = row[4]
        self._sees_all: bool = row[5]
        self.limits = Limits(row[6], row[7], row[8])
        self.server = {
            "version": row[1].split(" ")[1],
            "version_num": row[3],
            "in_recovery": row[2],
            "role": row[4],
            "database": row[10],
            "deadlock_timeout": row[9],
            "entrance": entrance,
            "host": self.login.unix_socket or self.login.host,
            "port": self.login.port,
        }
        self.rows(
            queries.SETTINGS,
            statement_timeout=f"{int(self.login.statement_timeout * 1000)}ms",
            lock_timeout=f"{int(self.login.lock_timeout * 1000)}ms",
        )

    def look(self) -> Picture:
        """One picture: locks first, so that an identity is never older than the lock it stands for."""
        locks = self.rows(queries.LOCKS)
        prepared = self.rows(queries.PREPARED)
        activity = self.rows(queries.ACTIVITY, query_length=_QUERY_LENGTH)
        roles = {row[0]: row for row in self.names(queries.ROLES)}
        databases = {row[0]: row[1] for row in self.names(queries.DATABASES)}
        progress = {row[0]: row[1] for row in self.names(queries.PROGRESS, commands=_PROGRESS)}
        me = next((role for role in roles.values() if role[1] == self.role), None)
        may_signal = {oid: _may_signal(role, me) for oid, role in roles.items()}
        sessions = {
            row[0]: _session(row, roles.get(row[3]), databases, progress, may_signal.get(row[3], bool(me and me[2])))
            for row in activity
        }
        xid_owner = {row[11]: f"prepared:{row[6]}" for row in locks if row[10] is None and row[0] == "transactionid"}
        found, rows_wanted = _locks(locks, sessions, xid_owner)
        return Picture(
            now=activity[0][16],
            server=self.server,
            limits=self.limits,
            sessions=sessions,
            prepared={p.key: p for p in (_prepared(row, roles, databases, me) for row in prepared)},
            forest=grow(found),
            **self._object_names(found, rows_wanted, databases),
            snapshot_blockers=self._snapshot_blockers(sessions),
        )

    def names(self, statement: str, **parameters: Any) -> list[Row]:
        """Names are a courtesy: a lock on a catalog must not cost the picture."""
        try:
            return self.rows(statement, **parameters)
        except (ServerError, PrivilegeError):
            if self._connection.closed:
                raise
            return []

    def _object_names(
        self, locks: list[Lock], rows_wanted: dict[int, Tag], databases: dict[int, str]
    ) -> dict[str, Any]:
        here = next((oid for oid, name in databases.items() if name == self.server["database"]), None)
        tags = {lock.tag for lock in locks} | set(rows_wanted.values())
        oids = {tag[2] for tag in tags if tag[2] is not None and tag[1] in (here, 0)}
        rows = self.names(queries.RELATIONS, oids=sorted(oids)) if oids else []
        known: dict[int, str] = {row[0]: row[1] for row in rows}
        names: dict[Tag, str] = {}
        for tag in tags:
            if tag[2] is None:
                continue
            place = f" ({tag[3]},{tag[4]})" if tag[4] is not None else ""
            if tag[2] in known and tag[1] in (here, 0):
                names[tag] = known[tag[2]] + place
            else:
                names[tag] = f"relation {tag[2]}{place} of database {databases.get(tag[1], tag[1])}"
        return {"names": names, "rows": {pid: names[tag] for pid, tag in rows_wanted.items()}}

    def _snapshot_blockers(self, sessions: dict[int, Session]) -> dict[int, tuple[int, ...]]:
        waiting = [s.pid for s in sessions.values() if s.wait_event == "SafeSnapshot"]
        if not waiting:
            return {}
        return {row[0]: tuple(row[1]) for row in self.rows(queries.SAFE_SNAPSHOT, pids=waiting)}


def _session(
    row: Row, role: Row | None, databases: dict[int, str], progress: dict[int, str], signalable: bool
) -> Session:
    return Session(
        pid=row[0],
        backend_type=row[1] or "",
        state=row[2] or "",
        user=role[1] if role else str(row[3] or ""),
        database=databases.get(row[4], str(row[4] or "")),
        application=row[5] or "",
        client=row[6] or "",
        query=row[7] or "",
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
        progress=progress.get(row[0], ""),
    )


def _prepared(row: Row, roles: dict[int, Row], databases: dict[int, str], me: Row | None) -> Prepared:
    owner = roles.get(row[3])
    return Prepared(
        xid=int(row[0]),
        gid=row[1],
        prepared_at=row[2],
        owner=owner[1] if owner else str(row[3]),
        database=databases.get(row[4], str(row[4])),
        allowed=bool(row[5]) or bool(me and me[2]),
    )


def _may_signal(role: Row, me: Row | None) -> bool:
    """PostgreSQL's rule: a superuser signals all, pg_signal_backend all but superusers, a member its own."""
    if me and me[2]:
        return True
    return not role[2] and bool(role[3] or role[4])


def _locks(
    rows: list[Row], sessions: dict[int, Session], xid_owner: dict[str, str]
) -> tuple[list[Lock], dict[int, Tag]]:
    """Locks by owner (parallel workers count as their leader), and the row that each waiter is after."""
    found: list[Lock] = []
    wanted: dict[int, Tag] = {}
    for row in rows:
        pid = row[10]
        owner: Key
        if pid is None:
            owner = xid_owner.get(row[11], "prepared:0")
        else:
            session = sessions.get(pid)
            owner = session.key if session else pid
        tag = tuple(row[:10])
        if row[0] == "tuple" and pid is not None:
            wanted[int(owner)] = tag
        if row[15]:
            found.append(Lock(owner, tag, row[12], row[13], row[14]))
    return found, wanted


@contextmanager
def connect(login: Login) -> Iterator[Postgres]:
    """A connection that is closed whatever happens, which also ends whatever the server does for it."""
    connection, entrance = enter(login)
    try:
        yield Postgres(login, connection, entrance)
    finally:
        connection.close()
