# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""May this plan be carried out? Pure.

Approval is of a plan: of its digest (the very same acts on the very same targets), or of targets, of
which those count that the present plan still holds. An approval narrows and never widens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

APPROVAL = ("over_limit", "always", "never")
SHORTEST_DIGEST = 12  # characters; as much as people copy from a screen


@dataclass(frozen=True)
class Verdict:
    """``targets`` are those that may be acted on: empty when the gate is shut."""

    open: bool
    reasons: tuple[str, ...]
    targets: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"open": self.open, "reasons": list(self.reasons), "targets": list(self.targets)}


def weigh(
    plan: Mapping[str, Any],
    limit: int,
    approval: str = "over_limit",
    approved_targets: Sequence[str] | None = None,
    approved_digest: str = "",
) -> Verdict:
    """Judge a plan (as a module returned it) against the site's limit and what a person approved.

    ``limit``: most actions without approval. ``approval``: ask when over the limit, always, or never
    (then the limit is final). ``approved_targets`` None: nobody approved targets; empty: approved none.
    """
    actions = [action["target"] for action in plan["actions"]]
    if not actions:
        return Verdict(False, (_why_nothing(plan),))
    if approved_digest and plan["digest"].startswith(approved_digest.lower()):
        return Verdict(True, (f"plan {plan['digest'][:12]} is approved",), tuple(actions))
    if approved_targets is not None:
        return _weigh_targets(actions, approved_targets)
    if approved_digest:
        return Verdict(
            False,
            (f"the plan is not the approved one: approved {approved_digest[:12]}, now {plan['digest'][:12]}",),
        )
    if approval == "always":
        return Verdict(False, (f"this site wants every plan approved; this one is {plan['digest'][:12]}",))
    if len(actions) > limit:
        return Verdict(False, (f"{len(actions)} actions are planned and {limit} are allowed without approval",))
    return Verdict(True, (f"{len(actions)} planned, within the limit of {limit}",), tuple(actions))


def _weigh_targets(actions: Sequence[str], approved: Sequence[str]) -> Verdict:
    standing = tuple(target for target in actions if target in approved)
    if not standing:
        return Verdict(
            False,
            (f"none of the {len(set(approved))} approved target(s) is in the present plan of {len(actions)}",),
        )
    reasons = [f"{len(standing)} of {len(set(approved))} approved target(s) still stand"]
    if len(standing) < len(actions):
        reasons.append(f"{len(actions) - len(standing)} planned but not approved will be left alone")
    return Verdict(True, tuple(reasons), standing)


def _why_nothing(plan: Mapping[str, Any]) -> str:
    if not plan.get("late"):
        return "nothing to do: nobody waits too long"
    return f"nothing may be done for the {plan['late']} that wait too long: see who is spared, and why"
