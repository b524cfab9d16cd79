"""Many transactions that share one row, and the one that waits for all of them: what is lost against what is freed."""

from __future__ import annotations

import pytest

from support.clients import lock_waiters, until
from support.killing import kill, pids
from support.scenes import held

FORGOTTEN = {"min_idle_in_transaction": 0}
CHILD = "INSERT INTO item (tenant) VALUES (1)"


@pytest.fixture(autouse=True)
def tables(server):
    server.run(
        "CREATE TABLE tenant (id int PRIMARY KEY, name text)",
        "INSERT INTO tenant VALUES (1), (2)",
        "CREATE TABLE item (id serial, tenant int REFERENCES tenant)",
        "ALTER TABLE tenant OWNER TO app",
        "ALTER TABLE item OWNER TO app",
    )
    yield
    server.run(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE relation = 'tenant'::regclass",
        "DROP TABLE item, tenant",
    )


def sharing(session, number, *statements):
    return [held(session, *statements, application=f"writer{place}") for place in range(number)]


@pytest.mark.parametrize(
    ("statements", "waits"),
    [
        pytest.param([CHILD], "DELETE FROM tenant WHERE id = 1", id="a DELETE of the parent"),
        pytest.param([CHILD, "SELECT 1"], "UPDATE tenant SET id = 3 WHERE id = 1", id="an UPDATE of its key"),
        pytest.param(
            ["INSERT INTO item (tenant) VALUES (2)", "SELECT * FROM tenant WHERE id = 1 FOR SHARE"],
            "UPDATE tenant SET name = 'x' WHERE id = 1",
            id="an UPDATE behind FOR SHARE",
        ),
    ],
)
@pytest.mark.parametrize("login", ["oncall", "postgres"])  # the second may read who shares the row
def test_eight_that_have_written_are_not_ended_for_one_that_waits(server, session, statements, waits, login):
    writers = sharing(session, 8, *statements)
    waiter = session("admin").send(waits)
    until(lambda: lock_waiters(server) == 1)
    done = kill(server, user=login, **FORGOTTEN)
    assert done["acted_on"] == []
    assert {client.fate(0.05) for client in (*writers, waiter)} == {"alive"}
    reasons = {action["needs_approval"] for action in done["plan"]["actions"]}
    if login == "oncall":
        assert all("GRANT SELECT (ctid, xmax)" in str(reason) for reason in reasons)
        return
    assert pids(done["plan"]["actions"]) == sorted(writer.pid for writer in writers)
    assert all(reason for reason in reasons)
    (other,) = done["plan"]["alternatives"]
    gave_up = kill(server, user=login, only=[action["target"] for action in other["actions"]], **FORGOTTEN)
    assert [(entry["pid"], entry["action"]) for entry in gave_up["acted_on"]] == [(waiter.pid, "cancelled")]
    assert {writer.fate(0.05) for writer in writers} == {"alive"}


@pytest.mark.parametrize("requests", [9, 12])
def test_for_more_than_they_are_they_go_together(server, session, requests):
    writers = sharing(session, 8, CHILD)
    queue = [session("web").send("SELECT * FROM tenant WHERE id = 1 FOR UPDATE") for dummy in range(requests)]
    until(lambda: lock_waiters(server) == requests)
    done = kill(server, user="postgres", exclude_superusers=False, **FORGOTTEN)
    assert pids(done["acted_on"]) == sorted(writer.pid for writer in writers)
    assert {client.fate() for client in queue} == {"alive"}
