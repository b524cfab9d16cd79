# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alerts as Prometheus lists them, each read by itself: one of another form hides no other. Pure.

Labels and summaries are shown and kept without secrets: the address of what is probed may hold one.

Source: "Alerts", HTTP API, Prometheus documentation. Grafana answers the same path with states of its own.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence, TypedDict

from .._core.redaction import HIDDEN, hides, redacted

_STATES = {
    "firing": "firing",
    "alerting": "firing",
    "recovering": "firing",  # Grafana: it fires until it has been well for long enough
    "pending": "pending",
    "inactive": "inactive",
    "normal": "inactive",
}


class AlertReport(TypedDict):
    """An alert that is pending or fires."""

    name: str
    severity: str
    scenario: str
    state: str
    since: str
    summary: str
    labels: dict[str, str]


class Alerts(NamedTuple):
    """The earliest first. ``unread``: what could not be read, a sentence each."""

    reports: list[AlertReport]
    unread: list[str]


def alerts_of(listed: Sequence[Any]) -> Alerts:
    """Those that are pending or fire; TypeError where it is no list."""
    if not isinstance(listed, list):
        raise TypeError(type(listed).__name__)
    reports: list[AlertReport] = []
    problems: list[str] = []
    for alert in listed:
        problem = _problem(alert)
        if problem:
            problems.append(problem)
        elif _state(alert) != "inactive":
            reports.append(_report(alert))
    text = f"{len(problems)} of {len(listed)} alerts could not be read, and may fire: "
    return Alerts(sorted(reports, key=lambda report: report["since"]), [text + problems[0]] if problems else [])


def _problem(alert: Any) -> str:
    """Why it cannot be read; empty where it can."""
    if not isinstance(alert, Mapping):
        return f"one is no object but {redacted(repr(alert))[:60]}"
    labels = alert.get("labels")
    if not isinstance(labels, Mapping):
        return "one has no labels"
    if not _state(alert):
        shown = redacted(str(alert.get("state")))[:60]
        return f"{redacted(str(labels.get('alertname', '?')))[:80]} has the state {shown!r}, which is not known"
    return ""


def _state(alert: Mapping[str, Any]) -> str:
    # Grafana adds why, where a query failed: Alerting (Error), Normal (NoData).
    return _STATES.get(str(alert.get("state")).lower().partition(" (")[0], "")


def _report(alert: Mapping[str, Any]) -> AlertReport:
    labels, given = alert["labels"], alert.get("annotations")
    notes = given if isinstance(given, Mapping) else {}
    return {
        "name": redacted(str(labels.get("alertname", "?"))),
        "severity": redacted(str(labels.get("severity", ""))),
        "scenario": redacted(str(labels.get("scenario", ""))),
        "state": _state(alert),
        "since": str(alert.get("activeAt", "")),
        "summary": redacted(str(notes.get("summary") or notes.get("description") or "")),
        "labels": {str(name): _value(str(name), value) for name, value in labels.items()},
    }


def _value(name: str, value: Any) -> str:
    return HIDDEN if hides(name, value) else redacted(str(value))
