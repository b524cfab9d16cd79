# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shifts from an iCal feed, by the libraries icalendar and recurring-ical-events. I/O for the libraries.

Occurrences are asked for in a window that is wider than any shift, and kept where they hold the moment: asked for a
moment alone the library does not return an occurrence that began under another daylight saving time.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Sequence

from ..._core.errors import DriverMissing, InputError
from ..people import Person, named_by
from ..shifts import Shift

_WIDER = timedelta(days=62)


def shifts_of_calendar(
    data: bytes, people: Sequence[Person], zone: tzinfo, start: datetime, end: datetime
) -> list[Shift]:
    """The shifts that touch the time between these moments. ``zone``: of times without one. Raises InputError for what
    is no calendar, and DriverMissing."""
    try:
        import icalendar  # noqa: PLC0415 - optional, on the controller alone
        import recurring_ical_events  # noqa: PLC0415
    except ImportError:
        raise DriverMissing(
            "An iCal feed needs two Python libraries on the controller: pip install icalendar recurring-ical-events."
            " Nothing was read."
        ) from None
    try:
        calendar = icalendar.Calendar.from_ical(data)
        if calendar.name != "VCALENDAR":
            raise ValueError("it is no VCALENDAR")
        found = recurring_ical_events.of(calendar).between(start - _WIDER, end + _WIDER)
        shifts = [_shift(event, people, zone) for event in found if event.name == "VEVENT"]
    except Exception as error:  # the libraries raise what they like for what is no calendar
        raise InputError(f"it is no calendar: {type(error).__name__}: {error}") from None
    return sorted(each for each in shifts if each is not None and each.start < end and each.end > start)


def _shift(event: Any, people: Sequence[Person], zone: tzinfo) -> Shift | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begins = _moment(event["DTSTART"].dt, zone)
    if event.get("DTEND") is not None:
        ends = _moment(event["DTEND"].dt, zone)
    elif event.get("DURATION") is not None:
        ends = _moment(event["DTSTART"].dt + event["DURATION"].dt, zone)
    else:
        ends = _moment(event["DTSTART"].dt + timedelta(days=1), zone)
    return Shift(begins, ends, _person(event, people), str(event.get("X-WR-CALNAME", "")))


def _moment(value: Any, zone: tzinfo) -> datetime:
    """In UTC; a day begins at midnight of the zone."""
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=zone)
    elif isinstance(value, date):
        at = datetime.combine(value, time(), zone)
    else:
        raise TypeError("a shift begins at a date")
    return at.astimezone(timezone.utc)


def _person(event: Any, people: Sequence[Person]) -> str:
    """By the attendee's address, else by the summary, of which calendars write `On call: Ada` and the like."""
    attendees = event.get("ATTENDEE") or []
    known = {person.name for person in people}
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        name = named_by(people, str(attendee).partition(":")[2] or str(attendee))
        if name in known:
            return name
    summary = str(event.get("SUMMARY", "")).strip()
    for part in (summary, *_parts(summary)):
        name = named_by(people, part)
        if name in known:
            return name
    return summary


def _parts(summary: str) -> list[str]:
    """The pieces of a summary at which a name may stand: `On call: Ada (primary)`."""
    pieces = [summary]
    for mark in (":", " - ", "(", ")", ",", "|", "@"):
        pieces = [part for piece in pieces for part in piece.split(mark)]
    return [piece.strip() for piece in pieces if piece.strip()]
