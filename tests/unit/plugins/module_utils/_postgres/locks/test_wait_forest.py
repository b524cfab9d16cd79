from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest

from support.snapshots import advisory, holds, relation, row_queue, waits

SHARE, ACCESS, EXCLUSIVE = "AccessShareLock", "AccessShareLock", "AccessExclusiveLock"
ALTER_QUEUE = [
    holds(1, relation(7), SHARE),
    waits(2, relation(7), EXCLUSIVE, 60),
    *(waits(pid, relation(7), SHARE, 50 - pid) for pid in (3, 4, 5)),
]


@pytest.mark.parametrize(
    ("locks", "root_blockers", "queued_blockers"),
    [
        pytest.param([], [], [], id="nobody waits"),
        pytest.param(row_queue(1, [2, 3, 4]), [1], [], id="a row: the tuple lock's holder is no gate"),
        pytest.param(ALTER_QUEUE, [1], [2], id="reader, ALTER, readers: the ALTER is the gate"),
        pytest.param(
            [holds(1, relation(7), SHARE), holds(9, relation(7), SHARE), *ALTER_QUEUE[1:]],
            [1, 9],
            [2],
            id="two readers before the ALTER",
        ),
        pytest.param(
            [
                holds(1, relation(7), "RowShareLock"),
                holds(2, relation(7), "ShareLock"),
                waits(3, relation(7), "RowExclusiveLock"),
            ],
            [2],
            [],
            id="a mode that does not conflict is in nobody's way",
        ),
        pytest.param(
            [
                holds(1, relation(7), "RowShareLock"),
                holds(5, relation(7), "RowShareLock"),
                holds(2, relation(7), "ShareRowExclusiveLock"),
                waits(3, relation(7), "ShareLock"),
            ],
            [2],
            [],
            id="nor are several of that mode",
        ),
        pytest.param([holds(1, advisory(7)), waits(2, advisory(7))], [1], [], id="an idle advisory lock"),
        pytest.param([holds("prepared:5", advisory(7)), waits(2, advisory(7))], ["prepared:5"], [], id="prepared"),
        pytest.param(
            [*row_queue(1, [2]), holds(2, advisory(3)), waits(4, advisory(3))],
            [1],
            [2],
            id="a victim in the middle holds up others",
        ),
        pytest.param(
            [holds(1, relation(7), SHARE), holds(2, relation(7), SHARE), waits(2, relation(7), EXCLUSIVE)],
            [1],
            [],
            id="an upgrade waits for the others, not for itself",
        ),
        pytest.param(
            [holds(1, advisory(1)), holds(2, advisory(2)), waits(1, advisory(2)), waits(2, advisory(1))],
            [],
            [],
            id="a deadlock has no root",
        ),
        pytest.param(
            [holds(1, relation(7), "SIReadLock"), holds(2, relation(7)), waits(3, relation(7), SHARE)],
            [],
            [],
            id="predicate locks block nobody, nor does a mode without conflict",
        ),
    ],
)
def test_roots_and_gates(locks, root_blockers, queued_blockers):
    forest = build_forest(locks)
    assert sorted(forest.root_blockers, key=str) == root_blockers
    assert forest.queued_blockers == queued_blockers


def test_counts_who_is_held_up_and_who_would_be_free():
    forest = build_forest([holds(9, relation(7), SHARE), *ALTER_QUEUE])
    assert forest.reach == {1: 4, 9: 4, 2: 3}
    assert {key: forest.alone[key] for key in (1, 9, 2)} == {1: 0, 9: 0, 2: 3}


def test_the_tree_hangs_a_waiter_under_the_one_who_could_free_it():
    assert build_forest(row_queue(1, [2, 3, 4])).parent == {1: None, 2: 1, 3: 1, 4: 1}
    assert build_forest(ALTER_QUEUE).parent == {1: None, 2: 1, 3: 2, 4: 2, 5: 2}


def test_removal_of_the_first_in_a_row_queue_frees_nobody():
    forest = build_forest(row_queue(1, [2, 3, 4]))
    assert forest.still_blocked([2]) == {3, 4}
    assert forest.still_blocked([1]) == set()


def test_a_deadlock_is_named_with_its_members():
    locks = [holds(1, advisory(1)), holds(2, advisory(2)), waits(1, advisory(2)), waits(2, advisory(1))]
    assert build_forest(locks).cycles == [[1, 2]]


def test_parallel_workers_are_their_leader():
    """The adapter gives a worker's locks to its leader; then nobody waits for itself."""
    locks = [holds(1, relation(7), SHARE), holds(1, relation(7), SHARE), waits(2, relation(7), EXCLUSIVE)]
    assert build_forest(locks).root_blockers == [1]
    assert build_forest(locks).reach == {1: 1}


def test_a_thousand_shared_holders_and_a_thousand_waiters_stay_linear():
    locks = [holds(pid, relation(7), SHARE) for pid in range(1000)]
    locks += [waits(pid, relation(7), EXCLUSIVE, 5000 - pid) for pid in range(1000, 2000)]
    forest = build_forest(locks)
    assert sum(len(targets) for targets in forest.waits.out) < 10 * len(locks)
    assert len(forest.root_blockers) == 1000
    assert set(forest.reach.values()) == {1000}
