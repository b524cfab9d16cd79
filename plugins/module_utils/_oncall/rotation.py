# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rotation in local wall time: whose turn it is, whatever the clocks do. Pure.

The boundaries of turns are local dates at the local hour of hand-over, and only then moments in UTC. So each change is
at the hour that is written, also where a day has 23 or 25 hours, and each moment has exactly one person. A local hour
that does not exist on a day is the moment at which it would have been by the time before; of one that exists twice it
is the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from itertools import islice

from .shifts import Shift, replaced


@dataclass(frozen=True)
class Hours:
    """A part of a day in which a layer has a person. ``days``: 0 is Monday; an ``end`` that is not after ``start`` is
    of the next day."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class Override:
    """Another person for a time, in local wall time or with an offset."""

    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True)
class Layer:
    """``people`` in their order; ``turn``: days; ``starts``: the first day of the first turn; no ``hours``: always."""

    name: str
    zone: tzinfo
    starts: date
    people: tuple[str, ...]
    hand_over: time = time(9)
    turn: int = 7
    hours: tuple[Hours, ...] = ()
    overrides: tuple[Override, ...] = field(default=())


def shifts_of(layer: Layer, start: datetime, end: datetime) -> list[Shift]:
    """The shifts of a layer that touch the time between these moments."""
    found = _within_hours(layer, _turns(layer, start, end), start, end) if layer.people else []
    overrides = [Shift(moment_in(layer.zone, each.start), moment_in(layer.zone, each.end), each.person, layer.name)
                 for each in layer.overrides]  # fmt: skip
    return replaced(found, [each for each in overrides if each.start < each.end])


def _turns(layer: Layer, start: datetime, end: datetime) -> list[Shift]:
    first = start.astimezone(layer.zone).date() - timedelta(days=layer.turn + 1)
    number = max(0, (first - layer.starts).days // layer.turn)
    found: list[Shift] = []
    while True:
        begins = _boundary(layer, number)
        if begins >= end:
            return found
        ends = _boundary(layer, number + 1)
        if ends > start:
            found.append(Shift(begins, ends, layer.people[number % len(layer.people)], layer.name))
        number += 1


def _boundary(layer: Layer, number: int) -> datetime:
    day = layer.starts + timedelta(days=number * layer.turn)
    return datetime.combine(day, layer.hand_over, layer.zone).astimezone(timezone.utc)


def _within_hours(layer: Layer, turns: list[Shift], start: datetime, end: datetime) -> list[Shift]:
    if not layer.hours:
        return turns
    day = start.astimezone(layer.zone).date() - timedelta(days=2)
    last = end.astimezone(layer.zone).date() + timedelta(days=2)
    windows: list[tuple[datetime, datetime]] = []
    while day <= last:
        for hours in layer.hours:
            if day.weekday() in hours.days:
                until = day if hours.end > hours.start else day + timedelta(days=1)
                windows.append(
                    (
                        datetime.combine(day, hours.start, layer.zone).astimezone(timezone.utc),
                        datetime.combine(until, hours.end, layer.zone).astimezone(timezone.utc),
                    )
                )
        day += timedelta(days=1)
    found: list[Shift] = []
    first = 0  # of the turns that may touch a window; both are in order
    for begin, finish in sorted(windows):
        while first < len(turns) and turns[first].end <= begin:
            first += 1
        for turn in islice(turns, first, None):
            if turn.start >= finish:
                break
            found.append(Shift(max(turn.start, begin), min(turn.end, finish), turn.person, layer.name))
    return found


def moment_in(zone: tzinfo, at: datetime) -> datetime:
    """The moment of a local time, or of one with an offset."""
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(timezone.utc)
