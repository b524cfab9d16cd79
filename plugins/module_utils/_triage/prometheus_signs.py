# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signs in what Prometheus answers: alerts that fire, and key series beyond their bounds. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Iterable, Mapping, Sequence, TypedDict

from .alert_severity import ALWAYS_FIRING, NO_SIGN, alert_severity, fires_by_design, is_in_table, severity_word
from .alerts import AlertReport
from .sign import P2, SEVERITIES, UNKNOWN, Sign


class SeriesOption(TypedDict):
    """A query of the site's. ``severity``: the value from which it is P0, P1, ..."""

    name: str
    query: str
    unit: str
    severity: dict[str, float]
    scenario: str


class SeriesReport(SeriesOption):
    """The query with its value now; None where it gives none, or could not be asked, and ``problem`` says why.

    ``infinite``: its value is +Inf, as of errors that are divided by no request; ``value`` is None then.
    """

    value: float | None
    infinite: bool
    problem: str


class AlertsAndSeries(TypedDict):
    """What prometheus_info returns. ``unread``: what of the alerts could not be read, a sentence each."""

    alerts: list[AlertReport]
    unread: list[str]
    series: list[SeriesReport]


class PrometheusResult(AlertsAndSeries, total=False):
    """The same as a task's result. Where it failed there is ``msg`` and nothing else; not asked, it is empty."""

    msg: str


@dataclass(frozen=True)
class AlertRules:
    """What the site says about its alerts. ``severities``: word of a label to P0 to P3, or none for no sign;
    ``always_firing``: names of alerts that fire by design and are no sign, see `fires_by_design`."""

    severities: Mapping[str, str] = field(default_factory=dict)
    always_firing: Sequence[str] = ALWAYS_FIRING


def prometheus_signs(answer: PrometheusResult, rules: AlertRules = AlertRules()) -> list[Sign]:
    """Signs in the answer. Empty: it was not asked; without alerts it could not be, and what fires is unknown."""
    if answer and "alerts" not in answer:
        why = str(answer.get("msg") or "it gave no answer")
        return [Sign(P2, f"what fires is not known: {why}", "")]
    if not answer:
        return []
    unread = [Sign(UNKNOWN, text, "") for text in answer.get("unread", ())]
    return [*alert_signs(answer["alerts"], rules), *unread, *series_signs(answer["series"])]


def alert_signs(alerts: Iterable[AlertReport], rules: AlertRules) -> list[Sign]:
    """A sign for each alert that fires, but for those that fire by design or whose label says that they are none."""
    signs = []
    for alert in alerts:
        labels = {**alert["labels"], "severity": alert["severity"] or alert["labels"].get("severity", "")}
        severity = alert_severity(labels, rules.severities)
        by_design = fires_by_design(alert["name"], rules.always_firing, severity)
        if alert["state"] != "firing" or by_design or severity == NO_SIGN:
            continue
        text = f"alert {alert['name']}: {alert['summary'] or 'fires'}"
        word = severity_word(labels)
        if not word:
            text += " (it has no label of a severity)"
        elif not is_in_table(word, rules.severities):
            text += f" (its severity {word!r} is not in the table)"
        signs.append(Sign(severity, text, "", alert["scenario"], 2.0, is_alert=True))
    return signs


def series_signs(series: Iterable[SeriesReport]) -> list[Sign]:
    """Key series beyond what the site says that they may be."""
    signs = []
    for row in series:
        value = math.inf if row.get("infinite") else row["value"]
        if value is None:
            continue
        reached = [name for name in SEVERITIES if name in row["severity"] and value >= float(row["severity"][name])]
        if reached:
            signs.append(Sign(reached[0], f"{row['name']} is {figure(value, row['unit'])}", "", row["scenario"]))
    return signs


def figure(value: float, unit: str) -> str:
    """A value with its unit."""
    if math.isinf(value):
        return "+Inf"
    if unit == "%":
        return f"{value:.1%}"
    return f"{value:.3g} {unit}".strip()
