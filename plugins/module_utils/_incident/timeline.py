# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Incidents in lines: the list of them, and the timeline of one. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .._core.text import counted, some, span
from .event import EventReport, HeldPlan, IncidentSummary
from .stamps import is_stamp, time_of

_SHORT = 12  # characters of a digest
_UNSENT = ("failed", "in_doubt", "refused")  # messages that a timeline shows; of the others there are many
# Kinds whose fields are texts that a reader needs; the others have sentences of their own.
_FIELDS: Mapping[str, Sequence[str]] = {
    "alert": ("alertname", "status", "starts_at", "ends_at"),
    "silence": ("alertname", "state"),
    "severity": ("severity", "reason"),
    "acknowledged": ("text",),
    "role": ("role", "person", "action", "until"),
    "phase": ("phase", "reason"),
    "update": ("audience", "status", "text", "reason", "next_at"),
    "message": ("key", "state", "reason"),
    "checklist": ("item", "state", "reason"),
    "action_item": ("key", "text", "owner", "due", "state", "reason"),
    "lock": ("target", "state", "until", "reason"),
    "written": ("section",),
    "measured": ("starts_at", "ends_at", "source"),
}
_WORDS_BEFORE = {"starts_at": "since ", "ends_at": "until ", "until": "until ", "next_at": "the next one by "}
# Kinds of which a reader asks who it was; of a note only what has a text is of a person.
_OF_A_PERSON = (
    "acknowledged", "severity", "role", "phase", "update", "noted", "checklist", "action_item", "written",
)  # fmt: skip


def summary_of(
    incident_id: str, events: Sequence[EventReport], held: Sequence[HeldPlan], unfinished: int
) -> IncidentSummary:
    """An incident in one row. ``state``: what the last event about an act says."""
    opening = events[0] if events else None
    note: Mapping[str, Any] = opening["note"] if opening else {}
    return {
        "id": incident_id,
        "opened_at": opening["at"] if opening else "",
        "last_at": events[-1]["at"] if events else "",
        "scenario": str(note.get("scenario", "")),
        "severity": str(note.get("severity", "")),
        "by": opening["by"] if opening else "",
        "hosts": sorted({event["host"] for event in events if event["host"]}),
        "state": _state(events),
        "held": [plan["digest"] for plan in held if plan["pending"]],
        "unfinished": unfinished,
    }


def _state(events: Sequence[EventReport]) -> str:
    for event in reversed(events):
        words = _NO_PLAN if _is_empty(event) else _STATES.get(event["kind"])
        if words:
            return str(event["note"].get("outcome") or words)
    return "noted" if events else "no event could be read"


def _is_empty(event: EventReport) -> bool:
    """Whether it is of a plan without an action or an alternative, which no approval could carry out."""
    plan = event["note"].get("plan") if event["kind"] == "held" else None
    return isinstance(plan, Mapping) and plan.get("actions") == [] and not plan.get("alternatives")


_NO_PLAN = "no plan"
_STATES = {
    "verified": "verified",
    "reconciled": "completed after a run that was cut off",
    "mitigated": "acted",
    "intended": "an act without an outcome",
    "held": "held",
    "handed_over": "handed over",
    "diagnosed": "diagnosed",
}


def lines_of_list(incidents: Sequence[IncidentSummary]) -> list[str]:
    """One line each, the newest first, and what is held under it."""
    lines = []
    for incident in incidents:
        severity = "" if incident["severity"] in ("", "unknown") else f" {incident['severity']}"
        lines.append(
            f"{incident['id']}{severity}: {incident['state']}, on {some(incident['hosts']) or 'no host'},"
            f" by {incident['by']}"
        )
        if incident["held"]:
            lines.append(f"    held: plan {', '.join(digest[:_SHORT] for digest in incident['held'])}")
        if incident["unfinished"]:
            lines.append(
                f"    {incident['unfinished']} act(s) without an outcome: a run with this incident_id completes them"
            )
    return lines or ["no incident is in the log"]


def lines_of_timeline(incident_id: str, events: Sequence[EventReport], held: Sequence[HeldPlan]) -> list[str]:
    """Every event with its time (UTC), what is held, and how it is carried out or given up."""
    lines = [f"incident {incident_id}"]
    lines += [
        f"{event['at'][:10]} {event['at'][11:19]}  {event['host'] or '-'}  {words_of(event)}{_by(event)}"
        for event in events
        if event["kind"] != "message" or event["note"].get("state") in _UNSENT
    ]
    sent = sum(event["kind"] == "message" and event["note"].get("state") == "sent" for event in events)
    lines += [f"{counted(sent, 'message was', 'messages were')} sent"] if sent else []
    for plan in held:
        if plan["pending"]:
            lines.append(
                f"held on {plan['host']}: {plan['mitigation']}, plan {plan['digest'][:_SHORT]}: {some(plan['actions'])}"
            )
            approval = f"-e incident_id={incident_id} -e incident_approved_digest={plan['digest'][:_SHORT]}"
            lines.append(f"    to carry it out: ansible-playbook playbooks/approve.yml {approval}")
    return lines


def words_of(event: EventReport) -> str:
    """What an event says, in one line. The note has the fields of its kind."""
    note = event["note"]
    fields = _FIELDS.get(event["kind"])
    if fields is not None:
        texts = [_field(name, note[name]) for name in fields if note.get(name) not in (None, "", [], {})]
        return f"{event['kind'].replace('_', ' ')}: {', '.join(texts)}".rstrip(": ")
    named = str(note.get("mitigation", ""))
    kind = _NO_PLAN if _is_empty(event) else event["kind"].replace("_", " ")
    of_plan = "" if _is_empty(event) else f", plan {_digest(note.get('plan') or {})}"
    said = {
        "opened": lambda: f"{note.get('scenario', '')}, by {event['by']}{_reported(note)}",
        "diagnosed": lambda: f"{note.get('cause', '')}: {some([str(line) for line in note.get('lines') or ()], 1)}",
        "evidence": lambda: str(note.get("file", "")),
        "held": lambda: f"{named}{of_plan}: {some([str(why) for why in note.get('reasons') or ()], 2)}",
        "approved": lambda: f"{named}, plan {str(note.get('digest', ''))[:_SHORT]}, by {event['by']}",
        "intended": lambda: f"{named}, plan {_digest(note)}, {len(note.get('actions') or ())} action(s)",
        "mitigated": lambda: f"{named}: {_done(note)}",
        "verified": lambda: (
            f"{note.get('outcome', '')}: {note.get('before')} before, {note.get('after')} after{_after(note)}"
        ),
        "reconciled": lambda: f"{named}: {note.get('outcome', '')}",
        "handed_over": lambda: f"{note.get('task', '')}: {note.get('message', '')}",
    }.get(event["kind"])
    text = said() if said else str(note.get("msg") or note.get("triage") or note.get("text") or named)
    done_at = note.get("done_at") if kind == "noted" else ""
    return f"{kind}: {text}{f' (done at {time_of(str(done_at))})' if done_at else ''}".rstrip(": ")


def _field(name: str, value: Any) -> str:
    words = time_of(value) if is_stamp(value) else str(value)
    return f"{_WORDS_BEFORE.get(name, '')}{words.replace('_', ' ') if name == 'role' else words}"


def _by(event: EventReport) -> str:
    is_said = event["kind"] in _OF_A_PERSON and (event["kind"] != "noted" or event["note"].get("text"))
    return f" (by {event['by']})" if is_said and event["by"] else ""


def _reported(note: Mapping[str, Any]) -> str:
    """What users reported, where the incident was opened by that."""
    where = f", seen at {note['where']}" if note.get("where") else ""
    return f"; reported by {note['reported_by']}{where}: {note.get('text', '')}" if note.get("reported_by") else ""


def _digest(note: Mapping[str, Any]) -> str:
    return str(note.get("digest", ""))[:_SHORT]


def _after(note: Mapping[str, Any]) -> str:
    seconds = note.get("seconds_to_recovery")
    return f", {span(float(seconds))} to recovery" if isinstance(seconds, (int, float)) else ""


def _done(note: Mapping[str, Any]) -> str:
    acted = [f"{each.get('action', '')} {each.get('who', '')}".strip() for each in note.get("acted_on") or ()]
    return some([str(each) for each in note.get("done") or ()] or acted, 3)
