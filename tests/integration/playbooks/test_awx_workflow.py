"""A workflow of AWX, job by job: plan, approval, apply exactly that plan. The log is on another host, and lasts."""

from __future__ import annotations

import pytest

from support.awx import api
from support.awx.api import APPLY_JOB, HAND_OVER_JOB, PLAN_JOB, WORKFLOW, Awx, running
from support.awx.workflow import PEOPLE, Workflow, unanswered
from support.clients import until
from support.scenes import lasting, row_storm


@pytest.fixture
def awx():
    with running(Awx()) as stand_in:
        yield stand_in


class LockWorkflow(Workflow):
    """Of the template for lock contention."""

    def __init__(self, site, awx):
        variables = {**site.variables, "unblock_sessions_max_share": 1.0, "runbook_people": PEOPLE,
                     "runbook_awx_url": "https://awx.example.org"}  # fmt: skip
        log = {"hosts": {"log": {"ansible_connection": "local"}}}
        super().__init__({"database": {"hosts": {"db": variables}}, "incident_log": log}, awx)
        self.site = site

    def plan(self):
        asked = {"runbook_hosts": "", "incident_id": "", "unblock_sessions_min_waiting": 1}
        return self.job("Runbook: lock contention, plan", PLAN_JOB, **asked)

    def apply(self, **artifacts):
        return self.job("Runbook: apply", APPLY_JOB, **artifacts)

    def events(self, *kinds):
        return [event for event in self.site.events() if event["kind"] in kinds]


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
    refused = workflow.apply(**old)
    assert refused.rc != 0
    assert "AWX hands over ffffffffffff" in refused.output

    awx.documents = {"workflow_approvals": api.approval("ada")}
    refused = workflow.apply(**planned.artifacts)
    assert refused.rc != 0
    assert "Ada Lovelace has asked for the approval and has given it" in refused.output
    assert workflow.holder.fate() == "alive"
    assert workflow.events("approved", "intended", "mitigated") == []

    awx.documents = {}
    done = workflow.apply(**planned.artifacts)
    assert done.rc == 0, done.output
    until(lambda: workflow.holder.fate() == "terminated")
    (approved,) = workflow.events("approved")
    assert (approved["by"], approved["note"]["digest"]) == ("bob", digest)
    assert [event["note"]["outcome"] for event in workflow.events("verified")] == ["recovered"]


def test_with_four_eyes_no_run_brings_its_own_approval_along(workflow):
    done = workflow.site.play(runbook_four_eyes=True, incident_approved_digest="abcdef012345")
    assert done.returncode != 0
    assert "This site wants the approval of another person (runbook_four_eyes)" in done.stdout
    assert workflow.holder.fate() == "alive"


def test_without_artifacts_the_plan_is_that_of_the_log_and_without_both_there_is_none(workflow, awx):
    planned = workflow.plan()
    assert planned.rc == 0, planned.output
    workflow.id = WORKFLOW + 1  # of this one the log holds nothing
    refused = workflow.apply(**planned.artifacts)  # and what AWX hands over is not enough
    assert refused.rc != 0
    assert f"holds no plan of the workflow {workflow.id}" in refused.output
    assert workflow.holder.fate() == "alive"
    workflow.id = WORKFLOW
    awx.job, awx.documents = HAND_OVER_JOB, {"workflow_approvals": api.approval("bob", "failed")}
    assert workflow.job("Runbook: hand over", HAND_OVER_JOB).rc != 0
    (event,) = workflow.events("handed_over")
    assert (event["by"], event["note"]["approval"]) == ("bob", "denied")
    assert event["note"]["message"] == "the approval 'Approve the plan' was denied by bob"
    awx.documents = {"workflow_approvals": api.approval("", "failed", timed_out=True)}
    assert workflow.job("Runbook: hand over", HAND_OVER_JOB).rc != 0
    event = workflow.events("handed_over")[-1]
    assert event["note"]["approval"] == "timed_out"
    assert event["note"]["message"] == "the approval 'Approve the plan' has timed out without an answer"
    awx.job, awx.documents = APPLY_JOB, {}
    done = workflow.apply()
    assert done.rc == 0, done.output
    until(lambda: workflow.holder.fate() == "terminated")
    assert [event["by"] for event in workflow.events("approved")] == ["bob"]


@pytest.mark.parametrize(
    "name",
    [
        "Runbook: one session, plan",
        pytest.param("Runbook: connection exhaustion, plan", marks=pytest.mark.full("plans of AWX for a database")),
        pytest.param("Runbook: slow database, plan", marks=pytest.mark.full("plans of AWX for a database")),
    ],
)
def test_the_other_plans_for_a_database_act_on_nothing(workflow, name):
    """With the answers that AWX sends where nothing is filled in; as job and, for people, in check mode."""
    one = {"db_session_cancel_session": str(workflow.holder.pid)} if name == "Runbook: one session, plan" else {}
    answers = unanswered(name, **one)
    done = workflow.job(name, PLAN_JOB, **answers)
    assert done.rc == 0, done.output
    assert workflow.events("intended", "mitigated") == []
    assert workflow.holder.fate() == "alive"
    if name == "Runbook: one session, plan":
        checked = workflow.job(name.removesuffix(", plan"), PLAN_JOB, check=True, **answers)
        assert checked.rc == 0, checked.output
        assert checked.artifacts["incident_plan_digest"] == done.artifacts["incident_plan_digest"]
