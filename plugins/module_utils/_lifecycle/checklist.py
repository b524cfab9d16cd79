# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checklist of the runbook, 18 items: ticked by facts where facts can, else by a person by name. Pure.

What no fact shows stays open; it is never taken for done. An item that the runbook does not ask for at a severity is
not applicable, and says so.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Sequence, TypedDict

from .._incident.event import EventReport, kept_at
from .._incident.kinds import ROLES
from .._incident.severity import severity_of
from .roles import roles_of

DONE, WAIVED, OPEN, NOT_APPLICABLE = "done", "waived", "open", "not_applicable"
_ANSWER = 15 * 60  # seconds


class ChecklistItem(TypedDict):
    """An item. ``state``: done, waived, open or not_applicable; ``by``: the event or the person that ticked it."""

    item: str
    text: str
    state: str
    by: str
    after: bool


class _Tick(NamedTuple):
    state: str
    by: str


_Events = Sequence[EventReport]
_Rule = Callable[[_Events], _Tick]
_STILL_OPEN = _Tick(OPEN, "")


def _first(events: _Events, true: Callable[[EventReport], bool], words: str = "") -> _Tick:
    found = next((event for event in events if true(event)), None)
    return _Tick(DONE, f"#{found['seq']}{' ' + words if words else ''}") if found else _STILL_OPEN


def _kind(*kinds: str) -> _Rule:
    return lambda events: _first(events, lambda event: event["kind"] in kinds)


def _sent(of: str = "", **wanted: str) -> _Rule:
    """A message of the outbox that was sent, with these fields; ``of``: the state that it says, as ``resolved``. The
    event of its sending has its key alone: what it is, is in the one by which it was queued."""

    def rule(events: _Events) -> _Tick:
        notes: dict[str, dict[str, object]] = {}
        for event in events:
            if event["kind"] != "message":
                continue
            note = notes.setdefault(str(event["note"].get("key", "")), {})
            note.update(event["note"])
            values = note.get("values")
            is_of = not of or (isinstance(values, dict) and values.get("state") == of)
            if note.get("state") == "sent" and is_of and all(note.get(name) == wanted[name] for name in wanted):
                return _Tick(DONE, f"#{event['seq']}")
        return _STILL_OPEN

    return rule


def _acknowledged(events: _Events) -> _Tick:
    found = next((event for event in events if event["kind"] == "acknowledged"), None)
    if found is None:
        return _STILL_OPEN
    late = (kept_at(found) - kept_at(events[0])).total_seconds() - _ANSWER
    return _Tick(DONE, f"#{found['seq']} {found['by']}" + (f", {late / 60:.0f} min late" if late > 0 else ", in time"))


def _assessed(events: _Events) -> _Tick:
    if severity_of(events) == "unknown":
        return _STILL_OPEN
    return _first(
        list(reversed(events)),
        lambda event: bool({"severity", "triage"} & set(event["note"])) and event["note"].get("severity") != "unknown",
        severity_of(events),
    )


def _assembled(events: _Events) -> _Tick:
    roles = roles_of(events)
    return _Tick(DONE, ", ".join(f"{roles[role]}" for role in ROLES)) if set(ROLES) <= set(roles) else _STILL_OPEN


def _investigated(events: _Events) -> _Tick:
    """By a diagnosis, a triage with signs, or a plan: what is planned was found in the facts."""
    return _first(
        events,
        lambda event: (
            event["kind"] in ("diagnosed", "held", "intended")
            or (event["kind"] == "noted" and bool(event["note"].get("signs")))
        ),
    )


def _mitigated(events: _Events) -> _Tick:
    return _first(
        events, lambda event: event["kind"] == "verified" and event["note"].get("outcome") not in ("worse", None)
    )


def _stakeholders(events: _Events) -> _Tick:
    sent = _sent(audience="stakeholders")(events)
    severity = severity_of(events)
    if sent.state == OPEN and severity in ("P2", "P3"):
        return _Tick(NOT_APPLICABLE, f"at {severity} the runbook asks for none")
    return sent


def _recovered(events: _Events) -> _Tick:
    return _first(
        list(reversed(events)),
        lambda event: event["kind"] == "verified" and event["note"].get("outcome") == "recovered",
    )


def _owned(events: _Events) -> _Tick:
    """Every action item has an owner and a date; the last event of a key counts."""
    items = {str(event["note"].get("key")): event for event in events if event["kind"] == "action_item"}
    if not items or any(not item["note"].get("owner") or not item["note"].get("due") for item in items.values()):
        return _STILL_OPEN
    return _Tick(DONE, ", ".join(f"#{item['seq']}" for item in items.values()))


def _root_cause(events: _Events) -> _Tick:
    return _first(
        events, lambda event: event["kind"] == "written" and event["note"].get("section") == "contributing_factors"
    )


class _Item(NamedTuple):
    text: str
    rule: _Rule
    after: bool = False  # in the half that follows the incident


def _never(events: _Events) -> _Tick:  # noqa: ARG001 - a rule, by which no fact ticks it
    return _STILL_OPEN


ITEMS: dict[str, _Item] = {
    "acknowledged": _Item("acknowledged within 15 minutes", _acknowledged),
    "severity_assessed": _Item("severity assessed", _assessed),
    "channel_created": _Item("channel created", _sent(template="channel")),
    "team_assembled": _Item("team assembled: all three roles are held", _assembled),
    "investigated": _Item("initial investigation completed", _investigated),
    "mitigated": _Item("mitigation actions taken", _mitigated),
    "status_page_updated": _Item("status page updated", _sent(channel="page")),
    "stakeholders_notified": _Item("stakeholders notified", _stakeholders),
    "resolution_implemented": _Item("resolution implemented", _kind("mitigated")),
    "recovery_verified": _Item("recovery verified", _recovered),
    "timeline_documented": _Item("timeline documented", _never, True),
    "postmortem_scheduled": _Item("post-mortem scheduled", _sent(template="review"), True),
    "root_cause_analysed": _Item("root cause analysis completed", _root_cause, True),
    "action_items_assigned": _Item("action items identified and assigned", _owned, True),
    "runbooks_updated": _Item("runbooks updated", _never, True),
    "monitoring_improved": _Item("monitoring improved", _never, True),
    "customers_informed": _Item("customer communication sent", _sent(channel="page", of="resolved"), True),
    "lessons_shared": _Item("lessons shared", _sent(template="postmortem"), True),
}


def checklist_of(events: _Events, chain_is_whole: bool | None = None) -> list[ChecklistItem]:
    """All items. What a person ticked or waived counts before the facts; ``chain_is_whole``: of the log, None if it was
    not checked."""
    said = {
        str(event["note"].get("item")): _Tick(
            str(event["note"].get("state")),
            f"#{event['seq']} {event['by']}" + (f": {event['note']['reason']}" if event["note"].get("reason") else ""),
        )
        for event in events
        if event["kind"] == "checklist"
    }
    rows: list[ChecklistItem] = []
    for name, item in ITEMS.items():
        tick = said.get(name) or item.rule(events)
        if name == "timeline_documented" and tick.state == OPEN and chain_is_whole:
            tick = _Tick(DONE, "the log's chain is whole")
        rows.append({"item": name, "text": item.text, "state": tick.state, "by": tick.by, "after": item.after})
    return rows


def open_after(rows: Sequence[ChecklistItem]) -> list[str]:
    """Names of items of the half after the incident that are still open."""
    return [row["item"] for row in rows if row["after"] and row["state"] == OPEN]


def checklist_lines(rows: Sequence[ChecklistItem]) -> list[str]:
    """One line each: ``[x]`` done, ``[-]`` waived or not applicable, ``[ ]`` open, and what ticked it."""
    marks = {DONE: "[x]", OPEN: "[ ]"}
    return [f"{marks.get(row['state'], '[-]')} {row['text']}{f' ({_by(row)})' if row['by'] else ''}" for row in rows]


def _by(row: ChecklistItem) -> str:
    return f"waived by {row['by']}" if row["state"] == WAIVED else row["by"]
