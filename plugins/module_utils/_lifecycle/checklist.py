# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checklist of the runbook, 18 items: ticked by facts where facts can, else by a person by name. Pure.

What no fact shows stays open; it is never taken for done. An item that the runbook does not ask for at a severity is
not applicable, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Callable, NamedTuple, Sequence, TypedDict

from .._core.text import span
from .._incident.action_items import action_items
from .._incident.event import EventReport, kept_at
from .._incident.kinds import CHECKLIST_STATES, ROLES
from .._incident.phase import ENDED, is_of_the_fault, phase_of, rounds, was_carried_out
from .._incident.severity import assessed_by, severity_changes, severity_event, severity_of
from .deadlines import said_outside
from .log_recovery import SOAK, recovery_of, why_not_held
from .roles import roles_of

(DONE, WAIVED), OPEN, NOT_APPLICABLE = CHECKLIST_STATES, "open", "not_applicable"
_ANSWER = timedelta(minutes=15)
_GIVEN_UP = ("cancelled", "rejected")  # states of an action item
_BY_PEOPLE = ("surprised", "contributing_factors", "lessons")  # sections of the post-mortem


@dataclass(frozen=True)
class SiteRules:
    """What the site says of the items. ``now``: the present time, None if it is not asked whether a recovery holds for
    ``soak``; ``public``: scenarios of the status page, empty without a rule."""

    now: datetime | None = None
    soak: timedelta = SOAK
    public: frozenset[str] = field(default_factory=frozenset)


NO_RULES = SiteRules()


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
    late = (kept_at(found) - kept_at(events[0]) - _ANSWER).total_seconds()
    return _Tick(DONE, f"#{found['seq']} {found['by']}" + (f", {span(late)} late" if late > 0 else ", in time"))


def _assessed(events: _Events) -> _Tick:
    severity, event = severity_event(events)
    return _Tick(DONE, f"#{event['seq']} {severity}, {assessed_by(severity, event)}") if event else _STILL_OPEN


def _assembled(events: _Events) -> _Tick:
    roles = roles_of(events)
    empty = [role.replace("_", " ") for role in ROLES if role not in roles]
    return (
        _Tick(OPEN, f"no {' and no '.join(empty)}") if empty else _Tick(DONE, ", ".join(roles[role] for role in ROLES))
    )


def _investigated(events: _Events) -> _Tick:
    """By a diagnosis, a triage with signs, or a plan that was found in the facts."""
    return _first(
        events,
        lambda event: (
            event["kind"] == "diagnosed"
            or (event["kind"] in ("held", "intended") and is_of_the_fault(event))
            or (event["kind"] == "noted" and bool(event["note"].get("signs")))
        ),
    )


def _channel(events: _Events) -> _Tick:
    """By the message that made it, with the channel's id. Without the right to make one, that message went to the
    standing channel."""
    keys = {event["note"].get("key") for event in events if event["note"].get("template") == "channel"}
    sent = [event for event in _with_state(events, "sent") if event["note"].get("key") in keys]
    if not sent:
        return _STILL_OPEN
    note, cited = sent[-1]["note"], f"#{sent[-1]['seq']}"
    return _Tick(DONE, cited) if note.get("reference") else _Tick(OPEN, f"{cited} {note.get('reason') or 'not made'}")


def _with_state(events: _Events, state: str) -> list[EventReport]:
    return [event for event in events if event["kind"] == "message" and event["note"].get("state") == state]


def _mitigated(events: _Events) -> _Tick:
    """By the verification of an act that was carried out; one without an act shows how things stand."""
    acted: set[tuple[str, str]] = set()
    for event in events:
        act = event["host"], str(event["note"].get("mitigation") or "")
        if was_carried_out(event):
            acted.add(act)
        elif event["kind"] == "verified" and act in acted and event["note"].get("outcome") not in ("worse", None):
            return _Tick(DONE, f"#{event['seq']}")
    return _STILL_OPEN


def _stakeholders(events: _Events) -> _Tick:
    sent = _sent(audience="stakeholders")(events)
    severity = severity_of(events)
    was_severe = any(each in ("P0", "P1") for each, dummy in severity_changes(events))
    if sent.state == OPEN and severity in ("P2", "P3") and not was_severe:
        return _Tick(NOT_APPLICABLE, f"at {severity} the runbook asks for none")
    return sent


def _implemented(events: _Events) -> _Tick:
    return _first(events, was_carried_out)


def _recovered(events: _Events, rules: SiteRules) -> _Tick:
    """By the last verifications, all of them recovered and older than the soak time, with no act and no relapse after
    them."""
    found = recovery_of(events)
    if found.why_not:
        return _Tick(OPEN, found.why_not)
    why = "" if rules.now is None else why_not_held(found, rules.now, rules.soak)
    return _Tick(OPEN, why) if why else _Tick(DONE, f"#{found.verified[-1]['seq']}")


def _on_the_page(events: _Events, present: _Events, rules: SiteRules) -> _Tick:
    """By the last post, where it was sent and the page, read back, shows it. ``present``: the events since it was
    opened for the last time, before which the page says nothing of what is back."""
    last = _last_post(present)
    scenario = str(events[0]["note"].get("scenario") or "") if events else ""
    if last is None:
        if rules.public and scenario not in rules.public and not said_outside(events):
            return _Tick(NOT_APPLICABLE, f"by the site's rule: {scenario or 'this scenario'} does not face customers")
        return _STILL_OPEN
    seq, note = last["seq"], last["note"]
    if note.get("state") != "sent":
        return _Tick(OPEN, f"#{seq} {note.get('reason') or 'is not sent yet'}")
    if note.get("agrees") is False:
        return _Tick(OPEN, f"#{seq} was sent, and {note.get('reason') or 'the page differs'}")
    return _Tick(DONE, f"#{seq}")


def _last_post(events: _Events) -> EventReport | None:
    """The last event of the last post that was queued for the page, and was not replaced by another one."""
    posts: dict[str, EventReport] = {}
    of_page: set[str] = set()
    for event in events:
        key = str(event["note"].get("key") or "")
        if event["kind"] != "message":
            continue
        if event["note"].get("channel") == "page":
            of_page.add(key)
        if key in of_page:
            posts[key] = event
    there = [event for event in posts.values() if event["note"].get("state") != "replaced"]
    return there[-1] if there else None


def _documented(events: _Events, chain_is_whole: bool | None) -> _Tick:
    if chain_is_whole and phase_of(events) in ENDED:
        return _Tick(DONE, "the log's chain is whole")
    return _STILL_OPEN


def _owned(events: _Events) -> _Tick:
    """Every action item has an owner and a date, but for one that was given up."""
    items = [item for item in action_items(events) if item["state"].casefold() not in _GIVEN_UP]
    if not items or any(not item["owner"] or not item["due"] for item in items):
        return _STILL_OPEN
    return _Tick(DONE, ", ".join(f"#{item['events'][-1]}" for item in items))


def _items_done(*prefixes: str) -> _Rule:
    """All action items whose key begins so are done; without any of them it is a person who says so."""

    def rule(events: _Events) -> _Tick:
        items = [item for item in action_items(events) if item["key"].casefold().startswith(prefixes)]
        if not any(item["state"].casefold() == "done" for item in items) or any(item["open"] for item in items):
            return _STILL_OPEN
        return _Tick(DONE, ", ".join(f"#{item['events'][-1]} {item['key']}" for item in items))

    return rule


def _root_cause(events: _Events) -> _Tick:
    """Each section of the post-mortem that no fact can fill is written."""
    written = {
        str(event["note"].get("section")): event["seq"]
        for event in events
        if event["kind"] == "written" and str(event["note"].get("text") or "").strip()
    }
    missing = [section.replace("_", " ") for section in _BY_PEOPLE if section not in written]
    if missing:
        return _Tick(OPEN, f"not written: {', '.join(missing)}")
    return _Tick(DONE, ", ".join(f"#{written[section]} {section.replace('_', ' ')}" for section in _BY_PEOPLE))


class _Item(NamedTuple):
    text: str
    rule: _Rule
    after: bool = False  # in the half that follows the incident


def _by_rules(events: _Events) -> _Tick:  # noqa: ARG001 - it needs more than the events; see checklist_of
    return _STILL_OPEN


ITEMS: dict[str, _Item] = {
    "acknowledged": _Item("acknowledged within 15 minutes", _acknowledged),
    "severity_assessed": _Item("severity assessed", _assessed),
    "channel_created": _Item("channel created", _channel),
    "team_assembled": _Item("team assembled: all three roles are held", _assembled),
    "investigated": _Item("initial investigation completed", _investigated),
    "mitigated": _Item("mitigation actions taken", _mitigated),
    "status_page_updated": _Item("status page updated", _by_rules),
    "stakeholders_notified": _Item("stakeholders notified", _stakeholders),
    "resolution_implemented": _Item("resolution implemented", _implemented),
    "recovery_verified": _Item("recovery verified", _by_rules),
    "timeline_documented": _Item("timeline documented", _by_rules, True),
    "postmortem_scheduled": _Item("post-mortem scheduled", _sent(template="review"), True),
    "root_cause_analysed": _Item("root cause analysis completed", _root_cause, True),
    "action_items_assigned": _Item("action items identified and assigned", _owned, True),
    "runbooks_updated": _Item("runbooks updated", _items_done("runbook"), True),
    "monitoring_improved": _Item("monitoring improved", _items_done("monitoring", "alert"), True),
    "customers_informed": _Item("customer communication sent", _sent(channel="page", of="resolved"), True),
    "lessons_shared": _Item("lessons shared", _sent(template="postmortem"), True),
}


# What is over again when the incident is opened again: neither a fact nor a person of the time before ticks it.
_OF_THE_END = ("status_page_updated", "resolution_implemented", "recovery_verified", "customers_informed")


def checklist_of(
    events: _Events, chain_is_whole: bool | None = None, rules: SiteRules = NO_RULES
) -> list[ChecklistItem]:
    """All items. What a person ticked or waived counts before the facts; ``chain_is_whole``: of the log, None if it was
    not checked."""
    present = _since_reopened(events)
    said = {**_said(events, lambda item: item not in _OF_THE_END), **_said(present, _OF_THE_END.__contains__)}
    by_rules: dict[str, Callable[[], _Tick]] = {
        "status_page_updated": lambda: _on_the_page(events, present, rules),
        "recovery_verified": lambda: _recovered(events, rules),
        "timeline_documented": lambda: _documented(events, chain_is_whole),
    }
    rows: list[ChecklistItem] = []
    for name, item in ITEMS.items():
        of_item = present if name in _OF_THE_END else events
        tick = said.get(name) or (by_rules[name]() if name in by_rules else item.rule(of_item))
        rows.append({"item": name, "text": item.text, "state": tick.state, "by": tick.by, "after": item.after})
    return rows


def _said(events: _Events, counts: Callable[[str], bool]) -> dict[str, _Tick]:
    """What people ticked or waived, by item; the last word counts."""
    return {
        str(event["note"].get("item")): _Tick(
            str(event["note"].get("state")),
            f"#{event['seq']} {event['by']}" + (f": {event['note']['reason']}" if event["note"].get("reason") else ""),
        )
        for event in events
        if event["kind"] == "checklist"
        and event["note"].get("state") in CHECKLIST_STATES
        and counts(str(event["note"].get("item")))
    }


def _since_reopened(events: _Events) -> _Events:
    """The events since the incident was opened for the last time."""
    again = {id(event) for event in rounds(events)[1:]}
    begins = [number for number, event in enumerate(events) if id(event) in again]
    return events[begins[-1] :] if begins else events


def open_after(rows: Sequence[ChecklistItem]) -> list[str]:
    """Names of items of the half after the incident that are still open."""
    return [row["item"] for row in rows if row["after"] and row["state"] == OPEN]


def checklist_lines(rows: Sequence[ChecklistItem]) -> list[str]:
    """One line each: ``[x]`` done, ``[-]`` waived or not applicable, ``[ ]`` open, and what ticked it."""
    marks = {DONE: "[x]", OPEN: "[ ]"}
    return [f"{marks.get(row['state'], '[-]')} {row['text']}{f' ({_by(row)})' if row['by'] else ''}" for row in rows]


def _by(row: ChecklistItem) -> str:
    return f"waived by {row['by']}" if row["state"] == WAIVED else row["by"]
