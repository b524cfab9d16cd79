"""Waiters that can wait: what is at work is not ended for them without an approval."""

from __future__ import annotations

import pytest

from support.clients import lock_waiters, until
from support.killing import kill
from support.scenes import held, lasting

CURSOR = ["DECLARE c CURSOR FOR SELECT * FROM payments", "FETCH 1 FROM c"]


@pytest.fixture
def rewrite(server, session):
    """A change of a table that is at work for longer than any test, and shuts readers out."""
    slow = "'begin perform pg_sleep(0.05); return i; end'"
    server.run(
        f"CREATE OR REPLACE FUNCTION slow_type(i int) RETURNS int LANGUAGE plpgsql AS {slow}",
        "CREATE TABLE rewritten (id int)",
        "ALTER TABLE rewritten OWNER TO app",
        "INSERT INTO rewritten SELECT generate_series(1, 20000)",
    )
    change = session("deploy").send("ALTER TABLE rewritten ALTER id TYPE bigint USING slow_type(id)")
    held_lock = f"pid = {change.pid} AND granted AND mode = 'AccessExclusiveLock'"
    until(lambda: server.value(f"SELECT count(*) FROM pg_locks WHERE {held_lock}"))
    yield change
    server.run(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE relation = 'rewritten'::regclass",
        "DROP TABLE rewritten",
    )


@pytest.mark.parametrize(
    ("application", "before", "statement"),
    [
        pytest.param("postgres_exporter", [], "SELECT pg_relation_size('rewritten')", id="monitoring"),
        pytest.param("psql", [], "SELECT count(*) FROM rewritten", id="an operator's console"),
        pytest.param("nightly", ["BEGIN"], "LOCK TABLE rewritten IN ACCESS SHARE MODE", id="a dump"),
    ],
)
def test_a_change_at_work_is_not_stopped_for_a_tool_that_waits_alone(
    server, session, rewrite, application, before, statement
):
    tool = session(application)
    for each in before:
        tool.run(each)
    tool.send(statement)
    until(lambda: lock_waiters(server) == 1)
    done = kill(server)
    assert done["acted_on"] == []
    (action,) = done["plan"]["actions"]
    assert "maintenance, a backup, replication, a change of a table or an operator's tool" in action["needs_approval"]
    web = [session().send("SELECT count(*) FROM rewritten") for dummy in range(3)]
    until(lambda: lock_waiters(server) == 4)
    assert [entry["pid"] for entry in kill(server)["acted_on"]] == [rewrite.pid]
    assert {client.fate() for client in (tool, *web)} == {"alive"}


@pytest.fixture
def no_index_left(server):
    """What an interrupted build leaves is gone after the test, when its sessions are."""
    yield
    server.run("DROP INDEX IF EXISTS later")


@pytest.mark.usefixtures("no_index_left")
@pytest.mark.parametrize(
    ("pauses", "waits"),
    [
        pytest.param(CURSOR, ["CREATE INDEX CONCURRENTLY later ON bookings (guest)"], id="an index, old snapshots"),
        pytest.param(CURSOR, ["ALTER TABLE payments ADD can_wait text"], id="an ALTER TABLE"),
        pytest.param(
            ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "UPDATE bookings SET seats = 1 WHERE id = 70"],
            ["BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE", "SELECT 1"],
            id="a dump that waits for a safe snapshot",
        ),
    ],
)
def test_a_transaction_that_pauses_for_some_seconds_is_not_ended_for_one(server, session, pauses, waits):
    """Longer than ``min_idle_in_transaction``, and less than the waiter has waited."""
    batches = held(session, *pauses, application="export")
    waiter = session("pg_dump" if "DEFERRABLE" in waits[0] else "deploy")
    for statement in waits[:-1]:
        waiter.run(statement)
    waiter.send(waits[-1])
    until(lambda: server.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                               " OR wait_event = 'SafeSnapshot'"))  # fmt: skip
    lasting(server, 12.0, f"pid = {waiter.pid}")
    batches.run("SELECT 1")
    lasting(server, 1.0, f"pid = {batches.pid}")
    done = kill(server, min_waiting=12, min_idle_in_transaction=1)
    assert done["acted_on"] == []
    assert batches.fate() == "alive"
    (action,) = done["plan"]["actions"]
    assert "to free 1 (maintenance, a backup, replication, a change of a table" in action["needs_approval"]
    batches.connection.close()
    waiter.connection.cancel()
