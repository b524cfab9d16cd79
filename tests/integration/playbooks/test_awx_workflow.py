"""A workflow of AWX, job by job: plan, approval, apply exactly that plan. The log is on another host, and lasts."""

from __future__ import annotations

import json
import subprocess

import pytest

from support.awx import api
from support.awx.api import APPLY_JOB, HAND_OVER_JOB, LOOK_JOB, PLAN_JOB, WORKFLOW, Awx, running
from support.awx.log_host import LOG, log_host
from support.awx.workflow import PEOPLE, Workflow, unanswered
from support.clients import until
from support.scenes import lasting, row_storm
from support.scope import ALL, left_out
from support.servers import ROOT

LOCKS = "Runbook: lock contention"
# What AWX answers -> what apply says, and does nothing. The other cases are tried with the module alone, in
# tests/integration/targets/awx_approval.
REFUSED = {
    "of who has asked": (
        {"workflow_approvals": api.approval("ada")}, {}, "Ada Lovelace has asked for the approval and has given it",
    ),
    "of a superuser who is no person of the site": (
        {"workflow_approvals": api.approval("admin")}, {}, "'admin' has approved, and belongs to no one person",
    ),
    "denied": ({"workflow_approvals": api.approval("bob", "failed")}, {}, "was denied by bob"),
    "timed out": (
        {"workflow_approvals": api.approval("", "failed", timed_out=True)}, {}, "has timed out without an answer",
    ),
    "500": ({}, {"workflow_approvals": api.BROKEN}, "HTTP 500"),
    "403": ({}, {"workflow_nodes": api.FORBIDDEN}, "HTTP 403"),
    "HTML": ({}, {"jobs": api.HTML}, "AWX"),
    "nothing": ({}, {"workflow_jobs": api.NOTHING}, "AWX"),
}  # fmt: skip
FIRST = ("of who has asked", "of a superuser who is no person of the site", "denied", "500")


@pytest.fixture
def awx():
    with running(Awx()) as stand_in:
        yield stand_in


class LockWorkflow(Workflow):
    """Of the template for lock contention."""

    def __init__(self, site, awx):
        self.home = site.folder / "log-host"
        variables = {**site.variables, "unblock_sessions_max_share": 1.0, "runbook_people": PEOPLE,
                     "runbook_awx_url": "https://awx.example.org", "runbook_incident_log": LOG,
                     "ansible_pipelining": True}  # fmt: skip
        hosts = {
            "database": {"hosts": {"db": variables}},
            "incident_log": {"hosts": {"log": log_host(self.home)}},
        }
        super().__init__(hosts, awx, answers=unanswered(LOCKS, unblock_sessions_min_waiting=1))

    def plan(self):
        return self.node(f"{LOCKS}, plan", PLAN_JOB)

    def look(self):
        return self.node("Runbook: plan to approve", LOOK_JOB)

    def apply(self, artifacts=None):
        return self.node("Runbook: apply", APPLY_JOB, artifacts)

    def hand_over(self):
        return self.node("Runbook: hand over", HAND_OVER_JOB)

    def events(self, *kinds):
        lines = [line for path in self.home.glob("incidents/*.jsonl") for line in path.read_text().splitlines()]
        return [event for event in map(json.loads, lines) if event["kind"] in kinds]

    @property
    def incident(self):
        (path,) = self.home.glob("incidents/*.jsonl")
        return path.stem


@pytest.fixture
def workflow(server, session, site, awx):
    """With a queue behind a session that is idle in transaction, whose end is the plan."""
    found = LockWorkflow(site, awx)
    found.holder, dummy = row_storm(server, session, 4)
    lasting(server, 1.2)
    return found


def test_what_is_approved_is_carried_out_and_nothing_else_is(workflow, awx):
    planned = workflow.plan()
    assert planned.rc == 0, planned.output
    assert workflow.holder.fate() == "alive"  # within the limit, and the gate is shut all the same
    (held,) = workflow.events("held")
    digest = held["note"]["plan"]["digest"]
    address = f"https://awx.example.org/#/jobs/workflow/{WORKFLOW}/output"
    assert held["note"]["made_in"] == {"workflow": WORKFLOW, "job": PLAN_JOB}
    assert planned.artifacts["incident_plan_digest"] == {"unblock_sessions@db": digest}
    end = planned.output[planned.output.index(f"plan {digest[:12]} of unblock_sessions on db:") :]
    assert "terminate" in end
    assert f"next: to approve exactly this plan: {address}" in end

    old = {**planned.artifacts, "incident_plan_digest": {"unblock_sessions@db": "f" * 64}}
    refused = workflow.apply(old)
    assert refused.rc != 0
    assert "AWX hands over ffffffffffff" in refused.output

    tried = list(REFUSED) if ALL else FIRST
    for name in tried:
        awx.documents, awx.faults, words = REFUSED[name]
        refused = workflow.apply(planned.artifacts)
        assert refused.rc != 0, name
        assert words in refused.output, name
        assert "Nothing was done." in refused.output, name
    left_out("answers of AWX to the last job of a workflow", len(REFUSED) - len(tried))
    assert workflow.holder.fate() == "alive"
    assert workflow.events("approved", "intended", "mitigated") == []

    awx.documents, awx.faults = {}, {}
    done = workflow.apply(planned.artifacts)
    assert done.rc == 0, done.output
    until(lambda: workflow.holder.fate() == "terminated")
    (approved,) = workflow.events("approved")
    assert (approved["by"], approved["note"]["digest"]) == ("bob", digest)
    assert [event["note"]["outcome"] for event in workflow.events("verified")] == ["recovered"]


def test_with_four_eyes_no_run_brings_its_own_approval_along(site, workflow):
    done = site.play(runbook_four_eyes=True, incident_approved_digest="abcdef012345")
    assert done.returncode != 0
    assert "This site wants the approval of another person (runbook_four_eyes)" in done.stdout
    assert workflow.holder.fate() == "alive"


def test_without_artifacts_the_plan_is_that_of_the_log_and_without_both_there_is_none(workflow, awx):
    awx.job, awx.documents = HAND_OVER_JOB, {"workflow_approvals": api.approval("", "failed", timed_out=True)}
    nothing = workflow.hand_over()  # as after a plan that held nothing
    assert nothing.rc == 0, nothing.output
    assert f"The log holds no plan of the workflow {WORKFLOW}, so that there was nothing to approve" in nothing.output
    awx.documents = {"workflow_nodes": api.nodes_unasked()}
    look = workflow.look()
    assert look.rc != 0, "so that no person is asked to approve nothing"
    assert f"holds no plan of the workflow {WORKFLOW} with an act, so that no approval is asked for" in look.output
    assert workflow.hand_over().rc == 0
    log_hosts = workflow.inventory["incident_log"]["hosts"]
    log_hosts["log"] = {**log_hosts["log"], "ansible_python_interpreter": "/no/python"}
    assert "could not be read: " in workflow.look().output
    assert workflow.hand_over().rc != 0, "of a log that cannot be read it is not known that it holds nothing"
    log_hosts["log"] = log_host(workflow.home)
    awx.documents = {"workflow_nodes": api.nodes_unasked(plan="failed", look="")}
    assert workflow.hand_over().rc != 0, "of a plan that failed it is not known that there was nothing"
    awx.job, awx.documents = APPLY_JOB, {}
    planned = workflow.plan()
    assert planned.rc == 0, planned.output
    assert workflow.look().rc == 0
    workflow.id = WORKFLOW + 1  # of this one the log holds nothing
    assert workflow.look().rc != 0
    refused = workflow.apply(planned.artifacts)  # and what AWX hands over is not enough
    assert refused.rc != 0
    assert f"holds no plan of the workflow {workflow.id}" in refused.output
    assert workflow.holder.fate() == "alive"
    workflow.id = WORKFLOW
    awx.job, awx.documents = HAND_OVER_JOB, {"workflow_approvals": api.approval("bob", "failed")}
    assert workflow.hand_over().rc != 0
    (event,) = workflow.events("handed_over")
    assert (event["by"], event["note"]["approval"]) == ("bob", "denied")
    assert event["note"]["message"] == "the approval 'Approve the plan' was denied by bob"
    awx.documents = {"workflow_approvals": api.approval("", "failed", timed_out=True)}
    assert workflow.hand_over().rc != 0
    event = workflow.events("handed_over")[-1]
    assert event["note"]["approval"] == "timed_out"
    assert event["note"]["message"] == "the approval 'Approve the plan' has timed out without an answer"
    awx.job, awx.documents = APPLY_JOB, {}
    done = workflow.apply()
    assert done.rc == 0, done.output
    until(lambda: workflow.holder.fate() == "terminated")
    assert [event["by"] for event in workflow.events("approved")] == ["bob"]


def test_of_a_log_that_cannot_be_read_it_is_not_said_that_it_holds_no_plan(site, awx):
    workflow = LockWorkflow(site, awx)
    workflow.inventory["incident_log"]["hosts"]["log"]["ansible_python_interpreter"] = "/no/python"
    refused = workflow.apply()
    assert refused.rc != 0
    assert "could not be read: " in refused.output
    assert f"it is not known which plan the workflow {WORKFLOW} of AWX has made. Nothing was done." in refused.output
    assert f"holds no plan of the workflow {WORKFLOW}" not in refused.output
    assert awx.asked == []


@pytest.mark.full("approvals with the survey of AWX for a database")
def test_a_person_approves_a_held_plan_with_the_survey(workflow):
    planned = workflow.plan()
    assert planned.rc == 0, planned.output
    (digest,) = planned.artifacts["incident_plan_digest"].values()
    named = {"incident_id": workflow.incident, "incident_approved_digest": digest}
    refused = workflow.alone("Runbook: approve", 50, "ada", **named)
    assert refused.rc != 0
    assert "Ada Lovelace has asked for the approval and has given it" in refused.output
    assert workflow.events("approved", "intended") == []
    done = workflow.alone("Runbook: approve", 51, "bob", **named)
    assert done.rc == 0, done.output
    until(lambda: workflow.holder.fate() == "terminated")
    assert [event["by"] for event in workflow.events("approved")] == ["bob"]


@pytest.mark.full("undos of AWX")
def test_an_undo_is_planned_approved_and_applied(server, site, awx, tmp_path):
    workflow = LockWorkflow(site, awx)
    workflow.inventory["database"]["hosts"]["db"]["runbook_postgres"] = server.login("postgres")
    act = {"role_settings_settings": [{"role": "app", "setting": "statement_timeout", "value": "5min"}],
           "role_settings_approval": "over_limit", "incident_by": "bob"}  # fmt: skip
    role = {"name": "Act", "ansible.builtin.include_role": {"name": "pafar.runbook.role_settings"}}
    (tmp_path / "act.yml").write_text(json.dumps([{"hosts": "database", "gather_facts": False, "tasks": [role]}]))
    (tmp_path / "hosts.json").write_text(json.dumps(workflow.inventory))
    argv = ["ansible-playbook", "-i", str(tmp_path / "hosts.json"), str(tmp_path / "act.yml"), "-e", json.dumps(act)]
    done = subprocess.run(argv, cwd=ROOT, env=site.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    settings = "SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole"
    assert server.value(settings) == 1

    workflow.answers = unanswered("Runbook: undo", incident_id=workflow.incident)
    refused = workflow.node("Runbook: undo, plan", PLAN_JOB)
    assert refused.rc != 0
    (mitigated,) = workflow.events("mitigated")
    assert f"-e incident_undo_at={mitigated['at']}" in refused.output, "it was the act of another person"
    workflow.answers["incident_undo_at"] = mitigated["at"]
    checked = workflow.alone("Runbook: undo", 50, check=True, **workflow.answers)
    planned = workflow.node("Runbook: undo, plan", PLAN_JOB)
    assert (checked.rc, planned.rc) == (0, 0), checked.output + planned.output
    assert checked.artifacts["incident_plan_digest"] == planned.artifacts["incident_plan_digest"]
    assert server.value(settings) == 1
    done = workflow.apply(planned.artifacts)
    assert done.rc == 0, done.output
    assert server.value(settings) == 0
    assert [event["by"] for event in workflow.events("approved")] == ["bob"]


@pytest.mark.parametrize(
    "name",
    [
        "Runbook: one session",
        pytest.param(LOCKS, marks=pytest.mark.full("plans of AWX for a database")),
        pytest.param("Runbook: connection exhaustion", marks=pytest.mark.full("plans of AWX for a database")),
        pytest.param("Runbook: slow database", marks=pytest.mark.full("plans of AWX for a database")),
    ],
)
def test_each_template_for_a_database_as_plan_check_and_run(server, workflow, name):
    """With the answers that AWX sends where nothing is filled in. The plan of a workflow and a check act on nothing and
    agree; a job that a person runs carries out what the site's rule does unasked, and holds the rest."""
    one = {
        "Runbook: one session": {"db_session_cancel_session": str(workflow.holder.pid)},
        LOCKS: {"unblock_sessions_min_waiting": 1},
    }
    workflow.answers = unanswered(name, **one.get(name, {}))
    if name == "Runbook: slow database":
        lasting(server, 31)  # else the queue has waited for too long only at the second look
    done = workflow.node(f"{name}, plan", PLAN_JOB)
    assert done.rc == 0, done.output
    checked = workflow.alone(name, 50, check=True, **workflow.answers)
    assert checked.rc == 0, checked.output
    assert workflow.events("intended", "mitigated") == []
    assert workflow.holder.fate() == "alive"
    digests = [job.artifacts.get("incident_plan_digest") or {} for job in (done, checked)]
    assert digests[0].items() <= digests[1].items()  # a guard is proposed for what lasts
    held = len(workflow.events("held"))
    ran = workflow.alone(name, 51, **workflow.answers)
    assert ran.rc == 0, ran.output
    if name in (LOCKS, "Runbook: slow database"):
        until(lambda: workflow.holder.fate() == "terminated")
        assert [event["note"]["outcome"] for event in workflow.events("verified")] == ["recovered"]
    else:  # one session is ended with an approval alone, and free slots are no cause of anything
        assert workflow.holder.fate() == "alive"
        assert workflow.events("mitigated") == []
        assert (len(workflow.events("held")) > held) == (name == "Runbook: one session")
