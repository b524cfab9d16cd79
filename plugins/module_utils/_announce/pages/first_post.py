# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the public does not read: a first post that waits for a person, and a text at a site without a page. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Mapping, Sequence

from ..._incident.event import EventReport, kept_at
from ..._incident.phase import ENDED, phase_of
from ..page_states import PUBLIC
from ..settings import PAGE

_NEWS = timedelta(hours=1)  # after which it is not said again


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


def said_to_none(events: Sequence[EventReport], settings: Mapping[str, Mapping[str, Any]], now: datetime) -> list[str]:
    """A sentence, where a person has just written for the public and the site has no page for it; else nothing."""
    texts = [event for event in events if event["kind"] == "update"]
    is_public = bool(texts) and str(texts[-1]["note"].get("audience", "")).lower() in PUBLIC
    if PAGE in settings or not is_public or now - kept_at(texts[-1]) > _NEWS:
        return []
    return [f"the update for the public (#{texts[-1]['seq']}) is on no status page: runbook_announce has no page"]
