# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people wrote for the post-mortem: events of kind written, whose characters are kept. Pure."""

from __future__ import annotations

from typing import Sequence

from .._core.redaction import redacted_lines
from .._core.text import printable
from .._incident.event import EventReport
from .._incident.kinds import POSTMORTEM_STATUSES as STATUSES
from .._incident.stamps import is_stamp, time_of
from .page.document import Passage, said

# Sections that hold a fact and no passage.
STATUS, BEGAN, PUBLIC = "status", "impact_began", "public"
# Section of a passage -> the question to the people of the incident.
PROMPTS = {
    "summary": "What happened, in three sentences, for a reader who was not there?",
    "impact": "Who could not do what, for how long? What do support requests and payments show?",
    "detection": "How was it noticed, and what would have shown it earlier?",
    "surprised": "What surprised you?",
    "contributing_factors": "How did we get here? Which conditions, decisions and designs contributed, and why did each"
    " make sense at the time?",
    "went_well": "What went well?",
    "went_badly": "What did not go well?",
    "lucky": "Where were we lucky?",
    "lessons": "What did we learn that other teams need?",
    "communication": "Who was informed when, and what did they need that they did not get?",
}


def passages(events: Sequence[EventReport], section: str) -> list[Passage]:
    """All passages of a section, in the order in which they were written."""
    return [_passage(event) for event in events if _is_of(event, section)]


def other_sections(events: Sequence[EventReport]) -> list[str]:
    """Sections of passages that the page has no place for, in order: nothing that was written is left out."""
    known = {*PROMPTS, STATUS, BEGAN, PUBLIC}
    names = [str(event["note"].get("section", "")) for event in events if event["kind"] == "written"]
    return [name for name in dict.fromkeys(names) if name not in known]


def unanswered(events: Sequence[EventReport]) -> list[str]:
    """Sections that need a passage and have none."""
    return [section for section in PROMPTS if not any(_is_of(event, section) for event in events)]


def status_of(events: Sequence[EventReport]) -> tuple[str, int]:
    """The last status that was set, and the event; a draft and 0 where there is none."""
    for event in reversed(events):
        status = str(event["note"].get("text", "")).strip().lower()
        if _is_of(event, STATUS) and status in STATUSES:
            return status, event["seq"]
    return STATUSES[0], 0


def first_line_of(events: Sequence[EventReport], section: str) -> tuple[EventReport, str] | None:
    """The last passage of a section, and its first line."""
    for event in reversed(events):
        if _is_of(event, section):
            return event, (str(event["note"].get("text", "")).strip().splitlines() or [""])[0].strip()
    return None


def _is_of(event: EventReport, section: str) -> bool:
    return event["kind"] == "written" and event["note"].get("section") == section


def _at(event: EventReport) -> str:
    return time_of(event["at"]) if is_stamp(event["at"]) else said(event["at"]).text


def _passage(event: EventReport) -> Passage:
    """A line in which nothing looks like a secret is kept as it is."""
    lines = str(event["note"].get("text", "")).split("\n")
    safe = redacted_lines(lines)
    kept = [line if clean == printable(line) else clean for line, clean in zip(lines, safe)]
    return Passage("\n".join(kept), said(event["by"]).text, _at(event), event["seq"], kept != lines)
