from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import why_refused
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.incident_alerts import (
    alert_from,
    alert_lines,
    alert_note,
    alerts_of,
    fingerprint_of,
    moment_from,
)

from support.incident_events import event

LABELS = {"alertname": "LockStorm", "instance": "db1", "severity": "page"}


def test_of_an_alert_the_last_state_counts():
    events = [
        event("alert", alertname="A", fingerprint="1", labels=LABELS),
        event("alert", alertname="B", fingerprint="2", labels=LABELS),
        event("alert", alertname="A", fingerprint="1", status="resolved"),
    ]
    assert [(alert["alertname"], alert["status"], alert["labels"]) for alert in alerts_of(events)] == [
        ("A", "resolved", LABELS), ("B", "firing", LABELS),
    ]  # fmt: skip
    assert alert_lines(alerts_of(events))[0] == "A (instance=db1, severity=page): resolved"


def test_an_alert_without_a_fingerprint_has_the_one_of_its_labels():
    alert = alert_from({"labels": LABELS})
    assert alert
    assert alert.fingerprint == fingerprint_of(dict(reversed(LABELS.items())))
    assert alert.fingerprint != fingerprint_of({**LABELS, "instance": "db2"})


@pytest.mark.parametrize(
    "raw",
    [None, 3, [], {}, {"labels": None}, {"labels": {"instance": "x"}}, {"labels": {"alertname": 3}},
     {"labels": {"alertname": ""}}, {"labels": {f"l{number}": "x" for number in range(100)}}],
)  # fmt: skip
def test_what_is_no_alert(raw):
    assert alert_from(raw) is None


@pytest.mark.parametrize(
    ("status", "firing"),
    [("firing", True), ("resolved", False), ({"state": "active"}, True), ({"state": "suppressed"}, True), ({}, True)],
)
def test_the_state_of_the_webhook_and_of_the_api(status, firing):
    alert = alert_from({"labels": LABELS, "status": status})
    assert alert
    assert alert.is_firing is firing


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-27T10:00:00Z", datetime(2026, 11, 27, 10, tzinfo=UTC)),
        ("2026-11-27T10:00:00.123456789Z", datetime(2026, 11, 27, 10, 0, 0, 123456, UTC)),
        ("2026-11-27T10:00:00.5+02:00", datetime(2026, 11, 27, 8, 0, 0, 500000, UTC)),
        ("2026-11-27T10:00:00-05:00", datetime(2026, 11, 27, 15, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None), ("0001-01-01T00:00:00.000Z", None), ("yesterday", None), ("", None), (7, None),
        ("2026-11-27T25:00:00Z", None), ("9999-12-31T23:59:59-23:59", None), ("2" * 100, None),
    ],
)  # fmt: skip
def test_times_as_go_writes_them(text, moment):
    assert moment_from(text) == moment


def test_what_looks_like_a_secret_is_kept_out():
    raw = {
        "labels": {**LABELS, "dsn": "postgres://app:hunter2@db/x"},
        "annotations": {"summary": "password=hunter2 refused", "other": "x"},
        "startsAt": "2026-11-27T10:00:00Z",
    }
    alert = alert_from(raw)
    assert alert is not None
    note = alert_note(alert)
    assert "hunter2" not in str(note)
    assert note["labels"] == LABELS
    assert note["starts_at"] == "2026-11-27T10:00:00.000000Z"
    assert why_refused("alert", note) == ""
