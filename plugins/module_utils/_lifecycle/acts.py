# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people do to an incident, as events: acknowledge, set the severity, take a role, resolve, close. Pure.

A refusal says why and what would be accepted. Where the rule is there to be overruled by a person, a reason overrules
it, and the reason is in the event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List, Mapping, Sequence, TypedDict

from .._core.errors import InputError
from .._core.text import some, span
from .._incident.event import EventReport, kept_at
from .._incident.hash_chain import Head
from .._incident.phase import CLOSED, ENDED, phase_of, rounds, since_opened, was_carried_out
from .._incident.severity import UNKNOWN, severity_given, severity_of
from .._incident.stamps import stamp
from .checklist import DONE, ITEMS, WAIVED, checklist_of, open_after
from .deadlines import (
    IN_UTC,
    NO_RULE_OUTSIDE,
    PUBLIC,
    UPDATE,
    BusinessHours,
    OutsideUpdates,
    coming,
    overdue,
    said_outside,
)
from .incident_alerts import Alert, alert_from, alert_note
from .log_recovery import SOAK, held_since, recovery_of, why_not_held
from .roles import offered_to, roles_of
from .standing import acts_of, status_of

_NOTHING = "Nothing was written."
_REOPEN = "reopen it first (playbooks/incident_resolve.yml -e incident_resolve_action=reopen), with a reason."


class NewEvent(TypedDict):
    """An event that is appended."""

    kind: str
    note: dict[str, Any]


class ActedReport(TypedDict):
    """What incident_act returns. ``events``: those that were appended, or would be in check mode; ``path``: of the log,
    empty if nothing was written; ``head``: of the log afterwards; ``lines``: the same for a person."""

    id: str
    events: list[NewEvent]
    lines: list[str]
    path: str
    head: Head


@dataclass(frozen=True)
class Said:
    """What a person said. ``by``: who; ``reason``: why, where a rule is overruled; ``outside``: the site's rule for
    updates to the public; ``hours``: its business hours; ``soak``: for which a recovery must hold. ``broken``: what
    of the log does not verify, to be closed. ``reached``: states of the status page that the log allows."""

    by: str
    text: str = ""
    reason: str = ""
    severity: str = ""
    role: str = ""
    person: str = ""
    item: str = ""
    audience: str = "inside"
    status: str = ""
    alerts: tuple[Mapping[str, Any], ...] = ()
    outside: OutsideUpdates = NO_RULE_OUTSIDE
    hours: BusinessHours = IN_UTC
    soak: timedelta = SOAK
    broken: str = ""
    reached: tuple[str, ...] = ()


_Act = Callable[[Said, Sequence[EventReport], datetime], List[Dict[str, Any]]]


def events_of(act: str, said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:
    """The events to append for an act; see ACTS. Raises InputError where the act is refused."""
    if phase_of(events) == CLOSED and act != reopen.__name__:
        raise InputError(f"The incident is closed: {_REOPEN} {_NOTHING}")
    return ACTS[act](said, events, now)


def acknowledge(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """By any person, any number of times: the first one counts. With the alerts that the person names. One that has
    ended pages no person: who acknowledges it means another one."""
    _require_open(events)
    new = [{"kind": "alert", "note": alert_note(_alert(raw))} for raw in said.alerts]
    return [*new, {"kind": "acknowledged", "note": {"text": said.text} if said.text else {}}]


def severity(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """Set by a person, up or down, with a reason."""
    present, wanted = severity_of(events), severity_given(said.severity)
    if wanted == UNKNOWN:
        raise InputError(f"severity: name one of P0, P1, P2 and P3. {_NOTHING}")
    if not said.reason:
        raise InputError(f"reason: a severity that a person sets needs a reason. {_NOTHING}")
    if wanted == present:
        raise InputError(f"The severity is {present} already. {_NOTHING}")
    return [{"kind": "severity", "note": {"severity": wanted, "reason": said.reason, "before": present}}]


def take_role(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """An empty one; one that is held is taken over with a reason, for example that the holder cannot be
    reached."""
    holder = roles_of(events).get(_role(said), "")
    person = said.person or said.by
    if holder == person:
        raise InputError(f"{person} holds the role {said.role} already. {_NOTHING}")
    if holder and not said.reason:
        raise InputError(
            f"{holder} holds the role {said.role}: let {holder} offer it, or give a reason to take it over. {_NOTHING}"
        )
    _require_own(said, person, "takes")
    handed = {"handover": said.reason} if said.reason else {}
    return [_of_role(said.role, person, "taken", **handed)]


def offer_role(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:
    """To ``person``, with a note that is made from the log. It moves when it is accepted."""
    holder = roles_of(events).get(_role(said), "")
    if not said.person or said.person == holder:
        raise InputError(f"person: name the person who is offered the role {said.role}. {_NOTHING}")
    if holder != said.by and not said.reason:
        whose = f"{holder} holds" if holder else "no one holds"
        raise InputError(f"{whose} the role {said.role}, not {said.by}: give a reason to offer it. {_NOTHING}")
    note = "\n".join(handover(events, now, said.outside, said.hours))
    return [_of_role(said.role, said.person, "offered", handover=note)]


def accept_role(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """By the person to whom it is offered."""
    person = offered_to(events, _role(said))
    if not person:
        raise InputError(f"The role {said.role} is offered to no one. {_NOTHING}")
    if person not in (said.by, said.person):
        raise InputError(f"The role {said.role} is offered to {person}, not to {said.by}. {_NOTHING}")
    _require_own(said, person, "accepts")
    return [_of_role(said.role, person, "accepted", **({"handover": said.reason} if said.reason else {}))]


def leave_role(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """Without a successor: the role is then shown as empty."""
    person = said.person or said.by
    if roles_of(events).get(_role(said)) != person:
        raise InputError(f"{person} does not hold the role {said.role}. {_NOTHING}")
    _require_own(said, person, "leaves")
    return [_of_role(said.role, person, "left", **({"handover": said.reason} if said.reason else {}))]


def update(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:
    """What is said to the people of the site, with the time of the next update, or to the public on the status page,
    also with its state. Of an incident that has ended no further update is promised."""
    if not said.text:
        raise InputError(f"text: say what is known and what is being done. {_NOTHING}")
    if said.status and said.audience != PUBLIC:
        raise InputError(
            f"status: {said.status} is a state of the status page, and this update is for the people of the site. Add"
            f" -e incident_act_audience=public, or leave the state out. {_NOTHING}"
        )
    if said.status:
        _require_open(events)
        _require_reached(said)
    every = said.outside.every if said.audience == PUBLIC else UPDATE
    is_over = phase_of(events) in ENDED
    interval = timedelta(0) if is_over else every.get(severity_of(events), timedelta(0))
    next_at = {"next_at": stamp(now + interval)} if interval else {}
    status = {"status": said.status, **({"reason": said.reason} if said.reason else {})} if said.status else {}
    return [{"kind": "update", "note": {"text": said.text, "audience": said.audience or "inside", **next_at, **status}}]


def _require_reached(said: Said) -> None:
    """A state of the page that is beyond what the log reaches is a person's to name, with a reason."""
    if said.status in said.reached or said.reason:
        return
    last = said.reached[-1] if said.reached else "not open"
    what = "give the cause" if said.status == "identified" else "say how the symptom went"
    raise InputError(
        f"status: by its log the incident is {last}, and not {said.status}: {what} as reason (incident_act_reason),"
        f" which is kept for inside. {_NOTHING}"
    )


def identify(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """The cause is known: by a diagnosis since the incident was opened for the last time, or by what the person
    says."""
    _require_open(events)
    found = [event for event in since_opened(events) if event["kind"] == "diagnosed"]
    if not found and not said.reason:
        raise InputError(f"No diagnosis is in the log{_again(events)}: give the cause as reason. {_NOTHING}")
    return [_phase("identified", said.reason, found[-1:])]


def monitor(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """An act was carried out since the incident was opened for the last time, or the symptom went by itself, which the
    person says."""
    _require_open(events)
    acts = [event for event in since_opened(events) if was_carried_out(event)]
    if not acts and not said.reason:
        raise InputError(f"No act is in the log{_again(events)}: say as reason how the symptom went. {_NOTHING}")
    return [_phase("monitoring", said.reason, acts[-1:])]


def resolve(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:
    """After verifications that say recovered, of every act, since the incident was opened for the last time, and that
    have held for the soak time: as the status page and the checklist have it. Else with a reason."""
    if phase_of(events) in ENDED:
        raise InputError(f"The incident is {phase_of(events)} already. {_NOTHING}")
    found = recovery_of(events)
    # A run that finds nothing verifies nothing.
    what = "Have it mitigated" if found.fault else "Run the playbook of the fault once more"
    why = found.why_not
    if not why:
        why, until = why_not_held(found, now, said.soak), held_since(found) + said.soak
        what = f"Resolve it after {until:%H:%M:%S} UTC"
    if why and not said.reason:
        raise InputError(f"The incident is not resolved by its log: {why}. {what}, or give a reason. {_NOTHING}")
    return [_phase("resolved", said.reason, found.verified if not found.why_not else [])]


def reopen(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """The fault is back, or was never gone."""
    if phase_of(events) not in ENDED:
        raise InputError(f"The incident is {phase_of(events)}, not resolved. {_NOTHING}")
    if not said.reason:
        raise InputError(f"reason: say what is back. {_NOTHING}")
    return [_phase("open", said.reason, [])]


def close(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """When the incident is resolved and every item of the half after it is done or waived."""
    if phase_of(events) != "resolved":
        raise InputError(f"The incident is {phase_of(events)}: resolve it first. {_NOTHING}")
    missing = open_after(checklist_of(events, chain_is_whole=not said.broken))
    if missing:
        log = f"The log of the incident is {said.broken}. " if said.broken else ""
        raise InputError(
            f"{log}The checklist is open at: {', '.join(missing)}. Do each and tick it"
            " (playbooks/incident_checklist.yml -e incident_act_item=NAME), or waive it with -e"
            f" incident_checklist_action=waive and a reason. {_NOTHING}"
        )
    return [_phase(CLOSED, said.reason, [])]


def check(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """Items of the checklist, done by a person."""
    reason = {"reason": said.reason or said.text} if said.reason or said.text else {}
    return [{"kind": "checklist", "note": {"item": item, "state": DONE, **reason}} for item in _items(said)]


def waive(said: Said, events: Sequence[EventReport], now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001
    """Items of the checklist that are not done, with a reason."""
    if not said.reason:
        raise InputError(f"reason: an item is waived with a reason. {_NOTHING}")
    note = {"state": WAIVED, "reason": said.reason}
    return [{"kind": "checklist", "note": {"item": item, **note}} for item in _items(said)]


ACTS: Mapping[str, _Act] = {
    each.__name__: each
    for each in (
        acknowledge, severity, take_role, offer_role, accept_role, leave_role, update, identify, monitor, resolve,
        reopen, close, check, waive,
    )
}  # fmt: skip


def handover(
    events: Sequence[EventReport],
    now: datetime,
    outside: OutsideUpdates = NO_RULE_OUTSIDE,
    hours: BusinessHours = IN_UTC,
) -> list[str]:
    """What the next person must know, from the log: state, plans that wait, what was tried, the last word inside and to
    customers, and what is due."""
    status = status_of("", events, 0, {"seq": 0, "hash": ""})
    lines = [f"{status['phase']}, severity {status['severity']}, open for {_since(events, now)}"]
    lines += [f"cause: {', '.join(status['causes'])}"] if status["causes"] else ["no cause was recorded"]
    lines += [
        f"tried: {row['mitigation']} on {row['host']}: {some(row['done'], 2) or 'nothing'}:"
        f" {row['outcome'] or 'not verified'}"
        for row in acts_of(events)[-5:]
    ]
    lines += [f"waits for an approval: {row['mitigation']}, plan {row['digest'][:12]}" for row in status["held"]]
    updates = [event for event in events if event["kind"] == "update" and event["note"].get("audience") != PUBLIC]
    lines.append(f"last update: {updates[-1]['note'].get('text', '')}" if updates else "no update was given")
    lines.append(_to_customers(events))
    return lines + overdue(events, now, hours, outside) + coming(events, now, hours, outside)


def _to_customers(events: Sequence[EventReport]) -> str:
    """The last word that customers could read, with its time."""
    said = said_outside(events)
    if not said:
        return "nothing was said to customers"
    note = said[-1]["note"]
    text, values = note.get("text"), dict(note.get("values") or {})
    for event in events:  # a message that was sent has its key alone; what it says is in the one that was queued
        if note.get("key") and event["note"].get("key") == note["key"]:
            values = {**values, **(event["note"].get("values") or {})}
    words = text or values.get("text") or values.get("state") or note.get("key") or ""
    return f"last word to customers ({said[-1]['at'][:10]} {said[-1]['at'][11:16]} UTC): {words}"


def _since(events: Sequence[EventReport], now: datetime) -> str:
    return span((now - kept_at(events[0])).total_seconds()) if events else span(0.0)


def _again(events: Sequence[EventReport]) -> str:
    return " since it was opened again" if len(rounds(events)) > 1 else ""


def _require_open(events: Sequence[EventReport]) -> None:
    """An incident that has ended is opened again by `reopen`, which needs a reason."""
    if phase_of(events) in ENDED:
        raise InputError(f"The incident is {phase_of(events)}: {_REOPEN} {_NOTHING}")


def _alert(raw: Any) -> Alert:
    """As Alertmanager's webhook has it, or its labels alone."""
    alert = alert_from(raw if isinstance(raw, Mapping) and "labels" in raw else {"labels": raw})
    if alert is None:
        raise InputError(f"alerts: an alert is a dictionary of labels with alertname. {_NOTHING}")
    return alert


def _require_own(said: Said, person: str, does: str) -> None:
    """A role is a person's own matter: a person who acts in the name of another says why."""
    if person != said.by and not said.reason:
        raise InputError(
            f"{said.by} {does} the role {said.role} in the name of {person}: give a reason, such as that {person} said"
            f" so on the phone. {_NOTHING}"
        )


def _role(said: Said) -> str:
    if not said.role:
        raise InputError(f"role: name the role. {_NOTHING}")
    return said.role


def _items(said: Said) -> list[str]:
    items = [item.strip() for item in said.item.split(",")]
    for item in items:
        if item not in ITEMS:
            raise InputError(f"item: {item!r} is none of the checklist: {', '.join(ITEMS)}. {_NOTHING}")
    return list(dict.fromkeys(items))


def _of_role(role: str, person: str, action: str, **more: str) -> dict[str, Any]:
    return {"kind": "role", "note": {"role": role, "person": person, "action": action, **more}}


def _phase(phase: str, reason: str, facts: Sequence[EventReport]) -> dict[str, Any]:
    note: dict[str, Any] = {"phase": phase, "facts": [f"#{event['seq']}" for event in facts]}
    return {"kind": "phase", "note": {**note, "reason": reason} if reason else note}
