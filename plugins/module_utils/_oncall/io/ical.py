# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shifts from an iCal feed, by the libraries icalendar and recurring-ical-events. I/O for the libraries.

Occurrences are asked for in a window that is wider than any shift, and kept where they hold the moment: asked for a
moment alone the library does not return an occurrence that began under another daylight saving time.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Any, Callable, Mapping, Sequence

from ..._core.errors import DriverMissing, InputError
from ..._core.text import printable, shortened
from ..people import Person, named_by
from ..shifts import Shift
from .calendar_zones import shown_zone, with_own_zones
from .time_zones import is_zone, zone_of

_WIDER = timedelta(days=62)
_BEGIN = re.compile(rb"^(?:\xef\xbb\xbf)?BEGIN:VCALENDAR\s*?$", re.I | re.M)
_OFTEN = re.compile(rb"FREQ=(?:SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY)|BY(?:SECOND|MINUTE|HOUR)=", re.I)  # of a zone
_AWAY = ("DECLINED", "DELEGATED")  # of an attendee; one who is delegated to is an attendee too


def shifts_of_calendar(
    data: bytes, people: Sequence[Person], zone: tzinfo | None, start: datetime, end: datetime
) -> tuple[list[Shift], list[str]]:
    """The shifts that touch the time between these moments, and what is wrong with events, a sentence each. ``zone``:
    of times without one; without it that of the calendar counts, then that of the person. An event whose time is not
    known is left out, as is one that cannot be read; the others are read. Raises InputError for what is no whole
    calendar, and DriverMissing."""
    try:
        import icalendar  # noqa: PLC0415 - optional, on the controller alone
        import recurring_ical_events  # noqa: PLC0415
    except ImportError:
        raise DriverMissing(
            "An iCal feed needs two Python libraries on the controller: pip install icalendar recurring-ical-events."
            " Nothing was read."
        ) from None

    def occurrences(part: Any) -> list[Any]:
        found = recurring_ical_events.of(part).between(start - _WIDER, end + _WIDER)
        return [event for event in found if event.name == "VEVENT" and event.start and event.end]  # either may raise

    def is_whole(definition: bytes) -> bool:
        if _OFTEN.search(definition):  # it would be counted for minutes
            return False
        try:
            zone_of_it: Any = icalendar.Timezone.from_ical(definition)
            return zone_of_it.to_tz() is not None
        except Exception:  # the library raises what it likes
            return False

    try:
        # One file may hold several.
        calendars = icalendar.Calendar.from_ical(with_own_zones(data, is_whole), multiple=True)
        if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
            raise ValueError("it is no VCALENDAR")
        if len(calendars) < len(_BEGIN.findall(data)):  # the library leaves out the one that has no end
            raise ValueError("it is cut off")
    except Exception as error:  # the libraries raise what they like for what is no calendar
        raise InputError(f"it is no calendar: {type(error).__name__}: {error}") from None
    reading = _Reading(people, zone, start, end)
    for calendar in calendars:
        reading.read(calendar, occurrences)
    return sorted(reading.found), list(dict.fromkeys(reading.problems))


def _give_own_ids(calendar: Any) -> None:
    """An event without a UID, or with that of another event, would stand for it, and its shift would be missing. Of
    versions of one event, which their SEQUENCE tells apart, the library takes the last."""
    by_id: dict[str, list[Any]] = {}
    for event in calendar.walk("VEVENT"):
        if event.get("RECURRENCE-ID") is None:
            by_id.setdefault(str(event.get("UID") or ""), []).append(event)
    for uid, events in by_id.items():
        versions = {str(event.get("SEQUENCE") or 0) for event in events}
        if uid and len(versions) > 1:
            continue
        for number, event in enumerate(events[bool(uid) :], 1):
            event["UID"] = f"{uid or 'pafar.runbook'}#{number}"


def _without_what_is_none(calendar: Any) -> list[str]:
    """Takes out the events that the library would read as another time, or would count for minutes, and names them."""
    reasons = {id(event): why for event in calendar.walk("VEVENT") for why in [_why_none(event)] if why}
    titles = {id(event): _title(event) for event in calendar.walk("VEVENT")}
    calendar.subcomponents = [part for part in calendar.subcomponents if id(part) not in reasons]
    return [f"the event {titles[number]!r} {why}, so it is left out" for number, why in reasons.items()]


def _why_none(event: Any) -> str:
    if _is_endless(event.get("RRULE")):
        return "recurs more often than every hour"
    if event.get("EXRULE") is not None:
        return "has an EXRULE, which calendars have no more and is not read"
    begins, ends, lasts = _value(event, "DTSTART"), _value(event, "DTEND"), _value(event, "DURATION")
    if isinstance(lasts, timedelta) and ends is None and lasts < timedelta(0):
        return "ends before it begins"
    is_aware = [isinstance(at, datetime) and at.tzinfo is not None for at in (begins, ends)]
    if type(begins) is type(ends) and begins is not None and is_aware[0] == is_aware[1] and ends < begins:
        return "ends before it begins"
    zone = getattr(event.get("DTEND"), "params", {}).get("TZID")
    if zone and is_aware == [True, False]:
        return f"has the time zone {shown_zone(str(zone))!r}, which is not known"
    return ""


def _value(event: Any, name: str) -> Any:
    """None for what is missing, and for what is none, which is reported where the event is read."""
    try:
        return event.get(name).dt
    except Exception:
        return None


def _title(event: Any) -> str:
    return shortened(printable(str(event.get("SUMMARY") or "")), 60)


def _is_endless(rules: Any) -> bool:
    """Whether a rule has more than one occurrence in an hour."""
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, Mapping):  # none, or one that is broken, which is reported where it is read
            continue
        often = {str(each).upper() for each in rule.get("FREQ") or ()} & {"SECONDLY", "MINUTELY"}
        if often or any(len(rule.get(part) or ()) > 1 for part in ("BYMINUTE", "BYSECOND")):
            return True
    return False


def _series_of(calendar: Any) -> list[tuple[str, Any]]:
    """The title of each event, and a calendar of it alone with its exceptions, which have its UID."""
    by_id: dict[str, list[Any]] = {}
    for event in calendar.walk("VEVENT"):
        by_id.setdefault(str(event.get("UID") or ""), []).append(event)
    series = []
    for events in by_id.values():
        part = type(calendar)()
        for component in (*calendar.walk("VTIMEZONE"), *events):
            part.add_component(component)
        series.append((_title(events[0]), part))
    return series


def _unknown_zones(calendar: Any) -> dict[str, str]:
    """UID -> the name of a zone that the library does not know: it leaves such a time without a zone."""
    unknown = {}
    for event in calendar.walk("VEVENT"):
        given = event.get("DTSTART")
        zone = getattr(given, "params", {}).get("TZID")
        try:
            at = given.dt if zone else None
        except Exception:  # of a time that is none, which is reported where the event is read
            continue
        if isinstance(at, datetime) and at.tzinfo is None:
            unknown[str(event.get("UID") or "")] = shown_zone(str(zone))
    return unknown


def _zone_or_none(name: str) -> tzinfo | None:
    return zone_of(name) if name and is_zone(name) else None


class _Reading:
    """Reads the events of calendars, and notes those whose time or person is not known. ``found``: the shifts that
    touch the time between ``start`` and ``end``."""

    def __init__(self, people: Sequence[Person], zone: tzinfo | None, start: datetime, end: datetime) -> None:
        self.people, self.of_step, self.start, self.end = people, zone, start, end
        self.zone = zone
        self.unknown: Mapping[str, str] = {}
        self.found: set[Shift] = set()
        self.problems: list[str] = []

    def read(self, calendar: Any, occurrences: Callable[[Any], list[Any]]) -> None:
        _give_own_ids(calendar)
        if self.of_step is not None and _has_times_without_zone(calendar) and "X-WR-TIMEZONE" in calendar:
            calendar["X-WR-TIMEZONE"] = getattr(self.of_step, "key", "UTC")  # the library would have them in that one
        self.problems += _without_what_is_none(calendar)
        self.zone = self.of_step or _zone_or_none(str(calendar.get("X-WR-TIMEZONE") or ""))
        self.unknown = _unknown_zones(calendar)
        try:
            events = occurrences(calendar)
        except Exception:  # of one event: the others are read
            events = []
            for title, series in _series_of(calendar):
                try:
                    events += occurrences(series)
                except Exception as error:
                    reason = shortened(f"{type(error).__name__}: {error}", 120)
                    self.problems.append(f"the event {title!r} cannot be read ({reason})")
        for event in events:
            self._read_event(event)

    def _read_event(self, event: Any) -> None:
        """The shift of an event; none of one that is cancelled, has no length, or whose time is not known."""
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            return
        begins, ends = event.start, event.end
        title, person, why_none = _title(event), *_person(event, self.people)
        zone = self.zone
        if not isinstance(begins, datetime) or begins.tzinfo is None:
            unknown = self.unknown.get(str(event.get("UID") or "")) if isinstance(begins, datetime) else ""
            own = next((_zone_or_none(each.zone) for each in self.people if each.name == person), None)
            zone = None if unknown else zone or own
            if zone is None:
                lacks = f"the time zone {unknown!r}, which is not known" if unknown else "no time zone: set zone"
                self.problems.append(f"the event {title!r} has {lacks}, so it is left out")
                return
        start, end = _moment(begins, zone or timezone.utc), _moment(ends, zone or timezone.utc)
        # One without an end is a note, as of a meeting; that of a person may be meant as a shift.
        if start == end and self.start <= start < self.end and any(each.name == person for each in self.people):
            self.problems.append(f"the event {title!r} has no end, so it is left out")
        if not (start < end and start < self.end and end > self.start):
            return
        if why_none:
            self.problems.append(f"the event {title!r} {why_none}, so it is left out")
            return
        self.found.add(Shift(start, end, person, str(event.get("X-WR-CALNAME", ""))))


def _has_times_without_zone(calendar: Any) -> bool:
    times = [_value(event, "DTSTART") for event in calendar.walk("VEVENT")]
    return any(isinstance(at, datetime) and at.tzinfo is None for at in times)


def _moment(value: Any, zone: tzinfo) -> datetime:
    """In UTC; a day begins at midnight of the zone."""
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=zone)
    else:
        at = datetime.combine(value, time(), zone)
    return at.astimezone(timezone.utc)


def _person(event: Any, people: Sequence[Person]) -> tuple[str, str]:
    """By the address of the attendee who comes, else by the summary, of which calendars write `On call: Ada` and the
    like; or why it is none. Of several attendees it is the one whom the summary names; else all of them, which is no
    person. Who has declined, or sends another one, is not on call by the summary either."""
    summary = named_by(people, str(event.get("SUMMARY", "")))
    attendees = event.get("ATTENDEE") or []
    coming: list[str] = []
    away: list[str] = []
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        is_away = str(getattr(attendee, "params", {}).get("PARTSTAT", "")).upper() in _AWAY
        (away if is_away else coming).append(_attendee(attendee, people))
    known = {person.name for person in people}
    named = [name for name in dict.fromkeys(coming) if name in known]
    if not named and summary in away:
        return summary, f"has no person, since {summary} has declined"
    return (summary if not named or summary in named else ", ".join(named)), ""


def _attendee(attendee: Any, people: Sequence[Person]) -> str:
    """By the address; where that is none of mail, as in calendars of Apple and Exchange, by the mail or the name beside
    it."""
    params = getattr(attendee, "params", {})
    address = str(attendee).partition(":")[2] or str(attendee)
    known = {person.name for person in people}
    found = [named_by(people, text) for text in (address, str(params.get("EMAIL") or ""), str(params.get("CN") or ""))]
    if "@" in address:  # one who has this name at another address may be another person
        return found[0]
    return next((name for name in found if name in known), found[0])
