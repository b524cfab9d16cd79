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
            if note.get("action") in ("assigned", "taken", "accepted"):
                roles[_text(note, "role")] = _text(note, "person")
            elif note.get("action") == "left" and roles.get(_text(note, "role")) == note.get("person"):
                del roles[_text(note, "role")]
    return roles


def offered_to(events: Sequence[EventReport], role: str) -> str:
    """The person who is offered a role and has not accepted it yet; empty without one."""
    of_role = [event["note"] for event in events if event["kind"] == "role" and event["note"].get("role") == role]
    return _text(of_role[-1], "person") if of_role and of_role[-1].get("action") == "offered" else ""


def _text(note: Mapping[str, Any], name: str) -> str:
    return str(note.get(name) or "")
