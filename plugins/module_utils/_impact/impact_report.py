# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was measured of an incident: the note of its event ``measured``, and what incident_impact_info returns."""

from __future__ import annotations

from typing import TypedDict


class RequestsRow(TypedDict):
    """Requests of one kind. None: not known. A request may be both failed and slow. ``limit``: seconds from which one
    is slow, None where the site does not say; ``since`` and ``until``: of the readings between which was counted."""

    name: str
    asked: int | None
    failed: int | None
    slow: int | None
    limit: float | None
    failed_percent: float | None
    since: str
    until: str


class BudgetRow(TypedDict):
    """The error budget of an objective. ``of_days``: those of ``days`` that Prometheus still has; ``budget``: requests
    that may fail in them; ``used``: those that failed in this incident; ``failed``: in all of these days."""

    name: str
    target: float
    days: float
    of_days: float
    asked: int
    budget: float
    used: int | None
    used_percent: float | None
    failed: int | None
    failed_percent: float | None


class BusinessRow(TypedDict):
    """``before``: in a time of the same length before."""

    name: str
    during: int | None
    before: int | None


class ChartLine(TypedDict):
    """``points``: one for each of the note's times, null where there is none."""

    name: str
    points: list[float | None]


class ChartRow(TypedDict):
    """``left_out``: further series that the query gave, the smaller ones."""

    name: str
    unit: str
    lines: list[ChartLine]
    left_out: int


class ImpactNote(TypedDict):
    """``starts_at`` and ``ends_at``: of the impact; ``estimated_by``: series (what was counted), alert (its start and
    the recovery), or person (who wrote the beginning); ``ended_by``: series or recovery; ``within``: seconds within
    which the series show the beginning, 0 for the others; ``missing``: what could not be had, a sentence each."""

    starts_at: str
    ends_at: str
    estimated_by: str
    ended_by: str
    within: float
    source: str
    requests: list[RequestsRow]
    budgets: list[BudgetRow]
    business: list[BusinessRow]
    times: list[str]
    charts: list[ChartRow]
    missing: list[str]


class ImpactReport(TypedDict):
    """What incident_impact_info returns."""

    note: ImpactNote
    lines: list[str]
