# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What operators are asked to do: approve a plan that waits, and open a support case where a cause is a vendor's fault.
In the incident's channel, and by mail to the approvers. Pure.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from .._incident.event import EventReport, HeldPlan, kept_at
from .._incident.held import HELD, held_plans, is_out_of_date, made_in, workflow_address
from .._incident.stamps import stamp
from .outbox import Message
from .settings import MAIL

DIAGNOSED = "diagnosed"
_ACTIONS, _REASONS, _LINES = 6, 5, 12  # that a message names


def is_waiting(event: EventReport, events: Sequence[EventReport]) -> bool:
    """Whether the plan of an event of kind held still waits: of another one nothing is asked any more."""
    return not is_out_of_date(event, [each for each in events if each["seq"] > event["seq"]])


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


def case_values(event: EventReport, options: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the text of a support case; empty where the event is no diagnosis of a cause for which the site says
    whose fault it is and where a case is opened. ``options``: of the channel; of a cause that several vendors may have
    a vendor is named by the target, too, as in ``provider_fault/stripe``."""
    cause = str(event["note"].get("cause", "")) if event["kind"] == DIAGNOSED else ""
    vendors = options["vendors"]
    vendor = vendors.get(f"{cause}/{_target_of(event, cause)}", vendors.get(cause)) if cause else None
    if not isinstance(vendor, Mapping):
        return {}
    lines = event["note"].get("lines")
    return {
        "vendor": str(vendor.get("name", "")), "address": str(vendor.get("address", "")), "cause": cause,
        "lines": [str(line) for line in lines][:_LINES] if isinstance(lines, list) else [],
        "at": stamp(kept_at(event)), "host": event["host"],
    }  # fmt: skip


def _target_of(event: EventReport, cause: str) -> str:
    """The target of a diagnosed cause, as the name of a provider; empty where it has none."""
    causes = event["note"].get("causes")
    for each in causes if isinstance(causes, list) else ():
        if isinstance(each, Mapping) and each.get("cause") == cause:
            detail = each.get("detail")
            return str(detail.get("target") or "") if isinstance(detail, Mapping) else ""
    return ""


def by_mail(
    events: Sequence[EventReport], options: Mapping[str, Any], base: Callable[..., dict[str, Any]]
) -> list[Message]:
    """A mail to each approver for each plan that was held and each support case. ``base``: the values that every
    template has, and more."""
    found: list[Message] = []
    for event in events:
        template, values = "held", {}
        if event["kind"] == HELD and is_waiting(event, events):
            values = {**held_values(event, options), "by": event["by"], "host": event["host"]}
        elif event["kind"] == DIAGNOSED:
            template, values = "vendor", case_values(event, options)
        found += [
            Message(
                f"mail/{template}/{event['seq']}/{address}", MAIL, template,
                base(**{**values, "to": address, "at": stamp(kept_at(event))}), lane=address,
            )
            for address in map(str, options["approvers"] if values else ())
        ]  # fmt: skip
    return found


def _plan(plan: HeldPlan) -> Mapping[str, Any]:
    """``more``: how many actions it has beside those that are named."""
    actions = plan["actions"]
    return {
        "mitigation": plan["mitigation"], "digest": plan["digest"][:12], "actions": actions[:_ACTIONS],
        "more": max(0, len(actions) - _ACTIONS),
    }  # fmt: skip
