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
    return judged(holder, *beside, locks=locks, ages=ages, connected=1000)


def judged(holder, *beside, ages, locks=(), connected=1000):
    """``connected``: seconds for which each connection had served others before."""
    waiting = [
        session(pid, query=TAKES, query_start=ago(age), xact_start=ago(age), backend_start=ago(connected + age))
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


BEATS = {"query": "UPDATE nodes SET beat = now()", "query_start": ago(3), "state_change": ago(3)}
HOUR = tuple(4000 - n for n in range(7))


def leads(connected=9000, **given):
    return session(1, "idle in transaction", xact_start=ago(5000), backend_start=ago(connected), **{**BEATS, **given})


def migrates(query="ALTER TABLE big ALTER COLUMN id TYPE bigint", **given):
    return session(
        1, query=query, has_written=True, backend_start=ago(95), xact_start=ago(90), query_start=ago(80),
        state_change=ago(80), **given
    )  # fmt: skip


@pytest.mark.parametrize(
    ("holder", "ages", "connected"),
    [
        pytest.param(leads(), HOUR, 1000, id="an election on pooled connections, for an hour"),
        pytest.param(leads(), (*HOUR, 50, 20), 1000, id="two of its standbys were restarted"),
        pytest.param(leads(5001), (*HOUR[:6], 20), 1, id="on new connections, one standby was restarted"),
        pytest.param(leads(5001), (*HOUR[:6], 20, 5), 1, id="two were"),
        pytest.param(leads(), HOUR[:6], 700, id="of seven"),
        pytest.param(migrates(), [90 - n for n in range(7)], 1, id="replicas that start wait for the migration"),
        pytest.param(migrates("CREATE INDEX i ON big (x)"), [70, 60, 50, 40, 20, 10, 5], 1, id="an index"),
        pytest.param(migrates("/* alembic */ DROP TABLE old"), [90 - n for n in range(9)], 5, id="with a comment"),
    ],
)
def test_an_election_and_replicas_that_start_do_not_pile_up(holder, ages, connected):
    found = judged(holder, ages=ages, connected=connected)
    assert not found.affected
    assert not found.plan.actions
    assert "by design" in found.as_dict()["no_action_reason"]


@pytest.mark.parametrize(
    ("holder", "ages", "connected"),
    [
        pytest.param(leads(), (*HOUR[:4], 50, 40, 20), 1000, id="three came lately"),
        pytest.param(leads(), (700, 650, 90, 80, 70, 60, 50), 1000, id="few have waited for ten minutes"),
        pytest.param(leads(query_start=ago(200), state_change=ago(20)), (70, 60, 50, 40, 35, 34), 1000, id="a minute"),
        pytest.param(leads(5001), (90, 80, 70, 60, 20, 10, 5), 1, id="new connections, three came lately"),
        pytest.param(migrates(), [90 - n for n in range(7)], 1000, id="requests wait for a change of a definition"),
        pytest.param(migrates("SELECT work()"), [90 - n for n in range(7)], 1, id="the holder changes none"),
    ],
)
def test_requests_that_pile_up_are_late_and_their_root_is_held(holder, ages, connected):
    found = judged(holder, ages=ages, connected=connected)
    assert found.affected
    assert [item.detail["pid"] for item in found.need_approval] == [1]


def test_a_leader_that_is_silent_for_long_is_stuck():
    found = judged(leads(query_start=ago(300), state_change=ago(300), has_written=True), ages=HOUR)
    assert [item.action for item in found.plan.actions] == ["terminate"]


IDLE_LEADER = session(1, "idle in transaction", query="SELECT 1", xact_start=ago(300), state_change=ago(100))
AN_ALTER = request(21, "ALTER TABLE t ADD c int")
BEHIND_IT = [waits(pid, TABLE, "AccessShareLock", 35) for pid in (30, 31, 32)]


def beside_standbys(*others, locks, standbys=3, leader=IDLE_LEADER):
    """Three wait for the session's advisory lock of what may be a leader, whose driver began a transaction."""
    pids = range(2, 2 + standbys)
    waiting = [session(pid, query="SELECT pg_advisory_lock(5)", backend_start=ago(3001)) for pid in pids]
    queue = [waits(pid, advisory(5), seconds=3000) for pid in pids]
    scene = snapshot([holds(1, advisory(5)), *queue, *locks], leader, *waiting, *others)
    return judge(with_elections(scene, 30.0), Exclusions(), Bounds(max_share=1.0))


@pytest.mark.parametrize(
    ("others", "locks", "standbys", "held"),
    [
        pytest.param([], [], 3, True, id="standbys alone"),
        pytest.param([AN_ALTER], OF_A_TABLE, 3, True, id="an ALTER beside them"),
        pytest.param([request(21, "LOCK TABLE t")], OF_A_TABLE, 3, True, id="a request beside them"),
        pytest.param(
            [AN_ALTER, request(30, "SELECT 1 FROM t")], [*OF_A_TABLE, BEHIND_IT[0]], 2, True, id="with one behind it"
        ),
        pytest.param(
            [AN_ALTER, *(request(pid, "SELECT 1 FROM t") for pid in (30, 31, 32))], [*OF_A_TABLE, *BEHIND_IT], 3, False,
            id="with requests behind it",
        ),
        pytest.param([request(21, "LOCK TABLE t")], OF_A_TABLE, 0, False, id="a request alone"),
    ],
)  # fmt: skip
def test_one_more_that_waits_is_no_ground_to_terminate_what_may_be_a_leader(others, locks, standbys, held):
    found = beside_standbys(*others, locks=locks, standbys=standbys)
    assert [(item.action, item.detail["pid"]) for item in found.plan.actions] == [("terminate", 1)]
    assert bool(found.need_approval) is held


@pytest.mark.parametrize(
    ("others", "locks", "held"),
    [
        pytest.param([], [], True, id="standbys alone"),
        pytest.param([AN_ALTER], OF_A_TABLE, True, id="a change of a table, which can wait"),
        pytest.param([request(20)], row_waits(20), False, id="a request for the row that it has changed"),
        pytest.param([request(20), request(21)], row_waits(20, 21), False, id="two requests"),
    ],
)
def test_who_waits_for_what_a_leader_has_written_waits_as_for_any_other(others, locks, held):
    wrote = IDLE_LEADER._replace(query="UPDATE jobs SET state = 1", has_written=True)
    found = beside_standbys(*others, locks=locks, leader=wrote)
    assert [(item.action, item.detail["pid"]) for item in found.plan.actions] == [("terminate", 1)]
    assert bool(found.need_approval) is held
