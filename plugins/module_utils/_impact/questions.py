# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a site asks Prometheus about an incident: objectives, counts of its business, charts. Pure.

A misspelt setting is refused by name, as is a counter that is no plain selector: the increase of a sum is wrong by all
that it holds as soon as one of its parts begins again.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .._core.errors import InputError

_STRING = r"\"(?:\\.|[^\"\\]){0,2000}\"|'(?:\\.|[^'\\]){0,2000}'|`[^`]{0,2000}`"
_SELECTOR = re.compile(
    rf"(?:[A-Za-z_:][\w:]{{0,200}}\s*(?:\{{(?:[^{{}}\"'`]|{_STRING}){{0,500}}\}})?|\{{(?:[^{{}}\"'`]|{_STRING}){{1,500}}\}})\Z"
)
_MOST = 12  # objectives, counts of business, charts: each
_DAYS = 30.0
_NOTHING = "Nothing was asked."
_OBJECTIVE = ("good", "all", "target", "days", "fast", "limit")
_CHART = ("query", "unit")


@dataclass(frozen=True)
class Objective:
    """A kind of requests. ``good``, ``all`` and ``fast``: selectors of counters; ``fast`` empty: slow ones are not
    counted; ``limit``: seconds from which a request is slow, None where the site does not say; ``target``: per cent
    that must be good, None: it has no error budget; ``days``: of the budget."""

    name: str
    good: str
    all: str
    fast: str = ""
    limit: float | None = None
    target: float | None = None
    days: float = _DAYS

    @property
    def allowed(self) -> float:
        """The share of bad requests that the objective allows, 0 to 1; without a target a hundredth."""
        return 0.01 if self.target is None else 1 - self.target / 100


@dataclass(frozen=True)
class Business:
    """What the site counts of its business. ``count``: a selector of counters."""

    name: str
    count: str


@dataclass(frozen=True)
class ChartQuestion:
    """``query``: any that gives a vector."""

    name: str
    query: str
    unit: str = ""


@dataclass(frozen=True)
class Questions:
    """All that is asked, in the order of the settings."""

    objectives: Sequence[Objective]
    business: Sequence[Business]
    charts: Sequence[ChartQuestion]

    @property
    def are_none(self) -> bool:
        return not (self.objectives or self.business or self.charts)


def questions_of(objectives: Any, business: Any, charts: Any) -> Questions:
    """``runbook_objectives``, ``runbook_business`` and ``runbook_charts`` as the inventory has them. Raises
    InputError."""
    return Questions(
        [_objective(str(name), each) for name, each in _entries("runbook_objectives", objectives)],
        [
            Business(str(name), _selector(f"runbook_business.{name}", each))
            for name, each in _entries("runbook_business", business)
        ],
        [_chart(str(name), each) for name, each in _entries("runbook_charts", charts)],
    )


def _entries(variable: str, given: Any) -> list[tuple[Any, Any]]:
    if not isinstance(given, Mapping):
        raise InputError(f"{variable} is a dictionary by name. {_NOTHING}")
    if len(given) > _MOST:
        raise InputError(f"{variable} has {len(given)} entries and at most {_MOST} are asked. {_NOTHING}")
    return list(given.items())


def _objective(name: str, given: Any) -> Objective:
    place = f"runbook_objectives.{name}"
    _require_known(place, given, _OBJECTIVE)
    target = None if given.get("target") is None else _number(f"{place}.target", given["target"])
    if target is not None and not 0 < target < 100:
        raise InputError(f"{place}.target is {target:g}, and is per cent: more than 0 and less than 100. {_NOTHING}")
    limit = None if given.get("limit") is None else _number(f"{place}.limit", given["limit"])
    days = _number(f"{place}.days", given.get("days", _DAYS))
    if not 0 < days <= 400:
        raise InputError(f"{place}.days is {days:g}, and is more than 0 and at most 400. {_NOTHING}")
    fast = _selector(f"{place}.fast", given["fast"]) if given.get("fast") else ""
    good, asked = (_selector(f"{place}.{each}", given.get(each)) for each in ("good", "all"))
    return Objective(name, good, asked, fast, limit, target, days)


def _chart(name: str, given: Any) -> ChartQuestion:
    place = f"runbook_charts.{name}"
    given = {"query": given} if isinstance(given, str) else given
    _require_known(place, given, _CHART)
    query = given.get("query")
    if not isinstance(query, str) or not query.strip():
        raise InputError(f"{place}.query is a query of Prometheus. {_NOTHING}")
    return ChartQuestion(name, query.strip(), str(given.get("unit") or ""))


def _require_known(place: str, given: Any, known: Sequence[str]) -> None:
    if not isinstance(given, Mapping):
        raise InputError(f"{place} is a dictionary with {', '.join(known)}. {_NOTHING}")
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            hint = f"did you mean {close[0]}?" if close else f"It has: {', '.join(known)}."
            raise InputError(f"{place} has no setting {name!r}; {hint} {_NOTHING}")


def _selector(place: str, given: Any) -> str:
    text = given.strip() if isinstance(given, str) else ""
    if not _SELECTOR.match(text):
        raise InputError(
            f'{place} is a selector of counters such as http_requests_total{{code!~"5.."}}, without a function, a sum'
            f" or a range: the counts of each series are added here. {_NOTHING}"
        )
    return text


def _number(place: str, given: Any) -> float:
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or isinstance(given, bool):
        raise InputError(f"{place} is a number. {_NOTHING}")
    return number
