"""Alerts of a list, each by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alerts import alerts_of

GOOD: dict[str, Any] = {
    "labels": {"alertname": "UsersFail", "severity": "P1"}, "annotations": {"summary": "a tenth fails"},
    "state": "firing", "activeAt": "2026-11-24T08:33:21Z",
}  # fmt: skip


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (None, "one is no object but None"),
        ("UsersFail", "one is no object but 'UsersFail'"),
        ([], "one is no object but []"),
        ({"state": "firing"}, "one has no labels"),
        ({**GOOD, "labels": ["a"]}, "one has no labels"),
        ({**GOOD, "state": None}, "UsersFail has the state 'None', which is not known"),
        ({**GOOD, "state": "\x1b[31mburns"}, "UsersFail has the state 'burns', which is not known"),
        ({**GOOD, "state": ["firing"]}, "which is not known"),
    ],
)
def test_one_of_another_form_is_counted_and_hides_no_other(odd, said):
    reports, unread = alerts_of([GOOD, odd, GOOD])
    assert [report["name"] for report in reports] == ["UsersFail"] * 2
    assert unread[0].startswith("1 of 3 alerts could not be read, and may fire: ")
    assert said in unread[0]


@pytest.mark.parametrize(
    "change",
    [
        {"annotations": None},
        {"annotations": "text"},
        {"annotations": {"summary": None}},
        {"activeAt": None},
        {"labels": {"alertname": 7, "severity": ["P1"], "n": None}},
    ],
)
def test_what_is_odd_beside_name_and_state_hides_no_alert(change):
    reports, unread = alerts_of([{**GOOD, **change}])
    assert (len(reports), unread) == (1, [])


@pytest.mark.parametrize(
    ("word", "states"),
    [
        ("firing", ["firing"]),
        ("Alerting", ["firing"]),
        ("pending", ["pending"]),
        ("Pending", ["pending"]),
        ("inactive", []),
        ("Normal", []),
        ("Alerting (Error)", ["firing"]),
        ("Recovering", ["firing"]),
        ("Normal (NoData)", []),
    ],
)
def test_states_of_prometheus_and_grafana(word, states):
    reports, unread = alerts_of([{**GOOD, "state": word}])
    assert ([report["state"] for report in reports], unread) == (states, [])


@pytest.mark.parametrize("listed", [None, {}, "alerts", 7])
def test_what_is_no_list(listed):
    with pytest.raises(TypeError):
        alerts_of(listed)


def test_the_earliest_first():
    late, early = {**GOOD, "activeAt": "2026-11-25T00:00:00Z"}, GOOD
    assert [report["since"] for report in alerts_of([late, early]).reports] == [early["activeAt"], late["activeAt"]]


def test_an_alert_is_shown_without_secrets():
    """Labels hold the address of what is probed, as the site wrote it; a summary repeats them."""
    address = "https://probe:hunter2x@shop.example.org/health?token=abcd1234"
    labels = {"alertname": f"Down {address}", "instance": address, "api_key": "hunter2x", "job": "blackbox"}
    odd = f"what fires at {address}"
    reports, unread = alerts_of([{**GOOD, "labels": labels, "annotations": {"summary": f"{address} is down"}}, odd])
    assert "hunter2x" not in f"{reports}{unread}"
    assert "abcd1234" not in f"{reports}{unread}"
    assert reports[0]["labels"]["job"] == "blackbox"
    assert "shop.example.org/health" in reports[0]["labels"]["instance"]
    assert reports[0]["summary"].endswith("is down")
