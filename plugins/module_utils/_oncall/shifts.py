# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shifts: who is on call from when until when, as half-open intervals in UTC. Pure.

Whatever a site uses, a rotation of its own, a calendar or the shifts of another system, becomes a list of these.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Iterable, NamedTuple, Sequence


@dataclass(frozen=True, order=True)
class Shift:
    """``start`` is of it, ``end`` is not; both in UTC. ``layer``: of the rotation, or the name of the schedule."""

    start: datetime
    end: datetime
    person: str
    layer: str = ""


class Span(NamedTuple):
    """A time without any person, or with more than one person; ``people`` of the latter."""

    start: datetime
    end: datetime
    people: tuple[str, ...] = ()


class Shifts:
    """The shifts of one layer, asked by a moment."""

    def __init__(self, shifts: Iterable[Shift]) -> None:
        self.all = sorted(shifts, key=lambda shift: (shift.start, shift.start - shift.end, shift))
        self._starts = [shift.start for shift in self.all]
        self._longest = max((shift.end - shift.start for shift in self.all), default=timedelta(0))

    def at(self, moment: datetime) -> Shift | None:
        """Of shifts that overlap the one that began last, and of those that began together the shortest: who covers a
        day of another person's week is on call that day, also the first one."""
        place = bisect_right(self._starts, moment)
        for shift in reversed(self.all[:place]):
            if moment < shift.end:
                return shift
            if moment - shift.start > self._longest:
                return None
        return None


def on_call(layers: Sequence[Shifts], moment: datetime) -> Shift | None:
    """The shift of the first layer that has a person at this moment."""
    return next((shift for layer in layers for shift in [layer.at(moment)] if shift is not None), None)


def until(layers: Sequence[Shifts], moment: datetime) -> datetime | None:
    """Until when the person of this moment is on call, over shifts that follow each other; None for no person."""
    shift = on_call(layers, moment)
    if shift is None:
        return None
    edges = sorted({edge for layer in layers for each in layer.all for edge in (each.start, each.end)})
    for end in edges[bisect_right(edges, moment) :]:
        following = on_call(layers, end)
        if following is None or following.person != shift.person or end - moment > timedelta(days=400):
            return end
    return shift.end


def since(layers: Sequence[Shifts], moment: datetime) -> datetime | None:
    """Since when the person of this moment is on call, over shifts that follow each other, or since when no person is;
    as far as shifts are known, else None."""
    shift = on_call(layers, moment)
    person = shift.person if shift else None
    edges = sorted({edge for layer in layers for each in layer.all for edge in (each.start, each.end)}, reverse=True)
    for edge in edges:
        if edge <= moment:
            earlier = on_call(layers, edge - timedelta(microseconds=1))
            if (earlier.person if earlier else None) != person:
                return edge
    return shift.start if shift else None


def gaps(layers: Sequence[Shifts], start: datetime, end: datetime) -> list[Span]:
    """The times between these moments at which no layer has any person."""
    edges = {edge for layer in layers for shift in layer.all for edge in (shift.start, shift.end) if start < edge < end}
    found: list[Span] = []
    moments = [start, *sorted(edges)]
    for begin, finish in zip(moments, [*moments[1:], end]):
        if on_call(layers, begin) is None:
            if found and found[-1].end == begin:
                found[-1] = Span(found[-1].start, finish)
            else:
                found.append(Span(begin, finish))
    return found


def overlaps(layer: Shifts, start: datetime, end: datetime) -> list[Span]:
    """The times between these moments at which a layer has several people, also where shifts lie within a longer
    one."""
    found: list[Span] = []
    inside = [shift for shift in layer.all if shift.end > start and shift.start < end]
    edges = sorted({min(max(edge, start), end) for shift in inside for edge in (shift.start, shift.end)})
    active: list[Shift] = []
    following = 0
    for begin, finish in zip(edges, edges[1:]):
        while following < len(inside) and inside[following].start <= begin:
            active.append(inside[following])
            following += 1
        active = [shift for shift in active if shift.end > begin]
        people = tuple(dict.fromkeys(shift.person for shift in active))
        if len(people) < 2:
            continue
        if found and found[-1].end == begin and found[-1].people == people:
            found[-1] = Span(found[-1].start, finish, people)
        else:
            found.append(Span(begin, finish, people))
    return found


def replaced(shifts: Iterable[Shift], overrides: Iterable[Shift]) -> list[Shift]:
    """The shifts with the times of overrides given to their people; a later override wins over an earlier one."""
    found = list(shifts)
    for override in overrides:
        kept = []
        for shift in found:
            if shift.end <= override.start or shift.start >= override.end:
                kept.append(shift)
                continue
            if shift.start < override.start:
                kept.append(replace(shift, end=override.start))
            if shift.end > override.end:
                kept.append(replace(shift, start=override.end))
        found = [*kept, override]
    return sorted(found)
