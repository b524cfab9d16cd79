from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import (
    INNER,
    KNOWN,
    MITIGATIONS,
    PASSED_ON,
    PLAYBOOKS,
    PREFIXES,
    RENAMED,
    SETTINGS,
)


def test_the_names_are_those_of_roles_playbooks_and_what_they_share():
    assert {"runbook_approval", "unblock_sessions_limit", "db_session_cancel_session", "incident_id"} <= set(SETTINGS)
    assert "incident_plan_targets" in PASSED_ON
    assert {"incident_gate", "incident_approval", "incident_limit"} <= set(INNER)
    assert set(SETTINGS) | set(PASSED_ON) | set(INNER) == KNOWN
    assert not set(SETTINGS) & set(PASSED_ON)
    assert not set(INNER) & {*SETTINGS, *PASSED_ON}


def test_the_mitigations_of_a_playbook_are_roles():
    assert MITIGATIONS["db_lock_contention"] == ("unblock_sessions",)
    assert MITIGATIONS["service_restart"] == ("restart_services",)
    assert {role for roles in MITIGATIONS.values() for role in roles} <= set(PREFIXES)
    assert set(MITIGATIONS) <= set(PLAYBOOKS)


def test_every_setting_begins_like_a_role_or_a_playbook():
    begins = tuple(f"{name}_" for name in (*PREFIXES, *PLAYBOOKS))
    assert [name for name in KNOWN if not name.startswith((*begins, "incident_"))] == []
    assert set(RENAMED.values()) <= set(SETTINGS)
