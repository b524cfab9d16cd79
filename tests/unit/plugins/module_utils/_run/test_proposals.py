"""A name is proposed that means the same, and what excuses a name is that it is read."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import Own, unknown_names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("runbook_exclude_users", "runbook_exclude_roles"), ("runbook_exclude_user", "runbook_exclude_roles"),
        ("unblock_sessions_exclude_users", "unblock_sessions_exclude_roles"),
        ("runbook_exclude_statements", "runbook_exclude_queries"), ("triage_approval", "runbook_approval"),
        ("announce_hosts", "runbook_hosts"), ("incident_endpoints", "runbook_endpoints"),
        ("runbook_incident_folder", "runbook_incident_log"), ("incident_dir", "incident_log"),
        ("runbook_incident_path", "runbook_incident_log"), ("runbook_dry_run", ""), ("runbook_dryrun", ""),
        ("incident_check_mode", ""), ("runbook_check", ""), ("runbook_exclude_hosts", ""),
        ("runbook_exclude_services", ""), ("runbook_exclude_apps", "runbook_exclude_applications"),
    ],
)  # fmt: skip
def test_a_proposal_means_the_same(name, meant):
    assert [each["meant"] for each in unknown_names([name], Own())] == [meant]


@pytest.mark.parametrize("role", ["runbook", "incident", "acme.incident", "triage", "end_sessions", "unblock-sessions"])
def test_a_role_that_is_named_as_ours_excuses_only_what_it_reads(role):
    prefix = role.rpartition(".")[2].replace("-", "_")
    name = f"{prefix}_own_thing"
    assert unknown_names([name], Own(roles=[role]))
    assert unknown_names([name], Own(roles=[role], texts=[f"{name}: 1"])) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("incident_plan_targets", "incident_approved_targets"), ("incident_plan_digest", "incident_approved_digest"),
        ("incident_plans", "incident_approved_digest"),
    ],
)  # fmt: skip
def test_what_a_job_of_awx_hands_over_is_no_approval_elsewhere(name, meant):
    assert unknown_names([name], Own()) == []
    assert unknown_names([name], Own(names=[name], in_awx=False)) == []
    assert [each["meant"] for each in unknown_names([name], Own(in_awx=False))] == [meant]


@pytest.mark.parametrize(
    "name", ["incident_approved_targets", "incident_severity", "triage_next", "preflight_not_ready"]
)
def test_other_names_are_the_same_outside_of_awx(name):
    assert unknown_names([name], Own(in_awx=False)) == []
