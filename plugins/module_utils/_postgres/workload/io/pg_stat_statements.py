# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pg_stat_statements: is it there, and what does it count? I/O.

Its columns are those of the extension's version, which may be older than the server's: they are read from the catalog.
Snapshots leave the texts out, which lie in a file; those of the few that matter are fetched once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Collection

from ...._core.errors import PrivilegeError, ServerError
from ...._core.text import printable
from ...io.server import Postgres
from ...io.snapshot import read_snapshot
from ...session import SIGNATURE
from ...snapshot import Snapshot
from ...sql_text import identifier, plain_identifier
from ..grouping import LONGEST_SHAPE
from ..statements import Entry, Key, Samples, StatementCounters

EXTENSION = """
SELECT a.default_version, a.installed_version, n.nspname::text,
       (SELECT pg_catalog.array_agg(t.attname::text) FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_attribute AS t ON t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
         WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = e.extnamespace)
  FROM pg_catalog.pg_available_extensions AS a
  LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = a.name
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE a.name = 'pg_stat_statements'
"""
PRELOADED = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'shared_preload_libraries'"
TRACKED = """
SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('pg_stat_statements.track', 'compute_query_id')
"""
# Active sessions: on what, and waiting for what; one row for each kind.
SAMPLE = """
SELECT query_id, wait_event_type, pg_catalog.count(*)::int
  FROM pg_catalog.pg_stat_get_activity(NULL)
 WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
   AND pg_catalog.strpos(query, %(signature)s) = 0
 GROUP BY 1, 2
"""
_EVERY = 0.2  # seconds between two samples
_JIT = ("jit_generation_time", "jit_inlining_time", "jit_optimization_time", "jit_emission_time")
# Sessions that were opened, since the counters were reset.
LOGINS = "SELECT pg_catalog.sum(sessions)::bigint FROM pg_catalog.pg_stat_database"
_COUNTS_LOGINS = 140000  # version from which on
_NEEDED = ("userid", "dbid", "queryid", "calls", "rows", "shared_blks_read", "temp_blks_written")


@dataclass(frozen=True)
class Extension:
    """Where it is and what it offers; without a name it cannot be read, and ``why`` and ``remedy`` say so.

    ``notes``: what is not as it should be, with its remedy, though it can be read.
    """

    name: str = ""
    columns: frozenset[str] = frozenset()
    why: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    elsewhere: bool = False  # it is loaded and counts, and may be created in another database


def find_extension(postgres: Postgres) -> Extension:
    """Each way in which it can be missing is named, with its remedy."""
    database = str(postgres.server["database"])
    rows = postgres.names(EXTENSION)
    if not rows:
        major = int(postgres.server["version_num"]) // 10000
        return Extension(
            why="pg_stat_statements is not installed on the server",
            remedy=f"install PostgreSQL's contrib modules (on Debian they are part of postgresql-{major})",
        )
    newest, installed, schema, columns = rows[0]
    preloaded = postgres.names(PRELOADED)
    loaded = not preloaded or "pg_stat_statements" in preloaded[0][0]  # without a row this login may not see it
    create = f"CREATE EXTENSION pg_stat_statements, as a superuser in the database {printable(database)}"
    if not loaded:
        more = "" if installed else f"; then {create}"
        return Extension(
            why="pg_stat_statements is not loaded: the server was started without it",
            remedy=f"add pg_stat_statements to shared_preload_libraries and restart PostgreSQL{more}",
        )
    if not installed:
        return Extension(
            why=f"the extension pg_stat_statements is not created in the database {printable(database)}",
            remedy=create,
            elsewhere=True,
        )
    notes = []
    if installed != newest:
        notes.append(
            f"the extension has version {installed}, the server provides {newest}: "
            "ALTER EXTENSION pg_stat_statements UPDATE"
        )
    settings = {row[0]: row[1] for row in postgres.names(TRACKED)}
    if settings.get("pg_stat_statements.track") == "none":
        notes.append("pg_stat_statements.track is none, so nothing is counted: set it to top and reload")
    if settings.get("compute_query_id") == "off":
        notes.append("compute_query_id is off, so statements have no id: set it to auto and reload")
    name = f"{identifier(schema)}.pg_stat_statements"
    return Extension(name, frozenset(columns or ()), notes=tuple(notes))


def read_counters(postgres: Postgres, extension: Extension) -> StatementCounters:
    """All counters now. Raises ServerError where the library is not loaded after all."""
    has = extension.columns
    spent = "total_exec_time" if "total_exec_time" in has else "total_time"
    level = "toplevel" if "toplevel" in has else "true"
    since = "stats_since" if "stats_since" in has else "NULL::timestamptz"
    jit = " + ".join(_JIT) if has.issuperset(_JIT) else "0.0::float8"
    # Names of columns are constants of ours, the extension's own name is quoted.
    rows = postgres.rows(f"SELECT {', '.join(_NEEDED)}, {spent}, {level}, {since}, {jit} FROM {extension.name}(false)")
    entries: dict[Key, Entry] = {}
    hidden = 0
    for role, database, query, calls, number, read, spilled, milliseconds, top, began, jit_ms in rows:
        if query is None:
            hidden += 1
            continue
        entries[role, database, query, top] = Entry(
            calls, milliseconds / 1000, number, read, spilled, began, jit_ms / 1000
        )
    if "toplevel" not in has:
        return StatementCounters(entries, hidden=hidden)
    dealloc, reset = postgres.rows(f"SELECT dealloc, stats_reset FROM {extension.name}_info")[0]
    return StatementCounters(entries, dealloc, reset, hidden)


def texts(postgres: Postgres, extension: Extension, keys: Collection[Key]) -> dict[Key, str]:
    """The texts of these; a courtesy that may not cost the rest."""
    level = "toplevel" if "toplevel" in extension.columns else "true"
    rows = postgres.names(
        f"SELECT userid, dbid, queryid, {level}, query FROM {extension.name}(true)"
        " WHERE queryid = ANY (%(ids)s::bigint[])",
        ids=[key[2] for key in keys],
    )
    return {(row[0], row[1], row[2], row[3]): row[4] or "" for row in rows}


def short_texts(postgres: Postgres, extension: Extension, keys: Collection[Key]) -> dict[Key, str]:
    """The beginnings of the texts of these, and of all that declare a cursor."""
    level = "toplevel" if "toplevel" in extension.columns else "true"
    rows = postgres.names(
        f"SELECT userid, dbid, queryid, {level}, pg_catalog.left(query, %(longest)s) FROM {extension.name}(true)"
        " WHERE queryid = ANY (%(ids)s::bigint[]) OR query ~* '^\\s*declare\\M'",
        ids=[key[2] for key in keys],
        longest=LONGEST_SHAPE,
    )
    return {(row[0], row[1], row[2], row[3]): row[4] or "" for row in rows}


def own_statements(postgres: Postgres, extension: Extension) -> frozenset[Key]:
    """What this collection sent itself, in this run and in earlier ones: a look is none of the server's work."""
    level = "toplevel" if "toplevel" in extension.columns else "true"
    rows = postgres.names(
        f"SELECT userid, dbid, queryid, {level} FROM {extension.name}(true)"
        " WHERE pg_catalog.strpos(query, %(signature)s) > 0",
        signature=SIGNATURE,
    )
    return frozenset((row[0], row[1], row[2], row[3]) for row in rows)


def _logins(postgres: Postgres) -> int | None:
    if int(postgres.server["version_num"]) < _COUNTS_LOGINS:
        return None
    # The view reads pg_database, which may be locked, and may be revoked: the rest of the report does not need it.
    rows = postgres.names(LOGINS)
    counted: int | None = rows[0][0] if rows else None
    return counted


def watch(
    postgres: Postgres, extension: Extension, window: float
) -> tuple[StatementCounters, StatementCounters, Samples, Snapshot, float, int | None]:
    """Two snapshots so many seconds apart, samples meanwhile, and a snapshot at the end; the seconds, and the sessions
    that were opened within them."""
    samples, began = Samples(), time.monotonic()
    logins = _logins(postgres)
    first = read_counters(postgres, extension) if extension.name else StatementCounters({})
    while True:
        samples.add((row[0], row[1], row[2]) for row in postgres.rows(SAMPLE, signature=SIGNATURE))
        left = window - (time.monotonic() - began)
        if left <= 0:
            break
        time.sleep(min(_EVERY, left))
    second = read_counters(postgres, extension) if extension.name else StatementCounters({})
    later, seconds = _logins(postgres), time.monotonic() - began
    opened = later - logins if logins is not None and later is not None and later >= logins else None
    return first, second, samples, read_snapshot(postgres), seconds, opened


def usable(postgres: Postgres) -> Extension:
    """``find_extension``, tried: a login that may not see the settings learns by asking."""
    extension = find_extension(postgres)
    if not extension.name:
        return extension
    try:
        postgres.rows(f"SELECT 1 FROM {extension.name}(false) LIMIT 1")
    except PrivilegeError as error:
        # Its view and its function are everyone's; a site has closed the schema, or the function.
        schema = plain_identifier(extension.name.rpartition(".")[0][1:-1].replace('""', '"'))
        role = plain_identifier(postgres.role)
        return Extension(
            why=f"this login may not read pg_stat_statements: {error}",
            remedy=f"GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT EXECUTE ON FUNCTION"
            f" {schema}.pg_stat_statements(boolean) TO {role}",
        )
    except ServerError as error:
        return Extension(
            why=f"pg_stat_statements cannot be read: {error}",
            remedy="add it to shared_preload_libraries and restart PostgreSQL",
        )
    return extension


def named(postgres: Postgres, statement: str) -> dict[int, Any]:
    """Names by oid."""
    return {row[0]: row[1] for row in postgres.names(statement)}
