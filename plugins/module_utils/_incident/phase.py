# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phase of an incident, from its events. Pure.

Facts carry it on: an acknowledgement, a diagnosis or a plan, an act. They carry it back too: an act that did not
help, or a fault that is found again while the recovery is watched. A person sets any phase. That it is over is said by
a person alone, since facts of a run must not end what people still work on, nor open again what they have ended.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

from .event import EventReport

OPEN, ACKNOWLEDGED, IDENTIFIED, MONITORING = "open", "acknowledged", "identified", "monitoring"
RESOLVED, CLOSED = "resolved", "closed"
ENDED = (RESOLVED, CLOSED)
_ORDER = (OPEN, ACKNOWLEDGED, IDENTIFIED, MONITORING)
NOT_BETTER = ("worse", "unchanged")  # outcomes after which the act has not helped
# Mitigations whose plan is made of what the fault affects. Of the others a plan says what a person wants.
_OF_THE_FAULT = ("unblock_sessions", "end_sessions", "reclaim_disk")


class PhaseChange(NamedTuple):
    """A phase, and the event that it began with."""

    phase: str
    event: EventReport


def phases_of(events: Sequence[EventReport]) -> list[PhaseChange]:
    """Each change of the phase, in order; the first one is with the first event."""
    found: list[PhaseChange] = []
    for event in events:
        present = found[-1].phase if found else ""
        following = _after(present or OPEN, event)
        if following != present:
            found.append(PhaseChange(following, event))
    return found


def phase_of(events: Sequence[EventReport]) -> str:
    """The phase at present; without an event it is open."""
    present = OPEN
    for event in events:
        present = _after(present, event)
    return present


def rounds(events: Sequence[EventReport]) -> list[EventReport]:
    """The event with which the incident began, and each with which it was opened again after its end."""
    return [
        event
        for number, event in enumerate(events)
        if number == 0 or (event["kind"] == "phase" and event["note"].get("phase") == OPEN)
    ]


def since_opened(events: Sequence[EventReport]) -> Sequence[EventReport]:
    """The events since the incident was opened, or opened again, for the last time."""
    since = 0
    for number, event in enumerate(events):
        if event["kind"] == "phase" and event["note"].get("phase") == OPEN:
            since = number
    return events[since:]


def acknowledgements(events: Sequence[EventReport]) -> list[EventReport]:
    """Those since the incident was opened, or opened again, for the last time."""
    return [event for event in since_opened(events) if event["kind"] == "acknowledged"]


def was_carried_out(event: EventReport) -> bool:
    """Whether an act was carried out, or a later run found that it was."""
    return event["kind"] == "mitigated" or (event["kind"] == "reconciled" and bool(event["note"].get("gone")))


def is_found_again(event: EventReport) -> bool:
    """Whether a plan was made and held that the fault calls for: where one like it was verified before, the recovery
    has not held. A restart of named services, a scaling or an undo is planned as a precaution, too."""
    return event["kind"] == "held" and is_of_the_fault(event)


def is_of_the_fault(event: EventReport) -> bool:
    """Whether a plan was found in the facts; what a person names (a service, a number of replicas) is a wish."""
    note = event["note"]
    mitigation, options = str(note.get("mitigation") or ""), note.get("options") or {}
    return mitigation in _OF_THE_FAULT or (mitigation == "restart_services" and not options.get("services"))


def _after(present: str, event: EventReport) -> str:
    kind, note = event["kind"], event["note"]
    if kind == "phase":
        return str(note.get("phase") or present)
    if present not in _ORDER:
        return present
    if kind == "acknowledged":
        return _later(present, ACKNOWLEDGED)
    # What is planned was found in the facts, as a diagnosis is.
    if kind == "held" or (kind == "diagnosed" and note.get("cause")):
        return IDENTIFIED
    if was_carried_out(event):
        return MONITORING
    if present == MONITORING and kind == "verified" and note.get("outcome") in NOT_BETTER:
        return IDENTIFIED
    return present


def _later(one: str, other: str) -> str:
    return max(one, other, key=_ORDER.index)
