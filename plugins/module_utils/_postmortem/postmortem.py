# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The post-mortem of one incident: its facts, and its pages. Pure."""

from __future__ import annotations

from typing import Any, Sequence, TypedDict

from .._core.text import counted
from .._incident.action_items import ActionItem, action_items
from .._incident.event import EventReport
from .._incident.hash_chain import Verification
from .._incident.severity import severity_of
from .invitation import invitation, review_of
from .measured.measurement import measured_of
from .milestones import BEGAN, DETECTED, RESOLVED, is_recovery, milestones, spans
from .mitigations import mitigations
from .page.document import Document, said
from .page.to_html import to_html
from .page.to_markdown import to_markdown
from .passages import BEGAN as WRITTEN_BEGAN
from .passages import first_line_of, status_of, unanswered
from .proposals import proposals
from .public_view import PublicWords, public_document
from .sections import Facts, sections
from .story import numbered, recorded_at, seconds_at, shown

VIEWS = ("internal", "public")


class MilestoneReport(TypedDict):
    """A time of the incident. ``at`` empty: missing."""

    at: str
    source: str
    sure: str
    events: list[int]


class DurationReport(TypedDict):
    """A duration. ``seconds`` null: missing."""

    seconds: float | None
    events: list[int]


class ProposalReport(TypedDict):
    """A change that a rule proposes."""

    rule: str
    subject: str
    text: str
    events: list[int]


class MeasuredReport(TypedDict):
    """What is to be measured, and whether it was. ``since`` empty: the log holds no beginning; ``event``: the number of
    the last measurement, 0 where there is none."""

    since: str
    until: str
    began_is_written: bool
    event: int


class PostmortemFacts(TypedDict):
    """The facts of one incident, as its pages have them."""

    severity: str
    status: str
    first_break: str
    milestones: dict[str, MilestoneReport]
    durations: dict[str, DurationReport]
    proposals: list[ProposalReport]
    action_items: list[ActionItem]
    to_write: list[str]
    measured: MeasuredReport


class PostmortemReport(PostmortemFacts):
    """What incident_postmortem returns. ``paths``: of the files, also where check mode has not written them."""

    paths: list[str]
    lines: list[str]


def postmortem(
    incident: str,
    events: Sequence[EventReport],
    torn: int,
    verification: Verification,
    views: Sequence[str],
    words: PublicWords,
) -> tuple[PostmortemFacts, dict[str, str]]:
    """The facts, and the text of each file by the end of its name. The same log gives the same texts."""
    events = numbered(events)
    facts = facts_of(events, verification)
    warning = warning_of(verification, torn)
    severity = severity_of(events)
    files: dict[str, str] = {}
    if "internal" in views:
        page = _internal(incident, facts, warning)
        files["postmortem.md"], files["postmortem.html"] = to_markdown(page), to_html(page)
    if "public" in views:
        short = _SHORT_WARNING if warning else ""
        page = public_document(events, facts, words, short)
        files["public.md"], files["public.html"] = to_markdown(page), to_html(page)
    ended = facts.times[RESOLVED].seconds
    if ended is None and events:
        ended = recorded_at(events[-1])
    review = review_of(events)
    number = review.number if review else 1
    invited = invitation(incident, severity, ended, _scenario(events), round=number) if ended is not None else ""
    if invited:
        files["review.ics"] = invited
    return _report(facts, severity), files


_SHORT_WARNING = "The log of this incident could not be verified: this page may be wrong."


def facts_of(events: Sequence[EventReport], verification: Verification) -> Facts:
    """All folds over the events, which have numbers."""
    times = milestones(events)
    acts = mitigations(events)
    return Facts(
        events, times, spans(times), acts, proposals(events, acts, times), action_items(events), verification,
        measured_of(events),
    )  # fmt: skip


def warning_of(verification: Verification, torn: int) -> str:
    """The first line of the page; empty where the log and its evidence are what was written."""
    broken = verification["first_break"]
    if broken is not None:
        where = (
            f"evidence {broken['evidence']}" if broken["evidence"] else f"line {broken['line']} (seq {broken['seq']})"
        )
        return said(f"THE LOG DOES NOT VERIFY at {where}: {broken['what']}. Do not rely on this page.").text
    if verification["not_checked"]:
        return (
            f"{counted(verification['not_checked'], 'line')} of the log"
            " could not be checked: they are of a version without a chain."
        )
    return f"{counted(torn, 'incomplete line')} of the log could not be read." if torn else ""


def _scenario(events: Sequence[EventReport]) -> str:
    opened = next((event for event in events if event["kind"] == "opened"), None)
    return str(opened["note"].get("scenario", "")) if opened else ""


def _internal(incident: str, facts: Facts, warning: str) -> Document:
    status, seq = status_of(facts.events)
    about = [
        said(f"Status: {status}", *([seq] if seq else [])),
        said("View: internal. How we got here, not who: people acted on what they could see at the time."),
    ]
    return Document(f"Post-mortem of {incident}", warning, about, sections(facts))


def _report(facts: Facts, severity: str) -> PostmortemFacts:
    broken = facts.verification["first_break"]
    return {
        "severity": severity,
        "status": status_of(facts.events)[0],
        "first_break": broken["what"] if broken else "",
        "milestones": {
            name: {
                "at": "" if time.seconds is None else time.text,
                "source": said(time.source).text,
                "sure": time.sure,
                "events": list(time.cites),
            }
            for name, time in facts.times.items()
        },
        "durations": {
            name: {"seconds": each.seconds, "events": list(each.cites)} for name, each in facts.durations.items()
        },
        "proposals": [
            {
                "rule": each.rule,
                "subject": said(each.subject).text,
                "text": said(each.text).text,
                "events": list(each.cites),
            }
            for each in facts.proposals
        ],
        "action_items": [_clean(item) for item in facts.items],
        "to_write": unanswered(facts.events),
        "measured": _measured(facts),
    }


def _measured(facts: Facts) -> MeasuredReport:
    """From the beginning to the last recovery; without it to the end, and without that to the last event."""
    written = first_line_of(facts.events, WRITTEN_BEGAN)
    is_written = written is not None and seconds_at(written[1]) is not None
    starts = [time.seconds for time in (facts.times[BEGAN], facts.times[DETECTED]) if time.seconds is not None]
    recoveries = [event for event in facts.events if is_recovery(event)]
    ends = [seconds for event in recoveries[-1:] for seconds in [recorded_at(event)] if seconds is not None]
    resolved = facts.times[RESOLVED].seconds
    ends += [resolved] if resolved is not None else []
    last = recorded_at(facts.events[-1]) if facts.events else None
    since = (starts[0] if is_written else min(starts)) if starts else None
    until = next(iter(ends), last)
    return {
        "since": "" if since is None else shown(since),
        "until": "" if since is None or until is None else shown(max(since, until)),
        "began_is_written": is_written,
        "event": facts.measured.seq if facts.measured else 0,
    }


def _clean(item: ActionItem) -> ActionItem:
    clean: Any = {name: said(value).text if isinstance(value, str) else value for name, value in item.items()}
    done: ActionItem = clean
    return done


def lines_of(facts: PostmortemFacts, paths: Sequence[str]) -> list[str]:
    """In sentences: what does not verify, where the pages are, what is missing, and what is to be written."""
    lines = [f"the log does not verify: {facts['first_break']}"] if facts["first_break"] else []
    lines += [f"page: {path}" for path in paths]
    missing = [name for name, time in facts["milestones"].items() if not time["at"]]
    lines += [f"times that the log does not hold: {', '.join(missing)}"] if missing else []
    lines += [f"proposal: {each['text']}" for each in facts["proposals"]]
    lines += [f"to be written: {', '.join(facts['to_write'])}"] if facts["to_write"] else []
    return lines
