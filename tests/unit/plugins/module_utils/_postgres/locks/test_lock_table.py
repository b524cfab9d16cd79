"""The lock table as a graph: who waits for whom, by PostgreSQL's table of conflicts."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.lock_table import (
    CONFLICTS,
    MODES,
    Lock,
    wait_graph,
)

from support.snapshots import holds, relation, row, row_queue, waits, xid

SHARE, UPDATE, EXCLUSIVE = "AccessShareLock", "RowExclusiveLock", "AccessExclusiveLock"


def waits_for(locks, latent=False):
    """Waiter -> keys that it waits for, with or without what shows only once another session is gone."""
    graph = wait_graph(locks)
    edges = graph.all_edges() if latent else graph.out

    def keys_from(node, visited):
        for target in edges[node]:
            if target not in visited:
                visited.add(target)
                if graph.keys[target] is not None:
                    yield graph.keys[target]
                else:
                    yield from keys_from(target, visited)

    return {key: set(keys_from(graph.node_of[key], set())) for key in graph.waits}


def test_conflicts_are_symmetric_and_the_strongest_conflicts_with_all():
    assert all((one in CONFLICTS[other]) == (other in CONFLICTS[one]) for one in MODES for other in MODES)
    assert CONFLICTS[EXCLUSIVE] == MODES
    assert CONFLICTS[SHARE] == (EXCLUSIVE,)
    assert "ShareLock" not in CONFLICTS["ShareLock"]
    assert "ShareUpdateExclusiveLock" in CONFLICTS["ShareUpdateExclusiveLock"]


@pytest.mark.parametrize(
    ("held", "wanted", "blocked"),
    [(SHARE, EXCLUSIVE, True), (SHARE, UPDATE, False), (UPDATE, UPDATE, False), (UPDATE, "ShareLock", True)],
)
def test_a_waiter_waits_for_holders_in_conflict_alone(held, wanted, blocked):
    locks = [holds(1, relation(7), held), holds(9, relation(7), EXCLUSIVE), waits(2, relation(7), wanted)]
    assert waits_for(locks) == {2: {1, 9} if blocked else {9}}


def test_a_waiter_waits_for_those_before_it_in_the_queue_too():
    """The reader does not conflict with the first reader, but with the ALTER TABLE that queued before it."""
    locks = [holds(1, relation(7), SHARE), waits(3, relation(7), SHARE, 10), waits(2, relation(7), EXCLUSIVE, 60)]
    assert waits_for(locks) == {2: {1}, 3: {2}}


def test_no_session_waits_for_itself():
    """Two readers want the strongest lock: each waits for the other."""
    locks = [
        holds(1, relation(7), SHARE), holds(2, relation(7), SHARE), holds(3, relation(7), SHARE),
        waits(1, relation(7), EXCLUSIVE, 60), waits(2, relation(7), EXCLUSIVE, 50),
    ]  # fmt: skip
    assert waits_for(locks) == {1: {2, 3}, 2: {1, 3}}


def test_an_object_without_a_waiter_and_a_predicate_lock_are_no_part():
    graph = wait_graph([holds(1, relation(7), EXCLUSIVE), Lock(2, relation(8), "SIReadLock", granted=False)])
    assert (graph.waits, graph.node_of, graph.holders) == ({}, {}, set())


def test_who_queues_for_a_rows_tuple_lock_waits_for_its_transaction_once_the_first_is_gone():
    locks = row_queue(1, [2, 3])
    assert waits_for(locks) == {2: {1}, 3: {2}}
    assert waits_for(locks, latent=True) == {2: {1}, 3: {2, 1}}
    graph = wait_graph(locks)
    assert graph.holders == {1}, "the holder of a tuple lock alone is no holder"
    assert graph.held_by[row(1, 900)] == {2}


@pytest.mark.parametrize(
    ("held", "wanted", "alike"),
    [
        pytest.param(EXCLUSIVE, EXCLUSIVE, {1}, id="one at a time, and wanted so"),
        pytest.param(SHARE, EXCLUSIVE, set(), id="held in another mode"),
        pytest.param("AccessShareLock", "AccessShareLock", set(), id="many at a time, behind a queued statement"),
    ],
)
def test_who_holds_a_lock_as_its_waiters_want_it(held, wanted, alike):
    locks = [holds(1, relation(7), held), waits(2, relation(7), "AccessExclusiveLock", 60)]
    locks += [waits(3, relation(7), wanted, 10)]
    assert wait_graph(locks).held_alike[relation(7)] == alike


def test_the_holder_of_a_row_is_one_of_its_queue():
    assert wait_graph(row_queue(1, [2, 3])).held_alike[xid(900)] == {1}


def test_a_queue_of_many_stays_linear():
    number = 2000
    locks = [holds(0, relation(7), EXCLUSIVE), *(waits(pid, relation(7), EXCLUSIVE) for pid in range(1, number + 1))]
    graph = wait_graph(locks)
    assert sum(map(len, graph.out)) < 6 * number
    assert len(graph.out) < 3 * number
