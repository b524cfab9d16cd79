"""What makes a database slow, told apart from facts as values."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import exhausted
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.performance import degraded

from .activity_facts import activity, application, ceiling


def workload(*statements, **waits):
    return {"statements": list(statements), "waits": waits}


def statement(seconds, text="SELECT 1"):
    return {"seconds": seconds, "share": 1.0, "statement": text}


def advised(seconds=4.0, **more):
    names = {
        "schema": "public",
        "table": "bookings",
        "columns": ["customer"],
        "name": "i",
        "statement": "CREATE INDEX i",
    }
    return {"kind": "statement", "why": "because", "proved": True, "seconds": seconds, **names, **more}


def indexes(*advice, work=None):
    return {"advice": list(advice), "workload": work or workload(statement(5.0), CPU=1.0), "notes": []}


def running(pid=7, seconds=40.0):
    return {"pid": pid, "seconds_in_state": seconds, "statement": "SELECT 2"}


def processes(cpu=1.0, cores=4, pid=7):
    one = {"pid": pid, "cpu": cpu, "target": f"{pid}@x/y", "who": f"{pid} app"}
    return {"here": True, "cpu": cpu, "cores": cores, "sessions": [one], "vanished": []}


def slow(seen, given, **more):
    return degraded(seen, given, more.get("min_running", 10), 60).as_dict()


def test_a_missing_index():
    found = slow(activity(ceiling(application())), indexes(advised()))
    assert (found["cause"], found["relief"]) == ("missing_index", "build_index")
    assert found["rules"] == {"schema": "public", "table": "bookings", "columns": ["customer"], "name": "i"}
    assert "would make it worse" in found["scale"]


@pytest.mark.parametrize(
    "given", [indexes(advised(0.1)), indexes(advised(kind="foreign_key")), indexes(advised(statement="")), indexes()]
)
def test_no_missing_index(given):
    found = slow(activity(ceiling(application())), given)
    assert found["cause"] == ""
    assert "more replicas can help" in found["scale"]


def test_a_runaway_statement_and_who_is_protected():
    lists = {"long_running": [running()], "idle_in_transaction": [], "protected": []}
    seen = activity(ceiling(application()), background={"processes": processes()}, activity=lists)
    found = slow(seen, indexes())
    assert (found["cause"], found["relief"]) == ("runaway_statement", "end_sessions")
    assert [one["pid"] for one in found["rules"]["busy"]] == [7]
    lists["protected"] = [{"pid": 7, "reason": "is a backup"}]
    assert slow(seen, indexes())["cause"] == ""
    lists["protected"] = []
    lists["long_running"] = [running(seconds=3)]
    assert slow(seen, indexes())["cause"] == ""


def test_a_lock_queue_goes_before_everything():
    lists = {"long_running": [running()], "idle_in_transaction": [], "protected": []}
    seen = activity(
        ceiling(application()), background={"processes": processes(4.0)}, activity=lists, waiters=5, long_waiters=5
    )
    found = slow(seen, indexes(advised(), work=workload(statement(5.0), Lock=5.0, CPU=1.0)))
    assert found["cause"] == "lock_queue"
    assert "lengthen the lock queue" in found["scale"]


def test_a_saturated_host_without_a_culprit():
    seen = activity(ceiling(application()), background={"processes": processes(3.9, pid=99)})
    found = slow(seen, indexes())
    assert (found["cause"], found["relief"]) == ("traffic", "")
    assert "cores are used up" in found["scale"]


def test_what_drags_along_is_told_without_a_relief():
    background = {
        "spill": {"sessions": [{"bytes": 2**29, "who": "7 app"}]},
        "autovacuum": {"vacuums": [{"pid": 8, "holds_up": 3, "doing": "VACUUM t"}]},
        "pressing": ["slot dead keeps 9 MiB"],
    }
    found = slow(activity(ceiling(application()), background=background), indexes())
    assert {one["cause"] for one in found["causes"]} == {"spilled_files", "vacuum_in_the_way"}
    assert "slot dead keeps 9 MiB" in found["advice"]


def test_a_protected_one_that_is_idle_in_a_transaction_hides_no_cause():
    idle = {"pid": 5, "seconds_in_state": 100.0, "user": "backup", "database": "shop", "application": "pg_dump",
            "state": "idle in transaction"}  # fmt: skip
    lists = {"long_running": [], "idle_in_transaction": [idle], "protected": [{"pid": 5, "reason": "is a backup"}]}
    found = slow(activity(ceiling(application()), activity=lists), indexes(advised()))
    assert (found["cause"], found["guards"]) == ("missing_index", [])
    lists["protected"] = []
    assert slow(activity(ceiling(application()), activity=lists), indexes(advised()))["cause"] == "missing_index"


def test_only_the_roles_of_forgotten_transactions_are_named_and_guarded():
    busy = application("web", 20, role="web", idle_in_transaction=5, idle_in_transaction_seconds=[0.1] * 5, active=15)
    lost = application("job", 20, role="job", idle_in_transaction=12, idle_in_transaction_seconds=[300.0] * 12)
    found = exhausted(activity(ceiling(busy, lost)), 30, 60, 0.5, 0.2, {}).as_dict()
    assert found["causes"][0]["detail"]["roles"] == ["job"]
    assert [one["role"] for one in found["guards"]] == ["job"]
    assert "12 of 40 sessions" in found["causes"][0]["evidence"][0]


def idle_for(seconds, pid=5):
    return {"pid": pid, "seconds_in_state": seconds, "user": "me", "database": "shop", "application": "psql",
            "state": "idle in transaction"}  # fmt: skip


def test_a_transaction_that_keeps_nothing_is_nobody_s_to_end():
    lists = {"long_running": [], "idle_in_transaction": [idle_for(61.0)], "protected": []}
    found = slow(activity(ceiling(application()), activity=lists), indexes())
    assert (found["cause"], found["relief"], found["rules"]) == ("forgotten_transaction", "", {})
    assert found["guards"] == []
    assert "5 should commit" in found["advice"][0]
    holders = {"wraparound": {"holders": [{"pid": 5, "age": 5000}]}}
    found = slow(activity(ceiling(application()), activity=lists, background=holders), indexes())
    assert (found["relief"], found["rules"]) == ("end_sessions", {"idle_in_transaction": 60})


def test_what_another_cause_ends_takes_no_harmless_transaction_along():
    lists = {"long_running": [running()], "idle_in_transaction": [idle_for(61.0)], "protected": []}
    found = slow(activity(ceiling(application()), background={"processes": processes()}, activity=lists), indexes())
    assert found["relief"] == "end_sessions"
    assert "idle_in_transaction" not in found["rules"]
