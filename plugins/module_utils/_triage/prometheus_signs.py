# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signs in what Prometheus answers: alerts that fire, and key series beyond their bounds. Pure."""

from __future__ import annotations

from typing import Iterable, TypedDict

from .sign import P1, P2, P3, SEVERITIES, Sign

_LABELS = {"critical": P1, "page": P1, "high": P1, "error": P1, "warning": P2, "medium": P2, "info": P3, "low": P3}


class AlertReport(TypedDict):
    """An alert that is pending or fires."""

    name: str
    severity: str
    scenario: str
    state: str
    since: str
    summary: str
    labels: dict[str, str]


class SeriesOption(TypedDict):
    """A query of the site's. ``severity``: the value from which it is P0, P1, ..."""

    name: str
    query: str
    unit: str
    severity: dict[str, float]
    scenario: str


class SeriesReport(SeriesOption):
    """The query with its value now; None where it gives none, or could not be asked, and ``problem`` says why."""

    value: float | None
    problem: str


class AlertsAndSeries(TypedDict):
    """What prometheus_info returns."""

    alerts: list[AlertReport]
    series: list[SeriesReport]


class PrometheusResult(AlertsAndSeries, total=False):
    """The same as a task's result. Where it failed there is ``msg`` and nothing else; not asked, it is empty."""

    msg: str


def prometheus_signs(answer: PrometheusResult) -> list[Sign]:
    """What Prometheus says. Empty: it was not asked; without alerts it could not be, and we are blind."""
    if answer and "alerts" not in answer:
        why = str(answer.get("msg") or "it gave no answer")
        return [Sign(P2, f"what fires is not known: {why}", "")]
    return [*alert_signs(answer["alerts"]), *series_signs(answer["series"])] if answer else []


def alert_signs(alerts: Iterable[AlertReport]) -> list[Sign]:
    """Alerts that fire; the severity is in a label, as P0 to P3 or in the words that are usual."""
    signs = []
    for alert in alerts:
        if alert["state"] != "firing":
            continue
        label = alert["severity"]
        severity = label.upper() if label.upper() in SEVERITIES else _LABELS.get(label.lower(), P2)
        text = f"alert {alert['name']}: {alert['summary'] or 'fires'}"
        signs.append(Sign(severity, text, "", alert["scenario"], 2.0))
    return signs


def series_signs(series: Iterable[SeriesReport]) -> list[Sign]:
    """Key series beyond what the site says that they may be."""
    signs = []
    for row in series:
        value = row["value"]
        if value is None:
            continue
        reached = [name for name in SEVERITIES if name in row["severity"] and value >= float(row["severity"][name])]
        if reached:
            signs.append(Sign(reached[0], f"{row['name']} is {figure(value, row['unit'])}", "", row["scenario"]))
    return signs


def figure(value: float, unit: str) -> str:
    """A value with its unit."""
    if unit == "%":
        return f"{value:.1%}"
    return f"{value:.3g} {unit}".strip()
