"""pg_end_sessions against real servers: the statement that was measured, the very one, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from support.modules import run_module
from support.scenes import held, spinning


def end(server: Any, *pids: int, check: bool = False, user: str = "oncall", **options: Any) -> dict[str, Any]:
    busy = [{"pid": pid, "cpu": 0.9} for pid in pids]
    return run_module(
        "pg_end_sessions", check=check, **server.login(user), **{"busy": busy, "min_running": 0, **options}
    )


def test_check_real_again(server, session):
    busy, bystander = spinning(session), spinning(session)
    planned = end(server, busy.pid, check=True)
    assert planned["changed"] is True
    assert busy.fate() == "alive"
    done = end(server, busy.pid, only=[planned["plan"]["actions"][0]["target"]])
    assert done["plan"]["digest"] == planned["plan"]["digest"]
    assert [one["action"] for one in done["ended"]] == ["cancelled"]
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
    assert [one["action"] for one in done["ended"]] == ["terminated"]
    assert stubborn.fate() == "terminated"


def test_the_protected_the_young_and_the_idle_are_spared(server, session):
    reader, idle = spinning(session, application="nightly-report"), held(session, "SELECT 1")
    young = spinning(session)
    done = end(server, reader.pid, idle.pid, young.pid, min_running=3600, spare_applications=["nightly-report"])
    reasons = {one["pid"]: one["reason"] for one in done["plan"]["spared"]}
    assert "nightly-report is spared" in reasons[reader.pid]
    assert reasons[idle.pid] == "is idle in transaction by now"
    assert "only" in reasons[young.pid]
    assert done["ended"] == []


def test_another_statement_of_the_same_session_is_another_target(server, session):
    busy = spinning(session)
    planned = end(server, busy.pid, check=True)["plan"]["actions"][0]["target"]
    end(server, busy.pid)
    assert busy.fate() == "cancelled"
    busy.send("SELECT count(*) FROM generate_series(1, 100000000000)")
    done = end(server, busy.pid, only=[planned])
    assert "is in the present plan" in done["msg"]
    assert busy.fate() == "alive"


@pytest.mark.parametrize("busy", [[], [{"pid": 999999, "cpu": 1}], [{"pid": "x"}], [{}]])
def test_nobody_that_is_there(server, busy):
    assert end(server, busy=busy)["plan"]["actions"] == []
