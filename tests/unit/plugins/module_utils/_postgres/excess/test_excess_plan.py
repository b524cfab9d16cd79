"""Ceilings, fair shares, and whom the rules name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.connection_limits import (
    application_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import (
    Bounds,
    Known,
    Rules,
    plan_ending,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest

from support.pools import pids, pool, session, snapshot
from support.snapshots import advisory, holds, relation, waits


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
            [*pool(18, "feed", state="active"), *pool(2, "feed", 50)],
            Rules(idle=30, shares={"feed": 10}),
            [50, 51],
            id="idle ones only",
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


def test_the_last_opened_go_first_and_protected_ones_do_not_count():
    """What an application opens at its start (a listener, a temporary table, a cursor) it may still need."""
    old, young = pool(10, seconds=400), pool(10, first=50, seconds=40)
    seen = snapshot(*old, *young[:-2], *(one._replace(query="LISTEN x") for one in young[-2:]))
    plan = plan_ending(
        seen, Exclusions(), Rules(idle=30, shares={"web": 12}), Bounds(), Known({50: "holds an advisory lock"})
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
        ({"wait_type": "Lock"}, "terminating it would free no session"),
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
    plan = plan_ending(snapshot(*leaking, *innocent, slots=55), Exclusions(), Rules(idle=30), Bounds()).plan
    assert plan.actions
    assert set(pids(plan.actions)) <= {one.pid for one in leaking}
    assert "an application without a name (app@shop, from 10.0.0.7)" in plan.actions[0].reason
    behind = application_of(session(1, "app - 10.0.0.7:51034"))  # what PgBouncer calls one without a name
    assert (behind.name, behind.client) == ("app", "10.0.0.7")


@pytest.mark.parametrize(
    ("query", "written", "rules", "asks"),
    [
        pytest.param("INSERT INTO s SELECT count(*) FROM b", False, Rules(busy={1: 1.0}), True, id="a job"),
        pytest.param("SELECT refresh()", True, Rules(busy={1: 1.0}), True, id="it has written"),
        pytest.param("SELECT count(*) FROM b", False, Rules(busy={1: 1.0}), False, id="a report"),
        pytest.param(
            "INSERT INTO s SELECT count(*) FROM b", False, Rules(long_running=60), False, id="by an own limit"
        ),
    ],
)
def test_a_busy_statement_that_writes_needs_an_approval(query, written, rules, asks):
    one = session(1, state="active", seconds=900)._replace(query=query, has_written=written)
    (item,) = plan_ending(snapshot(one), Exclusions(), rules, Bounds()).plan.actions
    assert ("needs_approval" in item.detail) is asks


def test_a_busy_statement_that_reads_needs_an_approval_while_the_host_has_room():
    one = session(1, state="active", seconds=900)._replace(query="SELECT count(*) FROM b")
    room = "the host has 1.2 of 2 cores idle"
    (item,) = plan_ending(snapshot(one), Exclusions(), Rules(busy={1: 1.0}, room=room), Bounds()).plan.actions
    assert item.detail["needs_approval"] == room
    (item,) = plan_ending(snapshot(one), Exclusions(), Rules(long_running=60, room=room), Bounds()).plan.actions
    assert "needs_approval" not in item.detail


def test_copies_of_a_statement_need_an_approval_and_one_that_is_much_alone_does_not():
    sessions = [session(pid, state="active", seconds=900)._replace(query="SELECT count(*) FROM b") for pid in (1, 2)]
    rules = Rules(busy={1: 0.9, 2: 0.2}, copies=frozenset({2}))
    asks = {item.detail["pid"]: item.detail.get("needs_approval", "") for item in
            plan_ending(snapshot(*sessions), Exclusions(), rules, Bounds(max_share=1.0)).plan.actions}  # fmt: skip
    assert asks[1] == ""
    assert "may be work that was divided" in asks[2]


def test_maintenance_is_ended_where_the_site_says_so():
    one = session(1, state="active", seconds=900)._replace(query="VACUUM FULL t")
    excess = plan_ending(snapshot(one), Exclusions(), Rules(long_running=60, maintenance=True), Bounds())
    assert pids(excess.plan.actions) == [1]


@pytest.mark.parametrize(
    ("horizon", "reason"),
    [({}, ""), ({1: 999}, ""), ({1: 1000}, "holds back the xmin horizon by 1,000 transactions"), ({2: 5000}, "")],
)
def test_a_transaction_that_holds_nothing_back_is_left_alone_where_it_has_to(horizon, reason):
    seen = snapshot(session(1, state="idle in transaction", seconds=900))
    rules = Rules(idle_in_transaction=60, holds_back=True)
    actions = plan_ending(seen, Exclusions(), rules, Bounds(), Known(horizon=horizon)).plan.actions
    assert [reason in item.reason for item in actions] == ([True] if reason else [])
    assert len(plan_ending(seen, Exclusions(), Rules(idle_in_transaction=60), Bounds()).plan.actions) == 1


def test_a_transaction_that_waiters_queue_behind_holds_back():
    locks = [holds(1, relation(1)), waits(2, relation(1)), waits(3, relation(1))]
    seen = replace(
        snapshot(session(1, state="idle in transaction", seconds=900), session(2), session(3)),
        forest=build_forest(locks),
    )
    rules = Rules(idle_in_transaction=60, holds_back=True)
    (item,) = plan_ending(seen, Exclusions(), rules, Bounds()).plan.actions
    assert "blocks 2" in item.reason


ADVISORY = (advisory(5), "SELECT pg_advisory_lock(5)")
TABLE = (relation(7), "LOCK TABLE t")


@pytest.mark.parametrize(
    ("written", "lock", "waiter", "asks"),
    [
        pytest.param(True, None, "", True, id="it has written, and keeps dead rows"),
        pytest.param(False, None, "", False, id="it has read, and keeps dead rows"),
        pytest.param(True, TABLE, "UPDATE t SET n = 1", False, id="it has written, and a request waits"),
        pytest.param(True, TABLE, "VACUUM FULL t", True, id="it has written, and maintenance waits"),
        pytest.param(False, TABLE, "VACUUM FULL t", False, id="it has read, and maintenance waits"),
        pytest.param(False, ADVISORY, "SELECT pg_advisory_lock(5)", True, id="it may be a leader"),
        pytest.param(True, TABLE, "LOCK TABLE t", True, id="it may be a leader by a table"),
        pytest.param(False, ADVISORY, "SELECT pg_advisory_xact_lock(5)", True, id="it may be one by its transaction"),
    ],
)
def test_a_transaction_that_is_idle_is_not_ended_for_less_than_is_lost(written, lock, waiter, asks):
    """A job that has locked its rows and works elsewhere, a leader whose driver has begun a transaction."""
    one = session(1, state="idle in transaction", seconds=900)._replace(
        has_written=written, query=lock[1] if lock else ""
    )
    locks = [holds(1, lock[0]), waits(2, lock[0])] if lock else []
    seen = replace(snapshot(one, session(2, state="active")._replace(query=waiter)), forest=build_forest(locks))
    rules, known = Rules(idle_in_transaction=60, holds_back=True), Known(horizon={1: 5000})
    (item,) = plan_ending(seen, Exclusions(), rules, Bounds(), known).plan.actions
    assert ("needs_approval" in item.detail) is asks
    # Where sessions that are idle in transaction use up the slots, a leader is none the less a leader.
    (item,) = plan_ending(seen, Exclusions(), Rules(idle_in_transaction=60), Bounds(), known).plan.actions
    assert ("needs_approval" in item.detail) is ((lock is not None and lock[1] == waiter) or "xact" in waiter)


@pytest.mark.parametrize(
    ("application", "state", "asks"),
    [
        pytest.param("postgres_fdw", "idle in transaction", True, id="a foreign table's"),
        pytest.param("citus_internal gpid=10000000123", "idle in transaction", True, id="a shard's"),
        pytest.param("citus_rebalancer gpid=2", "idle in transaction", True, id="a shard that is moved"),
        pytest.param("postgres_fdw", "idle in transaction (aborted)", False, id="it has failed"),
        pytest.param("web", "idle in transaction", False, id="an application's own"),
    ],
)
@pytest.mark.parametrize("holds_back", [True, False])
def test_a_part_of_another_server_s_transaction_is_not_ended_unasked(application, state, asks, holds_back):
    """Nothing happens here while that one reads elsewhere, also where such sessions use up the slots."""
    seen = snapshot(session(1, application, state, 900))
    rules = Rules(idle_in_transaction=60, holds_back=holds_back)
    (item,) = plan_ending(seen, Exclusions(), rules, Bounds(), Known(horizon={1: 5000})).plan.actions
    assert ("another server" in item.detail.get("needs_approval", "")) is asks


def test_what_is_beyond_the_login_s_reach_is_marked_and_what_is_excluded_anyway_is_not():
    sitting: dict[str, Any] = {"state": "idle in transaction", "seconds": 900}
    seen = snapshot(
        session(1, superuser=True, **sitting), session(2, signalable=False, **sitting),
        session(3, "pg_dump", superuser=True, **sitting), session(4, "cron", **sitting),
    )  # fmt: skip
    exclusions = Exclusions(applications=frozenset({"cron"}))
    plan = plan_ending(seen, exclusions, Rules(idle_in_transaction=60), Bounds()).plan
    assert plan.actions == ()
    assert {item.detail["pid"] for item in plan.excluded if item.detail.get("out_of_reach")} == {1, 2}


def test_the_sessions_of_a_leaking_superuser_are_listed():
    leak = pool(16, "gunicorn", superuser=True, user="postgres")
    seen = snapshot(*leak, *pool(3, "web", 50), slots=19)
    plan = plan_ending(seen, Exclusions(), Rules(idle=30), Bounds()).plan
    assert (plan.actions, len(plan.excluded)) == ((), 16)
    known = Exclusions(application_superusers=frozenset({"postgres"}))
    assert len(plan_ending(seen, known, Rules(idle=30), Bounds()).plan.actions) == 7


@pytest.mark.parametrize("application", ["pg_restore", "vacuumdb", "pg_repack"])
@pytest.mark.parametrize(
    ("state", "rules"),
    [
        ("idle", Rules(idle=30)),
        ("idle in transaction", Rules(idle_in_transaction=30)),
        ("active", Rules(long_running=30)),
    ],
)
def test_a_tool_of_maintenance_is_at_work_in_its_pauses_too(application, state, rules):
    seen = snapshot(*pool(16, application, state=state, seconds=900), *pool(3, "web", 50, seconds=1))
    assert plan_ending(seen, Exclusions(), rules, Bounds()).plan.actions == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [("active", "idle in transaction"), ("idle in transaction", "active"), ("active", "active")],
)
def test_the_digest_names_the_worst_act_whatever_a_session_does_at_the_moment(before, after):
    """A busy session is cancelled first or terminated at once; what is approved is that it may be terminated."""
    rules = Rules(long_running=60, idle_in_transaction=60)
    plans = [
        plan_ending(snapshot(session(1, state=state, seconds=900)), Exclusions(), rules, Bounds()).plan
        for state in (before, after)
    ]
    assert [plan.actions[0].action for plan in plans] == [
        "cancel" if state == "active" else "terminate" for state in (before, after)
    ]
    assert plans[0].digest == plans[1].digest
    assert all(plan.actions[0].worst in ("", "terminate") for plan in plans)
