from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import (
    INNER,
    KNOWN,
    PASSED_ON,
    RENAMED,
    SETTINGS,
)
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import (
    Own,
    edits_between,
    nearest,
    refusal,
    texts_in,
    unknown_names,
)

# What was typed -> what was meant: letters lost, added, changed and exchanged, another case or dash, words that are
# missing, short or in another order, prefixes that are misspelt, and names of an earlier version.
MISSPELT = {
    "runbook_aproval": "runbook_approval",
    "runbook_approvals": "runbook_approval",
    "runbook_approvel": "runbook_approval",
    "runbook-approval": "runbook_approval",
    "RUNBOOK_APPROVAL": "runbook_approval",
    "runbok_approval": "runbook_approval",
    "runbooks_approval": "runbook_approval",
    "runbook_spare_application": "runbook_exclude_applications",
    "runbook_spare_applications": "runbook_exclude_applications",
    "runbook_exclude_application": "runbook_exclude_applications",
    "runbook_exclude_apps": "runbook_exclude_applications",
    "runbook_applications_exclude": "runbook_exclude_applications",
    "runbook_exclud_roles": "runbook_exclude_roles",
    "runbook_exclude_role": "runbook_exclude_roles",
    "runbook_excluded_roles": "runbook_exclude_roles",
    "runbook_exclude_dbs": "runbook_exclude_databases",
    "runbook_exclude_query": "runbook_exclude_queries",
    "runbook_postgress": "runbook_postgres",
    "runbook_postgre": "runbook_postgres",
    "runbook_postgresql": "runbook_postgres",
    "runbook_composse": "runbook_compose",
    "runbook_host": "runbook_hosts",
    "runbook_log": "runbook_incident_log",
    "runbook_incidents_log": "runbook_incident_log",
    "runbook_bakups": "runbook_backups",
    "runbook_backup": "runbook_backups",
    "runbook_endpoint": "runbook_endpoints",
    "runbook_endpoints_keys": "runbook_endpoint_keys",
    "runbook_pooler_prot": "runbook_pooler_port",
    "runbook_superusers": "runbook_application_superusers",
    "runbook_connections_shares": "runbook_connection_shares",
    "runbook_proxy_relaod": "runbook_proxy_reload",
    "runbook_release": "runbook_releases",
    "runbook_rehersal": "runbook_rehearsal",
    "incident_approval_digest": "incident_approved_digest",
    "incident_aproved_digest": "incident_approved_digest",
    "incident_approved_target": "incident_approved_targets",
    "incidentid": "incident_id",
    "incident_Id": "incident_id",
    "incident_severty": "incident_severity",
    "incident_logs": "incident_log",
    "unblock_sessions_limits": "unblock_sessions_limit",
    "unblock_session_limit": "unblock_sessions_limit",
    "unblock_sessions_min_wating": "unblock_sessions_min_waiting",
    "unblock_sessions_min_waiters_": "unblock_sessions_min_waiters",
    "unblock_sessions_stratgy": "unblock_sessions_strategy",
    "unblock_sessions_max_victims": "unblock_sessions_max_terminations",
    "unblock_sessions_max_termination": "unblock_sessions_max_terminations",
    "unblock_sessions_spare_role": "unblock_sessions_exclude_roles",
    "end_sessions_idle_limt": "end_sessions_idle_limit",
    "end_session_approval": "end_sessions_approval",
    "end_sessions_vanished": "end_sessions_dead_clients",
    "restart_service_limit": "restart_services_limit",
    "restart_services_at_one": "restart_services_at_once",
    "scale_services_max_replica": "scale_services_max_replicas",
    "scale_service_replicas": "scale_services_replicas",
    "roll_back_release_aproval": "roll_back_release_approval",
    "reclaim_disk_fre": "reclaim_disk_free",
    "triage_service": "triage_services",
    "triage_prometeus": "triage_prometheus",
    "build_index_tabel": "build_index_table",
    "role_settings_setting": "role_settings_settings",
    "db_session_cancel_sesion": "db_session_cancel_session",
    "db_connection_exhaustion_guard": "db_connection_exhaustion_role_settings",
    "db_connection_exhaustion_idel": "db_connection_exhaustion_idle",
    "payment_outage_sgn": "payment_outage_sign",
    "game_day_falt": "game_day_fault",
    "preflight_stict": "preflight_strict",
    "high_memory_windows": "high_memory_window",
}
# Of people, messages, acts of people, post-mortems and AWX; beside slips, names that are made after the playbook.
MISSPELT_OF_PEOPLE = {
    "runbook_anounce": "runbook_announce",
    "runbook_announces": "runbook_announce",
    "runbook_announcement": "runbook_announce",
    "runbook_announcements": "runbook_announce",
    "runbook_announce_template": "runbook_announce_templates",
    "runbook_anounce_templates": "runbook_announce_templates",
    "runbook_templates": "runbook_announce_templates",
    "anounce_budget": "announce_budget",
    "announce_buget": "announce_budget",
    "announce_archive": "announce_archive_after",
    "announce_soack": "announce_soak",
    "announce_pubic": "announce_public",
    "announce_channel": "announce_channels",
    "announce_escalation_after": "announce_escalate_after",
    "announce_roles": "announce_roles_from",
    "announce_person": "announce_people",
    "incident_anounce_budget": "incident_announce_budget",
    "incident_announce_buget": "incident_announce_budget",
    "incident_announcement_budget": "incident_announce_budget",
    "runbook_peoples": "runbook_people",
    "runbook_poeple": "runbook_people",
    "runbook_person": "runbook_people",
    "runbook_on_call": "runbook_oncall",
    "runbook_oncal": "runbook_oncall",
    "runbook_on-call": "runbook_oncall",
    "runbook_call": "runbook_oncall",
    "runbook_busines_hours": "runbook_business_hours",
    "runbook_business_hour": "runbook_business_hours",
    "runbook_hours": "runbook_business_hours",
    "runbook_office_hours": "runbook_business_hours",
    "oncall_att": "oncall_at",
    "on_call_at": "oncall_at",
    "oncal_at": "oncall_at",
    "incident_escalates_after": "incident_escalate_after",
    "incident_escalation_after": "incident_escalate_after",
    "incident_escalate": "incident_escalate_after",
    "incident_role_from": "incident_roles_from",
    "incident_roles_form": "incident_roles_from",
    "incident_roles": "incident_roles_from",
    "incident_act_txt": "incident_act_text",
    "incident_act_audiance": "incident_act_audience",
    "incident_audience": "incident_act_audience",
    "incident_act_items": "incident_act_item",
    "incident_item": "incident_act_item",
    "incident_act_reasons": "incident_act_reason",
    "incident_reason": "incident_act_reason",
    "incident_act_noticed": "incident_act_noticed_at",
    "incident_noticed_at": "incident_act_noticed_at",
    "incident_act_reportedby": "incident_act_reported_by",
    "incident_reported_by": "incident_act_reported_by",
    "incident_act_sevrity": "incident_act_severity",
    "incident_act_persons": "incident_act_person",
    "incident_person": "incident_act_person",
    "incident_act_roles": "incident_act_role",
    "incident_act_alert": "incident_act_alerts",
    "incident_alerts": "incident_act_alerts",
    "incident_checklist_acton": "incident_checklist_action",
    "incident_checklist_actions": "incident_checklist_action",
    "incident_role_acton": "incident_role_action",
    "incident_roles_action": "incident_role_action",
    "incident_update_text": "incident_act_text",
    "incident_resolve_reason": "incident_act_reason",
    "incident_ack_alerts": "incident_act_alerts",
    "incident_checklist_item": "incident_act_item",
    "incident_open_text": "incident_act_text",
    "incident_notes_text": "incident_note_text",
    "incident_note_txt": "incident_note_text",
    "incident_note": "incident_note_text",
    "incident_note_a": "incident_note_at",
    "incident_status_close": "incident_status_closed",
    "incident_status_jsn": "incident_status_json",
    "incident_closed": "incident_status_closed",
    "incident_postmortem_view": "incident_postmortem_views",
    "incident_post_mortem_views": "incident_postmortem_views",
    "incident_postmortem_writen": "incident_postmortem_written",
    "incident_postmortem_items": "incident_postmortem_action_items",
    "incident_postmortem_action_item": "incident_postmortem_action_items",
    "incident_postmortem_measure": "incident_postmortem_measure_again",
    "incident_mesure_again": "incident_postmortem_measure_again",
    "incident_report_mounth": "incident_report_month",
    "incident_reports_month": "incident_report_month",
    "incident_month": "incident_report_month",
    "incident_action_ower": "incident_action_owner",
    "incident_actions_key": "incident_action_key",
    "incident_action_status": "incident_action_state",
    "incident_action_date": "incident_action_due",
    "incident_action_ref": "incident_action_reference",
    "incident_action_refrence": "incident_action_reference",
    "incident_undo_time": "incident_undo_at",
    "incident_head": "incident_heads",
    "incident_join_with": "incident_join_within",
    "incident_joins_within": "incident_join_within",
    "incident_setle": "incident_settle",
    "runbook_awx_urls": "runbook_awx_url",
    "runbook_awxurl": "runbook_awx_url",
    "runbook_awx": "runbook_awx_url",
    "runbook_awx_address": "runbook_awx_url",
    "awx_setup_object": "awx_setup_objects",
    "awx_setup_rebuilt": "awx_setup_rebuild",
    "awx_set_up_objects": "awx_setup_objects",
    "runbook_foureyes": "runbook_four_eyes",
    "runbook_four_eye": "runbook_four_eyes",
    "runbook_4_eyes": "runbook_four_eyes",
    "runbook_4eyes": "runbook_four_eyes",
    "incident_only_aproved": "incident_only_approved",
    "incident_approved_only": "incident_only_approved",
    "runbook_promtheus": "runbook_prometheus",
    "runbook_prometheus_header": "runbook_prometheus_headers",
    "runbook_prometheus_url": "runbook_prometheus",
    "runbook_objective": "runbook_objectives",
    "runbook_busines": "runbook_business",
    "runbook_chart": "runbook_charts",
    "runbook_public_word": "runbook_public_words",
    "runbook_sites": "runbook_site",
    "runbook_incident_users": "runbook_incident_user",
    "runbook_incident_groups": "runbook_incident_group",
}
# Settings of a mitigation, named after the playbook that was typed: ignored, the act would be larger than was meant.
MISSPELT_AFTER_PLAYBOOKS = {
    "db_lock_contention_limit": "unblock_sessions_limit",
    "db_lock_contention_approval": "runbook_approval",
    "db_lock_contention_aproval": "runbook_approval",
    "db_lock_contention_exclude_roles": "runbook_exclude_roles",
    "db_lock_contention_exclude_application": "runbook_exclude_applications",
    "db_lock_contention_spare_roles": "unblock_sessions_exclude_roles",
    "db_lock_contention_min_waiting": "unblock_sessions_min_waiting",
    "db_lock_contention_max_victims": "unblock_sessions_max_terminations",
    "db_connection_exhaustion_limit": "end_sessions_limit",
    "db_session_cancel_grace": "end_sessions_grace",
    "service_restart_services": "restart_services_services",
    "service_restart_service": "restart_services_services",
    "service_restart_which": "restart_services_which",
    "service_scale_replicas": "scale_services_replicas",
    "service_scale_service": "scale_services_service",
    "release_rollback_to": "roll_back_release_to",
    "container_start_stop_containers": "switch_containers_containers",
}


@pytest.mark.parametrize(
    ("typed", "meant"), [*MISSPELT.items(), *MISSPELT_OF_PEOPLE.items(), *MISSPELT_AFTER_PLAYBOOKS.items()]
)
def test_a_misspelt_name_is_refused_with_the_one_that_was_meant(typed, meant):
    ((unknown),) = unknown_names([typed], Own())
    assert unknown["meant"] == meant


def test_what_is_proposed_is_known_and_no_known_name_is_refused():
    assert set(RENAMED.values()) <= KNOWN
    assert unknown_names(SETTINGS, Own()) == []
    assert not set(RENAMED) & KNOWN


# Names of other software, of group variables, facts and magic, and of a site's own.
FOREIGN = [
    "ansible_user", "ansible_become", "awx_job_id", "tower_user_name", "postgres_version", "postgresql_port",
    "disk_space_warning", "disk_space_threshold", "high_cpu_alert_receiver", "service_restart_window", "backup_host",
    "compose_project", "environment", "nginx_worker_processes", "db_host", "db_session_timeout", "triaged",
    "incidents_channel", "undo_tablespace", "node_exporter_version", "runbooks", "services", "roles_path",
    "session_limit", "index_name", "proxy_url", "hosts", "preflight_url", "announcement_channels", "oncall_phone",
    "on_call_rotation", "awx_host", "awx_setup_token_file", "people", "business_hours", "status_page_url",
    "slack_token", "disk_space_limit", "high_cpu_limit", "high_memory_limit", "service_restart_command",
    "db_lock_contention_page", "payment_outage_page_url", "db_session_cancel_wiki",
    "network_connectivity_url", "high_cpu_threshold",
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_name_of_something_else_is_left_alone(name):
    assert unknown_names([name], Own()) == []


@pytest.mark.parametrize(
    ("name", "own"),
    [
        pytest.param("incident_channel", Own(names=["incident_channel"]), id="listed"),
        pytest.param("runbook_mail_to", Own(names=["runbook_mail_*"]), id="listed by its begin"),
        pytest.param("incident_pager_key", Own(roles=["incident_pager"]), id="of a role of the site"),
        pytest.param(
            "triage_channel", Own(roles=["triage"], texts=["triage_channel: x"]), id="of a role with a name of ours"
        ),
        pytest.param("incident_bot_token", Own(roles=["acme.incident_bot"]), id="of a role of Galaxy"),
        pytest.param("incident_bot_token", Own(roles=["incident-bot"]), id="of a role with a dash"),
        pytest.param(
            "triage_port", Own(roles=["acme.triage"], texts=["p: '{{ triage_port }}'"]), id="of one of Galaxy"
        ),
        pytest.param("runbook_secret_name", Own(texts=["{{ runbook_secret_name }}"]), id="used by another variable"),
    ],
)
def test_what_is_the_sites_own_is_left_alone(name, own):
    assert unknown_names([name], Own())
    assert unknown_names([name], own) == []


def test_a_slip_is_refused_also_where_the_site_has_a_role_of_that_name():
    assert unknown_names(["triage_service"], Own(roles=["triage"]))[0]["meant"] == "triage_services"


@pytest.mark.parametrize("name", INNER)
def test_what_roles_hand_to_each_other_is_not_set_by_a_site(name):
    """In the inventory it is ignored; as an extra variable it replaces what the run has found, also an open gate."""
    ((unknown),) = unknown_names([name], Own(typed=[name]))
    assert unknown["meant"] == ("runbook_approval" if name == "incident_approval" else "")
    said = "did you mean runbook_approval?" if unknown["meant"] else f"{name}: the run itself sets it"
    assert said in refusal([unknown])


def test_what_a_job_hands_to_the_next_one_is_let_through():
    assert unknown_names(PASSED_ON, Own(typed=PASSED_ON)) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("disk_space_free", "reclaim_disk_free"),
        ("high_cpu_limit", "end_sessions_limit"),
        ("db_session_cancel_pid", "db_session_cancel_session"),
    ],
)
def test_what_a_site_may_have_of_its_own_is_refused_where_it_is_typed_for_this_run(name, meant):
    assert unknown_names([name], Own()) == []
    assert unknown_names([name], Own(typed=[name]))[0]["meant"] == meant


@pytest.mark.parametrize(
    "name", ["runbook_limit", "role_settings_role", "runbook_wiki_page", "incident_manager_url", "triage_team"]
)
def test_the_prefix_alone_makes_no_name_alike(name):
    ((unknown),) = unknown_names([name], Own())
    assert unknown["meant"] == ""


def test_nothing_is_proposed_where_nothing_is_alike():
    ((unknown),) = unknown_names(["runbook_xyzzy_quux_frobnicate"], Own())
    assert unknown["meant"] == ""
    assert "no name of docs/variables.md is like it" in refusal([unknown])


def test_the_refusal_names_all_of_them_and_where_they_are():
    unknown = unknown_names(["runbook_aproval", "runbook_spare_roles"], Own())
    unknown[0]["place"] = "group_vars/all.yml, line 3"
    text = refusal(unknown)
    assert "runbook_aproval (group_vars/all.yml, line 3): did you mean runbook_approval?" in text
    assert "runbook_spare_roles is now runbook_exclude_roles" in text
    assert "Nothing was done." in text


def test_only_texts_with_a_template_are_uses_of_a_variable():
    assert list(texts_in({"a": ["{{ x }}", "x", 1], "b": {"c": "{% if y %}"}})) == ["{{ x }}", "{% if y %}"]


@pytest.mark.parametrize(
    ("left", "right", "edits"), [("abc", "abc", 0), ("abc", "acb", 1), ("", "abc", 3), ("ab", "b", 1)]
)
def test_counts_edits(left, right, edits):
    assert edits_between(left, right) == edits


def test_the_nearest_name_of_none():
    assert nearest("qqqqqqqq") == ""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("restart_services_aproval", "restart_services_approval"),
        ("build_index_aproval", "build_index_approval"),
        ("end_sessions_exclude_aplications", "end_sessions_exclude_applications"),
        ("unblock_sessions_min_wating", "unblock_sessions_min_waiting"),
        ("scale_services_replica", "scale_services_replicas"),
    ],
)
def test_a_role_whose_name_is_the_beginning_of_ours_excuses_nothing(name, meant):
    """Roles of every collection that is installed count as the site's."""
    own = Own(roles=["restart", "build", "end", "unblock", "scale", "other.scale"])
    assert [each["meant"] for each in unknown_names([name], own)] == [meant]


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("approval", "runbook_approval"),
        ("aproval", "runbook_approval"),
        ("exclude_roles", "runbook_exclude_roles"),
        ("exclude_applications", "runbook_exclude_applications"),
    ],
)
@pytest.mark.parametrize("playbook", ["high_cpu", "high_memory", "disk_space"])
def test_what_no_monitoring_has_is_not_taken_for_a_limit_of_the_site(playbook, setting, meant):
    """An approval that the site asks for must not be ignored."""
    refused = unknown_names([f"{playbook}_{setting}"], Own())
    assert [each["meant"] for each in refused] in ([meant], []), "one without that setting has none"
    assert refused or setting.startswith("exclude")
    for limit in ("limit", "threshold", "free", "min", "max", "window", "services", "warning"):
        assert unknown_names([f"{playbook}_{limit}"], Own()) == []
