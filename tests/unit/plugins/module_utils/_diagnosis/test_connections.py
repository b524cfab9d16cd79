"""What fills the connection slots, told apart from facts as values."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections

from support.database_reports import (
    activity,
    application,
    beyond,
    connection_limit,
    dead_client,
    ending,
    ending_all,
    pool,
    pooler,
    processes,
    to_end,
)
from support.reports import container, service


def diagnose(seen, shares=None, plan=None, **more):
    return diagnose_connections(seen, 30, 60, 0.5, 0.2, shares or {}, plan=plan or ending_all(seen), **more)


def leaking(number=30, clients=None):
    return application("feed", number, idle=number, idle_seconds=[300] * number, clients=clients)


def at(*addresses, image="pafar/backend:1"):
    """A service whose containers have these addresses."""
    return service(*(container("x", networks={"default": one, "other": ""}) for one in addresses), image=image)


def forgotten(number, seconds, sessions=40):
    return application(sessions=sessions, idle_in_transaction=number, idle_in_transaction_seconds=[seconds] * number)


@pytest.mark.parametrize(
    ("applications", "cause", "mitigation"),
    [
        ([leaking(), application(active=10)], "leak", "end_sessions"),
        ([leaking(), application("sync", 10, active=10, waiting=10)], "lock_queue", "unblock_sessions"),
        ([forgotten(30, 200.0)], "idle_in_transaction", "end_sessions"),
        ([forgotten(30, 59.0)], "", ""),
        ([application(active=23, sessions=23), forgotten(17, 0.005, 17)], "traffic", ""),
        ([application(sessions=40, active=38)], "traffic", ""),
        ([application(sessions=40, idle=40, idle_seconds=[1] * 40)], "", ""),
        ([application(sessions=20, idle=20, idle_seconds=[900] * 20)], "", ""),
    ],
)
def test_full_slots(applications, cause, mitigation):
    found = diagnose(activity(connection_limit(*applications))).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, mitigation)


def test_vanished_clients_come_before_a_leak():
    gone = [dead_client()]
    seen = activity(connection_limit(leaking(), application()), background={"processes": processes(gone=gone)})
    found = diagnose(seen).as_dict()
    assert [one["cause"] for one in found["causes"]] == ["dead_clients", "leak"]
    assert found["rules"]["targets"][0] == gone[0]["target"]
    assert [plan["by_rule"] for plan in found["plans"].values()] == [{"dead_clients": 1, "idle": 30}, {}]


def test_an_application_s_own_share_counts():
    seen = activity(connection_limit(leaking(30), application(active=10)))
    assert diagnose(seen, shares={"feed": 30}).as_dict()["cause"] == ""


def test_a_limit_is_offered_only_where_the_role_is_its_own():
    shared = activity(connection_limit(leaking(), application()))
    assert diagnose(shared).as_dict()["role_settings"] == []
    alone = activity(connection_limit(leaking(), application("other", role="other")))
    (guard,) = diagnose(alone).as_dict()["role_settings"]
    assert (guard["role"], guard["setting"]) == ("app", "connection_limit")


def test_a_pooler_that_is_used_up_while_the_server_is_not():
    seen = activity(connection_limit(application()), background={"pooler": pooler(pool())})
    found = diagnose(seen).as_dict()
    assert (found["cause"], found["mitigation"]) == ("pooler", "")
    assert "30 slots free" in found["causes"][0]["evidence"][0]
    assert "raise pool_size of shop in pgbouncer.ini, now 5, to at most 20" in found["advice"][0]


def test_pool_sizes_are_added_up():
    fits = diagnose(activity(connection_limit(application(sessions=8, clients={"a": 4, "b": 4}))))
    assert "which leaves 32 free" in fits.as_dict()["advice"][-1]
    large = diagnose(activity(connection_limit(application(sessions=39, clients={"a": 20, "b": 19}))))
    assert "they need 40 of 40" in large.as_dict()["advice"][-1]
    assert "to about 16" in large.as_dict()["advice"][-1]


@pytest.mark.parametrize(
    ("kind", "clients", "said"),
    [
        pytest.param("max_connections", 2, "to about 16, or use a pooler; raising max_connections", id="few"),
        pytest.param("max_connections", 39, "39 clients are too many: use a pooler; raising", id="many"),
        pytest.param("role", 2, "ALTER ROLE app CONNECTION LIMIT raises it, which needs no restart", id="a role's"),
        pytest.param("database", 39, "ALTER DATABASE app CONNECTION LIMIT raises it", id="a database's"),
    ],
)
def test_what_makes_pools_fit_depends_on_the_limit(kind, clients, said):
    largest = {f"10.0.0.{number}": 39 // clients for number in range(clients)}
    full = connection_limit(application(sessions=39, active=39, clients=largest), kind=kind, limit=40)
    advice = diagnose(activity(full)).as_dict()["advice"][-1]
    assert said in advice
    assert ("max_connections" in advice) is (kind == "max_connections")


def test_a_pooler_that_starves_since_the_server_is_full_is_not_the_cause():
    seen = activity(connection_limit(leaking(), application(active=10)), background={"pooler": pooler(pool(size=20))})
    assert diagnose(seen).as_dict()["cause"] == "leak"


def test_a_limit_is_never_offered_that_locks_an_application_out():
    tiny = connection_limit(application("feed", 1, idle=1, idle_seconds=[900]), limit=1, kind="role")
    found = diagnose(activity(connection_limit(application("feed", 1)), tiny)).as_dict()
    assert (found["cause"], found["role_settings"]) == ("", [])
    small = connection_limit(leaking(10), limit=10, kind="database")
    everywhere = connection_limit(application("feed", 60), application("feed", 10), limit=200)
    assert diagnose(activity(everywhere, small)).as_dict()["role_settings"] == []


def test_a_paused_pool_is_a_cause_of_its_own_and_not_too_small():
    pools = [
        pool(user, waiting=waiting, active=0, exhausted=False, paused=True)
        for user, waiting in (("app", 9), ("feed", 3))
    ]
    seen = activity(connection_limit(application()), background={"pooler": pooler(*pools)})
    found = diagnose(seen).as_dict()
    assert [(one["cause"], one["mitigation"]) for one in found["causes"]] == [("pooler_paused", "")]
    assert "12 clients wait" in found["causes"][0]["evidence"][0]
    assert "admin_users" in found["advice"][0]
    assert "RESUME shop;" in found["advice"][0]
    assert not any("no connection limit is reached" in line for line in found["lines"])


@pytest.mark.parametrize(("used", "cause"), [(100, "pooler_full"), (90, "pooler_full"), (89, ""), (0, "")])
def test_the_pooler_s_own_ceiling(used, cause):
    told = pooler(used=used, limit=100)
    found = diagnose(activity(connection_limit(application()), background={"pooler": told})).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, "")
    assert any("max_client_conn above 100" in line for line in found["advice"]) is bool(cause)


def test_the_pooler_s_ceiling_keeps_nobody_from_relieving_a_leak():
    told = pooler(used=100, limit=100)
    seen = activity(connection_limit(leaking(), application(active=10)), background={"pooler": told})
    found = diagnose(seen).as_dict()
    assert (found["cause"], found["mitigation"]) == ("leak", "end_sessions")
    assert [one["cause"] for one in found["causes"]][-1] == "pooler_full"


@pytest.mark.parametrize(
    ("clients", "services", "leaks"),
    [
        pytest.param({"172.18.0.5": 20, "172.18.0.6": 10}, {"backend": at("172.18.0.5", "172.18.0.6")}, "backend",
                     id="all of its replicas"),
        pytest.param({"172.18.0.5": 29, "172.18.0.1": 1}, {"backend": at("172.18.0.5")}, "",
                     id="one address is nobody's"),
        pytest.param({"172.18.0.5": 20, "172.18.0.7": 10},
                     {"backend": at("172.18.0.5"), "worker": at("172.18.0.7")}, "", id="two services"),
        pytest.param({"172.18.0.5": 30}, {"a": at("172.18.0.5"), "b": at("172.18.0.5")}, "",
                     id="two services of one address"),
        pytest.param({"local": 30}, {"backend": at("172.18.0.5")}, "", id="over a socket"),
        pytest.param({"": 30}, {"backend": at("")}, "", id="no address at all"),
        pytest.param({"172.18.0.5": 20}, {"backend": at("172.18.0.5")}, "", id="not all of them are told"),
        pytest.param({"172.18.0.9": 30}, {"pool": at("172.18.0.9", image="edoburu/pgbouncer")}, "", id="a pooler"),
        pytest.param({"172.18.0.5": 30}, {}, "", id="nobody could look"),
    ],
)  # fmt: skip
def test_which_service_leaks(clients, services, leaks):
    leak = leaking(30, clients)
    found = diagnose(activity(connection_limit(leak, application(active=10))), services=services).as_dict()
    assert found["causes"][0]["detail"]["service"] == leaks
    assert any("belong to containers of the service backend" in line for line in found["lines"]) is bool(leaks)


def test_an_application_keeps_its_floor_whatever_its_share():
    seen = activity(connection_limit(leaking(30), application(active=10)))
    assert diagnose(seen).as_dict()["cause"] == "leak"
    assert diagnose(seen, floor=30).as_dict()["cause"] != "leak"


def equal(name, number=8, **more):
    return application(name, number, idle=number, idle_seconds=[900] * number, **more)


@pytest.mark.parametrize(
    ("applications", "says", "asks"),
    [
        pytest.param([leaking(23), equal("web", 15)], "2 pools are of about this size: the largest may leak", {"feed"},
                     id="the larger of two pools"),
        pytest.param([leaking(20), application(sessions=18, active=18)], "2 pools are of about this size", {"feed"},
                     id="one of two is at work"),
        pytest.param([equal(f"svc{n}") for n in range(5)], "5 pools are of about this size",
                     {f"svc{n}" for n in range(5)}, id="equal pools"),
        pytest.param([equal("web", 20), equal("api", 12), equal("cron", 6)], "2 pools are of about this size", {"web"},
                     id="three sizes"),
        pytest.param([equal("worker-*", 36, pools=[12, 12, 12]), application(sessions=2)], "3 pools of up to 12",
                     {"worker-*"}, id="one pool per worker"),
    ],
)  # fmt: skip
def test_pools_of_which_one_may_leak_are_reported_and_a_plan_for_the_largest_is_held(applications, says, asks):
    found = diagnose(activity(connection_limit(*applications))).as_dict()
    assert (found["cause"], found["mitigation"]) == ("full_pool", "end_sessions")
    assert says in found["causes"][0]["evidence"][0]
    assert "too large in sum" in found["causes"][0]["evidence"][0]
    actions = found["plans"]["harmless"]["actions"]
    assert {item["application"] for item in actions} == asks
    assert all(says in item["needs_approval"] for item in actions)


@pytest.mark.parametrize("kind", ["role", "database"])
def test_a_leak_that_fills_a_limit_of_its_own_is_held_with_its_own_sessions(kind):
    feed = leaking(20)
    feed["one_by_one"] = True
    leak = connection_limit(feed, limit=20, kind=kind)
    everywhere = connection_limit(application("web", 20), leaking(20), limit=200)
    found = diagnose(activity(everywhere, leak)).as_dict()
    assert (found["cause"], found["mitigation"]) == ("full_pool", "end_sessions")
    assert "opened one after the other, and used at first only: it may leak" in found["causes"][0]["evidence"][0]
    actions = found["plans"]["harmless"]["actions"]
    assert {item["application"] for item in actions} == {"feed"}
    assert all("it may leak" in item["needs_approval"] for item in actions)


@pytest.mark.parametrize(
    ("ceiling", "says"),
    [
        pytest.param(connection_limit(leaking(10), limit=10, kind="role"), "as large as the limit", id="its own limit"),
        pytest.param(
            connection_limit(leaking(18), application("cron", 2), limit=20, kind="database"), "as large as the limit",
            id="nearly alone under its database's limit",
        ),
        pytest.param(
            connection_limit(*(equal(f"svc{n}", stopped=True) for n in range(5))), "it stopped opening sessions",
            id="equal pools that stopped growing",
        ),
        pytest.param(
            connection_limit(leaking(18), application(sessions=30, active=20)), "2 pools are of about this size",
            id="the larger of two is at work",
        ),
        pytest.param(
            connection_limit(
                application("web", 36, idle=36, idle_seconds=[300] * 36, unused_seconds=[]), application(sessions=2)
            ),
            "as sessions of a pool are", id="used again and again",
        ),
        pytest.param(
            connection_limit(
                application("feed", 38, idle=38, idle_seconds=[300] * 38, pooled=True),
                application(sessions=2, active=2),
            ),
            "through a connection pooler", id="behind a pooler",
        ),
    ],
)  # fmt: skip
def test_a_full_pool_is_reported_and_no_session_is_ended_for_it(ceiling, says):
    found = diagnose(activity(ceiling)).as_dict()
    # Under a limit of its own a pool is as large as it was made: said in a line, and no cause of an incident.
    own = ceiling["kind"] != "max_connections"
    assert (found["cause"], found["mitigation"], found["plans"]) == ("" if own else "full_pool", "", {})
    assert any(says in text for text in (found["lines"] if own else found["causes"][0]["evidence"]))
    assert found["role_settings"] == []
    name = ceiling["applications"][0]["application"]
    assert any("let them be terminated: runbook_connection_shares" in text for text in found["advice"]) is own
    wanted = diagnose(activity(ceiling), shares={name: 3}).as_dict()
    assert (wanted["cause"], wanted["mitigation"]) == ("leak", "end_sessions")


@pytest.mark.parametrize(
    ("kind", "setting"), [("max_connections", "max_connections"), ("role", "the connection limit of role app")]
)
def test_the_advice_for_full_pools_has_their_sum_the_ceiling_and_the_settings(kind, setting):
    pools = [application(f"svc{n}", 8, idle=8, idle_seconds=[900] * 8) for n in range(4)]
    found = diagnose(activity(connection_limit(*pools, application(sessions=6), kind=kind))).as_dict()
    own = kind != "max_connections"
    assert [cause["cause"] for cause in found["causes"]] == ([] if own else ["full_pool"])
    texts = found["lines"] if own else found["causes"][0]["evidence"]
    assert sum("of the 4 pools" in text or "svc" in text.partition(" ")[0] for text in texts) == 4
    for text in (f"in sum 32 of 40 ({setting})", "svc0, svc1, svc2, svc3", "26 in sum", "maximumPoolSize"):
        assert text in found["advice"][0]


@pytest.mark.parametrize(
    ("kind", "free", "steady", "path", "cause", "asks"),
    [
        pytest.param("max_connections", 2, True, "normal", "full_pool", None, id="a pool of a fixed size"),
        pytest.param("max_connections", 0, True, "normal", "leak", True, id="the limit is reached: not known"),
        pytest.param("max_connections", 0, True, "replication", "leak", False, id="logins are refused"),
        pytest.param("max_connections", 2, False, "normal", "leak", True, id="whether it grows is not known"),
        pytest.param("max_connections", 0, False, "replication", "leak", False, id="it grew until logins were refused"),
        pytest.param("role", 0, False, "normal", "leak", True, id="the limit of a role"),
        pytest.param("role", 0, True, "replication", "leak", True, id="the limit of a role, beside an outage"),
        pytest.param("database", 0, False, "normal", "leak", True, id="the limit of a database"),
    ],
)
def test_what_may_be_a_pool_of_a_fixed_size_is_not_ended_unasked(kind, free, steady, path, cause, asks):
    feed = leaking()
    feed.update({"steady": steady, "stopped": steady and free > 0, "opened_seconds": 300.0, "filled_seconds": 300.0})
    ceiling = connection_limit(feed, application(active=10), kind=kind)
    ceiling["free"] = free
    seen = activity(ceiling)
    seen = {**seen, "server": {**seen["server"], "login_path": path}}
    found = diagnose(seen, plan=ending(*to_end("idle", "feed", 3))).as_dict()
    assert found["cause"] == cause
    if asks is not None:
        actions = found["plans"]["harmless"]["actions"]
        assert [bool(item.get("needs_approval")) for item in actions] == [asks] * 3
    # What the site says of an application is no guess.
    given = diagnose(seen, plan=ending(*to_end("idle", "feed", 3)), shares={"feed": 2}).as_dict()
    assert not any(item.get("needs_approval") for item in given["plans"]["harmless"]["actions"])


def test_a_leak_ends_sessions_of_its_own_application_alone():
    seen = activity(connection_limit(leaking(), application(active=10)))
    plan = ending(
        *to_end("idle", "feed", 3), *to_end("idle", "job", 2, 10), *to_end("idle_in_transaction", "feed", 1, 20)
    )
    found = diagnose(seen, plan=plan).as_dict()
    assert found["rules"] == {"targets": ["1@x/y", "2@x/y", "3@x/y"]}
    assert [item["pid"] for item in found["plans"]["harmless"]["actions"]] == [1, 2, 3]
    assert found["plans"]["others"]["affected_before"] == 0


def test_what_a_superuser_s_application_fills_is_named_with_what_would_let_it_be_ended():
    seen = activity(connection_limit(leaking(), application(active=10)))
    found = diagnose(seen, plan=ending(excluded=beyond("feed", 30))).as_dict()
    assert (found["cause"], found["mitigation"], found["plans"]) == ("leak", "", {})
    assert "30 sessions of feed may not be terminated: role postgres is a superuser" in found["advice"][0]
    assert "runbook_application_superusers" in found["advice"][0]
    room = diagnose(activity(connection_limit(application())), plan=ending(excluded=beyond("feed", 6))).as_dict()
    assert room["cause"] == ""
    assert any("6 sessions of feed may not be terminated" in line for line in room["lines"])


def sitting(number=15, still=15, **more):
    given = {"idle_in_transaction": number, "idle_in_transaction_seconds": [90.0] * still, "opened_seconds": 300.0}
    return application("shop-web", number, **{**given, **more})


def test_a_pool_of_the_application_s_own_is_named_and_its_end_needs_an_approval():
    seen = activity(connection_limit(sitting(), application(sessions=5, idle=5), limit=97))
    found = diagnose(seen).as_dict()
    assert (found["cause"], found["mitigation"]) == ("client_pool_full", "end_sessions")
    assert "15 of 15 sessions of shop-web are in a transaction" in found["causes"][0]["evidence"][0]
    assert "77 slots free" in found["causes"][0]["evidence"][0]
    assert "QueuePool" in found["advice"][0]
    assert all(item["needs_approval"] for item in found["plans"]["others"]["actions"])


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"number": 4, "still": 4}, id="few"),
        pytest.param({"idle": 1, "idle_in_transaction": 14}, id="one is idle"),
        pytest.param({"still": 7}, id="most are at work"),
        pytest.param({"opened_seconds": 2.0}, id="new ones are opened"),
        pytest.param({"idle_in_transaction": 3, "still": 8, "active": 12, "waiting": 12}, id="they wait for locks"),
    ],
)
def test_what_is_no_full_pool_of_the_application_s_own(given):
    found = diagnose(activity(connection_limit(sitting(**given), limit=97))).as_dict()
    assert "client_pool_full" not in [cause["cause"] for cause in found["causes"]]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"role_limits": {"Shop": {"limit": 0, "used": 0}}}, 'ALTER ROLE "Shop" CONNECTION LIMIT -1'),
        ({"database_limits": {"shop": {"limit": 0, "used": 0}}}, "ALTER DATABASE shop CONNECTION LIMIT -1"),
        ({"database_limits": {"shop": {"limit": 5, "used": 0}}}, ""),
    ],
)
def test_a_limit_of_zero_is_said_where_no_limit_is_reached(limits, says):
    """As after a maintenance that kept everybody out: nothing is used up, and every login is refused."""
    seen = activity(connection_limit(application()))
    found = diagnose({**seen, "connections": {**seen["connections"], **limits}}).as_dict()
    assert found["cause"] == ""
    assert any(says in line for line in found["lines"])
    assert any("is 0, so that every login" in line for line in found["lines"]) is bool(says)
