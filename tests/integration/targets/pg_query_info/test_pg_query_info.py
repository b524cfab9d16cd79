"""pg_query_info against real servers: rows as data, nothing written, failures in words."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.read_only_query import ask as read_only
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect

from support.clients import until
from support.modules import run_module
from support.servers import PASSWORD


def ask(server: Any, query: str, user: str = "oncall", check: bool = False, **options: Any) -> dict[str, Any]:
    found = run_module("pg_query_info", check, query=query, **{**server.login(user), **options})
    assert "Traceback" not in json.dumps(found)
    return found


def answer(server: Any, query: str, user: str) -> dict[str, Any]:
    """The same without a process of its own: there are many questions."""
    try:
        with connect(Login(host="127.0.0.1", port=server.port, user=user, password=PASSWORD)) as postgres:
            return read_only(postgres, query, 100)
    except RunbookError as error:
        return {"msg": str(error)}


def test_rows_as_data(server):
    found = ask(
        server,
        "SELECT 1 AS number, 'b\u00fccher' AS text, 12.50::numeric AS exact, NULL AS nothing, true AS yes,"
        " timestamptz '2026-11-24 09:30+02' AS at, date '2026-11-24' AS day, '\\x00ff'::bytea AS bytes;",
    )
    assert found["rows"] == [
        {"number": 1, "text": "b\u00fccher", "exact": "12.50", "nothing": None, "yes": True,
         "at": "2026-11-24T07:30:00+00:00", "day": "2026-11-24", "bytes": "00ff"}
    ]  # fmt: skip
    assert found["columns"][:2] == ["number", "text"]
    assert found["truncated"] is False
    assert found["changed"] is False


def test_no_more_rows_than_asked_for(server):
    found = ask(server, "SELECT generate_series(1, 50) AS number", max_rows=10)
    assert len(found["rows"]) == 10
    assert found["truncated"] is True


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("CREATE TABLE public.x (y int)", "one statement that returns rows"),
        ("SELECT nothing FROM nowhere", "nowhere"),
        ("SELEC 1", "SELEC"),
        ("  ;", "query is empty"),
        ("SELECT pg_sleep(30)", "timeout"),
        ("SELECT 1\x00", "code 0"),
        ("-- nothing", "returns rows"),
    ],
)
def test_what_cannot_be_asked(server, query, said):
    limit = 0.5 if "sleep" in query else 60
    found = ask(server, query, user="postgres", statement_timeout=limit)
    assert found["failed"]
    assert said in found["msg"], found["msg"]


TRICKS = [
    "SELECT 1; DELETE FROM public.bookings",
    "SET TRANSACTION READ WRITE; DELETE FROM public.bookings; COMMIT",
    "COMMIT; SET default_transaction_read_only = off; DELETE FROM public.bookings; SELECT 1",
    "ROLLBACK; DELETE FROM public.bookings",
    "ABORT; DELETE FROM public.bookings",
    "END; BEGIN READ WRITE; DELETE FROM public.bookings; COMMIT",
    "COMMIT AND CHAIN; DELETE FROM public.bookings",
    "SAVEPOINT s; SET TRANSACTION READ WRITE; DELETE FROM public.bookings",
    "SELECT 1 -- ; \n; DELETE FROM public.bookings",
    "SELECT 1 /* ; */ ; /* */ DELETE FROM public.bookings",
    "SELECT $a$; $a$; DELETE FROM public.bookings",
    "SELECT E'\\'; DELETE FROM public.bookings; SELECT E'\\'",
    "; DELETE FROM public.bookings",
    "DELETE FROM public.bookings",
    "DELETE FROM public.bookings RETURNING id",
    "UPDATE public.bookings SET seats = 0 RETURNING id",
    "WITH gone AS (DELETE FROM public.bookings RETURNING id) SELECT * FROM gone",
    "INSERT INTO public.bookings VALUES (-1, 1, 'x') RETURNING id",
    "SELECT * INTO public.sneaked FROM public.bookings",
    "CREATE TABLE public.sneaked AS SELECT 1",
    "TRUNCATE public.bookings",
    "EXPLAIN ANALYZE DELETE FROM public.bookings",
    "SET TRANSACTION READ WRITE",
    "SET default_transaction_read_only = off",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT pg_catalog.\"set_config\"('transaction_read_only', 'off', false)",
    "SELECT U&\"set\\005fconfig\"('transaction_read_only', 'off', false)",
    "SELECT sneak()",
    "SELECT * FROM sneaky",
    "CALL sneak_and_commit()",
    "DO $$ BEGIN DELETE FROM public.bookings; END $$",
    "DO $$ BEGIN COMMIT; DELETE FROM public.bookings; END $$",
    "PREPARE p AS DELETE FROM public.bookings; EXECUTE p",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "COPY public.bookings TO PROGRAM 'touch {sneaked}'",
    "COPY public.bookings TO '{sneaked}'",
    "SELECT lo_export(lo_import('/etc/hostname'), '{sneaked}')",
    "SELECT query_to_xml('DELETE FROM public.bookings', true, true, '')",
    "SELECT nextval('public.counter')",
    "SELECT * FROM public.bookings FOR UPDATE",
    "LOCK TABLE public.bookings",
    "SELECT pg_advisory_lock(4711)",
    "SELECT pg_terminate_backend({bystander})",
    'SELECT "pg_cancel_backend"({bystander}), pg_reload_conf()',
    "NOTIFY channel; SELECT 1",
    "SELECT pg_notify('channel', 'x')",
    "VACUUM public.bookings",
    "SET ROLE app; SELECT 1",
    "SELECT pg_create_physical_replication_slot('sneaked')",
    "SELECT pg_stat_reset()",
    # Each of these runs a text, in which the name of what it calls does not stand in one piece.
    "SELECT * FROM public.crosstab('SELECT 1, 1, pg_term'||'inate_backend({bystander})::int') AS t(a int, b int)",
    "SELECT * FROM public.crosstab('SELECT 1, 1, pg_term'||'inate_backend({bystander})::int', 'SELECT 1')"
    " AS t(a int, b int)",
    "SELECT * FROM public.crosstab2('SELECT ''1'', ''1'', pg_term'||'inate_backend({bystander})::text')",
    "SELECT * FROM public.mine('SELECT 1, 1, pg_term'||'inate_backend({bystander})::int') AS t(a int, b int)",
    "SELECT * FROM public.connectby('(SELECT pg_term'||'inate_backend({bystander})::text AS a, 1::text AS b) x',"
    " 'a', 'b', '1', 0) AS t(a text, b text, c int)",
    "SELECT * FROM public.xpath_table('b', 'x', '(SELECT 1 AS b, pg_term'||'inate_backend({bystander})::text AS x) q',"
    " '/a', 'true') AS t(a int, b text)",
    "SELECT * FROM ts_stat('SELECT pg_term'||'inate_backend({bystander})::text::tsvector')",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, pg_term'||'inate_backend({bystander})::text::tsquery')",
    "SELECT query_to_xmlschema('SELECT pg_term'||'inate_backend({bystander})', true, true, '')",
    "SELECT public.pg_buffercache_evict(1)",
    "SELECT public.pg_buffercache_evict_all()",
]
_STATE = """
SELECT (SELECT md5(string_agg(b::text, ',' ORDER BY id)) FROM public.bookings b)
       || (SELECT last_value FROM public.counter)
       || (SELECT count(*) FROM pg_class WHERE relname = 'sneaked') || (SELECT count(*) FROM pg_replication_slots)
       || coalesce((SELECT stats_reset::text FROM pg_stat_database WHERE datname = current_database()), '')
"""
_IS_RESET = "SELECT stats_reset IS NOT NULL FROM pg_stat_database WHERE datname = current_database()"
_EXTENSIONS = ("tablefunc", "xml2", "pg_buffercache")
_SNEAK = "DELETE FROM public.bookings; RETURN 1; END"


@pytest.fixture
def snares(server):
    """A function, a view and a procedure that delete."""
    there = [
        name for name in _EXTENSIONS
        if server.value(f"SELECT count(*) FROM pg_available_extensions WHERE name = '{name}'")
    ]  # fmt: skip
    server.run(*(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in there))
    if "tablefunc" in there:
        server.run(
            "CREATE OR REPLACE FUNCTION public.mine(text) RETURNS SETOF record LANGUAGE c STABLE STRICT"
            " AS '$libdir/tablefunc', 'crosstab'"
        )
    server.run(
        "CREATE SEQUENCE IF NOT EXISTS public.counter",
        f"CREATE OR REPLACE FUNCTION public.sneak() RETURNS int LANGUAGE plpgsql AS 'BEGIN {_SNEAK}'",
        "CREATE OR REPLACE VIEW public.sneaky AS SELECT public.sneak() AS x",
        "CREATE OR REPLACE PROCEDURE public.sneak_and_commit() LANGUAGE plpgsql"
        " AS 'BEGIN COMMIT; DELETE FROM public.bookings; COMMIT; END'",
    )
    yield
    server.run(
        "DROP VIEW public.sneaky", "DROP FUNCTION public.sneak()", "DROP PROCEDURE public.sneak_and_commit()",
        "DROP SEQUENCE public.counter", "DROP FUNCTION IF EXISTS public.mine(text)",
        *(f"DROP EXTENSION {name}" for name in there),
    )  # fmt: skip


@pytest.mark.parametrize("user", ["postgres", "app"])
def test_no_trick_writes(server, session, snares, tmp_path, user):
    """As a superuser, whom no privilege stops, and as the owner of the tables; with --check and without."""
    sneaked = Path(tempfile.mkdtemp()) / "sneaked"
    sneaked.parent.chmod(0o777)
    bystander = session("bystander").ready()
    # A new server of version 14 notes a first time of its own, a moment after the first session.
    if not server.value(_IS_RESET):
        server.run("SELECT pg_stat_reset()")
        until(lambda: server.value(_IS_RESET))
    before = server.value(_STATE)
    answered = []
    for number, trick in enumerate(TRICKS):
        query = trick.replace("{sneaked}", str(sneaked)).replace("{bystander}", str(bystander.pid))
        if "rows" in (ask(server, query, user, check=True) if number < 3 else answer(server, query, user)):
            answered.append(trick)
        assert server.value(_STATE) == before, trick
        assert not sneaked.exists(), trick
        assert bystander.fate(0) == "alive", trick
    assert answered == []


@pytest.mark.parametrize(
    "query",
    [
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "VALUES (1, 'a;b')",
        "TABLE public.payments;",
        "(SELECT 1 AS a) UNION (SELECT 2) ORDER BY a -- a comment; at the end",
        "SHOW server_version",
        "EXPLAIN (FORMAT JSON) SELECT * FROM public.bookings",
        "SELECT ';' AS a, 'DELETE' AS b, $$COMMIT;$$ AS c",
        "SELECT random() < 2 AS a, clock_timestamp() > now() AS b, pg_database_size('postgres') > 0 AS c",
    ],
)
def test_one_statement_that_reads(server, query):
    assert answer(server, query, "app")["rows"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("timestamptz '0044-03-15 12:00+00 BC'", "0044-03-15 12:00:00+00 BC"),
        ("date '0001-01-01 BC'", "0001-01-01 BC"),
        ("timestamp '4713-01-01 00:00 BC'", "4713-01-01 00:00:00 BC"),
        ("timestamptz 'infinity'", "infinity"),
        ("date '-infinity'", "-infinity"),
        ("timestamptz '294276-12-31 00:00+00'", "294276-12-31 00:00:00+00"),
        ("timestamptz '0001-01-01 00:00+00'", "0001-01-01T00:00:00+00:00"),
        ("timestamp '2026-11-24 09:30:00.25'", "2026-11-24T09:30:00.25"),
        ("date '9999-12-31'", "9999-12-31"),
        ("'NaN'::float8", "NaN"),
        ("'-Infinity'::float4", "-Infinity"),
        ("'NaN'::numeric", "NaN"),
        ("1e400::numeric", "1" + 400 * "0"),
        ("interval '-1 year 3 days'", "-1 years +3 days"),
        ("ARRAY['0044-03-15 BC'::date]", '{"0044-03-15 BC"}'),
        ("'{\"a\": [1, null]}'::jsonb", '{"a": [1, null]}'),
        ("time '24:00'", "24:00:00"),
        ("int4range(1, 5)", "[1,5)"),
        ("1.5::float8", 1.5),
        ("9223372036854775807", 9223372036854775807),
    ],
)
def test_whatever_a_database_holds_is_valid_json(server, value, shown):
    found = answer(server, f"SELECT {value} AS x", "oncall")
    assert found.get("rows") == [{"x": shown}], found
    json.dumps(found, allow_nan=False)


def test_two_columns_of_one_name_are_not_made_one(server):
    assert "two columns are named a" in ask(server, "SELECT 1 AS a, 2 AS b, 3 AS a")["msg"]


def test_bad_input(server):
    assert "max_rows is 0" in ask(server, "SELECT 1", max_rows=0)["msg"]
