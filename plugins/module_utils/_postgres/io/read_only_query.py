# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own question to its database: one statement that reads, whatever it says. I/O.

A string of several statements would leave the transaction that reads only: ``COMMIT; DELETE ...``. So the statement is
never sent as one of ours. It travels as a value, and the server opens a cursor for it, which takes exactly one
statement, one that returns rows, and no command of transactions. The transaction has read before that, and so cannot
be made to write any more. What a read-only transaction does not stop are functions that write elsewhere (a signal to a
session, a file, another connection): those that the server itself marks as volatile and that are written in C are
refused by name, but for those that are known to only read; so are those that run a text, and those in an untrusted
language. A view, a foreign table, or a function in a trusted language that wraps one of them is not seen.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from typing import Any

from ..._core.errors import InputError, ServerError
from ..._core.text import printable
from .connection import Login
from .server import Postgres, connect

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_KEEP = (
    "SELECT pg_catalog.set_config('pafar_runbook.query', %(query)s, true),"
    " pg_catalog.set_config('datestyle', 'ISO', true), pg_catalog.set_config('bytea_output', 'hex', true)"
)
_OPEN = """
DO LANGUAGE plpgsql $$
DECLARE question pg_catalog.refcursor := 'pafar_runbook_question';
BEGIN
  OPEN question NO SCROLL FOR EXECUTE pg_catalog.current_setting('pafar_runbook.query');
END $$
"""
_FETCH = "FETCH FORWARD {number} FROM pafar_runbook_question"
# Functions of PostgreSQL and of extensions that a transaction does not bound; whether that holds for each of them,
# whatever its name: a text that a function runs may call every other one (by what it is in C, since each site names its
# own forms of crosstab), and an untrusted language may do whatever the server may.
_UNBOUND = """
SELECT p.proname::text, pg_catalog.bool_or(l.lanname NOT IN ('c', 'internal') OR p.prosrc = ANY (%(runs)s::text[]))
  FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
 WHERE p.proname::text = ANY (%(words)s::text[]) AND NOT l.lanpltrusted
   AND (p.provolatile = 'v' OR l.lanname NOT IN ('c', 'internal') OR p.prosrc = ANY (%(runs)s::text[]))
 GROUP BY 1
"""
# The C functions that run a text: tablefunc, xml2, XML export, text search. Those of dblink are volatile.
_RUNS_TEXT = [
    "crosstab", "crosstab_hash", "connectby_text", "connectby_text_serial", "xpath_table", "query_to_xml",
    "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema", "ts_stat1", "ts_stat2",
    "tsquery_rewrite_query",
]  # fmt: skip
_READS = re.compile(
    r"(?:random|random_normal|normal_rand|setseed|clock_timestamp|timeofday|gen_random_uuid|uuidv[47]|uuid_generate_\w+"
    r"|gen_random_bytes|gen_salt|currval|lastval"
    r"|pg_sleep\w*|pg_stat_get_\w+|pg_stat_statements|pg_stat_statements_info|pg_ls_\w+|pg_\w+_size|pg_stat_file"
    r"|pg_blocking_pids|pg_safe_snapshot_blocking_pids|pg_lock_status|pg_prepared_xact|pg_current_wal\w*|pg_last_wal\w*"
    r"|pg_is_in_recovery|pg_is_wal_replay_paused|pg_get_wal_replay_pause_state|pg_show_\w+"
    r"|pgstattuple\w*|pgstat(?:gin|hash)?index\w*|pg_buffercache_(?:pages|os_pages|numa_pages|summary|usage_counts)"
    r"|pg_notification_queue_usage|pg_get_replication_slots|pg_get_multixact_members|pg_control_\w+|lo_get"
    r"|pg_last_xact_replay_timestamp|pg_conf_load_time|pg_postmaster_start_time)\Z"
)
_WORD = re.compile(r'"((?:[^"]|"")+)"|([^\W\d][\w$]*)')
_ODD_NAME = re.compile(r'\b[uU]&"')
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:([+-]\d\d)(?::?(\d\d))?)?\Z", re.ASCII)
_ONE_STATEMENT = "query must be one statement that returns rows: SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN."


def ask(postgres: Postgres, statement: str, most: int) -> dict[str, Any]:
    """What pg_query_info returns; see its documentation."""
    asked = statement.strip().rstrip(";").strip()
    if not asked:
        raise InputError("query is empty. Nothing was done.")
    if "\x00" in asked:
        raise InputError("query contains a NUL character (code 0), which PostgreSQL does not accept. Nothing was done.")
    _refuse_writers(postgres, asked)
    postgres.run("SET default_transaction_read_only = on")
    postgres.run(_BEGIN)
    try:
        postgres.rows(_KEEP, query=asked)
        _open(postgres)
        columns, rows, more = postgres.table(_FETCH.format(number=most + 1), most)
    finally:
        postgres.run("ROLLBACK")
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise InputError(
            f"query: two columns are named {twice[0]}. Give the columns different names with AS. Nothing was done."
        )
    records = [{name: _plain(value) for name, value in zip(columns, row)} for row in rows]
    return {"changed": False, "rows": records, "columns": columns, "truncated": more}


def _refuse_writers(postgres: Postgres, asked: str) -> None:
    """Names are looked for in the whole text: one in a literal or a comment is refused as well, and can be avoided."""
    if _ODD_NAME.search(asked):
        raise InputError('query: names with Unicode escapes (U&"...") are refused. Nothing was done.')
    words = sorted({quoted.replace('""', '"') or bare.lower() for quoted, bare in _WORD.findall(asked)})
    unbound = postgres.text_rows(_UNBOUND, words=words, runs=_RUNS_TEXT)
    refused = sorted(name for name, always in unbound if always or not _READS.match(name))
    if refused:
        raise InputError(
            f"query: {', '.join(refused)} is the name of a function that can have effects outside of the transaction"
            " (on a session, a file, a lock, another connection), so it is refused. Nothing was done."
        )


def _open(postgres: Postgres) -> None:
    try:
        postgres.run(_OPEN)
    except ServerError as error:
        if error.details.get("sqlstate") in ("42P11", "0A000", "2D000"):  # no cursor, or no such command, there
            raise InputError(
                f"{_ONE_STATEMENT} The server reported: {error.details['said']}. Nothing was done."
            ) from None
        raise


def _plain(value: Any) -> Any:
    """As JSON has it: moments in UTC in ISO's form, everything else that is no plain value as the server writes it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    text = str(value)
    return _iso(text) or printable(text)


def _iso(text: str) -> str:
    """A moment as the server writes it, in ISO 8601; empty where it is none, or one that ISO 8601 does not have."""
    moment_match = _MOMENT.match(text)
    if not moment_match:
        return ""
    day, clock, hours, minutes = moment_match.groups()
    if hours is None:
        return f"{day}T{clock}"
    try:
        moment = datetime.strptime(
            f"{day}T{clock if '.' in clock else clock + '.0'}{hours}{minutes or '00'}", "%Y-%m-%dT%H:%M:%S.%f%z"
        )
        return moment.astimezone(timezone.utc).isoformat()
    except (OverflowError, ValueError):  # the first or the last day that Python knows
        return ""


def answer(login: Login, statement: str, most: int) -> dict[str, Any]:
    """The same over a connection of its own."""
    with connect(login) as postgres:
        return ask(postgres, statement, most)
