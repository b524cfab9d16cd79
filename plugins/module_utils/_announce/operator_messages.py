# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What operators are asked to do: approve a plan that waits, and open a support case where a cause is a vendor's fault.
In the incident's channel, and by mail to the approvers. Pure.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, Sequence

from .._incident.event import EventReport, HeldPlan, kept_at
from .._incident.held import HELD, held_plans, is_out_of_date, made_in, workflow_address
from .._incident.stamps import stamp
from .outbox import Message
from .settings import MAIL

DIAGNOSED = "diagnosed"
# A name that a shell and Ansible take as it is, and of which no program makes a link.
_HOST = re.compile(r"(?!.*www\.)[a-z0-9][\w.-]*\Z", re.ASCII | re.IGNORECASE)
_ACTIONS, _REASONS, _LINES = 6, 5, 30  # that a message names
# Causes that are a provider's fault, and the provider, where the cause names it; else the target does.
PROVIDERS = {"provider_fault": "", "stripe_down": "Stripe", "stripe_slow": "Stripe"}


def is_waiting(event: EventReport, events: Sequence[EventReport]) -> bool:
    """Whether the plan of an event of kind held still waits: of another one nothing is asked any more."""
    return not is_out_of_date(event, [each for each in events if each["seq"] > event["seq"]])


def held_values(event: EventReport, options: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the template for an event of kind held. ``options``: of the channel. ``address``: of the page of AWX on
    which it is approved, made from the site's setting alone, since it becomes a link; empty where there is none.
    ``on``: the plan's host, as the command that approves it may name it; else empty."""
    workflow = made_in(event["note"])["workflow"]
    return {
        "plans": [_plan(plan) for plan in held_plans([event])],
        "reasons": _first(_texts(event["note"].get("reasons")), _REASONS),
        "address": workflow_address(str(options["awx_url"]), workflow) if workflow else "",
        "on": event["host"] if _HOST.match(event["host"]) else "",
    }


def case_values(event: EventReport, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Values of the text of a support case, for each vendor of whom a diagnosis says that the fault is theirs: of a
    provider's fault also where the site names no vendor. ``options``: of the channel; of a cause that several vendors
    may have a vendor is named by the target, too, as in ``provider_fault/stripe``. ``setting``: that has the vendor."""
    vendors = options["vendors"]
    cases: dict[str, dict[str, Any]] = {}
    for cause, target, lines in _causes_of(event) if event["kind"] == DIAGNOSED else ():
        known = f"{cause}/{target}" if target else cause
        setting = cause if cause in vendors and known not in vendors else known
        vendor = vendors.get(setting)
        if not isinstance(vendor, Mapping) and cause not in PROVIDERS:
            continue
        named = vendor if isinstance(vendor, Mapping) else {}
        name = str(named.get("name") or PROVIDERS.get(cause) or target or "the provider")
        values = {
            "vendor": name, "address": str(named.get("address") or ""), "setting": f"vendors['{setting}']",
            "cause": cause, "lines": _first(lines), "at": stamp(kept_at(event)), "host": event["host"],
        }  # fmt: skip
        cases.setdefault(name.casefold(), values)
    return list(cases.values())


def case_names(event: EventReport, cases: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the keys of the messages about these support cases have as their number, one for each."""
    return [f"{event['seq']}.{number}" if number > 1 else str(event["seq"]) for number in range(1, len(cases) + 1)]


def _causes_of(event: EventReport) -> list[tuple[str, str, list[str]]]:
    """The diagnosed causes, the heaviest first: each with its target, as the name of a provider (empty where it has
    none), and what was measured."""
    note = event["note"]
    causes = note.get("causes")
    rows = [row for row in causes if isinstance(row, Mapping)] if isinstance(causes, list) else []
    first, lines = str(note.get("cause") or ""), _texts(note.get("lines"))
    rows = rows if any(row.get("cause") == first for row in rows) else [{"cause": first}, *rows]
    found: list[tuple[str, str, list[str]]] = []
    for row in rows:
        detail, cause = row.get("detail"), str(row.get("cause") or "")
        target = str(detail.get("target") or "") if isinstance(detail, Mapping) else ""
        measured = _texts(row.get("evidence"))
        is_first = cause == first and first not in (each[0] for each in found)
        # The lines of a diagnosis are for the screen: of each cause they have the first piece of evidence alone, and
        # what concerns us and no provider; the ids of requests are further down in the cause's own.
        found.append((cause, target, measured or (lines if is_first else [])))
    return [each for each in found if each[0]]


def target_of(event: EventReport, cause: str) -> str:
    """The target of a diagnosed cause, as the name of a provider; empty where it has none."""
    return next((target for name, target, dummy in _causes_of(event) if name == cause), "")


def _first(lines: list[str], most: int = _LINES) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], f"and {more} more, which our log has"] if more > 0 else lines


def _texts(lines: Any) -> list[str]:
    return [str(line) for line in lines] if isinstance(lines, list) else []


def by_mail(
    events: Sequence[EventReport], options: Mapping[str, Any], base: Callable[..., dict[str, Any]]
) -> list[Message]:
    """A mail to each approver for each plan that was held and each support case. ``base``: the values that every
    template has, and more."""
    found: list[Message] = []
    for event in events:
        cases = case_values(event, options)
        asked = {f"vendor/{name}": values for name, values in zip(case_names(event, cases), cases)}
        if event["kind"] == HELD and is_waiting(event, events):
            asked[f"{HELD}/{event['seq']}"] = {**held_values(event, options), "by": event["by"], "host": event["host"]}
        found += [
            Message(
                f"mail/{name}/{address}", MAIL, name.partition("/")[0],
                base(**{**values, "to": address, "at": stamp(kept_at(event))}), lane=address,
            )
            for name, values in asked.items()
            for address in map(str, options["approvers"])
        ]  # fmt: skip
    return found


def _plan(plan: HeldPlan) -> Mapping[str, Any]:
    """``more``: how many actions it has beside those that are named."""
    actions = plan["actions"]
    return {
        "mitigation": plan["mitigation"], "digest": plan["digest"][:12], "actions": actions[:_ACTIONS],
        "more": max(0, len(actions) - _ACTIONS),
    }  # fmt: skip
