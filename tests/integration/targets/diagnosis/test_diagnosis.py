"""diagnosis: the causes that look alike told apart, from what pg_activity_info says of real servers."""

from __future__ import annotations

from support.adhoc import adhoc
from support.modules import run_module
from support.scenes import held, row_storm, spinning


def activity(server, **options):
    return run_module("pg_activity_info", **server.login("oncall"), max_rows=500, long_running=0, **options)


def limited(server, number):
    server.run(f"ALTER ROLE app CONNECTION LIMIT {number}")


def diagnose(server, whole_core=0, **options):
    """``whole_core``: a pid that is taken to have had a core to itself, which a machine at work does not give it."""
    seen = activity(server, also=["processes", "wraparound"], interval=0.5)
    for one in seen["background"]["processes"]["sessions"]:
        if one["pid"] == whole_core:
            assert one["cpu"] > 0
            one["cpu"] = 1.0
    return adhoc("diagnosis", **{"of": "connections", "activity": seen, "idle": 0, "idle_in_transaction": 0, **options})


def test_causes_that_look_alike(server, session):
    """Twenty sessions each time, under a limit of twenty."""
    limited(server, 20)
    try:
        leaked = [session("feed").ready() for dummy in range(20)]
        found = diagnose(server)
        # A pool that is alone under its role's limit is as large as its limit: said, and not ended.
        assert (found["cause"], found["mitigation"], found["rules"]) == ("full_pool", "", {})
        assert "20 of 20 (the limit of role app) are used: feed (app@postgres) 20" in found["lines"][0]
        assert found["role_settings"] == []  # it has its limit already
        for client in leaked:
            client.run("BEGIN")
        found = diagnose(server)
        assert (found["cause"], found["rules"]) == ("idle_in_transaction", {"idle_in_transaction": 0})
        assert found["role_settings"][0]["setting"] == "idle_in_transaction_session_timeout"
        for client in leaked:
            client.run("COMMIT")
            client.send("SELECT pg_sleep(3600)")
        found = diagnose(server)
        assert (found["cause"], found["mitigation"]) == ("traffic", "")
    finally:
        limited(server, -1)


def test_a_lock_queue_beside_idle_sessions_goes_first(server, session):
    """Ten wait behind one, nine idle: the idle ones are over their share, and are not the cause."""
    for dummy in range(9):
        session("feed").ready()
    row_storm(server, session, 10)
    limited(server, 20)
    try:
        found = diagnose(server, share=0.2)
    finally:
        limited(server, -1)
    assert (found["cause"], found["mitigation"]) == ("lock_queue", "unblock_sessions")
    assert [one["cause"] for one in found["causes"]][1:] == ["leak"]


def test_nothing_is_wrong(server, session):
    session().ready()
    found = diagnose(server)
    assert (found["cause"], found["mitigation"]) == ("", "")
    assert "no connection limit is reached" in found["lines"][-1]


def test_a_statement_that_runs_away_and_one_forgotten(counted, worker):
    busy, old = spinning(worker), held(worker, "SELECT 1")
    indexes = run_module("pg_index_info", **counted.login("oncall"), window=1)
    found = diagnose(counted, of="performance", indexes=indexes, min_running=0, whole_core=busy.pid)
    causes = {one["cause"]: one for one in found["causes"]}
    assert found["cause"] == "runaway_statement"
    assert [one["pid"] for one in found["rules"]["busy"]] == [busy.pid]
    assert str(old.pid) in causes["idle_in_transaction"]["evidence"][0]
    assert "would make it worse" in found["scale"]
    assert "secret" not in str(found)


def test_facts_that_are_none_are_refused(server):
    assert "whole result of pg_activity_info" in adhoc("diagnosis", of="connections", activity={})["msg"]
    assert "pg_index_info" in adhoc("diagnosis", of="performance", activity=activity(server), indexes={"x": 1})["msg"]
