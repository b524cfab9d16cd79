# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan: what a mitigation would do to which targets, which targets it excludes, and why. Pure.

Every mitigation returns this type, so that one gate, one approval and one record serve all of them. A target identifies
one object: it no longer matches when the object is replaced by another.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any, Iterable, Mapping, Sequence, TypedDict, cast

from .text import harmless


class Detail(TypedDict, total=False):
    """What kinds of plan add, for the screen, the gate and the diagnosis.

    ``who``: a name for people; ``frees``: how many sessions an action frees; ``rule`` and ``application``: by which
    rule a session of which application is named; ``out_of_reach``: it is excluded only as a superuser's, or by
    the login's rights.
    """

    who: str
    frees: int
    pid: int
    application: str
    rule: str
    out_of_reach: bool
    needs_approval: str


class ExcludedDict(Detail):
    """A target that is left alone."""

    target: str
    reason: str


class ActionDict(ExcludedDict):
    """A target and what would be done to it."""

    action: str


class PlanDict(TypedDict):
    """A plan as a module returns it, with its expected effect.

    ``affected_before``: how many things of the kind ``what`` have the problem; ``affected_after``: how many of them
    would still have it after the plan; ``no_action_reason``: why there is nothing to do, else empty.
    """

    verb: str
    digest: str
    actions: list[ActionDict]
    excluded: list[ExcludedDict]
    affected_before: int
    affected_after: int
    what: str
    no_action_reason: str


class Diff(TypedDict):
    """The ``diff`` of a result, as Ansible shows it."""

    before_header: str
    after_header: str
    before: str
    after: str


def unspaced(text: str) -> str:
    """The text as a part of a target: approved targets are passed in lists that are split at white space and commas."""
    return re.sub(r"[\s,]", "+", text)


def kind_of(verb: str) -> str:
    """The first characters of the digests of all plans of this verb; a unit test shows that no two verbs share them."""
    return hashlib.sha256(f"plan {verb}".encode("ascii", "replace")).hexdigest()[:2]


@dataclass(frozen=True)
class Item:
    """One target that a plan acts on or excludes.

    ``detail`` has more facts by the kind of plan (pid, frees, ...); it is no part of the digest. ``worst``: the
    harshest act that may follow where the first does not help, empty where none does. The digest names that one, since
    the first depends on what the target does at the moment.
    """

    target: str
    reason: str
    action: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    worst: str = ""

    def as_dict(self) -> dict[str, Any]:
        act = {"action": self.action} if self.action else {}
        act.update({"worst": self.worst} if self.worst and self.action else {})
        return {"target": self.target, "reason": self.reason, **act, **self.detail}


@dataclass(frozen=True)
class Plan:
    """``verb``: the kind of act; ``actions``: its targets; ``excluded``: targets that it leaves alone, and why."""

    verb: str
    actions: tuple[Item, ...] = ()
    excluded: tuple[Item, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the verb and every (worst act, target), in any order.

        Reasons and counts change from second to second and are not included: two plans with one digest do the same.
        It begins with the kind of its plan, so that an approval of a plan of another kind is known as such.
        """
        acts = sorted([item.worst or item.action, item.target] for item in self.actions)
        canonical = json.dumps([self.verb, acts], separators=(",", ":"), ensure_ascii=True)
        kind = kind_of(self.verb)
        return kind + hashlib.sha256(canonical.encode("ascii")).hexdigest()[len(kind) :]

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(item.target for item in self.actions)

    def narrowed_to(self, only: Iterable[str] | None) -> Plan:
        """The same plan, acting on approved targets alone: narrower or equal, never wider.

        None: the whole plan. An approved target that is not in the plan is listed in ``excluded`` with the reason.
        """
        if only is None:
            return self
        approved = list(dict.fromkeys(only))
        held_back = tuple(
            replace(item, action="", reason="not among the approved targets: " + item.reason)
            for item in self.actions
            if item.target not in approved
        )
        known = {item.target for item in (*self.actions, *self.excluded)}
        gone = tuple(
            Item(target, "not in the present plan: it is gone or no longer needs the action")
            for target in approved
            if target not in known
        )
        kept = tuple(item for item in self.actions if item.target in approved)
        return replace(self, actions=kept, excluded=self.excluded + held_back + gone)

    def without(self, targets: Iterable[str], reason: str) -> Plan:
        """The same plan with some targets excluded for ``reason``."""
        dropped = set(targets)
        excluded = tuple(replace(item, action="", reason=reason) for item in self.actions if item.target in dropped)
        kept = tuple(item for item in self.actions if item.target not in dropped)
        return replace(self, actions=kept, excluded=self.excluded + excluded)

    def as_dict(self) -> dict[str, Any]:
        return {
            "verb": self.verb,
            "digest": self.digest,
            "actions": [item.as_dict() for item in self.actions],
            "excluded": [item.as_dict() for item in self.excluded],
        }


def plan_dict(plan: Plan, affected: int, what: str, nothing: str = "", leaves: int = 0) -> PlanDict:
    """The plan with its expected effect; see `PlanDict`. ``nothing``: why no action is needed, where there is none."""
    return {
        "verb": plan.verb,
        "digest": plan.digest,
        "actions": cast("list[ActionDict]", [item.as_dict() for item in plan.actions]),
        "excluded": cast("list[ExcludedDict]", [item.as_dict() for item in plan.excluded]),
        "affected_before": affected,
        "affected_after": leaves,
        "what": what,
        "no_action_reason": "" if plan.actions else nothing,
    }


def none_left(affected: int, nothing: str) -> str:
    """Why a plan has no action: ``nothing``, or that everything it could act on is excluded."""
    return f"no action is possible: see why the targets are excluded ({affected})" if affected else nothing


def diff_of(header: str, before: Sequence[str], after: Sequence[str]) -> Diff:
    """Lines before and after as Ansible's ``diff``; empty where nothing would change. Ansible prints it as it is, so
    that foreign names are cleaned here, each line staying one."""
    before, after = [harmless(line) for line in before], [harmless(line) for line in after]
    same = before == after
    return {
        "before_header": header,
        "after_header": "after the plan",
        "before": "" if same else "".join(f"{line}\n" for line in before),
        "after": "" if same else "".join(f"{line}\n" for line in after),
    }
