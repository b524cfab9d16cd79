"""How severe an alert is, by its labels."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alert_severity import (
    alert_severity,
    wrong_severities,
)


@pytest.mark.parametrize(
    ("words", "severity"),
    [
        ("P0 p0 SEV0 sev-0 emergency 0 disaster", "P0"),
        ("P1 critical CRITICAL page high sev1 SEV-1 s1 1 error", "P1"),
        ("P2 warning warn medium sev2 sev.2 sev_2 2 minor", "P2"),
        ("P3 P4 info low ticket notice 3 4 sev3", "P3"),
        ("none NONE", "none"),
        ("purple 17 p17 criticalish sev", "unknown"),
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
        ({"severity": "odd", "priority": "P0"}, "unknown"),
        ({"team": "critical"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_which_label_is_read(labels, severity):
    assert alert_severity(labels, {}) == severity


def test_a_table_of_the_site_holds_severities_alone():
    assert list(wrong_severities({"a": "P0", "b": "none", "c": "critical", "d": "p1"})) == ["critical", "p1"]
