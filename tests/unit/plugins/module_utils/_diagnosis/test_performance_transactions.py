"""Transactions that keep dead rows or connections, as causes of slowness: who is named, ended and guarded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.performance import diagnose_performance
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    wraparound,
)

from support.database_reports import (
    activity,
    advised,
    application,
    beyond,
    connection_limit,
    ending,
    ending_all,
    idle_for,
    indexes,
    lists,
    processes,
    running,
    to_end,
)
from support.snapshots import snapshot


def slow(seen, given, **more):
    plan = more.get("plan") or ending_all(seen)
    return diagnose_performance(seen, given, more.get("min_running", 10), 60, plan).as_dict()


@pytest.mark.parametrize(
    ("kind", "who", "age", "seconds", "says"),
    [
        ("prepared transaction", "it's-1", 1000, 60.0, "ROLLBACK PREPARED 'it''s-1'"),
        ("prepared transaction", "it's-1", 999, 900.0, ""),
        ("prepared transaction", "it's-1", 5000, 59.0, ""),
        ("prepared transaction", "it's-1", 5000, None, ""),
        ("prepared transaction", "another", 5000, 900.0, ""),
        ("replication slot", "standby2", 1_000_000, 0.0, "the consumer of the slot standby2"),
        ("replication slot", "standby2", 999_999, 900.0, ""),
        ("standby", "90 rep@ walreceiver", 1_000_000, 0.0, "end the oldest transaction on that standby"),
        ("standby", "90 rep@ walreceiver", 999_999, 900.0, ""),
        ("session", "7 app@shop report", 5_000_000, 900.0, ""),
    ],
)
def test_what_keeps_dead_rows_and_is_no_session_is_named(kind, who, age, seconds, says):
    held = wraparound(snapshot([]), [], [], [], [])
    held["holders"] = [{"kind": kind, "who": who, "pid": 0, "age": age}]
    seen = activity(connection_limit(application()), background={"wraparound": held})
    seen["prepared"] = [
        {"target": "p", "gid": "it's-1", "owner": "app", "database": "shop", "seconds": seconds, "waiters": 0}
    ]
    found = slow(seen, indexes())
    assert (found["cause"], found["mitigation"]) == ("xmin_horizon" if says else "", "")
    if says:
        assert f"by {age:,} transactions" in found["causes"][0]["evidence"][0]
        assert says in found["advice"][0]


def test_a_protected_one_that_is_idle_in_a_transaction_hides_no_cause():
    idle = lists(idle_in_transaction=[idle_for(100.0)], protected=[5])
    found = slow(activity(connection_limit(application()), found=idle), indexes(advised()))
    assert (found["cause"], found["role_settings"]) == ("missing_index", [])
    idle["protected"] = []
    assert slow(activity(connection_limit(application()), found=idle), indexes(advised()))["cause"] == "missing_index"


def test_only_the_roles_of_forgotten_transactions_are_named_and_guarded():
    busy = application("web", 20, role="web", idle_in_transaction=5, idle_in_transaction_seconds=[0.1] * 5, active=15)
    lost = application("job", 20, role="job", idle_in_transaction=12, idle_in_transaction_seconds=[300.0] * 12)
    found = diagnose_connections(activity(connection_limit(busy, lost)), 30, 60, 0.5, 0.2, {}, plan=ending()).as_dict()
    assert found["causes"][0]["detail"]["roles"] == ["job"]
    assert [one["role"] for one in found["role_settings"]] == ["job"]
    assert "12 of 40 sessions" in found["causes"][0]["evidence"][0]


def test_a_transaction_that_holds_nothing_back_is_no_cause():
    idle = lists(idle_in_transaction=[idle_for(61.0)])
    seen = activity(connection_limit(application()), found=idle)
    found = slow(seen, indexes(), plan=ending())
    assert (found["cause"], found["rules"], found["role_settings"]) == ("", {}, [])
    assert "for 60 s or longer affect no other session, so that no action is planned: 5 me psql" in found["advice"][0]


def test_only_transactions_that_hold_others_back_are_ended():
    idle = lists(idle_in_transaction=[idle_for(61.0), idle_for(90.0, pid=6), idle_for(95.0, pid=8)])
    seen = activity(connection_limit(application()), found=idle)
    found = slow(seen, indexes(), plan=ending(*to_end("idle_in_transaction", "psql", 1, 6)))
    assert (found["cause"], found["mitigation"]) == ("idle_in_transaction", "end_sessions")
    assert found["rules"] == {"targets": ["6@x/y"]}
    assert [item["pid"] for item in found["plans"]["others"]["actions"]] == [6]
    assert [each["role"] for each in found["role_settings"]] == ["me"]
    assert "2 sessions idle in transaction" in found["advice"][0]


@pytest.mark.parametrize(
    ("age", "user", "settings"),
    [
        (500.0, "me", []),  # a leader that holds its lock in a transaction, under the role of the forgotten one
        (119.0, "me", ["me"]),  # not old enough for the timeout of 120 s
        (500.0, "scheduler", ["me"]),
    ],
)
def test_no_timeout_is_proposed_that_would_end_a_session_that_is_left_alone(age, user, settings):
    idle = lists(idle_in_transaction=[{**idle_for(age), "user": user}, idle_for(90.0, pid=6)])
    seen = activity(connection_limit(application()), found=idle)
    found = slow(seen, indexes(), plan=ending(*to_end("idle_in_transaction", "psql", 1, 6)))
    assert [each["role"] for each in found["role_settings"]] == settings
    said = "no idle_in_transaction_session_timeout is proposed for the role me: it would also end sessions that"
    assert any(text.startswith(said) and "(5)" in text for text in found["advice"]) is (not settings)


@pytest.mark.parametrize("within", [True, False], ids=["planned", "beyond the limit"])
@pytest.mark.parametrize(("asks", "settings"), [("", ["me"]), ("it may be a job", [])])
def test_no_timeout_is_proposed_that_would_end_a_session_that_needs_an_approval(within, asks, settings):
    """A job that has locked its rows, or a leader: the timeout would end the next one unasked."""
    (item,) = to_end("idle_in_transaction", "psql", 1, 6)
    item = replace(item, detail={**item.detail, **({"needs_approval": asks} if asks else {})})
    plan = ending(item) if within else ending(excluded=[replace(item, action="")])
    idle = lists(idle_in_transaction=[{**idle_for(500.0, pid=6), "target": "6@x/y"}])
    found = slow(activity(connection_limit(application()), found=idle), indexes(), plan=plan)
    assert found["cause"] == "idle_in_transaction"
    assert [each["role"] for each in found["role_settings"]] == settings
    assert any("or terminated only with an approval (6)" in text for text in found["advice"]) is (not settings)


def test_one_of_a_superuser_that_holds_others_back_is_named_and_not_ended():
    idle = lists(idle_in_transaction=[idle_for(61.0)], protected=[5])
    seen = activity(connection_limit(application()), found=idle)
    found = slow(seen, indexes(), plan=ending(excluded=beyond("psql", 1, 5)))
    assert (found["cause"], found["mitigation"]) == ("idle_in_transaction", "")
    assert "runbook_application_superusers" in found["advice"][0]


def test_a_pool_full_of_transactions_slows_its_clients():
    full = application("shop-web", 9, idle_in_transaction=9, idle_in_transaction_seconds=[90.0] * 9)
    idle = lists(idle_in_transaction=[idle_for(90.0, pid) for pid in range(9)])
    found = slow(activity(connection_limit(full), found=idle), indexes(), plan=ending())
    assert (found["cause"], found["mitigation"]) == ("client_pool_full", "")
    assert not any("left alone" in text for text in found["advice"])
    assert "fill its own pool" in found["scale"]


def test_what_another_cause_ends_takes_no_harmless_transaction_along():
    both = lists([running()], [idle_for(61.0)])
    seen = activity(connection_limit(application()), background={"processes": processes()}, found=both)
    found = slow(seen, indexes(), plan=ending(*to_end("running", "busy", 1, 7)))
    assert found["mitigation"] == "end_sessions"
    assert found["rules"] == {"targets": ["7@x/y"]}
