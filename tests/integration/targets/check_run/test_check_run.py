"""check_run on real inventories: what it reads where, and what it leaves alone."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from support.servers import ROOT


class Folder:
    """An inventory of files, and one run over it."""

    def __init__(self, path):
        self.path = path

    def write(self, name, value):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def check(self, *options, play=None, **arguments):
        task = {"pafar.runbook.check_run": arguments, "run_once": True, "register": "incident_answer"}
        self.write("play.yml", [{"hosts": "all:localhost", "gather_facts": False, "tasks": [task], **(play or {})}])
        argv = ["ansible-playbook", "-i", str(self.path / "hosts.yml"), str(self.path / "play.yml"), *options]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "HOME": str(self.path)}
        done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    made.write("hosts.yml", {"database": {"hosts": {"db1": {}}}, "services": {"hosts": {"web1": {}}}})
    return made


PLACES = {
    "group_vars/all.yml": {"runbook_aproval": "always"},
    "group_vars/database.yml": {"unblock_sessions_limits": 3},
    "host_vars/db1.yml": {"incident_severty": "P1"},
}


def test_names_every_misspelt_variable_of_the_hosts_with_its_place(folder):
    for name, value in PLACES.items():
        folder.write(name, value)
    folder.write("group_vars/services.yml", {"restart_services_limt": 1})
    rc, text = folder.check("-e", "runbook_spare_application=['pafar-web']", pattern="database")
    assert rc == 2
    for said in (
        "did you mean runbook_approval?", "did you mean unblock_sessions_limit?", "did you mean incident_severity?",
        "runbook_spare_application (extra variable): did you mean runbook_exclude_applications?", "group_vars/all.yml",
    ):  # fmt: skip
        assert said in text, said
    assert "restart_services_limt" not in text, "of hosts that are not in this run"
    rc, text = folder.check(pattern="database", whole_inventory=True)
    assert (rc, "did you mean restart_services_limit?" in text) == (2, True)


def test_what_would_be_ignored_or_would_replace_a_result_of_the_run_is_refused(folder):
    """A limit that is named after the playbook, a rule of the gate in the inventory, and a gate that is given."""
    folder.write("group_vars/database.yml", {"db_lock_contention_limit": 1, "incident_approval": "always"})
    rc, text = folder.check("-e", '{"incident_gate": {"open": true}}', pattern="database")
    assert rc == 2
    for said in (
        "db_lock_contention_limit (", "did you mean unblock_sessions_limit?", "incident_approval (",
        "did you mean runbook_approval?", "incident_gate (extra variable): the run itself sets it",
    ):  # fmt: skip
        assert said in text, said


def test_hosts_that_are_chosen_in_the_inventory_are_refused_since_others_would_be_acted_on(folder):
    folder.write("hosts.yml", {"database": {"hosts": {"db1": {}, "db2": {"runbook_hosts": "db2"}}}})
    rc, text = folder.check(pattern="database")
    assert (rc, "has no effect in an inventory" in text) == (2, True), text
    rc, text = folder.check("-e", "runbook_hosts=db2", pattern="db2")
    assert rc == 0, text


def test_a_misspelt_key_is_refused_by_the_preflight_and_told_in_a_run(folder):
    folder.write("group_vars/all.yml", {"runbook_announce": {"slack": {"token": "x", "chanel": "ops"}}})
    folder.write("host_vars/web1.yml", {"runbook_compose": {"projct": "shop"}})
    extra = '{"runbook_postgres": {"login_prot": 5433}}'
    rc, text = folder.check("-e", extra, pattern="database", whole_inventory=True)
    said = (
        "runbook_announce.slack.chanel (", "group_vars/all.yml", "runbook_announce.slack.standing_channel?",
        "did you mean runbook_compose.project?",
        "runbook_postgres.login_prot (extra variable): did you mean runbook_postgres.login_port?",
    )  # fmt: skip
    assert rc == 2
    assert [words for words in said if words not in text] == []
    rc, text = folder.check(pattern="database")
    text = " ".join(text.split())
    assert (rc, "[WARNING]: Unknown keys: runbook_announce.slack.chanel (" in text) == (0, True), text
    assert "projct" not in text, "of a host that is not in this run"


def test_groups_facts_results_and_what_is_the_sites_own_are_no_misspelt_variables(folder):
    hosts = {
        "database": {"hosts": {"db1": {"incident_pager_key": 1, "runbook_secret": "x"}}},
        "incident_team": {"hosts": {"db1": {}}}, "runbook_hosts_old": {"hosts": {"db1": {}}},
        "triage_group": {"hosts": {"db1": {}}, "vars": {"triage_of_our_own": 1}},
    }  # fmt: skip
    folder.write("hosts.yml", hosts)
    folder.write("group_vars/all.yml", {
        "runbook_postgres": {"login_password": "{{ runbook_secret }}"}, "runbook_own_variables": ["triage_of_*"],
        "disk_space_warning": 80,
    })  # fmt: skip
    (folder.path / "roles/incident_pager/tasks").mkdir(parents=True)
    before = [
        {"ansible.builtin.set_fact": {"incident_found": 1, "runbook_fact": 2, "cacheable": True}},
        {"ansible.builtin.debug": {"msg": "x"}, "register": "runbook_result"},
    ]
    play = {"pre_tasks": before, "hosts": "database", "vars": {"incident_of_the_play": 1}}
    rc, text = folder.check(pattern="database", play=play)
    assert rc == 0, text


@pytest.mark.parametrize(
    ("options", "pattern", "says"),
    [
        ([], "databse", "No host matches databse, so nothing was done. Did you mean database?"),
        (["-l", "web1"], "database", "--limit web1 leaves none of the hosts of database (db1)"),
    ],
)
def test_no_host_is_one_paragraph(folder, options, pattern, says):
    rc, text = folder.check(*options, pattern=pattern)
    assert (rc, says in text) == (2, True), text


def test_an_empty_inventory_is_one_paragraph(folder):
    folder.write("hosts.yml", {"all": {}})
    rc, text = folder.check(pattern="database")
    assert (rc, "No host in the inventory (read: " in text) == (2, True), text


MARKED = "!unsafe 'incident_note_text': !unsafe '0123'\n!unsafe 'incident_id': !unsafe 'a1'\n"


def test_refuses_an_answer_that_ansible_has_changed(folder):
    """As AWX writes answers of a survey; ansible-core before 2.19 leaves them alone."""
    (folder.path / "answers").write_text(MARKED)
    rc, text = folder.check("-e", f"@{folder.path}/answers", pattern="database")
    assert rc == 2
    assert "incident_note_text was '0123' and has become the number 83" in text
    assert "Nothing was done." in text
    rc, text = folder.check("-e", f"@{folder.path}/answers", "-e", "incident_note_text=0123", pattern="database")
    assert rc == 0, "a later option wins"


def test_a_file_of_extra_variables_that_is_not_awx_s_is_left_alone(folder):
    for name, text in {"plain": "incident_note_text: 0123\n", "empty": "{}"}.items():
        (folder.path / name).write_text(text)
    rc, text = folder.check("-e", f"@{folder.path}/plain", pattern="database")
    assert rc == 0, text
    rc, text = folder.check("-e", f"@{folder.path}/empty", pattern="database")
    assert rc == 0, text


@pytest.mark.parametrize(
    "option", ["runbook_four_eyes=always", "runbook_pooler_password=...", "incident_plan_targets=1@x"]
)
def test_a_value_or_a_name_that_would_be_ignored_is_refused_in_a_run(folder, option):
    rc, text = folder.check("-e", option, pattern="database")
    assert (rc, option.partition("=")[0] in text, "Nothing was done" in " ".join(text.split())) == (2, True, True), text
    rc, text = folder.check("-e", "runbook_four_eyes=yes runbook_exclude_roles=secretary", pattern="database")
    assert rc == 0, text


def test_a_wrong_severity_and_a_wrong_container_are_refused_by_the_preflight_and_named_in_a_run(folder):
    folder.write(
        "group_vars/all.yml", {"triage_services": {"backend": "critical"}, "runbook_people": {"ada": {"slack": "U1"}}}
    )
    rc, text = folder.check(pattern="database")
    said = " ".join(text.split())
    assert rc == 0, text
    assert "triage_services.backend (" in said
    assert "runbook_people (" in said
    rc, text = folder.check(pattern="database", whole_inventory=True)
    assert (rc, "must be one of P0, P1, P2, P3" in " ".join(text.split())) == (2, True), text


def test_a_role_of_the_site_with_a_name_of_ours_excuses_what_it_reads(folder):
    folder.write(
        "group_vars/all.yml", {"incident_channel": "x", "runbook_own_variables": "runbook_mine, runbook_other"}
    )
    assert folder.check(pattern="database")[0] == 2
    folder.write("roles/incident/tasks/main.yml", [{"ansible.builtin.debug": {"msg": "{{ incident_channel }}"}}])
    folder.write("group_vars/database.yml", {"runbook_mine": 1, "runbook_other": 2})
    assert folder.check(pattern="database")[0] == 0
    folder.write("group_vars/database.yml", {"incident_bell": 1})
    assert folder.check(pattern="database")[0] == 2


@pytest.mark.parametrize("key", ["login_host", "host"])
def test_an_address_of_the_example_is_refused_under_each_name_of_the_option(folder, key):
    folder.write("group_vars/all.yml", {"runbook_postgres": {key: "db1.example.org"}})
    rc, text = folder.check(pattern="database")
    assert (rc, "Still as in the example inventory: db1 (db1.example.org)" in " ".join(text.split())) == (2, True), text
