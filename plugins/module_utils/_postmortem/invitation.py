# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The invitation to the review of an incident, as an iCalendar file (RFC 5545). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .._core.redaction import redacted
from .._core.text import printable

_HOUR = 10  # of the review, in UTC
_WITHIN = {"P0": "within 3 days", "P1": "within 5 business days"}
_OCTETS = 75  # of a line


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
    incident was resolved, by which a later invitation replaces an earlier one.
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
