# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles of an incident that the rotation fills when it opens. Pure.

A role that a person has taken, accepted or left is that person's matter: the rotation fills each role once, and only
one that was never held. A step without a person leaves its role empty, and the next look fills it.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .._core.errors import InputError
from .._incident.event import EventReport
from .._incident.kinds import ROLES
from .._incident.phase import ENDED, phase_of

FROM: Mapping[str, str] = {
    "incident_commander": "primary", "technical_lead": "secondary", "communications_lead": "escalation",
}  # fmt: skip


def assignments(
    events: Sequence[EventReport], on_call: Mapping[str, str], until: Mapping[str, str], steps: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The notes of the events by which roles are filled. ``on_call``: the person of each step, empty for none;
    ``until``: the end of the person's shift, empty where not known; ``steps``: the step that each role comes from."""
    if phase_of(events) in ENDED:
        return []
    touched = {event["note"].get("role") for event in events if event["kind"] == "role"}
    notes: list[dict[str, Any]] = []
    for role in ROLES:
        step = steps.get(role, "")
        if role not in touched and on_call.get(step):
            note = {"role": role, "person": on_call[step], "action": "assigned"}
            notes.append({**note, "until": until[step]} if until.get(step) else note)
    return notes


def steps_of_roles(given: Mapping[str, Any], steps: Sequence[str]) -> dict[str, str]:
    """The step of each role, from the inventory (``incident_roles_from``); a role that is not named stays empty. Raises
    InputError."""
    if not isinstance(given, Mapping):
        raise InputError(f"incident_roles_from: {given!r} is no dictionary of roles.")
    for role, step in given.items():
        if role not in ROLES:
            raise InputError(f"incident_roles_from: {role!r} is none of {', '.join(ROLES)}.")
        if step not in steps:
            raise InputError(f"incident_roles_from.{role}: {step!r} is none of {', '.join(steps)}.")
    return dict(given or FROM)
