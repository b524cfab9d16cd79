"""diagnosis: the causes that look alike told apart, from what pg_activity_info says of real servers."""

from __future__ import annotations

import pytest

from support.adhoc import adhoc
from support.clients import lock_waiters, until
from support.modules import run_module
from support.scenes import at_work, held, lasting, row_storm, spinning


def activity(server, **options):
    return run_module("pg_activity_info", **server.login("oncall"), max_rows=500, long_running=0, **options)


def limited(server, number):
    server.run(f"ALTER ROLE app CONNECTION LIMIT {number}")


def diagnose(server, whole_core=0, **options):
    """``whole_core``: a pid that is taken to have had a core to itself, which a machine at work does not give it."""
    rules = {"idle": 0, "idle_in_transaction": 0, "min_running": 0, "share": options.get("share", 0.5)}
    busy = [{"pid": whole_core, "cpu": 1.0}] if whole_core else []
    more = {"also": ["processes", "wraparound"], "interval": 0.5, "busy": busy, "max_share": 1.0}
    holds_back = options.get("of") == "performance"
    look = run_module(
        "pg_end_sessions", check=True, **server.login("oncall"), max_rows=500, holds_back=holds_back, **rules, **more
    )
    for one in look["facts"]["background"]["processes"]["sessions"]:
        if one["pid"] == whole_core:
            assert one["cpu"] > 0
            one["cpu"] = 1.0
    given = {"of": "connections", "activity": look["facts"], "plan": look["plan"], "idle": 0, "idle_in_transaction": 0}
    return adhoc("diagnosis", **{**given, **options})


def chosen(found):
    """Pids of the plan, by rule."""
    actions = [item for plan in found["plans"].values() for item in plan["actions"]]
    return {
        rule: {item["pid"] for item in actions if item["rule"] == rule} for rule in {item["rule"] for item in actions}
    }


def test_causes_that_look_alike(server, session):
    """Twenty sessions each time, under a limit of twenty."""
    limited(server, 20)
    try:
        leaked = [session("feed").ready() for dummy in range(20)]
        found = diagnose(server)
        # A pool that is alone under its role's limit is as large as its limit: said, and no incident.
        assert (found["causes"], found["mitigation"], found["rules"]) == ([], "", {})
        assert any("the pool is as large as the limit allows" in line for line in found["lines"])
        assert any("or raise the connection limit of role app" in text for text in found["advice"])
        assert "20 of 20 (the limit of role app) are used: feed (app@postgres) 20" in found["lines"][0]
        assert found["role_settings"] == []  # it has its limit already
        for client in leaked:
            client.run("BEGIN")
        found = diagnose(server)
        assert found["cause"] == "idle_in_transaction"
        assert chosen(found) == {"idle_in_transaction": {client.pid for client in leaked[:10]}}, "bounded"
        assert len(found["rules"]["targets"]) == 20
        assert found["role_settings"][0]["setting"] == "idle_in_transaction_session_timeout"
        for client in leaked:
            client.run("COMMIT")
            client.send("SELECT pg_sleep(3600)")
        found = diagnose(server)
        assert (found["cause"], found["mitigation"]) == ("traffic", "")
    finally:
        limited(server, -1)


def test_a_lock_queue_beside_idle_sessions_goes_first(server, session):
    """Ten wait behind one, nine idle: the idle ones are over their share, and are neither the cause nor a leak."""
    for dummy in range(9):
        session("feed").ready()
    row_storm(server, session, 10)
    lasting(server, 1.1)
    limited(server, 20)
    try:
        found = diagnose(server, share=0.2)
    finally:
        limited(server, -1)
    assert (found["cause"], found["mitigation"]) == ("lock_queue", "unblock_sessions")
    assert len(found["causes"]) == 1


def test_sessions_that_wait_for_an_advisory_lock_are_no_traffic(server, session):
    holder = session("job")
    for statement in ("BEGIN", "SELECT pg_advisory_xact_lock(5)"):
        holder.run(statement)
    at_work(holder.send("SELECT pg_sleep(600)"))
    queue = [session("web").send("SELECT pg_advisory_xact_lock(5)") for dummy in range(17)]
    until(lambda: lock_waiters(server) == len(queue))
    limited(server, 20)
    try:
        found = diagnose(server)
    finally:
        limited(server, -1)
    assert (found["cause"], found["mitigation"], found["plans"]) == ("advisory_lock", "", {})
    assert "17 of 18 sessions wait for an advisory lock" in found["causes"][0]["evidence"][0]
    assert f"held by {holder.pid} app@postgres job" in found["causes"][0]["evidence"][1]


WORK = [
    pytest.param(["SELECT 1"], [], id="all read and stopped"),
    pytest.param(["INSERT INTO payments SELECT 100000 + pg_backend_pid(), 1, 1"], [], id="all wrote and stopped"),
    pytest.param(["SELECT 1"], ["SELECT pg_sleep(600)"] * 4, id="some still work"),
]


@pytest.mark.parametrize(("statements", "still"), WORK)
def test_a_pool_of_the_application_s_own_is_named_while_the_server_has_room(server, session, statements, still):
    """As `QueuePool limit of size 5 overflow 5 reached`, of which PostgreSQL sees nothing but these sessions."""
    leaked = [held(session, *statements, application="shop-web") for dummy in range(10)]
    for client, statement in zip(leaked, still, strict=False):
        at_work(client.send(statement))
    session("mailer").ready()
    found = diagnose(server)
    assert (found["cause"], found["mitigation"]) == ("client_pool_full", "end_sessions")
    assert "10 of 10 sessions of shop-web" in found["causes"][0]["evidence"][0]
    assert "its own pool may be exhausted, while PostgreSQL has " in found["causes"][0]["evidence"][0]
    actions = [item for plan in found["plans"].values() for item in plan["actions"]]
    assert {item["pid"] for item in actions} == {client.pid for client in leaked[len(still) :]}
    assert all(item["needs_approval"] for item in actions)


@pytest.mark.parametrize(
    ("number", "application", "last"),
    [
        pytest.param(10, "shop-web", "COMMIT", id="one is free"),
        pytest.param(4, "shop-web", "SELECT 1", id="few"),
        pytest.param(6, "psql", "SELECT 1", id="windows of operators"),
    ],
)
def test_what_is_no_full_pool_of_an_application(server, session, number, application, last):
    sitting = [held(session, "SELECT 1", application=application) for dummy in range(number)]
    sitting[0].run(last)
    found = diagnose(server)
    assert (found["cause"], found["plans"]) == ("", {})
    assert "no connection limit is reached" in found["lines"][-1]


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
    assert chosen(found) == {"running": {busy.pid}}
    assert "idle_in_transaction" not in causes
    assert any(f"no action is planned: {old.pid} app" in text for text in found["advice"])
    assert "would make it worse" in found["scale"]
    assert "secret" not in str(found)


def test_facts_that_are_none_are_refused(server):
    plan = {"actions": [], "excluded": []}
    assert "pass what pg_activity_info returned" in adhoc("diagnosis", of="connections", activity={}, plan=plan)["msg"]
    seen = activity(server)
    assert "pg_end_sessions" in adhoc("diagnosis", of="connections", activity=seen, plan={"x": 1})["msg"]
    given = {"of": "performance", "activity": seen, "plan": plan}
    assert "pg_index_info" in adhoc("diagnosis", **given, indexes={"x": 1})["msg"]


def test_facts_of_another_form_are_one_paragraph_and_no_bare_key():
    of_another_version = {"backend": {"running": 1, "containers": [{"name": "backend-1", "trouble": ""}]}}
    log = {"signatures": [], "entries": [], "truncated": False}
    given = {"of": "payments", "reached": {"matrix": []}, "log": log, "payment_services": ["backend"]}
    for services in (of_another_version, {"backend": None}):
        done = adhoc("diagnosis", **given, services=services)
        assert "the facts that were passed do not have the form" in done["msg"], done["msg"]
        assert done["msg"].endswith("Nothing was done.")
