# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The databases of a server in which the time goes, by the same login. I/O.

Tables and indexes are one database's, and so is the extension that counts statements, whose figures are the whole
server's.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Iterator

from ...._core.errors import RunbookError
from ...._core.text import printable
from ...io.connection import Login
from ...io.server import Postgres, connect
from ..statements import StatementsReport
from .pg_stat_statements import Extension, usable
from .window import Workload, workload

# The largest first: where the application is, rather than an empty one. Sizes would have to be read from the disk.
_CANDIDATES = """
SELECT d.datname::text
  FROM pg_catalog.pg_database AS d
 WHERE d.datallowconn AND NOT d.datistemplate AND d.datname <> pg_catalog.current_database()
 ORDER BY (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_get_activity(NULL) AS a WHERE a.datid = d.oid) DESC,
          pg_catalog.pg_stat_get_db_xact_commit(d.oid) DESC
 LIMIT 5
"""


@contextmanager
def at(postgres: Postgres, database: str, notes: list[str]) -> Iterator[Postgres | None]:
    """A connection to a database of the same server; None, and a note, where this login is not let in."""
    if database == postgres.server["database"]:
        yield postgres
        return
    try:
        opened = connect(replace(postgres.login, database=database))
        place = opened.__enter__()
    except RunbookError as error:
        notes.append(f"the database {printable(database)} could not be read: {error}")
        yield None
        return
    try:
        yield place
    finally:
        opened.__exit__(None, None, None)


@contextmanager
def counting(postgres: Postgres) -> Iterator[tuple[Postgres, Extension]]:
    """A connection that may read the counters, and their extension: the same one, or one to a database that has it."""
    extension = usable(postgres)
    if extension.name or not extension.elsewhere:
        yield postgres, extension
        return
    for row in postgres.names(_CANDIDATES):
        with ExitStack() as stack:
            place = stack.enter_context(at(postgres, row[0], []))
            other = usable(place) if place is not None else extension
            if place is not None and other.name:
                yield place, other
                return
    yield postgres, extension


def databases_of(postgres: Postgres, work: Workload, least: float) -> list[str]:
    """The login's own, and those that took at least such a share of the time, the most first."""
    return list(dict.fromkeys([str(postgres.server["database"]), *work.databases(postgres, least)]))


def statements_report(login: Login, window: float, top: int, form: str) -> StatementsReport:
    """What pg_statements_info returns; ``window`` in seconds, ``form``: how statements are shown."""
    with connect(login) as postgres, counting(postgres) as (counter, extension):
        report = workload(counter, extension, window)
        return {**report.report(counter, top, form), "server": postgres.server}
