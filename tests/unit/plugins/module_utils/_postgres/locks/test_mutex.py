"""A transaction at work under an advisory lock that requests take in turn, and others that wait for it otherwise."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.election import with_elections
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import advisory, ago, holds, relation, row, session, snapshot, waits, xid

AGES = (70, 60, 50, 40, 20, 10)
TAKES = "SELECT pg_advisory_xact_lock(5)"
WRITES = {"query": "INSERT INTO ledger SELECT 1", "has_written": True, "query_start": ago(80), "state_change": ago(80)}
READS = {"query": "SELECT report()", "query_start": ago(80), "state_change": ago(80)}
ROW, TABLE = xid(9), relation(7)


def turns(holder, *beside, locks=(), ages=AGES):
    """Six requests of a pool wait for the advisory lock of session 1, and others beside them for something else."""
    waiting = [
        session(pid, query=TAKES, query_start=ago(age), xact_start=ago(age), backend_start=ago(1000 + age))
        for pid, age in enumerate(ages, 2)
    ]
    queue = [waits(pid, advisory(5), seconds=age) for pid, age in enumerate(ages, 2)]
    scene = snapshot([holds(1, advisory(5)), *queue, *locks], holder, *waiting, *beside)
    return judge(with_elections(scene, 30.0), Exclusions(), Bounds(max_share=1.0))


def works(**given):
    return session(1, xact_start=ago(90), **given)


def request(pid, query="UPDATE acc SET x = 1", seconds=40):
    return session(pid, query=query, query_start=ago(seconds), xact_start=ago(seconds))


def row_waits(*pids, seconds=40):
    """The first waits for the transaction, the others for the place behind it."""
    first, *rest = pids
    return [
        holds(1, ROW), holds(first, row(1, 4)), waits(first, ROW, "ShareLock", seconds),
        *(waits(pid, row(1, 4), seconds=seconds - 1) for pid in rest),
    ]  # fmt: skip


OF_A_TABLE = [holds(1, TABLE, "AccessShareLock"), waits(21, TABLE, "AccessExclusiveLock", 40)]
BEHIND_A_MEMBER = [holds(2, relation(8)), *(waits(pid, relation(8), seconds=40) for pid in (20, 21, 22))]


@pytest.mark.parametrize(
    ("holder", "beside", "locks"),
    [
        pytest.param(works(**WRITES), [], [], id="none but those that take turns"),
        pytest.param(works(**WRITES), [request(20)], row_waits(20), id="one request for a row"),
        pytest.param(works(**WRITES), [request(20), request(21)], row_waits(20, 21), id="two requests for a row"),
        pytest.param(works(**READS), [request(21, "ALTER TABLE t ADD c int")], OF_A_TABLE, id="a report, and an ALTER"),
        pytest.param(
            works(**READS), [request(21, "VACUUM FULL t")], OF_A_TABLE, id="a report, and maintenance that waits"
        ),
        pytest.param(
            works(**WRITES), [request(pid, "VACUUM t") for pid in (20, 21, 22)], row_waits(20, 21, 22),
            id="three that can wait",
        ),
        pytest.param(
            works(**WRITES), [request(pid) for pid in (20, 21, 22)], BEHIND_A_MEMBER, id="behind one of those in turn"
        ),
    ],
)  # fmt: skip
def test_one_more_that_waits_is_no_ground_to_cancel_what_works_under_an_advisory_lock(holder, beside, locks):
    found = turns(holder, *beside, locks=locks)
    assert [item.detail["pid"] for item in found.need_approval] == [1]
    assert not found.without_approval().plan.actions


@pytest.mark.parametrize("holder", [works(**WRITES), works(**READS)])
@pytest.mark.parametrize("ages", [AGES, ()])
def test_requests_that_are_enough_alone_are_enough_beside_those_that_take_turns(holder, ages):
    found = turns(holder, *map(request, (20, 21, 22)), locks=row_waits(20, 21, 22), ages=ages)
    assert [(item.action, item.detail["pid"]) for item in found.plan.actions] == [("cancel", 1)]
    assert not found.need_approval


def test_a_holder_that_is_idle_in_its_transaction_is_stuck_whoever_waits():
    idle = session(1, "idle in transaction", has_written=True, xact_start=ago(90), state_change=ago(80))
    found = turns(idle, request(20), locks=row_waits(20))
    assert [item.action for item in found.plan.actions] == ["terminate"]
    assert not found.need_approval
