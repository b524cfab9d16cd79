# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which sessions to end so that a lock queue moves again, at the least harm. Pure.

Every waiter that has waited too long must be cut off from every root. The sessions that may be terminated
are nodes with a price, the cheapest set that does it is a minimum vertex cut. So a long reader stays
when cancelling the ALTER TABLE queued behind it frees all waiters, two holders of one shared lock go
only together, and no session is terminated for waiters that a protected session holds up anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import AbstractSet, Any, Collection, Iterable, Mapping, TypedDict

from ..._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict
from ..._core.result import PlannedAct
from ..._core.text import span
from ..describe import describe, who_is
from ..exclusions import Exclusions
from ..session import Holder, Session
from ..snapshot import Snapshot
from . import graph as algorithms
from .benefit import blind_ends, costly_ends, giving_up, groups_of, uncertain_ends
from .deadlocks import broken_deadlocks
from .lock_table import Key
from .price import CANCEL, TERMINATE, Bounds, act_on, at_work, price_of, worst_act
from .returning import quiet_lines
from .tree import by_design_lines, waiting

VERB = "unblock"
_TRIED = 24  # targets up to which it is tried whether each is of use


class AlternativeDict(TypedDict):
    """Another plan for the same queue, that a person may approve in place of this one."""

    digest: str
    actions: list[dict[str, Any]]
    reason: str


class UnblockDict(PlanDict):
    """``frees``: how many of the late continue by the plan; ``up_to``: most sessions that rounds may end, the planned
    ones among them; ``alternatives``: the waiters to cancel where ending the holders would lose more than it frees."""

    frees: int
    up_to: int
    alternatives: list[AlternativeDict]


@dataclass(frozen=True)
class Judgement(PlannedAct):
    """A plan together with what it rests on: who waits too long, which of them would continue.

    ``keys`` leads from a target back to the session or prepared transaction; ``affected`` are the waiters
    that have waited too long, ``freed`` those of them that the plan's acts release.
    """

    snapshot: Snapshot
    plan: Plan
    keys: Mapping[str, Key]
    affected: frozenset[Key]
    freed: frozenset[Key]

    bounds: Bounds = field(default_factory=Bounds)
    no_incident: tuple[str, ...] = ()  # waits that are none, a line each
    waiters_to_cancel: tuple[Item, ...] = ()  # in place of those that need an approval

    @property
    def need_approval(self) -> tuple[Item, ...]:
        """Actions that lose more than they free: no run carries them out without an approval."""
        return tuple(item for item in self.plan.actions if item.detail.get("needs_approval"))

    def without_approval(self) -> Judgement:
        """The plan as it may be carried out when no person has approved any of it."""
        held = [item.target for item in self.need_approval]
        return self._of_use(self.plan.without(held, "needs an approval")) if held else self

    @property
    def up_to(self) -> int:
        """Most sessions that the rounds may end. One may follow that held a lock unseen at the first look (a shared
        row shows its holders one by one), or that waited, got its lock and has kept it for ``min_waiting``."""
        planned = len(self.plan.actions)
        clients = self.snapshot.client_sessions()
        open_ones = sum(client.xact_start is not None and client.target not in self.plan.targets for client in clients)
        room = self.bounds.targets(len(clients))
        return max(planned, min(room, planned + open_ones)) if planned else 0

    @property
    def left(self) -> int:
        """How many of the late would still wait after the plan was carried out."""
        return len(self.affected - self.freed - {self.keys[target] for target in self.plan.targets})

    def narrowed_to(self, only: Iterable[str] | None) -> Judgement:
        """On approved targets alone; what would free no session without the others is excluded as well."""
        plan = self.plan.narrowed_to(only)
        others = tuple(item for item in self.waiters_to_cancel if item.target in (only or ()))
        if others and not plan.actions:
            known = {item.target for item in others}
            left = tuple(item for item in plan.excluded if item.target not in known)
            return replace(self, plan=replace(plan, actions=others, excluded=left), freed=frozenset())
        return self._of_use(plan)

    def _of_use(self, plan: Plan) -> Judgement:
        """A part of the plan, without what would free no session unless the other part were carried out too."""
        while True:
            chosen = [self.keys[target] for target in plan.targets]
            freed = self.affected - self.snapshot.forest.still_blocked(chosen) - set(chosen)
            useless = [key for key in chosen if not self.snapshot.forest.behind([key]) & freed]
            if not useless:
                return replace(self, plan=plan, freed=frozenset(freed))
            plan = plan.without(
                [target for target in plan.targets if self.keys[target] in useless],
                "would free no session unless others are approved too",
            )

    def as_dict(self) -> UnblockDict:
        """The plan with what it promises: ``frees`` waiters continue, ``leaves`` still wait."""
        nothing = "" if self.affected else "; ".join([self._why_nothing(), *self.no_incident])
        plan = plan_dict(self.plan, len(self.affected), "sessions that wait too long", nothing, self.left)
        return {**plan, "frees": len(self.freed), "up_to": self.up_to, "alternatives": self._alternatives()}

    def _why_nothing(self) -> str:
        longest, least = self.snapshot.longest_wait(), self.bounds.min_waiting
        if not 0 < longest < least:
            return "nothing to do: no session waits too long"
        return (
            f"nothing to do: no session waits too long: {len(self.snapshot.forest.waiters)} wait, the longest for"
            f" {span(longest)}; too long is {least:g} s or longer (unblock_sessions_min_waiting)"
        )

    def _alternatives(self) -> list[AlternativeDict]:
        if not self.waiters_to_cancel:
            return []
        other = Plan(VERB, self.waiters_to_cancel)
        return [
            {
                "digest": other.digest,
                "actions": [item.as_dict() for item in other.actions],
                "reason": "cancels the waiters instead of terminating the active sessions that they wait for",
            }
        ]

    def diff(self) -> Diff:
        """Who is in the way now, and what becomes of each."""
        past = {
            CANCEL: "statement cancelled (session terminated if it keeps the lock)",
            TERMINATE: "session terminated",
        }
        before, after = [], []
        for item in self.plan.actions:
            name = who_is(self.snapshot, self.keys[item.target])
            before.append(f"{name}: {item.reason}")
            fate = past.get(item.action, "rolled back")
            after.append(f"{name}: {fate}, frees {item.detail['frees']} of {len(self.affected)}")
        for item in self.plan.excluded if self.plan.actions else ():
            key = self.keys.get(item.target)
            name = who_is(self.snapshot, key) if key is not None else item.target
            line = f"{name}: excluded, {item.reason}"
            before.append(line)
            after.append(line)
        if self.plan.actions:
            before.append(f"{waiting(len(self.affected))} too long")
            after.append(f"{waiting(self.left)} too long" if self.left else "no session waits too long")
        return diff_of("blocking sessions", before, after)

    def still_late(self, later: Snapshot) -> int:
        """How many of the late wait for a lock in a later snapshot, in the same statement, in no moving queue."""
        waits = later.forest.waits.waits
        then, now = self.snapshot.sessions, later.sessions
        moving = self.moving(later)
        return sum(
            isinstance(key, int) and key in waits and key in then and key in now and key not in moving
            and now[key].query_start == then[key].query_start
            for key in self.affected
        )  # fmt: skip

    def heirs(self, later: Snapshot) -> frozenset[Key]:
        """Sessions that waited in this look, have their lock in a later one, and have not held it for ``min_waiting``
        seconds, as far as can be proved. They are healthy: the queue moves by them."""
        return frozenset(
            key
            for key in self.snapshot.forest.waits.waits
            if isinstance(key, int) and key not in later.forest.waits.waits
            and self._holds_since(key, later) < self.bounds.min_waiting
        )  # fmt: skip

    def _holds_since(self, key: int, later: Snapshot) -> float:
        """Seconds for which it has held its lock at least: one that is still in the statement that waited may have got
        it a moment ago."""
        then, now = self.snapshot.sessions.get(key), later.sessions.get(key)
        if now is None or (then and now.state == "active" and now.query_start == then.query_start):
            return 0.0
        return now.seconds_in_state(later.now)

    def moving(self, later: Snapshot) -> set[Key]:
        """Those that wait in a later look for heirs alone."""
        heirs = self.heirs(later)
        return later.forest.behind(heirs) - later.forest.still_blocked(heirs) if heirs else set()


def judge(
    snapshot: Snapshot,
    exclusions: Exclusions,
    bounds: Bounds,
    late_before: Iterable[tuple[int, datetime | None]] | None = None,
    approved: Collection[str] = (),
    healthy: Collection[Key] = (),
) -> Judgement:
    """The least harm that frees every session that has waited for ``bounds.min_waiting`` seconds or longer.

    ``late_before``: in a later round, the statements (pid, query_start) that alone count as late, however young their
    present wait is. ``approved``: targets that a person named, also holders of advisory locks that others wait for by
    design. ``healthy``: sessions that got their lock since the first look.
    """
    forest = snapshot.forest
    by_design = snapshot.waits_by_design(bounds.min_waiting, approved)
    if late_before is None:
        affected = frozenset(snapshot.affected(bounds.min_waiting, approved, bounds.min_waiters))
    else:
        affected = frozenset(
            pid
            for pid, began in late_before
            if pid in forest.waits.waits and pid in snapshot.sessions and snapshot.sessions[pid].query_start == began
        )
    agreed = {holder for holders in by_design.values() for holder in holders}
    price: dict[Key, int] = {}
    excluded: dict[Key, str] = {}
    for key in _in_the_way(snapshot, affected):
        why = exclusions.why(snapshot.who(key)) or _why_not(snapshot, key, bounds.strategy)
        if not why and key in agreed and _outside_of_a_transaction(snapshot.who(key)):
            why = (
                "holds an advisory lock that others wait for by design; it is terminated only if its target is approved"
            )
        if not why and key in healthy:
            why = f"got its lock since the first snapshot, and has not held it for {bounds.min_waiting:g} s"
        if why:
            excluded[key] = why
        else:
            price[key] = price_of(snapshot, key, bounds)
    deadlocks = broken_deadlocks(snapshot, exclusions, bounds, affected, price, approved)
    broken = deadlocks.victims
    excluded = {key: why for key, why in excluded.items() if key not in broken}
    # Those that continue by the end of a deadlock's victim need no other one to go.
    late = affected & forest.still_blocked(broken) if broken else affected
    late -= forest.still_blocked([*broken, *price])  # by an excluded root blocker, or a deadlock that is left alone
    least = _needed(snapshot, affected, sorted({*_cut(snapshot, late, price, gone=broken), *broken}, key=str), bounds)
    # Also where the bounds exclude them: the waiters that could be cancelled instead are within any bound.
    costly, to_cancel = costly_ends(
        snapshot, exclusions, least, affected - forest.still_blocked(least) - set(least), bounds
    )
    chosen = _within_bounds(snapshot, least, affected, bounds, excluded)
    still = forest.still_blocked(chosen)
    for key in price:
        if key not in chosen and key not in excluded:
            excluded[key] = _why_left(forest.behind([key]) & affected, still)
    for key, why in deadlocks.stay.items():
        if key not in chosen:
            excluded.setdefault(key, why)
    freed = affected - still - set(chosen)
    costly.update(deadlocks.costly)
    costly.update({**uncertain_ends(snapshot, chosen, freed, bounds), **blind_ends(snapshot, chosen)})
    keys = {snapshot.who(key).target: key for key in (*price, *chosen, *excluded, *to_cancel)}
    plan = _as_plan(snapshot, chosen, freed, excluded, bounds, costly)
    lines = (
        *by_design_lines(snapshot, bounds.min_waiting, approved),
        *snapshot.convoys,
        *quiet_lines(snapshot, bounds.min_waiting),
    )
    others = tuple(giving_up(snapshot, key) for key in to_cancel)
    return Judgement(snapshot, plan, keys, affected, frozenset(freed), bounds, lines, others)


def _outside_of_a_transaction(holder: Holder) -> bool:
    return isinstance(holder, Session) and holder.xact_start is None


def _in_the_way(snapshot: Snapshot, affected: Iterable[Key]) -> list[Key]:
    """Roots and gates that some late waiter other than themselves waits for."""
    forest = snapshot.forest
    nodes = forest.waits.node_of
    edges = forest.waits.all_edges()
    awaited = algorithms.reachable(edges, {target for key in affected for target in edges[nodes[key]]})
    return [key for key in (*forest.root_blockers, *forest.queued_blockers) if nodes[key] in awaited]


def _why_not(snapshot: Snapshot, key: Key, strategy: str) -> str:
    is_gate = key in snapshot.forest.waits.waits
    if is_gate and strategy == "root_blockers":
        return "waits for a lock itself, and the strategy is root_blockers"
    if not is_gate and strategy == "queued_blockers":
        return "is a root blocker, and the strategy is queued_blockers"
    if is_gate and key in snapshot.forest.waits.holders and snapshot.forest.alone[key] < 2:
        return "waits in the queue itself, and at most one session waits only for it"
    return ""


def _cut(
    snapshot: Snapshot, affected: AbstractSet[Key], price: Mapping[Key, int], gone: Collection[Key] = ()
) -> list[Key]:
    """``gone``: victims of deadlocks, through which no waiter waits any more."""
    forest = snapshot.forest
    nodes = forest.waits.node_of
    ended = {nodes[key] for key in gone}
    starts = {nodes[key] for key in affected} - ended
    sinks = [nodes[key] for key in forest.root_blockers]
    edges = forest.waits.all_edges()
    if ended:
        edges = [[] if node in ended else targets for node, targets in enumerate(edges)]
    lively = algorithms.reachable(edges, starts)
    if not lively.intersection(sinks):
        return []
    names = {nodes[key]: key for key in price if nodes[key] in lively}
    cost = {node: price[key] for node, key in names.items()}
    cut = algorithms.min_vertex_cut(edges, starts, [n for n in sinks if n in lively], cost)
    return sorted((names[node] for node in cut), key=str)


def _needed(snapshot: Snapshot, affected: AbstractSet[Key], chosen: list[Key], bounds: Bounds) -> list[Key]:
    """Without those whose end frees no session beside the others, the dearest left out first: where sessions wait in a
    circle, a cut separates them from roots, and they wait on."""
    forest = snapshot.forest
    if not forest.cycles or len(chosen) > _TRIED:
        return chosen
    kept = chosen
    for key in sorted(chosen, key=lambda each: (-price_of(snapshot, each, bounds), str(each))):
        rest = [other for other in kept if other != key]
        if affected - forest.still_blocked(kept) - set(kept) <= affected - forest.still_blocked(rest) - set(rest):
            kept = rest
    return kept


def _within_bounds(
    snapshot: Snapshot, chosen: list[Key], affected: AbstractSet[Key], bounds: Bounds, excluded: dict[Key, str]
) -> list[Key]:
    """Whole groups only: ending one of two that hold up the same waiter would harm and free no waiter."""
    room = bounds.targets(len(snapshot.client_sessions()))
    kept: list[Key] = []
    for group, held_up in groups_of(snapshot, chosen, affected):
        if len(kept) + len(group) <= room:
            kept.extend(group)
            continue
        for key in group:
            excluded[key] = (
                f"{len(group)} sessions must be terminated together to free {held_up}; with {len(kept)} already "
                f"planned, that exceeds the limit of {room} (max_terminations {bounds.max_terminations}, "
                f"max_share {bounds.max_share:g})"
            )
    return kept


def _why_left(held_up: AbstractSet[Key], still: AbstractSet[Key]) -> str:
    if held_up and held_up <= still:
        return "terminating it would free no session: its waiters wait for an excluded session too"
    return "needs no action: the plan clears the queue without it"


def _as_plan(
    snapshot: Snapshot,
    chosen: list[Key],
    freed: AbstractSet[Key],
    excluded: dict[Key, str],
    bounds: Bounds,
    costly: Mapping[Key, str],
) -> Plan:
    forest = snapshot.forest
    actions = []
    for key in chosen:
        holder = snapshot.who(key)
        frees = len(forest.behind([key]) & freed)
        pid = holder.pid if isinstance(holder, Session) else 0
        reason = f"{describe(snapshot, key)}, blocks {forest.reach.get(key, 0)}"
        reason += f"; {snapshot.pressing[key]}" if key in snapshot.pressing else ""
        detail = {"pid": pid, "who": who_is(snapshot, key), "frees": frees, "at_work": at_work(snapshot, key, bounds)}
        if key in costly:
            detail["needs_approval"] = costly[key]
            reason += f"; needs an approval: {costly[key]}"
        actions.append(Item(holder.target, reason, act_on(holder), detail, worst_act(holder)))
    actions.sort(key=lambda item: (-item.detail["frees"], item.target))
    mercies = [
        Item(
            snapshot.who(key).target,
            why,
            detail={"pid": key if isinstance(key, int) else 0, "who": who_is(snapshot, key)},
        )
        for key, why in excluded.items()
    ]
    mercies.sort(key=lambda item: item.target)
    return Plan(VERB, tuple(actions), tuple(mercies))
