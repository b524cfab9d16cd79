"""Requests of which each opens a connection of its own, as PHP does: they do nothing else, as the standbys of an
election."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.election import with_elections
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import advisory, ago, holds, relation, row, session, snapshot, waits, xid

ROW = "SELECT * FROM stock WHERE id = 4 FOR UPDATE"
TABLE, XACT = "LOCK TABLE stock IN EXCLUSIVE MODE", "SELECT pg_advisory_xact_lock(5)"


def waiting(*ages, asks=ROW, led=300.0, said=8.0, application="shop", **holder):
    """Those that have waited for so many seconds since each connected, and a holder at work, of one application."""
    first, *rest = pids = range(2, 2 + len(ages))
    if asks == ROW:
        locks = [holds(1, xid(9)), waits(first, xid(9), "ShareLock", ages[0]), holds(first, row(1, 4))]
        locks += [waits(pid, row(1, 4), seconds=ages[pid - 2]) for pid in rest]
    else:
        lock = relation(1) if asks == TABLE else advisory(5)
        locks = [holds(1, lock), *(waits(pid, lock, seconds=ages[pid - 2]) for pid in pids)]
    own = {
        "state": "idle in transaction", "query": "UPDATE stock SET n = 1", "backend_start": ago(led + 1),
        "xact_start": ago(led), "query_start": ago(said), "state_change": ago(said), "application": application,
        "has_written": True, **holder,
    }  # fmt: skip
    requests = [
        session(
            pid, query=asks, query_start=ago(age), xact_start=ago(age), backend_start=ago(age + 0.1),
            application=application,
        )
        for pid, age in zip(pids, ages, strict=True)
    ]  # fmt: skip
    scene = snapshot(locks, session(1, **own), *requests)
    return judge(with_elections(scene, 30.0), Exclusions(), Bounds(max_share=1.0))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(waiting(*[45] * 39), id="all workers of a site"),
        pytest.param(waiting(*[45] * 39, application=""), id="without a name"),
        pytest.param(waiting(*[45] * 39, state="active"), id="behind a statement of 8 s"),
        pytest.param(waiting(*[45 + n / 9 for n in range(12)], led=70), id="twelve that came with it"),
        pytest.param(waiting(*[45] * 20, asks=TABLE), id="for a table"),
        pytest.param(waiting(*[45] * 20, led=4000), id="behind a job of an hour"),
        pytest.param(waiting(45, 44, 43, 42), id="the five workers of a small site"),
        pytest.param(waiting(45, 44, 43, led=50, application=""), id="few without a name"),
        pytest.param(waiting(*[45] * 20, asks=XACT), id="for an advisory lock of the transaction"),
    ],
)
def test_requests_on_new_connections_are_late_and_their_root_is_held(found):
    assert len(found.affected) == len(found.snapshot.forest.waiters)
    (action,) = found.need_approval
    assert action.detail["pid"] == 1
    assert not found.without_approval().plan.actions


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(waiting(45, 44, 43, 42, led=50), id="an election that has begun lately"),
        pytest.param(waiting(4000, 45, led=9000), id="a standby was restarted"),
        pytest.param(waiting(45, led=9000), id="the only standby was"),
        pytest.param(waiting(*[4000] * 8, 45, 40, led=4001), id="two of ten were"),
        pytest.param(waiting(*[700] * 20, led=701), id="an election of many, for ten minutes"),
        pytest.param(waiting(700, 650, application="", led=701), id="without a name"),
        pytest.param(waiting(*[700] * 9, asks=XACT, led=701), id="by an advisory lock of the transaction"),
    ],
)
def test_standbys_of_a_leader_that_goes_on_wait_by_design(found):
    assert not found.affected
    assert "by design" in found.as_dict()["no_action_reason"]
