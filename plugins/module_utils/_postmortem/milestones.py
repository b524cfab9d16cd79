# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The times of an incident, each from events. A time that no event holds is missing; it is never zero. Pure."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from .._core.text import span
from .._incident.event import EventReport
from .._incident.phase import was_carried_out
from .measured.measurement import measured_of
from .passages import first_line_of
from .story import recorded_at, seconds_at, shown

BEGAN, DETECTED, ACKNOWLEDGED, MITIGATED, ENDED, VERIFIED, RESOLVED = (
    "impact began", "detected", "acknowledged", "mitigated", "impact ended", "recovery verified", "resolved",
)  # fmt: skip
REPORTS = ("opened", "noted")  # events that may hold what users reported, the second one of an open incident
NAMES = (BEGAN, DETECTED, ACKNOWLEDGED, MITIGATED, ENDED, VERIFIED, RESOLVED)
MEANS = {
    BEGAN: "What a person wrote in the section impact_began. Otherwise an estimate: the first of two readings"
    " between which more requests failed or were slow than usual; without a measurement the earliest start of an alert"
    " of the incident. An alert begins after the fault, by the time that its rule waits.",
    DETECTED: "The earliest of: the time at which the incident was noticed, as a reporter gave it; the first alert"
    " that the log received; the first event.",
    ACKNOWLEDGED: "The first event that a person works on it.",
    MITIGATED: "When the act of the first outcome 'recovered' began, the last one of its mitigation on its host: its"
    " intent, which is recorded just before the act; otherwise the event of the act.",
    ENDED: "The last of two readings between which more requests failed or were slow than usual. Where"
    " nothing was measured it is missing, also when the recovery was verified.",
    VERIFIED: "The first outcome 'recovered': the same facts were read again after an act. The event is recorded some"
    " seconds after the recovery; the seconds that were measured from the act are in the table of acts.",
    RESOLVED: "The last event that sets the phase resolved, unless a later one opens the incident again.",
}
# name -> from, to, what it is usually called
SPANS = {
    "time to detect": (BEGAN, DETECTED, "TTD: from the beginning of the impact until it was detected"),
    "time to acknowledge": (DETECTED, ACKNOWLEDGED, "TTA: from detection until a person worked on it"),
    "time to mitigate": (DETECTED, MITIGATED, "from detection until the act that led to the recovery"),
    "time from act to end": (MITIGATED, ENDED, "from that act until users were served as usual, by what was counted"),
    "time to recovery": (BEGAN, VERIFIED, "TTR as recovery: from the beginning of the impact until it was verified"),
    "time to resolve": (DETECTED, RESOLVED, "from detection until the incident was resolved"),
}


class Milestone(NamedTuple):
    """A time of the incident. ``seconds`` None: missing; ``sure``: recorded, reported or estimated."""

    name: str
    seconds: float | None
    cites: tuple[int, ...]
    source: str
    sure: str

    @property
    def text(self) -> str:
        return "missing" if self.seconds is None else shown(self.seconds)


class Span(NamedTuple):
    """Between two milestones. ``seconds`` None: one of them is missing, or they are in the wrong order."""

    name: str
    seconds: float | None
    cites: tuple[int, ...]

    @property
    def text(self) -> str:
        return "missing" if self.seconds is None else span(self.seconds)


def milestones(events: Sequence[EventReport]) -> dict[str, Milestone]:
    """All of them by name, those that are missing too."""
    found = (
        _began(events),
        _detected(events),
        _first(ACKNOWLEDGED, events, _is_acknowledged),
        _mitigated(events),
        _ended(events),
        _first(VERIFIED, events, is_recovery),
        _resolved(events),
    )
    return {milestone.name: milestone for milestone in found}


def spans(times: dict[str, Milestone]) -> dict[str, Span]:
    """The durations between milestones, by name."""
    return {name: _between(name, times[start], times[end]) for name, (start, end, dummy) in SPANS.items()}


def _between(name: str, start: Milestone, end: Milestone) -> Span:
    if start.seconds is None or end.seconds is None or end.seconds < start.seconds:
        return Span(name, None, ())
    return Span(name, round(end.seconds - start.seconds, 3), tuple(dict.fromkeys((*start.cites, *end.cites))))


def _missing(name: str) -> Milestone:
    return Milestone(name, None, (), "", "")


def _at(name: str, event: EventReport, source: str, sure: str = "recorded") -> Milestone:
    seconds = recorded_at(event)
    return _missing(name) if seconds is None else Milestone(name, seconds, (event["seq"],), source, sure)


def _first(name: str, events: Sequence[EventReport], fits) -> Milestone:  # type: ignore[no-untyped-def]
    for event in events:
        if fits(event):
            return _at(name, event, f"event {event['kind']}")
    return _missing(name)


def _began(events: Sequence[EventReport]) -> Milestone:
    written = first_line_of(events, "impact_began")
    if written is not None:
        event, line = written
        seconds = seconds_at(line)
        if seconds is not None:
            return Milestone(BEGAN, seconds, (event["seq"],), f"written by {event['by']}", "estimated by a person")
    measured = measured_of(events)
    if measured is not None and measured.by == "series":
        sure = f"estimated, within {span(measured.within)}"
        return Milestone(BEGAN, measured.starts, (measured.seq,), measured.source, sure)
    starts = [
        (seconds, event)
        for event in events
        if event["kind"] == "alert"
        for seconds in [seconds_at(event["note"].get("starts_at"))]
        if seconds is not None
    ]
    if not starts:
        return _missing(BEGAN)
    seconds, event = min(starts, key=lambda start: (start[0], start[1]["seq"]))
    return Milestone(BEGAN, seconds, (event["seq"],), f"alert {event['note'].get('alertname', '')}", "estimated")


def _ended(events: Sequence[EventReport]) -> Milestone:
    measured = measured_of(events)
    if measured is None or measured.ended_by != "series":
        return _missing(ENDED)
    sure = f"estimated, within {span(measured.within)}" if measured.within else "estimated"
    return Milestone(ENDED, measured.ends, (measured.seq,), measured.source, sure)


def _detected(events: Sequence[EventReport]) -> Milestone:
    found = []
    for event in events[:1]:
        found.append(_at(DETECTED, event, "first event"))
    for event in events:
        if event["kind"] in REPORTS and seconds_at(event["note"].get("noticed_at")) is not None:
            seconds = seconds_at(event["note"]["noticed_at"])
            reporter = event["note"].get("reported_by") or event["by"]
            found.append(Milestone(DETECTED, seconds, (event["seq"],), f"noticed by {reporter}", "reported"))
        elif event["kind"] == "alert":
            found.append(_at(DETECTED, event, f"alert {event['note'].get('alertname', '')}"))
    known = [milestone for milestone in found if milestone.seconds is not None]
    return min(known, key=lambda each: each.seconds or 0.0) if known else _missing(DETECTED)


def _is_acknowledged(event: EventReport) -> bool:
    return event["kind"] == "acknowledged" or (
        event["kind"] == "phase" and event["note"].get("phase") == "acknowledged"
    )


def is_recovery(event: EventReport) -> bool:
    """Whether the facts were read again after an act, and what was affected no longer was."""
    return event["kind"] == "verified" and event["note"].get("outcome") == "recovered"


def _mitigated(events: Sequence[EventReport]) -> Milestone:
    """Acts on several hosts are recorded beside each other: the recovery is that of its own act."""
    recovery = next((event for event in events if is_recovery(event)), None)
    if recovery is None:
        return _missing(MITIGATED)
    before = events[: events.index(recovery)]
    acts = [event for event in before if was_carried_out(event)]
    own = [event for event in acts if _mitigation(event) == _mitigation(recovery)]
    if not acts:
        return _missing(MITIGATED)
    act = (own or acts)[-1]
    begun = [
        event
        for event in before
        if event["kind"] == "intended"
        and (event["at"], event["host"]) == (act["note"].get("intended"), act["host"])
        and event["note"].get("mitigation") == act["note"].get("mitigation")
    ]
    return _at(MITIGATED, begun[0] if begun else act, f"act {act['note'].get('mitigation', '')}")


def _mitigation(event: EventReport) -> tuple[str, str]:
    return event["host"], str(event["note"].get("mitigation") or "")


def _resolved(events: Sequence[EventReport]) -> Milestone:
    phases = [event for event in events if event["kind"] == "phase"]
    resolved = None
    for event in phases:
        phase = event["note"].get("phase")
        if phase == "resolved":
            resolved = event
        elif phase != "closed":
            resolved = None
    return _at(RESOLVED, resolved, "event phase") if resolved is not None else _missing(RESOLVED)
