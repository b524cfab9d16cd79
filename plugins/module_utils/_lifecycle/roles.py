# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who holds which role of an incident, from its events. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .._incident.event import EventReport


def roles_of(events: Sequence[EventReport]) -> dict[str, str]:
    """Who holds which role now: an offer moves nothing until it is accepted."""
    roles: dict[str, str] = {}
    for event in events:
        if event["kind"] == "role":
            note = event["note"]
            role, person = _text(note, "role"), _text(note, "person")
            if note.get("action") in ("assigned", "taken", "accepted"):
                roles[role] = person
            elif note.get("action") == "left" and roles.get(role) == person:
                del roles[role]
    return {role: person for role, person in roles.items() if role and person}


def offered_to(events: Sequence[EventReport], role: str) -> str:
    """The person who is offered a role and has not accepted it yet; empty without one."""
    of_role = [event["note"] for event in events if event["kind"] == "role" and event["note"].get("role") == role]
    return _text(of_role[-1], "person") if of_role and of_role[-1].get("action") == "offered" else ""


def _text(note: Mapping[str, Any], name: str) -> str:
    return str(note.get(name) or "")
