"""Work that a plan loses for few that wait: long reports, and transactions that have written."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import ago, holds, relation, session, snapshot, waits


def judged(scene):
    return judge(scene, Exclusions(), Bounds(max_share=1.0))


HOUR = {"xact_start": ago(3600), "query_start": ago(3600), "state_change": ago(3600)}


def one_by_one(waiting=1, query="LOCK TABLE t", **report):
    """A report of an hour, and statements of the application that want its table for themselves."""
    locks = [holds(1, relation(7), "AccessShareLock")]
    locks += [waits(pid, relation(7), "AccessExclusiveLock") for pid in range(2, 2 + waiting)]
    given = {"state": "active", **HOUR, **report}
    return snapshot(locks, session(1, **given), *(session(pid, query=query) for pid in range(2, 2 + waiting)))


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(one_by_one(), 1, id="one LOCK TABLE for a report of an hour"),
        pytest.param(one_by_one(2, "SELECT rotate_partition()"), 1, id="two calls of a function"),
        pytest.param(
            one_by_one(state="idle in transaction", state_change=ago(3)), 1, id="a cursor that is read for an hour"
        ),
        pytest.param(one_by_one(3), 0, id="a queue of the application"),
        pytest.param(one_by_one(xact_start=ago(300)), 0, id="a statement of five minutes"),
        pytest.param(one_by_one(state="idle in transaction", state_change=ago(64)), 0, id="a forgotten transaction"),
    ],
)
def test_a_long_report_is_not_cancelled_for_fewer_than_make_a_queue(scene, held):
    found = judged(scene)
    assert [item.detail["pid"] for item in found.plan.actions] == [1]
    assert len(found.need_approval) == held
    if held:
        assert "it is active, and its transaction has run for 60 min, and only" in found.plan.actions[0].reason


def writers(number, waiting=1, **given):
    """Transactions that have written to one table and have been idle since, and statements that want it."""
    pids, queue = range(1, 1 + number), range(50, 50 + waiting)
    locks = [holds(pid, relation(7), "RowExclusiveLock") for pid in pids]
    locks += [waits(pid, relation(7), "AccessExclusiveLock", 60) for pid in queue]
    idle = {"state": "idle in transaction", "has_written": True, "state_change": ago(35), **given}
    return snapshot(
        locks, *(session(pid, **idle) for pid in pids), *(session(pid, query="LOCK TABLE t") for pid in queue)
    )


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(writers(8), 8, id="eight for one"),
        pytest.param(writers(2), 2, id="two for one"),
        pytest.param(writers(3, 2, state_change=ago(4000)), 3, id="three that have been idle for an hour, for two"),
        pytest.param(writers(1), 0, id="one for one"),
        pytest.param(writers(3, 3), 0, id="as many as it frees"),
        pytest.param(writers(8, has_written=False), 0, id="nothing is lost"),
        pytest.param(writers(8, state="idle in transaction (aborted)"), 0, id="it is lost already"),
    ],
)
def test_more_that_have_written_than_are_freed_are_ended_only_with_an_approval(scene, held):
    found = judged(scene)
    assert found.plan.actions
    assert len(found.need_approval) == held
    if held:
        assert f"{held} sessions that have written, to free" in found.plan.actions[0].detail["needs_approval"]


def test_who_is_active_beside_those_that_have_written_is_named_as_well():
    locks = [holds(pid, relation(7), "RowExclusiveLock") for pid in (1, 2)]
    locks += [waits(50, relation(7), "AccessExclusiveLock", 60)]
    idle = session(1, "idle in transaction", has_written=True, state_change=ago(35))
    found = judged(snapshot(locks, idle, session(2), session(50, query="LOCK TABLE t")))
    assert "2 sessions that are active or have written, to free 1" in found.need_approval[0].reason
