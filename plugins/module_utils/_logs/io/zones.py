# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How times without a zone are meant: by the host's own clock, or by a zone that is named. I/O."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone, tzinfo

from ..._core.errors import InputError
from ..._core.times import seconds_east
from ..dates import Zone

_HALF_YEAR = 183 * 86400.0


def zone_of(name: str) -> Zone:
    """How times without a zone are meant: by the host's own clock, or as named (+01:00, Europe/Berlin)."""
    now = time.time()
    if not name:
        return Zone(0.0, now, _local_offset, _named_here)
    offset = seconds_east(name)
    if offset is not None:
        return Zone(offset, now, None, lambda shown, clock: _named(shown, clock) if "/" in shown else offset)
    place = _place_of(name)
    if place is None:
        raise InputError(f"timezone: {name!r} is not known on this host. Give an offset like +01:00. Nothing was done.")

    def named(shown: str, clock: float) -> float | None:
        return _named(shown, clock) if "/" in shown else _abbreviated(place, shown, clock)

    return Zone(0.0, now, lambda clock: _east_of(place, clock), named)


def _named_here(shown: str, clock: float) -> float | None:
    """Seconds east of UTC of a place when its clocks showed that, or of an abbreviation that the host's own zone has;
    None where neither is known."""
    if "/" in shown:
        return _named(shown, clock)
    if shown not in time.tzname:
        return None
    return float(-time.timezone if shown == time.tzname[0] else -time.altzone)


def _named(name: str, clock: float) -> float | None:
    if name not in _KNOWN:
        _KNOWN[name] = _place_of(name)
    place = _KNOWN[name]
    return _east_of(place, clock) if place is not None else None


_KNOWN: dict[str, tzinfo | None] = {}


def _abbreviated(place: tzinfo, shown: str, clock: float) -> float | None:
    """Seconds east of UTC that a place calls by that abbreviation, at that moment or half a year away from it."""
    for moment in (clock, clock - _HALF_YEAR):
        at = datetime.fromtimestamp(moment, timezone.utc).replace(tzinfo=place)
        if at.tzname() == shown:
            return (at.utcoffset() or timedelta()).total_seconds()
    return None


def _place_of(name: str) -> tzinfo | None:
    try:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 (Python 3.9 and newer)

        return ZoneInfo(name)
    except (ImportError, KeyError, ValueError, OSError):
        return None


def _east_of(place: tzinfo, clock: float) -> float:
    shown = datetime.fromtimestamp(clock, timezone.utc).replace(tzinfo=place)
    return (shown.utcoffset() or timedelta()).total_seconds()


def _local_offset(clock: float) -> float:
    """Seconds east of UTC of this host's clock when it showed that."""
    shown = time.gmtime(clock)
    return clock - time.mktime((*shown[:8], -1))
