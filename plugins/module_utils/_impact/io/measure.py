# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks Prometheus what an incident's impact was. I/O; what the answers mean is computed in pure files."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from typing import Any, Callable, Mapping, Sequence, TypeVar

from ..._core.errors import HostError, InputError
from ..._core.times import moment_of
from ..._prometheus.answers import Series
from ..._prometheus.io.prometheus_server import Prometheus
from ..affected import Impact, impact_of, together
from ..counted import Counter
from ..impact_report import ImpactNote, ImpactReport
from ..questions import Objective, Questions, questions_of
from ..rows import Counters, at, budget_row, business_row, chart_row, clean, gaps, lines_of, requests_row

_THREADS = 4
_STEPS = 3600  # of counters: one a second in an hour, two in less than half of one
_POINTS = 60  # of a chart
_BEFORE, _AROUND = (
    900.0,
    120.0,
)  # seconds that are looked at in any case: for the beginning, and on both sides of a chart
_LONGEST = 31 * 86400.0  # seconds of an impact
_DAY = "1d"  # within which a series that has no reading at the start was last read
_Asked = TypeVar("_Asked")


def measure_impact(params: Mapping[str, Any], now: float | None = None) -> ImpactReport:
    """What incident_impact_info returns; see its documentation. Raises HostError where Prometheus answers nothing."""
    questions = questions_of(params["objectives"], params["business"], params["charts"])
    if questions.are_none:
        raise InputError(
            "There is no question: set runbook_objectives, runbook_business or runbook_charts. Nothing was asked."
        )
    now = datetime.now(timezone.utc).timestamp() if now is None else now
    since, until = _window(params, now)
    prometheus = Prometheus(params["url"], params["timeout"], params["headers"])
    return Measuring(prometheus, questions, params["margin"], now).report(since, until, params["began_is_written"])


def _window(params: Mapping[str, Any], now: float) -> tuple[float, float]:
    moments = []
    for name in ("since", "until"):
        moment = moment_of(params[name], now)
        if moment is None:
            raise InputError(f"{name}: {params[name]!r} is no time such as 2026-11-23T14:50:00Z. Nothing was asked.")
        moments.append(moment)
    since, until = moments[0], min(moments[1], now)
    if not 0 <= since < now or until < since or until - since > _LONGEST:
        raise InputError(
            f"since and until: {params['since']} until {params['until']} is no time of an incident: it has begun, ends"
            " after it began, and lasts at most 31 days. Nothing was asked."
        )
    return since, until


class Measuring:
    """One incident. ``missing``: what could not be had, as it turns up."""

    def __init__(self, prometheus: Prometheus, questions: Questions, margin: float, now: float) -> None:
        self.prometheus, self.questions, self.margin, self.now = prometheus, questions, margin, now
        self.missing: list[str] = []
        self.problem: HostError | None = None
        self.answers = 0

    def report(self, since: float, until: float, began_is_written: bool) -> ImpactReport:
        counters = self._counters(since, until)
        impact = self._impact(counters, since, until)
        began, ended, by, within = since, until, "person" if began_is_written else "alert", 0.0
        ended_by = "recovery"
        if impact is not None:
            ended, ended_by = impact.ended, "series"
            if not began_is_written:
                began, by, within = impact.began, "series", impact.step
                if impact.is_cut:
                    self.missing.append(f"The impact began before {at(began)}, the first reading that was asked for.")
            ended = max(began, ended)
        elif self.questions.objectives:
            self.missing.append("The counters do not show the impact: its beginning and end are those of events.")
        rows = [requests_row(each, counters[each.name], began, ended) for each in self.questions.objectives]
        for each in self.questions.objectives:
            self.missing += gaps(each, counters[each.name], began, ended)
        used = {each.name: row["failed"] for each, row in zip(self.questions.objectives, rows)}
        budgets = [self._budget(each, used[each.name], ended) for each in self.questions.objectives]
        business = self._business(began, ended)
        times, charts = self._charts(began, ended)
        if not self.answers and self.problem is not None:
            raise self.problem
        note: ImpactNote = {
            "starts_at": at(began), "ends_at": at(ended), "estimated_by": by, "ended_by": ended_by,
            "within": round(within, 1), "source": f"Prometheus {self.prometheus.shown}", "requests": rows,
            "budgets": [budget for budget in budgets if budget is not None], "business": business, "times": times,
            "charts": charts, "missing": list(dict.fromkeys(self.missing)),
        }  # fmt: skip
        return {"note": note, "lines": lines_of(note)}

    def _tried(self, what: str, ask: Callable[[], _Asked]) -> _Asked | None:
        """An answer, or None and a sentence of what is missing. One question in trouble costs no other."""
        try:
            answer = ask()
        except HostError as error:
            self.problem = self.problem or error
            self.missing.append(f"{clean(what)}: {error}")
            return None
        self.answers += 1
        return answer

    def _counter(
        self, what: str, selector: str, start: float, end: float, like: Counter | None = None
    ) -> Counter | None:
        step = max(0.5, math.ceil(2 * (end - start) / _STEPS) / 2)
        series = self._tried(what, partial(self.prometheus.range, selector, start, end, step))
        if series is None:
            return None
        # A series that is not there at the start may be new, or may have been out of reach: they count differently.
        before = self._tried(what, partial(self.prometheus.at, f"last_over_time({selector}[{_DAY}])", start))
        if before is None:
            return None
        named = any(_is_named(each) for each in before)
        return Counter(series, before, like) if named else Counter(_unnamed(series), _unnamed(before), like)

    def _counters(self, since: float, until: float) -> dict[str, Counters]:
        margin = min(until - since, self.margin)
        start, end = math.floor(since - max(_BEFORE, margin)), min(self.now, until + max(_AROUND, margin))

        def read(objective: Objective) -> Counters:
            asked = self._counter(f"{objective.name}, all", objective.all, start, end)
            if asked is None:
                return Counters(None, None, None)
            good = self._counter(f"{objective.name}, good", objective.good, start, end, asked)
            fast = (
                self._counter(f"{objective.name}, fast", objective.fast, start, end, asked) if objective.fast else None
            )
            return Counters(asked, good, fast)

        with ThreadPoolExecutor(_THREADS) as pool:
            found = pool.map(read, self.questions.objectives)
            return {objective.name: counters for objective, counters in zip(self.questions.objectives, found)}

    def _impact(self, counters: Mapping[str, Counters], since: float, until: float) -> Impact | None:
        found = (
            impact_of(counters[each.name].intervals(), since, until, each.allowed) for each in self.questions.objectives
        )
        return together([impact for impact in found if impact is not None])

    def _budget(self, objective: Objective, used: int | None, ended: float) -> Any:
        if objective.target is None:
            return None
        seconds = f"{round(objective.days * 86400)}s"
        counts = [
            self._tried(
                f"{objective.name}, budget",
                partial(self.prometheus.value, f"sum(increase({selector}[{seconds}]))", ended),
            )
            for selector in (objective.all, objective.good)
        ]
        oldest = self._tried(
            f"{objective.name}, budget",
            partial(self.prometheus.value, _oldest(objective.all, seconds), ended),
        )
        row = budget_row(objective, used, counts[0], counts[1], ended if oldest is None else oldest, ended)
        if row is not None and row["of_days"] < row["days"]:
            self.missing.append(
                f"{row['name']}: Prometheus has {row['of_days']:g} of the {row['days']:g} days of the error budget."
            )
        return row

    def _business(self, began: float, ended: float) -> list[Any]:
        rows = []
        for question in self.questions.business:
            start, end = math.floor(2 * began - ended - 60), min(self.now, ended + _AROUND)
            rows.append(business_row(question, self._counter(question.name, question.count, start, end), began, ended))
        return rows

    def _charts(self, began: float, ended: float) -> tuple[list[str], list[Any]]:
        if not self.questions.charts:
            return [], []
        around = min(max(_AROUND, ended - began), max(_AROUND, self.margin))
        start, end = math.floor(began - around), min(self.now, ended + around)
        step = max(1, math.ceil((end - start) / _POINTS))
        times = [float(start + step * number) for number in range(int((end - start) // step) + 1)]
        rows = []
        for question in self.questions.charts:
            series = self._tried(
                question.name,
                partial(self.prometheus.range, question.query, times[0], times[-1], step),
            )
            if series is None:
                continue
            if not any(each.points for each in series):
                self.missing.append(f"{clean(question.name)}: Prometheus has no series for the chart in this time.")
                continue
            rows.append(chart_row(question, series, times))
        return [at(time) for time in times], rows


def _oldest(selector: str, seconds: str) -> str:
    """The time of the oldest reading that is left, to the hour: so much of the budget's days is known."""
    return f"min(min_over_time(timestamp({selector})[{seconds}:1h]))"


def _is_named(series: Series) -> bool:
    return any(name == "__name__" for name, dummy in series.labels)


def _unnamed(series: Sequence[Series]) -> list[Series]:
    """Without the name of the metric, which the functions of some servers drop."""
    return [Series(tuple(label for label in each.labels if label[0] != "__name__"), each.points) for each in series]
