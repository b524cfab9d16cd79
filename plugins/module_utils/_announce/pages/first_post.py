# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the first post of an incident on the status page waits for a person, and the command that makes it. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..._incident.event import EventReport
from ..._incident.phase import ENDED, phase_of
from ..page_states import PUBLIC
from ..settings import PAGE


def waiting_for_a_person(
    incident: str, events: Sequence[EventReport], settings: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """A sentence, where the scenario of an open incident faces customers, the site wants a person to decide on the
    first post, and none has; else nothing."""
    options = settings.get(PAGE)
    opened = next((event for event in events if event["kind"] == "opened"), None)
    if options is None or opened is None or options.get("first_post") == "act" or phase_of(events) in ENDED:
        return []
    said = (str(event["note"].get("audience", "")).lower() for event in events if event["kind"] == "update")
    if opened["note"].get("scenario") not in options.get("scenarios", ()) or any(each in PUBLIC for each in said):
        return []
    return [
        "the status page says nothing yet: its first post waits for a person (runbook_announce.page.first_post):"
        f" playbooks/incident_update.yml -e incident_id={incident} -e incident_act_audience=public"
        " -e incident_act_text='...'"
    ]
