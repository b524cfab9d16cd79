from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._awx.workflow import (
    approval_of,
    asked_for,
    lines_of,
    owners_of,
    why_not_approved,
    workflow_id_of,
    workflow_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import AwxError

from support.awx.api import (
    APPLY_JOB,
    APPROVAL,
    HAND_OVER_JOB,
    LOOK_JOB,
    PLAN_JOB,
    WORKFLOW,
    approval,
    job_in_workflow,
    node,
    nodes,
    nodes_unasked,
    schedule,
    workflow_job,
)


def workflow(rows=None, **job):
    listed = nodes() if rows is None else {"next": None, "results": rows}
    return workflow_of(workflow_job(**job), listed)


def test_the_workflow_of_a_job_and_who_started_it():
    assert workflow_id_of(job_in_workflow(APPLY_JOB)) == WORKFLOW
    assert workflow().started_by == "ada"
    assert workflow(started_by="", launch_type="scheduled").started_by == ""
    assert workflow().schedule == 0
    assert workflow(started_by="", launch_type="scheduled", schedule=9).schedule == 9


@pytest.mark.parametrize(
    ("launch_type", "known"),
    [("webhook", True), ("scheduled", False), ("manual", False), ("relaunch", False), ("", False), (None, False)],
)
def test_only_a_webhook_is_known_to_be_no_person(launch_type, known):
    assert (workflow(started_by="", launch_type=launch_type).why_unknown_who() == "") is known


@pytest.mark.parametrize("related", [None, {}, {"schedule": 9}, {"schedule": "/api/v2/schedules/x/"}, "schedules/9/"])
def test_what_names_no_schedule_is_none(related):
    assert workflow_of({**workflow_job(""), "related": related}, nodes()).schedule == 0


def test_who_made_and_who_changed_a_schedule_own_it():
    assert owners_of(schedule("bob", "ada")) == ["ada", "bob"]
    assert owners_of(schedule()) == []
    with pytest.raises(AwxError, match="the schedule"):
        owners_of({"detail": "Not found."})


def test_the_approval_before_a_job_and_the_jobs_before_the_approval():
    found = workflow()
    (gate,) = found.gates_of(APPLY_JOB)
    assert gate.job == APPROVAL
    assert found.jobs_before([gate]) == [PLAN_JOB, LOOK_JOB]


@pytest.mark.parametrize(
    "rows",
    [
        [node(1, PLAN_JOB, success_nodes=[3]), node(3, APPLY_JOB)],
        [node(2, APPROVAL, "workflow_approval", always_nodes=[3]), node(3, APPLY_JOB)],
        [node(2, APPROVAL, "workflow_approval", failure_nodes=[3]), node(3, APPLY_JOB)],
        [node(1, PLAN_JOB, failure_nodes=[3]), node(2, APPROVAL, "workflow_approval", success_nodes=[3]),
         node(3, APPLY_JOB)],
        [node(3, APPLY_JOB)],
    ],
)  # fmt: skip
def test_a_job_that_can_be_reached_without_an_approval_is_refused(rows):
    with pytest.raises(AwxError, match="without an approval"):
        workflow(rows).gates_of(APPLY_JOB)


def test_a_job_that_is_not_in_the_workflow_is_refused():
    with pytest.raises(AwxError, match="no node of the job 99"):
        workflow().gates_of(99)


@pytest.mark.parametrize(
    ("document", "state"),
    [
        (approval(), "approved"),
        (approval(status="failed"), "denied"),
        (approval(by="", status="failed", timed_out=True), "timed_out"),
        (approval(by="", status="pending"), "pending"),
        (approval(by="", status="canceled"), "canceled"),
        (approval(by="", status="error"), "error"),
        ({**approval(), "timed_out": None}, "successful"),
        ({**approval(), "failed": True}, "successful"),
    ],
)
def test_only_what_says_so_is_approved(document, state):
    found = approval_of(document, WORKFLOW)
    assert found.state == state
    assert (why_not_approved([found]) == "") is (state == "approved")


def test_an_approval_of_a_user_that_is_not_known_does_not_count():
    assert "does not say who approved" in why_not_approved([approval_of(approval(by=""), WORKFLOW)])
    deleted = {**approval(), "summary_fields": {**approval(by="")["summary_fields"], "approved_or_denied_by": None}}
    assert "does not say who approved" in why_not_approved([approval_of(deleted, WORKFLOW)])


@pytest.mark.parametrize(
    "document",
    [{}, {"summary_fields": []}, {"summary_fields": {"source_workflow_job": {}}},
     {"summary_fields": {"source_workflow_job": {"id": "41"}}},
     {"summary_fields": {"source_workflow_job": {"id": True}}}],
)  # fmt: skip
def test_an_answer_that_does_not_say_what_it_must_is_refused(document):
    with pytest.raises(AwxError, match="form of AWX 24"):
        workflow_id_of(document)
    with pytest.raises(AwxError, match="form of AWX 24"):
        approval_of({**approval(), **document}, WORKFLOW) if document else approval_of({}, WORKFLOW)


@pytest.mark.parametrize(
    "listed",
    [{}, {"results": {}}, {"results": ["x"]}, {"results": [{**node(1), "success_nodes": None}]},
     {"results": [{**node(1), "id": None}]}, {"next": "/api/v2/?page=2", "results": []}],
)  # fmt: skip
def test_a_list_of_nodes_that_is_none_or_not_whole_is_refused(listed):
    with pytest.raises(AwxError, match="form of AWX 24"):
        workflow_of(workflow_job(), listed)


def test_an_answer_of_another_id_is_refused():
    assert asked_for(workflow_job(), WORKFLOW, "the workflow")["id"] == WORKFLOW
    with pytest.raises(AwxError, match="asked for the workflow 42 it answered with 41"):
        asked_for(workflow_job(), 42, "the workflow")
    with pytest.raises(AwxError, match="form of AWX 24"):
        asked_for({"id": "41"}, WORKFLOW, "the workflow")


def test_nodes_of_another_workflow_and_a_part_of_the_nodes_are_refused():
    with pytest.raises(AwxError, match="not those of the workflow 41"):
        workflow_of(workflow_job(), nodes(workflow=WORKFLOW + 1))
    with pytest.raises(AwxError, match="form of AWX 24"):
        workflow_of(workflow_job(), {**nodes(), "count": 6})


def test_an_approval_of_another_workflow_is_refused():
    with pytest.raises(AwxError, match="form of AWX 24"):
        approval_of(approval(), WORKFLOW + 1)


def test_the_course_of_a_workflow_in_words():
    denied = approval_of(approval(by="bob", status="failed"), WORKFLOW)
    late = approval_of(approval(by="", status="failed", timed_out=True), WORKFLOW)
    assert lines_of(workflow(), [denied]) == ["the approval 'Approve the plan' was denied by bob"]
    assert lines_of(workflow(), [late]) == ["the approval 'Approve the plan' has timed out without an answer"]
    failed = workflow_of(workflow_job(), nodes(apply="failed"))
    assert lines_of(failed, []) == [f"the job {APPLY_JOB} (job {APPLY_JOB}) has ended as failed"]
    assert "neither" in lines_of(workflow(), [])[0]
    assert HAND_OVER_JOB not in [each.job for each in failed.failed()]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (nodes_unasked(), True),
        (nodes_unasked(look="error"), True),
        (nodes_unasked(plan="failed", look=""), False),
        (nodes_unasked(plan="failed"), False),
        (nodes_unasked(look="successful"), False),
        (nodes(), False),
        (nodes(plan="failed"), False),
        (nodes(approval="failed"), False),
        (nodes(apply="failed"), False),
    ],
)
def test_an_approval_that_was_not_asked_for_is_no_approval_that_was_denied(listed, expected):
    found = workflow_of(workflow_job(), listed)
    assert found.has_not_asked() is expected
    assert (lines_of(found, [])[0][:30] == "no approval was asked for, sin") is expected
