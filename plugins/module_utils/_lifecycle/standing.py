# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an incident stands: phase, severity, who leads, acts and outcomes, what is held. Pure.

Everything is computed from the events. A status depends on nothing else but for ``overdue``, which is a matter of the
present time, so that the status of an incident that has ended can be kept and read again.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence, TypedDict

from .._core.text import counted, some, span
from .._incident.event import EventReport, HeldPlan
from .._incident.hash_chain import Break, Head, break_text, head_text
from .._incident.held import held_plans
from .._incident.intent import INTENDED, RECONCILED
from .._incident.kinds import ROLES
from .._incident.phase import ENDED, phase_of
from .._incident.severity import severity_of
from .checklist import ChecklistItem, checklist_lines
from .roles import roles_of

_SHORT = 12  # characters of a digest
_ACTS = 5  # of the last acts, those that are shown
COMMANDER = ROLES[0]


class ActRow(TypedDict):
    """An act with its outcome; ``outcome`` empty: it was not verified."""

    seq: int
    at: str
    host: str
    mitigation: str
    done: list[str]
    outcome: str
    seconds_to_recovery: float | None


class HeldRow(TypedDict):
    """A plan that waits for an approval."""

    at: str
    host: str
    mitigation: str
    digest: str
    actions: list[str]
    reasons: list[str]


class IncidentStatus(TypedDict):
    """Where an incident stands. ``severity``: the last one that was set; ``lead``: the incident commander, empty if
    there is none; ``roles``: of people, by role; ``acknowledged_at`` empty: it is not; ``acts``: the last ones, the
    newest last; ``unfinished``: acts without an outcome; ``causes``: of the last diagnosis."""

    id: str
    opened_at: str
    last_at: str
    scenario: str
    phase: str
    severity: str
    by: str
    lead: str
    roles: dict[str, str]
    acknowledged_at: str
    acknowledged_by: str
    hosts: list[str]
    causes: list[str]
    acts: list[ActRow]
    held: list[HeldRow]
    unfinished: int
    notes: int
    events: int
    torn: int
    head: Head
    overdue: list[str]


class StatusReport(TypedDict):
    """What incident_status returns. ``closed``: how many incidents have ended; ``cached``: of how many incidents the
    status was taken from the index; ``timeline``: of the incident that was named, in lines; ``first_break``: of its
    log; ``checklist``: of that incident; ``unread``: files that could not be read, with the reason."""

    incidents: list[IncidentStatus]
    closed: int
    cached: int
    timeline: list[str]
    first_break: Break | None
    checklist: list[ChecklistItem]
    unread: list[str]
    lines: list[str]


def status_of(incident_id: str, events: Sequence[EventReport], torn: int, head: Head) -> IncidentStatus:
    """The status of one incident."""
    opening = events[0] if events else None
    note: Mapping[str, Any] = opening["note"] if opening else {}
    acknowledged = next((event for event in events if event["kind"] == "acknowledged"), None)
    roles = roles_of(events)
    causes = [event["note"].get("causes") or [] for event in events if event["kind"] == "diagnosed"]
    return {
        "id": incident_id,
        "opened_at": opening["at"] if opening else "",
        "last_at": events[-1]["at"] if events else "",
        "scenario": str(note.get("scenario", "")),
        "phase": phase_of(events),
        "severity": severity_of(events),
        "by": opening["by"] if opening else "",
        "lead": roles.get(COMMANDER, ""),
        "roles": roles,
        "acknowledged_at": acknowledged["at"] if acknowledged else "",
        "acknowledged_by": acknowledged["by"] if acknowledged else "",
        "hosts": sorted({event["host"] for event in events if event["host"]}),
        "causes": [_cause(cause) for cause in (causes[-1] if causes else [])],
        "acts": acts_of(events)[-_ACTS:],
        "held": [_held(plan) for plan in held_plans(events) if plan["pending"]],
        "unfinished": len(_without_outcome(events)),
        "notes": sum(event["kind"] == "noted" for event in events),
        "events": len(events),
        "torn": torn,
        "head": head,
        "overdue": [],
    }


def acts_of(events: Sequence[EventReport]) -> list[ActRow]:
    """Every act that did something, with the outcome that was verified after it on the same host."""
    rows: list[ActRow] = []
    for event in events:
        note = event["note"]
        mitigation = str(note.get("mitigation", ""))
        if event["kind"] == "mitigated" or (event["kind"] == RECONCILED and note.get("gone")):
            rows.append(
                {
                    "seq": event["seq"],
                    "at": event["at"],
                    "host": event["host"],
                    "mitigation": mitigation,
                    "done": _done(note),
                    "outcome": "completed after a run that was cut off" if event["kind"] == RECONCILED else "",
                    "seconds_to_recovery": None,
                }
            )
        elif event["kind"] == "verified":
            for row in reversed(rows):
                if (row["host"], row["mitigation"]) == (event["host"], mitigation):
                    row["outcome"] = str(note.get("outcome", ""))
                    row["seconds_to_recovery"] = note.get("seconds_to_recovery")
                    break
    return rows


def _done(note: Mapping[str, Any]) -> list[str]:
    acted = [f"{each.get('action', '')} {each.get('who', '')}".strip() for each in note.get("acted_on") or ()]
    # An act that a later run completed has lines. A line that was written by hand may have anything there.
    said = [lines for lines in (note.get("done"), note.get("lines")) if lines and isinstance(lines, list)]
    return [str(each) for each in said[0]] if said else acted


def _without_outcome(events: Sequence[EventReport]) -> list[EventReport]:
    ended = {event["note"].get("intended") for event in events if not event["note"].get("unknown")}
    return [event for event in events if event["kind"] == INTENDED and event["at"] not in ended]


def _cause(cause: Any) -> str:
    return str(cause.get("cause", "")) if isinstance(cause, Mapping) else str(cause)


def _held(plan: HeldPlan) -> HeldRow:
    return {
        "at": plan["at"],
        "host": plan["host"],
        "mitigation": plan["mitigation"],
        "digest": plan["digest"],
        "actions": plan["actions"],
        "reasons": plan["reasons"],
    }


def is_open(status: IncidentStatus) -> bool:
    return status["phase"] not in ENDED


def lines_of_status(report: StatusReport, is_named: bool) -> list[str]:
    """The open incidents, the newest first; or all of one incident."""
    lines = [line for status in report["incidents"] for line in _lines_of(status)]
    if not is_named:
        ended = (
            f"{counted(report['closed'], 'incident has', 'incidents have')} ended"
            if report["closed"]
            else "no incident has ended"
        )
        lines = [*(lines or ["no incident is open"]), ended]
    if report["first_break"]:
        lines.append(f"the log is {break_text(report['first_break'])}")
    lines += [f"not read: {each}" for each in report["unread"]]
    lines += checklist_lines(report["checklist"])
    return [*lines, *report["timeline"]]


def _lines_of(status: IncidentStatus) -> list[str]:
    led = f"led by {status['lead']}" if status["lead"] else "no incident commander"
    lines = [f"{status['id']}: {status['phase']}, severity {status['severity']}, {led}"]
    lines.append(
        f"    {status['scenario'] or 'no scenario'} on {some(status['hosts']) or 'no host'}, opened"
        f" {_time(status['opened_at'])} by {status['by']}, last event {_time(status['last_at'])},"
        f" {counted(status['events'], 'event')}, head {head_text(status['head']) or '-'}"
    )
    if is_open(status):
        held = [f"{role.replace('_', ' ')}: {status['roles'].get(role) or 'none'}" for role in ROLES]
        lines.append(f"    {'; '.join(held)}")
    lines += [f"    overdue: {each}" for each in status["overdue"]]
    lines += [f"    {_act(row)}" for row in status["acts"]]
    lines += [
        f"    held on {row['host']}: {row['mitigation']}, plan {row['digest'][:_SHORT]}: {some(row['actions'], 2)}"
        for row in status["held"]
    ]
    if status["unfinished"]:
        lines.append(f"    {status['unfinished']} act(s) without an outcome")
    return lines


def _act(row: ActRow) -> str:
    seconds = row["seconds_to_recovery"]
    after = f" after {span(float(seconds))}" if isinstance(seconds, (int, float)) else ""
    return (
        f"{_time(row['at'])} {row['mitigation']} on {row['host']}: {some(row['done'], 2) or 'nothing done'}:"
        f" {row['outcome'] or 'not verified'}{after}"
    )


def _time(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC" if at else "-"
