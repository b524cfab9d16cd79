# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL's lock table turned into a graph of waiters and holders. Pure.

A queue of n sessions has n*(n-1)/2 pairs, so pairs are never written out: the members of a queue
hang on a chain of helper nodes, and the graph stays linear in the number of locks.

Modes and conflicts: PostgreSQL documentation, "Explicit Locking", table 13.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NamedTuple, Tuple, Union

Key = Union[int, str]  # who owns a lock: a (leader's) pid, or "prepared:<xid>"
Tag = Tuple[Any, ...]  # (locktype, database, relation, page, tuple, virtualxid, transactionid, classid, ...)

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
_CONFLICTING = {
    "AccessShareLock": (7,),
    "RowShareLock": (6, 7),
    "RowExclusiveLock": (4, 5, 6, 7),
    "ShareUpdateExclusiveLock": (3, 4, 5, 6, 7),
    "ShareLock": (2, 3, 5, 6, 7),
    "ShareRowExclusiveLock": (2, 3, 4, 5, 6, 7),
    "ExclusiveLock": (1, 2, 3, 4, 5, 6, 7),
    "AccessExclusiveLock": (0, 1, 2, 3, 4, 5, 6, 7),
}
CONFLICTS = {mode: tuple(MODES[i] for i in others) for mode, others in _CONFLICTING.items()}
SHARED_ROW = "shared row"  # the kind of lock by which a wait for all holders of a row is shown, see `shared_rows`
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


class Lock(NamedTuple):
    """One row of pg_locks. ``since`` is when the wait began (waitstart), if it is a wait."""

    owner: Key
    tag: Tag
    mode: str
    granted: bool
    since: datetime | None = None

    @property
    def kind(self) -> str:
        return str(self.tag[0])


@dataclass
class WaitGraph:
    """Edges go from the waiter to what it waits for. Helper nodes have no key.

    ``latent`` edges show only once a holder is gone: who queues for a row's tuple lock will wait for
    the same transaction as the session that holds the tuple lock now. ``holders`` are owners whose
    granted locks, tuple locks apart, make a session wait. ``held_by``: owners in conflict with a lock's waiters, by its
    tag; ``held_alike``: those of them that hold it as a waiter wants it and as one can at a time. ``only_queued``:
    waiters that no holder keeps from their lock, but others that stand before them in its queue.
    """

    keys: list[Key | None] = field(default_factory=list)
    node_of: dict[Key, int] = field(default_factory=dict)
    out: list[list[int]] = field(default_factory=list)
    latent: list[list[int]] = field(default_factory=list)
    waits: dict[Key, list[Lock]] = field(default_factory=dict)
    holders: set[Key] = field(default_factory=set)
    held_by: dict[Tag, set[Key]] = field(default_factory=dict)
    held_alike: dict[Tag, set[Key]] = field(default_factory=dict)
    only_queued: set[Key] = field(default_factory=set)

    def node(self, key: Key) -> int:
        if key not in self.node_of:
            self.node_of[key] = self.helper((), key)
        return self.node_of[key]

    def helper(self, targets: tuple[int, ...], key: Key | None = None) -> int:
        self.keys.append(key)
        self.out.append(list(targets))
        self.latent.append([])
        return len(self.out) - 1

    def all_edges(self) -> list[list[int]]:
        return [visible + hidden if hidden else visible for visible, hidden in zip(self.out, self.latent)]


class _Group:
    """The holders of one mode on one lock: pointed at as a whole, or as all but one of them."""

    def __init__(self, graph: WaitGraph, members: list[Key]) -> None:
        self.place = {key: i for i, key in enumerate(members)}
        self._graph = graph
        self._nodes = [graph.node(key) for key in members]
        self._from_left = self._chain(self._nodes)
        self._from_right: list[int] = []

    def _chain(self, nodes: list[int]) -> list[int]:
        chain: list[int] = []
        for node in nodes:
            chain.append(self._graph.helper((chain[-1], node)) if chain else node)
        return chain

    def nodes_without(self, key: Key) -> list[int]:
        place = self.place.get(key)
        if place is None:
            return [self._from_left[-1]]
        if not self._from_right:
            self._from_right = self._chain(self._nodes[::-1])[::-1]
        left = [self._from_left[place - 1]] if place > 0 else []
        right = [self._from_right[place + 1]] if place + 1 < len(self._nodes) else []
        return left + right


def wait_graph(locks: list[Lock]) -> WaitGraph:
    """Build the graph from the locks on contended objects (SIReadLock, which blocks no session, left out)."""
    graph = WaitGraph()
    granted: dict[Tag, dict[str, dict[Key, None]]] = {}
    queues: dict[Tag, list[Lock]] = {}
    for lock in locks:
        if lock.mode not in CONFLICTS:
            continue
        if lock.granted:
            granted.setdefault(lock.tag, {}).setdefault(lock.mode, {})[lock.owner] = None
        else:
            queues.setdefault(lock.tag, []).append(lock)
    for tag, queue in queues.items():
        queue.sort(key=lambda lock: lock.since or _NEVER)
        _add_queue(graph, queue, granted.get(tag, {}))
    _add_latent(graph, granted, queues)
    return graph


def _add_queue(graph: WaitGraph, queue: list[Lock], held: dict[str, dict[Key, None]]) -> None:
    in_conflict = {mode for lock in queue for mode in CONFLICTS[lock.mode]}
    groups = {mode: _Group(graph, list(owners)) for mode, owners in held.items() if mode in in_conflict}
    is_tuple = queue[0].kind == "tuple"
    ahead: dict[str, int] = {}  # per mode: the chain of those who queued earlier
    disturbed: set[str] = set()
    for lock in queue:
        node = graph.node(lock.owner)
        graph.waits.setdefault(lock.owner, []).append(lock)
        if not any(len(held[mode]) > (lock.owner in held[mode]) for mode in CONFLICTS[lock.mode] if mode in groups):
            graph.only_queued.add(lock.owner)
        for mode in CONFLICTS[lock.mode]:
            if mode in groups:
                graph.out[node].extend(groups[mode].nodes_without(lock.owner))
                disturbed.add(mode)
            if mode in ahead and ahead[mode] != node:
                graph.out[node].append(ahead[mode])
        earlier = ahead.get(lock.mode)
        ahead[lock.mode] = node if earlier is None else graph.helper((earlier, node))
    graph.held_by[queue[0].tag] = {owner for mode in disturbed for owner in held[mode]}
    # Of a row's queue the first alone waits for the transaction of its holder, whatever its lock on the row is.
    one_by_one = {lock.mode for lock in queue if lock.mode in CONFLICTS[lock.mode]}
    alike = disturbed if queue[0].kind == "transactionid" else disturbed & one_by_one
    graph.held_alike[queue[0].tag] = {owner for mode in alike for owner in held[mode]}
    if not is_tuple:
        graph.holders.update(graph.held_by[queue[0].tag])


def _add_latent(
    graph: WaitGraph, granted: dict[Tag, dict[str, dict[Key, None]]], queues: dict[Tag, list[Lock]]
) -> None:
    wants: dict[Key, int] = {}
    for tag, queue in queues.items():
        if tag[0] != "tuple":
            continue
        first = {owner for owners in granted.get(tag, {}).values() for owner in owners}
        for owner in first & set(graph.waits):
            if owner not in wants:  # what it waits for stays in the way when the session itself is gone
                wants[owner] = graph.helper(tuple(graph.out[graph.node(owner)]))
            for lock in queue:
                if lock.owner != owner:
                    graph.latent[graph.node(lock.owner)].append(wants[owner])
