# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measurement that an incident's log holds. What has not the form of a note is left out. Pure."""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple, Sequence

from ..._impact.impact_report import BudgetRow, BusinessRow, ChartRow, RequestsRow
from ..._incident.event import EventReport
from ..story import listed, seconds_at

_MOST = 20  # rows of a kind
_POINTS = 400
_LINES = 4


class Measured(NamedTuple):
    """The last measurement. ``seq``: its event; ``starts`` and ``ends``: seconds since 1970; ``by``: series, alert or
    person; ``ended_by``: series or recovery; ``times``: of the points of the charts."""

    seq: int
    starts: float
    ends: float
    by: str
    ended_by: str
    within: float
    source: str
    requests: Sequence[RequestsRow]
    budgets: Sequence[BudgetRow]
    business: Sequence[BusinessRow]
    times: Sequence[float]
    charts: Sequence[ChartRow]
    missing: Sequence[str]


def measured_of(events: Sequence[EventReport]) -> Measured | None:
    """From the last event that has one; None where none has."""
    for event in reversed(events):
        if event["kind"] == "measured":
            found = _measured(event["seq"], event["note"])
            if found is not None:
                return found
    return None


def _measured(seq: int, note: Mapping[str, Any]) -> Measured | None:
    starts, ends = seconds_at(note.get("starts_at")), seconds_at(note.get("ends_at"))
    if starts is None or ends is None or ends < starts:
        return None
    times = [time for time in map(seconds_at, listed(note, "times")[:_POINTS]) if time is not None]
    charts = [chart for row in _rows(note, "charts") for chart in [_chart(row, len(times))] if chart["lines"]]
    by = str(note.get("estimated_by", ""))
    ended_by = str(note.get("ended_by") or ("series" if by == "series" else ""))  # older notes do not say it
    return Measured(
        seq, starts, ends, by, ended_by, _number(note.get("within")) or 0.0, str(note.get("source", "")),
        [_requests(row) for row in _rows(note, "requests")],
        [budget for budget in map(_budget, _rows(note, "budgets")) if budget is not None],
        [_business(row) for row in _rows(note, "business")],
        times, charts, [each for each in listed(note, "missing")[:_MOST] if isinstance(each, str)],
    )  # fmt: skip


def _rows(note: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [row for row in listed(note, name)[:_MOST] if isinstance(row, Mapping)]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if math.isfinite(value) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _requests(row: Mapping[str, Any]) -> RequestsRow:
    asked, failed, slow = (_count(row.get(name)) for name in ("asked", "failed", "slow"))
    return {
        "name": str(row.get("name", "")), "asked": asked, "failed": failed, "slow": slow,
        "limit": _number(row.get("limit")), "failed_percent": _number(row.get("failed_percent")),
        "since": str(row.get("since", "")), "until": str(row.get("until", "")),
    }  # fmt: skip


def _budget(row: Mapping[str, Any]) -> BudgetRow | None:
    target, days, of_days, budget = (_number(row.get(name)) for name in ("target", "days", "of_days", "budget"))
    asked = _count(row.get("asked"))
    if target is None or days is None or of_days is None or budget is None or asked is None:
        return None
    return {
        "name": str(row.get("name", "")), "target": target, "days": days, "of_days": of_days, "asked": asked,
        "budget": budget, "used": _count(row.get("used")), "used_percent": _number(row.get("used_percent")),
        "failed": _count(row.get("failed")), "failed_percent": _number(row.get("failed_percent")),
    }  # fmt: skip


def _business(row: Mapping[str, Any]) -> BusinessRow:
    during, before = (_count(row.get(name)) for name in ("during", "before"))
    return {"name": str(row.get("name", "")), "during": during, "before": before}


def _chart(row: Mapping[str, Any], number: int) -> ChartRow:
    """Lines of another length than the times have no place in the chart."""
    lines = [line for line in listed(row, "lines")[:_LINES] if isinstance(line, Mapping)]
    return {
        "name": str(row.get("name", "")), "unit": str(row.get("unit", "")),
        "lines": [
            {"name": str(line.get("name", "")), "points": [_number(value) for value in points]}
            for line in lines
            for points in [listed(line, "points")]
            if len(points) == number and any(_number(value) is not None for value in points)
        ],
        "left_out": _count(row.get("left_out")) or 0,
    }  # fmt: skip
