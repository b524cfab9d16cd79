# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The severity of an incident, and who holds which role, from its events. Pure."""

from __future__ import annotations

from typing import Sequence

from .._incident.event import EventReport


def severity_of(events: Sequence[EventReport]) -> str:
    """The severity that was set last; that of the opening, or of a triage, where none was set."""
    said = [event["note"].get("severity") for event in events if event["kind"] == "severity"]
    triage = [event["note"]["triage"] for event in events if event["kind"] == "noted" and event["note"].get("triage")]
    opening = [event["note"].get("severity") for event in events if event["kind"] == "opened"]
    known = [str(each) for each in (*opening[:1], *triage, *said) if each and each != "unknown"]
    return known[-1] if known else "unknown"


def roles_of(events: Sequence[EventReport]) -> dict[str, str]:
    """Who holds which role now: an offer moves nothing until it is accepted."""
    roles: dict[str, str] = {}
    for event in events:
        if event["kind"] == "role":
            note = event["note"]
            if note.get("action") in ("taken", "accepted"):
                roles[str(note["role"])] = str(note["person"])
            elif note.get("action") == "left" and roles.get(str(note["role"])) == note.get("person"):
                del roles[str(note["role"])]
    return roles


def offered_to(events: Sequence[EventReport], role: str) -> str:
    """The person who is offered a role and has not accepted it yet; empty without one."""
    of_role = [event["note"] for event in events if event["kind"] == "role" and event["note"].get("role") == role]
    return str(of_role[-1]["person"]) if of_role and of_role[-1].get("action") == "offered" else ""
