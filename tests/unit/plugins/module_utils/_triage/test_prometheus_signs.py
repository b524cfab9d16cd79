"""Signs in what Prometheus answers."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    alert_signs,
    prometheus_signs,
    series_signs,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    severity_of,
)

from .surveys import alert, series


@pytest.mark.parametrize(
    ("label", "severity"),
    [("P0", "P0"), ("p2", "P2"), ("critical", "P1"), ("warning", "P2"), ("", "P2"), ("info", "P3")],
)
def test_alerts(label, severity):
    assert [sign.severity for sign in alert_signs([alert(label), alert(label, state="pending")])] == [severity]


@pytest.mark.parametrize(("value", "severity"), [(0.7, "P0"), (0.06, "P1"), (0.011, "P2"), (0.0, "P3"), (None, "P3")])
def test_series(value, severity):
    bounds = {"P0": 0.5, "P1": 0.05, "P2": 0.01}
    assert severity_of(series_signs([series("failing", value, severity=bounds)])) == severity


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ({}, []),
        ({"alerts": [], "series": []}, []),
        ({"msg": "Prometheus could not be asked."}, ["what fires is not known: Prometheus could not be asked."]),
    ],
)
def test_without_prometheus_we_are_blind(answer, texts):
    signs = prometheus_signs(answer)
    assert [(sign.severity, sign.text) for sign in signs] == [("P2", text) for text in texts]
