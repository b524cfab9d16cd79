# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much counters have counted between two moments, from their series. Pure.

Prometheus' own increase() extrapolates, and does not see what a series had counted when it was first read: where the
first failures of a kind make the series, it leaves them out. Here each series is followed from what it was before.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import NamedTuple, Sequence

from .._prometheus.answers import Series

_COVERS = 150.0  # seconds after the end within which the next reading is looked for


class Increase(NamedTuple):
    """``amount``: None where nothing was read before or after the end; ``since``: from when on it could be counted,
    later than was asked where Prometheus has nothing before; ``until``: of the last reading that counts."""

    amount: int | None
    since: float
    until: float


class Counter:
    """The series of one selector as one counter.

    A series that begins counts from zero, if its targets were read before. One that falls has begun again: what it had
    counted between its last reading and that is not known.
    """

    def __init__(self, series: Sequence[Series], before: Sequence[Series] = (), like: Counter | None = None) -> None:
        """``series``: at each step; ``before``: the last reading of each before the first step; ``like``: the counter
        of all requests, where this one has a part of them: what is read of it is read of this one."""
        last = {each.labels: each.points[-1][1] for each in before if each.points}
        known = [-math.inf] if last else [each.points[0][0] for each in series if each.points]
        if like is not None and like.known_from is not None:
            known.append(like.known_from)
        # The first reading, after which counts are known; before the first step, or None for never.
        self.known_from: float | None = min(known) if known else None
        self.restarts: list[float] = []
        amounts: dict[float, float] = {}
        for each in series:
            self._follow(each, last.get(each.labels), amounts)
        self.times: list[float] = sorted(amounts)
        total, self._totals = 0.0, [0.0]
        for time in self.times:
            total += amounts[time]
            self._totals.append(total)

    def _follow(self, series: Series, value: float | None, amounts: dict[float, float]) -> None:
        known_from = math.inf if self.known_from is None else self.known_from
        if value is None and series.points and series.points[0][0] > known_from:
            value = 0.0
        for time, present in series.points:
            if value is not None and present != value:
                if present < value:
                    self.restarts.append(time)
                amounts[time] = amounts.get(time, 0.0) + (present - value if present > value else present)
            value = present

    def exactly(self, since: float, until: float) -> float:
        """What was read later than ``since`` and not later than ``until``."""
        return self._totals[bisect_right(self.times, until)] - self._totals[bisect_right(self.times, since)]

    def between(self, since: float, until: float, readings: Sequence[float] | None = None) -> Increase:
        """The increase over the readings that cover the time. ``readings``: when a busy counter of the same targets
        was read; without it, when this one changed."""
        times = self.times if readings is None else readings
        place = bisect_left(times, until)
        end = times[place] if place < len(times) and times[place] <= until + _COVERS else until
        if self.known_from is None or (self.known_from > since and self.known_from >= until):
            return Increase(None, since, until)
        start = max(since, self.known_from)
        return Increase(round(self.exactly(start, end)), start, end)
