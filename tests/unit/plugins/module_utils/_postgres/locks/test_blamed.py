"""Who waits for whom since when: a root blocker answers for no wait that began before it stood in the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.benefit import why_keep
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import NOW, advisory, ago, holds, relation, row, session, snapshot, waits, xid

IDLE = "idle in transaction"
WIDE = Bounds(max_share=1.0)
SHARED = ("shared row", *row(1, 900)[1:])
UPDATES: dict[str, Any] = {"query": "UPDATE t SET n = 1", "has_written": True}


def run_into(seconds, root, wants="AccessExclusiveLock"):
    """A migration that four requests have waited 60 s for, and that has run into ``root`` so many seconds ago."""
    locks = [holds(9, relation(7), "AccessExclusiveLock"), holds(1, relation(8), "AccessShareLock")]
    locks += [waits(9, relation(8), wants, seconds), *(waits(n, relation(7), "AccessShareLock") for n in range(20, 24))]
    return snapshot(locks, root, session(9, application="migration", query="ALTER TABLE t ADD x int", has_written=True))


def behind_a_row(seconds, root):
    """A batch that four requests have waited 60 s for, and that waits for a row of ``root``."""
    locks = [holds(9, xid(5)), holds(1, xid(6)), waits(9, xid(6), "ShareLock", seconds)]
    locks += [waits(n, xid(5), "ShareLock") for n in range(20, 24)]
    return snapshot(locks, root, session(9, **UPDATES))


def shared(*healthy):
    """A row that a forgotten transaction holds together with others, and that four requests want."""
    owners = (1, *(holder.pid for holder in healthy))
    locks = [holds(owner, SHARED) for owner in owners] + [waits(20, SHARED), holds(20, row(1, 900))]
    locks += [waits(n, row(1, 900)) for n in range(21, 24)]
    return snapshot(locks, session(1, IDLE, **UPDATES), *healthy)


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(run_into(4, session(1)), {1}, id="a report that a migration has run into"),
        pytest.param(run_into(31, session(1)), set(), id="a report that it has waited for for long"),
        pytest.param(run_into(4, session(1, IDLE)), set(), id="a transaction forgotten for long"),
        pytest.param(run_into(4, session(1, IDLE, state_change=ago(8))), {1}, id="one idle for a moment"),
        pytest.param(behind_a_row(25, session(1, **UPDATES)), {1}, id="a batch that another one has run into"),
        pytest.param(behind_a_row(45, session(1, **UPDATES)), set(), id="a batch that it has waited for for long"),
    ],
)
def test_a_root_that_no_session_has_waited_for_for_long_needs_an_approval(scene, held):
    found = judge(scene, Exclusions(), WIDE)
    assert {item.detail["pid"] for item in found.plan.actions} == {1}
    reasons = {item.detail["pid"]: item.detail["needs_approval"] for item in found.need_approval}
    assert set(reasons) == held
    assert all("no session has waited for it for longer than" in why for why in reasons.values())


def test_a_healthy_holder_of_a_shared_row_is_not_ended_with_the_forgotten_one():
    young = [session(pid, xact_start=NOW - timedelta(seconds=2), **UPDATES) for pid in (2, 3)]
    found = judge(shared(*young), Exclusions(), WIDE)
    assert {item.detail["pid"] for item in found.need_approval} == {2, 3}
    assert found.without_approval().plan.actions == (), "the forgotten one alone frees no waiter"


def test_holders_of_a_shared_row_that_are_old_go_together():
    found = judge(shared(session(2, **UPDATES)), Exclusions(), WIDE)
    assert {item.detail["pid"] for item in found.without_approval().plan.actions} == {1, 2}


def test_members_of_a_row_s_queue_have_waited_for_whoever_holds_it():
    """The first of them begins to wait anew with each version of the row."""
    locks = [holds(1, xid(9)), waits(2, xid(9), "ShareLock", 2), holds(2, row(1, 9))]
    locks += [waits(n, row(1, 9), "ExclusiveLock", 70) for n in (3, 4, 5)]
    found = judge(snapshot(locks, session(1, query="SELECT report()", has_written=True)), Exclusions(), WIDE)
    assert not found.need_approval


SHARE = "ShareLock"


def standbys(seconds, number, root, asks="SELECT pg_advisory_lock(1)"):
    """A leader by an advisory lock that has waited for ``root`` so long, and its standbys of the last hour."""
    locks = [holds(9, advisory(1)), holds(1, xid(6)), waits(9, xid(6), SHARE, seconds)]
    locks += [waits(n, advisory(1), seconds=3600) for n in range(20, 20 + number)]
    standing = [session(n, query=asks) for n in range(20, 20 + number)]
    return snapshot(locks, root, session(9, query="UPDATE t SET n = 1"), *standing)


@pytest.mark.parametrize(
    ("scene", "affected", "held"),
    [
        pytest.param(standbys(4, 4, session(1, **UPDATES)), 0, set(), id="a leader that has begun to wait"),
        pytest.param(standbys(40, 4, session(1, **UPDATES)), 5, {1}, id="one that has waited for long"),
        pytest.param(standbys(4, 6, session(1, **UPDATES)), 6, {1}, id="a queue behind one that has begun to wait"),
        pytest.param(standbys(40, 4, session(1, IDLE, **UPDATES)), 5, set(), id="one behind a forgotten transaction"),
        pytest.param(standbys(40, 6, session(1, **UPDATES)), 7, set(), id="a queue"),
        pytest.param(
            standbys(40, 4, session(1, **UPDATES), "SELECT pg_advisory_xact_lock(1)"), 5, set(), id="a transaction lock"
        ),
        pytest.param(
            standbys(4, 4, session(1, **UPDATES), "SELECT pg_advisory_xact_lock(1)"), 4, {1}, id="the same, of a moment"
        ),
    ],
)
def test_standbys_of_a_leader_that_waits_free_nobody(scene, affected, held):
    found = judge(scene, Exclusions(), WIDE)
    assert len(found.affected) == affected
    assert {item.detail["pid"] for item in found.need_approval} == held
    assert {item.detail["pid"] for item in found.plan.actions} == ({1} if affected else set())


@pytest.mark.parametrize(
    ("mode", "affected"), [pytest.param(SHARE, 2, id="shared"), pytest.param("ExclusiveLock", 0, id="exclusive")]
)
def test_behind_a_queued_request_for_an_advisory_lock_a_shared_one_is_not_by_design(mode, affected):
    locks = [holds(1, advisory(1), SHARE), waits(2, advisory(1), seconds=90)]
    locks += [waits(n, advisory(1), mode, 60) for n in (3, 4)]
    found = judge(snapshot(locks, session(1, "idle")), Exclusions(), WIDE)
    assert len(found.affected) == affected
    assert [item.detail["pid"] for item in found.plan.actions] == ([2] if affected else [])


@pytest.mark.parametrize(
    ("seconds", "jobs", "has_written", "held"),
    [
        pytest.param(3, 2, True, {9}, id="a batch that has begun to wait"),
        pytest.param(40, 2, True, set(), id="one that has waited for long"),
        pytest.param(3, 3, True, set(), id="as many as make a queue"),
        pytest.param(3, 2, False, set(), id="one that has written nothing"),
    ],
)
def test_a_batch_that_has_begun_to_wait_is_as_dear_as_an_active_one(seconds, jobs, has_written, held):
    locks = [holds(9, relation(7), SHARE), holds(1, relation(8), "AccessShareLock")]
    locks += [waits(9, relation(8), "AccessExclusiveLock", seconds)]
    locks += [waits(n, relation(7), "RowExclusiveLock") for n in range(20, 20 + jobs)]
    writes = {"has_written": has_written, "holds_writes": has_written}
    batch = session(9, query="LOCK TABLE u", xact_start=ago(200), query_start=ago(seconds), **writes)
    found = judge(snapshot(locks, session(1, application="pg_dump"), batch), Exclusions(), WIDE)
    assert {item.detail["pid"] for item in found.plan.actions} == {9}
    assert {item.detail["pid"] for item in found.need_approval} == held


def of_another_server(application, waiter, number=1, **given):
    """A transaction that has been idle for 100 s here, and whose table so many want."""
    locks = [holds(1, relation(7), "AccessExclusiveLock")]
    locks += [waits(n, relation(7), "AccessShareLock") for n in range(20, 20 + number)]
    clients = [session(n, query=waiter) for n in range(20, 20 + number)]
    return snapshot(locks, session(1, IDLE, application=application, **given), *clients)


ALTER, READS = "ALTER TABLE t ADD x int", "SELECT 1 FROM t"


@pytest.mark.parametrize("application", ["postgres_fdw", "citus_internal gpid=10000000123"])
@pytest.mark.parametrize(
    ("waiter", "number", "written", "held"),
    [
        pytest.param(ALTER, 1, False, True, id="a change that can wait"),
        pytest.param(READS, 1, True, True, id="one request, for what has been written"),
        pytest.param(READS, 3, True, False, id="as many as make a queue"),
    ],
)
def test_a_part_of_another_server_s_transaction_is_not_idle(application, waiter, number, written, held):
    found = judge(of_another_server(application, waiter, number, has_written=written), Exclusions(), WIDE)
    assert bool(found.need_approval) is held
    assert len(found.plan.actions) == 1
    own = judge(of_another_server("web", waiter, number, has_written=written), Exclusions(), WIDE)
    assert bool(own.need_approval) is (waiter is ALTER), "here all of it is seen"


def test_a_part_of_another_server_s_transaction_stays_and_the_change_before_the_requests_goes():
    locks = [holds(1, relation(7), "AccessShareLock"), waits(9, relation(7), "AccessExclusiveLock")]
    locks += [waits(n, relation(7), "AccessShareLock", 50) for n in (20, 21)]
    remote = session(1, IDLE, application="postgres_fdw")
    found = judge(snapshot(locks, remote, session(9, query=ALTER)), Exclusions(), WIDE)
    assert [item.detail["pid"] for item in found.plan.actions] == [9]


def test_what_holds_back_the_horizon_for_another_server_needs_an_approval():
    remote = session(1, IDLE, application="postgres_fdw")
    assert "a transaction of another server" in why_keep(snapshot([], remote), remote)
    assert why_keep(of_another_server("postgres_fdw", READS), remote) == ""
    assert why_keep(snapshot([], remote), session(1, IDLE)) == ""
