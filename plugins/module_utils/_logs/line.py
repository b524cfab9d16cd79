# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A line of a log: when it was written, its level, and whether it continues the line before. Pure.

Times come in many forms, some without a zone, one (syslog's) without a year. What cannot be read has no time of its own
and takes its neighbour's. Formats: RFC 3339, RFC 3164, nginx's error and access logs, Python's logging, PostgreSQL's.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Callable, NamedTuple, Sequence

from .._core.times import seconds_east

LEVELS = ("debug", "info", "notice", "warning", "error", "critical")
GRAVE = {
    "debug": "debug", "trace": "debug", "info": "info", "log": "info", "notice": "notice", "warn": "warning",
    "warning": "warning", "err": "error", "error": "error", "severe": "error", "crit": "critical",
    "critical": "critical", "fatal": "critical", "panic": "critical", "alert": "critical", "emerg": "critical",
}  # fmt: skip
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
# Words that may stand before the time of a line; what comes later is what the line speaks of.
_BEFORE = (
    r"[\x00\s]{0,64}(?:<\d{1,3}>)?(?:(?:\[[^\]]{0,40}\]|\d{1,8}|[\w./-]{1,40}\[\d+\]:?|(?:debug|trace|info|notice|warn"
    r"(?:ing)?|err(?:or)?|severe|crit(?:ical)?|fatal|panic|alert|emerg|log):?)\s{1,8}){0,4}[\[(]?"
)
_NAMED = re.compile(
    r"\"@?(?:time(?:stamp)?|ts|t|date|datetime|asctime|eventTime)\"\s*:\s*(?:\"(?=\d{4}[-/])|(\d{9,19})(\.\d{1,9})?\b)",
    re.I,
)
_ISO = re.compile(
    r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?", re.I
)
_ISO_FIRST = re.compile(_BEFORE + _ISO.pattern, re.I)
CLF = re.compile(r"\[(\d\d)/([A-Za-z]{3})/(\d{4})[: ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*([+-]\d{4})?\]")
_SYSLOG = re.compile(r"(?:<\d{1,3}>)?([A-Za-z]{3})\s+(\d{1,2})\s(\d\d):(\d\d):(\d\d)\b")
# Not within a path, a word or a name with a dot: /api/error is no error.
_LEVEL = re.compile(
    r"(?<![\w./-])(debug|trace|info|notice|warn(?:ing)?|err(?:or)?|severe|crit(?:ical)?|fatal"
    r"|panic|alert|emerg)(?![\w./-])",
    re.I,
)
_STATUS = re.compile(r'" (\d{3}) (?:\d+|-)(?: |$)')
_TRACEBACK = "Traceback (most"
_GOES_ON = re.compile(
    r"(?:\s|\)|\}|\]|Traceback \(most|Caused by\b|During handling\b|The above exception\b|\.\.\. \d+ more"
    r"|\w+(?:\.\w+)*(?:Error|Exception|Warning)\b:?|(?:\w+\.)+\w+(?:[:(]|$)|KeyboardInterrupt\b|SystemExit\b"
    r"|(?:DETAIL|HINT|CONTEXT|QUERY|LINE \d+):)"
)
# May be the end of a traceback, by the line before it: psycopg2.errors.DeadlockDetected: ..., also name.of.logger: ...
_MAY_END = re.compile(r"(?:(?:\w+\.)+\w+(?:[:(]|$)|KeyboardInterrupt\b|SystemExit\b)")
_EXCEPTION = re.compile(r"\w+(?:\.\w+)*(?:Error|Exception)\b")
_TROUBLE = re.compile(r"(?i)exception|error|fail|unhandled|uncaught|crash")
EXAMINED = 400  # characters of a line in which its time is looked for
_LEVEL_IN = 200  # characters of a line in which its level is


class Zone(NamedTuple):
    """How times without a zone are meant, and the present, from which a missing year is derived.

    ``offset``: seconds east of UTC; ``of``: the same for a moment on that clock, where summer differs from winter.
    """

    offset: float = 0.0
    now: float = 0.0
    of: Callable[[float], float] | None = None

    def east(self, clock: float) -> float:
        return self.of(clock) if self.of else self.offset


def time_of(line: str, zone: Zone) -> float | None:
    """Seconds since 1970 at which the line was written, from its beginning; None where it says none."""
    head = line[:EXAMINED]
    if head.lstrip("\x00 ")[:1] == "{":
        return _time_named(head, zone)
    match = _ISO_FIRST.match(head)
    if match:
        return _epoch([int(part) for part in match.groups()[:6]], match.group(7), match.group(8), zone)
    match = CLF.search(head)
    if match and match.group(2).lower() in _MONTHS:
        day, name, year, hour, minute, second, fraction, offset = match.groups()
        clock = (int(year), _MONTHS[name.lower()], int(day), int(hour), int(minute), int(second))
        return _epoch(clock, fraction, offset, zone)
    match = _SYSLOG.match(head)
    if match and match.group(1).lower() in _MONTHS:
        return _without_year(match, zone)
    return None


def _time_named(head: str, zone: Zone) -> float | None:
    """The time of a JSON line: a date, or seconds since 1970, or thousandths or less of them."""
    match = _NAMED.search(head)
    if match is None:
        return None
    if match.group(1) is None:
        date = _ISO.match(head, match.end())
        return _epoch([int(part) for part in date.groups()[:6]], date.group(7), date.group(8), zone) if date else None
    number, digits = float(match.group(1) + (match.group(2) or "")), len(match.group(1))
    return number / 1000 ** max(0, (digits - 10 + 1) // 3) if digits > 10 else number


def _epoch(clock: Sequence[int], fraction: str | None, offset: str | None, zone: Zone) -> float | None:
    """``clock``: year, month, day, hour, minute, second, as they were shown."""
    *date, second = clock
    try:
        at = datetime(*date, min(second, 59), tzinfo=timezone.utc).timestamp()  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    at += max(0, second - 59) if second >= 60 else 0  # a leap second
    return at + (float(f"0.{fraction}") if fraction else 0.0) - _seconds_east(offset, at, zone)


def _seconds_east(offset: str | None, clock: float, zone: Zone) -> float:
    if offset is None:
        return zone.east(clock)
    return seconds_east(offset) or 0.0


def _without_year(match: re.Match[str], zone: Zone) -> float | None:
    """The latest such moment that is not in the future (by more than a day, since clocks differ)."""
    name, *rest = match.groups()
    day, hour, minute, second = (int(part) for part in rest)
    present = datetime.fromtimestamp(zone.now, timezone.utc)
    for year in range(present.year + 1, present.year - 9, -1):  # eight years apart: 29 February about a century's turn
        at = _epoch((year, _MONTHS[name.lower()], day, hour, minute, second), None, None, zone)
        if at is not None and at <= zone.now + timedelta(days=1).total_seconds():
            return at
    return None


def level_of(line: str) -> str:
    """How grave it says to be; an access log's line by its status; empty where it does not say."""
    head = line[:_LEVEL_IN]
    if '" ' in head and CLF.search(head):
        status = _STATUS.search(line)
        if status:
            code = int(status.group(1))
            return "error" if code >= 500 else "warning" if code >= 400 else "info"
    match = _LEVEL.search(head)
    if match:
        return GRAVE[match.group(1).lower()]
    return "error" if line.startswith(_TRACEBACK) or _EXCEPTION.match(line) else ""


def goes_on(line: str) -> bool:
    """Whether a line belongs to the one before: indented, or the end of a traceback. One with a time begins anew."""
    return not line or (bool(_GOES_ON.match(line)) and time_of(line, Zone()) is None)


def is_own(tail: str, line: str) -> bool:
    """Whether a traceback, or the line of an exception, is a matter of its own.

    A line before it that reports no error did not cause it; nor did the end of another traceback,
    unless the text says that one came from the other.
    """
    if not (tail.startswith(_TRACEBACK) or _EXCEPTION.match(tail)):
        return bool(_MAY_END.match(tail)) and not line[:1].isspace()
    if tail.startswith(_TRACEBACK) and _EXCEPTION.match(line):
        return True
    if goes_on(line):
        return False
    level = level_of(line)
    return level in ("debug", "info", "notice") or (not level and not _TROUBLE.search(line))
