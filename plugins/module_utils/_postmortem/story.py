# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The events of a log, made safe to read: also a log that was changed must give a page. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Iterable, Mapping, Sequence, cast

from .._core.times import moment_of
from .._incident.event import EventReport
from .._incident.timeline import words_of

_LATEST = 32503680000.0  # the year 3000; a calendar cannot add days to the last one that it has


def numbered(events: Iterable[EventReport]) -> list[EventReport]:
    """The events, each with a number (its place, in a log of a version that had none), texts and a note."""
    return [
        cast(
            EventReport,
            {
                "seq": event["seq"] if isinstance(event["seq"], int) and event["seq"] > 0 else place,
                "at": str(event["at"]),
                "kind": str(event["kind"]),
                "by": str(event["by"]),
                "host": str(event["host"]),
                "note": event["note"] if isinstance(event["note"], dict) else {},
                "logged": str(event["logged"]),
            },
        )
        for place, event in enumerate(events, 1)
    ]


def seconds_at(text: Any) -> float | None:
    """Seconds since 1970 of a date; None where the text is none, or one that no incident has."""
    if not isinstance(text, str) or not text[:4].isdigit() or text[4:5] != "-":
        return None
    seconds = moment_of(text, 0.0)
    return seconds if seconds is not None and 0 <= seconds < _LATEST else None


def recorded_at(event: EventReport) -> float | None:
    """When an event was recorded, by the clock of the log's host where the writer's differs: the times of several
    writers are compared by it. None where no such moment is known."""
    logged = seconds_at(event["logged"])
    return seconds_at(event["at"]) if logged is None else logged


def shown(seconds: float) -> str:
    """A moment as the pages have it: to the second, in UTC."""
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def listed(note: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A list of a note; empty where it has none or something else."""
    found = note.get(name)
    return found if isinstance(found, (list, tuple)) else ()


def of_dict(note: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A dictionary of a note; empty where it has none or something else."""
    found = note.get(name)
    return found if isinstance(found, Mapping) else {}


def in_words(event: EventReport) -> str:
    """What an event says, in one line."""
    try:
        return words_of(event)
    except (TypeError, ValueError, AttributeError, KeyError):
        return f"{event['kind']}: its fields could not be read"
