# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions that are one too many by a rule, and which of them may be terminated at the least harm. Pure.

Sessions with a dead client connection come first; then idle sessions over an application's fair share,
which a pool opens again when it needs them; then transactions in which nothing happens; at last statements that run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Collection, Mapping, Sequence, TypedDict

from ..._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict
from ..._core.result import PlannedAct
from ..._core.text import span
from ..._core.times import stamp
from ..activity_report import session_dict
from ..connection_limits import application_of
from ..describe import who_is
from ..exclusions import Exclusions
from ..locks.benefit import why_keep, why_part
from ..locks.election import why_lead
from ..locks.price import CANCEL, TERMINATE, harm
from ..session import Session
from ..snapshot import Snapshot, count_connections
from ..sql_text import without_literals
from ..work import maintenance, why_ask
from .dead_rows import RowKeeper, held_back, why_in_vain
from .gone_clients import why_not_unasked
from .over_share import OverShare, Shares, over_share

VERB = "end_sessions"
DEAD_CLIENT, IDLE, IDLE_IN_TRANSACTION, RUNNING = "dead_clients", "idle", "idle_in_transaction", "running"
BUSY = "busy"  # the option that names sessions of the tier RUNNING
CHOSEN = "chosen"  # by an operator, and by no rule
TIERS = (DEAD_CLIENT, IDLE, IDLE_IN_TRANSACTION, RUNNING, CHOSEN)
HARMLESS = (DEAD_CLIENT, IDLE)
_COPIES = "only all sessions with this statement together use much of the processor: it may be work that was divided"
_LISTENS = re.compile(r"(?:^|;)\s*LISTEN\b", re.I)


@dataclass(frozen=True)
class Rules:
    """From when on a session is one too many; None and empty mean that a rule is off. Times in seconds.

    ``busy``: cores by pid, measured outside; ``dead_clients``: what shows that a client is gone, by
    ``pid@backend_start``.
    ``shares``: most sessions of an application, by its name; for others ``share`` of the connection limit, and so
    many that ``headroom`` of it stays free. ``floor``: idle sessions are not ended below that many of an application.
    ``maintenance``: whether maintenance counts as a statement that runs for too long. ``holds_back``: whether a
    transaction has to hold others back to be one too many (see `Known`). ``room``: why a busy statement that reads may
    harm no session, which needs an approval. ``copies``: pids of busy ones that use much only together with others.
    ``possible_leaks``: whether idle sessions are named, too, of which it is not known whether they leak, which needs an
    approval (see `why_unclear`).
    """

    idle: float | None = None
    idle_in_transaction: float | None = None
    long_running: float | None = None
    busy: Mapping[int, float] = field(default_factory=dict)
    min_running: float = 10.0
    dead_clients: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, int] = field(default_factory=dict)
    share: float = 0.5
    headroom: float = 0.2
    floor: int = 2
    maintenance: bool = False
    holds_back: bool = False
    room: str = ""
    copies: frozenset[int] = frozenset()
    possible_leaks: bool = False


@dataclass(frozen=True)
class Known:
    """What is known of sessions beside their snapshot, by pid.

    ``keeps``: what an idle session keeps that a pool would not give it back; ``horizon``: of how many transactions a
    session keeps the dead rows; ``row_keepers``: what keeps such rows and is no session of a client.
    """

    keeps: Mapping[int, str] = field(default_factory=dict)
    horizon: Mapping[int, int] = field(default_factory=dict)
    row_keepers: Sequence[RowKeeper] = ()


@dataclass(frozen=True)
class Bounds:
    """``max_share`` is a fraction of the client sessions; one target is always within it. Sessions that do nothing
    (idle, or without a client) are bounded by ``max_idle`` alone."""

    max_terminations: int = 10
    max_share: float = 0.2
    max_idle: int = 100

    def room(self, tier: str, sessions: int) -> int:
        return self.max_idle if tier in HARMLESS else min(self.max_terminations, max(1, int(sessions * self.max_share)))

    def words(self, tier: str) -> str:
        return (
            f"max_idle {self.max_idle}"
            if tier in HARMLESS
            else f"max_terminations {self.max_terminations}, max_share {self.max_share:g}"
        )


class EndDict(PlanDict):
    """``by_rule`` counts the actions; ``harmless``: no session in it does anything."""

    frees: int
    by_rule: dict[str, int]
    harmless: bool


class Parts(TypedDict, total=False):
    """A plan in two parts, each with a digest and so with a limit of its own: those who do nothing, and all others."""

    harmless: EndDict
    others: EndDict


MATCHING = "sessions that match the rules"


def end_dict(plan: Plan, affected: int, left: int, what: str = MATCHING, nothing: str = "") -> EndDict:
    """The plan with what it promises. ``what`` is counted; ``nothing``: why there is no action, in place of the rules'
    words."""
    rules = [item.detail["rule"] for item in plan.actions]
    nothing = nothing or ("" if affected else "nothing to do: no session matches the rules")
    return {
        **plan_dict(plan, affected, what, nothing, left),
        "frees": len(plan.actions),
        "by_rule": {tier: rules.count(tier) for tier in TIERS if tier in rules},
        "harmless": bool(rules) and all(rule in HARMLESS for rule in rules),
    }


@dataclass(frozen=True)
class Excess(PlannedAct):
    """The plan, the sessions behind its targets, and all that the rules named and that is not excluded. ``what`` is
    counted; ``nothing``: why there is no action, in place of the rules' words; ``about``: what an operator is shown of
    the one session that he chose, in lines."""

    snapshot: Snapshot
    plan: Plan
    sessions: Mapping[str, Session]
    affected: frozenset[str]
    harmless: frozenset[str] = frozenset()  # those of the late who do nothing
    what: str = "sessions that match the rules"
    nothing: str = ""
    about: tuple[str, ...] = ()

    @property
    def left(self) -> int:
        return len(self.affected - set(self.plan.targets))

    def part(self, harmless: bool) -> Excess:
        """Those who do nothing, or all others: a plan of its own, since each has a limit of its own at the gate."""
        actions = tuple(item for item in self.plan.actions if (item.detail["rule"] in HARMLESS) is harmless)
        affected = self.affected & self.harmless if harmless else self.affected - self.harmless
        return replace(self, plan=replace(self.plan, actions=actions), affected=affected)

    @property
    def targets(self) -> list[tuple[Item, Session]]:
        return [(item, self.sessions[item.target]) for item in self.plan.actions]

    def as_dict(self) -> EndDict:
        """The plan with what it promises."""
        return end_dict(self.plan, len(self.affected), self.left, self.what, self.nothing)

    def diff(self) -> Diff:
        continues = "" if self.about else " (session terminated if it continues)"
        fates = {CANCEL: f"statement cancelled{continues}", TERMINATE: "session terminated"}
        before = [f"{item.detail['who']}: {item.reason}" for item in self.plan.actions]
        after = [f"{item.detail['who']}: {fates[item.action]}" for item in self.plan.actions]
        return diff_of("sessions that match the rules", before, after)

    def evidence(self, rows: int) -> dict[str, Any]:
        """Who they are and what they ran, without literals, and how the slots were used."""
        named = list(self.sessions.values())
        return {
            "at": stamp(self.snapshot.now),
            "server": dict(self.snapshot.server),
            "plan": self.as_dict(),
            "connections": count_connections(self.snapshot),
            "sessions": [session_dict(self.snapshot, session, "normalized") for session in named[:rows]],
            "sessions_in_all": len(named),
            **({"about": list(self.about)} if self.about else {}),
        }


def plan_ending(
    snapshot: Snapshot, exclusions: Exclusions, rules: Rules, bounds: Bounds, known: Known = Known()
) -> Excess:
    """Which sessions the rules name, the least harm first."""
    named: list[tuple[str, Session, str]] = []
    excluded: dict[str, Item] = {}
    asks: dict[int, str] = {}
    for tier, session, reason in _named(snapshot, exclusions, rules, known, excluded, asks):
        why = exclusions.why(session) or _why_not(tier, session, known.keeps) or _why_work(tier, session, rules)
        if why:
            excluded[session.target] = _excluded(snapshot, session, why, exclusions)
        else:
            named.append((tier, session, reason))
    named.sort(key=lambda entry: (TIERS.index(entry[0]), _price(snapshot, rules, *entry[:2])))
    forgotten = [session for tier, session, dummy in named if tier == IDLE_IN_TRANSACTION]
    going = {session.pid for session in forgotten if not why_keep(snapshot, session)}
    actions: list[Item] = []
    counted = dict.fromkeys(TIERS, 0)
    for tier, session, reason in named:
        room = bounds.room(tier, len(snapshot.client_sessions()))
        ask = asks.get(session.pid, "") if tier == IDLE else _why_ask(snapshot, tier, session, rules, known, going)
        harmless = tier in HARMLESS
        taken = sum(number for name, number in counted.items() if (name in HARMLESS) is harmless)
        if taken >= room:
            why = f"exceeds the limit of {room} ({bounds.words(tier)}): {reason}"
            excluded[session.target] = _item(snapshot, session, why, rule=tier, ask=ask)
            continue
        counted[tier] += 1
        actions.append(_item(snapshot, session, reason, act_on(tier, session), tier, ask))
    sessions = {session.target: session for dummy, session, dummy2 in named}
    affected = frozenset(sessions)
    idle = frozenset(session.target for tier, session, dummy in named if tier in HARMLESS)
    for target in excluded:
        sessions.setdefault(target, snapshot.sessions[excluded[target].detail["pid"]])
    return Excess(snapshot, Plan(VERB, tuple(actions), tuple(excluded.values())), sessions, affected, idle)


def act_on(tier: str, session: Session) -> str:
    """Cancelling a session that runs nothing does nothing, and to cancel for a client that is gone has no effect."""
    return CANCEL if tier == RUNNING and session.state == "active" else TERMINATE


def _item(seen: Snapshot, session: Session, reason: str, action: str = "", rule: str = "", ask: str = "") -> Item:
    application = application_of(session).family
    detail: dict[str, Any] = {"pid": session.pid, "who": who_is(seen, session.pid), "application": application}
    worst = TERMINATE if action == CANCEL and rule != CHOSEN else ""  # where the statement does not stop, see `ending`
    more = {name: value for name, value in (("rule", rule), ("needs_approval", ask)) if value}
    return Item(session.target, reason, action, {**detail, **more}, worst)


def _excluded(snapshot: Snapshot, session: Session, why: str, exclusions: Exclusions) -> Item:
    """``out_of_reach``: a rule names it, but it is a superuser's or beyond the rights of this login."""
    able = replace(exclusions, superusers=False)
    item = _item(snapshot, session, why)
    reach = bool(exclusions.why(session)) and not able.why(session._replace(signalable=True))
    return replace(item, detail={**item.detail, "out_of_reach": True}) if reach else item


def _named(
    snapshot: Snapshot,
    exclusions: Exclusions,
    rules: Rules,
    known: Known,
    excluded: dict[str, Item],
    asks: dict[int, str],
) -> list[tuple[str, Session, str]]:
    """Every session that a rule names, once, by the rule that harms least. ``asks``: filled with why an idle one may be
    of no leak."""
    by_rule: dict[int, tuple[str, Session, str]] = {}
    for session in snapshot.sessions.values():
        if session.pid == exclusions.own_pid:
            continue
        gone = rules.dead_clients.get(session.target.partition("/")[0])
        if gone:
            reason = f"its client connection is dead ({gone}); {session.state or 'state unknown'}"
            by_rule[session.pid] = (DEAD_CLIENT, session, reason)
            continue
        seconds = session.seconds_in_state(snapshot.now)
        if _is_forgotten(snapshot, session, rules):
            wrote = ", has written" if session.has_written else ""
            keeps = held_back(snapshot, session, known.horizon)
            if keeps or not rules.holds_back:
                reason = f"{session.state} for {span(seconds)}{wrote}{keeps}"
                by_rule[session.pid] = (IDLE_IN_TRANSACTION, session, reason)
        elif session.pid in rules.busy:
            cores = rules.busy[session.pid]
            if session.state != "active":
                excluded[session.target] = _item(
                    snapshot, session, exclusions.why(session) or f"is now {session.state or 'inactive'}"
                )
            elif seconds < rules.min_running:
                excluded[session.target] = _item(
                    snapshot, session, exclusions.why(session) or f"its statement has run for only {span(seconds)}"
                )
            else:
                reason = f"its statement has run for {span(seconds)} and uses {cores:.2f} cores"
                by_rule[session.pid] = (RUNNING, session, reason)
        elif session.state == "active" and rules.long_running is not None and seconds >= rules.long_running:
            client = f", and waits for its client ({session.wait_event})" if session.waits_for_client else ""
            by_rule[session.pid] = (RUNNING, session, f"its statement has run for {span(seconds)}{client}")
    if rules.idle is not None:
        # An idle transaction that will be terminated too is no reason to keep an idle session: that one harms less.
        missed = frozenset(pid for pid, (tier, dummy, dummy2) in by_rule.items() if tier == DEAD_CLIENT)
        for pid, over in _over_share(snapshot, exclusions, rules, known.keeps, missed, excluded).items():
            by_rule.setdefault(pid, (IDLE, snapshot.sessions[pid], over.reason))
            asks[pid] = over.ask
    return list(by_rule.values())


def _is_forgotten(snapshot: Snapshot, session: Session, rules: Rules) -> bool:
    limit = rules.idle_in_transaction
    return session.idle_in_transaction and limit is not None and session.seconds_in_state(snapshot.now) >= limit


def _over_share(
    snapshot: Snapshot,
    exclusions: Exclusions,
    rules: Rules,
    keeps: Mapping[int, str],
    missed: frozenset[int],
    excluded: dict[str, Item],
) -> dict[int, OverShare]:
    """``missed``: those whose client is gone; they count as gone, unless they are excluded."""

    def may_end(session: Session) -> bool:
        if _why_not(IDLE, session, keeps):
            return False
        why = exclusions.why(session) or _why_work(IDLE, session, rules)
        if why:
            excluded[session.target] = _excluded(snapshot, session, why, exclusions)
        return not why

    going = frozenset(pid for pid in missed if not exclusions.why(snapshot.sessions[pid]))
    shares = Shares(rules.idle or 0.0, rules.shares, rules.share, rules.headroom, rules.floor, rules.possible_leaks)
    return over_share(snapshot, shares, going, may_end)


def _why_not(tier: str, session: Session, keeps: Mapping[int, str]) -> str:
    if tier == RUNNING and session.wait_type == "Lock":
        return "waits for a lock: terminating it would free no session (see pg_kill_blocking)"
    if tier == IDLE and session.pid in keeps:
        return keeps[session.pid]
    if tier == IDLE and _LISTENS.search(without_literals(session.query)):
        return "listens for notifications"
    return ""


def _why_ask(
    snapshot: Snapshot, tier: str, session: Session, rules: Rules, known: Known, going: Collection[int]
) -> str:
    """``going``: idle in their transactions, and terminated without an approval."""
    if tier == DEAD_CLIENT:
        forgotten = not rules.holds_back and _is_forgotten(snapshot, session, rules)
        return "" if forgotten else why_not_unasked(session, rules.dead_clients[session.target.partition("/")[0]])
    if tier == RUNNING and session.pid in rules.busy:
        return why_ask(session) or rules.room or (_COPIES if session.pid in rules.copies else "")
    if tier != IDLE_IN_TRANSACTION:
        return ""
    if not rules.holds_back:
        return why_lead(snapshot, session) or why_part(session)
    return why_keep(snapshot, session) or why_in_vain(snapshot, session, known.horizon, known.row_keepers, going)


def _why_work(tier: str, session: Session, rules: Rules) -> str:
    kind = maintenance(session) if tier != DEAD_CLIENT and not rules.maintenance else ""
    return f"is maintenance ({kind}), which may run long (see the option maintenance)" if kind else ""


def _price(snapshot: Snapshot, rules: Rules, tier: str, session: Session) -> tuple[float, float, float]:
    """Least harm first; then who uses most, then who is there longest."""
    lost = 0 if tier in HARMLESS else harm(session)
    return lost, -rules.busy.get(session.pid, 0.0), -session.seconds_in_state(snapshot.now)


def standing(snapshot: Snapshot) -> dict[str, Any]:
    """Slots for ordinary roles that are free, and sessions that wait for a lock."""
    return {"free": count_connections(snapshot)["ordinary_free"], "waiters": len(snapshot.forest.waiters)}
