from __future__ import annotations

from itertools import combinations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.graph import (
    cycles,
    dominators,
    marked_behind,
    min_vertex_cut,
    reachable,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def graphs(size: int = 8):
    node = st.integers(0, size - 1)
    return st.lists(st.tuples(node, node), max_size=24).map(
        lambda edges: [sorted({b for a, b in edges if a == node and b != a}) for node in range(size)]
    )


@given(graphs())
def test_a_dominator_is_a_node_that_no_path_avoids(graph):
    idom = dominators(graph, 0)
    for node in range(1, len(graph)):
        met_on_every_path = {
            other for other in range(len(graph)) if other != node and node not in reachable(graph, [0], closed=[other])
        }
        chain = set()
        above = node
        while node in idom and above != 0:
            above = idom[above]
            chain.add(above)
        if node in idom:
            assert chain == met_on_every_path | {0}
        else:
            assert node not in reachable(graph, [0])


@given(graphs(), st.lists(st.integers(1, 9), min_size=8, max_size=8))
@settings(max_examples=200)
def test_the_cut_separates_and_none_is_cheaper(graph, prices):
    sources, sinks = [0, 1], [6, 7]
    cost = {node: prices[node] for node in range(2, 8)}
    cut = min_vertex_cut(graph, sources, sinks, cost)

    def separates(removed):
        return not reachable(graph, [s for s in sources if s not in removed], closed=removed) & set(sinks)

    assert separates(cut)
    cheapest = min(
        sum(cost[node] for node in chosen)
        for count in range(len(cost) + 1)
        for chosen in combinations(cost, count)
        if separates(chosen)
    )
    assert sum(cost[node] for node in cut) == cheapest


@given(graphs())
def test_counting_by_bits_agrees_with_walking(graph):
    counts, acyclic = marked_behind(graph, [0, 1], range(8), range(4, 8))
    for node in reachable(graph, [0, 1]):
        assert counts[node] == len(reachable(graph, [node]) & set(range(4, 8)) - {node})
    seen = reachable(graph, [0, 1])
    assert acyclic == (not cycles([graph[node] if node in seen else [] for node in range(8)]))


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        pytest.param([[1], [2], []], [], id="a chain has none"),
        pytest.param([[1], [0], []], [{0, 1}], id="two"),
        pytest.param([[1], [2], [0, 3], [4], [3]], [{0, 1, 2}, {3, 4}], id="two rings, one behind the other"),
        pytest.param([[0]], [], id="waiting for oneself is none"),
    ],
)
def test_finds_the_cycles(graph, found):
    assert sorted(map(set, cycles(graph)), key=min) == found


def test_a_chain_longer_than_the_stack_is_walked():
    length = 50_000
    chain = [[node + 1] for node in range(length - 1)] + [[]]
    assert dominators(chain, 0)[length - 1] == length - 2
    assert cycles(chain) == []
    assert marked_behind(chain, [0], [0], [length - 1]) == ({0: 1}, True)
