# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The severity of an incident, from its events. Pure.

Facts raise it: the opening, a triage, a run that joins. A person sets it, up or down, with a reason. So what one run
measures never lowers what another one has found.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping, Sequence

from .event import EventReport

UNKNOWN = "unknown"
_ORDER = ("P0", "P1", "P2", "P3")


def is_worse(severity: str, than: str) -> bool:
    """Whether a known severity is worse than another one; any is worse than unknown."""
    return severity in _ORDER and (than not in _ORDER or _ORDER.index(severity) < _ORDER.index(than))


def severity_changes(events: Sequence[EventReport]) -> list[tuple[str, EventReport]]:
    """Each severity that the incident had, with the event that it comes from."""
    changes: list[tuple[str, EventReport]] = []
    for event in events:
        present = changes[-1][0] if changes else UNKNOWN
        note = event["note"]
        said = str(note.get("triage" if event["kind"] == "noted" else "severity") or "")
        is_set = event["kind"] == "severity" and not note.get("facts")
        if event["kind"] in ("opened", "noted", "severity") and (
            is_worse(said, present) or (is_set and said in _ORDER)
        ):
            changes.append((said, event))
    return changes


def severity_event(events: Sequence[EventReport]) -> tuple[str, EventReport | None]:
    """The severity, and the event that it comes from; unknown and None where there is none."""
    changes = severity_changes(events)
    return changes[-1] if changes else (UNKNOWN, None)


def severity_since(events: Sequence[EventReport], severities: Collection[str]) -> EventReport | None:
    """The event since which the severity is one of these without a break; None where it is none of them now."""
    since = None
    for severity, event in severity_changes(events):
        since = (since or event) if severity in severities else None
    return since


def at_least(severity: str) -> tuple[str, ...]:
    """This severity and all that are worse; none for one that is not known."""
    return _ORDER[: _ORDER.index(severity) + 1] if severity in _ORDER else ()


def severity_of(events: Sequence[EventReport]) -> str:
    return severity_event(events)[0]


def raised(events: Sequence[EventReport], opening: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The event by which a run that joins raises the severity, as a list; empty where it brings no worse one.

    ``events``: those of the incident, empty for a new one; ``opening``: what the run would open an incident with.
    """
    severity, present = str(opening.get("severity") or UNKNOWN), severity_of(events)
    if not events or not is_worse(severity, present):
        return []
    run = f"a run of {opening.get('scenario') or 'a playbook'} on {', '.join(map(str, opening.get('hosts') or ()))}"
    note = {"severity": severity, "reason": "a run that joined has it", "before": present, "facts": [run]}
    return [{"kind": "severity", "note": note}]
