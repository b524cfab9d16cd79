# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Causes with their evidence, the heaviest first, and the mitigation of the first. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Collection, Iterable, Mapping, Sequence, TypedDict, cast

from .._core.text import counted
from .._postgres.activity_report import ActivityReport
from .._postgres.excess.excess_plan import IDLE_IN_TRANSACTION, EndDict, Parts
from .._postgres.excess.handed_over import named_by, out_of_reach, parts_for

END_SESSIONS = "end_sessions"


class Rules(TypedDict, total=False):
    """Variables of the role that mitigates, without the role's name as prefix; ``targets``: those of its plan."""

    targets: list[str]
    schema: str
    table: str
    columns: list[str]
    name: str
    database: str
    services: list[str]
    containers: list[str]
    which: str
    replicas: str
    proxy: str
    approval: str


class Detail(TypedDict, total=False):
    """More facts of a cause, by its kind; see the documentation of the module diagnosis."""

    advice: str
    application: str
    role: str
    roles: list[str]
    share: int
    alone: bool
    service: str
    raise_to: int
    proved: bool
    slot: str
    bytes: int
    remedy: str
    target: str
    sources: list[str]
    unresolved: list[str]


class CauseReport(TypedDict):
    """One cause and its mitigation; ``mitigation`` is empty where no role can act."""

    cause: str
    weight: float
    evidence: list[str]
    mitigation: str
    rules: Rules
    detail: Detail


class RoleSetting(TypedDict):
    """A setting of a role that would prevent the cause from now on."""

    role: str
    setting: str
    value: str


class DiagnosisReport(TypedDict):
    """What the module diagnosis returns. ``scale``: whether more replicas would help; ``unread``: what it rests on and
    could not be examined, a sentence each."""

    unread: list[str]
    cause: str
    mitigation: str
    rules: Rules
    causes: list[CauseReport]
    lines: list[str]
    advice: list[str]
    role_settings: list[RoleSetting]
    scale: str
    plans: Parts


_ALL = "all"  # which of compose_restart


@dataclass(frozen=True)
class Cause:
    """``weight``: the part of the problem that it explains, about 0 to 1, more where it must come first.

    ``mitigation``: the role that mitigates it, empty where no role can act; ``rules``: the role's variables, without
    the role's name as prefix. ``needs_approval``: why an operator must approve that, empty where the limit is enough.
    """

    name: str
    weight: float
    evidence: Sequence[str]
    mitigation: str = ""
    rules: Rules = field(default_factory=Rules)
    detail: Detail = field(default_factory=Detail)
    needs_approval: str = ""

    def as_dict(self) -> CauseReport:
        return {
            "cause": self.name,
            "weight": round(self.weight, 3),
            "evidence": list(self.evidence),
            "mitigation": self.mitigation,
            "rules": self.rules,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class Diagnosis:
    """The causes, the heaviest first; empty where nothing is wrong."""

    causes: Sequence[Cause]
    lines: Sequence[str]
    advice: Sequence[str]
    role_settings: Sequence[RoleSetting]
    scale: str = ""
    plan: EndDict | None = None
    unread: Sequence[str] = ()

    def as_dict(self) -> DiagnosisReport:
        first = self.causes[0] if self.causes else None
        rules: Rules = {}
        for cause in self.causes:
            if first is not None and cause.mitigation == first.mitigation:
                rules = _merged_rules(rules, cause.rules)
        return {
            "unread": list(self.unread),
            "cause": first.name if first else "",
            "mitigation": first.mitigation if first else "",
            "rules": rules,
            "causes": [cause.as_dict() for cause in self.causes],
            "lines": list(self.lines),
            "advice": list(self.advice),
            "role_settings": list(self.role_settings),
            "scale": self.scale,
            "plans": self._plans(),
        }

    def _plans(self) -> Parts:
        """Of the plan, what the causes name that the heaviest one's mitigation is for."""
        if self.plan is None or not self.causes or self.causes[0].mitigation != END_SESSIONS:
            return {}
        targets: dict[str, str] = {}
        for cause in reversed(self.causes):  # of two causes that name a target, the heavier one counts
            if cause.mitigation == END_SESSIONS:
                targets.update(dict.fromkeys(cause.rules.get("targets", []), cause.needs_approval))
        return parts_for(self.plan, targets)


def _merged_rules(heavier: Rules, lighter: Rules) -> Rules:
    """The values of the heavier cause win; lists of both are joined. Where one of both starts what does not run (all),
    both do."""
    rules: dict[str, Any] = dict(heavier)
    more: dict[str, Any] = dict(lighter)
    both = {name: [*rules[name], *more[name]] for name in rules if isinstance(more.get(name), list)}
    if _ALL in (rules.get("which"), more.get("which")):
        rules["which"] = _ALL
    return cast(Rules, {**more, **rules, **{name: list(dict.fromkeys(values)) for name, values in both.items()}})


def ended_by(cause: Cause, plan: EndDict, rule: str, families: Collection[str] | None = None) -> Cause:
    """The cause with the targets that the plan has for it; without any, with why there are none, and no mitigation."""
    targets = named_by(plan, rule, families)
    if targets:
        return replace(cause, mitigation=END_SESSIONS, rules={"targets": targets})
    beyond = out_of_reach(plan, families)
    if not beyond:
        return cause
    advice = why_out_of_reach(beyond)
    return replace(cause, evidence=(*cause.evidence, advice), detail={**cause.detail, "advice": advice})


def why_out_of_reach(sessions: Sequence[Mapping[str, Any]]) -> str:
    """Why these sessions may not be terminated, each reason once, and what would let them be."""
    reasons = dict.fromkeys(session["reason"] for session in sessions)
    who = ", ".join(dict.fromkeys(session["application"] for session in sessions))
    return (
        f"{counted(len(sessions), 'session')} of {who} may not be terminated: {'; '.join(reasons)}. Give the"
        " application a role"
        " of its own that is no superuser; or log in as a superuser and list its role in runbook_application_superusers"
    )


def joined(causes: Iterable[Cause]) -> list[Cause]:
    """One cause for each name and rules, the first with the evidence of all, and as grave as the gravest of them: one
    restart serves two targets."""
    by_key: dict[tuple[str, str], Cause] = {}
    for cause in causes:
        key = (cause.name, str(cause.rules))
        known = by_key.get(key)
        by_key[key] = cause if known is None else _both(known, cause)
    return list(by_key.values())


def _both(known: Cause, other: Cause) -> Cause:
    weight = max(known.weight, other.weight)
    return replace(known, evidence=(*known.evidence, *other.evidence), weight=weight)


def server_causes(activity: ActivityReport) -> list[Cause]:
    """States of the whole server come first, and no session is terminated for them."""
    return [
        Cause(
            state["cause"],
            3.0 if state["sessions"] or state["refuses"] else 0.3,
            (state["text"], state["advice"]),
            "",
            {},
            {"advice": state["advice"]},
        )
        for state in activity["server_states"]
    ]


def unseen(activity: ActivityReport) -> list[str]:
    """What of the sessions this login could not see, in a sentence; empty where it sees all."""
    if activity["visibility"] == "full":
        return []
    return [
        f"{counted(activity['redacted'], 'session is', 'sessions are')} hidden from the login role: it lacks pg_monitor"
    ]


class IdleTransactionLimit:
    """The timeout that would end forgotten transactions: twice ``seconds``, at least 60 s.

    It concerns all sessions of a role. So it is proposed for no role with a session that it would end and the plan does
    not, or not unasked: a leader that holds its lock in a transaction, a job that works elsewhere meanwhile.
    """

    def __init__(self, seconds: float, activity: ActivityReport, plan: EndDict) -> None:
        self._limit = max(60, int(2 * seconds))
        doubtful = {item["target"] for item in (*plan["actions"], *plan["excluded"]) if item.get("needs_approval")}
        named = {*named_by(plan, IDLE_IN_TRANSACTION), *(item["target"] for item in out_of_reach(plan))} - doubtful
        self._left_alone: dict[str, list[int]] = {}
        for session in activity["activity"]["idle_in_transaction"]:
            if session["seconds_in_state"] >= self._limit and session["target"] not in named:
                self._left_alone.setdefault(session["user"], []).append(session["pid"])

    def settings(self, roles: Iterable[str]) -> list[RoleSetting]:
        """For roles that left transactions idle."""
        return [
            {"role": role, "setting": "idle_in_transaction_session_timeout", "value": f"{self._limit}s"}
            for role in roles
            if role not in self._left_alone
        ]

    def advice(self, roles: Iterable[str]) -> list[str]:
        """Why there is none for the others."""
        return [
            f"no idle_in_transaction_session_timeout is proposed for the role {role}: it would also end sessions that"
            f" are left alone, or terminated only with an approval ({', '.join(map(str, self._left_alone[role][:4]))})"
            for role in roles
            if role in self._left_alone
        ]


def diagnosis(
    causes: Sequence[Cause],
    lines: Sequence[str],
    advice: Sequence[str],
    role_settings: Sequence[RoleSetting] = (),
    scale: str = "",
    plan: EndDict | None = None,
    unread: Sequence[str] = (),
) -> Diagnosis:
    """With the evidence of each cause among the lines. ``plan``: to end sessions, from the look that gave the facts.

    ``unread``: what the diagnosis rests on and could not be examined, a sentence each.
    """
    cause_lines = [
        f"{place}. {cause.name.replace('_', ' ')}: {cause.evidence[0]}" for place, cause in enumerate(causes, 1)
    ]
    return Diagnosis(causes, [*lines, *cause_lines], advice, role_settings, scale, plan, unread)
