"""How severe an alert is, by its labels."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alert_severity import (
    ALWAYS_FIRING,
    alert_severity,
    fires_by_design,
    wrong_severities,
)


@pytest.mark.parametrize(
    ("words", "severity"),
    [
        ("P0 p0 SEV0 sev-0 emergency 0 disaster", "P0"),
        ("P1 critical CRITICAL page high sev1 SEV-1 s1 1 error", "P1"),
        ("P2 warning warn medium sev2 sev.2 sev_2 2 minor", "P2"),
        ("P3 P4 info low ticket notice 3 4 5 6 7 sev3", "P3"),
        ("none NONE", "none"),
        ("purple 8 17 p17 criticalish sev", "unknown"),
    ],
)
def test_the_words_of_the_label(words, severity):
    assert {word: alert_severity({"severity": word}, {}) for word in words.split()} == dict.fromkeys(
        words.split(), severity
    )


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "Severity 2"}, "P2"),
        ({"severity": " critical "}, "P1"),
        ({"priority": "high"}, "P1"),
        ({"level": "warning"}, "P2"),
        ({"severity": "", "priority": "P3"}, "P3"),
        ({"severity": "katastrophal", "level": "info"}, "unknown"),
        ({"severity": "sev-one", "priority": "low"}, "unknown"),
        ({"severity": "S1A", "level": "5"}, "unknown"),
        ({"severity": "S1A", "priority": "low", "level": "error"}, "P1"),
        ({"severity": "info", "level": "error"}, "P3"),
        ({"severity": "team-x", "priority": "P1"}, "P1"),
        ({"severity": "team-x", "priority": "gold", "level": "warning"}, "P2"),
        ({"severity": "warning", "priority": "P1"}, "P2"),
        ({"severity": "none", "priority": "P1"}, "none"),
        ({"severity": "team-x", "priority": "none"}, "unknown"),
        ({"severity": "team-x", "priority": "none", "level": "P2"}, "P2"),
        ({"severity": "team-x", "priority": "odd"}, "unknown"),
        ({"sev": "1"}, "P1"),
        ({"urgency": "high"}, "P1"),
        ({"Severity": "warning"}, "P2"),
        ({"URGENCY": "low", "Level": "error"}, "P3"),
        ({"severity": "team-x", "urgency": "critical"}, "P1"),
        ({"team": "critical"}, "unknown"),
        ({"severities": "critical", "urgent": "1"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_which_label_is_read(labels, severity):
    assert alert_severity(labels, {}) == severity


def test_a_table_of_the_site_holds_severities_alone():
    assert list(wrong_severities({"a": "P0", "b": "none", "c": "critical", "d": "p1"})) == ["critical", "p1"]


@pytest.mark.parametrize(
    ("name", "by_design"),
    [
        ("Watchdog", True),
        ("watchdog", True),
        ("WATCH_DOG", True),
        ("info-inhibitor", True),
        ("DeadMansSwitch", True),
        ("Dead Man's Switch", True),
        ("dead_man_switch", True),
        ("PrometheusAlertmanagerE2eDeadManSwitch", True),
        ("PrometheusAlwaysFiring", True),
        ("always-firing", True),
        ("NodeDeadMansSnitch", True),
        ("DeadMansSwitchMissing", False),
        ("AbsentDeadMansSwitch", False),
        ("NoDeadMansSwitch", False),
        ("WatchdogDown", False),
        ("KernelWatchdog", False),
        ("Switch", False),
        ("", False),
    ],
)
def test_which_alerts_fire_by_design(name, by_design):
    assert fires_by_design(name, ALWAYS_FIRING) is by_design


@pytest.mark.parametrize(
    ("name", "severity", "by_design"),
    [
        ("BackupDeadMansSwitch", "P1", False),
        ("ReportJobDeadManSwitch", "P0", False),
        ("cron_dead_mans_snitch", "P2", False),
        ("QueueAlwaysFiring", "P1", False),
        ("BackupDeadMansSwitch", "none", True),
        ("BackupDeadMansSwitch", "unknown", True),
        ("BackupDeadMansSwitch", "P3", True),
        ("PrometheusDeadMansSwitch", "P1", True),
        ("cluster-dead-mans-switch", "P2", True),
        ("AlertmanagerAlwaysFiring", "P1", True),
        ("ThanosDeadManSwitch", "P0", True),
        ("PrometheusAlertmanagerDeadMansSwitch", "P1", True),
        ("ClusterBackupDeadMansSwitch", "P1", False),
        ("PrometheusDownDeadMansSwitch", "P1", False),
        ("DeadMansSwitch", "P1", True),
        ("Watchdog", "P1", True),
        ("PrometheusAlertmanagerE2eDeadManSwitch", "P1", True),
        ("prometheus-alertmanager-e2e-dead-man-switch", "P0", True),
    ],
)
def test_a_longer_name_hides_no_alert_that_its_own_rule_calls_urgent(name, severity, by_design):
    whole = [*ALWAYS_FIRING, "DeadMansSwitch"]
    assert fires_by_design(name, whole, severity) is by_design


@pytest.mark.parametrize("listed", [[], ["Canary"], ["*"], [""]])
def test_a_list_of_the_site_takes_the_place_of_the_usual_one(listed):
    assert not fires_by_design("Watchdog", listed)
