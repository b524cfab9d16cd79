"""Deadlocks: those that PostgreSQL ends are its own, any other is broken by the end of one session."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.deadlocks import seconds_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import advisory, ago, holds, relation, session, snapshot, waits, xid

WIDE = Bounds(max_share=1.0)


def ring(members, seconds=60.0):
    """Each has the lock that the one before it wants."""
    after = [*members[1:], members[0]]
    return [lock for pid, other in zip(members, after, strict=True)
            for lock in (holds(pid, xid(pid)), waits(pid, xid(other), "ShareLock", seconds))]  # fmt: skip


def with_timeout(scene, limit):
    return replace(scene, server={**scene.server, "deadlock_timeout": limit})


def judged(locks, *sessions, limit="1h", bounds=WIDE):
    return judge(with_timeout(snapshot(locks, *sessions), limit), Exclusions(), bounds)


def acts(found):
    return [(item.action, item.detail["pid"]) for item in found.plan.actions]


def begun(pid, seconds, **given):
    return session(pid, xact_start=ago(seconds), has_written=True, **given)


BEHIND = [holds(2, relation(9)), *(waits(pid, relation(9)) for pid in (5, 6, 7))]
# 1 and 2 wait for each other, and 1 and 3.
EIGHT = [*ring([1, 2]), holds(3, xid(3)), waits(3, xid(1), "ShareLock"), waits(1, xid(3), "ShareLock")]


@pytest.mark.parametrize(
    ("locks", "sessions", "expected", "freed"),
    [
        pytest.param(ring([1, 2]), [begun(1, 200), begun(2, 100)], [2], {1}, id="the younger transaction of two"),
        pytest.param(ring([1, 2]), [begun(1, 100), begun(2, 200)], [1], {2}, id="whichever that is"),
        pytest.param(
            ring([1, 2, 3]), [begun(1, 90), begun(2, 80), begun(3, 200)], [2], {1, 3}, id="of three one goes"
        ),
        pytest.param(
            ring([1, 2]), [session(1, xact_start=ago(300)), begun(2, 150)], [1], {2}, id="what has written nothing"
        ),
        pytest.param(
            [*ring([1, 2]), *BEHIND], [begun(1, 200), begun(2, 100)], [2], {1, 5, 6, 7}, id="with requests behind it"
        ),
        pytest.param(
            EIGHT, [begun(1, 300), begun(2, 100), begun(3, 100)], [1], {2, 3}, id="the one that two deadlocks share"
        ),
        pytest.param(
            [*ring([1, 2]), *ring([3, 4])],
            [begun(1, 200), begun(2, 100), begun(3, 200), begun(4, 100)], [2, 4], {1, 3}, id="one of each deadlock",
        ),
        pytest.param(
            [holds(1, advisory(1)), holds(2, advisory(2)), waits(1, advisory(2)), waits(2, advisory(1))],
            [begun(1, 200), begun(2, 100)], [2], {1}, id="by advisory locks",
        ),
    ],
)  # fmt: skip
def test_a_deadlock_that_postgresql_does_not_end_is_broken_by_one_session_each(locks, sessions, expected, freed):
    found = judged(locks, *sessions)
    assert acts(found) == [("cancel", pid) for pid in expected]
    assert found.freed == freed
    assert found.left == 0
    assert not found.need_approval
    others = {item.detail["pid"]: item.reason for item in found.plan.excluded}
    assert all("deadlock that has stood for 60 s" in reason for reason in others.values())
    assert not set(others) & set(expected)


def test_who_is_excluded_is_no_victim():
    found = judged(ring([1, 2]), begun(1, 200), begun(2, 100, application="pg_dump"))
    assert acts(found) == [("cancel", 1)]


def test_nothing_is_ended_where_all_of_a_deadlock_are_excluded_and_all_are_left():
    found = judged(ring([1, 2]), begun(1, 200, application="pg_dump"), begun(2, 100, application="pg_dump"))
    assert acts(found) == []
    assert found.left == 2


@pytest.mark.parametrize(
    ("locks", "limit", "bounds"),
    [
        pytest.param(ring([1, 2], 5), "1h", WIDE, id="a young one"),
        pytest.param(
            [holds(1, xid(1)), holds(2, xid(2)), waits(1, xid(2), "ShareLock", 60), waits(2, xid(1), "ShareLock", 5)],
            "1h", WIDE, id="one that stands since a moment ago",
        ),
        pytest.param(ring([1, 2], 40), "1min", WIDE, id="one that PostgreSQL is about to end"),
        pytest.param(
            ring([1, 2]), "1h", Bounds(max_share=1.0, strategy="root_blockers"), id="root blockers alone may be ended"
        ),
    ],
)  # fmt: skip
def test_a_deadlock_that_is_young_or_ends_by_itself_is_postgresqls_own(locks, limit, bounds):
    found = judged(locks, limit=limit, bounds=bounds)
    assert acts(found) == []
    if found.affected:
        whys = {item.reason for item in found.plan.excluded}
        assert f"is part of a deadlock; PostgreSQL aborts one of them after deadlock_timeout ({limit})" in whys


def test_a_root_beside_a_deadlock_is_ended_too():
    locks = [*ring([1, 2]), holds(8, relation(4)), waits(9, relation(4))]
    found = judged(locks, begun(1, 200), begun(2, 100))
    assert acts(found) == [("cancel", 2), ("terminate", 8)]
    assert found.freed == {1, 9}


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [("1s", 1.0), ("500ms", 0.5), ("1h", 3600.0), ("2min", 120.0), ("1d", 86400.0), ("250", 0.25), ("often", None)],
)
def test_a_setting_of_time_in_seconds(setting, seconds):
    assert seconds_of(setting) == seconds
