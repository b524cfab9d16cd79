"""Ceilings, fair shares, and whom the rules name."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.connection_limits import (
    application_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import (
    Bounds,
    Rules,
    dead_clients_of,
    measured,
    plan_ending,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions

from support.pools import pool, session, snapshot


def pids(items):
    return [item.detail["pid"] for item in items]


@pytest.mark.parametrize(
    ("sessions", "rules", "ended"),
    [
        pytest.param(pool(20), Rules(idle=30), list(range(1, 11)), id="the half at most"),
        pytest.param(pool(20), Rules(idle=90), [], id="idle too short"),
        pytest.param(pool(15), Rules(idle=30), [], id="room enough"),
        pytest.param(pool(20), Rules(), [], id="rule off"),
        pytest.param(pool(20), Rules(idle=30, shares={"web": 18}), [1, 2], id="its own share"),
        pytest.param(
            [*pool(16, "feed"), *pool(4, "web", 50)], Rules(idle=30), list(range(1, 7)), id="the larger is cut"
        ),
        pytest.param(
            [*pool(18, "feed", state="active"), *pool(2, "feed", 50)], Rules(idle=30), [50, 51], id="idle ones only"
        ),
    ],
)
def test_idle_sessions_over_the_fair_share(sessions, rules, ended):
    plan = plan_ending(snapshot(*sessions), Exclusions(), rules, Bounds()).plan
    assert sorted(pids(plan.actions)) == ended
    assert {item.action for item in plan.actions} <= {"terminate"}


def test_the_floor_holds_whatever_the_share():
    plan = plan_ending(snapshot(*pool(20)), Exclusions(), Rules(idle=0, shares={"web": 0}, floor=3), Bounds()).plan
    assert len(plan.actions) == 17


def test_the_oldest_go_first_and_protected_ones_do_not_count():
    young, old = pool(10, seconds=40), pool(10, first=50, seconds=400)
    seen = snapshot(*young, *old[:-2], *(one._replace(query="LISTEN x") for one in old[-2:]))
    plan = plan_ending(
        seen, Exclusions(), Rules(idle=30, shares={"web": 12}), Bounds(), {50: "holds an advisory lock"}
    ).plan
    assert sorted(pids(plan.actions)) == [1, *range(51, 58)]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ({"backend_type": "walsender"}, "walsender"),
        ({"application": "pg_dump"}, "backup"),
        ({"backend_type": "autovacuum worker", "query": "autovacuum: VACUUM t (to prevent wraparound)"}, "wraparound"),
        ({"progress": "CREATE INDEX CONCURRENTLY"}, "index"),
        ({"progress": "CREATE INDEX"}, "maintenance (CREATE INDEX)"),
        ({"query": "VACUUM FULL t"}, "maintenance (VACUUM)"),
        ({"application": "pg_restore"}, "maintenance (pg_restore)"),
        ({"wait_type": "Lock"}, "victim"),
        ({"superuser": True}, "superuser"),
    ],
)
def test_long_ones_that_stay(kind, word):
    one = session(1, state="active", seconds=900)._replace(**kind)
    excess = plan_ending(snapshot(one), Exclusions(), Rules(long_running=60), Bounds())
    assert excess.plan.actions == ()
    assert excess.affected == frozenset()
    assert word in excess.plan.excluded[0].reason


def test_harmless_ones_are_bounded_apart_from_the_others():
    idle, stuck = pool(20), pool(5, "job", 50, state="idle in transaction")
    rules = Rules(idle=30, idle_in_transaction=30)
    excess = plan_ending(snapshot(*idle, *stuck, slots=22), Exclusions(), rules, Bounds(2, 1.0, 3))
    assert [item.detail["rule"] for item in excess.plan.actions] == ["idle"] * 3 + ["idle_in_transaction"] * 2
    told = excess.as_dict()
    assert told["harmless"] is False
    assert told["affected_after"] == told["affected_before"] - 5
    assert len(excess.narrowed_to([excess.plan.targets[0]]).plan.actions) == 1


def test_what_was_measured_and_what_is_no_measurement():
    assert measured([{"pid": "7", "cpu": 1}, {"pid": None}, {}, {"cpu": 2}]) == {7: 1.0}
    assert dead_clients_of([{"target": "7@x/y", "reason": "hung up"}, {}]) == {"7@x": "hung up"}


def test_who_goes_by_another_rule_counts_as_gone():
    """Thirty vanished of forty-five: the fifteen that are left are within the share."""
    sessions = pool(45)
    gone = {one.target.partition("/")[0]: "hung up" for one in sessions[:30]}
    plan = plan_ending(snapshot(*sessions, slots=57), Exclusions(), Rules(idle=0, dead_clients=gone), Bounds()).plan
    assert len(plan.actions) == 30
    assert {item.detail["rule"] for item in plan.actions} == {"dead_clients"}


def by_rule(excess):
    return excess.as_dict()["by_rule"]


def test_transactions_that_will_be_ended_spare_no_idle_session():
    """Fifteen forgotten transactions beside a leak of forty-two: the leak harms nobody, and goes first."""
    seen = snapshot(*pool(42, seconds=300), *pool(15, first=60, state="idle in transaction", seconds=200), slots=57)
    excess = plan_ending(seen, Exclusions(), Rules(idle=30, idle_in_transaction=60), Bounds())
    assert by_rule(excess) == {"idle": 29, "idle_in_transaction": 10}
    assert [item.detail["rule"] for item in excess.plan.actions] == ["idle"] * 29 + ["idle_in_transaction"] * 10


def test_each_part_is_a_plan_of_its_own():
    seen = snapshot(*pool(42, seconds=300), *pool(15, first=60, state="idle in transaction", seconds=200), slots=57)
    excess = plan_ending(seen, Exclusions(), Rules(idle=30, idle_in_transaction=60), Bounds())
    idle, others = excess.part(True).as_dict(), excess.part(False).as_dict()
    assert (len(idle["actions"]), idle["affected_before"], idle["affected_after"], idle["harmless"]) == (
        29,
        29,
        0,
        True,
    )
    assert (len(others["actions"]), others["affected_before"], others["affected_after"], others["harmless"]) == (
        10,
        15,
        5,
        False,
    )
    assert len({idle["digest"], others["digest"], excess.plan.digest}) == 3
    alone = plan_ending(snapshot(*pool(20)), Exclusions(), Rules(idle=30), Bounds())
    assert alone.part(True).plan.digest == alone.plan.digest
    assert alone.part(False).as_dict()["affected_before"] == 0


@pytest.mark.parametrize(
    ("query", "listens"),
    [
        ("LISTEN bookings", True),
        ("/* app:web */ listen bookings", True),
        ("-- who: me\n  LISTEN bookings", True),
        ("SET application_name = 'x'; LISTEN bookings", True),
        ("SELECT 'a; LISTEN b'", False),
        ("SELECT listen FROM t", False),
        ("COMMIT", False),  # what came before it cannot be known
    ],
)
def test_who_listens_is_spared(query, listens):
    plan = plan_ending(
        snapshot(*pool(19), session(50, "web", query=query)),
        Exclusions(),
        Rules(idle=0, shares={"web": 0}, floor=0),
        Bounds(),
    ).plan
    assert (50 in pids(plan.actions)) is not listens


def test_sessions_behind_a_pooler_are_one_application_and_end_only_where_the_site_gives_it_a_share():
    sessions = [session(1 + place, f"feed - 10.0.0.7:{51000 + place}", seconds=300) for place in range(57)]
    plan = plan_ending(snapshot(*sessions, slots=57), Exclusions(), Rules(idle=30), Bounds()).plan
    assert plan.actions == ()
    assert (
        len(
            plan_ending(
                snapshot(*sessions, slots=57), Exclusions(), Rules(idle=30, shares={"feed": 50}), Bounds()
            ).plan.actions
        )
        == 7
    )


def test_of_clients_without_a_name_the_leaking_one_pays():
    leaking = pool(45, "", seconds=300, client="10.0.0.7")
    innocent = pool(10, "", first=60, seconds=900, client="10.0.0.8")
    plan = plan_ending(snapshot(*leaking, *innocent, slots=57), Exclusions(), Rules(idle=30), Bounds()).plan
    assert plan.actions
    assert set(pids(plan.actions)) <= {one.pid for one in leaking}
    assert "an application without a name (app@shop, from 10.0.0.7)" in plan.actions[0].reason
    behind = application_of(session(1, "app - 10.0.0.7:51034"))  # what PgBouncer calls one without a name
    assert (behind.name, behind.client) == ("app", "10.0.0.7")


def test_maintenance_is_ended_where_the_site_says_so():
    one = session(1, state="active", seconds=900)._replace(query="VACUUM FULL t")
    excess = plan_ending(snapshot(one), Exclusions(), Rules(long_running=60, maintenance=True), Bounds())
    assert pids(excess.plan.actions) == [1]


@pytest.mark.parametrize(
    ("sessions", "limits", "ended"),
    [
        pytest.param(pool(10), {"role_limits": {"app": 10}}, 0, id="a pool at its own role's limit"),
        pytest.param(pool(10), {"database_limits": {"shop": 10}}, 0, id="a pool at its database's limit"),
        pytest.param(
            [*pool(9), *pool(1, "cron", 50)], {"role_limits": {"app": 10}}, 4, id="one of two in a role's limit"
        ),
        pytest.param(
            [one for n in range(5) for one in pool(16, f"svc{'abcde'[n]}", 1 + 20 * n)], {"slots": 82}, 0,
            id="five equal pools",
        ),
        pytest.param([*pool(12, "a"), *pool(7, "b", 50)], {}, 0, id="two of about one size"),
        pytest.param([*pool(15, "a"), *pool(4, "b", 50)], {}, 5, id="one that stands out"),
        pytest.param([*pool(12, "a"), *pool(7, "b", 50, state="active")], {}, 3, id="beside one that works"),
    ],
)  # fmt: skip
def test_a_leak_is_uneven_and_a_full_pool_is_a_pool(sessions, limits, ended):
    plan = plan_ending(snapshot(*sessions, **limits), Exclusions(), Rules(idle=30), Bounds()).plan
    assert len(plan.actions) == ended
    assert {item.detail["who"].split()[-1] for item in plan.actions} <= {"a", "web"}
