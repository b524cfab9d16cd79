from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import (
    KNOWN,
    PASSED_ON,
    PLAYBOOKS,
    PREFIXES,
    RENAMED,
    SETTINGS,
)


def test_the_names_are_those_of_roles_playbooks_and_what_they_share():
    assert {"runbook_approval", "unblock_sessions_limit", "db_session_cancel_session", "incident_id"} <= set(SETTINGS)
    assert {"incident_plan_targets", "incident_gate"} <= set(PASSED_ON)
    assert set(SETTINGS) | set(PASSED_ON) == KNOWN
    assert not set(SETTINGS) & set(PASSED_ON)


def test_every_setting_begins_like_a_role_or_a_playbook():
    begins = tuple(f"{name}_" for name in (*PREFIXES, *PLAYBOOKS))
    assert [name for name in KNOWN if not name.startswith((*begins, "incident_"))] == []
    assert set(RENAMED.values()) <= set(SETTINGS)
