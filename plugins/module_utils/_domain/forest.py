# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who holds up whom: roots, gates, cycles, and the tree that a person reads. Pure.

A *root* holds a lock that others wait for and waits for nobody. A *gate* waits itself, and others
wait only because it does: without it they would get their lock. The tree hangs every session under
the nearest one that alone could set it free (its immediate dominator), so a branch answers the
question of the night: if this one goes, who can go on?
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Iterable

from . import graph as algorithms
from .locks import Key, Lock, WaitGraph, wait_graph


@dataclass
class Forest:
    """The judged graph. ``alone[k]``: how many waiters go on if just ``k`` goes away.
    ``reach[k]``: how many wait for ``k``, directly or through others, perhaps for others too."""

    waits: WaitGraph
    roots: list[Key] = field(default_factory=list)
    gates: list[Key] = field(default_factory=list)
    cycles: list[list[Key]] = field(default_factory=list)
    parent: dict[Key, Key | None] = field(default_factory=dict)
    alone: dict[Key, int] = field(default_factory=dict)
    reach: dict[Key, int] = field(default_factory=dict)

    @property
    def waiters(self) -> list[Key]:
        return list(self.waits.waits)

    def wait_of(self, key: Key) -> Lock | None:
        """The lock that the owner has waited for longest."""
        locks = self.waits.waits.get(key)
        return locks[0] if locks else None

    def seconds_waiting(self, key: Key, now: datetime) -> float:
        lock = self.wait_of(key)
        return max(0.0, (now - lock.since).total_seconds()) if lock and lock.since else 0.0

    def waiting_for(self, key: Key) -> list[Key]:
        """Waiters with an edge straight to ``key``: the ones to whom it must still be in the way."""
        waits = self.waits
        node = waits.node_of.get(key)
        if node is None:
            return []
        found: dict[Key, None] = {}
        seen = {node}
        todo = [node]
        while todo:
            for before in self._back[todo.pop()]:
                if before not in seen:
                    seen.add(before)
                    owner = waits.keys[before]
                    if owner is None:
                        todo.append(before)
                    else:
                        found[owner] = None
        return list(found)

    def behind(self, keys: Iterable[Key]) -> set[Key]:
        """All waiters that wait for any of ``keys``, directly or through others."""
        starts = [self.waits.node_of[key] for key in keys if key in self.waits.node_of]
        seen = algorithms.reachable(self._back_all, starts)
        return {owner for owner in (self.waits.keys[node] for node in seen) if owner in self.waits.waits}

    def still_blocked(self, removed: Iterable[Key]) -> set[Key]:
        """The waiters that would still wait for a root if ``removed`` were gone."""
        gone = [self.waits.node_of[key] for key in removed if key in self.waits.node_of]
        roots = [self.waits.node_of[key] for key in self.roots]
        seen = algorithms.reachable(self._back_all, roots, closed=gone)
        return {owner for owner in (self.waits.keys[node] for node in seen) if owner in self.waits.waits}

    def __post_init__(self) -> None:
        self._back = algorithms.reversed_graph(self.waits.out)
        self._back_all = algorithms.reversed_graph(self.waits.all_edges())


def grow(locks: list[Lock]) -> Forest:
    """Judge the locks of one moment."""
    waits = wait_graph(locks)
    forest = Forest(waits)
    blocking = algorithms.reachable(waits.out, [waits.node_of[key] for key in waits.waits])
    forest.roots = [key for key, node in waits.node_of.items() if node in blocking and key not in waits.waits]
    forest.cycles = [
        [key for key in (waits.keys[node] for node in component) if key is not None]
        for component in algorithms.cycles(waits.out)
    ]
    forest.cycles = [sorted(cycle, key=str) for cycle in forest.cycles if len(cycle) > 1]
    _dominate(forest)
    _count_reach(forest)
    forest.roots.sort(key=lambda key: (-forest.reach[key], str(key)))
    forest.gates.sort(key=lambda key: (-forest.alone[key], str(key)))
    return forest


def _count_reach(forest: Forest) -> None:
    node_of = forest.waits.node_of
    counts = algorithms.marked_behind(
        forest._back_all,
        [node_of[key] for key in forest.roots],
        [node_of[key] for key in forest.roots + forest.gates],
        [node_of[key] for key in forest.waits.waits],
    )
    forest.reach = {key: counts.get(node_of[key], 0) for key in forest.roots + forest.gates}


def _dominate(forest: Forest) -> None:
    waits = forest.waits
    top = len(waits.keys)
    starts = [waits.node_of[key] for key in forest.roots]
    idom = algorithms.dominators([*forest._back_all, starts], top)
    children: dict[int, list[int]] = {}
    for node, above in idom.items():
        if node != top:
            children.setdefault(above, []).append(node)
    order = [top]  # parents before children, so that counts add up backwards
    for node in order:
        order.extend(children.get(node, ()))
    weight: dict[int, int] = {}
    nearest: dict[int, Key | None] = {top: None}
    for node in order[1:]:
        above = idom[node]
        owner_above = waits.keys[above] if above != top else None
        nearest[node] = owner_above if owner_above is not None else nearest[above]
        owner = waits.keys[node]
        if owner is not None:
            forest.parent[owner] = nearest[node]
    for node in reversed(order[1:]):
        owner = waits.keys[node]
        below = sum(weight[child] for child in children.get(node, ()))
        weight[node] = below + (1 if owner in waits.waits else 0)
        if owner is not None:
            forest.alone[owner] = below
            if below and owner in waits.waits:
                forest.gates.append(owner)
