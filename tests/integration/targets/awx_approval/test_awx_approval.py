"""Who approved is asked of AWX's API. Only another person's approval counts; what AWX does not say is no approval."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._awx.io.asked import approval_report
from ansible_collections.pafar.runbook.plugins.module_utils._awx.options import AWX_APPROVAL_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError

from support.awx import api
from support.awx.api import APPLY_JOB, HAND_OVER_JOB, LOOK_JOB, PLAN_JOB, WORKFLOW, Awx, running
from support.modules import run_module

PEOPLE = [
    {"name": "Ada Lovelace", "mail": "ada@example.org", "awx_user": "ada, ada-admin"},
    {"name": "Bob Berg", "mail": "bob@example.org", "awx_user": "bob"},
    {"name": "Root", "mail": "root@example.org", "awx_user": "admin"},
]


@pytest.fixture
def awx():
    with running(Awx()) as stand_in:
        yield stand_in


def options_for(awx, **options):
    return {
        "job": APPLY_JOB, "workflow": WORKFLOW, "requesters": ["ada"], "people": PEOPLE, "four_eyes": True,
        "host": awx.address, "token": api.TOKEN, "timeout": 10, **options,
    }  # fmt: skip


def ask(awx, **options):
    """What the module returns, without the start of a process."""
    given = {name: option.get("default") for name, option in AWX_APPROVAL_ARGS.items()}
    try:
        return {"failed": False, **approval_report({**given, **options_for(awx, **options)})}
    except RunbookError as error:
        return {"failed": True, "msg": str(error), "error": type(error).__name__, **error.details}


def test_the_module_takes_address_and_token_from_the_credential_of_the_job(awx, monkeypatch):
    for name, value in awx.environment().items():
        monkeypatch.setenv(name, value)
    given = {name: value for name, value in options_for(awx).items() if name not in ("host", "token")}
    assert run_module("awx_approval", **given)["approver"] == "bob"
    awx.documents = {"workflow_approvals": api.approval("ada")}
    assert "Ada Lovelace has asked" in run_module("awx_approval", **given)["msg"]


def test_another_person_s_approval_counts(awx):
    done = ask(awx)
    assert (done["approved"], done["state"], done["refusal"]) == (True, "approved", "")
    assert (done["approver"], done["person"], done["requesters"]) == ("bob", "Bob Berg", ["ada"])
    assert (done["workflow"], done["jobs"]) == (WORKFLOW, [PLAN_JOB, LOOK_JOB])
    assert len(awx.asked) == 4


@pytest.mark.parametrize(
    ("by", "started_by", "words"),
    [
        ("ada", "ada", "Ada Lovelace has asked for the approval and has given it"),
        ("ada-admin", "ada", "Ada Lovelace has asked"),
        ("admin", "admin", "Root has asked"),
        ("stranger", "ada", "'stranger' has approved, and belongs to no one person"),
        ("bob", "stranger", "'stranger' has asked"),
    ],
)
def test_the_same_person_s_does_not_whatever_the_account(awx, by, started_by, words):
    awx.documents = {"workflow_approvals": api.approval(by), "workflow_jobs": api.workflow_job(started_by)}
    done = ask(awx, requesters=[started_by])
    assert done["failed"]
    assert words in done["msg"]
    assert done["msg"].endswith("Nothing was done.")
    assert (done["error"], done["approved"]) == ("ApprovalRefused", False)


def test_a_superuser_may_approve_for_another_person(awx):
    awx.documents = {"workflow_approvals": api.approval("admin")}
    assert ask(awx)["person"] == "Root"


def test_where_the_site_does_not_want_four_eyes_the_approver_is_recorded_all_the_same(awx):
    awx.documents = {"workflow_approvals": api.approval("ada")}
    done = ask(awx, four_eyes=False)
    assert (done["approved"], done["approver"]) == (True, "ada")


def test_what_a_webhook_has_started_no_person_has_asked_for(awx):
    awx.documents = {"workflow_jobs": api.workflow_job("", "webhook")}
    assert ask(awx, requesters=["root"])["requesters"] == []
    assert len(awx.asked) == 4


@pytest.mark.parametrize("launch_type", ["scheduled", "manual", "relaunch", "workflow", ""])
def test_where_awx_names_neither_a_user_nor_a_schedule_who_has_asked_is_not_known(awx, launch_type):
    """AWX drops the name of what was deleted, and the approver may be who deleted it."""
    awx.documents = {"workflow_jobs": api.workflow_job("", launch_type)}
    done = ask(awx, requesters=["root"])
    assert (done["error"], done["approved"]) == ("ApprovalRefused", False)
    assert "AWX does not say who has started the workflow" in done["msg"]
    assert done["msg"].endswith("Start it again. Nothing was done.")
    assert ask(awx, requesters=["root"], four_eyes=False)["approved"]


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (api.schedule(), "AWX does not say who has started the workflow"),  # its users were deleted
        (api.schedule("ada"), ""),
        (api.schedule("bob"), "Bob Berg has asked for the approval and has given it"),
        (api.schedule("ada", "bob"), "Bob Berg has asked for the approval and has given it"),
        (api.schedule("loader"), "'loader' has asked for the approval, and belongs to no one person"),
        ({"detail": "Not found."}, "does not have the form of AWX 24"),
    ],
)
def test_who_made_a_schedule_has_asked_for_what_it_starts(awx, schedule, words):
    """Who may start a workflow may make a schedule for it, and could approve it: AWX says that no person started it."""
    awx.documents = {"workflow_jobs": api.workflow_job("", "scheduled", api.SCHEDULE), "schedules": schedule}
    done = ask(awx, requesters=["root"])
    assert done["failed"] is bool(words)
    assert words in done.get("msg", "")
    assert ask(awx, requesters=["root"], four_eyes=False)["approved"]


@pytest.mark.parametrize("fault", [api.FORBIDDEN, api.BROKEN, api.HTML])
def test_a_schedule_that_cannot_be_asked_for_is_refused(awx, fault):
    awx.documents = {"workflow_jobs": api.workflow_job("", "scheduled", api.SCHEDULE)}
    awx.faults = {"schedules": fault}
    assert ask(awx)["error"] == "AwxError"
    assert ask(awx, four_eyes=False)["approved"]


@pytest.mark.parametrize("four_eyes", [True, False])
@pytest.mark.parametrize(
    ("document", "words"),
    [
        (api.approval("bob", "failed"), "was denied by bob"),
        (api.approval("", "failed", timed_out=True), "has timed out without an answer"),
        (api.approval("", "pending"), "is pending"),
        (api.approval("", "canceled"), "was canceled"),
        (api.approval(""), "does not say who approved"),
    ],
)
def test_what_is_no_approval_does_not_count(awx, document, words, four_eyes):
    awx.documents = {"workflow_approvals": document}
    done = ask(awx, four_eyes=four_eyes)
    assert done["failed"]
    assert words in done["msg"]


@pytest.mark.parametrize("fault", api.FAULTS)
@pytest.mark.parametrize("path", api.PATHS)
def test_what_cannot_be_asked_is_refused_with_four_eyes_and_without(awx, path, fault):
    awx.faults = {path: fault}
    for four_eyes in (True, False):
        done = ask(awx, four_eyes=four_eyes, timeout=0.2 if fault in api.LATE else 10)
        assert done["failed"]
        assert done["error"] == "AwxError"
        assert "Nothing was done." in done["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": ""}, "no address of it is known"),
        ({"host": "http://127.0.0.1:1"}, "could not be asked for jobs/44/"),
        ({"host": "ftp://127.0.0.1"}, "AWX "),
        ({"token": "wrong"}, "HTTP 401"),
        ({"job": 0}, "HTTP 404"),
        ({"job": 99}, "HTTP 404"),
        ({"workflow": 40}, "belongs to the workflow 41 and not to 40"),
    ],
)
def test_an_address_a_token_or_a_job_that_is_wrong_is_refused(awx, options, words):
    done = ask(awx, **options)
    assert done["failed"]
    assert words in done["msg"]


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("jobs", api.job_in_workflow(APPLY_JOB + 1)),
        ("workflow_jobs", {**api.workflow_job(), "id": WORKFLOW + 1}),
        ("workflow_nodes", api.nodes(workflow=WORKFLOW + 1)),
        ("workflow_nodes", {**api.nodes(), "count": 6}),
        ("workflow_approvals", {**api.approval(), "id": api.APPROVAL + 1}),
        ("schedules", {**api.schedule("ada"), "id": api.SCHEDULE + 1}),
    ],
)
def test_the_answer_to_another_question_is_refused(awx, path, document):
    """Such as of a cache before AWX."""
    scheduled = {"workflow_jobs": api.workflow_job("", "scheduled", api.SCHEDULE)} if path == "schedules" else {}
    awx.documents = {**scheduled, path: document}
    assert ask(awx)["error"] == "AwxError"


SECOND = 143  # another approval, by whose success the job is reached too


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (api.approval("bob"), api.approval("admin"), ""),
        (api.approval("ada"), api.approval("bob"), "Ada Lovelace has asked"),
        (api.approval("bob"), api.approval("ada-admin"), "Ada Lovelace has asked"),
        (api.approval("bob"), api.approval("stranger"), "'stranger' has approved"),
        (api.approval("bob"), api.approval("", "pending"), "is pending"),
        (api.approval("", "failed", timed_out=True), api.approval("bob"), "has timed out"),
    ],
)
def test_of_two_approvals_each_must_be_another_person_s(awx, first, second, words):
    listed = api.nodes()
    listed["results"].append(api.node(6, SECOND, "workflow_approval", success_nodes=[3]))
    listed["count"] += 1
    awx.documents = {
        "workflow_nodes": listed,
        "workflow_approvals": first,
        f"workflow_approvals/{SECOND}": {**second, "id": SECOND},
    }
    done = ask(awx)
    assert done["failed"] is bool(words)
    assert words in done.get("msg", "")


@pytest.mark.parametrize("path", ["jobs", "workflow_jobs", "workflow_nodes", "workflow_approvals"])
@pytest.mark.parametrize("document", [[], "x", {}, {"results": None}, {"detail": "x"}])
def test_an_answer_of_another_form_is_refused(awx, path, document):
    awx.documents = {path: document}
    assert ask(awx)["error"] == "AwxError"


def test_without_a_workflow_to_start_the_run_is_to_approve(awx):
    assert ask(awx, workflow=0, by="bob")["approver"] == "bob"
    assert "Ada Lovelace has asked" in ask(awx, workflow=0, by="ada-admin")["msg"]
    assert awx.asked == []


@pytest.mark.parametrize(
    ("document", "state", "line"),
    [
        (api.approval("bob", "failed"), "denied", "the approval 'Approve the plan' was denied by bob"),
        (
            api.approval("", "failed", timed_out=True),
            "timed_out",
            "the approval 'Approve the plan' has timed out without an answer",
        ),
        (api.approval(), "approved", "the approval 'Approve the plan' was approved by bob"),
    ],
)
def test_the_course_of_a_workflow_that_is_handed_over(awx, document, state, line):
    awx.job, awx.documents = HAND_OVER_JOB, {"workflow_approvals": document}
    done = ask(awx, job=HAND_OVER_JOB, require=False, four_eyes=False)
    assert (done["state"], done["lines"]) == (state, [line])


def test_a_workflow_whose_plan_failed_has_no_approval(awx):
    awx.job = HAND_OVER_JOB
    failed = api.node(1, PLAN_JOB, status="failed", success_nodes=[2], failure_nodes=[4])
    rows = [failed, api.node(2, success_nodes=[3]), api.node(3), api.node(4, HAND_OVER_JOB, status="running")]
    awx.documents = {"workflow_nodes": {"next": None, "results": rows}}
    done = ask(awx, job=HAND_OVER_JOB, require=False, four_eyes=False)
    assert (done["approved"], done["state"]) == (False, "none")
    assert done["lines"] == ["the job 42 (job 42) has ended as failed"]
