"""pg_end_sessions against real servers: whom the rules name, the least harm first, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from support.clients import lock_waiters, until
from support.modules import run_module
from support.scenes import ENDLESS, held, row_storm, spinning


def end(server: Any, *pids: int, check: bool = False, user: str = "oncall", **options: Any) -> dict[str, Any]:
    busy = [{"pid": pid, "cpu": 0.9} for pid in pids]
    return run_module(
        "pg_end_sessions", check=check, **server.login(user), **{"busy": busy, "min_running": 0, **options}
    )


def reasons(result: dict[str, Any]) -> dict[int, str]:
    return {one["pid"]: one["reason"] for one in result["plan"]["excluded"]}


def test_check_real_again(server, session):
    busy, bystander = spinning(session), spinning(session)
    planned = end(server, busy.pid, check=True)
    assert planned["changed"] is True
    assert busy.fate() == "alive"
    done = end(server, busy.pid, only=[planned["plan"]["actions"][0]["target"]])
    assert done["plan"]["digest"] == planned["plan"]["digest"]
    assert [one["action"] for one in done["acted_on"]] == ["cancelled"]
    assert busy.fate() == "cancelled"
    assert bystander.fate() == "alive"
    again = end(server, busy.pid)
    assert (again["changed"], again["plan"]["actions"]) == (False, [])
    assert "secret" not in str(planned)


def test_one_that_holds_on_is_terminated(server, session):
    stubborn = session()
    stubborn.send(
        "DO $$ BEGIN LOOP BEGIN PERFORM count(*) FROM generate_series(1, 10000000000);"
        " EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$"
    )
    done = end(server, stubborn.pid, grace=0.3)
    assert [one["action"] for one in done["acted_on"]] == ["terminated"]
    assert stubborn.fate() == "terminated"


def test_the_protected_the_young_and_the_idle_are_spared(server, session):
    reader, idle = spinning(session, application="nightly-report"), held(session, "SELECT 1")
    young = spinning(session)
    done = end(server, reader.pid, idle.pid, young.pid, min_running=3600, exclude_applications=["nightly-report"])
    assert "nightly-report is excluded" in reasons(done)[reader.pid]
    assert reasons(done)[idle.pid] == "is now idle in transaction"
    assert "only" in reasons(done)[young.pid]
    assert done["acted_on"] == []


def test_another_statement_of_the_same_session_is_another_target(server, session):
    busy = spinning(session)
    planned = end(server, busy.pid, check=True)["plan"]["actions"][0]["target"]
    end(server, busy.pid)
    assert busy.fate() == "cancelled"
    busy.send(ENDLESS)
    done = end(server, busy.pid, only=[planned])
    assert "is in the present plan" in done["msg"]
    assert busy.fate() == "alive"


@pytest.mark.parametrize("busy", [[], [{"pid": 999999, "cpu": 1}], [{"pid": "x"}], [{}]])
def test_nobody_that_is_there(server, busy):
    assert end(server, busy=busy)["plan"]["actions"] == []


def test_a_leaking_pool_is_cut_to_its_fair_share_the_last_opened_first(server, session):
    """A role's own ceiling, so that the test need not fill the whole server."""
    server.run("ALTER ROLE app CONNECTION LIMIT 20")
    try:
        leaked = [session("feed").ready() for dummy in range(14)]
        used = [session("pafar-web").ready() for dummy in range(5)]
        planned = end(server, idle=0, check=True)
        assert planned["plan"]["by_rule"] == {"idle": 4}
        assert planned["plan"]["harmless"] is True
        assert {one["pid"] for one in planned["plan"]["actions"]} == {client.pid for client in leaked[-4:]}
        assert "feed (app@postgres) holds 14 of the limit of role app" in planned["plan"]["actions"][0]["reason"]
        assert end(server, idle=3600, check=True)["plan"]["actions"] == []
        assert len(end(server, idle=0, shares={"feed": 5}, check=True)["plan"]["actions"]) == 9
        assert len(end(server, idle=0, shares={"feed": 0}, floor=3, check=True)["plan"]["actions"]) == 11
        done = end(server, idle=0)
        assert done["plan"]["digest"] == planned["plan"]["digest"]
        assert [client.fate() for client in leaked] == ["alive"] * 10 + ["terminated"] * 4
        assert {client.fate() for client in used} == {"alive"}
        assert done["after"]["free"] == done["before"]["free"] + 4
        assert end(server, idle=0)["plan"]["actions"] == []
    finally:
        server.run("ALTER ROLE app CONNECTION LIMIT -1")


def test_idle_sessions_harm_nobody_while_slots_are_free(server, session):
    for dummy in range(10):
        session("feed").ready()
    assert end(server, idle=0)["plan"]["actions"] == []


def test_what_a_pool_would_not_give_back_is_spared(server, session):
    server.run("ALTER ROLE app CONNECTION LIMIT 6")
    try:
        leader = session("feed")
        leader.run("SELECT pg_advisory_lock(7)")
        listener = session("feed")
        listener.run("LISTEN bookings")
        plain = [session("feed").ready() for dummy in range(4)]
        done = end(server, idle=0, floor=0, shares={"feed": 0})
        assert {one["pid"] for one in done["acted_on"]} == {client.pid for client in plain}
        assert (leader.fate(), listener.fate()) == ("alive", "alive")
    finally:
        server.run("ALTER ROLE app CONNECTION LIMIT -1")


def test_idle_before_idle_in_transaction_before_active(server, session):
    active = spinning(session)
    wrote = held(session, "UPDATE bookings SET seats = 1 WHERE id = 901")
    read = held(session, "SELECT count(*) FROM payments")
    gone = session().ready()
    target = server.value(
        f"SELECT pid || '@' || to_char(backend_start AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS.US\"Z\"')"
        f" FROM pg_stat_activity WHERE pid = {gone.pid}"
    )
    done = end(
        server, long_running=0, idle_in_transaction=0, dead_clients=[{"target": target, "reason": "it hung up"}],
        max_share=1.0,
    )  # fmt: skip
    assert [one["pid"] for one in done["acted_on"]] == [gone.pid, read.pid, wrote.pid, active.pid]
    assert [one["action"] for one in done["acted_on"]] == ["terminated"] * 3 + ["cancelled"]


def test_bounds_hold_back_who_works_and_not_who_does_nothing(server, session):
    for dummy in range(4):
        held(session, "SELECT 1")
    planned = end(server, idle_in_transaction=0, max_terminations=2, max_share=1.0, check=True)["plan"]
    assert (len(planned["actions"]), planned["affected_before"], planned["affected_after"]) == (2, 4, 2)
    assert sum("exceeds the limit of 2" in one["reason"] for one in planned["excluded"]) == 2
    assert len(end(server, idle_in_transaction=0, check=True, max_share=0.01)["plan"]["actions"]) == 1


def test_who_waits_for_a_lock_is_a_victim_and_stays(server, session):
    holder, queue = row_storm(server, session, 3)
    done = end(server, long_running=0)
    assert done["acted_on"] == []
    assert all("terminating it would free no session" in reasons(done)[client.pid] for client in queue)
    assert lock_waiters(server) == 3
    done = end(server, long_running=0, idle_in_transaction=0)
    assert [one["pid"] for one in done["acted_on"]] == [holder.pid]
    until(lambda: lock_waiters(server) == 0)


def test_a_session_that_moved_on_since_the_plan_is_missed(server, session):
    sleeper = held(session, "SELECT 1")
    target = end(server, idle_in_transaction=0, check=True)["plan"]["actions"][0]["target"]
    sleeper.run("COMMIT")
    sleeper.run("BEGIN")
    sleeper.run("SELECT 2")
    done = end(server, idle_in_transaction=0, only=[target])
    assert "is in the present plan" in done["msg"]
    assert sleeper.fate() == "alive"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"idle": -1}, "idle"),
        ({"share": 0}, "share"),
        ({"shares": {"feed": "many"}}, "must be a number of sessions"),
        ({"max_terminations": 0}, "max_terminations"),
        ({"only": ["everybody"]}, "does not identify a session"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_done(server, options, said):
    done = end(server, **options)
    assert done["failed"] is True
    assert said in done["msg"]
    assert "Nothing was done" in done["msg"]


def test_a_login_that_does_not_see_everybody_is_refused(server, session):
    held(session, "SELECT 1")
    done = end(server, user="stranger", idle_in_transaction=0)
    assert "GRANT pg_monitor" in done["msg"]
