"""Which waits are an incident, and whom to end for them."""

from __future__ import annotations

import pytest

from support.clients import lock_waiters, until
from support.killing import kill, pids
from support.modules import run_module
from support.scenes import held


@pytest.mark.parametrize(
    "leads",
    [
        pytest.param(["SELECT pg_advisory_lock(77)"], id="a session lock"),
        pytest.param(["SELECT pg_advisory_lock(7, 7)", "SELECT 1"], id="a session lock of two keys"),
        pytest.param(["BEGIN", "SELECT pg_advisory_xact_lock(77)", "SELECT 1"], id="a transaction lock"),
    ],
)
def test_the_leader_of_an_election_stays_and_hides_no_queue(server, session, leads):
    leader = session("scheduler-1")
    for statement in leads:
        leader.run(statement)
    key = "7, 7" if "(7, 7)" in leads[0] else "77"
    followers = [session(f"scheduler-{n}").send(f"SELECT pg_advisory_lock({key})") for n in (2, 3)]
    until(lambda: lock_waiters(server) == 2)
    told = kill(server, check=True)
    assert told["plan"]["actions"] == []
    assert "by design: 2 sessions wait for advisory lock" in told["plan"]["no_action_reason"]
    assert run_module("pg_activity_info", **server.login("oncall"), min_waiting=0)["long_waiters"] == 0
    root = held(session, "UPDATE bookings SET seats = 1 WHERE id = 20")
    session().send("UPDATE bookings SET seats = 2 WHERE id = 20")
    until(lambda: lock_waiters(server) == 3)
    assert pids(kill(server)["ended"]) == [root.pid]
    assert {one.fate() for one in (leader, *followers)} == {"alive"}
