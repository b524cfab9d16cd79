"""What is typed wrong for a playbook of the incident: one paragraph that names the variable as it was typed."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.servers import ROOT

FORMS = "incident_postmortem_written is a dictionary with a text for each section"


class Typed:
    """One host, a log with one incident, and playbooks that act on it."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "incidents"
        variables = {"ansible_connection": "local", "runbook_incident_log": str(self.log)}
        (folder / "hosts.json").write_text(json.dumps({"database": {"hosts": {"db1": variables}}}))
        opening = {"hosts": ["db1"], "severity": "P1"}
        record({"log": str(self.log), "id": "a", "host": "db1", "opening": opening, "events": [NOTED]}, False)

    def play(self, name, *options, env=None, **extra):
        argv = ["ansible-playbook", "-i", str(self.folder / "hosts.json"), f"playbooks/{name}.yml", *options]
        environment = {**os.environ, "HOME": str(self.folder), "PWD": str(self.folder), "ANSIBLE_NOCOLOR": "1"}
        environment.update(env or {})
        argv += ["-e", json.dumps({"incident_id": "a", **extra})]
        return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


NOTED = {"kind": "noted", "note": {"text": "x"}}


@pytest.fixture
def typed(tmp_path):
    return Typed(tmp_path)


@pytest.mark.parametrize(
    ("name", "extra", "says"),
    [
        ("incident_role", {"incident_role_action": "mallory"}, "incident_role_action is one of take, offer"),
        ("incident_resolve", {"incident_resolve_action": "close"}, "incident_resolve_action is one of identify"),
        ("incident_checklist", {"incident_checklist_action": "x" * 10_240}, "one of check, waive, not \'xxxxx"),
        ("incident_postmortem", {"incident_postmortem_written": "lessons"}, FORMS),
        ("incident_postmortem", {"incident_postmortem_action_items": "x"}, FORMS),
        ("incident_postmortem", {"incident_postmortem_action_items": [1]}, FORMS),
    ],
)  # fmt: skip
def test_it_is_refused_by_its_own_name_and_nothing_is_written(typed, name, extra, says):
    before = (typed.log / "a.jsonl").read_bytes()
    done = typed.play(name, **extra)
    assert done.returncode == 2
    (message,) = [line for line in done.stdout.splitlines() if line.startswith("fatal:")]
    assert says.replace("\\", "") in message
    assert "Nothing was written." in message
    assert len(message) < 600
    assert (typed.log / "a.jsonl").read_bytes() == before


def test_a_status_for_programs_without_a_name_of_a_file_has_one(typed):
    done = typed.play("incident_status", incident_status_json=True)
    assert done.returncode == 0, done.stdout
    assert [each["id"] for each in json.loads((typed.folder / "incident_status.json").read_text())["incidents"]] == [
        "a"
    ]


@pytest.mark.parametrize(
    ("options", "env"),
    [(["--tags", "facts"], {}), (["--skip-tags", "untagged"], {}), ([], {"ANSIBLE_RUN_TAGS": "facts"})],
)
def test_tags_that_leave_out_all_steps_are_refused(typed, options, env):
    done = typed.play("undo", *options, env=env)
    assert done.returncode == 2, done.stdout
    assert "leaves out all of them. Nothing was done. Run it without that option" in done.stdout


def test_tags_of_another_part_of_a_site_s_playbook_are_not(typed):
    part = {"hosts": "all", "gather_facts": False, "tasks": [{"name": "Part", "debug": {"msg": "x"}, "tags": ["part"]}]}
    ours = {"ansible.builtin.import_playbook": str(ROOT / "playbooks/undo.yml")}
    (typed.folder / "site.yml").write_text(json.dumps([part, ours]))
    argv = ["ansible-playbook", "-i", str(typed.folder / "hosts.json"), str(typed.folder / "site.yml")]
    done = subprocess.run([*argv, "-t", "part"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run(argv, cwd=ROOT, capture_output=True, check=False).returncode == 2, "no incident was named"


def test_another_strategy_of_the_site_runs_a_playbook_once(typed):
    done = typed.play("incident_status", env={"ANSIBLE_STRATEGY": "free"})
    assert done.returncode == 0, done.stdout
    assert "run_once" not in done.stdout + done.stderr
