# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The business hours of a site, from its inventory. I/O: the rules of time zones are files of the host."""

from __future__ import annotations

from datetime import date
from typing import Any, Mapping

from ..._core.errors import InputError
from ..._core.local_time import time_of_day, weekdays
from ..deadlines import BusinessHours


def business_hours(given: Mapping[str, Any]) -> BusinessHours:
    """``zone`` (an IANA name), ``starts`` and ``ends`` (HH:MM), ``days`` (mon to sun, or mon-fri) and ``holidays``
    (YYYY-MM-DD); what is left out has its default, except the zone: an hour of no zone is no time. Raises InputError
    for what is none of these."""
    if not isinstance(given, Mapping):
        raise InputError(f"business_hours: {given!r} is no dictionary with zone, ends and days.")
    unknown = sorted(set(given) - {"zone", "starts", "ends", "days", "holidays"})
    if unknown:
        raise InputError(f"business_hours: {unknown[0]!r} is none of zone, starts, ends, days and holidays.")
    if given and not given.get("zone"):
        raise InputError(
            "business_hours: zone is missing, so the hours and days are of no known place. Add for example"
            " zone: Europe/Berlin, or zone: UTC."
        )
    try:
        numbers = weekdays(given.get("days") or "mon-fri")
        holidays = frozenset(date.fromisoformat(str(day)) for day in given.get("holidays") or ())
        ends = time_of_day(given.get("ends"), "17:00")
        starts = time_of_day(given.get("starts"), "00:00")
    except (ValueError, TypeError) as error:
        raise InputError(
            f"business_hours: {error}. Use days such as mon, dates such as 2026-12-25 and times such as 17:00."
        ) from None
    return BusinessHours(_zone(str(given.get("zone") or "UTC")), ends, numbers, holidays, starts)


def _zone(name: str) -> Any:
    try:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - Python 3.9 and newer

        return ZoneInfo(name)
    except ImportError:
        problem = "needs Python 3.9 or newer on the log's host"
    except (LookupError, ValueError, OSError):
        problem = "is no time zone of this host, such as Europe/Berlin (package tzdata)"
    if name == "UTC":
        return BusinessHours().zone
    raise InputError(f"business_hours: zone {name!r} {problem}.")
