"""Causes told apart, from facts as values."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import exhausted
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.performance import degraded


def application(name="web", sessions=10, role="app", **more):
    given = {
        "idle": 0,
        "idle_seconds": [],
        "idle_in_transaction": 0,
        "idle_in_transaction_seconds": [],
        "active": 0,
        "waiting": 0,
        "clients": {"a": sessions},
    }
    return {"role": role, "application": name, "database": "shop", "name": name, "sessions": sessions, **given, **more}


def ceiling(*applications, limit=40, kind="max_connections"):
    used = sum(one["sessions"] for one in applications)
    told = {"kind": kind, "name": "app", "limit": limit, "used": used, "free": limit - used}
    return {**told, "applications": list(applications)}


def activity(*ceilings, background=None, **more):
    given = {"longest_wait": 9.0, "tree": ["", "root"], "waiters": 0, "long_waiters": 0}
    return {
        "server": {"entrance": "normal"},
        "connections": {"ceilings": list(ceilings), "ordinary_free": ceilings[0]["free"]},
        "activity": {"long_running": [], "idle_in_transaction": [], "protected": []},
        "background": background or {},
        **given,
        **more,
    }


def leaking(number=30):
    return application("feed", number, idle=number, idle_seconds=[300] * number)


def forgotten(number, seconds, sessions=40):
    return application(sessions=sessions, idle_in_transaction=number, idle_in_transaction_seconds=[seconds] * number)


@pytest.mark.parametrize(
    ("applications", "cause", "relief"),
    [
        ([leaking(), application(active=10)], "leak", "end_sessions"),
        ([leaking(), application("sync", 10, active=10, waiting=10)], "lock_queue", "unblock_sessions"),
        ([forgotten(30, 200.0)], "forgotten_transactions", "end_sessions"),
        ([forgotten(30, 59.0)], "", ""),
        ([application(active=23, sessions=23), forgotten(17, 0.005, 17)], "traffic", ""),
        ([application(sessions=40, active=38)], "traffic", ""),
        ([application(sessions=40, idle=40, idle_seconds=[1] * 40)], "", ""),
        ([application(sessions=20, idle=20, idle_seconds=[900] * 20)], "", ""),
    ],
)
def test_full_slots(applications, cause, relief):
    found = exhausted(activity(ceiling(*applications)), 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["relief"]) == (cause, relief)


def test_vanished_clients_come_before_a_leak():
    gone = [{"target": "7@x/y", "pid": 7, "who": "7 app", "reason": "hung up"}]
    seen = activity(ceiling(leaking(), application()), background={"processes": {"vanished": gone}})
    found = exhausted(seen, 30, 60, 0.5, 0.2, {}).as_dict()
    assert [one["cause"] for one in found["causes"]] == ["vanished_clients", "leak"]
    assert found["rules"] == {"idle": 30, "vanished": gone}


def test_an_application_s_own_share_counts():
    seen = activity(ceiling(leaking(30), application(active=10)))
    assert exhausted(seen, 30, 60, 0.5, 0.2, {"feed": 30}).as_dict()["cause"] == ""


def test_a_limit_is_offered_only_where_the_role_is_its_own():
    shared = activity(ceiling(leaking(), application()))
    assert exhausted(shared, 30, 60, 0.5, 0.2, {}).as_dict()["guards"] == []
    alone = activity(ceiling(leaking(), application("other", role="other")))
    (guard,) = exhausted(alone, 30, 60, 0.5, 0.2, {}).as_dict()["guards"]
    assert (guard["role"], guard["setting"]) == ("app", "connection_limit")


def test_a_pooler_that_is_used_up_while_the_server_is_not():
    pool = {"database": "shop", "user": "app", "waiting": 9, "active": 5, "size": 5, "exhausted": True, "paused": False}
    seen = activity(ceiling(application()), background={"pooler": {"pools": [pool]}})
    found = exhausted(seen, 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["relief"]) == ("pooler", "")
    assert "30 slots free" in found["causes"][0]["evidence"][0]
    assert "pool_size of shop, now 5, may be up to 20" in found["advice"][0]


def test_pool_sizes_are_added_up():
    fits = exhausted(activity(ceiling(application(sessions=8, clients={"a": 4, "b": 4}))), 30, 60, 0.5, 0.2, {})
    assert "that fits" in fits.as_dict()["advice"][-1]
    large = exhausted(activity(ceiling(application(sessions=39, clients={"a": 20, "b": 19}))), 30, 60, 0.5, 0.2, {})
    assert "they ask for 40 of 40" in large.as_dict()["advice"][-1]
    assert "about 16 at most" in large.as_dict()["advice"][-1]


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


def test_a_pooler_that_starves_since_the_server_is_full_is_not_the_cause():
    pool = {
        "database": "shop", "user": "app", "waiting": 9, "active": 5, "size": 20, "exhausted": True, "paused": False,
    }  # fmt: skip
    seen = activity(ceiling(leaking(), application(active=10)), background={"pooler": {"pools": [pool]}})
    assert exhausted(seen, 30, 60, 0.5, 0.2, {}).as_dict()["cause"] == "leak"


def test_a_limit_is_never_offered_that_locks_an_application_out():
    tiny = ceiling(application("feed", 1, idle=1, idle_seconds=[900]), limit=1, kind="role")
    found = exhausted(activity(ceiling(application("feed", 1)), tiny), 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["guards"]) == ("", [])
    small = ceiling(leaking(10), limit=10, kind="database")
    everywhere = ceiling(application("feed", 60), application("feed", 10), limit=200)
    assert exhausted(activity(everywhere, small), 30, 60, 0.5, 0.2, {}).as_dict()["guards"] == []


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


def test_a_paused_pool_is_a_cause_of_its_own_and_not_too_small():
    pool = {"database": "shop", "user": "app", "waiting": 9, "active": 0, "size": 5, "exhausted": False, "paused": True}
    more = {**pool, "user": "feed", "waiting": 3}
    seen = activity(ceiling(application()), background={"pooler": {"pools": [pool, more]}})
    found = exhausted(seen, 30, 60, 0.5, 0.2, {}).as_dict()
    assert [(one["cause"], one["relief"]) for one in found["causes"]] == [("pooler_paused", "")]
    assert "12 clients wait" in found["causes"][0]["evidence"][0]
    assert "admin_users" in found["advice"][0]
    assert "RESUME shop;" in found["advice"][0]
    assert not any("no ceiling is hit" in line for line in found["lines"])


@pytest.mark.parametrize(("used", "cause"), [(100, "pooler_full"), (90, "pooler_full"), (89, ""), (0, "")])
def test_the_pooler_s_own_ceiling(used, cause):
    told = {"pools": [], "client_connections": {"used": used, "limit": 100}}
    found = exhausted(activity(ceiling(application()), background={"pooler": told}), 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["relief"]) == (cause, "")
    assert any("max_client_conn above 100" in line for line in found["advice"]) is bool(cause)


def test_the_pooler_s_ceiling_keeps_nobody_from_relieving_a_leak():
    told = {"pools": [], "client_connections": {"used": 100, "limit": 100}}
    seen = activity(ceiling(leaking(), application(active=10)), background={"pooler": told})
    found = exhausted(seen, 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["relief"]) == ("leak", "end_sessions")
    assert [one["cause"] for one in found["causes"]][-1] == "pooler_full"


def service(*addresses, image="pafar/backend:1"):
    return {"image": image, "containers": [{"networks": {"default": one, "other": ""}} for one in addresses]}


@pytest.mark.parametrize(
    ("clients", "services", "leaks"),
    [
        pytest.param({"172.18.0.5": 20, "172.18.0.6": 10}, {"backend": service("172.18.0.5", "172.18.0.6")}, "backend",
                     id="all of its replicas"),
        pytest.param({"172.18.0.5": 29, "172.18.0.1": 1}, {"backend": service("172.18.0.5")}, "",
                     id="one address is nobody's"),
        pytest.param({"172.18.0.5": 20, "172.18.0.7": 10},
                     {"backend": service("172.18.0.5"), "worker": service("172.18.0.7")}, "", id="two services"),
        pytest.param({"172.18.0.5": 30}, {"a": service("172.18.0.5"), "b": service("172.18.0.5")}, "",
                     id="two services of one address"),
        pytest.param({"local": 30}, {"backend": service("172.18.0.5")}, "", id="over a socket"),
        pytest.param({"": 30}, {"backend": service("")}, "", id="no address at all"),
        pytest.param({"172.18.0.5": 20}, {"backend": service("172.18.0.5")}, "", id="not all of them are told"),
        pytest.param({"172.18.0.9": 30}, {"pool": service("172.18.0.9", image="edoburu/pgbouncer")}, "", id="a pooler"),
        pytest.param({"172.18.0.5": 30}, {}, "", id="nobody could look"),
    ],
)  # fmt: skip
def test_which_service_leaks(clients, services, leaks):
    one = {**leaking(30), "clients": clients}
    found = exhausted(activity(ceiling(one, application(active=10))), 30, 60, 0.5, 0.2, {}, services=services).as_dict()
    assert found["causes"][0]["detail"]["service"] == leaks
    assert any("leaks from service backend" in line for line in found["lines"]) is bool(leaks)


def test_an_application_keeps_its_floor_whatever_its_share():
    seen = activity(ceiling(leaking(30), application(active=10)))
    assert exhausted(seen, 30, 60, 0.5, 0.2, {}).as_dict()["cause"] == "leak"
    assert exhausted(seen, 30, 60, 0.5, 0.2, {}, floor=30).as_dict()["cause"] != "leak"


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
