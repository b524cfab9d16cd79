# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""May this plan be carried out? Pure.

Approval is of a plan: of its digest (the very same acts on the very same targets), or of targets, of
which those count that the present plan still holds. An approval narrows and never widens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, TypedDict

APPROVAL = ("over_limit", "always", "never")
SHORTEST_DIGEST = 12  # characters; as much as people copy from a screen


class GateReport(TypedDict):
    """The verdict of a gate. ``targets``: those that may be acted on."""

    open: bool
    reasons: list[str]
    targets: list[str]
    approved: bool


class ApprovedPlan(TypedDict):
    """What custom stats say of a plan."""

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


class GateResult(GateReport):
    """What the module gate returns."""

    digest: str
    ansible_stats: Stats


@dataclass(frozen=True)
class Decision:
    """``targets`` are those that may be acted on: empty when the gate is shut."""

    open: bool
    reasons: tuple[str, ...]
    targets: tuple[str, ...] = ()
    approved: bool = False  # a person named these targets or this plan: nothing else may follow

    def as_dict(self) -> GateReport:
        return {
            "open": self.open,
            "reasons": list(self.reasons),
            "targets": list(self.targets),
            "approved": self.approved,
        }


def weigh(
    plan: Mapping[str, Any],
    limit: int,
    approval: str = "over_limit",
    approved_targets: Sequence[str] | None = None,
    approved_digests: Sequence[str] = (),
) -> Decision:
    """Judge a plan (as a module returned it) against the site's limit and what a person approved.

    ``limit``: most actions without approval. ``approval``: ask when over the limit, always, or never
    (then the limit is final). What follows in rounds (the plan's ``up_to``) is within the limit too.
    ``approved_targets`` None: no person approved targets; empty: a person approved none.
    """
    actions = [action["target"] for action in plan["actions"]]
    if not actions:
        return Decision(False, (_why_nothing(plan),))
    free = [action["target"] for action in plan["actions"] if not action.get("needs_approval")]
    other = _approved_alternative(plan, approved_targets, approved_digests)
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
    elif approval == "always":
        return Decision(False, (f"this site wants every plan approved; this one is {plan['digest'][:12]}",))
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
        return Decision(False, (f"{len(decision.targets)} actions, and this site allows {limit} whoever approves",))
    return decision


def _weigh_targets(actions: Sequence[str], approved: Sequence[str]) -> Decision:
    standing = tuple(target for target in actions if target in approved)
    if not standing:
        reason = f"none of the {len(set(approved))} approved target(s) is in the present plan of {len(actions)}"
        return Decision(False, (reason,))
    reasons = [f"{len(standing)} of {len(set(approved))} approved target(s) still stand"]
    if len(standing) < len(actions):
        reasons.append(f"{len(actions) - len(standing)} planned but not approved will be left alone")
    return Decision(True, tuple(reasons), standing, True)


def _approved_alternative(
    plan: Mapping[str, Any], targets: Sequence[str] | None, digests: Sequence[str]
) -> Mapping[str, Any] | None:
    """The alternative of a plan that a person approved in its place, by its digest or by its targets alone."""
    planned = {action["target"] for action in plan["actions"]}
    for other in plan.get("alternatives") or ():
        named = {action["target"] for action in other["actions"]} & set(targets or ())
        if any(other["digest"].startswith(digest.lower()) for digest in digests) or (
            named and not planned & set(targets or ())
        ):
            found: Mapping[str, Any] = other
            return found
    return None


def _why_held(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Why some actions need an approval, each reason once, and what to approve in their place."""
    held = [action["needs_approval"] for action in plan["actions"] if action.get("needs_approval")]
    others = [
        f"approve {other['digest'][:12]} in its place: {other['reason']}" for other in plan.get("alternatives") or ()
    ]
    reasons = dict.fromkeys(held)
    return (f"{len(held)} planned need an approval: {'; '.join(reasons)}", *others) if held else ()


def _why_nothing(plan: Mapping[str, Any]) -> str:
    if plan.get("no_action_reason"):
        return str(plan["no_action_reason"])
    if not plan.get("affected_before"):
        return "nothing to do: no session waits too long"
    return f"nothing may be done for the {plan['affected_before']} that wait too long: see who is spared, and why"
