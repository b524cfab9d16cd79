# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When users were affected, from what was counted between one reading and the next. Pure.

Requests are counted when they end: one that waits for ten seconds and fails is counted ten seconds after it was asked.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

_NEAR = 60.0  # seconds between bad intervals that are one impact
_WORSE = 3.0  # times what was usual before
_QUIET = 5  # intervals before the incident that say what is usual


class Interval(NamedTuple):
    """From one reading to the next: what was asked, and how many of it were bad (failed, or slow)."""

    start: float
    end: float
    asked: float
    bad: float

    @property
    def share(self) -> float:
        return self.bad / self.asked if self.asked > 0 else 0.0


class Impact(NamedTuple):
    """``began`` and ``ended``: seconds since 1970; ``step``: seconds within which the beginning is known; ``is_cut``:
    it was bad from the first interval on, so that it began before that."""

    began: float
    ended: float
    step: float
    is_cut: bool


def impact_of(intervals: Sequence[Interval], since: float, until: float, allowed: float) -> Impact | None:
    """The time in which more was bad than is allowed and than was usual, around the incident; None where the counters
    do not show one.

    ``since`` and ``until``: of the incident, as events have it; ``allowed``: share of bad requests that the objective
    allows. What was over a minute before is another matter, and so is what begins a minute after.
    """
    # Not the mean of what was before: an incident that is noticed late has its own beginning in it.
    shares = sorted(each.share for each in intervals if each.end <= since and each.asked > 0)
    usual = shares[len(shares) // 4] if len(shares) >= _QUIET else 0.0
    limit = max(0.01, 5 * allowed, _WORSE * usual)
    runs: list[list[Interval]] = []
    for each in intervals:
        if each.bad < 1 or each.share <= limit:
            continue
        if runs and each.start - runs[-1][-1].end <= max(_NEAR, 3 * (each.end - each.start)):
            runs[-1].append(each)
        else:
            runs.append([each])
    near = [run for run in runs if run[-1].end >= since - _NEAR and run[0].start <= until + _NEAR]
    if not near:
        return None
    first = near[0][0]
    return Impact(first.start, near[-1][-1].end, first.end - first.start, first is intervals[0])


def together(impacts: Sequence[Impact]) -> Impact | None:
    """Over all kinds of requests; None where none shows one."""
    if not impacts:
        return None
    first = min(impacts, key=lambda each: each.began)
    return Impact(first.began, max(each.ended for each in impacts), first.step, first.is_cut)
