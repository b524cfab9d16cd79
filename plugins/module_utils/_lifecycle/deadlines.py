# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an answer and an update are due, and what is overdue. Pure.

The intervals are those of the runbook: an incident is acknowledged within 15 minutes (P0), 1 hour (P1) or 4 hours
(P2), or by the end of the next business day (P3); people are updated every 15 minutes (P0), 30 minutes (P1) or 2 hours
(P2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Sequence

from .._core.text import span
from .._incident.event import EventReport
from .._incident.phase import ENDED, phase_of
from .._incident.severity import severity_of
from .._incident.stamps import moment_of

ANSWER = {"P0": timedelta(minutes=15), "P1": timedelta(hours=1), "P2": timedelta(hours=4)}
UPDATE = {"P0": timedelta(minutes=15), "P1": timedelta(minutes=30), "P2": timedelta(hours=2)}
_NEXT_DAY = "P3"  # by the end of the next business day


@dataclass(frozen=True)
class BusinessHours:
    """When people of a site work. ``zone``: in which ``ends`` is a time of the day; ``days``: 0 is Monday."""

    zone: tzinfo = timezone.utc
    ends: time = time(17)
    days: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()

    def end_of_next_day(self, moment: datetime) -> datetime:
        """The end of the business day after the day of ``moment``, at the local time, whatever the clock was changed
        in between. A site that never works has its next day tomorrow."""
        day = moment.astimezone(self.zone).date() + timedelta(days=1)
        for dummy in range(366):
            if day.weekday() in self.days and day not in self.holidays:
                break
            day += timedelta(days=1)
        else:
            day = moment.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(day, self.ends, self.zone).astimezone(timezone.utc)


def answer_due(opened: datetime, severity: str, hours: BusinessHours = BusinessHours()) -> datetime | None:
    """When an acknowledgement is due; None for a severity that is not known."""
    if severity == _NEXT_DAY:
        return hours.end_of_next_day(opened)
    return opened + ANSWER[severity] if severity in ANSWER else None


def update_due(events: Sequence[EventReport], severity: str) -> datetime | None:
    """When the next update is due: what the last one promised, else one interval after it, or after the opening."""
    if severity not in UPDATE or not events:
        return None
    updates = [event for event in events if event["kind"] == "update"]
    if not updates:
        return moment_of(events[0]["at"]) + UPDATE[severity]
    promised = str(updates[-1]["note"].get("next_at") or "")
    return moment_of(promised) if promised else moment_of(updates[-1]["at"]) + UPDATE[severity]


def overdue(events: Sequence[EventReport], now: datetime, hours: BusinessHours = BusinessHours()) -> list[str]:
    """What is overdue at this moment, a sentence each, with how long; nothing where the incident has ended."""
    if not events or phase_of(events) in ENDED:
        return []
    severity = severity_of(events)
    late = []
    if not any(event["kind"] == "acknowledged" for event in events):
        late.append(("the acknowledgement", answer_due(moment_of(events[0]["at"]), severity, hours)))
    late.append(("an update", update_due(events, severity)))
    return [
        f"{what} was due {span((now - due).total_seconds())} ago ({severity})"
        for what, due in late
        if due is not None and due < now
    ]
