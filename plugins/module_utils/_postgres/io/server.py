# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL: look at a server. I/O.

A look is a handful of statements in one autocommit connection, each bounded by statement_timeout.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Iterator, Sequence

from ..._core.errors import NotPostgres, PoolerInTheWay, PrivilegeError, ServerError
from ..locks.lock_table import Key, Lock, Tag
from ..locks.wait_forest import grow
from ..session import CLIENT, LONGEST_QUERY, REDACTED, Prepared, Session
from ..snapshot import Limits, Picture
from . import queries
from .connection import Login, driver, enter

_OLDEST = 140000
_PROGRESS = ["CREATE INDEX", "BASEBACKUP", "VACUUM", "CLUSTER"]
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
                cursor.execute(statement, {name: _wire(value) for name, value in parameters.items()} or None)
                return list(cursor.fetchall())
        except self._error as error:
            raise self._failure(error) from None

    def told(self, statement: str, **parameters: Any) -> list[Row]:
        """The same with every text legible, for names that are compared, shown, and sent back."""
        return [_legible(row) for row in self.rows(statement, **parameters)]

    def table(self, statement: str, most: int) -> tuple[list[str], list[Row], bool]:
        """Columns and rows of somebody's own statement, at most so many; whether there are more."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(_wire(statement))
                if cursor.description is None:
                    return [], [], False
                rows = cursor.fetchmany(most + 1)
                names = [str(name) for name in _legible(tuple(column[0] for column in cursor.description))]
                return names, [_legible(row) for row in rows[:most]], len(rows) > most
        except self._error as error:
            raise self._failure(error) from None

    def tell(self, statement: str) -> list[Row]:
        """Run a statement as it stands, percent signs and all, and fetch what it answers, if anything."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(_wire(statement))
                return list(cursor.fetchall()) if cursor.description else []
        except self._error as error:
            raise self._failure(error) from None

    @staticmethod
    def identifier(name: str) -> str:
        """A name that came from a catalog, quoted so that it is one name in a statement whatever it holds.

        The rule is PostgreSQL's (Lexical Structure, Identifiers): between double quotes only those are doubled. The
        driver's own function speaks the connection's encoding, which is not that of legible text.
        """
        return '"' + name.replace("\x00", "").replace('"', '""') + '"'

    def command(self, statement: str, values: tuple[Any, ...], database: str) -> None:
        """Run a utility statement in a database, over a connection of its own where that is another one.
        Text among the values goes back byte by byte as ``rows`` brought it."""
        mine = database == self.server["database"]
        connection = self._connection if mine else enter(replace(self.login, database=database))[0]
        try:
            with connection.cursor() as cursor:
                if not mine:
                    cursor.execute(queries.SETTINGS, _settings(self.login))
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
        self.pid: int = self.rows(queries.PID)[0][0]
        if self.pid != self._connection.get_backend_pid():
            raise PoolerInTheWay(
                f"A connection pooler answers for {self.login.where}: behind it one look may fall on several "
                "server sessions, and none of them can be told apart from a client's. Give login_host and "
                "login_port of PostgreSQL itself. Nothing was done."
            )
        self.rows(queries.SETTINGS, **_settings(self.login))
        identity = _legible(self.rows(queries.IDENTIFY)[0])
        version, recovery, number, role, slots, superuser_slots, reserved, deadlock, database = identity
        if not version.startswith("PostgreSQL "):
            raise NotPostgres(
                f"{self.login.where} speaks the protocol, but is {version.split(',')[0]!r}. Nothing was done."
            )
        self.in_recovery: bool = recovery
        self.role: str = role
        self.limits = Limits(slots, superuser_slots, reserved)
        self.server = {
            "version": version.split(" ")[1],
            "version_num": number,
            "in_recovery": recovery,
            "role": role,
            "database": database,
            "deadlock_timeout": deadlock,
            "entrance": entrance,
            "host": self.login.unix_socket or self.login.host,
            "port": self.login.port,
        }

    def look(self) -> Picture:
        """One picture: locks first, so that an identity is never older than the lock it stands for."""
        locks = self.rows(queries.LOCKS)
        prepared = [_legible(row) for row in self.rows(queries.PREPARED)]
        activity = self.rows(queries.ACTIVITY)
        roles = {row[0]: row for row in self.names(queries.ROLES)}
        databases = {row[0]: row for row in self.names(queries.DATABASES)}
        progress = self._progress()
        me = next((role for role in roles.values() if role[1] == self.role), None)
        may_signal = {oid: _may_signal(role, me) for oid, role in roles.items()}
        sessions = {
            row[0]: _session(row, roles, databases, progress, may_signal.get(row[3], bool(me and me[2])))
            for row in activity
        }
        xid_owner = {row[11]: f"prepared:{row[6]}" for row in locks if row[10] is None and row[0] == "transactionid"}
        found, rows_wanted = _locks(locks, sessions, xid_owner)
        snapshots = self._snapshot_blockers(sessions)
        found += _snapshot_waits(snapshots, sessions)
        return Picture(
            now=activity[0][16],
            server=self.server,
            limits=self.limits,
            sessions=sessions,
            prepared={p.key: p for p in (_prepared(row, roles, databases, me) for row in prepared)},
            forest=grow(found),
            **self._object_names(found, rows_wanted, databases),
            snapshot_blockers=snapshots,
            role_limits={row[1]: row[5] for row in roles.values() if row[5] >= 0},
            database_limits={row[1]: row[2] for row in databases.values() if row[2] >= 0},
        )

    def names(self, statement: str, **parameters: Any) -> list[Row]:
        """Names are a courtesy: a lock on a catalog must not cost the picture."""
        try:
            return [_legible(row) for row in self.rows(statement, **parameters)]
        except (ServerError, PrivilegeError):
            if self._connection.closed:
                raise
            return []

    def _progress(self) -> dict[int, str] | None:
        """Who builds or copies what; None when it could not be read, which is not the same as nobody."""
        try:
            return {row[0]: row[1] for row in self.rows(queries.PROGRESS, commands=_PROGRESS)}
        except (ServerError, PrivilegeError):
            if self._connection.closed:
                raise
            return None

    def _object_names(
        self, locks: list[Lock], rows_wanted: dict[int, Tag], databases: dict[int, Row]
    ) -> dict[str, Any]:
        here = next((oid for oid, row in databases.items() if row[1] == self.server["database"]), None)
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
                names[tag] = f"relation {tag[2]}{place} of database {_name(databases, tag[1])}"
        return {"names": names, "rows": {pid: names[tag] for pid, tag in rows_wanted.items()}}

    def _snapshot_blockers(self, sessions: dict[int, Session]) -> dict[int, tuple[int, ...]]:
        waiting = [s.pid for s in sessions.values() if s.wait_event == "SafeSnapshot"]
        if not waiting:
            return {}
        return {row[0]: tuple(row[1]) for row in self.rows(queries.SAFE_SNAPSHOT, pids=waiting)}


def _settings(login: Login) -> dict[str, str]:
    return {
        "statement_timeout": f"{int(login.statement_timeout * 1000)}ms",
        "lock_timeout": f"{int(login.lock_timeout * 1000)}ms",
    }


def _text(value: str | None) -> str:
    """The server sends text as it lies there, in the encoding of whatever database it came from (see
    entry.py); what is no UTF-8 is shown with replacement characters instead of failing the look."""
    if not value or value.isascii():
        return value or ""
    return value.encode("latin-1").decode("utf-8", "replace")


def _wire(value: Any) -> Any:
    """The inverse of ``_text``: legible text as the bytes of the server, of which the driver makes one each."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8").decode("latin-1")
    return [_wire(one) for one in value] if isinstance(value, list) else value


def _legible(row: Row) -> Row:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            return _text(value)
        return [read(one) for one in value] if isinstance(value, list) else value

    return tuple(read(value) for value in row)


def _name(names: dict[int, Row], oid: int | None) -> str:
    row = names.get(oid) if oid is not None else None
    return row[1] if row else str(oid or "")


def _session(
    row: Row,
    roles: dict[int, Row],
    databases: dict[int, Row],
    progress: dict[int, str] | None,
    signalable: bool,
) -> Session:
    role = roles.get(row[3])
    unread = role is None or row[4] not in databases or progress is None
    return Session(
        pid=row[0],
        backend_type=row[1] or "",
        state=row[2] or "",
        user=_name(roles, row[3]),
        database=_name(databases, row[4]),
        application=_text(row[5]),
        client=row[6] or "",
        query=_text(row[7])[:LONGEST_QUERY],
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
    )


def _snapshot_waits(blockers: dict[int, tuple[int, ...]], sessions: dict[int, Session]) -> list[Lock]:
    """A wait for a safe snapshot is in no lock table; told as a lock, it hangs in the forest like the others."""
    found = []
    for waiter, holders in blockers.items():
        tag: Tag = ("safe snapshot", None, None, None, None, None, None, waiter, None, None)
        found.append(Lock(waiter, tag, "ShareLock", False, sessions[waiter].query_start))
        found += [Lock(holder, tag, "ExclusiveLock", True) for holder in holders]
    return found


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
