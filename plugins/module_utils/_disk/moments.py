# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What in the name of a backup may be a date, a time or an epoch. Pure.

Only a valid date is one. Which of them is the moment of the backup is decided over a whole folder, in `series`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Iterator, Sequence

DAY = 86400.0
_HOUR = 3600.0
_EARLY, _LATE = -600.0, 3 * _HOUR  # seconds for which a file may be changed after the time in its name
_RUNS_APART = 4 * _HOUR  # seconds between times of one day that no run of one job explains
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(?P<name>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)"
_YEAR, _TWO = r"(?P<y>(?:19|20)\d\d)", r"(?P<{}>\d\d)".format
_M, _D = _TWO("m"), _TWO("d")
# Form -> its pattern, between digits of other numbers. Those with separators or a month's name are dates by their form.
_CERTAIN = {"y-m-d", "d-mon-y", "mon-d-y", "y-mon-d"}
_DATES = {
    form: re.compile(rf"(?<!\d){pattern}(?!\d)", re.IGNORECASE)
    for form, pattern in {
        "y-m-d": rf"{_YEAR}(?P<s>[-_.]){_M}(?P=s){_D}",
        "ymd": rf"{_YEAR}{_M}{_D}",
        "ymdh": rf"{_YEAR}{_M}{_D}{_TWO('H')}",
        "ymdhm": rf"{_YEAR}{_M}{_D}{_TWO('H')}{_TWO('M')}",
        "ymdhms": rf"{_YEAR}{_M}{_D}{_TWO('H')}{_TWO('M')}{_TWO('S')}",
        "d-m-y": rf"{_D}(?P<s>[-_.]){_M}(?P=s){_YEAR}",
        "m-d-y": rf"{_M}(?P<s>[-_.]){_D}(?P=s){_YEAR}",
        "dmy": rf"{_D}{_M}{_YEAR}",
        "mdy": rf"{_M}{_D}{_YEAR}",
        "yymmdd": rf"(?P<yy>\d\d){_M}{_D}",
        "d-mon-y": rf"(?P<d>\d\d?)[-_. ]?{_MONTH}[-_. ]?{_YEAR}",
        "mon-d-y": rf"(?<![a-z]){_MONTH}[-_. ]?(?P<d>\d\d?)[-_., ]{{1,2}}{_YEAR}",
        "y-mon-d": rf"{_YEAR}[-_. ]?{_MONTH}[-_. ]?(?P<d>\d\d?)",
    }.items()
}
_EPOCH = re.compile(r"(?<!\d)(1\d{9})(\d{3})?(?!\d)")
# Behind a date: what is a time by its form, and what may also be numbers (a port, a shard, a customer).
_TIME = re.compile(
    r"(?:T(\d\d)(\d\d)(\d\d)?|T(\d\d)[-_.](\d\d)|[-_. T](\d\d)h(\d\d)(?:m(\d\d)s|m)?"
    r"|[-_. T](\d\d):(\d\d)(?::(\d\d))?)Z?(?!\d)"
)
# What ISO 8601 writes behind a time. A minus without a colon or a blank may also join a number (a port, a customer).
_ZONE = r"(?:Z|[+]\d\d(?::?\d\d)?|-\d\d:\d\d| [-+]\d\d:?\d\d)(?![0-9A-Za-z])"
# A time to the second with its zone is one whatever separates its parts, also with a fraction (JavaScript, Python, Go).
_INSTANT = re.compile(rf"[T_ -](\d\d)([-_.:]?)(\d\d)\2(\d\d)(?:[-_.,]\d{{1,9}})?({_ZONE})")
_ZONE_BEHIND = re.compile(_ZONE)
_FRACTION = re.compile(r"[.,]\d{3}(?:\d{3}){0,2}(?!\d)")
# Of an hour alone: how many there must be, and seconds by which the changes may follow them, and differ in that.
_HOURS, _SOON, _ALIKE = 4, 1.5 * _HOUR, 0.5 * _HOUR
_OF_A_TIME = re.compile(r"T(?:[01]\d|2[0-3])[0-5]\d")  # directly behind a date, as ISO 8601 writes it
_PERHAPS_TIME = re.compile(
    r"(?:T(\d\d)([-_.])(\d\d)\2(\d\d)|[-_. ]{1,3}(?:(\d\d)(\d\d)(\d\d)?|(\d\d)([-_.])(\d\d)(?:\9(\d\d))?))Z?(?!\d)"
)
# Of a clock of twelve hours, behind its time. Behind anything but a blank it may also be a name.
_HALF = re.compile(r"([-_. ]?)([ap])\.?m\.?(?:(?![A-Za-z])|(?=T\d))", re.IGNORECASE)
_HALF_OF_DAY = re.compile(r"(\d[-_. ]?)[ap]m(?![A-Za-z])", re.IGNORECASE)
_PERHAPS_HOUR = re.compile(r"[-_. T]{1,3}(\d\d)(?![0-9A-Za-z]|[-_:]\d)")
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAY = re.compile(r"(?<![a-z])(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?(?![a-z])", re.IGNORECASE)
# A month or a week alone: such files are kept for long, so that no rule of newest ones deletes them.
COARSE = re.compile(r"(?<!\d)(?:19|20)\d\d(?:[-_.]?(?:0[1-9]|1[0-2])|[-_.]?w(?:0[1-9]|[1-4]\d|5[0-3]))?(?!\d)", re.I)


@dataclass(frozen=True)
class Moment:
    """A part of a name that may be a moment. ``at``: seconds since 1970, as if it were UTC; a day begins there.

    ``key``: its form and the number of the digits with which it begins, which is the same in names of one shape;
    ``certain``: it is a date by its form alone; ``span``: how long it may stand for, in seconds.
    """

    start: int
    end: int
    key: tuple[str, int]
    at: float
    span: float
    certain: bool = False

    def agrees(self, changed: float) -> bool:
        """Whether a file that was changed then may have been made at this moment, in any zone."""
        if self.key[0] == "epoch":
            return -_HOUR <= changed - self.at <= DAY
        return -14 * _HOUR <= changed - self.at <= self.span + 26 * _HOUR


def shape_of(name: str) -> str:
    """What names of one form share: digits count as such, days of the week and halves of the day too."""
    return re.sub(r"\d", "0", _HALF_OF_DAY.sub(r"\1am", WEEKDAY.sub("day", name)))


def moments_in(name: str) -> list[Moment]:
    """Every valid date and every possible epoch in a name, each in each form that fits."""
    starts = [match.start() for match in re.finditer(r"\d+", name)]

    def key(form: str, match: re.Match[str]) -> tuple[str, int]:
        first = re.search(r"\d", match.group(0))
        return form, starts.index(_run_of(starts, match.start() + (first.start() if first else 0)))

    moments = []
    for form, pattern in _DATES.items():
        for match in pattern.finditer(name):
            at = _date_of(match)
            span = {"ymdh": _HOUR, "ymdhm": 60.0, "ymdhms": 60.0}.get(form, DAY)
            if at is not None and (span == DAY or not _HALF.match(name, match.end())):
                certain = form in _CERTAIN or (form == "ymd" and bool(_OF_A_TIME.match(name, match.end())))
                moments.append(Moment(match.start(), match.end(), key(form, match), at, span, certain))
    for match in _EPOCH.finditer(name):
        at = int(match.group(1)) + int(match.group(2) or 0) / 1000
        moments.append(Moment(match.start(), match.end(), key("epoch", match), at, 1.0))
    return sorted(moments, key=lambda moment: (moment.start, moment.key))


def _run_of(starts: list[int], place: int) -> int:
    return max(start for start in starts if start <= place)


def _date_of(match: re.Match[str]) -> float | None:
    parts = match.groupdict()
    year = int(parts["y"]) if parts.get("y") else 2000 + int(parts["yy"])
    month = _MONTHS.index(parts["name"][:3].lower()) + 1 if parts.get("name") else int(parts["m"])
    hour, minute, second = (int(parts.get(unit) or 0) for unit in "HMS")
    try:
        return datetime(year, month, int(parts["d"]), hour, minute, second, tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None


@dataclass(frozen=True)
class TimeOfDay:
    """What follows a date. ``seconds`` since midnight; ``certain``: it is a time by its form.

    ``east``: seconds by which its clock is ahead of UTC; None where the name does not say.
    """

    start: int
    end: int
    seconds: float
    certain: bool
    east: float | None = None


def time_behind(name: str, date: Moment) -> TimeOfDay | None:
    """The time directly behind a date that has none itself; None where there is no valid one."""
    if date.span < DAY:
        return None
    for pattern, certain in ((_INSTANT, True), (_PERHAPS_TIME, False), (_TIME, True)):
        match = pattern.match(name, date.end)
        if match:
            groups = match.groups()
            numbers = [int(group) for group in groups if group and group.isdigit()][:3]
            hour, minute, second = [*numbers, 0, 0][:3]
            if hour < 24 and minute < 60 and second < 60:
                zone = _ZONE_BEHIND.match(name, match.end()) if pattern is _TIME else None
                text = match.group(5) if pattern is _INSTANT else zone.group(0) if zone else match.group(0)[-1]
                half = _HALF.match(name, match.end()) if 0 < hour < 13 and _east(text) is None else None
                if half:
                    hour = hour % 12 + (12 if half.group(2) in "pP" else 0)
                is_one = certain and (half is None or half.group(1) in ("", " "))
                seconds = 3600.0 * hour + 60 * minute + second
                return TimeOfDay(match.start(), (half or zone or match).end(), seconds, is_one, _east(text))
    return None


def _east(zone: str) -> float | None:
    """Seconds by which a zone is ahead of UTC; None where it is none."""
    match = re.match(r" ?([-+])(\d\d):?(\d\d)?\Z", zone)
    if not match:
        return 0.0 if zone == "Z" else None
    ahead = 3600.0 * int(match.group(2)) + 60 * int(match.group(3) or 0)
    return -ahead if match.group(1) == "-" else ahead


def hour_behind(name: str, date: Moment) -> TimeOfDay | None:
    """Two digits directly behind a date that may be an hour; they are also the number of a shard or a customer."""
    match = _PERHAPS_HOUR.match(name, date.end) if date.span == DAY else None
    if not match or int(match.group(1)) > 23:
        return None
    return TimeOfDay(match.start(), match.end(), _HOUR * int(match.group(1)), False)


def are_hours(dated: Sequence[tuple[float, float, float]], zones: Sequence[float]) -> bool:
    """Whether such numbers are hours: four or more of them, several on one day, and every change follows its own alike.

    ``dated``: as in `are_times`.
    """
    days: dict[float, set[float]] = defaultdict(set)
    for dummy, day, seconds in dated:
        days[day].add(seconds)
    if len({seconds for dummy, dummy_day, seconds in dated}) < _HOURS or max(map(len, days.values())) < 2:
        return False
    for zone in zones:
        behind = [changed - (day + seconds - zone) for changed, day, seconds in dated]
        if min(behind) >= _EARLY and max(behind) <= _SOON and max(behind) - min(behind) <= _ALIKE:
            return True
    return False


def fraction_behind(name: str, end: int) -> tuple[int, int] | None:
    """What may be the fraction of a second behind a time that ends there."""
    match = _FRACTION.match(name, end)
    return match.span() if match else None


def are_times(dated: Sequence[tuple[float, float, float]], zones: Sequence[float], by_name: bool) -> bool | None:
    """Numbers that differ among files of one day and come again on others are names. None: it cannot be known.

    ``dated``: of each file when it was changed, the beginning of its day, and the seconds since then by its number.
    """
    values: dict[float, set[float]] = defaultdict(set)
    for dummy, day, seconds in dated:
        values[day].add(seconds)
    seen = Counter(value for day in values.values() for value in day)
    if len(seen) == 1 and len(dated) > 1:
        return False  # the same each day: as a part of the name it separates nothing
    several = [day for day in values.values() if len(day) > 1]
    agrees = any(
        all(_EARLY <= changed - (day + seconds - zone) <= _LATE for changed, day, seconds in dated) for zone in zones
    )
    if several and agrees:
        return True if max(max(day) - min(day) for day in several) > _RUNS_APART else None
    if several and max(seen.values()) > 1:
        return False
    return True if (agrees or by_name) and len(dated) > 1 else None


def weekdays_in(name: str) -> Iterator[tuple[int, int, int]]:
    """Days of the week that are named: start, end, and 0 for Monday."""
    for match in WEEKDAY.finditer(name):
        yield match.start(), match.end(), _WEEKDAYS.index(match.group(1).lower())


def weekday_of(at: float) -> int:
    """0 for Monday."""
    return int(at // DAY + 3) % 7
