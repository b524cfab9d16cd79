"""Connection limits, the applications under them, and fair shares."""

from __future__ import annotations

from uuid import UUID

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.connection_limits import (
    application_of,
    connection_limit_dicts,
    connection_limits,
    fair_level,
    family_of,
    is_pooled,
    why_no_leak,
    why_unclear,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import (
    Bounds,
    Rules,
    plan_ending,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from hypothesis import given
from hypothesis import strategies as st

from support.pools import opened, pool, session, snapshot, used_for


@given(st.lists(st.integers(0, 200), min_size=1), st.integers(0, 400))
def test_the_level_is_the_highest_that_fits(counts, room):
    level = fair_level(counts, room)
    assert sum(min(count, level) for count in counts) <= max(room, 0) or level == 0
    if sum(counts) > room:
        assert sum(min(count, level + 1) for count in counts) > room


def test_the_three_connection_limits():
    state = snapshot(
        *pool(3), session(9, user="boss", superuser=True), role_limits={"app": 5}, database_limits={"shop": 4}
    )
    assert [(limit.kind, limit.limit, limit.used) for limit in connection_limits(state)] == [
        ("max_connections", 20, 4), ("role", 5, 3), ("database", 4, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("application", "name"),
    [
        ("feed - 10.0.0.7:51034", "feed"),
        ("feed - [fd00::7]:51034", "feed"),
        ("feed - unix(4711):6432", "feed"),
        ("night - shift - 10.0.0.7:1", "night - shift"),
        ("feed - 2", "feed - 2"),
        ("feed-10.0.0.7:51034", "feed-10.0.0.7:51034"),
        ("x" * 50 + " - 10.0.0.7", "x" * 50 + " - 10.0.0.7"),  # 60 bytes: it was not cut off
        ("x" * 53 + " - 10.0.0", "x" * 53 + " - 10.0.0"),
        ("x" * 51 + " - 10.0.0.7:5103", "x" * 51),  # longer than what PostgreSQL keeps
    ],
)
def test_the_host_that_a_pooler_adds_is_no_part_of_the_name(application, name):
    assert application_of(session(1, application[:63])).name == name


def test_how_long_transactions_have_been_idle_is_reported_of_those_that_may_be_terminated():
    state = snapshot(
        *pool(2, state="idle in transaction", seconds=0.005),
        session(9, state="idle in transaction", seconds=200),
        session(10, "nightly-report", state="idle in transaction", seconds=900),
    )
    exclusions = Exclusions(applications=frozenset({"nightly-report"}))
    by_name = {
        entry["application"]: entry for entry in connection_limit_dicts(state, exclusions, 10)[0]["applications"]
    }
    assert by_name["web"]["idle_in_transaction_seconds"] == [200.0, 0.0, 0.0]
    assert (
        by_name["nightly-report"]["idle_in_transaction"],
        by_name["nightly-report"]["idle_in_transaction_seconds"],
    ) == (
        1,
        [],
    )


def test_a_limit_of_zero_or_below_admits_no_session_and_is_no_limit():
    state = snapshot(session(1), role_limits={"app": -1, "job": 0}, database_limits={"shop": -1})
    assert [limit.kind for limit in connection_limits(state)] == ["max_connections"]


def test_how_tight_a_limit_is_and_its_words():
    slots, role = connection_limits(snapshot(*pool(9), slots=10, role_limits={"app": 30}))
    assert (slots.free, slots.is_tight(0.2), slots.is_tight(0.1)) == (1, True, False)
    assert (role.free, role.words, slots.words) == (21, "the limit of role app", "10 slots for ordinary roles")
    (over,) = connection_limits(snapshot(*pool(9), slots=5))
    assert over.free == 0, "superusers may exceed the ordinary slots"


def test_the_largest_application_comes_first_and_its_figures_add_up():
    state = snapshot(
        *pool(2, "job", first=50, state="active"),
        session(1, "web", client="10.0.0.1", seconds=5),
        session(2, "web", client="10.0.0.1", seconds=90),
        session(3, "web", client="10.0.0.2", state="active", wait_type="Lock"),
    )
    (slots,) = connection_limit_dicts(state, Exclusions(), 10)
    web, job = slots["applications"]
    assert (web["name"], job["name"]) == ("web (app@shop)", "job (app@shop)")
    assert (web["sessions"], web["idle"], web["active"], web["waiting"]) == (3, 2, 1, 1)
    assert (web["idle_seconds"], web["clients"]) == ([90, 5], {"10.0.0.1": 2, "10.0.0.2": 1})
    assert len(connection_limit_dicts(state, Exclusions(), 1)[0]["applications"]) == 1


def test_sessions_without_a_name_are_distinguished_by_their_address():
    first, second = session(1, "", client="10.0.0.1"), session(2, "", client="10.0.0.2")
    assert application_of(first) != application_of(second)
    assert application_of(first).words == "an application without a name (app@shop, from 10.0.0.1)"
    assert application_of(session(3, "web", client="10.0.0.1")) == application_of(session(4, client="10.0.0.2"))
    pooled = session(5, "app - 10.0.0.9:51034", client="10.0.0.3")
    assert (application_of(pooled).client, is_pooled([pooled]), is_pooled([first])) == ("10.0.0.9", True, False)


@pytest.mark.parametrize(
    ("kind", "sessions", "others", "pooled", "words"),
    [
        ("max_connections", 40, [3, 0], False, ""),
        ("max_connections", 40, [], False, ""),
        ("max_connections", 40, [3], True, "pooler"),
        ("role", 40, [], False, "almost no other application"),
        ("role", 40, [9], False, "almost no other application"),
        ("role", 40, [10], False, ""),
        ("max_connections", 40, [20, 3], False, "2 pools are of about this size"),
        ("database", 40, [19], False, ""),
    ],
)
def test_a_leak_is_uneven(kind, sessions, others, pooled, words):
    reason = why_no_leak(kind, sessions, others, pooled)
    assert (words in reason) if words else reason == ""


@pytest.mark.parametrize(
    ("others", "limit", "words"),
    [
        ([15, 3], {}, "2 pools are of about this size: the largest may leak"),
        ([30, 3], {}, "2 pools are of about this size"),
        ([31, 3], {}, ""),
        ([9], {}, ""),
        ([9], {"pools": (10, 10, 3)}, "3 pools of up to 10"),
        ([15], {"stopped": True}, ""),
        ([15], {"pooled": True}, ""),
        ([15], {"kind": "role"}, ""),
        ([4], {"kind": "role"}, ""),
        ([4], {"kind": "role", "one_by_one": True}, "as large as the limit of its role"),
        ([15], {"kind": "database", "one_by_one": True}, "as large as the limit of its database"),
        ([4], {"kind": "role", "one_by_one": True, "pooled": True}, ""),
        ([4], {"kind": "role", "one_by_one": True, "stopped": True}, ""),
        ([40], {"kind": "role", "one_by_one": True}, ""),
    ],
)
def test_what_may_leak_although_it_looks_like_pools_is_asked_about(others, limit, words):
    given = {"kind": "max_connections", "pooled": False, "pools": (), "stopped": False, "one_by_one": False, **limit}
    size = (given["kind"], 23, others, given["pooled"], given["pools"], given["stopped"])
    reason = why_unclear(*size, given["one_by_one"])
    assert (words in reason) if words else reason == ""
    if words and given["kind"] == "max_connections":
        assert why_no_leak(given["kind"], 23, others, given["pooled"], given["pools"], given["stopped"])


ONE_BY_ONE = [30 * place + 40 for place in range(45)]


@pytest.mark.parametrize(
    ("ages", "slots", "ended"),
    [
        pytest.param([900] * 45, 57, 0, id="a pool that was opened at once"),
        pytest.param([900 + place for place in range(45)], 57, 0, id="a pool that was opened one by one, long ago"),
        pytest.param([900] * 45, 50, 20, id="the limit is reached, so that it cannot open more"),
        pytest.param([90] * 44 + [10], 57, 17, id="it has opened one a moment ago"),
        pytest.param([age + 300 for age in ONE_BY_ONE], 57, 0, id="a leak that has stopped"),
    ],
)
def test_a_leak_grows_while_there_is_room(ages, slots, ended):
    sessions = [*opened("web", ages), *pool(5, "cron", 60, state="active")]
    plan = plan_ending(snapshot(*sessions, slots=slots), Exclusions(), Rules(idle=30), Bounds()).plan
    assert len(plan.actions) == ended
    report = connection_limit_dicts(snapshot(*sessions, slots=slots), Exclusions(), 99)[0]["applications"][0]
    assert report["steady"] is (not ended or slots == 50)


@pytest.mark.parametrize("slots", [57, 50])
@pytest.mark.parametrize(
    "ages",
    [
        pytest.param(ONE_BY_ONE, id="one after the other, until now"),
        pytest.param([age + 250 for age in ONE_BY_ONE], id="a slow leak, in a pause"),
        pytest.param([40000] * 40 + [2400, 1900, 1300, 700, 140], id="some are renewed, the others are not needed"),
    ],
)
def test_what_may_renew_its_sessions_is_named_where_an_approval_can_be_asked_for(ages, slots):
    sessions = [*opened("web", ages), *pool(5, "cron", 60, state="active")]
    seen = snapshot(*sessions, slots=slots)
    assert not plan_ending(seen, Exclusions(), Rules(idle=30), Bounds()).plan.actions
    held = plan_ending(seen, Exclusions(), Rules(idle=30, possible_leaks=True), Bounds()).plan.actions
    assert len(held) == (17 if slots == 57 else 20)
    assert all("a pool that renews its sessions" in item.detail["needs_approval"] for item in held)
    given = plan_ending(seen, Exclusions(), Rules(idle=30, shares={"web": 40}), Bounds()).plan.actions
    assert len(given) == 5
    assert not any(item.detail.get("needs_approval") for item in given)


@pytest.mark.parametrize("limit", [{"role_limits": {"app": 16}}, {"database_limits": {"shop": 16}}])
@pytest.mark.parametrize(
    ("ages", "asked"), [([10 * n + 60 for n in range(14)], 4), ([60 + n / 10 for n in range(14)], 0)]
)
def test_a_leak_under_a_limit_of_its_own_needs_an_approval(limit, ages, asked):
    sessions = [*opened("web", ages), *pool(2, "cron", 50, state="active")]
    seen = snapshot(*sessions, slots=90, **limit)
    assert not plan_ending(seen, Exclusions(), Rules(idle=30), Bounds()).plan.actions
    rules = Rules(idle=30, share=0.9, possible_leaks=True)
    plan = plan_ending(seen, Exclusions(), rules, Bounds()).plan
    assert len(plan.actions) == asked
    assert {item.detail["pid"] for item in plan.actions} <= set(range(1, 15))
    assert all("it may leak, or be a pool" in item.detail["needs_approval"] for item in plan.actions)


NIGHT = 6 * 3600


@pytest.mark.parametrize(
    ("large", "small", "ended", "stopped"),
    [
        pytest.param([NIGHT] * 40, [30 * place + 40 for place in range(17)], 0, True, id="a small leak by night"),
        pytest.param([60 * place + NIGHT for place in range(40)], [500] * 17, 0, True, id="a pool that grew by day"),
        pytest.param([60 * place + 900 for place in range(40)], [500] * 17, 12, False, id="a leak that hardly stopped"),
        pytest.param([500] * 40, [NIGHT] * 17, 12, False, id="the large one grew last"),
        pytest.param([NIGHT] * 47, [500] * 10, 19, False, id="few were opened since, as where all come and go"),
    ],
)
def test_a_large_pool_that_stopped_before_others_filled_the_limit_is_none(large, small, ended, stopped):
    sessions = [*opened("web", large), *opened("feed", small, first=100)]
    seen = snapshot(*sessions, slots=57)
    plan = plan_ending(seen, Exclusions(), Rules(idle=30), Bounds()).plan
    assert len(plan.actions) == ended
    assert {item.detail["application"] for item in plan.actions} <= {"web (app@shop)"}
    assert connection_limit_dicts(seen, Exclusions(), 99)[0]["applications"][0]["stopped"] is stopped


@pytest.mark.parametrize(
    ("through", "ended"),
    [
        pytest.param([1], 6, id="a port that a pooler has to another server too"),
        pytest.param(range(1, 8), 6, id="some of many"),
        pytest.param(range(1, 9), 0, id="half of them"),
        pytest.param(range(1, 16), 0, id="all of them"),
    ],
)
def test_one_session_at_a_pooler_s_port_makes_no_pool_of_a_leak(through, ended):
    sessions = [*pool(15, "a"), *pool(4, "b", 50)]
    marked = snapshot(*sessions, slots=19).with_poolers(dict.fromkeys(through, "pgbouncer"))
    plan = plan_ending(marked, Exclusions(), Rules(idle=30), Bounds()).plan
    assert len(plan.actions) == ended
    assert not {item.detail["pid"] for item in plan.actions} & set(through)


@pytest.mark.parametrize(
    ("counts", "room", "level"),
    [([45, 8, 2], 40, 30), ([10, 10], 40, 10), ([], 7, 7), ([9, 9, 9], 10, 3), ([5, 1], 0, 0), ([1, 50], 1, 0)],
)
def test_the_common_level_of_the_largest(counts, room, level):
    assert fair_level(counts, room) == level


@pytest.mark.parametrize(
    ("sessions", "limits", "ended"),
    [
        pytest.param(pool(10), {"role_limits": {"app": 10}}, 0, id="a pool at its own role's limit"),
        pytest.param(pool(10), {"database_limits": {"shop": 10}}, 0, id="a pool at its database's limit"),
        pytest.param(
            [*pool(9), *pool(1, "cron", 50)], {"role_limits": {"app": 10}}, 0, id="nearly alone in a role's limit"
        ),
        pytest.param(
            [*pool(14), *pool(5, "cron", 50)], {"role_limits": {"app": 19}, "slots": 90}, 5,
            id="one of two in a role's limit",
        ),
        pytest.param(
            [one for n in range(5) for one in pool(16, f"svc{'abcde'[n]}", 1 + 20 * n)], {"slots": 82}, 0,
            id="five equal pools",
        ),
        pytest.param(
            [one for n in range(5) for one in pool(16, f"svc{n}", 1 + 20 * n)], {"slots": 82}, 0,
            id="five equal pools with numbers",
        ),
        pytest.param(
            [one for n in range(3) for one in pool(16, "web", 1 + 20 * n, client=f"10.0.0.{n}")], {"slots": 50}, 0,
            id="the same pool on three hosts",
        ),
        pytest.param([*pool(12, "a"), *pool(7, "b", 50)], {}, 0, id="two of about one size"),
        pytest.param([*pool(12, "a"), *pool(7, "b", 50, state="active")], {}, 0, id="one of two is at work"),
        pytest.param([*pool(15, "a"), *pool(4, "b", 50)], {"slots": 19}, 6, id="one that stands out"),
        pytest.param([*pool(15, "a"), *pool(4, "b", 50, state="active")], {"slots": 19}, 6, id="beside one that works"),
        pytest.param([*used_for(3600, pool(15, "a")), *pool(4, "b", 50)], {}, 0, id="used for an hour"),
        pytest.param(
            [*used_for(50, pool(15, "a")), *pool(4, "b", 50)], {"slots": 19}, 6, id="used for less than a minute"
        ),
        pytest.param(
            [*used_for(600, pool(15, "a", seconds=900)), *pool(4, "b", 50)], {"slots": 19}, 6,
            id="idle for longer than used",
        ),
        pytest.param(
            [*pool(14, "a"), *pool(1, "a", 90, query="DISCARD ALL"), *pool(4, "b", 50)], {}, 0,
            id="behind a pooler that resets",
        ),
    ],
)  # fmt: skip
def test_a_leak_is_uneven_and_a_full_pool_is_a_pool(sessions, limits, ended):
    plan = plan_ending(snapshot(*sessions, **limits), Exclusions(), Rules(idle=30), Bounds()).plan
    assert len(plan.actions) == ended
    assert {item.detail["who"].split()[-1] for item in plan.actions} <= {"a", "web"}


@pytest.mark.parametrize(
    "name",
    [
        "feed-{n}", "feed[{pid}]", "feed-pool-thread-{n}", "feed@10.0.0.{n}", "feed-{uuid}", "feed@ip-10-0-{n}-7.ec2",
        "feed-7d9f8b6c5d-x2x{letter}z", "sidekiq 7.1 feed [{n} of 25 busy]", "feed-{hex}", "feed:{pid}:{n}",
    ],
)  # fmt: skip
def test_names_that_differ_in_numbers_are_one_application(name):
    names = [
        name.format(n=n, pid=4000 + 7 * n, uuid=UUID(int=n), hex=f"{n + 2**40:x}", letter="bcdfghjklmnpqrst"[n])
        for n in range(16)
    ]
    leak = [session(1 + n, names[n]) for n in range(16)]
    seen = snapshot(*leak, *pool(4, "web", 50))
    assert not plan_ending(seen, Exclusions(), Rules(idle=30), Bounds()).plan.actions, "each may be a client's own"
    excess = plan_ending(seen, Exclusions(), Rules(idle=30, possible_leaks=True), Bounds())
    assert excess.plan.as_dict()["actions"], names
    assert all("each of them may leak" in item.detail["needs_approval"] for item in excess.plan.actions)
    (family,) = {item.detail["application"] for item in excess.plan.actions}
    assert "*" in family


def test_other_names_stay_apart():
    assert family_of("nightly-report") == "nightly-report"
    assert family_of("billing-dashboard") == "billing-dashboard"
    assert family_of("facade") == "facade"
    assert family_of("decade-effaced") == "decade-effaced"


def test_the_connection_of_this_collection_is_a_used_slot_and_no_client_of_a_pool():
    state = snapshot(
        *pool(3, client="10.0.0.5"), session(9, "pafar.runbook", "active", user="oncall", client="10.0.0.9")
    )
    (report,) = connection_limit_dicts(state, Exclusions(own_pid=9), rows=10)
    assert report["used"] == 4
    assert {row["application"]: row["clients"] for row in report["applications"]} == {
        "web": {"10.0.0.5": 3}, "pafar.runbook": {},
    }  # fmt: skip
