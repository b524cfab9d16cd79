"""Signs in what Prometheus answers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    AlertRules,
    alert_signs,
    prometheus_signs,
    series_signs,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    not_understood,
    severity_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import unread_of

from .surveys import alert, series


@pytest.mark.parametrize(("label", "severity"), [("P0", "P0"), ("critical", "P1"), ("shouting", "unknown")])
def test_an_alert_that_fires_is_a_sign_and_one_that_is_pending_is_none(label, severity):
    alerts = [alert(label), alert(label, state="pending")]
    assert [sign.severity for sign in alert_signs(alerts, AlertRules())] == [severity]


@pytest.mark.parametrize(
    ("label", "name"),
    [("none", "X"), ("None", "X"), ("critical", "Watchdog"), ("", "InfoInhibitor"), ("heartbeat", "X")],
)
def test_an_alert_that_fires_by_design_is_no_sign(label, name):
    assert alert_signs([alert(label, name=name)], AlertRules()) == []


def test_the_site_names_its_own_alerts_that_fire_by_design():
    alerts = [alert("page", name="Canary"), alert("page", name="Watchdog")]
    assert [sign.text for sign in alert_signs(alerts, AlertRules(always_firing=["Canary"]))] == ["alert Watchdog: s"]


@pytest.mark.parametrize(
    ("label", "severities", "severity"),
    [
        ("gold", {"gold": "P0"}, "P0"),
        ("GOLD", {"gold": "P0"}, "P0"),
        ("critical", {"critical": "P2"}, "P2"),
        ("sev-1", {"SEV1": "P0"}, "P0"),
    ],
)
def test_the_table_of_the_site_goes_before_the_usual_words(label, severities, severity):
    (sign,) = alert_signs([alert(label)], AlertRules(severities))
    assert sign.severity == severity


def test_the_table_of_the_site_silences_a_word():
    assert alert_signs([alert("chatter")], AlertRules({"chatter": "none"})) == []


@pytest.mark.parametrize(
    ("label", "ends"),
    [("shouting", "(its severity 'shouting' is not in the table)"), ("", "(it has no label of a severity)")],
)
def test_what_is_not_known_of_an_alert_is_said(label, ends):
    (sign,) = alert_signs([alert(label)], AlertRules())
    assert (sign.severity, sign.text.endswith(ends)) == ("unknown", True)


@pytest.mark.parametrize(
    ("label", "level", "severity", "said"),
    [
        ("katastrophal", "info", "unknown", True),
        ("katastrophal", "error", "P1", True),
        ("sev-one", "P0", "P0", True),
        ("warning", "error", "P2", False),
    ],
)
def test_an_unknown_word_is_named_whatever_another_label_says(label, level, severity, said):
    given: Any = {**alert(label), "labels": {"level": level}}
    (sign,) = alert_signs([given], AlertRules())
    assert (sign.severity, "is not in the table" in sign.text) == (severity, said)


def test_an_alert_of_a_job_that_gives_no_sign_is_not_hidden_by_its_name():
    missing: Any = {**alert("critical"), "name": "BackupDeadMansSwitch"}
    quiet: Any = {**alert("none"), "name": "BackupDeadMansSwitch"}
    end_to_end: Any = {**alert("critical"), "name": "PrometheusAlertmanagerE2eDeadManSwitch"}
    assert [sign.severity for sign in alert_signs([missing, quiet, end_to_end], AlertRules())] == ["P1"]


def test_alerts_that_could_not_be_read_make_the_severity_unknown():
    answer: Any = {"alerts": [], "unread": ["1 of 2 alerts could not be read"], "series": []}
    signs = prometheus_signs(answer)
    assert severity_of(signs) == "unknown"
    assert [sign.text for sign in signs] == ["1 of 2 alerts could not be read"]


@pytest.mark.parametrize(("value", "severity"), [(0.7, "P0"), (0.06, "P1"), (0.011, "P2"), (0.0, "P3"), (None, "P3")])
def test_series(value, severity):
    bounds = {"P0": 0.5, "P1": 0.05, "P2": 0.01}
    assert severity_of(series_signs([series("failing", value, severity=bounds)])) == severity


@pytest.mark.parametrize(("bounds", "severities"), [({"P1": 0.05}, ["P1"]), ({"P2": 9, "P0": 99}, ["P0"]), ({}, [])])
def test_a_series_without_an_end_is_beyond_each_bound(bounds, severities):
    signs = series_signs([series("errors", None, "", severity=bounds, infinite=True)])
    assert [(sign.severity, sign.text) for sign in signs] == [(severity, "errors is +Inf") for severity in severities]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (series("orders", None), ["orders: the query gives no value"]),
        (series("orders", None, problem="Prometheus refuses"), ["orders: Prometheus refuses"]),
        (series("orders", None, infinite=True), []),
        (series("orders", 0.0), []),
    ],
)
def test_a_series_without_a_value_is_not_known(row, said):
    assert unread_of({}, {"alerts": [], "unread": [], "series": [row]}) == said


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["shouting"], ["the severity of 1 alert is not understood: alert X: s (its severity 'shouting' is not"]),
        (["critical", "", "odd", "odd"], ["the severity of 3 alerts is not understood: "]),
        (["critical", "none"], []),
    ],
)  # fmt: skip
def test_alerts_whose_severity_is_not_understood_are_named_in_one_sentence(labels, said):
    told = not_understood(alert_signs([alert(label) for label in labels], AlertRules()))
    assert len(told) == len(said)
    assert all(text.startswith(start) for text, start in zip(told, said, strict=True))


def test_what_could_not_be_read_is_told_once():
    assert not not_understood(prometheus_signs({"alerts": [], "unread": ["1 alert could not be read"], "series": []}))


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
