"""Sessions behind a pooler are its clients', whatever their number; facts and plan come from one look."""

from __future__ import annotations

import contextlib

import psycopg2
import pytest

from support.modules import run_module
from support.poolers import pgbouncer
from support.scenes import held
from support.servers import PASSWORD


@contextlib.contextmanager
def pooled(port, number):
    opened = [
        psycopg2.connect(
            host="127.0.0.1", port=port, user="app", password=PASSWORD, dbname="postgres", application_name="web"
        )
        for dummy in range(number)
    ]
    try:
        for connection in opened:
            connection.autocommit = True
            connection.cursor().execute("SELECT 1")
        yield opened
    finally:
        for connection in opened:
            connection.close()


def look(server, **options):
    return run_module("pg_end_sessions", check=True, **server.login("oncall"), idle=0, also=[], **options)


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_sessions_of_one_application_behind_a_pooler(server, session, mode):
    """The pooler adds no hosts to the names, and no session was reset: its process is at their other end."""
    server.run("ALTER ROLE app CONNECTION LIMIT 20")
    try:
        others = [session("job").ready() for dummy in range(4)]
        with pgbouncer(server, mode, size=14) as port, pooled(port, 14):
            planned = look(server)
            (limit,) = [each for each in planned["facts"]["connections"]["connection_limits"] if each["kind"] == "role"]
            reported = {each["application"]: each["pooled"] for each in limit["applications"]}
            assert reported == {"web": True, "job": False}
            assert planned["plan"]["actions"] == []
        assert {client.fate() for client in others} == {"alive"}
    finally:
        server.run("ALTER ROLE app CONNECTION LIMIT -1")


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_the_console_names_server_connections_that_serve_no_client(server, mode):
    with pgbouncer(server, mode, size=5) as port, pooled(port, 3):
        options = {"also": ["pooler"], "pooler_host": "127.0.0.1", "pooler_port": port, "pooler_user": "oncall"}
        planned = run_module(
            "pg_end_sessions", check=True, **server.login("oncall"), idle=0, pooler_password=PASSWORD, **options
        )
        pooler = planned["facts"]["background"]["pooler"]
        held = server.value("SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity WHERE application_name = 'web'")
    assert (pooler["sessions"], pooler["clients"]) == (held, {})


def test_one_look_gives_facts_and_plan(server, session):
    forgotten = held(session, "SELECT 1")
    planned = look(server, idle_in_transaction=0, measure=["dead_clients"], max_share=1.0)
    assert [each["pid"] for each in planned["plan"]["actions"]] == [forgotten.pid]
    assert [each["pid"] for each in planned["facts"]["activity"]["idle_in_transaction"]] == [forgotten.pid]
    assert planned["facts"]["background"]["processes"]["here"] is True
    assert planned["measured"] == {"busy": [], "dead_clients": []}
    without = run_module("pg_end_sessions", check=True, **server.login("oncall"), idle_in_transaction=0)
    assert without["facts"] == {}


def test_only_a_transaction_that_holds_others_back_is_ended(server, session):
    """One keeps a snapshot while others write, one holds a row that another session waits for, two hold nothing."""
    server.run("CREATE TABLE IF NOT EXISTS churned AS SELECT 1 AS n", "ALTER TABLE churned OWNER TO app")
    keeps = session("keeps")
    keeps.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    keeps.run("SELECT count(*) FROM churned")
    harmless = [held(session, "SELECT 1") for dummy in range(2)]
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 950")
    session("waits").send("UPDATE bookings SET seats = 2 WHERE id = 950")
    server.run("DO $$ BEGIN FOR i IN 1..1100 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
    rules = {"idle_in_transaction": 0, "holds_back": True, "max_share": 1.0}
    done = run_module("pg_end_sessions", **server.login("oncall"), **rules)
    assert {each["pid"] for each in done["acted_on"]} == {keeps.pid, root.pid}
    assert {client.fate() for client in harmless} == {"alive"}
