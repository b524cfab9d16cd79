"""Answers of surveys in real jobs: what ansible-core makes of them, and what the playbooks make of that."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from support.awx.jobs import meta_variables, run_job, variables_file
from support.awx.log_host import LOG, log_host
from support.awx.objects import arrived, read
from support.awx.workflow import sends_empty
from support.scope import ALL, left_out

TABLE = ["0123", "2026-11-23", "14:40", "+2", "", "yes", ["15", "16"], "web, worker", "14:40 UTC", "1.10", "null", "0",
         "key: value", "# x", "'x'", "- x", "2026-11-23T14:56:35Z"]  # fmt: skip
TEMPLATES = {template["name"]: template for template in read()["awx_job_templates"]}
NAMED = "the id of the incident"
CHECKLIST = ("postmortem_scheduled", "root_cause_analysed", "action_items_assigned", "runbooks_updated",
             "monitoring_improved", "customers_informed", "lessons_shared")  # fmt: skip
# Of the incident log alone, in an order in which each has what it needs. What a required question is answered with.
JOBS = {
    "Runbook: report": {
        "incident_act_text": "4711",
        "incident_act_reported_by": "support",
        "incident_act_noticed_at": "00:01 UTC",
    },
    "Runbook: severity": {"incident_act_severity": "P2", "incident_act_reason": "2026-11-23"},
    "Runbook: role": {"incident_role_action": "take", "incident_act_role": "technical_lead"},
    "Runbook: note": {"incident_note_text": "2026-11-23", "incident_note_at": "2026-11-23T14:56:35Z"},
    "Runbook: acknowledge": {},
    "Runbook: update": {"incident_act_text": "key: value # x", "incident_act_audience": "inside"},
    "Runbook: status": {"incident_status_closed": "yes"},
    "Runbook: incidents": {},
    "Runbook: verify the log": {},
    "Runbook: report of a month": {"incident_report_month": "2026-11"},
    "Runbook: report of the month before": {},
    "Runbook: on call": {"oncall_at": "2026-11-23T14:56:35Z"},
    "Runbook: menu": {},
    "Runbook: announce": {},
    "Runbook: tick": {},
    "Runbook: triage": {},
    "Runbook: preflight": {"preflight_strict": "no"},
    "Runbook: action item": {
        "incident_id": NAMED,
        "incident_action_key": "15",
        "incident_action_text": "2026-11-23",
        "incident_action_owner": "web, worker",
        "incident_action_due": "2026-12-01",
        "incident_action_state": "open",
    },
    "Runbook: post-mortem": {
        "incident_id": NAMED,
        "incident_postmortem_views": ["internal", "public"],
        "incident_postmortem_section": "lessons",
        "incident_postmortem_text": "key: value",
    },
    "Runbook: resolve": {"incident_resolve_action": "resolve", "incident_act_reason": "1.5"},
    "Runbook: checklist": {
        "incident_id": NAMED,
        "incident_act_item": ",".join(CHECKLIST),
        "incident_checklist_action": "waive",
        "incident_act_reason": "20%",
    },
    "Runbook: close": {"incident_id": NAMED, "incident_act_reason": "web"},
}
FIRST = ("Runbook: report", "Runbook: note")  # of which a run of part of them has all forms


def test_core_makes_of_an_answer_what_the_tests_of_all_templates_take_it_for(tmp_path):
    given = {f"answer_{number}": answer for number, answer in enumerate(TABLE)}
    (tmp_path / "extravars").write_text(variables_file(given, {"of_the_template": "0123"}, {}))
    shown = "{{ dict(names | zip(names | map('extract', vars))) | to_json }}"
    names = [*given, "of_the_template"]
    task = {"ansible.builtin.debug": {"msg": shown}, "vars": {"names": names}}
    (tmp_path / "p.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    done = subprocess.run(
        ["ansible-playbook", "p.yml", "-e", "@extravars"], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if '"msg": ' in line)
    found = json.loads(json.loads("{" + line.strip() + "}")["msg"])
    meant = {name: arrived(value) for name, value in given.items()}
    assert found == {**json.loads(json.dumps(meant, default=lambda day: day.isoformat())), "of_the_template": "0123"}


def asked(template, answered):
    """An answer to each question: that of the table above, else empty or the default, as AWX sends them."""
    answers = {
        question["variable"]: question.get("default", "")
        for question in template.get("survey", [])
        if sends_empty(question)
    }
    assert set(answered) <= {question["variable"] for question in template.get("survey", [])}
    return {**answers, **answered}


def test_answers_of_every_kind_are_taken_by_jobs_of_the_incident_log(tmp_path):
    home = tmp_path / "log-host"
    host = {"ansible_connection": "local", "runbook_incident_log": LOG}
    inventory = {"database": {"hosts": {"db": host}}, "incident_log": {"hosts": {"log": log_host(home)}}}
    names = [name for name in JOBS if ALL or name in FIRST]
    for number, name in enumerate(names, 100):
        template, answered = TEMPLATES[name], dict(JOBS[name])
        if answered.get("incident_id") == NAMED:
            answered["incident_id"] = next(home.glob("incidents/*user_report*.jsonl")).stem
        job = run_job(
            template["playbook"].removeprefix("playbooks/").removesuffix(".yml"),
            inventory,
            launched=asked(template, answered),
            template=template.get("extra_vars"),
            meta=meta_variables(number),
        )
        assert job.rc == 0, f"{name}: {job.output}"
    left_out("jobs of AWX with the answers of their surveys", len(JOBS) - len(names))
    (log,) = home.glob("incidents/*user_report*.jsonl")  # a triage has a log of its own
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert {event["by"] for event in events} == {"ada"}
    (note,) = [event for event in events if event["note"].get("done_at")]
    assert note["note"] == {"text": "2026-11-23", "done_at": "2026-11-23T14:56:35.000000Z"}


@pytest.mark.parametrize("name", JOBS)
def test_every_required_question_is_answered_above(name):
    required = {question["variable"] for question in TEMPLATES[name].get("survey", []) if question["required"]}
    defaults = {question["variable"] for question in TEMPLATES[name].get("survey", []) if "default" in question}
    assert required - defaults <= set(JOBS[name])


def test_every_template_is_run_as_a_job():
    """Here, or in test_awx_workflow.py and platform/test_awx_services.py: mitigations, and nodes of workflows."""
    elsewhere = {name for name in TEMPLATES if f"{name}, plan" in TEMPLATES or name.endswith(", plan")}
    of_workflows = {"Runbook: approve", "Runbook: apply", "Runbook: hand over", "Runbook: plan to approve"}
    assert {*JOBS, *elsewhere, *of_workflows} == set(TEMPLATES)
