"""Templates of AWX for services, as jobs on the platform: a plan acts on nothing, what is approved is carried out."""

from __future__ import annotations

import json

import pytest
import yaml

from rehearsal import backend
from support.awx import api
from support.awx.api import APPLY_JOB, PLAN_JOB, Awx, running
from support.awx.workflow import PEOPLE, TEMPLATES, Workflow, unanswered
from support.modules import run_module

SCALE = "Runbook: scale a service, plan"
# What a required question without a default is answered with; all others stay as AWX sends them.
ANSWERS = {
    SCALE: {"scale_services_service": "backend", "scale_services_replicas": "2"},
    "Runbook: restart a service, plan": {"restart_services_services": "backend"},
    "Runbook: start or stop containers, plan": {"switch_containers_state": "stopped"},
    "Runbook: restart what is unhealthy, plan": {},
    "Runbook: high CPU, plan": {},
    "Runbook: high memory, plan": {},
    "Runbook: network, plan": {},
    "Runbook: payment outage, plan": {},
    "Runbook: disk space, plan": {},
    "Runbook: roll back a release, plan": {},
}
HOLDS = {name for name, answers in ANSWERS.items() if answers}  # a person asks for it, so that there is a plan


@pytest.fixture
def workflow(platform, tmp_path):
    """Its log is on another host than the controller, which each job throws away."""
    inventory = yaml.safe_load(platform.site.inventory.read_text())
    inventory["database"]["hosts"]["pafar"].update(
        runbook_people=PEOPLE, runbook_incident_log=str(tmp_path), runbook_awx_url="https://awx.example.org"
    )
    inventory["incident_log"] = {"hosts": {"log": {"ansible_connection": "local"}}}
    with running(Awx()) as awx:
        yield Workflow(inventory, awx)
    backend.put_right(platform)


def kinds(folder, *wanted):
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
    return [event for event in map(json.loads, lines) if event["kind"] in wanted]


def test_the_names_above_are_all_templates_for_services():
    of_services = {name for name, template in TEMPLATES.items() if name.endswith(", plan")
                   and not template["playbook"].startswith(("playbooks/db_", "playbooks/undo"))}  # fmt: skip
    assert of_services == set(ANSWERS)


def test_a_scaling_is_planned_approved_and_applied(platform, workflow, tmp_path):
    planned = workflow.job(SCALE, PLAN_JOB, **unanswered(SCALE, **ANSWERS[SCALE]))
    assert planned.rc == 0, planned.output
    assert len(backend.replicas(platform)) == 1
    (held,) = kinds(tmp_path, "held")
    (digest,) = planned.artifacts["incident_plan_digest"].values()
    assert digest == held["note"]["plan"]["digest"]

    workflow.awx.documents = {"workflow_approvals": api.approval("ada")}
    refused = workflow.job("Runbook: apply", APPLY_JOB, **planned.artifacts)
    assert refused.rc != 0
    assert len(backend.replicas(platform)) == 1

    workflow.awx.documents = {}
    done = workflow.job("Runbook: apply", APPLY_JOB, **planned.artifacts)
    assert done.rc == 0, done.output
    assert len(backend.replicas(platform)) == 2
    assert [event["by"] for event in kinds(tmp_path, "approved")] == ["bob"]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.full("plans of AWX for services")) for name in ANSWERS if name != SCALE],
)
def test_a_plan_acts_on_nothing(platform, workflow, tmp_path, name):
    """With the answers that AWX sends where nothing is filled in."""
    before = {container.name: (container.id, container.started) for container in platform.containers()}
    answers = dict(ANSWERS[name])
    if "switch_containers_state" in answers:
        (answers["switch_containers_containers"],) = (c.name for c in platform.containers() if c.service == "nginx")
    if "roll back" in name:  # to what runs, so that there is a release to go back to and nothing to do
        state = str(platform.site.folder / "snapshots")
        assert "msg" not in run_module("compose_snapshot", project=platform.site.project, state_dir=state)
    done = workflow.job(name, PLAN_JOB, **unanswered(name, **answers))
    assert done.rc == 0, done.output
    assert {container.name: (container.id, container.started) for container in platform.containers()} == before
    assert kinds(tmp_path, "intended", "mitigated") == []
    assert bool(kinds(tmp_path, "held")) == (name in HOLDS), done.output
