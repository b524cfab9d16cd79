# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a plan may be carried out, by its limit and the operator's approval. Pure.

Approval is of a plan: of its digest (exactly the same acts on the same targets), or of targets, of which those count
that are in the present plan. An approval narrows a plan and never widens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, TypedDict

APPROVAL = ("over_limit", "always", "never")
SHORTEST_DIGEST = 12  # characters of a digest that identify a plan


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


class GateResult(GateReport):
    """What the module gate returns."""

    digest: str
    ansible_stats: Stats


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


def weigh(
    plan: Mapping[str, Any],
    limit: int,
    approval: str = "over_limit",
    approved_targets: Sequence[str] | None = None,
    approved_digests: Sequence[str] = (),
) -> Decision:
    """The decision on a plan (as a module returned it) by the site's limit and the operator's approval.

    ``limit``: most actions without approval. ``approval``: required when over the limit, always, or never (then the
    limit is final). The limit bounds later rounds (the plan's ``up_to``) too. ``approved_targets`` None: no targets
    were approved; empty: the operator approved none of them.
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
        return "nothing to do: no session waits too long"
    return f"no action is possible for the {plan['affected_before']} that wait too long: see the excluded sessions"
