# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of what was measured, from counters. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Sequence

from .._core.redaction import redacted
from .._core.text import shortened
from .._incident.stamps import stamp
from .._prometheus.answers import Series, name_of
from .affected import Interval
from .counted import Counter
from .impact_report import BudgetRow, BusinessRow, ChartRow, ImpactNote, RequestsRow
from .questions import Business, ChartQuestion, Objective

LINES = 4  # of a chart; each has a pattern of its own
_LONG = 80  # characters of a name
_DAY = 86400.0


class Counters:
    """The counters of an objective. Each None where it could not be asked; ``fast`` also where it is not."""

    def __init__(self, asked: Counter | None, good: Counter | None, fast: Counter | None) -> None:
        self.asked, self.good, self.fast = asked, good, fast

    def intervals(self) -> list[Interval]:
        """From one reading to the next; none where requests or failures are not known."""
        if self.asked is None or self.good is None:
            return []
        times = self.asked.times
        return [self._interval(start, end) for start, end in zip(times, times[1:])]

    def _interval(self, start: float, end: float) -> Interval:
        asked = self.asked.exactly(start, end) if self.asked else 0.0
        others = [counter.exactly(start, end) for counter in (self.good, self.fast) if counter]
        return Interval(start, end, asked, max(0.0, asked - min(others)))


def at(seconds: float) -> str:
    """The stamp of a moment in seconds since 1970."""
    return stamp(datetime.fromtimestamp(seconds, timezone.utc))


def requests_row(objective: Objective, counters: Counters, since: float, until: float) -> RequestsRow:
    """What was asked, failed and was slow between two moments, over the readings that cover them."""
    row: RequestsRow = {
        "name": clean(objective.name), "asked": None, "failed": None, "slow": None, "limit": objective.limit,
        "failed_percent": None, "since": at(since), "until": at(until),
    }  # fmt: skip
    if counters.asked is None:
        return row
    asked = counters.asked.between(since, until)
    row["since"], row["until"] = at(asked.since), at(asked.until)
    row["asked"] = asked.amount
    for name, counter in (("failed", counters.good), ("slow", counters.fast)):
        found = counter.between(asked.since, until, counters.asked.times).amount if counter else None
        if found is not None and asked.amount is not None:
            row[name] = max(0, asked.amount - found)  # type: ignore[literal-required]
    row["failed_percent"] = _percent(row["failed"], row["asked"])
    return row


def gaps(objective: Objective, counters: Counters, since: float, until: float) -> list[str]:
    """What of an objective's counts is missing, a sentence each."""
    name, found = clean(objective.name), []
    for word, counter in (("requests", counters.asked), ("good requests", counters.good), ("fast ones", counters.fast)):
        if counter is None:
            continue
        if counter.known_from is None:
            found.append(f"{name}: Prometheus has no series of {word} in this time.")
        elif counter.known_from > since:
            found.append(f"{name}: Prometheus has nothing of {word} before {at(counter.known_from)}.")
        again = [time for time in counter.restarts if since < time <= until]
        if again:
            found.append(
                f"{name}: a counter of {word} began again at {at(again[0])}; what it had counted since its last reading"
                " is not known."
            )
    return found


def budget_row(
    objective: Objective, used: int | None, asked: float | None, good: float | None, oldest: float, ended: float
) -> BudgetRow | None:
    """The error budget over the days before the end. ``asked`` and ``good``: in these days, as Prometheus has them;
    ``oldest``: its first reading. None without a target, or where nothing is known."""
    if objective.target is None or asked is None:
        return None
    days = min(objective.days, max(0.0, (ended - oldest) / _DAY))
    budget = round(asked * objective.allowed, 1)
    # increase() leaves out what a series had counted when it was first read: at least those of this incident failed.
    failed = None if good is None else max(0, round(asked - good), used or 0)
    return {
        "name": clean(objective.name), "target": objective.target, "days": objective.days,
        "of_days": objective.days if objective.days - days < 0.1 else round(days, 1), "asked": round(asked),
        "budget": budget, "used": used, "used_percent": _percent(used, budget), "failed": failed,
        "failed_percent": _percent(failed, budget),
    }  # fmt: skip


def business_row(question: Business, counter: Counter | None, since: float, until: float) -> BusinessRow:
    """What was counted between two moments, and in a time of the same length before."""
    if counter is None:
        return {"name": clean(question.name), "during": None, "before": None}
    during, before = counter.between(since, until), counter.between(2 * since - until, since)
    # A time of which the first part is missing would make the loss look smaller.
    whole = before.since <= 2 * since - until
    return {"name": clean(question.name), "during": during.amount, "before": before.amount if whole else None}


def chart_row(question: ChartQuestion, series: Sequence[Series], times: Sequence[float]) -> ChartRow:
    """The series that are largest, with a point for each time that they have one at."""
    largest = sorted(series, key=lambda each: -max((value for dummy, value in each.points), default=0.0))
    lines = []
    for each in largest[:LINES]:
        points = {round(time): value for time, value in each.points}
        values = [points.get(round(time)) for time in times]
        name = clean(name_of(each) or question.name)
        lines.append({"name": name, "points": [None if value is None else float(f"{value:.4g}") for value in values]})
    return {
        "name": clean(question.name), "unit": clean(question.unit), "lines": lines,  # type: ignore[typeddict-item]
        "left_out": max(0, len(series) - LINES),
    }  # fmt: skip


def clean(text: str) -> str:
    """A name of the site or a label, without secrets."""
    return shortened(redacted(text), _LONG)


def lines_of(note: ImpactNote) -> list[str]:
    """What was measured, in sentences."""
    by = {"series": "by what was counted", "alert": "by the alert and the recovery", "person": "as written"}
    lines = [f"impact: {note['starts_at']} until {note['ends_at']}, {by.get(note['estimated_by'], '')}".rstrip(", ")]
    for row in note["requests"]:
        lines.append(
            f"{row['name']}: {_known(row['asked'])} asked, {_known(row['failed'])} failed, {_known(row['slow'])} slow"
        )
    for budget in note["budgets"]:
        used = "an unknown share" if budget["used_percent"] is None else f"{budget['used_percent']} %"
        lines.append(f"{budget['name']}: {used} of the error budget of {budget['of_days']:g} days")
    for each in note["business"]:
        lines.append(f"{each['name']}: {_known(each['during'])}, in the same time before {_known(each['before'])}")
    return lines + [f"missing: {sentence}" for sentence in note["missing"]]


def _known(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _percent(part: float | None, whole: float | None) -> float | None:
    return round(100 * part / whole, 2) if part is not None and whole else None
