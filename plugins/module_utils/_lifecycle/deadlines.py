# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an answer and an update are due, and what is overdue. Pure.

The intervals are those of the runbook: an incident is acknowledged within 15 minutes (P0), 1 hour (P1) or 4 hours
(P2), or by the end of the next business day (P3); people are updated every 15 minutes (P0), 30 minutes (P1) or 2 hours
(P2). People outside hear of it half as often, unless the site has a rule of its own.

Durations are by the clock of the log's host, where the writer's differs. An incident that is opened again begins anew,
and a severity that is raised counts from then on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Collection, Mapping, Sequence

from .._core.errors import InputError
from .._core.text import span
from .._incident.event import EventReport, kept_at
from .._incident.phase import ENDED, acknowledgements, phase_of, rounds
from .._incident.severity import UNKNOWN, at_least, severity_changes, severity_of, severity_since
from .._incident.stamps import is_stamp, moment_of

ANSWER = {"P0": timedelta(minutes=15), "P1": timedelta(hours=1), "P2": timedelta(hours=4)}
UPDATE = {"P0": timedelta(minutes=15), "P1": timedelta(minutes=30), "P2": timedelta(hours=2)}
SEVERITIES = ("P0", "P1", "P2", "P3")  # the last one: by the end of the next business day
OUTSIDE = {severity: 2 * interval for severity, interval in UPDATE.items()}
PUBLIC = "public"  # the audience of an update on the status page
_IS_OVER = re.compile(r"page(?:-\d+)?/resolved/")  # the key of a message to the page


@dataclass(frozen=True)
class BusinessHours:
    """When people of a site work. ``zone``: in which the times are times of the day; an ``ends`` that is not after
    ``starts`` is of the next day; ``days``: 0 is Monday."""

    zone: tzinfo = timezone.utc
    ends: time = time(17)
    days: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()
    starts: time = time(0)

    def end_of_next_day(self, moment: datetime) -> datetime:
        """The end of the business day after the one of ``moment``, at the local time, whatever the clock was changed
        in between. A site that never works has its next day tomorrow."""
        local, is_of_next_day = moment.astimezone(self.zone), self.ends <= self.starts
        present = local.date() - timedelta(days=is_of_next_day and local.time() < self.ends)
        day = present + timedelta(days=1)
        for dummy in range(366):
            if day.weekday() in self.days and day not in self.holidays:
                break
            day += timedelta(days=1)
        else:
            day = present + timedelta(days=1)
        day += timedelta(days=is_of_next_day)  # as 24:00, which is the midnight that follows
        return datetime.combine(day, self.ends, self.zone).astimezone(timezone.utc)


IN_UTC = BusinessHours()


@dataclass(frozen=True)
class OutsideUpdates:
    """How often people outside hear of an incident. ``every``: by severity; one that is not there has no deadline;
    ``scenarios``: those that face customers, of which the first update is due without another one before it."""

    every: Mapping[str, timedelta] = field(default_factory=dict)
    scenarios: frozenset[str] = frozenset()


NO_RULE_OUTSIDE = OutsideUpdates()


def outside_updates(every: Mapping[str, Any], scenarios: Sequence[Any] = ()) -> OutsideUpdates:
    """From the inventory: ``every`` is in minutes, by severity; 0 is no deadline, and one that is not there has that of
    ``OUTSIDE``. Raises InputError."""
    if not isinstance(every, Mapping):
        raise InputError(f"incident_public_update_every: {every!r} is no dictionary such as {{P0: 20, P1: 45}}.")
    intervals = dict(OUTSIDE)
    for severity, minutes in every.items():
        known = isinstance(minutes, (int, float, str)) and str(minutes).replace(".", "", 1).isdecimal()
        if severity not in SEVERITIES or not known or not 0 <= float(minutes) <= 525600:
            raise InputError(
                f"incident_public_update_every: {severity!r}: {minutes!r} is no severity with its minutes, such as"
                " {P0: 20, P1: 45}."
            )
        intervals[str(severity)] = timedelta(minutes=float(minutes))
    intervals = {severity: interval for severity, interval in intervals.items() if interval}
    return OutsideUpdates(intervals, frozenset(map(str, scenarios)))


def raised_again(events: Sequence[EventReport], pages: Mapping[str, Sequence[float]]) -> int:
    """How often a severity that pages no person was followed by one that does, as an earlier one did. ``pages``:
    minutes by severity; one that is not known may be the worst."""
    asks = [severity == UNKNOWN or bool(pages.get(severity)) for severity, dummy in severity_changes(events)]
    first = asks.index(True) if True in asks else len(asks)
    return sum(now and not before for before, now in zip(asks[first:], asks[first + 1 :]))


def severity_began(events: Sequence[EventReport], severities: Collection[str]) -> datetime | None:
    """Since when the severity is one of these in the present round of the incident; None where it is none of them."""
    since = severity_since(events, severities)
    return None if since is None else max(kept_at(since), kept_at(rounds(events)[-1]))


def answer_due(events: Sequence[EventReport], severity: str, hours: BusinessHours = IN_UTC) -> datetime | None:
    """When an acknowledgement is due; None for a severity that is not known."""
    due = []
    for each in SEVERITIES:
        began = severity_began(events, at_least(each)) if severity in at_least(each) else None
        if began is not None:
            due.append(began + ANSWER[each] if each in ANSWER else hours.end_of_next_day(began))
    return min(due, default=None)


def update_due(events: Sequence[EventReport], severity: str) -> datetime | None:
    """When the next update to the people of the site is due: what the last one promised, else one interval after it,
    or after the opening."""
    said = [event for event in events if event["kind"] == "update" and event["note"].get("audience") != PUBLIC]
    return _due(events, severity, UPDATE, said)


def outside_due(events: Sequence[EventReport], severity: str, outside: OutsideUpdates) -> datetime | None:
    """When the next update to people outside is due; None where the incident is no matter of theirs: its scenario does
    not face customers and nothing was said to them; and where the last that they read is that it is over."""
    said = said_outside(events)
    if said and _IS_OVER.match(str(said[-1]["note"].get("key") or "")):
        return None
    scenario = str(events[0]["note"].get("scenario") or "") if events else ""
    if not said and scenario not in outside.scenarios and not _is_for_outside(events):
        return None
    return _due(events, severity, outside.every, said)


def _is_for_outside(events: Sequence[EventReport]) -> bool:
    return any(event["kind"] == "update" and event["note"].get("audience") == PUBLIC for event in events)


def said_outside(events: Sequence[EventReport]) -> list[EventReport]:
    """What people outside could read: what was sent to the status page, and what a person said to the public, unless it
    still waits to be sent."""
    keys: dict[str, int] = {}  # of the messages to the page, and the event that each of them is of
    sent: list[EventReport] = []
    for event in events:
        key = str(event["note"].get("key") or "") if event["kind"] == "message" else ""
        if key.startswith(("page/", "page-")):  # and no key of the pager
            number = key.rpartition("/")[2].partition(".")[0]
            keys.setdefault(key, int(number) if number.isdigit() else 0)
            if event["note"].get("state") == "sent":
                sent.append(event)
    by_message = set(keys.values())
    return [
        event
        for event in events
        if event in sent
        or (event["kind"] == "update" and event["note"].get("audience") == PUBLIC and event["seq"] not in by_message)
    ]


def _due(
    events: Sequence[EventReport], severity: str, every: Mapping[str, timedelta], said: Sequence[EventReport]
) -> datetime | None:
    if severity not in every or not events:
        return None
    began = kept_at(rounds(events)[-1])
    last = max((kept_at(event) for event in said if kept_at(event) >= began), default=None)
    promise = str(said[-1]["note"].get("next_at") or "") if last is not None else ""
    due = [moment_of(promise)] if is_stamp(promise) else []
    is_promised = bool(due)
    for each in SEVERITIES:
        since = severity_began(events, at_least(each)) if each in every and severity in at_least(each) else None
        if since is not None and (last is None or not is_promised or since > last):
            due.append(max(since, last or began) + every[each])
    return min(due, default=None)


def overdue(
    events: Sequence[EventReport],
    now: datetime,
    hours: BusinessHours = IN_UTC,
    outside: OutsideUpdates = NO_RULE_OUTSIDE,
) -> list[str]:
    """What is overdue at this moment, a sentence each, with how long; nothing where the incident has ended."""
    severity = severity_of(events)
    return [
        f"{what} was due {span((now - due).total_seconds())} ago ({severity})"
        for what, due in _deadlines(events, hours, outside)
        if due < now
    ]


def coming(
    events: Sequence[EventReport],
    now: datetime,
    hours: BusinessHours = IN_UTC,
    outside: OutsideUpdates = NO_RULE_OUTSIDE,
) -> list[str]:
    """What will be due, a sentence each, with when (UTC); nothing where the incident has ended."""
    return [
        f"{what} is due at {due:%Y-%m-%d %H:%M} UTC" for what, due in _deadlines(events, hours, outside) if due >= now
    ]


def _deadlines(
    events: Sequence[EventReport], hours: BusinessHours, outside: OutsideUpdates
) -> list[tuple[str, datetime]]:
    if not events or phase_of(events) in ENDED:
        return []
    severity = severity_of(events)
    found = [
        ("the acknowledgement", None if acknowledgements(events) else answer_due(events, severity, hours)),
        ("an update", update_due(events, severity)),
        ("an update to the public", outside_due(events, severity, outside)),
    ]
    return [(what, due) for what, due in found if due is not None]
