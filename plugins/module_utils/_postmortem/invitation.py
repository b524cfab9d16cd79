# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The invitation to the review of an incident, as an iCalendar file (RFC 5545). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple, Sequence

from .._core.redaction import redacted
from .._core.text import printable
from .._incident.event import EventReport
from .._incident.severity import severity_of
from .milestones import RESOLVED, milestones

_HOUR = 10  # of the review, in UTC
_WITHIN = {"P0": "within 3 days", "P1": "within 5 business days"}
_OCTETS = 75  # of a line


class Review(NamedTuple):
    """The appointment of an incident that is resolved. ``ended``: seconds since 1970; ``seq``: of the event that its
    time comes from; ``number``: how often it had another one, 1 for the first."""

    at: datetime
    severity: str
    ended: float
    seq: int
    number: int


def review_of(events: Sequence[EventReport]) -> Review | None:
    """None where the incident is not resolved, or its severity needs no review. One that is resolved again, or gets
    another severity after its end, is another state of the same appointment."""
    found: Review | None = None
    for place, event in enumerate(events, 1):
        if event["kind"] not in ("phase", "severity") and not event["note"].get("triage"):
            continue
        ended, severity = milestones(events[:place])[RESOLVED], severity_of(events[:place])
        at = review_at(severity, ended.seconds) if ended.seconds is not None else None
        if at is None or ended.seconds is None:
            continue
        if found is None or (found.at, found.ended) != (at, ended.seconds):
            seq = ended.cites[0] if event["kind"] == "phase" else event["seq"]
            found = Review(at, severity, ended.seconds, seq, found.number + 1 if found else 1)
    last = milestones(events)[RESOLVED].seconds
    return found if found and last == found.ended and review_at(severity_of(events), last) else None


def review_at(severity: str, ended: float) -> datetime | None:
    """When the review is: for P0 the last working day of the 3 days after the end, or the last day where all are free;
    for P1 the fifth business day. None for the other severities."""
    end = datetime.fromtimestamp(ended, timezone.utc)
    if severity == "P0":
        days = [_hour(end + timedelta(days=number)) for number in (3, 2, 1)]
        within = [day for day in days if day <= end + timedelta(days=3)]
        return next((day for day in within if day.weekday() < 5), within[0])
    if severity == "P1":
        day = end
        for dummy in range(5):
            day += timedelta(days=1)
            while day.weekday() > 4:
                day += timedelta(days=1)
        return _hour(day)
    return None


def _hour(day: datetime) -> datetime:
    return day.replace(hour=_HOUR, minute=0, second=0, microsecond=0)


def invitation(
    incident: str, severity: str, ended: float, title: str, organizer: str = "", attendee: str = "", round: int = 1
) -> str:
    """The text of the file; empty where the severity needs no review. The same incident gives the same text.

    ``organizer`` and ``attendee``: addresses, where it is sent as a mail that can be answered; ``round``: how often the
    appointment had another time, by which a later invitation replaces an earlier one.
    """
    start = review_at(severity, ended)
    if start is None:
        return ""
    made = datetime.fromtimestamp(ended, timezone.utc)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//pafar//runbook//EN",
        "METHOD:REQUEST" if attendee else "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:review-{_escaped(incident)}@pafar.runbook",
        f"DTSTAMP:{_stamp(made)}",
        f"SEQUENCE:{max(0, round - 1)}",
        f"DTSTART:{_stamp(start)}",
        f"DTEND:{_stamp(start + timedelta(hours=1))}",
        f"SUMMARY:{_escaped(f'Review of {severity} {incident}: {title}')}",
        f"DESCRIPTION:{_escaped(f'Review of the incident {_WITHIN[severity]}. Read the post-mortem before.')}",
        *_people(organizer, attendee),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _people(organizer: str, attendee: str) -> list[str]:
    if not attendee:
        return []
    return [
        f"ORGANIZER:mailto:{_address(organizer)}",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{_address(attendee)}",
    ]


def _address(text: str) -> str:
    """The bare address of ``Name <address>``, on one line."""
    return printable(text.rpartition("<")[2].rstrip("> "))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    text = redacted(text)
    for letter in ("\\", ";", ","):
        text = text.replace(letter, f"\\{letter}")
    return text


def _folded(line: str) -> str:
    """A continuation begins with a space; no character is cut in two."""
    lines, octets = [""], 0
    for letter in line:
        size = len(letter.encode("utf-8"))
        if octets + size > _OCTETS:
            lines.append(" ")
            octets = 1
        lines[-1] += letter
        octets += size
    return "\r\n".join(lines)
