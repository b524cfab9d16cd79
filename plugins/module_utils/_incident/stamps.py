# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moments as events have them: ``2026-11-23T14:56:35.123456Z``, UTC to the microsecond. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Any

# From 1970 until 2999: to the last year of a calendar no deadline can be added, and the first ones have fewer digits.
_FORM = re.compile(r"(?:19[7-9]|2\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z", re.ASCII)


def stamp(moment: datetime) -> str:
    """The text of a moment in UTC.

    >>> stamp(datetime(2026, 11, 23, 14, 56, 35, 5, tzinfo=timezone.utc))
    '2026-11-23T14:56:35.000005Z'
    """
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment of a stamp. Raises ValueError."""
    if not _FORM.match(text):
        raise ValueError(f"{text!r} is no time in UTC such as 2026-11-23T14:56:35.123456Z")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc)


def time_of(text: str) -> str:
    """A stamp as people read it.

    >>> time_of("2026-11-23T14:56:35.000005Z")
    '2026-11-23 14:56:35 UTC'
    """
    return f"{text[:10]} {text[11:19]} UTC"


def is_stamp(text: Any) -> bool:
    """Whether a value is the text of a moment."""
    try:
        # As moment_of, which makes more of it: this is asked of every line of a log.
        return isinstance(text, str) and bool(_FORM.match(text)) and datetime.fromisoformat(text[:-1]) is not None
    except ValueError:
        return False


def is_day(text: Any) -> bool:
    """Whether it is a date, or begins with one that a time follows.

    >>> is_day("2026-12-01"), is_day("2026-02-30"), is_day("soon")
    (True, False, False)
    """
    try:
        date.fromisoformat(text[:10])
    except (TypeError, ValueError):
        return False
    return len(text[:10]) == 10 and text[4] == text[7] == "-" and text[10:11] in ("", "T", " ")
