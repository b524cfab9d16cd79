# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as an operator writes them: a duration before now, or a date; and as the engine does. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_EPOCH = re.compile(r"@\d{1,12}(?:\.\d{1,9})?\Z", re.ASCII)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w|)(?=\d|\s|$)")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?\Z", re.I
)
_ENGINES = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)


def seconds_of(text: str) -> float | None:
    """The seconds of a duration: 90, 90s, 15m, 2h, 1h30m, 3d; None where the text is none."""
    rest, total = text.strip(), 0.0
    if not rest:
        return None
    while rest:
        match = _SPAN.match(rest)
        if not match:
            return None
        total += float(match.group(1)) * _UNITS[match.group(2)]
        rest = rest[match.end() :].strip()
    return total


def moment_of(text: str, now: float) -> float | None:
    """Seconds since 1970: the duration before ``now``, or the date (UTC without a zone); None where it is neither.

    >>> moment_of("1h", 7200.0)
    3600.0
    >>> moment_of("1970-01-01T00:30Z", 7200.0)
    1800.0
    """
    text = text.strip()
    if _EPOCH.match(text):
        return float(text[1:])
    ago = seconds_of(text)
    if ago is not None:
        return now - ago
    match = _DATE.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None
    at += float(f"0.{match.group(7)}") if match.group(7) else 0.0
    return at - (seconds_east(match.group(8) or "Z") or 0.0)


def moment(text: Any) -> datetime | None:
    """A time of the engine's (RFC 3339 with nanoseconds); its year 1 means never.

    >>> moment("2026-11-23T14:56:35.123456789Z").isoformat()
    '2026-11-23T14:56:35.123456+00:00'
    """
    match = _ENGINES.match(str(text or ""))
    if not match or match.group(1).startswith("0001-"):
        return None
    zone = "+0000" if match.group(3) == "Z" else match.group(3).replace(":", "")
    fraction = (match.group(2) or "0")[:6].ljust(6, "0")
    return datetime.strptime(f"{match.group(1)}.{fraction}{zone}", "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(timezone.utc)


def stamp(at: datetime | None) -> str:
    """A time as a part of a target: UTC to the microsecond, without a character that a shell or a list is split at.

    >>> stamp(datetime(2026, 11, 24, 3, tzinfo=timezone.utc)), stamp(None)
    ('20261124T030000.000000Z', '-')
    """
    return at.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ") if at else "-"


def seconds_of_stamp(text: str) -> float | None:
    """The reverse of `stamp`: seconds since 1970; None for a text that is none.

    >>> seconds_of_stamp("19700101T000001.500000Z"), seconds_of_stamp("-")
    (1.5, None)
    """
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None


@lru_cache(maxsize=64)
def seconds_east(zone: str) -> float | None:
    """Seconds east of UTC of Z, UTC, GMT or an offset; None where it is none of these.

    >>> seconds_east("+01:30"), seconds_east("-0800"), seconds_east("utc"), seconds_east("Europe/Berlin")
    (5400.0, -28800.0, 0.0, None)
    """
    if zone.upper() in ("Z", "UTC", "GMT"):
        return 0.0
    match = _OFFSET.match(zone)
    if not match:
        return None
    return (1.0 if match.group(1) == "+" else -1.0) * (3600 * int(match.group(2)) + 60 * int(match.group(3)))
