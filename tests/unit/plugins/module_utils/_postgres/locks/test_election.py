"""Sessions idle in a transaction that may be the elected leaders of those that wait for them."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.election import standbys
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import advisory, ago, holds, relation, row_queue, session, snapshot, waits


def judged(scene):
    return judge(scene, Exclusions(), Bounds(max_share=1.0))


TAKES, TAKES_FOR_TRANSACTION = "SELECT pg_advisory_lock(5)", "SELECT pg_advisory_xact_lock(5)"


def leader(holder_query=TAKES, waiter_query=TAKES, standbys=2, behind=0, **given):
    """A holder of an advisory lock that is idle in its transaction, those that wait for the lock, and those that wait
    for the first of these."""
    own = {"query": holder_query, **given}
    waiting = range(2, 2 + standbys)
    locks = [holds(1, advisory(5)), *(waits(pid, advisory(5)) for pid in waiting)]
    locks += [holds(2, relation(7)), *(waits(20 + n, relation(7)) for n in range(behind))] if behind else []
    return snapshot(
        locks, session(1, "idle in transaction", **own), *(session(pid, query=waiter_query) for pid in waiting)
    )


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(leader(), 1, id="taken for the session, by a driver that begins transactions"),
        pytest.param(leader("SELECT 1"), 1, id="the holder has read something since"),
        pytest.param(leader("SELECT elect()", "SELECT elect()"), 1, id="taken within a function"),
        pytest.param(
            leader("SELECT pg_try_advisory_lock(5)", "SELECT pg_advisory_lock_shared(5)"), 1, id="other names"
        ),
        pytest.param(leader("SELECT 'pg_advisory_xact_lock'"), 1, id="the name in a literal"),
        pytest.param(leader(TAKES_FOR_TRANSACTION, TAKES_FOR_TRANSACTION), 1, id="taken for the transaction"),
        pytest.param(leader("SELECT 1", TAKES_FOR_TRANSACTION), 1, id="by the waiters' statements"),
        pytest.param(leader(TAKES_FOR_TRANSACTION, TAKES_FOR_TRANSACTION, 5), 1, id="an election of six"),
        pytest.param(
            leader(TAKES_FOR_TRANSACTION, TAKES_FOR_TRANSACTION, 6), 0, id="taken for the transaction, a queue"
        ),
        pytest.param(leader(TAKES_FOR_TRANSACTION, TAKES_FOR_TRANSACTION, 2, 4), 0, id="others wait for the waiters"),
        pytest.param(leader(standbys=6), 1, id="taken for the session, and many wait"),
        pytest.param(leader(has_written=True), 0, id="its transaction has written"),
        pytest.param(snapshot(row_queue(1, [2, 3]), session(1, "idle in transaction")), 0, id="a row"),
    ],
)
def test_a_holder_that_may_be_a_leader_is_terminated_only_with_an_approval(scene, held):
    found = judged(scene)
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held


@pytest.mark.parametrize(
    ("scene", "waiting"),
    [
        pytest.param(leader(), {2, 3}, id="taken for the session, by a driver that begins transactions"),
        pytest.param(leader(TAKES_FOR_TRANSACTION, TAKES_FOR_TRANSACTION), {2, 3}, id="taken for the transaction"),
        pytest.param(leader(standbys=6), set(), id="a queue"),
        pytest.param(leader(behind=2), set(), id="some wait for a standby"),
        pytest.param(leader(has_written=True), set(), id="its transaction has written"),
        pytest.param(snapshot(row_queue(1, [2, 3]), session(1, "idle in transaction")), set(), id="a row"),
    ],
)
def test_who_may_be_the_standby_of_an_election(scene, waiting):
    assert standbys(scene) == waiting


CHANGES = "UPDATE jobs SET done = true"
ROW = "SELECT * FROM broker_lock WHERE id = 1 FOR UPDATE"


def broker(holder_query=ROW, waiter_query=ROW, standbys=2):
    """A holder of a row that has been idle in its transaction for weeks, and those that wait for it."""
    return snapshot(
        row_queue(1, list(range(2, 2 + standbys))),
        session(1, "idle in transaction", query=holder_query, state_change=ago(10**6), has_written=True),
        *(session(2 + n, query=waiter_query) for n in range(standbys)),
    )


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(broker(), 1, id="FOR UPDATE"),
        pytest.param(broker("LOCK TABLE locks", "LOCK TABLE locks IN SHARE MODE"), 0, id="written in two ways"),
        pytest.param(broker("LOCK TABLE locks", "LOCK TABLE locks"), 1, id="a table"),
        pytest.param(broker(ROW.replace("1", "2")), 1, id="another number"),
        pytest.param(broker(standbys=3), 0, id="a queue"),
        pytest.param(broker(CHANGES), 0, id="it has done something since"),
        pytest.param(broker(CHANGES, CHANGES), 0, id="a statement that changes rows"),
        pytest.param(broker("SELECT 1", "SELECT 1"), 0, id="a statement that locks nothing"),
    ],
)
def test_a_leader_by_a_row_is_not_ended_unasked(scene, held):
    """As message brokers elect one: no statement of theirs does anything else."""
    found = judged(scene)
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held
    if held:
        assert "it may be the elected leader of its waiters" in found.plan.actions[0].reason


def test_of_a_thousand_readers_none_is_asked_whether_it_leads(monkeypatch):
    """Each question walks the graph of all waits."""
    readers = [holds(pid, relation(7), "AccessShareLock") for pid in range(1, 1001)]
    scene = snapshot([*readers, waits(2000, relation(7), "AccessExclusiveLock")])
    monkeypatch.setattr(type(scene.forest), "waiting_for", None)
    assert standbys(scene) == set()
