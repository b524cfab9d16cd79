# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of an event in a chat: the name of the template and its values. Pure."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..._incident.event import EventReport


def _noted(event: EventReport) -> tuple[str, dict[str, Any]]:
    note = event["note"]
    if note.get("triage"):
        return "triage", {
            "triage": note["triage"], "signs": _first(_texts(note.get("signs"))), "next": note.get("next", ""),
        }  # fmt: skip
    return ("note", _fields(event, "text", "done_at")) if note.get("text") else ("", {})


def _diagnosed(event: EventReport) -> tuple[str, dict[str, Any]]:
    return "diagnosed", {**_fields(event, "cause"), "lines": _first(_texts(event["note"].get("lines")), 6)}


def _mitigated(event: EventReport) -> tuple[str, dict[str, Any]]:
    note = event["note"]
    done = _first(_done(note))
    if note.get("stopped"):
        done.append(f"stopped before its end: {note['stopped']}")
    left = note.get("not_done")
    if isinstance(left, list) and left:
        done.append(f"not done: {len(left)} of the plan, for reasons that are in the log")
    return "mitigated", {**_fields(event, "mitigation"), "done": done}


def _reconciled(event: EventReport) -> tuple[str, dict[str, Any]]:
    return "reconciled", {
        **_fields(event, "mitigation", "outcome"),
        "lines": _first(_texts(event["note"].get("lines"))),
    }


def _verified(event: EventReport) -> tuple[str, dict[str, Any]]:
    seconds = event["note"].get("seconds_to_recovery")
    return "verified", {**_fields(event, "mitigation", "outcome"), "seconds": seconds}


def _update(event: EventReport) -> tuple[str, dict[str, Any]]:
    inside = str(event["note"].get("audience", "inside")) == "inside"
    return "update", {**_fields(event, "text", "next_at"), "outside": not inside}


def _severity(event: EventReport) -> tuple[str, dict[str, Any]]:
    return "severity", {"to": event["note"].get("severity", ""), **_fields(event, "before", "reason", "facts")}


def _role(event: EventReport) -> tuple[str, dict[str, Any]]:
    values = {**_fields(event, "person", "action"), "role": str(event["note"].get("role", "")).replace("_", " ")}
    return "role", {**values, "lines": _first(str(event["note"].get("handover") or "").splitlines(), 200)}


def _fields(event: EventReport, *names: str) -> dict[str, Any]:
    return {name: event["note"].get(name) or "" for name in names}


POSTS: Mapping[str, Callable[[EventReport], tuple[str, dict[str, Any]]]] = {
    "noted": _noted, "diagnosed": _diagnosed, "mitigated": _mitigated, "verified": _verified,
    "reconciled": _reconciled, "update": _update, "severity": _severity, "role": _role,
    "phase": lambda event: ("phase", _fields(event, "phase", "reason")),
    "acknowledged": lambda event: ("acknowledged", _fields(event, "text")),
    "handed_over": lambda event: ("handed_over", _fields(event, "task", "message")),
}  # fmt: skip


def _done(note: Mapping[str, Any]) -> list[str]:
    acted = [f"{row.get('action', '')} {row.get('who', '')}".strip() for row in note.get("acted_on") or ()]
    return _texts(note.get("done")) or acted


def _first(lines: list[str], most: int = 8) -> list[str]:
    """The first of them, and how many more there are."""
    more = len(lines) - most
    return [*lines[:most], f"and {more} more, in the incident log"] if more > 0 else list(lines)


def _texts(values: Any) -> list[str]:
    """Of a list of texts, or of dictionaries that have one."""
    if not isinstance(values, list):
        return []
    return [
        str(each.get("text") or each.get("what") or each.get("cause") or "") if isinstance(each, Mapping) else str(each)
        for each in values
    ]
