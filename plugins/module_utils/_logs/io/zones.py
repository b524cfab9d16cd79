# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How times without a zone are meant: by the host's own clock, or by a zone that is named. I/O."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Callable

from ..._core.errors import InputError
from ..._core.times import seconds_east
from ..dates import Zone


def zone_of(name: str) -> Zone:
    """How times without a zone are meant: by the host's own clock, or as named (+01:00, Europe/Berlin)."""
    now = time.time()
    if not name:
        return Zone(0.0, now, _local_offset, _named)
    offset = seconds_east(name)
    if offset is not None:
        return Zone(offset, now, None, _named)
    east = _east_of(name)
    if east is None:
        raise InputError(f"timezone: {name!r} is not known on this host. Give an offset like +01:00. Nothing was done.")
    return Zone(0.0, now, east, _named)


def _named(place: str, clock: float) -> float | None:
    """Seconds east of UTC of a place when its clocks showed that; None where the host does not know the place."""
    if place not in _KNOWN:
        _KNOWN[place] = _east_of(place)
    east = _KNOWN[place]
    return east(clock) if east is not None else None


_KNOWN: dict[str, Callable[[float], float] | None] = {}


def _east_of(name: str) -> Callable[[float], float] | None:
    try:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 (Python 3.9 and newer)

        place = ZoneInfo(name)
    except (ImportError, KeyError, ValueError, OSError):
        return None

    def east(clock: float) -> float:
        shown = datetime.fromtimestamp(clock, timezone.utc).replace(tzinfo=place)
        return (shown.utcoffset() or timedelta()).total_seconds()

    return east


def _local_offset(clock: float) -> float:
    """Seconds east of UTC of this host's clock when it showed that."""
    shown = time.gmtime(clock)
    return clock - time.mktime((*shown[:8], -1))
