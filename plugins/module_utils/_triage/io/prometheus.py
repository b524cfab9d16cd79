# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What fires in Prometheus, and the value of each of a site's queries now. I/O."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Mapping, Sequence

from ..._core.errors import HostError
from ..._prometheus.io.prometheus_server import Prometheus
from ..alerts import Alerts, alerts_of
from ..prometheus_signs import AlertsAndSeries, SeriesOption, SeriesReport

_THREADS = 4


def alerts_and_series(
    url: str, timeout: float, headers: Mapping[str, str], series: Sequence[SeriesOption]
) -> AlertsAndSeries:
    """What prometheus_info returns; ``timeout`` in seconds."""
    prometheus = Prometheus(url, timeout, headers)
    alerts: Alerts = prometheus.ask("/api/v1/alerts", lambda data: alerts_of(data["alerts"]))
    return {"alerts": alerts.reports, "unread": alerts.unread, "series": _series(prometheus, series)}


def _series(prometheus: Prometheus, options: Sequence[SeriesOption]) -> list[SeriesReport]:
    """Each with its value now, None where the query gives none; one in trouble says so and costs no other."""

    def value_or_problem(option: SeriesOption) -> tuple[float | None, str]:
        try:
            return prometheus.value(option["query"]), ""
        except HostError as error:
            return None, str(error)

    with ThreadPoolExecutor(_THREADS) as pool:
        values = list(pool.map(value_or_problem, options))
    return [_report(option, value, problem) for option, (value, problem) in zip(options, values)]


def _report(option: SeriesOption, value: float | None, problem: str) -> SeriesReport:
    infinite = value is not None and math.isinf(value)  # which JSON cannot hold
    return {**option, "value": None if infinite else value, "infinite": infinite, "problem": problem}
