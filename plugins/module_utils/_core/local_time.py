# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times of the day and days of the week as an inventory has them. Pure.

YAML 1.1 makes a number in base 60 of an unquoted ``17:00`` (1020), so that number is read as the time that was written.
"""

from __future__ import annotations

from datetime import time
from typing import Any, Sequence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def time_of_day(value: Any, default: str = "") -> time:
    """``17:00``, quoted or not; 24:00 is the midnight that follows. ``default``: of what is not given. Raises
    ValueError.

    >>> time_of_day(1020)
    datetime.time(17, 0)
    """
    value = default if value is None or value == "" else value
    if isinstance(value, bool) or (isinstance(value, int) and not 60 <= value < 86400):
        raise ValueError(f"{value!r} is no time of the day such as '09:00', in quotes")
    if isinstance(value, int):
        return (
            time(value // 60 % 24, value % 60) if value <= 1440 else time(value // 3600, value // 60 % 60, value % 60)
        )
    text = str(value).strip()
    found = time(0) if text in ("24:00", "24:00:00") else time.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError(f"{text!r} has an offset: it is the time of the zone that is set, as '09:00'")
    return found


def weekdays(value: Any) -> frozenset[int]:
    """The days of a list, or of a text with commas, each by its name or its first three letters, or from one to another
    as ``mon-fri``; 0 is Monday. Raises ValueError.

    >>> sorted(weekdays("fri-mon"))
    [0, 4, 5, 6]
    """
    if not isinstance(value, (str, Sequence)):
        raise ValueError(f"{value!r} is no list of days such as [mon, tue] or mon-fri")
    words = value.split(",") if isinstance(value, str) else [str(each) for each in value]
    found: set[int] = set()
    for word in words:
        first, dash, last = word.strip().partition("-")
        begin, end = _day(first), _day(last) if dash else _day(first)
        found |= {(begin + number) % 7 for number in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _day(word: str) -> int:
    name = word.strip().lower()
    if name[:3] not in DAYS or not _FULL[name[:3]].startswith(name):
        raise ValueError(f"{word!r} is no day such as mon")
    return DAYS.index(name[:3])


_FULL = dict(zip(DAYS, ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")))
