# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a plan may be carried out, by its limit and the operator's approval. Pure.

Approval is of a plan: of its digest (exactly the same acts on the same targets), or of targets, of which those count
that are in the present plan. An approval narrows a plan and never widens it. It binds the mitigation whose plan it is;
the gates of all others keep their rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence, TypedDict

from .plan import kind_of

APPROVAL = ("over_limit", "always", "never")
SHORTEST_DIGEST = 12  # characters of a digest that identify a plan
_SESSION = re.compile(r"(\d+|prepared)@")  # begin of a target that is a session or a prepared transaction
_OF_SESSIONS = ("unblock", "end_sessions")


class GateReport(TypedDict):
    """The decision of a gate. ``targets``: those that may be acted on."""

    open: bool
    reasons: list[str]
    targets: list[str]
    approved: bool


class ApprovedPlan(TypedDict):
    """A plan in custom stats."""

    digest: str
    targets: list[str]
    open: bool


class StatsData(TypedDict):
    """By the name of the mitigation and its host; ``incident_plan_targets``: of the plan alone."""

    incident_plans: dict[str, ApprovedPlan]
    incident_plan_digest: dict[str, str]
    incident_plan_targets: list[str]


class Stats(TypedDict):
    """Custom stats, as set_stats would set them."""

    data: StatsData
    per_host: bool
    aggregate: bool


class PastGate(TypedDict):
    """A gate of this host and run. ``planned``: the number of actions; ``matched``: approved digests of its plan."""

    incident: str
    mitigation: str
    digest: str
    planned: int
    open: bool
    approved: bool
    reasons: list[str]
    matched: list[str]


class GateResult(GateReport):
    """What the module gate returns. ``gates``: all of this host and run, this one last; ``options``: those by which the
    mitigation's module made the plan."""

    digest: str
    options: dict[str, Any]
    gates: list[PastGate]
    ansible_stats: Stats


@dataclass(frozen=True)
class Elsewhere:
    """The other plans that a run has made: on other hosts, and other parts of a plan."""

    digests: Sequence[str] = ()
    targets: Sequence[str] = ()


@dataclass(frozen=True)
class Decision:
    """``targets`` are those that may be acted on: empty when the plan is held."""

    open: bool
    reasons: tuple[str, ...]
    targets: tuple[str, ...] = ()
    approved: bool = False  # an operator approved these targets or this plan: no other target may be acted on

    def as_dict(self) -> GateReport:
        return {
            "open": self.open,
            "reasons": list(self.reasons),
            "targets": list(self.targets),
            "approved": self.approved,
        }


def of_this_plan(
    plan: Mapping[str, Any], targets: Sequence[str] | None, digests: Sequence[str], elsewhere: Elsewhere
) -> tuple[Sequence[str] | None, list[str]]:
    """The approvals (targets and digests) that bind this plan, also where it has changed since they were given.

    A digest says of which kind of plan it is. What is of another present plan is not of this one; what is of none may
    be of this one as it was.
    """
    plans = [plan, *(plan.get("alternatives") or ())]
    present = [str(each["digest"]) for each in plans]
    binding = [
        digest
        for digest in digests
        if _matches(digest, present)
        or (digest.lower().startswith(kind_of(str(plan.get("verb")))) and not _matches(digest, elsewhere.digests))
    ]
    if not targets or {action["target"] for each in plans for action in each["actions"]} & set(targets):
        return targets, binding
    of_sessions = plan.get("verb") in _OF_SESSIONS
    strangers = [
        target for target in targets if target not in elsewhere.targets and bool(_SESSION.match(target)) == of_sessions
    ]
    return strangers or None, binding


def matched(plan: Mapping[str, Any], digests: Sequence[str]) -> list[str]:
    """Those of the approved digests that are of this plan or of an alternative of it."""
    present = [str(each["digest"]) for each in (plan, *(plan.get("alternatives") or ()))]
    return [digest for digest in digests if _matches(digest, present)]


def _matches(digest: str, plans: Sequence[str]) -> bool:
    return any(plan.startswith(digest.lower()) for plan in plans)


def plans_in(result: Any) -> Iterator[Mapping[str, Any]]:
    """The plans that a registered result has: ``plan``, or several by name in ``plans`` or ``parts``."""
    if not isinstance(result, Mapping):
        return
    found = [result.get("plan")]
    for several in (result.get("plans"), result.get("parts")):
        found += several.values() if isinstance(several, Mapping) else []
    for plan in found:
        if isinstance(plan, Mapping) and "digest" in plan and isinstance(plan.get("actions"), (list, tuple)):
            yield plan
            yield from (each for each in plan.get("alternatives") or () if "digest" in each)


def weigh(
    plan: Mapping[str, Any],
    limit: int,
    approval: str = "over_limit",
    approved_targets: Sequence[str] | None = None,
    approved_digests: Sequence[str] = (),
    only_approved: bool = False,
) -> Decision:
    """The decision on a plan (as a module returned it) by the site's limit and the operator's approval.

    ``limit``: most actions without approval. ``approval``: required when over the limit, always, or never (then the
    limit is final). The limit bounds later rounds (the plan's ``up_to``) too. ``approved_targets`` None: no targets
    were approved; empty: the operator approved none of them. ``only_approved``: nothing else is allowed, whatever the
    limit is. All approvals are of this plan: see `of_this_plan`.
    """
    actions = [action["target"] for action in plan["actions"]]
    free = [action["target"] for action in plan["actions"] if not action.get("needs_approval")]
    other = _approved_alternative(plan, approved_targets, approved_digests)
    if not actions and not other:
        return Decision(False, (_why_nothing(plan), *_alternatives(plan)))
    if other:
        actions = [action["target"] for action in other["actions"]]
        plan = other
    if any(plan["digest"].startswith(digest.lower()) for digest in approved_digests):
        decision = Decision(True, (f"plan {plan['digest'][:12]} is approved",), tuple(actions), True)
    elif approved_targets is not None:
        decision = _weigh_targets(actions, approved_targets)
    elif approved_digests:
        approved = ", ".join(digest[:12] for digest in approved_digests)
        return Decision(False, (f"the plan is not the approved one: approved {approved}, now {plan['digest'][:12]}",))
    elif only_approved:
        return Decision(False, (f"this run carries out what was approved alone; this plan is {plan['digest'][:12]}",))
    elif approval == "always":
        return Decision(False, (f"this site requires approval of every plan; this plan is {plan['digest'][:12]}",))
    elif len(actions) > limit:
        return Decision(False, (f"{len(actions)} actions are planned and {limit} are allowed without approval",))
    elif not free:
        return Decision(False, _why_held(plan))
    else:
        up_to = min(limit, plan.get("up_to") or 0)
        rounds = f", up to {up_to} in rounds" if up_to > len(actions) else ""
        return Decision(
            True, (f"{len(actions)} planned{rounds}, within the limit of {limit}", *_why_held(plan)), tuple(free)
        )
    if approval == "never" and len(decision.targets) > limit:
        return Decision(False, (f"{len(decision.targets)} actions, and this site allows {limit} even with approval",))
    return decision


def _weigh_targets(actions: Sequence[str], approved: Sequence[str]) -> Decision:
    current = tuple(target for target in actions if target in approved)
    if not current:
        reason = f"none of the {len(set(approved))} approved target(s) is in the present plan of {len(actions)}"
        return Decision(False, (reason,))
    reasons = [f"{len(current)} of {len(set(approved))} approved target(s) are in the present plan"]
    if len(current) < len(actions):
        reasons.append(f"{len(actions) - len(current)} planned actions are not approved and will not be done")
    return Decision(True, tuple(reasons), current, True)


def _approved_alternative(
    plan: Mapping[str, Any], targets: Sequence[str] | None, digests: Sequence[str]
) -> Mapping[str, Any] | None:
    """The alternative of a plan that the operator approved instead, by its digest or by its targets alone."""
    planned = {action["target"] for action in plan["actions"]}
    for other in plan.get("alternatives") or ():
        named = {action["target"] for action in other["actions"]} & set(targets or ())
        if any(other["digest"].startswith(digest.lower()) for digest in digests) or (
            named and not planned & set(targets or ())
        ):
            alternative: Mapping[str, Any] = other
            return alternative
    return None


def _why_held(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Why some actions need an approval, each reason once, and the alternatives that may be approved instead."""
    held = [action["needs_approval"] for action in plan["actions"] if action.get("needs_approval")]
    reasons = dict.fromkeys(held)
    return (f"{len(held)} planned need an approval: {'; '.join(reasons)}", *_alternatives(plan)) if held else ()


def _alternatives(plan: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"approve {other['digest'][:12]} instead: {other['reason']}" for other in plan.get("alternatives") or ()
    )


def _why_nothing(plan: Mapping[str, Any]) -> str:
    if plan.get("no_action_reason"):
        return str(plan["no_action_reason"])
    if not plan.get("affected_before"):
        return "nothing to do"
    return f"no action is possible ({plan.get('what') or 'affected'}: {plan['affected_before']}): see what is excluded"
