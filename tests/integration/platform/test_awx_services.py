"""Templates of AWX for services, as jobs on the platform: a plan acts on nothing, what is approved is carried out."""

from __future__ import annotations

import json

import pytest
import yaml

from rehearsal import backend
from support.awx.api import APPLY_JOB, PLAN_JOB, Awx, running
from support.awx.log_host import LOG, log_host
from support.awx.workflow import PEOPLE, TEMPLATES, Workflow, unanswered
from support.modules import run_module
from support.scope import ALL, left_out

SCALE = "Runbook: scale a service"
UNDO = "Runbook: undo"
# What a required question without a default is answered with; all others stay as AWX sends them.
ANSWERS = {
    SCALE: {"scale_services_service": "backend", "scale_services_replicas": 2},
    "Runbook: restart a service": {"restart_services_services": "backend"},
    "Runbook: start or stop containers": {"switch_containers_state": "stopped"},
    "Runbook: restart what is unhealthy": {},
    "Runbook: high CPU": {},
    "Runbook: high memory": {},
    "Runbook: network": {},
    "Runbook: payment outage": {},
    "Runbook: disk space": {},
    "Runbook: roll back a release": {},
}
HOLDS = {name for name, answers in ANSWERS.items() if answers}  # a person asks for it, so that there is a plan


@pytest.fixture
def workflow(platform, tmp_path):
    """Its log is on another host than the controller, which each job throws away."""
    inventory = yaml.safe_load(platform.site.inventory.read_text())
    inventory["database"]["hosts"]["pafar"].update(
        runbook_people=PEOPLE, runbook_incident_log=LOG, runbook_awx_url="https://awx.example.org"
    )
    inventory["incident_log"] = {"hosts": {"log": log_host(tmp_path / "log-host")}}
    with running(Awx()) as awx:
        yield Workflow(inventory, awx)
    backend.put_right(platform)


def kinds(folder, *wanted):
    lines = [line for path in folder.rglob("*.jsonl") for line in path.read_text().splitlines()]
    return [event for event in map(json.loads, lines) if event["kind"] in wanted]


def test_the_names_above_are_all_templates_for_services():
    of_services = {name.removesuffix(", plan") for name, template in TEMPLATES.items() if name.endswith(", plan")
                   and not template["playbook"].startswith(("playbooks/db_", "playbooks/undo"))}  # fmt: skip
    assert of_services == set(ANSWERS)


def test_a_scaling_is_planned_approved_applied_and_undone(platform, workflow, tmp_path):
    """The undo is approved with the survey, by its digest."""
    workflow.answers = unanswered(SCALE, **ANSWERS[SCALE])
    planned = workflow.node(f"{SCALE}, plan", PLAN_JOB)
    assert planned.rc == 0, planned.output
    assert len(backend.replicas(platform)) == 1
    (held,) = kinds(tmp_path, "held")
    (digest,) = planned.artifacts["incident_plan_digest"].values()
    assert digest == held["note"]["plan"]["digest"]

    done = workflow.node("Runbook: apply", APPLY_JOB, planned.artifacts)
    assert done.rc == 0, done.output
    assert len(backend.replicas(platform)) == 2
    assert [event["by"] for event in kinds(tmp_path, "approved")] == ["bob"]

    if not ALL:
        left_out("undos of AWX", 1)
        return
    (log,) = tmp_path.rglob("*.jsonl")
    done_at = kinds(tmp_path, "mitigated")[-1]["at"]
    workflow.answers, workflow.id = unanswered(UNDO, incident_id=log.stem, incident_undo_at=done_at), workflow.id + 1
    undo = workflow.node(f"{UNDO}, plan", 60)
    assert undo.rc == 0, undo.output
    assert len(backend.replicas(platform)) == 2
    (digest,) = undo.artifacts["incident_plan_digest"].values()
    done = workflow.alone("Runbook: approve", 61, "bob", incident_id=log.stem, incident_approved_digest=digest)
    assert done.rc == 0, done.output
    assert len(backend.replicas(platform)) == 1


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.full("plans of AWX for services")) for name in ANSWERS if name != SCALE],
)
def test_each_template_as_plan_check_and_run(platform, workflow, tmp_path, name):
    """With the answers that AWX sends where nothing is filled in. The plan of a workflow and a check act on nothing and
    agree; a job that a person runs does what was asked for, and on a healthy platform nothing else."""
    before = {container.name: (container.id, container.started) for container in platform.containers()}
    answers = dict(ANSWERS[name])
    if "switch_containers_state" in answers:
        (answers["switch_containers_containers"],) = (c.name for c in platform.containers() if c.service == "nginx")
    if "roll back" in name:  # to what runs, so that there is a release to go back to and nothing to do
        state = str(platform.site.folder / "snapshots")
        assert "msg" not in run_module("compose_snapshot", project=platform.site.project, state_dir=state)
    workflow.answers = unanswered(name, **answers)
    done = workflow.node(f"{name}, plan", PLAN_JOB)
    assert done.rc == 0, done.output
    checked = workflow.alone(name, 50, check=True, **workflow.answers)
    assert checked.rc == 0, checked.output
    assert {container.name: (container.id, container.started) for container in platform.containers()} == before
    assert kinds(tmp_path, "intended", "mitigated") == []
    assert bool(kinds(tmp_path, "held")) == (name in HOLDS), done.output
    if name in HOLDS:
        assert checked.artifacts["incident_plan_digest"] == done.artifacts["incident_plan_digest"]
    ran = workflow.alone(name, 51, **workflow.answers)
    assert ran.rc == 0, ran.output
    after = {container.name: (container.id, container.started) for container in platform.containers()}
    changed = {container.service for container in platform.containers()
               if after[container.name] != before.get(container.name)}  # fmt: skip
    if "switch_containers_state" in answers:
        assert [c.state for c in platform.containers() if c.service == "nginx"] == ["exited"]
        back = workflow.alone(name, 52, **{**workflow.answers, "switch_containers_state": "started"})
        assert back.rc == 0, back.output
        assert [c.state for c in platform.containers() if c.service == "nginx"] == ["running"]
    else:
        assert changed == ({answers["restart_services_services"]} if name in HOLDS else set())
    assert len(kinds(tmp_path, "mitigated")) == (name in HOLDS) * (2 if "switch_containers_state" in answers else 1)
