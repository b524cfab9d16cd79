# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks AWX who approved in the workflow of a job, and judges whether that is enough. I/O; the judgement is pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..._core.errors import ApprovalRefused, AwxError
from ..._oncall.people import people_of, person_of
from ..four_eyes import why_not_another
from ..workflow import (
    APPROVED,
    NONE,
    NOT_ASKED,
    Approval,
    ApprovalReport,
    Workflow,
    approval_of,
    asked_for,
    lines_of,
    owners_of,
    why_not_approved,
    workflow_id_of,
    workflow_of,
)
from .controller import Controller

_MOST_NODES = 200  # of a page of AWX's API


def approval_report(params: Mapping[str, Any]) -> ApprovalReport:
    """What awx_approval returns; see its documentation. Raises AwxError where AWX does not say, and ApprovalRefused
    where an approval is required and does not count."""
    people, problems = people_of(params["people"], lambda _zone: True)
    report, approvers = _of_workflow(params) if params["workflow"] else _of_a_person(params)
    if not report["refusal"] and params["four_eyes"]:
        # Where several approvals lead to the job, each must be another person's.
        reasons = [why for each in approvers for why in [why_not_another(each, report["requesters"], people)] if why]
        report["refusal"] = "; ".join([reasons[0], *problems[:3]]) if reasons else ""
        report["approved"] = not reasons
    report["person"] = person_of(people, report["approver"])
    if params["require"] and report["refusal"]:
        raise ApprovalRefused(f"The approval does not count: {report['refusal']}. Nothing was done.", **report)
    return report


def _of_a_person(params: Mapping[str, Any]) -> tuple[ApprovalReport, list[str]]:
    """To start the job is to approve."""
    by, asked_by = str(params["by"]), sorted(set(params["requesters"]))
    return _report(APPROVED, by, asked_by, lines=[f"{by} has approved by starting this run"]), [by]


def _of_workflow(params: Mapping[str, Any]) -> tuple[ApprovalReport, list[str]]:
    """The report, and who has given each of the approvals."""
    login = {name: str(params[name] or "") for name in ("host", "token", "username", "password")}
    controller = Controller(**login, verify_ssl=params["verify_ssl"] is not False, timeout=float(params["timeout"]))
    workflow = _read(controller, int(params["job"]), int(params["workflow"]))
    nodes = workflow.gates_of(int(params["job"])) if params["require"] else workflow.approvals()
    approvals = [_approval(controller, workflow, node.job) for node in nodes]
    refusal = why_not_approved(approvals)
    asked_by = [workflow.started_by, *params["requesters"]] if workflow.started_by else []
    if params["four_eyes"] and not asked_by and workflow.schedule:
        # Who may start a workflow may make a schedule for it, and would be the person who asks.
        schedule = controller.get(f"schedules/{workflow.schedule}/")
        asked_by = owners_of(asked_for(schedule, workflow.schedule, "the schedule"))
    if params["four_eyes"] and not asked_by:
        refusal = refusal or workflow.why_unknown_who()
    without = NOT_ASKED if workflow.has_not_asked() else NONE
    report = _report(
        next((each.state for each in approvals if each.state != APPROVED), APPROVED if approvals else without),
        next((each.by for each in approvals if each.by), ""),
        # What a webhook has started, no person has asked for.
        sorted(set(asked_by)),
        workflow=workflow.id,
        jobs=workflow.jobs_before(nodes),
        refusal=refusal or ("" if approvals else "the workflow has no approval"),
        lines=lines_of(workflow, approvals),
    )
    return report, [each.by for each in approvals]


def _read(controller: Controller, job: int, workflow: int) -> Workflow:
    """The workflow of the job, as AWX has it; what the job's variables say must agree. Raises AwxError."""
    of_job = workflow_id_of(asked_for(controller.get(f"jobs/{job}/"), job, "the job"))
    if of_job != workflow:
        raise AwxError(f"AWX: the job {job} belongs to the workflow {of_job} and not to {workflow}. Nothing was done.")
    document = asked_for(controller.get(f"workflow_jobs/{workflow}/"), workflow, "the workflow")
    return workflow_of(document, controller.get(f"workflow_jobs/{workflow}/workflow_nodes/?page_size={_MOST_NODES}"))


def _approval(controller: Controller, workflow: Workflow, id: int) -> Approval:
    return approval_of(asked_for(controller.get(f"workflow_approvals/{id}/"), id, "the approval"), workflow.id)


def _report(
    state: str,
    approver: str,
    requesters: list[str],
    *,
    workflow: int = 0,
    jobs: Sequence[int] = (),
    refusal: str = "",
    lines: Sequence[str] = (),
) -> ApprovalReport:
    return {
        "approved": not refusal, "state": state, "approver": approver, "person": "", "requesters": requesters,
        "workflow": workflow, "jobs": list(jobs), "refusal": refusal, "lines": list(lines),
    }  # fmt: skip
