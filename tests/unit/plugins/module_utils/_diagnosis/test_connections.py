"""What fills the connection slots, told apart from facts as values."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections

from support.database_reports import activity, application, connection_limit, dead_client, pool, pooler, processes
from support.reports import container, service


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
    found = diagnose_connections(activity(connection_limit(*applications)), 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, mitigation)


def test_vanished_clients_come_before_a_leak():
    gone = [dead_client()]
    seen = activity(connection_limit(leaking(), application()), background={"processes": processes(gone=gone)})
    found = diagnose_connections(seen, 30, 60, 0.5, 0.2, {}).as_dict()
    assert [one["cause"] for one in found["causes"]] == ["dead_clients", "leak"]
    assert found["rules"] == {"idle": 30, "dead_clients": gone}


def test_an_application_s_own_share_counts():
    seen = activity(connection_limit(leaking(30), application(active=10)))
    assert diagnose_connections(seen, 30, 60, 0.5, 0.2, {"feed": 30}).as_dict()["cause"] == ""


def test_a_limit_is_offered_only_where_the_role_is_its_own():
    shared = activity(connection_limit(leaking(), application()))
    assert diagnose_connections(shared, 30, 60, 0.5, 0.2, {}).as_dict()["role_settings"] == []
    alone = activity(connection_limit(leaking(), application("other", role="other")))
    (guard,) = diagnose_connections(alone, 30, 60, 0.5, 0.2, {}).as_dict()["role_settings"]
    assert (guard["role"], guard["setting"]) == ("app", "connection_limit")


def test_a_pooler_that_is_used_up_while_the_server_is_not():
    seen = activity(connection_limit(application()), background={"pooler": pooler(pool())})
    found = diagnose_connections(seen, 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["mitigation"]) == ("pooler", "")
    assert "30 slots free" in found["causes"][0]["evidence"][0]
    assert "pool_size of shop, now 5, may be up to 20" in found["advice"][0]


def test_pool_sizes_are_added_up():
    fits = diagnose_connections(
        activity(connection_limit(application(sessions=8, clients={"a": 4, "b": 4}))), 30, 60, 0.5, 0.2, {}
    )
    assert "that fits" in fits.as_dict()["advice"][-1]
    large = diagnose_connections(
        activity(connection_limit(application(sessions=39, clients={"a": 20, "b": 19}))), 30, 60, 0.5, 0.2, {}
    )
    assert "they need 40 of 40" in large.as_dict()["advice"][-1]
    assert "at most about 16" in large.as_dict()["advice"][-1]


def test_a_pooler_that_starves_since_the_server_is_full_is_not_the_cause():
    seen = activity(connection_limit(leaking(), application(active=10)), background={"pooler": pooler(pool(size=20))})
    assert diagnose_connections(seen, 30, 60, 0.5, 0.2, {}).as_dict()["cause"] == "leak"


def test_a_limit_is_never_offered_that_locks_an_application_out():
    tiny = connection_limit(application("feed", 1, idle=1, idle_seconds=[900]), limit=1, kind="role")
    found = diagnose_connections(
        activity(connection_limit(application("feed", 1)), tiny), 30, 60, 0.5, 0.2, {}
    ).as_dict()
    assert (found["cause"], found["role_settings"]) == ("", [])
    small = connection_limit(leaking(10), limit=10, kind="database")
    everywhere = connection_limit(application("feed", 60), application("feed", 10), limit=200)
    assert diagnose_connections(activity(everywhere, small), 30, 60, 0.5, 0.2, {}).as_dict()["role_settings"] == []


def test_a_paused_pool_is_a_cause_of_its_own_and_not_too_small():
    pools = [
        pool(user, waiting=waiting, active=0, exhausted=False, paused=True)
        for user, waiting in (("app", 9), ("feed", 3))
    ]
    seen = activity(connection_limit(application()), background={"pooler": pooler(*pools)})
    found = diagnose_connections(seen, 30, 60, 0.5, 0.2, {}).as_dict()
    assert [(one["cause"], one["mitigation"]) for one in found["causes"]] == [("pooler_paused", "")]
    assert "12 clients wait" in found["causes"][0]["evidence"][0]
    assert "admin_users" in found["advice"][0]
    assert "RESUME shop;" in found["advice"][0]
    assert not any("no connection limit is reached" in line for line in found["lines"])


@pytest.mark.parametrize(("used", "cause"), [(100, "pooler_full"), (90, "pooler_full"), (89, ""), (0, "")])
def test_the_pooler_s_own_ceiling(used, cause):
    told = pooler(used=used, limit=100)
    found = diagnose_connections(
        activity(connection_limit(application()), background={"pooler": told}), 30, 60, 0.5, 0.2, {}
    ).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, "")
    assert any("max_client_conn above 100" in line for line in found["advice"]) is bool(cause)


def test_the_pooler_s_ceiling_keeps_nobody_from_relieving_a_leak():
    told = pooler(used=100, limit=100)
    seen = activity(connection_limit(leaking(), application(active=10)), background={"pooler": told})
    found = diagnose_connections(seen, 30, 60, 0.5, 0.2, {}).as_dict()
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
    found = diagnose_connections(
        activity(connection_limit(leak, application(active=10))), 30, 60, 0.5, 0.2, {}, services=services
    ).as_dict()
    assert found["causes"][0]["detail"]["service"] == leaks
    assert any("leaks from service backend" in line for line in found["lines"]) is bool(leaks)


def test_an_application_keeps_its_floor_whatever_its_share():
    seen = activity(connection_limit(leaking(30), application(active=10)))
    assert diagnose_connections(seen, 30, 60, 0.5, 0.2, {}).as_dict()["cause"] == "leak"
    assert diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, floor=30).as_dict()["cause"] != "leak"


@pytest.mark.parametrize(
    ("ceiling", "says"),
    [
        pytest.param(connection_limit(leaking(10), limit=10, kind="role"), "as large as its limit", id="its own limit"),
        pytest.param(
            connection_limit(*(application(f"svc{n}", 8, idle=8, idle_seconds=[900] * 8) for n in range(5))),
            "5 pools are of about this size", id="equal pools",
        ),
        pytest.param(
            connection_limit(
                application("feed", 38, idle=38, idle_seconds=[300] * 38, pooled=True),
                application(sessions=2, active=2),
            ),
            "through a pooler", id="behind a pooler",
        ),
    ],
)  # fmt: skip
def test_a_full_pool_is_told_and_no_session_is_ended_for_it(ceiling, says):
    found = diagnose_connections(activity(ceiling), 30, 60, 0.5, 0.2, {}).as_dict()
    assert (found["cause"], found["mitigation"]) == ("full_pool", "")
    assert says in found["causes"][0]["evidence"][0]
    assert "smaller, or" in found["advice"][0]
    assert found["role_settings"] == []
    name = ceiling["applications"][0]["application"]
    wanted = diagnose_connections(activity(ceiling), 30, 60, 0.5, 0.2, {name: 3}).as_dict()
    assert (wanted["cause"], wanted["mitigation"]) == ("leak", "end_sessions")
