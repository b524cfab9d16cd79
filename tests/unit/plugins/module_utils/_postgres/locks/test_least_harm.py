from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import (
    NOW,
    advisory,
    ago,
    holds,
    prepared,
    relation,
    row_queue,
    session,
    snapshot,
    waits,
)

SHARE, EXCLUSIVE = "AccessShareLock", "AccessExclusiveLock"
ALTER_QUEUE = [
    holds(1, relation(7), SHARE),
    waits(2, relation(7), EXCLUSIVE, 90),
    *(waits(pid, relation(7), SHARE, 80 - pid) for pid in (3, 4, 5)),
]
READER = session(1, "active", query="SELECT slow")
WRITER = session(1, "idle in transaction", has_written=True)
IDLER = session(1, "idle in transaction")
BACKUP = session(1, application="pg_dump")
TWO_SHARERS = [holds(1, advisory(7), "ShareLock"), holds(2, advisory(7), "ShareLock"), waits(3, advisory(7))]
WIDE = Bounds(max_share=1.0)


def acts(judged):
    return [(item.action, item.detail["pid"]) for item in judged.plan.actions]


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        pytest.param(snapshot([]), [], id="nobody waits"),
        pytest.param(snapshot(row_queue(1, [2, 3, 4])), [("terminate", 1)], id="a row queue: only its root"),
        pytest.param(snapshot(ALTER_QUEUE, READER), [("cancel", 2)], id="the long reader stays, the ALTER goes"),
        pytest.param(snapshot(ALTER_QUEUE, WRITER), [("cancel", 2)], id="so does one that has written"),
        pytest.param(
            snapshot(ALTER_QUEUE, IDLER),
            [("terminate", 1)],
            id="an idle transaction without writes goes first",
        ),
        pytest.param(
            snapshot(ALTER_QUEUE, session(1, "idle in transaction (aborted)", has_written=True)),
            [("terminate", 1)],
            id="an aborted one has nothing left to lose",
        ),
        pytest.param(
            snapshot(ALTER_QUEUE, READER, session(2, has_written=True, query_start=ago(95), holds_writes=True)),
            [("cancel", 1)],
            id="a migration in the middle of its work is dearer than a reader",
        ),
        pytest.param(
            snapshot(ALTER_QUEUE, READER, session(2, has_written=True, query_start=ago(95))),
            [("cancel", 2)],
            id="asking for a strong lock takes a transaction id and is no work yet",
        ),
        pytest.param(snapshot(ALTER_QUEUE, BACKUP), [("cancel", 2)], id="a backup is never weighed"),
        pytest.param(snapshot(row_queue(1, [2, 3]), BACKUP), [], id="nothing helps against a protected root"),
        pytest.param(
            snapshot([holds(1, advisory(7)), waits(2, advisory(7))], session(1, "idle")),
            [],
            id="a wait for an idle holder of an advisory lock is by design",
        ),
        pytest.param(
            snapshot(TWO_SHARERS, session(2, application="pg_dump")),
            [],
            id="nobody dies for a waiter that a spared session holds up anyway",
        ),
        pytest.param(
            snapshot([*row_queue(1, [2]), holds(2, advisory(3)), waits(4, advisory(3))]),
            [("terminate", 1)],
            id="never the victim in the middle",
        ),
        pytest.param(
            snapshot([*row_queue(1, [2]), holds(2, advisory(3)), waits(4, advisory(3))], BACKUP),
            [],
            id="not even when the root is protected: one for one is no gain",
        ),
        pytest.param(
            snapshot([*row_queue(1, [2]), holds(2, advisory(3)), *(waits(n, advisory(3)) for n in (4, 5, 6))], BACKUP),
            [("cancel", 2)],
            id="but when several wait only for it, and nothing else helps",
        ),
        pytest.param(
            snapshot(
                [*row_queue(1, [2]), holds(2, advisory(3)), *(waits(n, advisory(3)) for n in (4, 5, 6))],
                session(1, "active", has_written=True),
            ),
            [("cancel", 1)],
            id="and never when the root can go, however dear",
        ),
        pytest.param(
            snapshot([holds("prepared:5", advisory(1)), waits(2, advisory(1))], prepared(5)),
            [],
            id="a prepared transaction stays",
        ),
        pytest.param(snapshot([holds(1, advisory(1)), waits(2, advisory(1), seconds=5)]), [], id="too short to mind"),
    ],
)
def test_chooses_the_least_harm(scene, expected):
    assert acts(judge(scene, Exclusions(), WIDE)) == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("least_harm", [("cancel", 2)]), ("root_blockers", [("cancel", 1)]), ("queued_blockers", [("cancel", 2)])],
)
def test_the_strategy_is_an_option(strategy, expected):
    bounds = Bounds(max_share=1.0, strategy=strategy)
    assert acts(judge(snapshot(ALTER_QUEUE, READER), Exclusions(), bounds)) == expected


@pytest.mark.parametrize("at_work", [session(1, "active"), session(1, "idle in transaction", state_change=ago(1))])
def test_a_queued_ddl_is_cancelled_where_those_behind_it_have_short_timeouts(at_work):
    """Each of them is young; the DDL that they wait for is not."""
    locks = [holds(1, relation(7), "AccessShareLock"), waits(2, relation(7), "AccessExclusiveLock", seconds=60)]
    locks += [waits(pid, relation(7), "RowExclusiveLock", seconds=1) for pid in (3, 4, 5)]
    ddl = session(2, xact_start=ago(60), query_start=ago(60))
    assert acts(judge(snapshot(locks, at_work, ddl), Exclusions(), WIDE)) == [("cancel", 2)]


def test_two_that_share_a_lock_go_together_or_not_at_all():
    scene = snapshot(TWO_SHARERS)
    assert acts(judge(scene, Exclusions(), WIDE)) == [("terminate", 1), ("terminate", 2)]
    held_back = judge(scene, Exclusions(), Bounds(max_terminations=1, max_share=1.0))
    assert acts(held_back) == []
    assert all("must be terminated together" in item.reason for item in held_back.plan.excluded)


def test_with_little_room_the_longest_queue_comes_first():
    scene = snapshot([*row_queue(1, [2, 3], 901), *row_queue(4, [5, 6, 7], 902)])
    judged = judge(scene, Exclusions(), Bounds(max_terminations=1, max_share=1.0))
    assert acts(judged) == [("terminate", 4)]
    assert judged.left == 2


def test_the_share_is_of_the_client_sessions_and_one_is_always_allowed():
    scene = snapshot([*row_queue(1, [2]), *row_queue(4, [5], 902)])
    assert len(judge(scene, Exclusions(), Bounds(max_share=0.25)).plan.actions) == 1
    assert len(judge(scene, Exclusions(), Bounds(max_share=0.5)).plan.actions) == 2


def test_a_gate_that_only_hurts_itself_is_not_cut():
    """Behind the ALTER wait only young readers: cancelling it would free nobody who has waited long."""
    locks = [*ALTER_QUEUE[:2], waits(3, relation(7), SHARE, 1)]
    assert acts(judge(snapshot(locks, READER), Exclusions(), WIDE)) == [("cancel", 1)]


def test_the_plan_says_what_comes_of_it():
    judged = judge(snapshot(ALTER_QUEUE, READER), Exclusions(), WIDE)
    assert judged.plan.actions[0].detail["frees"] == 3
    assert "AccessExclusiveLock" in judged.plan.actions[0].reason
    assert (len(judged.affected), len(judged.freed), judged.left) == (4, 3, 0)
    assert [(item.detail["pid"], item.reason) for item in judged.plan.excluded] == [
        (1, "needs no action: the plan clears the queue without it")
    ]


def test_an_approval_that_leaves_half_of_a_pair_promises_nothing():
    judged = judge(snapshot(TWO_SHARERS), Exclusions(), WIDE)
    half = judged.narrowed_to([judged.plan.targets[0]])
    assert half.plan.actions == ()
    assert half.freed == frozenset()
    assert half.left == 1
    assert [item.reason for item in half.plan.excluded][-1] == "would free no session unless others are approved too"


def test_a_statement_that_was_late_before_stays_late():
    scene = snapshot([holds(1, advisory(1)), waits(2, advisory(1), seconds=1)])
    assert acts(judge(scene, Exclusions(), WIDE, [(2, ago(100))])) == [("terminate", 1)]
    assert acts(judge(scene, Exclusions(), WIDE, [(2, NOW)])) == []


def test_a_target_names_backend_and_transaction():
    target = judge(snapshot(row_queue(1, [2])), Exclusions(), WIDE).plan.targets[0]
    assert target == "1@20261123T024320.000000Z/20261123T025820.000000Z"


LEADER = session(1, "idle", application="scheduler")
FOLLOWERS = [holds(1, advisory(7)), waits(2, advisory(7), seconds=9000), waits(3, advisory(7), seconds=8000)]


@pytest.mark.parametrize(
    ("leader", "expected"),
    [
        pytest.param(LEADER, [], id="idle outside of a transaction"),
        pytest.param(session(1, "active"), [], id="at work"),
        pytest.param(session(1, "idle in transaction", state_change=ago(4)), [], id="between two statements"),
        pytest.param(session(1, "idle in transaction", state_change=ago(20)), [], id="idle for less than min_waiting"),
        pytest.param(session(1, "idle in transaction"), [("terminate", 1)], id="forgotten"),
    ],
)
def test_a_wait_for_a_leader_is_by_design_until_its_transaction_is_forgotten(leader, expected):
    judged = judge(snapshot(FOLLOWERS, leader), Exclusions(), WIDE)
    assert acts(judged) == expected
    assert judged.affected == (frozenset({2, 3}) if expected else frozenset())
    assert ("by design: 2 sessions wait for advisory lock 7" in judged.as_dict()["no_action_reason"]) == (not expected)


def test_a_wait_by_design_hides_no_other_cause():
    """One of the followers holds a row that another session waits for: its leader is not to be ended for that."""
    scene = snapshot([*FOLLOWERS, *row_queue(2, [20, 21]), *row_queue(4, [30, 31], 902)], LEADER)
    judged = judge(scene, Exclusions(), WIDE)
    assert acts(judged) == [("cancel", 2), ("terminate", 4)]
    assert judged.affected == {20, 21, 30, 31}


def test_a_leader_is_ended_when_it_is_approved_by_name():
    scene = snapshot(FOLLOWERS, LEADER)
    named = judge(scene, Exclusions(), WIDE, approved=[LEADER.target])
    assert acts(named.narrowed_to([LEADER.target])) == [("terminate", 1)]
    behind = judge(snapshot([*FOLLOWERS, *row_queue(2, [20])], LEADER), Exclusions(), WIDE)
    assert [item.reason for item in behind.plan.excluded if item.target == LEADER.target] == [
        "holds an advisory lock that others wait for by design; it is terminated only if its target is approved"
    ]


@pytest.mark.parametrize(
    ("bounds", "open_ones", "up_to"),
    [
        (Bounds(max_terminations=10, max_share=1.0), 40, 10),
        (Bounds(max_terminations=10, max_share=0.2), 40, 8),
        (Bounds(max_terminations=10, max_share=1.0), 0, 3),
    ],
)
def test_the_plan_says_how_many_the_rounds_may_end(bounds, open_ones, up_to):
    others = [session(100 + n, "idle in transaction") for n in range(open_ones)]
    judged = judge(snapshot(row_queue(1, [2, 3]), *others), Exclusions(), bounds)
    assert judged.as_dict()["up_to"] == up_to
    assert judge(snapshot([]), Exclusions(), bounds).as_dict()["up_to"] == 0


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        pytest.param({"state_change": ago(0.2)}, [("cancel", 2)], id="a cursor reader between two FETCHes"),
        pytest.param({"state_change": ago(4.9), "has_written": True}, [("cancel", 2)], id="a transaction of an ORM"),
        pytest.param({"state_change": ago(5.1)}, [("cancel", 2)], id="a reader that takes some seconds for each batch"),
        pytest.param({"state_change": ago(29)}, [("cancel", 2)], id="one that takes long"),
        pytest.param({"state_change": ago(31)}, [("terminate", 1)], id="forgotten"),
        pytest.param(
            {"state": "idle in transaction (aborted)", "state_change": ago(0.2)}, [("terminate", 1)], id="aborted"
        ),
    ],
)
def test_between_two_statements_a_transaction_is_at_work(reader, expected):
    root = session(1, **{"state": "idle in transaction", **reader})
    assert acts(judge(snapshot(ALTER_QUEUE, root), Exclusions(), WIDE)) == expected


@pytest.mark.parametrize(("idle_after", "held"), [(0.1, 0), (1.0, 2)])
def test_how_long_it_may_be_between_two_statements_is_an_option(idle_after, held):
    """Two that are idle go for one that waits, and two that are active do not."""
    locks = [holds(1, relation(7), SHARE), holds(2, relation(7), SHARE), waits(3, relation(7), EXCLUSIVE)]
    readers = [session(pid, "idle in transaction", state_change=ago(0.2)) for pid in (1, 2)]
    scene = snapshot(locks, *readers, session(3, query="LOCK TABLE t"))
    judged = judge(scene, Exclusions(), Bounds(max_share=1.0, min_idle_in_transaction=idle_after))
    assert acts(judged) == [("terminate", 1), ("terminate", 2)]
    assert len(judged.need_approval) == held


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        pytest.param({"query": "LOCK TABLE t"}, [("cancel", 2)], id="it has done nothing yet"),
        pytest.param(
            {"holds_writes": True, "has_written": True, "query_start": ago(95)},
            [("terminate", 1)],
            id="its transaction has written",
        ),
    ],
)
def test_a_reader_that_may_continue_is_as_dear_as_a_statement_and_more_is_lost_with_it(gate, expected):
    reader = session(1, "idle in transaction", query="FETCH 100 FROM c", state_change=ago(12))
    assert acts(judge(snapshot(ALTER_QUEUE, reader, session(2, **gate)), Exclusions(), WIDE)) == expected
