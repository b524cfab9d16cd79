# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The public page of an incident: the words of the site, what was published, and times; nothing else. Pure."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Protocol, Sequence

from .._incident.event import EventReport
from .measured.measurement import Measured
from .milestones import BEGAN, ENDED, MEANS, RESOLVED, VERIFIED, Milestone
from .page.document import Bullets, Definitions, Document, Passage, Row, Said, Section, Table, paragraph, said
from .passages import PUBLIC, passages, status_of
from .story import recorded_at, shown

PUBLIC_AUDIENCES = ("public", "status page", "status_page", "customers")
_TIMES = {
    BEGAN: "The impact began", ENDED: "The impact ended", VERIFIED: "The recovery was verified",
    RESOLVED: "The incident was resolved",
}  # fmt: skip
_NO_WORDS = "An incident"


class PublicWords(NamedTuple):
    """The site's words for the public: for each scenario, of which one without any is called an incident; and for each
    kind of requests whose figures are shown."""

    scenarios: Mapping[str, str]
    requests: Mapping[str, str]


class PublicFacts(Protocol):
    """What the public page is made of."""

    @property
    def times(self) -> Mapping[str, Milestone]: ...

    @property
    def measured(self) -> Measured | None: ...


def public_document(
    events: Sequence[EventReport],
    facts: PublicFacts,
    words: PublicWords,
    warning: str,
) -> Document:
    """No host, person, statement or name of the log is on the page."""
    times = facts.times
    opened = next((event for event in events if event["kind"] == "opened"), None)
    scenario = str(opened["note"].get("scenario", "")) if opened else ""
    status, seq = status_of(events)
    rows = [Row((said(text), Said(times[name].text, times[name].cites))) for name, text in _TIMES.items()]
    written = [Passage(passage.text, "", "", passage.seq, passage.hidden) for passage in passages(events, PUBLIC)]
    return Document(
        str(words.scenarios.get(scenario) or _NO_WORDS),
        warning,
        [said(f"Status: {status}", *([seq] if seq else []))],
        [
            Section("what", "What happened", written or [paragraph("No text for the public is written yet.")]),
            *_requests(facts.measured, words.requests),
            Section("times", "Times", [Table("Times of the incident, UTC", ("what", "when"), tuple(rows))]),
            Section("updates", "What we published", [_updates(events)]),
            Section("definitions", "Definitions", [Definitions(tuple((_TIMES[name], MEANS[name]) for name in _TIMES))]),
        ],
    )


def _requests(measured: Measured | None, words: Mapping[str, str]) -> list[Section]:
    """The figures that the site shows; one that was not measured is said to be unknown."""
    if not words:
        return []
    rows: list[Row] = []
    for row in measured.requests if measured else ():
        if measured and row["name"] in words:
            figures = ("not known" if row[key] is None else str(row[key]) for key in ("asked", "failed", "slow"))
            rows.append(Row(tuple(said(text, measured.seq) for text in (words[row["name"]], *figures))))
    if not rows or measured is None:
        return [Section("impact", "Impact", [paragraph("How many requests were affected is not known.")])]
    span = f"Counted from {shown(measured.starts)} until {shown(measured.ends)}."
    table = Table("Requests", ("kind", "asked", "failed", "slow"), tuple(rows))
    return [Section("impact", "Impact", [paragraph(span, measured.seq), table])]


def _updates(events: Sequence[EventReport]) -> Bullets:
    items = []
    for event in events:
        seconds = recorded_at(event)
        if event["kind"] == "update" and str(event["note"].get("audience", "")).lower() in PUBLIC_AUDIENCES:
            at = shown(seconds) if seconds is not None else "at an unknown time"
            items.append(said(f"{at}: {event['note'].get('text', '')}", event["seq"]))
    return Bullets(tuple(items) or (said("Nothing was published."),))
