# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dates as logs write them, as seconds since 1970. Pure.

Formats: RFC 3339, RFC 3164, RFC 1123, ISO 8601 (basic, too), the common log format, C's asctime, PostgreSQL's,
MySQL's, PHP's, Redis', glog's, HAProxy's, Java's, seconds since 1970 and parts of them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Callable, NamedTuple

from .._core.lazy import lazy
from .._core.times import seconds_east
from .level import DETAILS, SEVERITIES

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
# Abbreviations of zones that mean one zone in practice, hours east of UTC (PostgreSQL's "Default", tzdata's, Java's);
# any other word is read as no zone.
_ZONES = {
    "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "IDT": 3, "GST": 4,
    "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3, "PKT": 5, "NPT": 5.75, "BDT": 6, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9,
    "SGT": 8, "HKT": 8, "MYT": 8, "PHT": 8, "JST": 9, "KST": 9,
    "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "NST": -3.5, "NDT": -2.5, "ADT": -3, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "HDT": -9, "BRT": -3, "ART": -3, "UYT": -3, "CLT": -4, "COT": -5,
}  # fmt: skip
# And those of several: the zone of the host, or that is named, decides where it has that abbreviation. Elsewhere it is
# not known which is meant, but for the one that is far more usual.
_SEVERAL = {"CST": (-6, 8), "IST": (5.5, 2, 1), "AST": (-4, 3), "AMT": (-4, 4), "PST": (-8, 8)}
_UNCLEAR = lazy(rf"\d:\d\d(?:[.,]\d{{1,9}})? {{1,2}}({'|'.join(_SEVERAL.keys() - _ZONES.keys())})(?![\w=])")
_HEAD = 120  # characters of a line in which its time is
_PLAUSIBLE = (631_152_000.0, 4_102_444_800.0)  # 1990 to 2100: a number outside of it is no moment


class Zone(NamedTuple):
    """How times without a zone are meant, and the present, from which a missing year is derived.

    ``offset``: seconds east of UTC; ``of``: the same for a moment on that clock, where summer differs from winter;
    ``named``: the same for a place's name (Europe/Berlin), or an abbreviation of the own zone, and a moment, None where
    that is not known. Without it only whether a line says a time is asked.
    """

    offset: float = 0.0
    now: float = 0.0
    of: Callable[[float], float] | None = None
    named: Callable[[str, float], float | None] | None = None

    def east(self, clock: float) -> float:
        return self.of(clock) if self.of else self.offset


_TIME = r"(?P<h>\d{1,2}):(?P<i>\d\d):(?P<s>\d\d)(?:[.,:](?P<f>\d{1,9}))?"
_HALF = r"\s?(?P<half>[AaPp]\.?[Mm]\b\.?)"
_CLOCK = rf"{_TIME}(?:{_HALF})?"
# JavaScript's GMT+0100 and UTC+2 are east of UTC.
_ZONE = r"Z|(?:UTC|GMT)[+-]\d{1,2}(?::?\d\d)?(?![\d:-])|[A-Z]{3,4}(?![\w=])|[+-]\d\d(?::?\d\d)?(?![\d:-])"
_PLACE = r"[A-Z][A-Za-z_]{1,30}/[A-Z][A-Za-z_/]{1,40}(?![\w/.(])"
_OFFSET = rf"(?:[ \t]{{0,2}}(?P<z>{_ZONE}))?"
_NAME = r"(?P<m>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
ISO = (
    rf"(?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d\d)(?P=sep)(?P<d>\d\d)(?:[T_]|[ \t]{{1,2}}|\s-\s){_CLOCK}"
    rf"(?:[ \t]{{0,2}}(?P<z>{_ZONE}|{_PLACE}))?"
)
_BASIC = (
    r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)[T -](?P<h>\d\d):?(?P<i>\d\d):?(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?" + _OFFSET
)
_DOTTED = rf"(?P<d>\d\d)\.(?P<m>\d\d)\.(?P<y>\d{{4}}),?[ T]{_CLOCK}{_OFFSET}"
_DMY = (
    rf"(?P<d>\d{{1,2}})[ /-]{_NAME}[ /-](?P<y>\d{{4}})(?::{{1,2}}|\s){_CLOCK}"
    rf"(?:[ \t]{{0,2}}(?P<z>{_ZONE}|{_PLACE}))?"
)
_ASCTIME = rf"{_DAY},?\s{{1,2}}{_NAME}\s{{1,2}}(?P<d>\d{{1,2}})\s{_CLOCK}(?:\s(?P<z>{_ZONE}))?\s(?P<y>\d{{4}})\b"
_DAY_FIRST = rf"{_DAY},?\s{{1,2}}(?P<d>\d{{1,2}})\s{_NAME}\s{_CLOCK}(?:\s(?P<z>{_ZONE}))?\s(?P<y>\d{{4}})\b"  # date(1)
_JAVA = rf"{_NAME}\s(?P<d>\d{{1,2}}),\s(?P<y>\d{{4}}),?\s{_TIME}{_HALF}{_OFFSET}"
# With AM or PM; without, whether the month comes first is not known. See _us_date.
_US = rf"(?P<u>\d{{1,2}}/\d{{1,2}})/(?P<y>\d{{4}})(?P<comma>,)?\s{_TIME}{_HALF}{_OFFSET}"
_SYSLOG_YEAR = rf"{_NAME}\s{{1,2}}(?P<d>\d{{1,2}})\s(?P<y>\d{{4}})\s{_CLOCK}{_OFFSET}"
_SYSLOG = (
    rf"{_NAME}\s{{1,2}}(?P<d>\d{{1,2}})\s(?P<h>\d\d):(?P<i>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{{1,9}}))?"
    rf"(?:{_HALF}(?![\w-])|\b)"
)
_DM = rf"(?P<d>\d{{1,2}})\s{_NAME}\s(?P<h>\d\d):(?P<i>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{{1,9}}))?\b"
_SHORT = r"(?P<yy>\d\d)(?P<m>\d\d)(?P<d>\d\d)\s{1,2}(?P<h>\d{1,2}):(?P<i>\d\d):(?P<s>\d\d)"
_GLOG = r"[IWEFC](?:(?P<y>\d{4})|(?P<yy>\d\d))?(?P<m>\d\d)(?P<d>\d\d)\s"
_GLOG += r"(?P<h>\d\d):(?P<i>\d\d):(?P<s>\d\d)\.(?P<f>\d{3,9})\s"
_LOG15 = r"[A-Z]{4,5}\s{0,2}\[(?P<m>\d\d)-(?P<d>\d\d)\|(?P<h>\d\d):(?P<i>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{1,9}))?\]"
_OF_YEAR = r"\[[A-Z]{4,9}\]\s{1,4}(?P<n>\d{1,3})/(?P<h>\d\d)(?P<i>\d\d)(?P<s>\d\d)\s\("
_ZABBIX = r"\d{1,8}:(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d):(?P<h>\d\d)(?P<i>\d\d)(?P<s>\d\d)\.(?P<f>\d{3})\s"
_EPOCH = r"(?P<e>\d{10}(?:\d{3}){0,3})(?P<ef>\.\d{1,9})?"

# What may stand before the date of a line; anything else there speaks of another date.
_WORD = (
    r"debug\d?|trace|info(?:rmation)?|notice|warn(?:ing)?|err(?:or)?|severe|crit(?:ical)?|fatal|panic|alert|emerg|log"
)
# The day of the week is part of the date where a year ends it; elsewhere it says nothing more.
_YEAR_LAST = (
    r"\s{1,2}(?:[A-Z][a-z]{2}\s{1,2}\d{1,2}|\d{1,2}\s[A-Z][a-z]{2})\s\d{1,2}:\d\d:\d\d\S*"
    r"(?:\s[AP]M)?(?:\s[A-Z+-][A-Z0-9:]{1,5})?\s\d{4}\b"
)
_BEFORE = (
    r"[\x00\s]{0,64}(?:<\d{1,3}>)?(?:1 (?=\d{4}-))?"
    rf"(?:(?:\[[^\]]{{0,120}}\]|\d{{1,8}}|[\w./-]{{1,40}}\[\d+\]:?|(?i:{_WORD}):?|{_DAY},?(?!{_YEAR_LAST})"
    r"|[DIWEFAU],|\d{1,8}:(?:\d{1,8}:)?[XCSM]|#\sTime:|=[A-Z ]{4,20}====|https?|h2|wss?|grpcs?)\s{1,8}){0,4}"
    r"(?:[-|]\s)?[\[(]?"
)
# In the order in which they are tried; each is looked for at the beginning, behind what may stand before it.
_FIRST = lazy(
    r"[\[(]?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d):(\d\d(?:[.,]\d{1,9})?)(?!\d|:\d)"
    rf"(?:[ \t]{{0,2}}({_ZONE}|{_PLACE}))?"
)
_IS_HALF, _BEFORE_HALF = lazy(_HALF), set(" \tAaPp")


# IIS writes UTC, whatever the clock of the host shows: server, method, path.
_W3C = lazy(r" (?:W3SVC\d{1,4} \S{1,80} )?[\da-fA-F.:]{2,45} [A-Z]{3,10} /\S* ")


def _lettered(form: str, letter: str) -> str:
    """The same with a letter before the name of each group, so that several forms can be one expression."""
    return re.sub(r"\(\?P([<=])(\w+)", rf"(?P\g<1>{letter}\g<2>", form)


_FORMS = (ISO, _DMY, _ASCTIME, _DAY_FIRST, _JAVA, _SYSLOG_YEAR, _SYSLOG, rf"{_BASIC}\b", _DOTTED, _US)
# Compiled at the first use, by re's own cache: it takes longer than many a whole reading.
_AT_BEGIN = f"{_BEFORE}(?:{'|'.join(_lettered(form, 'ABCDEFGHIJ'[at]) for at, form in enumerate(_FORMS))})"
_MORE = (
    _GLOG, _LOG15, _OF_YEAR, rf"\[\d{{1,8}}\]\s{_DM}", rf"\d{{1,8}}:(?:\d{{1,8}}:)?[XCSM]\s{_DM}",
    rf"\d{{1,8}}:[XCSM]\s{_EPOCH}\s", rf"(?:#\sTime:\s{{1,2}})?{_SHORT}(?:\s|$)", _ZABBIX,
    rf"\[{_EPOCH}\][\s:|,]", rf"(?=\d+\.){_EPOCH}[\s:|,]",
    rf"(?:node=\S{{1,80}} )?type=\w{{1,40}} msg=audit\({_EPOCH}:\d{{1,10}}\)", rf"\[(?i:{_WORD})\]\s\[{_EPOCH}\]",
    rf"\[[DIWEC]\s{_SHORT}", rf"\[[DIWEC]\s{ISO}",  # Tornado, Jupyter
    rf"[A-Z]{{4}}\[{ISO}\]",  # logrus
    rf"\[pid: [^\]]{{1,80}}\] \S{{1,60}} \([^)]{{0,60}}\) \{{[^}}]{{0,60}}\}} \[{_ASCTIME}\]",  # uWSGI
    rf"[\da-fA-F.:]{{3,45}} -\s\S{{0,60}}\s{_DMY}\s\"",  # PHP-FPM
    rf"Started [A-Z]{{3,7}} \"[^\"]{{0,300}}\" for \S{{1,60}} at {ISO}",
)  # fmt: skip
_NUMBER = rf"{_EPOCH}[\s:|,]"  # may also be the number of an order, of a phone
_FAST = 300.0  # seconds by which a clock may be ahead
_LATELY = 3 * 366 * 86400.0  # seconds before the present within which it is a moment
CLF = lazy(rf"\[{_DMY}\]")
_OF_ACCESS = lazy(r"(?:\s-\s\S{1,60}|[\da-fA-F.:\]]{3,45}:\d{1,5})\s$")
_KEYED = lazy(
    r"(?:^|[\s,;{(])[\"']?@?(?:time(?:stamp)?|ts|t|date(?:time)?|asctime|eventtime|logtime|log_time)[\"']?="
    rf"[\"']?(?:{ISO}|{_EPOCH}(?=[\s,;\"']|$))",
    re.I,
)
# Before the pair with the time stand other pairs, levels, and what is in brackets; elsewhere a line speaks of a date.
_PAIRS = lazy(
    rf"(?:(?:<\d{{1,3}}>|\[[^\]]{{0,120}}\]|(?i:{_WORD})\b|-)[\s,;:]*"
    r"|[\"'{(]?[\w.@-]{1,60}[\"']?=(?:\"(?:[^\"\\]|\\.){0,400}\"|[^\s,;\"]{0,400})(?:[\s,;]+|$))*[\"']?$"
)
_MESSAGE = lazy(r"(?:^|[\s,;])(?:msg|message|event)=")
_DATE_TIME = lazy(r"(?:^|\s)date=\"?(\d{4}-\d\d-\d\d)\"?[ ,]time=\"?(\d\d:\d\d:\d\d(?:\.\d{1,9})?)", re.I)
# PostgreSQL: whatever log_line_prefix puts before the severity, of which two blanks follow the colon.
_POSTGRES = lazy(rf"(.{{1,300}}?)\b(?:{SEVERITIES}|{DETAILS}):  ?\S")
_ANY_ISO, _ANY_EPOCH = lazy(ISO), lazy(rf"(?<![\w.]){_EPOCH}(?![\w.])")
_WHOLE = tuple(
    rf"\s?\[?(?:{form})\]?\s?\Z"
    for form in (ISO, _DMY, rf"{_DAY},?\s{_DMY}", _ASCTIME, _DAY_FIRST, _JAVA, _BASIC, _SYSLOG, _US, _EPOCH)
)


def date_of(head: str, zone: Zone) -> float | None:
    """Seconds since 1970 of the date with which a line of text begins; None where it begins with none."""
    if ":  " in head:
        at = _of_postgres(head, zone)
        if at is not None:
            return at
    match = _FIRST.match(head)
    end = match.end() if match else 0
    if match and not (head[end : end + 1] in _BEFORE_HALF and _IS_HALF.match(head, end)):  # most lines
        shown = match.group(3)
        if not shown and (zone.of or zone.offset) and head[10:11] == " " and _W3C.match(head, end):
            shown = "Z"
        minute = _minute(match.group(1), shown, zone)  # of a minute there are many
        return minute + float(match.group(2).replace(",", ".")) if minute is not None else None
    match = CLF.search(head)
    if match and not _is_spoken_of(head[: match.start()]):
        return _moment(match.groupdict(), zone)
    match = re.match(_AT_BEGIN, head)
    if match:
        groups = {name[1:]: text for name, text in match.groupdict().items() if text is not None}
        return _moment(groups, zone)
    for form in _MORE:
        match = re.match(form, head)
        if match:
            return _moment(match.groupdict(), zone)
    match = re.match(_NUMBER, head)
    at = _moment(match.groupdict(), zone) if match else None
    if at is not None and (not zone.now or zone.now - _LATELY <= at <= zone.now + 86400.0):
        return at
    return _keyed(head, zone)


def _is_spoken_of(before: str) -> bool:
    """Whether a date in brackets is what a line speaks of: another date begins the line, and no client's address and
    user stand before this one, as in an access log that goes through syslog."""
    if len(before) < 8 or before[:1].isdigit() or _OF_ACCESS.search(before):
        return False
    return re.match(_AT_BEGIN, before) is not None


def whole_date(text: str, zone: Zone, number: bool = True) -> float | None:
    """Seconds since 1970 of a text that is a date and nothing else; ``number``: whether digits may be one."""
    if not 8 < len(text) < 60 or (not number and text.replace(".", "", 1).isdigit()):
        return None
    for form in _WHOLE:
        match = re.match(form, text)
        if match:
            return _moment(match.groupdict(), zone)
    return None


def of_number(number: float) -> float | None:
    """Seconds since 1970, or thousandths or less of them, as seconds; None where it is no moment.

    >>> of_number(1795488004123), of_number(12)
    (1795488004.123, None)
    """
    for part in (1, 1e3, 1e6, 1e9):
        if _PLAUSIBLE[0] <= number / part < _PLAUSIBLE[1]:
            return number / part
    return None


@lru_cache(maxsize=512)
def _minute(text: str, shown: str | None, zone: Zone) -> float | None:
    """Seconds since 1970 at which the minute of ``2026-11-24T08:29`` began."""
    start = _start(int(text[:4]), int(text[5:7]), int(text[8:10]))
    hour, minute = int(text[11:13]), int(text[14:16])
    if start is None or hour > 23 or minute > 59:
        return None
    clock = start + 3600 * hour + 60 * minute
    east = _east(shown, clock, zone)
    return clock - east if east is not None else None


def _keyed(head: str, zone: Zone) -> float | None:
    """logfmt: ``time="..." level=...``, and PostgreSQL's or an appliance's ``name=value`` before the message."""
    if "=" not in head:
        return None
    match = _DATE_TIME.search(head)
    if match:
        return whole_date(f"{match.group(1)} {match.group(2)}", zone)
    match = _KEYED.search(head)
    before = head[: match.start()] if match else ""
    at = _moment(match.groupdict(), zone) if match and _PAIRS.match(before) else None
    if at is None or not zone.now or not _MESSAGE.search(before):
        return at
    # Behind the message it may be what the line speaks of.
    return at if zone.now - 86400.0 <= at <= zone.now + _FAST else None


def _of_postgres(head: str, zone: Zone) -> float | None:
    """The latest date of the prefix: the other may be when the session began."""
    match = _POSTGRES.match(head)
    if match is None:
        return None
    times = [_moment(date.groupdict(), zone) for date in _ANY_ISO.finditer(match.group(1))]
    times = times or [_moment(date.groupdict(), zone) for date in _ANY_EPOCH.finditer(match.group(1))]
    return max((at for at in times if at is not None), default=None)


def _moment(part: dict[str, str | None], zone: Zone) -> float | None:
    epoch = part.get("e")
    if epoch:
        return of_number(float(epoch + (part.get("ef") or "")))
    hour, minute, second = int(part["h"] or 0), int(part["i"] or 0), int(part["s"] or 0)
    half = part.get("half")
    if half:
        # Some write the 24 hours before it (%H:%M:%S %p).
        hour = hour if hour > 12 else hour % 12 + (12 if half[0] in "Pp" else 0)
    fraction = float(f"0.{part['f']}") if part.get("f") else 0.0
    number = part.get("n")
    if number:
        return _latest(lambda year: _of_day(year, int(number)), hour, minute, second, zone)
    numbers = part.get("u")
    if numbers:
        return _us_date(numbers, part, zone)
    named = part["m"] or ""
    month, day = int(named) if named.isdigit() else _MONTHS[named.lower()], int(part["d"] or 0)
    short = part.get("yy")
    year = int(part.get("y") or 0) or (2000 + int(short) if short else 0)
    if not year:
        at = _latest(lambda candidate: _start(candidate, month, day), hour, minute, second, zone)
        return at + fraction if at is not None else None
    start = _start(year, month, day)
    if start is None or hour > 23 or minute > 59:
        return None
    clock = start + 3600 * hour + 60 * minute + second  # 60 is a leap second
    east = _east(part.get("z"), clock, zone)
    return clock + fraction - east if east is not None else None


def _us_date(numbers: str, part: dict[str, str | None], zone: Zone) -> float | None:
    """Of ``5/11/2026, 10:00:00 pm``: the United States write the month first and PM; pm is of India, Australia, New
    Zealand, which write the day first. The other order, or none, where the date would be in the future."""
    orders = [("m", "d"), ("d", "m")]
    small = (part["half"] or "P")[0] in "ap"
    if small:
        orders.reverse()
    one, other = numbers.split("/")
    read = [_moment({**part, "u": None, first: one, second: other}, zone) for first, second in orders]
    possible = [at for at in read if at is not None and not (zone.now and at > zone.now + 86400.0)]
    if small and len(set(possible)) > 1 and not part.get("comma"):
        return None  # as PHP's h:i:s a
    return possible[0] if possible else None


@lru_cache(maxsize=256)
def _start(year: int, month: int, day: int) -> float | None:
    """When a day began, as if clocks showed UTC."""
    try:
        return datetime(year, month, day, tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None


def _of_day(year: int, number: int) -> float | None:
    """The same by the number of a day in its year, from 0 on (C's tm_yday)."""
    start = _start(year, 1, 1)
    return start + 86400 * number if start is not None and number < 366 else None


def _latest(start: Callable[[int], float | None], hour: int, minute: int, second: int, zone: Zone) -> float | None:
    """The latest such moment that is not in the future (by more than a day, since clocks differ)."""
    if hour > 23 or minute > 59:
        return None
    present = datetime.fromtimestamp(zone.now, timezone.utc)
    for year in range(present.year + 1, present.year - 9, -1):  # eight years apart: 29 February about a century's turn
        began = start(year)
        if began is None:
            continue
        clock = began + 3600 * hour + 60 * minute + second
        at = clock - zone.east(clock)
        if at <= zone.now + timedelta(days=1).total_seconds():
            return at
    return None


def _east(shown: str | None, clock: float, zone: Zone) -> float | None:
    """Seconds east of UTC: as the line shows, else as times without a zone are meant; None where that is not known."""
    if not shown:
        return zone.east(clock)
    if shown[3:4] in ("+", "-"):  # behind UTC or GMT
        shown = shown[3:] if len(shown) > 5 else f"{shown[3]}{shown[4:]:0>2}"
    east = seconds_east(shown if len(shown) != 3 or shown[0] not in "+-" else f"{shown}00")
    if east is not None:
        return east
    if shown in _SEVERAL and zone.named:
        own = zone.named(shown, clock)
        if own is not None and own / 3600 in _SEVERAL[shown]:
            return own
        return 3600.0 * _ZONES[shown] if shown in _ZONES else None
    if shown in _ZONES:
        return 3600.0 * _ZONES[shown]
    place = zone.named(shown, clock) if zone.named and "/" in shown else None
    return place if place is not None else zone.east(clock)


def unclear_zone(line: str) -> str:
    """The abbreviation of several zones that follows the time of a line; empty for none."""
    match = _UNCLEAR.search(line[:_HEAD])
    return match.group(1) if match else ""
