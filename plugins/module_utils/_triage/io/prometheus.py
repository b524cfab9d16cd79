# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What fires in Prometheus, and the value of each of a site's queries now. I/O."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Mapping, Sequence

from ..._core.errors import HostError
from ..._core.text import printable
from ..._prometheus.io.prometheus_server import Prometheus
from ..prometheus_signs import AlertReport, AlertsAndSeries, SeriesOption, SeriesReport

_THREADS = 4


def alerts_and_series(
    url: str, timeout: float, headers: Mapping[str, str], series: Sequence[SeriesOption]
) -> AlertsAndSeries:
    """What prometheus_info returns; ``timeout`` in seconds."""
    prometheus = Prometheus(url, timeout, headers)
    return {"alerts": _alerts(prometheus), "series": _series(prometheus, series)}


def _alerts(prometheus: Prometheus) -> list[AlertReport]:
    """Those that are pending or fire, the earliest first."""
    firing: list[AlertReport] = prometheus.ask(
        "/api/v1/alerts", lambda data: [_alert(alert) for alert in data["alerts"]]
    )
    return sorted(firing, key=lambda report: report["since"])


def _series(prometheus: Prometheus, options: Sequence[SeriesOption]) -> list[SeriesReport]:
    """Each with its value now, None where the query gives none; one in trouble says so and costs no other."""

    def value_or_problem(option: SeriesOption) -> tuple[float | None, str]:
        try:
            return prometheus.value(option["query"]), ""
        except HostError as error:
            return None, str(error)

    with ThreadPoolExecutor(_THREADS) as pool:
        values = list(pool.map(value_or_problem, options))
    return [{**option, "value": value, "problem": problem} for option, (value, problem) in zip(options, values)]


def _alert(alert: Mapping[str, Any]) -> AlertReport:
    labels, notes = alert.get("labels") or {}, alert.get("annotations") or {}
    return {
        "name": printable(str(labels.get("alertname", "?"))),
        "severity": printable(str(labels.get("severity", ""))),
        "scenario": printable(str(labels.get("scenario", ""))),
        "state": str(alert.get("state", "")),
        "since": str(alert.get("activeAt", "")),
        "summary": printable(str(notes.get("summary") or notes.get("description") or "")),
        "labels": {str(name): printable(str(value)) for name, value in labels.items()},
    }
