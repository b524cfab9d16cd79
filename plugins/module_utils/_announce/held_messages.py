# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of a plan that waits for an approval: in the incident's channel, and by mail to the approvers. Pure."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from .._incident.event import EventReport, HeldPlan, kept_at
from .._incident.held import held_plans, made_in, workflow_address
from .._incident.stamps import stamp
from .outbox import Message
from .settings import MAIL

_ACTIONS, _REASONS = 6, 5  # that a message names


def held_values(event: EventReport, options: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the template for an event of kind held. ``options``: of the channel. ``address``: of the page of AWX on
    which it is approved, made from the site's setting alone, since it becomes a link; empty where there is none."""
    workflow = made_in(event["note"])["workflow"]
    reasons = event["note"].get("reasons")
    return {
        "plans": [_plan(plan) for plan in held_plans([event])],
        "reasons": [str(reason) for reason in reasons][:_REASONS] if isinstance(reasons, list) else [],
        "address": workflow_address(str(options["awx_url"]), workflow) if workflow else "",
    }


def plans_by_mail(
    events: Sequence[EventReport], options: Mapping[str, Any], base: Callable[..., dict[str, Any]]
) -> list[Message]:
    """A mail for each plan that was held and each approver. ``base``: the values that every template has, and more."""
    return [
        Message(
            f"mail/held/{event['seq']}/{address}",
            MAIL,
            "held",
            base(
                to=address, host=event["host"], by=event["by"], at=stamp(kept_at(event)), **held_values(event, options)
            ),
            lane=address,
        )
        for event in events
        if event["kind"] == "held"
        for address in map(str, options["approvers"])
    ]


def _plan(plan: HeldPlan) -> Mapping[str, Any]:
    """``more``: how many actions it has beside those that are named."""
    actions = plan["actions"]
    return {
        "mitigation": plan["mitigation"], "digest": plan["digest"][:12], "actions": actions[:_ACTIONS],
        "more": max(0, len(actions) - _ACTIONS),
    }  # fmt: skip
