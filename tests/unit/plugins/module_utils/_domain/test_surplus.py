"""Ceilings, fair shares, and whom the rules name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._domain.ceilings import ceilings, fair_level
from ansible_collections.pafar.runbook.plugins.module_utils._domain.endings import ending
from ansible_collections.pafar.runbook.plugins.module_utils._domain.forest import grow
from ansible_collections.pafar.runbook.plugins.module_utils._domain.mercy import Mercy
from ansible_collections.pafar.runbook.plugins.module_utils._domain.picture import Limits, Picture
from ansible_collections.pafar.runbook.plugins.module_utils._domain.rounds import Look, Patience, Seen, Signal, Watch
from ansible_collections.pafar.runbook.plugins.module_utils._domain.sessions import Session
from ansible_collections.pafar.runbook.plugins.module_utils._domain.surplus import (
    Bounds,
    Rules,
    measured,
    plan_ending,
    vanished,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def session(pid, application="web", state="idle", seconds=60.0, **more):
    since = NOW - timedelta(seconds=seconds)
    given = {"user": "app", "database": "shop", "backend_start": NOW - timedelta(hours=1), "state_change": since}
    if state != "idle":
        given.update(xact_start=since, query_start=since)
    return Session(pid, state=state, application=application, **{**given, **more})


def picture(*sessions, slots=20, **more):
    return Picture(NOW, {"role": "oncall"}, Limits(slots), {one.pid: one for one in sessions}, {}, grow([]), **more)


def pool(number, application="web", first=1, **more):
    return [session(first + place, application, **more) for place in range(number)]


def pids(items):
    return [item.detail["pid"] for item in items]


@given(st.lists(st.integers(0, 200), min_size=1), st.integers(0, 400))
def test_the_level_is_the_highest_that_fits(counts, room):
    level = fair_level(counts, room)
    assert sum(min(count, level) for count in counts) <= max(room, 0) or level == 0
    if sum(counts) > room:
        assert sum(min(count, level + 1) for count in counts) > room


def test_the_three_ceilings():
    seen = picture(
        *pool(3), session(9, user="boss", superuser=True), role_limits={"app": 5}, database_limits={"shop": 4}
    )
    assert [(one.kind, one.limit, one.used) for one in ceilings(seen)] == [
        ("max_connections", 20, 4), ("role", 5, 3), ("database", 4, 3),
    ]  # fmt: skip


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
    plan = plan_ending(picture(*sessions), Mercy(), rules, Bounds()).plan
    assert sorted(pids(plan.actions)) == ended
    assert {item.action for item in plan.actions} <= {"terminate"}


def test_the_floor_holds_whatever_the_share():
    plan = plan_ending(picture(*pool(20)), Mercy(), Rules(idle=0, shares={"web": 0}, floor=3), Bounds()).plan
    assert len(plan.actions) == 17


def test_the_oldest_go_first_and_protected_ones_do_not_count():
    young, old = pool(10, seconds=40), pool(10, first=50, seconds=400)
    seen = picture(*young, *old[:-2], *(one._replace(query="LISTEN x") for one in old[-2:]))
    plan = plan_ending(seen, Mercy(), Rules(idle=30, shares={"web": 12}), Bounds(), {50: "holds an advisory lock"}).plan
    assert sorted(pids(plan.actions)) == [1, *range(51, 58)]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ({"backend_type": "walsender"}, "walsender"),
        ({"application": "pg_dump"}, "backup"),
        ({"backend_type": "autovacuum worker", "query": "autovacuum: VACUUM t (to prevent wraparound)"}, "wraparound"),
        ({"progress": "CREATE INDEX"}, "index"),
        ({"wait_type": "Lock"}, "victim"),
        ({"superuser": True}, "superuser"),
    ],
)
def test_long_ones_that_stay(kind, word):
    one = session(1, state="active", seconds=900)._replace(**kind)
    surplus = plan_ending(picture(one), Mercy(), Rules(long_running=60), Bounds())
    assert surplus.plan.actions == ()
    assert surplus.late == frozenset()
    assert word in surplus.plan.spared[0].reason


def test_harmless_ones_are_bounded_apart_from_the_others():
    idle, stuck = pool(20), pool(5, "job", 50, state="idle in transaction")
    rules = Rules(idle=30, idle_in_transaction=30)
    surplus = plan_ending(picture(*idle, *stuck, slots=22), Mercy(), rules, Bounds(2, 1.0, 3))
    assert [item.detail["rule"] for item in surplus.plan.actions] == ["idle"] * 3 + ["idle_in_transaction"] * 2
    told = surplus.as_dict()
    assert told["harmless"] is False
    assert told["leaves"] == told["late"] - 5
    assert len(surplus.narrowed_to([surplus.plan.targets[0]]).plan.actions) == 1


def test_what_was_measured_and_what_is_no_measurement():
    assert measured([{"pid": "7", "cpu": 1}, {"pid": None}, {}, {"cpu": 2}]) == {7: 1.0}
    assert vanished([{"target": "7@x/y", "reason": "hung up"}, {}]) == {"7@x": "hung up"}


def play(surplus, *answers):
    """The machine's steps, each answered in turn."""
    machine, steps, answer = ending(surplus, Patience(grace=1, timeout=5)), [], None
    replies = iter(answers)
    while True:
        try:
            steps.append(machine.send(answer))
        except StopIteration as stop:
            return steps, stop.value
        answer = next(replies)


def running():
    return plan_ending(picture(session(1, state="active", seconds=90)), Mercy(), Rules(long_running=60), Bounds())


def test_who_holds_on_is_terminated():
    surplus = running()
    target = surplus.plan.targets[0]
    stands, gone = Seen(0, frozenset([target]), 1.0), Seen(0, frozenset(), 1.5)
    steps, done = play(surplus, True, stands, True, gone, surplus)
    assert [type(step) for step in steps] == [Signal, Watch, Signal, Watch, Look]
    assert [step.action for step in steps if isinstance(step, Signal)] == ["cancel", "terminate"]
    assert [one["action"] for one in done.ended] == ["terminated"]
    assert done.seconds_to_relief == 1.5


def test_who_moved_on_is_missed_and_who_stays_is_stuck():
    surplus = running()
    target = surplus.plan.targets[0]
    assert [one["target"] for one in play(surplus, False)[1].missed] == [target]
    stands = Seen(0, frozenset([target]), 1.0)
    done = play(surplus, True, stands, True, stands, surplus)[1]
    assert [one["target"] for one in done.stuck] == [target]
    assert done.seconds_to_relief is None


def test_who_goes_by_another_rule_counts_as_gone():
    """Thirty vanished of forty-five: the fifteen that are left are within the share."""
    sessions = pool(45)
    gone = {one.target.partition("/")[0]: "hung up" for one in sessions[:30]}
    plan = plan_ending(picture(*sessions, slots=57), Mercy(), Rules(idle=0, vanished=gone), Bounds()).plan
    assert len(plan.actions) == 30
    assert {item.detail["rule"] for item in plan.actions} == {"vanished"}
