# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The few graph algorithms that judging a lock queue needs. Pure; nodes are 0..n-1.

Standard ones, written here because a managed host has no graph library: dominators after Cooper,
Harvey and Kennedy ("A Simple, Fast Dominance Algorithm", 2001), strongly connected components after
Tarjan (1972), minimum vertex cut by Dinic's maximum flow (1970) on the split graph. All are iterative:
a queue may be longer than Python's stack.
"""

from __future__ import annotations

from collections import deque
from typing import Iterable, Mapping, Sequence

Adjacency = Sequence[Sequence[int]]


def reversed_graph(successors: Adjacency) -> list[list[int]]:
    """Every edge turned round."""
    back: list[list[int]] = [[] for dummy in successors]
    for node, targets in enumerate(successors):
        for target in targets:
            back[target].append(node)
    return back


def reachable(successors: Adjacency, starts: Iterable[int], closed: Iterable[int] = ()) -> set[int]:
    """All nodes reached from ``starts`` (themselves included) without entering a closed node."""
    barred = set(closed)
    reached = {node for node in starts if node not in barred}
    todo = list(reached)
    while todo:
        for target in successors[todo.pop()]:
            if target not in reached and target not in barred:
                reached.add(target)
                todo.append(target)
    return reached


def _postorder(successors: Adjacency, root: int) -> list[int]:
    order: list[int] = []
    visited = {root}
    stack = [(root, iter(successors[root]))]
    while stack:
        node, rest = stack[-1]
        for target in rest:
            if target not in visited:
                visited.add(target)
                stack.append((target, iter(successors[target])))
                break
        else:
            order.append(node)
            stack.pop()
    return order


def marked_behind(
    successors: Adjacency, starts: Sequence[int], wanted: Iterable[int], marked: Iterable[int]
) -> tuple[dict[int, int], bool]:
    """For every wanted node that ``starts`` reach: how many marked nodes it reaches, itself not counted;
    and whether what they reach is free of cycles.

    Sets travel as the bits of one integer each, so a thousand holders of one lock cost one pass. A
    cycle has no order to pass in; then each wanted node is walked for itself.
    """
    bit = {node: 1 << place for place, node in enumerate(marked)}
    bits: dict[int, int] = {}
    acyclic = True
    for node in _postorder([*successors, starts], len(successors))[:-1]:
        reached_bits = bit.get(node, 0)
        for target in successors[node]:
            if target not in bits:
                acyclic = False
            reached_bits |= bits.get(target, 0)
        bits[node] = reached_bits
    counts = {}
    for node in wanted:
        if node in bits:
            number = bits[node] if acyclic else sum(bit.get(other, 0) for other in reachable(successors, [node]))
            counts[node] = bin(number & ~bit.get(node, 0)).count("1")
    return counts, acyclic


def dominators(successors: Adjacency, root: int) -> dict[int, int]:
    """The immediate dominator of every node reached from ``root``: the last node that no path avoids."""
    postorder = _postorder(successors, root)
    number = {node: index for index, node in enumerate(postorder)}
    predecessors: dict[int, list[int]] = {node: [] for node in postorder}
    for node in postorder:
        for target in successors[node]:
            predecessors[target].append(node)
    idom = {root: root}
    changed = True
    while changed:
        changed = False
        for node in reversed(postorder):
            if node == root:
                continue
            best = -1
            for other in predecessors[node]:
                if other not in idom:
                    continue
                if best < 0:
                    best = other
                    continue
                while best != other:
                    if number[best] < number[other]:
                        best = idom[best]
                    else:
                        other = idom[other]  # noqa: PLW2901 - the walk towards the root is the algorithm
            if idom.get(node) != best:
                idom[node] = best
                changed = True
    return idom


def cycles(successors: Adjacency) -> list[list[int]]:
    """Strongly connected components of two nodes or more."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_path: set[int] = set()
    path: list[int] = []
    cycle_list = []
    for start in range(len(successors)):
        if start in index:
            continue
        index[start] = low[start] = len(index)
        path.append(start)
        on_path.add(start)
        stack = [(start, iter(successors[start]))]
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if target not in index:
                    index[target] = low[target] = len(index)
                    path.append(target)
                    on_path.add(target)
                    stack.append((target, iter(successors[target])))
                    break
                if target in on_path:
                    low[node] = min(low[node], index[target])
            else:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = path.pop()
                        on_path.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    if len(component) > 1:
                        cycle_list.append(component)
    return cycle_list


class _Flow:
    """Residual network with Dinic's algorithm."""

    def __init__(self, size: int) -> None:
        self.first: list[list[int]] = [[] for dummy in range(size)]
        self.to: list[int] = []
        self.room: list[int] = []

    def edge(self, a: int, b: int, capacity: int) -> None:
        self.first[a].append(len(self.to))
        self.to.append(b)
        self.room.append(capacity)
        self.first[b].append(len(self.to))
        self.to.append(a)
        self.room.append(0)

    def _levels(self, source: int) -> list[int]:
        level = [-1] * len(self.first)
        level[source] = 0
        queue = deque([source])
        while queue:
            node = queue.popleft()
            for edge in self.first[node]:
                if self.room[edge] and level[self.to[edge]] < 0:
                    level[self.to[edge]] = level[node] + 1
                    queue.append(self.to[edge])
        return level

    def saturate(self, source: int, sink: int) -> list[int]:
        """Send all that fits; the levels of the last search show which nodes are on the source's side (>= 0)."""
        while True:
            level = self._levels(source)
            if level[sink] < 0:
                return level
            turn = [0] * len(self.first)
            path: list[int] = []
            node = source
            while True:
                if node == sink:
                    amount = min(self.room[edge] for edge in path)
                    for edge in path:
                        self.room[edge] -= amount
                        self.room[edge ^ 1] += amount
                    path, node = [], source
                    continue
                while turn[node] < len(self.first[node]):
                    edge = self.first[node][turn[node]]
                    if self.room[edge] and level[self.to[edge]] == level[node] + 1:
                        break
                    turn[node] += 1
                if turn[node] < len(self.first[node]):
                    path.append(self.first[node][turn[node]])
                    node = self.to[path[-1]]
                elif path:
                    node = self.to[path.pop() ^ 1]
                    turn[node] += 1
                else:
                    break


def min_vertex_cut(
    successors: Adjacency, sources: Iterable[int], sinks: Iterable[int], cost: Mapping[int, int]
) -> set[int]:
    """The cheapest set of nodes whose removal leaves no path from a source to a sink.

    Only nodes with a cost can be removed; sources and sinks may be among them. The caller sees to it
    that a finite cut exists: every path holds a node with a cost.
    """
    size = len(successors)
    endless = sum(cost.values()) + 1
    source, sink = 2 * size, 2 * size + 1
    flow = _Flow(2 * size + 2)
    for node, targets in enumerate(successors):
        flow.edge(2 * node, 2 * node + 1, cost.get(node, endless))
        for target in targets:
            flow.edge(2 * node + 1, 2 * target, endless)
    for node in sources:
        flow.edge(source, 2 * node, endless)
    for node in sinks:
        flow.edge(2 * node + 1, sink, endless)
    side = flow.saturate(source, sink)
    return {node for node in cost if side[2 * node] >= 0 > side[2 * node + 1]}
