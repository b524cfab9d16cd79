"""Rows that several transactions hold together: all of them are known, or none is ended without an approval."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot

from support.clients import lock_waiters, until
from support.killing import kill, pids
from support.scenes import held, row_storm
from support.servers import PASSWORD

FORGOTTEN = {"min_idle_in_transaction": 0}
BOOKING = "SELECT * FROM bookings WHERE id = 60"


@pytest.fixture
def readable(server):
    """A login that may read of the tables no more than who holds which row."""
    server.run(
        "CREATE TABLE IF NOT EXISTS tickets (id serial PRIMARY KEY, booking int REFERENCES bookings)",
        "ALTER TABLE tickets OWNER TO app",
        "GRANT SELECT (ctid, xmax) ON bookings, tickets TO oncall",
    )
    yield server
    server.run("REVOKE SELECT (ctid, xmax) ON bookings FROM oncall", "DROP TABLE tickets")


def waits_for_row(server, session, statement):
    already = lock_waiters(server)
    waiter = session().send(statement)
    until(lambda: lock_waiters(server) == already + 1)
    return waiter


@pytest.mark.parametrize(
    ("takes", "waits"),
    [
        pytest.param([f"{BOOKING} FOR SHARE"], "UPDATE bookings SET seats = 2 WHERE id = 60", id="FOR SHARE"),
        pytest.param([f"{BOOKING} FOR KEY SHARE"], f"{BOOKING} FOR UPDATE", id="FOR KEY SHARE"),
        pytest.param(["INSERT INTO tickets (booking) VALUES (64)"], "DELETE FROM bookings WHERE id = 64", id="FK"),
        pytest.param(["SAVEPOINT s", f"{BOOKING} FOR SHARE"], f"{BOOKING} FOR UPDATE", id="a savepoint"),
    ],
)
def test_all_holders_of_a_row_are_in_one_plan_and_go_together(readable, session, takes, waits):
    holders = [held(session, *takes) for dummy in range(3)]
    bystander = held(session, "SELECT * FROM bookings WHERE id = 61 FOR SHARE")
    waiter = waits_for_row(readable, session, waits)
    planned = kill(readable, check=True, **FORGOTTEN)["plan"]
    assert pids(planned["actions"]) == sorted(holder.pid for holder in holders)
    done = kill(readable, only=[action["target"] for action in planned["actions"]], **FORGOTTEN)
    assert (pids(done["acted_on"]), done["not_done"]) == (pids(planned["actions"]), [])
    assert done["rounds"] <= 2, "a waiter that moves on between two signals costs one round more"
    assert done["waiters_after"] == 0
    assert {client.fate() for client in (waiter, bystander)} == {"alive"}


def test_holders_by_a_savepoint_that_was_released_need_an_approval(readable, session):
    """What it was the part of is not known to any other session."""
    savepoint = ["SAVEPOINT s", f"{BOOKING} FOR SHARE", "RELEASE s"]
    holders = [held(session, *savepoint) for dummy in range(3)]
    waits_for_row(readable, session, "UPDATE bookings SET seats = 2 WHERE id = 60")
    done = kill(readable, **FORGOTTEN)
    assert done["acted_on"] == []
    assert "by a released savepoint" in done["not_done"][0]["reason"]
    assert {client.fate() for client in holders} == {"alive"}


@pytest.mark.parametrize("takes", [f"{BOOKING} FOR UPDATE", "UPDATE bookings SET seats = 5 WHERE id = 60"])
def test_a_single_holder_by_such_a_savepoint_is_known(readable, session, takes):
    bystander = held(session, "SELECT * FROM bookings WHERE id = 61 FOR SHARE")
    holder = held(session, "SAVEPOINT s", takes, "RELEASE s")
    waits_for_row(readable, session, f"{BOOKING} FOR UPDATE")
    assert pids(kill(readable, **FORGOTTEN)["acted_on"]) == [holder.pid]
    assert bystander.fate() == "alive"


def test_who_does_not_keep_the_waiter_from_the_row_is_no_holder(readable, session):
    """An update and two keys: who updates the row as well waits for the first alone."""
    sharers = [held(session, f"{BOOKING} FOR KEY SHARE") for dummy in range(2)]
    updater = held(session, "UPDATE bookings SET seats = 3 WHERE id = 60")
    waits_for_row(readable, session, "UPDATE bookings SET seats = 4 WHERE id = 60")
    assert pids(kill(readable, **FORGOTTEN)["acted_on"]) == [updater.pid]
    assert {client.fate() for client in sharers} == {"alive"}


def test_a_holder_at_work_is_in_the_plan_and_its_price_too(readable, session):
    holders = [held(session, f"{BOOKING} FOR SHARE") for dummy in range(2)]
    waits_for_row(readable, session, "UPDATE bookings SET seats = 2 WHERE id = 60")
    plan = kill(readable, check=True, min_idle_in_transaction=600)["plan"]
    assert pids(plan["actions"]) == sorted(holder.pid for holder in holders)
    assert all(
        "cancels or terminates 2 active sessions to free 1" in action["needs_approval"] for action in plan["actions"]
    )


@pytest.mark.parametrize(
    ("takes", "waits"),
    [
        pytest.param(f"{BOOKING} FOR SHARE", "UPDATE bookings SET seats = 2 WHERE id = 60", id="FOR SHARE"),
        pytest.param(f"{BOOKING} FOR KEY SHARE", f"{BOOKING} FOR UPDATE", id="FOR KEY SHARE"),
        pytest.param(
            f"{BOOKING.replace('60', '65')} FOR KEY SHARE", "UPDATE bookings SET id = -65 WHERE id = 65", id="a key"
        ),
    ],
)
def test_a_row_that_cannot_be_read_and_may_be_shared_needs_an_approval(server, session, takes, waits):
    holders = [held(session, takes) for dummy in range(3)]
    waits_for_row(server, session, waits)
    done = kill(server, **FORGOTTEN)
    assert done["acted_on"] == []
    assert "GRANT SELECT (ctid, xmax) ON public.bookings TO oncall would show them" in done["not_done"][0]["reason"]
    assert {client.fate() for client in holders} == {"alive"}
    approved = kill(server, only=[action["target"] for action in done["plan"]["actions"]], **FORGOTTEN)
    assert len(approved["acted_on"]) == 1


@pytest.mark.parametrize(
    ("beside", "waits"),
    [
        pytest.param("UPDATE bookings SET seats = 3 WHERE id = 63", f"{BOOKING} FOR NO KEY UPDATE", id="writers"),
        pytest.param(f"{BOOKING} FOR KEY SHARE", "UPDATE bookings SET seats = 4 WHERE id = 60", id="a foreign key"),
        pytest.param("SELECT 1", f"{BOOKING} FOR UPDATE", id="none"),
    ],
)
def test_a_row_that_has_one_holder_for_certain_needs_none(server, session, beside, waits):
    bystander = held(session, beside)
    holder = held(session, "UPDATE bookings SET seats = 3 WHERE id = 60")
    waits_for_row(server, session, waits)
    assert pids(kill(server, **FORGOTTEN)["acted_on"]) == [holder.pid]
    assert bystander.fate() == "alive"


def test_a_row_of_another_database_is_read_there(server, session):
    server.run("CREATE TABLE stock (id int PRIMARY KEY)", "INSERT INTO stock VALUES (1)", dbname="other")
    server.run("ALTER TABLE stock OWNER TO app", "GRANT SELECT (ctid, xmax) ON stock TO oncall", dbname="other")
    holders = [held(session, "SELECT * FROM stock FOR SHARE", db="other") for dummy in range(2)]
    already = lock_waiters(server)
    session(db="other").send("DELETE FROM stock")
    until(lambda: lock_waiters(server) == already + 1)
    assert pids(kill(server, check=True, **FORGOTTEN)["plan"]["actions"]) == sorted(holder.pid for holder in holders)
    server.run("DROP OWNED BY oncall", dbname="other")


@pytest.mark.parametrize(
    ("prepares", "asks"),
    [
        pytest.param("ALTER TABLE bookings ENABLE ROW LEVEL SECURITY", "would show them", id="a policy"),
        pytest.param("LOCK TABLE bookings", "its table is locked", id="a locked table"),
    ],
)
def test_a_row_is_not_read_at_a_cost(readable, session, prepares, asks):
    """A policy is a function of the application's; a look at a locked table would wait in its queue."""
    holders = [held(session, f"{BOOKING} FOR SHARE") for dummy in range(2)]
    waiter = waits_for_row(readable, session, "UPDATE bookings SET seats = 2 WHERE id = 60")
    if prepares.startswith("LOCK"):
        waits_for_row(readable, session, f"BEGIN; {prepares}")
    else:
        waiter.connection.cancel()
        assert waiter.fate(5) == "cancelled"
        for holder in holders:
            holder.run("COMMIT")
        readable.run(prepares, "CREATE POLICY all_rows ON bookings USING (true)")
        holders = [held(session, f"{BOOKING} FOR SHARE") for dummy in range(2)]
        waits_for_row(readable, session, "UPDATE bookings SET seats = 2 WHERE id = 60")
    login = Login(host="127.0.0.1", port=readable.port, user="oncall", password=PASSWORD)
    with connect(login) as postgres:
        unread = read_snapshot(postgres).unread_rows
    assert [asks in why for why in unread.values()] == [True]
    if "POLICY" in prepares or "SECURITY" in prepares:
        for holder in holders:
            holder.run("COMMIT")
        readable.run("DROP POLICY all_rows ON bookings", "ALTER TABLE bookings DISABLE ROW LEVEL SECURITY")


def test_a_storm_costs_one_more_look_at_its_row(readable, session):
    holder, queue = row_storm(readable, session, 20, row=60)
    done = kill(readable)
    assert pids(done["acted_on"]) == [holder.pid]
    assert {client.fate() for client in queue} == {"alive"}
