"""Sessions idle in a transaction that may be the elected leaders of those that wait for them."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.election import standbys, with_elections
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.tree import by_design_lines

from support.snapshots import advisory, ago, holds, relation, row, row_queue, session, snapshot, waits, xid


def judged(scene):
    return judge(scene, Exclusions(), Bounds(max_share=1.0))


TAKES, TAKES_FOR_TRANSACTION = "SELECT pg_advisory_lock(5)", "SELECT pg_advisory_xact_lock(5)"


def leader(holder_query=TAKES, waiter_query=TAKES, standbys=2, behind=0, waiting=60, **given):
    """A holder of an advisory lock that is idle in its transaction, those that wait for the lock, and those that wait
    for the first of these."""
    own = {"query": holder_query, **given}
    pids = range(2, 2 + standbys)
    locks = [holds(1, advisory(5)), *(waits(pid, advisory(5), seconds=waiting) for pid in pids)]
    locks += [holds(2, relation(7)), *(waits(20 + n, relation(7)) for n in range(behind))] if behind else []
    return snapshot(
        locks,
        session(1, **{"state": "idle in transaction", **own}),
        *(session(pid, query=waiter_query) for pid in pids),
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
        pytest.param(leader("UPDATE jobs SET state = 1", has_written=True), 1, id="it has written, as leaders do"),
        pytest.param(leader(state="idle in transaction (aborted)"), 1, id="its transaction has failed"),
        pytest.param(
            leader("SELECT work()", "SELECT elect()", state="idle in transaction (aborted)"), 1, id="in a function, too"
        ),
        pytest.param(
            leader("SELECT 1/0", TAKES_FOR_TRANSACTION, state="idle in transaction (aborted)"),
            0,
            id="it has failed, and keeps the lock of before a savepoint",
        ),
        pytest.param(leader("COMMIT AND CHAIN", has_written=True, standbys=6), 1, id="it has written, and many wait"),
        pytest.param(
            leader("SELECT elect()", "SELECT elect()", has_written=True), 1, id="in a function, it has written"
        ),
        pytest.param(
            leader("INSERT INTO runs VALUES (1)", "SELECT elect()", 3, has_written=True, waiting=4000),
            1,
            id="standbys of a pool, for an hour",
        ),
        pytest.param(
            leader("SELECT book_seat(7)", "SELECT book_seat(7)", 3, has_written=True),
            0,
            id="requests of a pool, in a function",
        ),
        pytest.param(
            leader("UPDATE jobs SET state = 1", TAKES_FOR_TRANSACTION, has_written=True),
            0,
            id="it has written, and the lock ends with its transaction",
        ),
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
        pytest.param(leader(state="idle in transaction (aborted)"), {2, 3}, id="its transaction has failed"),
        pytest.param(leader(has_written=True), {2, 3}, id="its transaction has written, as a leader's does"),
        pytest.param(
            leader(TAKES_FOR_TRANSACTION, TAKES_FOR_TRANSACTION, has_written=True), set(), id="requests behind a write"
        ),
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
        pytest.param(broker(standbys=3), 1, id="an election of four"),
        pytest.param(broker(standbys=9), 1, id="an election of ten"),
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


NOW_AND_THEN = "UPDATE leader SET beat = now() WHERE id = 1"
TABLE = "LOCK TABLE leaders IN EXCLUSIVE MODE"


def queue(*ages, asks=ROW, connected=1000.0, clients=("10.0.0.1",), names=("web",), held=64.0, **leads):
    """A holder, and those that wait for its row or table for so many seconds, from these clients by turns.

    ``connected``: seconds before it began to wait that each opened its connection."""
    pids = range(2, 2 + len(ages))
    if asks == TABLE:
        locks = [
            holds(1, relation(9)),
            *(waits(pid, relation(9), seconds=age) for pid, age in zip(pids, ages, strict=False)),
        ]
    else:
        locks = [holds(1, xid(900)), waits(2, xid(900), "ShareLock", ages[0]), holds(2, row(1, 900))]
        locks += [waits(pid, row(1, 900), seconds=age) for pid, age in list(zip(pids, ages, strict=False))[1:]]
    places = itertools.cycle(clients)
    own = {
        "query": asks, "state_change": ago(held), "xact_start": ago(held), "backend_start": ago(held + connected),
        "application": names[0], "client": next(places), "has_written": True, **leads,
    }  # fmt: skip
    state = own.pop("state", "idle in transaction")
    waiting = [
        session(
            pid, query=asks, query_start=ago(age), xact_start=ago(age), backend_start=ago(age + connected),
            application=names[pid % len(names)], client=next(places),
        )
        for pid, age in zip(pids, ages, strict=False)
    ]  # fmt: skip
    return snapshot(locks, session(1, state, **own), *waiting)


BEATS = {"query": NOW_AND_THEN, "state_change": ago(2), "xact_start": ago(4000), "backend_start": ago(4010)}


WORKS = {"query": "SELECT work()", "state": "active"}


@pytest.mark.parametrize(
    ("scene", "held"),
    [
        pytest.param(queue(64, 60, 50, 40, 20, 10, 2), 0, id="requests of one pool behind a stuck one"),
        pytest.param(queue(64, 63, 62, 61), 0, id="of a pool that is used up"),
        pytest.param(queue(64, 60, 50, asks=TABLE), 0, id="for a table"),
        pytest.param(queue(64, *[9.0 - n for n in range(8)], connected=1), 0, id="each on a new connection, many"),
        pytest.param(queue(590, 400, 50, held=590.0), 0, id="stuck for ten minutes"),
        pytest.param(queue(4000, 3900, 3800, 60, 50, 40, held=4000), 1, id="a leader for an hour, some restarted"),
        pytest.param(queue(64, 63, 62, connected=1), 1, id="each waits since it connected"),
        pytest.param(queue(64, 63, 62, clients=("a", "b", "c", "d")), 1, id="one of each host"),
        pytest.param(queue(64, 63, 62, connected=1, asks=TABLE), 1, id="an election by a table"),
        pytest.param(queue(64, 63, 62, connected=1, names=("node-1", "node-2", "node-3")), 1, id="numbered names"),
        pytest.param(queue(64, 63, 62, connected=1, names=("web", "batch")), 0, id="of several applications"),
        pytest.param(queue(64, 63, 62, connected=1, asks=CHANGES), 0, id="they do more than lock"),
        pytest.param(queue(64, 63, 62, connected=1, asks=f"{ROW}; {CHANGES}"), 0, id="they lock, and do more"),
        pytest.param(queue(64, 63, 62, connected=1, held=400.0), 1, id="silent for long since it took the lock"),
        pytest.param(queue(64, 63, 62, held=64.0, state_change=ago(62)), 0, id="requests, and a hung one of them"),
    ],
)
def test_an_election_has_any_number_of_standbys_and_is_no_pile_of_requests(scene, held):
    found = judged(with_elections(scene, 30.0))
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held


@pytest.mark.parametrize(
    ("ages", "more", "agreed"),
    [
        pytest.param((4000, 3000, 2000, 1000), {}, 4, id="it beats, and four stand by"),
        pytest.param((4000,), {}, 1, id="one stands by"),
        pytest.param((4000, 3000, 2000), {**WORKS, "query_start": ago(4), "state_change": ago(4)}, 3, id="it works"),
        pytest.param(
            (4000, 3000, 2000),
            {**WORKS, "query_start": ago(90), "state_change": ago(90)},
            0,
            id="it works for too long",
        ),
        pytest.param((4000, 3000, 2000), {"state_change": ago(45)}, 0, id="it beats seldom"),
        pytest.param((4000, 3000, 20), {}, 0, id="one came lately"),
        pytest.param((4000, 3000, 2000), {"backend_start": ago(9000)}, 0, id="it has done something else before"),
    ],
)
def test_who_stands_by_a_leader_by_a_row_that_goes_on_waits_by_design(ages, more, agreed):
    scene = with_elections(queue(*ages, connected=1, **{**BEATS, **more}), 30.0)
    assert len(scene.waits_by_design(30.0)) == agreed
    assert len(scene.affected(30.0)) == (0 if agreed else sum(age >= 30 for age in ages))
    assert len(scene.affected(30.0, [scene.sessions[1].target])) == sum(age >= 30 for age in ages)
    assert bool(by_design_lines(scene)) == bool(agreed)


LEASE, FUNCTION = "UPDATE lease SET owner = 'node-2' WHERE id = 1", "SELECT take_leadership('node-2')"
INSERTS = "INSERT INTO lease (id) VALUES (1)"
SILENT = {"state_change": ago(4000), "xact_start": ago(4000), "backend_start": ago(4010)}
AT_WORK = {"query": "SELECT 1", "state_change": ago(3), "xact_start": ago(64), "backend_start": ago(65)}
WORKING = {"query": "SELECT work()", "state": "active"}
JOB = {**AT_WORK, **WORKING, "query_start": ago(20), "state_change": ago(20)}
LONG_JOB = {**SILENT, **WORKING, "query_start": ago(50), "state_change": ago(50)}


@pytest.mark.parametrize("asks", [LEASE, FUNCTION, INSERTS])
@pytest.mark.parametrize(
    ("ages", "more", "held"),
    [
        pytest.param((64, 63, 62, 61), AT_WORK, 1, id="its leader is at work"),
        pytest.param((64, 63, 62, 61, 60, 59, 58, 57), AT_WORK, 1, id="any number stands by"),
        pytest.param((64, 63, 62), JOB, 1, id="its leader runs a job"),
        pytest.param((64, 63, 62), LONG_JOB, 0, id="a statement that runs too long, and requests"),
        pytest.param((4000, 3000, 2000), LONG_JOB, 1, id="it runs long, and all have waited for ten minutes"),
        pytest.param((64, 63, 62), {**AT_WORK, "clients": ("a", "b", "c", "d")}, 1, id="one of each host"),
        pytest.param((4000, 3000, 2000), SILENT, 1, id="silent, and all have waited for ten minutes"),
        pytest.param((4000, 3000, 2000, 50), SILENT, 0, id="silent, and one came a minute ago"),
        pytest.param((4000, 3000, 2000), {**SILENT, "query": "SELECT 1"}, 0, id="silent since another statement"),
        pytest.param((4000, 3000, 2000), {**SILENT, "backend_start": ago(9000)}, 0, id="a request before it hung"),
        pytest.param((64, 63, 62, 61), {}, 0, id="requests behind one that is idle"),
        pytest.param((64, 63, 62, 61), {**AT_WORK, "state_change": ago(40)}, 0, id="it has been idle for 40 s"),
        pytest.param((64, 63, 62), {**AT_WORK, "connected": 1000}, 0, id="they have served requests before"),
        pytest.param((64, 63, 62, 9, 8, 7, 6, 5, 4), AT_WORK, 0, id="many came lately"),
        pytest.param((64, 63, 62), {**AT_WORK, "names": ("web", "batch")}, 0, id="of several applications"),
    ],
)
def test_a_leader_by_a_lease_or_a_function_is_not_ended_unasked(asks, ages, more, held):
    given = {"connected": 1, "asks": asks, **more}
    found = judged(with_elections(queue(*ages, **given), 30.0))
    assert len(found.plan.actions) == 1
    assert len(found.need_approval) == held
    if held:
        assert "it may be the elected leader" in found.plan.actions[0].reason
        assert "requests that pile up on new connections look the same" in found.plan.actions[0].reason


@pytest.mark.parametrize("asks", [LEASE, FUNCTION, INSERTS])
@pytest.mark.parametrize(
    ("ages", "agreed"), [((4000, 3000, 2000), 3), ((700,), 1), ((4000, 3000, 500), 0), ((4000, 3000, 20), 0)]
)
def test_who_has_stood_by_a_leader_by_a_lease_for_ten_minutes_waits_by_design(asks, ages, agreed):
    scene = with_elections(queue(*ages, asks=asks, connected=1, **BEATS), 30.0)
    assert len(scene.waits_by_design(30.0)) == agreed
    assert len(scene.affected(30.0)) == (0 if agreed else sum(age >= 30 for age in ages))


@pytest.mark.parametrize(
    ("scene", "how"),
    [
        (queue(64, 63, 62, connected=1), "have done nothing else since they connected"),
        (queue(64, 63, 62, clients=("a", "b", "c", "d")), "few of them are of one client"),
        (queue(4000, 3900, 3800, 60, held=4000), "its lock has been held for 67 min"),
        (queue(64, 63, 20, 10), "few of them have served requests before"),
        (queue(64, 63, 62, connected=1, asks=LEASE, **AT_WORK), "it is active"),
        (queue(4000, 3000, connected=1, asks=LEASE, **SILENT), "each has waited for ten minutes"),
    ],
)
def test_the_reason_says_what_speaks_for_an_election(scene, how):
    assert how in judged(scene).plan.actions[0].detail["needs_approval"]


def test_requests_beside_the_standbys_are_late():
    scene = queue(4000, 3000, connected=1, **BEATS)
    more = snapshot(
        [holds(1, xid(900)), waits(2, xid(900), "ShareLock", 4000), waits(3, xid(900), "ShareLock", 50)],
        scene.sessions[1], scene.sessions[2], session(3, query=CHANGES),
    )  # fmt: skip
    assert len(with_elections(more, 30.0).affected(30.0)) == 2


def test_of_a_thousand_readers_none_is_asked_whether_it_leads(monkeypatch):
    """Each question walks the graph of all waits."""
    readers = [holds(pid, relation(7), "AccessShareLock") for pid in range(1, 1001)]
    scene = snapshot([*readers, waits(2000, relation(7), "AccessExclusiveLock")])
    monkeypatch.setattr(type(scene.forest), "waiting_for", None)
    assert standbys(scene) == set()


def pile(*ages, asks=TAKES_FOR_TRANSACTION, connected=1000.0, **holder):
    """A transaction that has an advisory lock and is at work, and those that wait for the lock for so many seconds."""
    pids = range(2, 2 + len(ages))
    own = {"query": "SELECT work()", "xact_start": ago(90), "query_start": ago(80), "state_change": ago(80), **holder}
    waiting = [
        session(pid, query=asks, query_start=ago(age), xact_start=ago(age), backend_start=ago(age + connected))
        for pid, age in zip(pids, ages, strict=True)
    ]
    locks = [waits(pid, advisory(5), seconds=age) for pid, age in zip(pids, ages, strict=True)]
    return with_elections(
        snapshot([holds(1, advisory(5)), *locks], session(1, own.pop("state", "active"), **own), *waiting), 30.0
    )


SEVEN = (70, 60, 50, 40, 20, 10, 5)
IN_A_FUNCTION = "SELECT book_seat(7)"


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(pile(*SEVEN), id="requests of a pool"),
        pytest.param(pile(*SEVEN, connected=1), id="each on a new connection, some came lately"),
        pytest.param(pile(*[90 - n for n in range(7)]), id="of a pool that is used up"),
        pytest.param(pile(*[90 - n for n in range(7)], connected=1), id="on new connections, and it is silent"),
        pytest.param(pile(70, 60, 50), id="three behind a statement that runs for long"),
        pytest.param(pile(*SEVEN, asks=IN_A_FUNCTION), id="within a function"),
        pytest.param(pile(*SEVEN, asks="SELECT pg_advisory_xact_lock_shared(5)"), id="a shared one"),
        pytest.param(
            pile(*SEVEN, state="idle in transaction", state_change=ago(3)), id="between two statements"
        ),
        pytest.param(pile(*SEVEN, state="idle in transaction", query="SELECT pg_advisory_xact_lock(5)",
                          state_change=ago(3)), id="since it took the lock"),
    ],
)  # fmt: skip
def test_requests_that_pile_up_behind_a_transaction_with_an_advisory_lock_are_held_with_their_root(scene):
    found = judged(scene)
    assert found.affected == {key for key in scene.forest.waiters if scene.seconds_waiting(key) >= 30}
    assert [(item.detail["pid"], item.detail.get("needs_approval", "") != "") for item in found.plan.actions] == [
        (1, True)
    ]
    assert not found.without_approval().plan.actions
    assert not by_design_lines(scene)


def test_why_one_that_works_under_an_advisory_lock_is_held():
    assert "whether its work continues is not known" in judged(pile(*SEVEN)).plan.actions[0].reason


LEADS = {"backend_start": ago(4010), "xact_start": ago(4000), "query_start": ago(3), "state_change": ago(3)}


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(pile(70, 60, 50, connected=1), id="three that have done nothing else"),
        pytest.param(pile(*SEVEN, asks=TAKES), id="a lock of the session"),
        pytest.param(pile(*SEVEN, asks=IN_A_FUNCTION, connected=1), id="within a function, and none has served"),
        pytest.param(pile(*SEVEN, xact_start=ago(20)), id="its transaction is young"),
        pytest.param(pile(*SEVEN, state="idle", xact_start=None), id="it is in no transaction"),
        pytest.param(pile(*range(4000, 3991, -1), connected=1, **LEADS), id="an election of ten, whose leader works"),
        pytest.param(
            pile(70, 60, 50, state="idle in transaction", state_change=ago(3)), id="three, between two statements"
        ),
    ],
)
def test_standbys_and_few_requests_wait_by_design(scene):
    assert not judged(scene).affected
    assert by_design_lines(scene)


def test_of_a_thousand_holders_of_one_advisory_lock_none_walks_the_graph(monkeypatch):
    shared = [holds(pid, advisory(5), "ShareLock") for pid in range(1, 1001)]
    queue = [session(pid, query=TAKES_FOR_TRANSACTION) for pid in range(2001, 2008)]
    scene = snapshot([*shared, *(waits(one.pid, advisory(5)) for one in queue)], *queue)
    monkeypatch.setattr(type(scene.forest), "waiting_for", None)
    assert len(with_elections(scene, 30.0).mutexes) == 1000
