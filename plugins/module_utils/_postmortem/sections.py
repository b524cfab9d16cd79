# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sections of a post-mortem from the events of its incident. Pure.

A figure or a time is given with the event that holds it. What no event holds is said to be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from .._core.text import some, span
from .._incident.action_items import ActionItem
from .._incident.event import EventReport
from .._incident.hash_chain import Verification, head_text
from .._incident.severity import severity_event
from .measured.logged_blocks import AFFECTED, known_impact, logged_charts, logged_numbers, logged_series
from .measured.measured_blocks import charts, definitions, impact_blocks, moments, numbers
from .measured.measurement import Measured
from .milestones import BEGAN, DETECTED, ENDED, MEANS, NAMES, SPANS, VERIFIED, Milestone, Span
from .mitigations import Mitigation, evidence_of
from .page.document import (
    Block,
    Bullets,
    Chart,
    Definitions,
    Mark,
    Paragraph,
    Prompt,
    Row,
    Said,
    Section,
    Table,
    digest,
    paragraph,
    said,
)
from .passages import BEGAN as WRITTEN_BEGAN
from .passages import PROMPTS, PUBLIC, other_sections, passages
from .proposals import Proposal
from .story import in_words, listed, recorded_at, seconds_at, shown

_LANE_OF = {
    "alert": "noticed", "opened": "noticed", "diagnosed": "noticed", "severity": "noticed",
    "acknowledged": "people", "role": "people", "phase": "people", "handed_over": "people",
    "held": "planned", "approved": "planned", "intended": "planned", "evidence": "planned",
    "mitigated": "done", "noted": "done", "reconciled": "done",
    "verified": "outcome",
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What the sections are made of."""

    events: Sequence[EventReport]
    times: dict[str, Milestone]
    durations: dict[str, Span]
    acts: Sequence[Mitigation]
    proposals: Sequence[Proposal]
    items: Sequence[ActionItem]
    verification: Verification
    measured: Measured | None


def sections(facts: Facts) -> list[Section]:
    """All sections of the internal page, in order."""
    events = facts.events
    return [
        Section("summary", "Summary", [_summary(facts), *_written(events, "summary")]),
        Section("impact", "Impact", [*_impact(facts), *_written(events, "impact")]),
        *_measured_charts(facts),
        Section("times", "Times", [_times(facts), _durations(facts)]),
        Section("timeline", "Timeline", [*_chart(events), _timeline(events)]),
        Section("detection", "How it was noticed", [_noticed(facts), *_written(events, "detection")]),
        Section("done", "What was done, and how it worked", _done(facts)),
        Section("surprised", "What surprised us", _written(events, "surprised")),
        Section(
            "contributing_factors",
            "Contributing factors",
            [*_causes(events), *_written(events, "contributing_factors")],
        ),
        Section("went_well", "What went well", [*_outcomes(facts, True), *_written(events, "went_well")]),
        Section("went_badly", "What did not go well", [*_outcomes(facts, False), *_written(events, "went_badly")]),
        Section("lucky", "Where we were lucky", _written(events, "lucky")),
        Section("lessons", "Lessons", _written(events, "lessons")),
        *_others(events),
        Section("proposals", "Proposals", [_proposals(facts)]),
        Section("action_items", "Action items", [_items(facts)]),
        Section("communication", "Communication", [_communication(events), *_written(events, "communication")]),
        Section("evidence", "Evidence and chain", [_evidence(events), _chain(facts)]),
        Section("definitions", "Definitions", [_definitions(), *_measured_definitions(facts)]),
        *_numbers(facts),
    ]


def _numbers(facts: Facts) -> list[Section]:
    found = [*numbers(facts.measured), *logged_numbers(logged_series(facts.acts))]
    return [Section("numbers", "Numbers of the charts", found)] if found else []


def _measured_definitions(facts: Facts) -> list[Block]:
    logged = [Definitions((AFFECTED,))] if logged_series(facts.acts) else []
    return [*([definitions()] if facts.measured else []), *logged]


def _measured_charts(facts: Facts) -> list[Section]:
    marks = moments(facts.times, facts.acts)
    ended = facts.times[ENDED].seconds or facts.times[VERIFIED].seconds
    impact = known_impact(facts.times[BEGAN].seconds, ended)
    drawn = [*charts(facts.measured, marks), *logged_charts(logged_series(facts.acts), marks, impact)]
    return [Section("charts", "Before, during and after", drawn)] if drawn else []


def _written(events: Sequence[EventReport], section: str) -> list[Block]:
    """What people wrote there, else the question to them."""
    found = passages(events, section)
    return [*found] if found else [Prompt(PROMPTS[section])]


def _others(events: Sequence[EventReport]) -> list[Section]:
    """Passages of sections without a place of their own, and those for the public."""
    names = [*([PUBLIC] if passages(events, PUBLIC) else []), *other_sections(events)]
    found = [
        Section(f"written-{place}", f"Written: {said(name).text}", passages(events, name))
        for place, name in enumerate(names, 1)
    ]
    began = passages(events, WRITTEN_BEGAN)
    return [*found, Section("written-began", "When the impact began", began)] if began else found


def _summary(facts: Facts) -> Paragraph:
    parts = []
    opened = next((event for event in facts.events if event["kind"] == "opened"), None)
    if opened is not None:
        note = opened["note"]
        parts.append(said(f"Incident of kind {note.get('scenario') or 'unknown'}.", opened["seq"]))
    severity, event = severity_event(facts.events)
    parts.append(said(f"Severity {severity}.", *([event["seq"]] if event else [])))
    hosts = {event["host"]: event["seq"] for event in reversed(facts.events) if event["host"]}
    if hosts:
        parts.append(said(f"Hosts: {some(sorted(hosts), 8)}.", *sorted(hosts.values())))
    recovered = facts.times[VERIFIED]
    if recovered.seconds is None:
        parts.append(said("The log has no verified recovery."))
    else:
        parts.append(said(f"Recovery verified at {recovered.text}.", *recovered.cites))
    return Paragraph(tuple(parts))


def _impact(facts: Facts) -> list[Block]:
    began, ended, verified = facts.times[BEGAN], facts.times[ENDED], facts.times[VERIFIED]
    rows = []
    for act in facts.acts:
        if act.outcome is not None:
            note = act.outcome["note"]
            cells = (
                said(f"{act.name} on {act.host}", act.outcome["seq"]),
                said(_counted(note.get("before")), act.outcome["seq"]),
                said(_counted(note.get("after")), act.outcome["seq"]),
            )
            rows.append(Row(cells))
    blocks: list[Block] = [
        Paragraph((said(f"Impact began: {began.text}{_sure(began)}.", *began.cites),)),
        Paragraph((said(f"Impact ended: {ended.text}{_sure(ended)}.", *ended.cites),)),
        Paragraph((said(f"Recovery verified: {verified.text}.", *verified.cites),)),
        *impact_blocks(facts.measured),
    ]
    if rows:
        blocks.append(Table("What each act counted", ("act", "affected before", "affected after"), tuple(rows)))
    return blocks


def _sure(time: Milestone) -> str:
    return f" ({time.sure}, {time.source})" if time.source else ""


def _counted(value: object) -> str:
    if value is None:
        return "missing"
    return str(value) if isinstance(value, (int, float)) else "see the event"


def _times(facts: Facts) -> Table:
    rows = []
    for name in NAMES:
        time = facts.times[name]
        rows.append(
            Row(
                (said(name), said(time.text, *time.cites), said(time.source, *time.cites), said(time.sure, *time.cites))
            )
        )
    return Table("Times, UTC", ("what", "when", "source", "how sure"), tuple(rows))


def _durations(facts: Facts) -> Table:
    rows = [Row((said(name), said(each.text, *each.cites))) for name, each in facts.durations.items()]
    return Table("Durations", ("what", "how long"), tuple(rows))


def _chart(events: Sequence[EventReport]) -> list[Block]:
    marks = [
        Mark(seconds, _LANE_OF.get(event["kind"], "said"), event["seq"], said(in_words(event)).text)
        for event in events
        for seconds in [recorded_at(event)]
        if seconds is not None
    ]
    if not marks:
        return []
    first, last = min(marks), max(marks)
    ends = [said(shown(mark.seconds), mark.seq) for mark in (first, last)]
    return [Chart("The events in time; the table below has each of them", tuple(marks), *ends)]


def _timeline(events: Sequence[EventReport]) -> Table:
    rows = []
    for event in events:
        seconds = seconds_at(event["at"])
        at = Said(shown(seconds)) if seconds is not None else said(event["at"])
        logged = seconds_at(event["logged"])
        if logged is not None:
            at = Said(f"{at.text} (the log's host: {shown(logged)})")
        rows.append(Row((at, said(event["host"]), said(event["by"]), said(in_words(event))), event["seq"]))
    return Table("All events, UTC", ("when", "host", "by", "what"), tuple(rows))


def _noticed(facts: Facts) -> Bullets:
    detected = facts.times[DETECTED]
    source = f", by: {detected.source} ({detected.sure})" if detected.source else ""
    items = [said(f"Detected: {detected.text}{source}", *detected.cites)]
    items += [said(in_words(event), event["seq"]) for event in facts.events if event["kind"] == "alert"][:20]
    return Bullets(tuple(items))


def _done(facts: Facts) -> list[Block]:
    head = ("act", "plan", "gate", "approved by", "evidence", "done", "outcome", "from act to recovery")
    rows = [Row(_cells(act)) for act in facts.acts]
    by_hand = [
        said(in_words(event), event["seq"])
        for event in facts.events
        if event["kind"] == "noted" and event["note"].get("text")
    ]
    blocks: list[Block] = [Table("Acts and plans", head, tuple(rows))] if rows else [paragraph("No act is recorded.")]
    return blocks + ([Bullets(tuple(by_hand))] if by_hand else [])


def _cells(act: Mitigation) -> tuple[Said, ...]:
    first = act.cites[0]
    decided = act.intended or act.act or act.held
    note = decided["note"] if decided else {}
    reasons = [str(reason) for reason in listed(note, "gate") or listed(note, "reasons")]
    return (
        said(f"{act.name} on {act.host}" if act.host else act.name, first),
        digest(act.short_digest, *act.cites[:1]) if act.digest else said("missing"),
        said(some(reasons, 3), decided["seq"]) if decided and reasons else said("missing"),
        _approver(act, reasons),
        _kept(act),
        _what(act),
        _result(act),
        said(span(act.seconds), act.outcome["seq"]) if act.outcome and act.seconds is not None else said("missing"),
    )


def _approver(act: Mitigation, reasons: Sequence[str]) -> Said:
    if act.approved is not None:
        return said(act.approved["by"], act.approved["seq"])
    event = act.intended or act.act
    if event is None:
        return said("not approved")
    if any("is approved" in reason or "approved target" in reason for reason in reasons):
        return said(event["by"], event["seq"])
    return said("no approval was required")


def _kept(act: Mitigation) -> Said:
    if act.evidence is None or not act.evidence["note"].get("file"):
        return said("missing") if act.is_done else said("not required")
    return said(str(act.evidence["note"].get("file", "")), act.evidence["seq"])


def _what(act: Mitigation) -> Said:
    if act.act is None:
        return said("its outcome is not known" if act.intended else "held, not carried out", act.cites[-1])
    note = act.act["note"]
    acted = [each for each in listed(note, "acted_on") if isinstance(each, dict)]
    done = [str(each) for each in listed(note, "done")] or [
        f"{each.get('action', '')} {each.get('who', '')}".strip() for each in acted
    ]
    return said(some(done, 3) or str(note.get("outcome") or note.get("msg") or "nothing"), act.act["seq"])


def _result(act: Mitigation) -> Said:
    if act.outcome is None:
        return said("missing")
    note = act.outcome["note"]
    counts = f"{_counted(note.get('before'))} before, {_counted(note.get('after'))} after"
    return said(f"{act.outcome_word}: {counts}", act.outcome["seq"])


def _causes(events: Sequence[EventReport]) -> list[Block]:
    items = [said(in_words(event), event["seq"]) for event in events if event["kind"] == "diagnosed"]
    return [Bullets(tuple(items))] if items else []


def _outcomes(facts: Facts, good: bool) -> list[Block]:
    """Facts beside the question: acts with a recovery, or those without one and what was handed over."""
    items = []
    for act in facts.acts:
        if act.outcome is not None and (act.outcome_word in ("recovered", "improved")) == good:
            items.append(said(f"{act.name} on {act.host}: {act.outcome_word}", act.outcome["seq"]))
    if not good:
        items += [said(in_words(event), event["seq"]) for event in facts.events if event["kind"] == "handed_over"]
    return [Bullets(tuple(items))] if items else []


def _proposals(facts: Facts) -> Block:
    if not facts.proposals:
        return paragraph("No rule proposes anything.")
    return Bullets(tuple(said(each.text, *each.cites) for each in facts.proposals))


def _items(facts: Facts) -> Block:
    if not facts.items:
        return paragraph("None is recorded.")
    rows = []
    for item in facts.items:
        cells = (item["key"], item["text"], item["owner"] or "missing", item["due"] or "missing", item["state"])
        rows.append(Row(tuple(said(cell, *item["events"]) for cell in cells)))
    return Table("Work that remains", ("key", "what", "owner", "due", "state"), tuple(rows))


def _communication(events: Sequence[EventReport]) -> Block:
    """Updates, and what became of each message: how it got there is in the timeline."""
    last = {event["note"].get("key"): event["seq"] for event in events if event["kind"] == "message"}
    rows = []
    for event in events:
        seconds = recorded_at(event)
        is_end = event["kind"] == "message" and last[event["note"].get("key")] == event["seq"]
        if event["kind"] == "update" or is_end:
            cells = (said(shown(seconds) if seconds is not None else "missing", event["seq"]), said(in_words(event)))
            rows.append(Row((cells[0], Said(cells[1].text, (event["seq"],)))))
    return Table("Updates and messages, UTC", ("when", "what"), tuple(rows)) if rows else paragraph("None is recorded.")


def _evidence(events: Sequence[EventReport]) -> Block:
    rows = []
    for event in evidence_of(events):
        note, seq = event["note"], event["seq"]
        size = note.get("bytes")
        cells = (
            said(str(note.get("file") or "missing"), seq),
            said(str(size) if isinstance(size, int) else "missing", seq),
            digest(str(note.get("sha256") or "missing"), seq),
        )
        rows.append(Row(cells))
    head = ("file", "bytes", "SHA-256")
    return Table("Evidence files", head, tuple(rows)) if rows else paragraph("No evidence file is recorded.")


def _chain(facts: Facts) -> Definitions:
    found = facts.verification
    broken = found["first_break"]
    checked = f"{found['chained']} of {found['lines']} lines have a place in the chain"
    torn = f"; {found['torn']} interrupted writes" if found["torn"] else ""
    return Definitions(
        (
            (
                "Verification",
                broken["what"] if broken else f"The log and its evidence are what was written. {checked}{torn}.",
            ),
            ("Head", head_text(found["head"]) or "missing"),
        )
    )


def _definitions() -> Definitions:
    durations = tuple((name, text) for name, (dummy, dummy2, text) in SPANS.items())
    note = "A time or a duration that the log does not hold. It is never taken as zero."
    cited = "The number of the event that holds a figure or a time; a link to its row in the timeline."
    return Definitions((*MEANS.items(), *durations, ("missing", note), ("#", cited)))
