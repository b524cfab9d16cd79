# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A connection that is known to reach PostgreSQL itself, and its statements. I/O."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any, Collection, Iterator, Mapping, Sequence

from ..._core.errors import NotPostgres, PoolerInTheWay, PrivilegeError, RunbookError, ServerError
from ..session import SIGNATURE
from ..snapshot import Limits, ServerReport
from . import queries
from .connection import Login, driver, open_connection

_OLDEST = 140000
_MOST_DATABASES = 3  # besides the login's own, that are asked for names in one snapshot
Row = Sequence[Any]


class Postgres:
    """A connection that is known to reach PostgreSQL itself."""

    def __init__(self, login: Login, connection: Any, login_path: str, refused_by: str = "") -> None:
        self.login = login
        self._connection = connection
        self._driver = driver()
        self._error = self._driver.Error
        self._relations: dict[str, dict[int, str]] = {}
        self._asked: set[str] = set()  # databases that refuse this login
        self._identify(login_path, refused_by)

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """Run one statement of ours and fetch all of it."""
        try:
            with self._connection.cursor() as cursor:
                values = {name: _wire(value) for name, value in parameters.items()}
                cursor.execute(_signed(statement), values or None)
                return list(cursor.fetchall())
        except self._error as error:
            raise self._failure(error) from None

    def text_rows(self, statement: str, **parameters: Any) -> list[Row]:
        """The same with every text legible, for names that are compared, shown, and sent back."""
        return [legible(row) for row in self.rows(statement, **parameters)]

    def relation_names(self, oids: Mapping[str, Collection[int]]) -> dict[str, dict[int, str]]:
        """Names of relations by oid, by database. Those of another database are asked for there by the same login: they
        are a courtesy, so a few databases are enough, and one that refuses the login is not asked again."""
        names: dict[str, dict[int, str]] = {}
        asked = 0
        for database, wanted in oids.items():
            known = self._relations.setdefault(database, {})
            missing = sorted(set(wanted) - set(known))
            if database == self.server["database"]:
                known.update({row[0]: row[1] for row in self.names(queries.RELATIONS, oids=missing)} if missing else {})
            elif missing and database and database not in self._asked and asked < _MOST_DATABASES:
                asked += 1
                known.update(self._names_in(database, missing))
            names[database] = known
        return names

    def _names_in(self, database: str, oids: list[int]) -> dict[int, str]:
        self._asked.add(database)
        quick = replace(self.login, database=database, connect_timeout=2, statement_timeout=1.0, lock_timeout=0.5)
        try:
            with connect(quick) as other:
                self._asked.discard(database)  # it lets this login in, so that it may be asked again
                return {row[0]: row[1] for row in other.names(queries.RELATIONS, oids=oids)}
        except RunbookError:
            return {}

    def table(self, statement: str, most: int) -> tuple[list[str], list[Row], bool]:
        """Columns and rows of a statement, at most so many; whether there are more. Numbers that JSON has, booleans and
        bytes come as such, everything else as the server writes it: Python knows no date BC and no infinite one."""
        try:
            with self._connection.cursor() as cursor:
                for typecaster in _as_text():
                    self._driver.extensions.register_type(typecaster, cursor)
                cursor.execute(_signed(_wire(statement)))
                rows = cursor.fetchmany(most + 1)
                names = [str(name) for name in legible(tuple(column[0] for column in cursor.description))]
                return names, [legible(row) for row in rows[:most]], len(rows) > most
        except self._error as error:
            raise self._failure(error) from None

    def run(self, statement: str) -> list[Row]:
        """Run a statement unchanged, percent signs and all, and fetch what it answers, if anything."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(_signed(_wire(statement)))
                return list(cursor.fetchall()) if cursor.description else []
        except self._error as error:
            raise self._failure(error) from None

    def command(self, statement: str, values: tuple[Any, ...], database: str) -> None:
        """Run a utility statement in a database, over a connection of its own where that is another one.
        Text among the values goes back byte by byte as ``rows`` brought it."""
        mine = database == self.server["database"]
        connection = self._connection if mine else open_connection(replace(self.login, database=database))[0]
        try:
            with connection.cursor() as cursor:
                if not mine:
                    cursor.execute(queries.SETTINGS, _settings(self.login))
                cursor.execute(_signed(statement), values)
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
                "(pg_monitor to see all sessions, pg_signal_backend to terminate them).",
                sqlstate=error.pgcode,
            )
        return ServerError(
            f"A statement failed on {self.login.where}: {said or 'the connection was lost'}. "
            "See the server's log; statement_timeout and lock_timeout limit every query.",
            sqlstate=error.pgcode or "",
            said=said,
        )

    def _identify(self, login_path: str, refused_by: str) -> None:
        if self._connection.server_version < _OLDEST:
            raise NotPostgres(
                f"{self.login.where} is version {self._connection.server_version // 10000}; "
                "this collection needs PostgreSQL 14 or newer. Nothing was done."
            )
        self.pid: int = self.rows(queries.PID)[0][0]
        if self.pid != self._connection.get_backend_pid():
            raise PoolerInTheWay(
                f"A connection pooler answers for {self.login.where}: behind it one snapshot may use "
                "several server sessions, which cannot be distinguished from those of clients. Set login_host and "
                "login_port to PostgreSQL itself. Nothing was done."
            )
        self.rows(queries.SETTINGS, **_settings(self.login))
        identity = legible(self.rows(queries.IDENTIFY)[0])
        version, recovery, number, role, slots, superuser_slots, reserved, deadlock, standbys, database = identity
        if not version.startswith("PostgreSQL "):
            raise NotPostgres(f"{self.login.where} is not PostgreSQL, but {version.split(',')[0]!r}. Nothing was done.")
        self.in_recovery: bool = recovery
        self.role: str = role
        self.limits = Limits(slots, superuser_slots, reserved)
        self.server: ServerReport = {
            "version": version.split(" ")[1],
            "version_num": number,
            "in_recovery": recovery,
            "role": role,
            "database": database,
            "deadlock_timeout": deadlock,
            "synchronous_standby_names": standbys,
            "login_path": login_path,
            "refused_by": refused_by,
            "host": self.login.unix_socket or self.login.host or self._connection.info.host,
            "port": self.login.port or self._connection.info.port,
        }

    @property
    def closed(self) -> bool:
        """Whether the connection is lost."""
        return bool(self._connection.closed)

    def names(self, statement: str, **parameters: Any) -> list[Row]:
        """Names are a courtesy: a lock on a catalog must not cost the snapshot."""
        try:
            return [legible(row) for row in self.rows(statement, **parameters)]
        except (ServerError, PrivilegeError):
            if self.closed:
                raise
            return []


def _signed(statement: str) -> str:
    first, *rest = statement.split(None, 1)
    return " ".join([first, SIGNATURE, *rest])


_PLAIN_TYPES = frozenset({16, 17, 20, 21, 23, 26, 700, 701})  # bool, bytea, int8, int2, int4, oid, float4, float8


@lru_cache(maxsize=1)
def _as_text() -> tuple[Any, ...]:
    """The driver's types, but for the plain ones, each read as the text that the server sends."""
    extensions = driver().extensions
    oids = tuple(oid for oid in extensions.string_types if oid not in _PLAIN_TYPES)
    return (extensions.new_type(oids, "PAFAR_TEXT", lambda value, dummy: value),)


def _settings(login: Login) -> dict[str, str]:
    return {
        "statement_timeout": f"{int(login.statement_timeout * 1000)}ms",
        "lock_timeout": f"{int(login.lock_timeout * 1000)}ms",
    }


def legible_text(value: str | None) -> str:
    """The server sends text as it lies there, in the encoding of whatever database it came from (see
    entry.py); what is no UTF-8 is shown with replacement characters instead of failing the look."""
    if not value or value.isascii():
        return value or ""
    return value.encode("latin-1").decode("utf-8", "replace")


def _wire(value: Any) -> Any:
    """The inverse of ``legible_text``: legible text as the bytes of the server, of which the driver makes one each."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8").decode("latin-1")
    return [_wire(element) for element in value] if isinstance(value, list) else value


def legible(row: Row) -> Row:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            return legible_text(value)
        return [read(element) for element in value] if isinstance(value, list) else value

    return tuple(read(value) for value in row)


@contextmanager
def connect(login: Login) -> Iterator[Postgres]:
    """A connection that is closed whatever happens, which also ends whatever the server does for it."""
    connection, login_path, refused_by = open_connection(login)
    try:
        yield Postgres(login, connection, login_path, refused_by)
    finally:
        connection.close()


@contextmanager
def in_database(postgres: Postgres, database: str) -> Iterator[Postgres]:
    """The same server by the same login in another database; the connection itself where that is its own."""
    if database == postgres.server["database"]:
        yield postgres
    else:
        with connect(replace(postgres.login, database=database)) as there:
            yield there
