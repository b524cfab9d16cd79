"""Which idle sessions of an application over its share are named, and of which it is asked."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.connection_limits import equal_pools
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import (
    Bounds,
    Rules,
    plan_ending,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.over_share import Shares, over_share
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions

from support.pools import NOW, pool, session, snapshot

BESIDE = [*pool(23, "feed"), *pool(15, "web", 50)]


@pytest.mark.parametrize(
    ("sessions", "asked"),
    [
        pytest.param(BESIDE, {"feed (app@shop)": 8}, id="a pool beside a leak"),
        pytest.param([one for n in range(3) for one in pool(14, "web", 1 + 20 * n, client=f"10.0.0.{n}")],
                     {"web (app@shop)": 23}, id="a leak on every host"),
    ],
)  # fmt: skip
def test_what_may_be_no_leak_is_named_where_an_approval_can_be_asked_for(sessions, asked):
    seen = snapshot(*sessions, slots=38)
    assert not plan_ending(seen, Exclusions(), Rules(idle=30), Bounds()).plan.actions
    held = plan_ending(seen, Exclusions(), Rules(idle=30, possible_leaks=True), Bounds()).plan.actions
    assert Counter(item.detail["application"] for item in held) == asked
    assert all(item.detail["needs_approval"] for item in held)


def hosts(**sizes):
    """One application on several hosts, the last of them opened its sessions last."""
    found, first = [], 1
    for place, (host, number) in enumerate(sizes.items()):
        found += pool(number, "web", first, client=host, seconds=900.0 - 100 * place)
        first += number
    return found


def by_letters(**sizes):
    """The same by names that differ in a number alone, from one address."""
    return [
        one._replace(application=f"web-{'abcdefgh'.index(one.client)}", client="10.0.0.1") for one in hosts(**sizes)
    ]


@pytest.mark.parametrize("process", [hosts, by_letters])
@pytest.mark.parametrize(
    ("sizes", "ended"),
    [
        ({"a": 20, "b": 6, "c": 6}, {"a": 12}),
        ({"b": 6, "c": 6, "a": 20}, {"a": 12}),
        ({"a": 30, "b": 13, "c": 2}, {"a": 21, "b": 4}),
        ({"a": 12, "b": 12, "c": 12}, {"a": 5, "b": 5, "c": 6}),
    ],
)
def test_a_leak_of_one_process_costs_the_others_none_of_their_sessions(process, sizes, ended):
    sessions = [*process(**sizes), *pool(8, "cron", 80, state="active")]
    seen = snapshot(*sessions, slots=len(sessions))
    plan = plan_ending(seen, Exclusions(), Rules(idle=30, share=20 / len(sessions), possible_leaks=True), Bounds()).plan
    of = {session.pid: "abc"[int(session.application[4:])] if session.application != "web" else session.client
          for session in sessions if session.application != "cron"}  # fmt: skip
    assert Counter(of[item.detail["pid"]] for item in plan.actions) == ended


@pytest.mark.parametrize(
    ("name", "client"),
    [
        pytest.param("function-{uuid}", "10.0.1.{n}", id="each at its own address"),
        pytest.param("worker-{n}", "10.0.1.7", id="all at one address, each with a name of its own"),
        pytest.param("agent@{uuid}", "", id="all on the server's host"),
        pytest.param("function", "10.0.1.{n}", id="of one name"),
    ],
)
def test_many_clients_with_a_session_each_are_pools_of_one(name, client):
    small = [session(1 + n, name.format(n=n, uuid=UUID(int=n)), client=client.format(n=n)) for n in range(36)]
    assert (equal_pools(small), equal_pools(small[:5]), equal_pools(small[:4])) == ([1] * 36, [1] * 5, [])
    seen = snapshot(*small, *pool(3, "cron", 90, state="active"), slots=39)
    assert not plan_ending(seen, Exclusions(), Rules(idle=30), Bounds()).plan.actions
    plan = plan_ending(seen, Exclusions(), Rules(idle=30, possible_leaks=True), Bounds()).plan
    assert len(plan.actions) == 17
    assert all("36 pools of up to 1" in item.detail["needs_approval"] for item in plan.actions)


def test_a_leak_that_one_limit_shows_is_clear_whatever_the_slots_say():
    web = [one._replace(user="web") for one in pool(15, "web", 50)]
    sessions = [*pool(23, "feed"), *web, *pool(6, "cron", 90, state="active")]
    rules = Rules(idle=30, possible_leaks=True)
    plan = plan_ending(snapshot(*sessions, slots=44, role_limits={"app": 29}), Exclusions(), rules, Bounds()).plan
    assert Counter(item.detail["application"] for item in plan.actions) == {"feed (app@shop)": 9}
    assert not any(item.detail.get("needs_approval") for item in plan.actions)


@pytest.mark.parametrize(
    ("going", "kept", "named"),
    [([], [], range(8, 24)), (range(1, 6), [], range(13, 24)), ([], [23, 9], [7, 6, 8, *range(10, 23)])],
)
def test_who_is_gone_counts_no_more_and_who_may_not_be_ended_is_passed_over(going, kept, named):
    ages = [one._replace(backend_start=NOW - timedelta(minutes=90 - one.pid)) for one in pool(23, "feed")]
    seen = snapshot(*ages, *pool(4, "cron", 60, state="active"), slots=27)
    shares = Shares(30, {"feed": 7}, 0.5, 0.2, 2, possible=False)
    found = over_share(seen, shares, frozenset(going), lambda session: session.pid not in kept)
    assert sorted(found) == sorted(named)
    assert {over.ask for over in found.values()} == {""}
    assert all("its share is 7" in over.reason for over in found.values())
