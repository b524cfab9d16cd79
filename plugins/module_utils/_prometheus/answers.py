# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Prometheus answers to a query, made safe to compute with. Pure.

Data of another form raises what a reader of it raises (LookupError, TypeError, ValueError, AttributeError); the caller
reports that what answers is not Prometheus.
"""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple

from .._core.errors import HostError

_NAME = "__name__"


class Series(NamedTuple):
    """``labels`` in their order of names; ``points``: seconds since 1970 and the value, in time, all of them finite."""

    labels: tuple[tuple[str, str], ...]
    points: tuple[tuple[float, float], ...]


def largest_of(data: Mapping[str, Any]) -> float | None:
    """The largest value of a vector or a scalar, +Inf too; None for none. Raises HostError for another kind."""
    kind, result = data["resultType"], data["result"]
    if kind not in ("scalar", "vector"):
        raise HostError(
            f"The query gives a {kind}, which is no value now. Ask for a vector or a scalar; a range is made one by a"
            " function over it, like rate() or max_over_time()."
        )
    samples = [result] if kind == "scalar" else [sample["value"] for sample in result if "value" in sample]
    values = [float(text) for dummy, text in samples]
    return max((value for value in values if math.isfinite(value) or value == math.inf), default=None)


def series_of(data: Mapping[str, Any]) -> list[Series]:
    """The series of a vector or a matrix. Raises HostError for another kind."""
    kind, result = data["resultType"], data["result"]
    if kind not in ("vector", "matrix"):
        raise HostError(f"The query gives a {kind} and no series. Ask for a vector.")
    return [
        Series(
            tuple(sorted((str(name), str(value)) for name, value in each["metric"].items())),
            _points(each["values"] if kind == "matrix" else [each["value"]]),
        )
        for each in result
    ]


def _points(pairs: Any) -> tuple[tuple[float, float], ...]:
    points = [(float(at), float(text)) for at, text in pairs]
    return tuple(sorted(point for point in points if math.isfinite(point[0]) and math.isfinite(point[1])))


def name_of(series: Series) -> str:
    """The labels in words, without the name of the metric."""
    return ", ".join(f"{name} {value}" for name, value in series.labels if name != _NAME)
