# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which session blocks which: root blockers, gates, cycles, and the tree that a person reads. Pure.

A *root* holds a lock that others wait for and does not wait itself. A *gate* waits itself, and others
wait only because it does: without it they would get their lock. The tree hangs every session under
the nearest one that alone could set it free (its immediate dominator), so a branch answers the
question of the night: if this one goes, which sessions can continue?
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Collection, Iterable

from . import graph as algorithms
from .lock_table import CONFLICTS, SHARED_ROW, Key, Lock, Tag, WaitGraph, wait_graph


@dataclass
class Forest:
    """The judged graph. ``alone[k]``: how many waiters continue if just ``k`` goes away.
    ``reach[k]``: how many wait for ``k``, directly or through others, perhaps for others too.

    ``cycles`` may go through places in a queue, which PostgreSQL can change, and through rows that are shared;
    ``held``: for each member of one, those others whose locks it waits for at present.
    """

    waits: WaitGraph
    root_blockers: list[Key] = field(default_factory=list)
    queued_blockers: list[Key] = field(default_factory=list)
    cycles: list[list[Key]] = field(default_factory=list)
    held: dict[Key, set[Key]] = field(default_factory=dict)
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

    def waiting_for(self, key: Key) -> list[Key]:
        """Waiters with an edge straight to ``key``: those that it still blocks."""
        waits = self.waits
        node = waits.node_of.get(key)
        if node is None:
            return []
        back = algorithms.reversed_graph(waits.out)
        waiters: dict[Key, None] = {}
        visited = {node}
        todo = [node]
        while todo:
            for before in back[todo.pop()]:
                if before not in visited:
                    visited.add(before)
                    owner = waits.keys[before]
                    if owner is None:
                        todo.append(before)
                    else:
                        waiters[owner] = None
        return list(waiters)

    def behind(self, keys: Iterable[Key]) -> set[Key]:
        """All waiters that wait for any of ``keys``, directly or through others."""
        starts = [self.waits.node_of[key] for key in keys if key in self.waits.node_of]
        reached = algorithms.reachable(self.backwards, starts)
        return {owner for owner in (self.waits.keys[node] for node in reached) if owner in self.waits.waits}

    def still_blocked(self, removed: Iterable[Key]) -> set[Key]:
        """The waiters that would still wait for a root, a deadlock or a circle of places in queues if ``removed`` were
        gone."""
        removed = list(removed)
        gone = [self.waits.node_of[key] for key in removed if key in self.waits.node_of]
        circles = [*self.deadlocks_without(removed), *(each for each in self._of_places if each.isdisjoint(removed))]
        stuck = [*self.root_blockers, *(key for circle in circles for key in circle)]
        reached = algorithms.reachable(self.backwards, [self.waits.node_of[key] for key in stuck], closed=gone)
        return {owner for owner in (self.waits.keys[node] for node in reached) if owner in self.waits.waits}

    @cached_property
    def deadlocks(self) -> list[list[Key]]:
        """Sessions that wait for locks that others of them have, each of them: only the end of one frees any."""
        return self.deadlocks_without(())

    def deadlocks_without(self, removed: Collection[Key]) -> list[list[Key]]:
        """Those that would be left if ``removed`` were gone."""
        keys = [key for key in self.held if key not in removed]
        node_of = {key: node for node, key in enumerate(keys)}
        out = [[node_of[other] for other in self.held[key] if other in node_of] for key in keys]
        return [sorted((keys[node] for node in component), key=str) for component in algorithms.cycles(out)]

    @cached_property
    def _of_places(self) -> list[frozenset[Key]]:
        """Cycles that go through places in a queue, without a root that keeps them: these wait until PostgreSQL changes
        the places."""
        if not self.cycles:
            return []
        others = {*self.behind(self.root_blockers), *(key for deadlock in self.deadlocks for key in deadlock)}
        return [frozenset(cycle) for cycle in self.cycles if others.isdisjoint(cycle)]

    @cached_property
    def backwards(self) -> list[list[int]]:
        """For each node of the graph, latent edges included: the nodes that wait for it."""
        return algorithms.reversed_graph(self.waits.all_edges())


def build_forest(locks: list[Lock]) -> Forest:
    """Judge the locks of one moment."""
    waits = wait_graph(locks)
    forest = Forest(waits)
    blocking = algorithms.reachable(waits.out, [waits.node_of[key] for key in waits.waits])
    forest.root_blockers = [key for key, node in waits.node_of.items() if node in blocking and key not in waits.waits]
    _dominate(forest)
    acyclic = _count_reach(forest)
    if not acyclic or any(key not in forest.parent for key in waits.waits):
        _find_cycles(forest, locks)
    forest.root_blockers.sort(key=lambda key: (-forest.reach[key], str(key)))
    forest.queued_blockers.sort(key=lambda key: (-forest.alone[key], str(key)))
    return forest


def _find_cycles(forest: Forest, locks: Iterable[Lock]) -> None:
    """Latent edges left out: no session waits for those yet. Nor does one wait for all who share a row: PostgreSQL
    makes it wait for one after the other, and has no deadlock before it waits for a member of the circle."""
    keys = forest.waits.keys
    components = algorithms.cycles(forest.waits.out)
    owners = [[key for key in (keys[node] for node in component) if key is not None] for component in components]
    forest.cycles = [sorted(cycle, key=str) for cycle in owners if len(cycle) > 1]
    members = {key for cycle in forest.cycles for key in cycle}
    granted: dict[Tag, list[Lock]] = {}
    for lock in locks:
        if lock.granted and lock.owner in members and lock.kind != SHARED_ROW:
            granted.setdefault(lock.tag, []).append(lock)
    forest.held = {
        key: {
            held.owner
            for lock in forest.waits.waits[key]
            for held in granted.get(lock.tag, ())
            if held.owner != key and held.mode in CONFLICTS[lock.mode]
        }
        for key in members
    }


def _count_reach(forest: Forest) -> bool:
    """Fills ``reach``; returns whether what is behind the root blockers is free of cycles."""
    node_of = forest.waits.node_of
    counts, acyclic = algorithms.marked_behind(
        forest.backwards,
        [node_of[key] for key in forest.root_blockers],
        [node_of[key] for key in forest.root_blockers + forest.queued_blockers],
        [node_of[key] for key in forest.waits.waits],
    )
    forest.reach = {key: counts.get(node_of[key], 0) for key in forest.root_blockers + forest.queued_blockers}
    return acyclic


def _dominate(forest: Forest) -> None:
    waits = forest.waits
    top = len(waits.keys)
    starts = [waits.node_of[key] for key in forest.root_blockers]
    idom = algorithms.dominators([*forest.backwards, starts], top)
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
                forest.queued_blockers.append(owner)
