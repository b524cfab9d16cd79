# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A workflow of AWX as its API describes it: who started it, what came before a job of it, and who approved. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Sequence, TypedDict

from .._core.errors import AwxError

APPROVED, DENIED, TIMED_OUT, PENDING, CANCELED = "approved", "denied", "timed_out", "pending", "canceled"
NONE, NOT_ASKED = "none", "not_asked"
_JOB, _APPROVAL = "job", "workflow_approval"
_EDGES = ("success_nodes", "failure_nodes", "always_nodes")
_FAILED = ("failed", "error", "canceled")
_SUCCESSFUL = "successful"
_WEBHOOK = "webhook"  # a launch type
_WAITING = ("new", "pending", "waiting", "running")
_SCHEDULE = re.compile(r"/schedules/(\d+)/?\Z", re.ASCII)


class ApprovalReport(TypedDict):
    """What awx_approval returns. ``state`` of the approval; ``approver``: the user of AWX, or who has started the job
    where it is in no workflow; ``person``: who that is; ``requesters``: who asked; ``jobs``: those of the workflow
    before the approval; ``refusal``: why it does not count, empty where it does; ``lines``: the workflow's course."""

    approved: bool
    state: str
    approver: str
    person: str
    requesters: list[str]
    workflow: int
    jobs: list[int]
    refusal: str
    lines: list[str]


@dataclass(frozen=True)
class Node:
    """A node of a workflow with its job, 0 where it has none yet. ``leads_to``: ids of nodes by kind of edge."""

    id: int
    job: int
    kind: str
    name: str
    status: str
    leads_to: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Approval:
    """One approval. ``by``: the user who approved or denied, empty where that is not known."""

    id: int
    name: str
    state: str
    by: str


@dataclass(frozen=True)
class Workflow:
    """A workflow job. ``started_by``: the user, empty where AWX names none; ``schedule``: the id of the one that has
    started it, 0 where AWX names none; ``launch_type``: AWX's word for what has started it."""

    id: int
    started_by: str
    nodes: Sequence[Node] = ()
    schedule: int = 0
    launch_type: str = ""

    def why_unknown_who(self) -> str:
        """Why it is not known who has asked, where AWX names no user. What a webhook starts no person does; of a user
        or a schedule that was deleted AWX drops the name."""
        if self.launch_type == _WEBHOOK:
            return ""
        return (
            f"AWX does not say who has started the workflow {self.id} (launch type {self.launch_type or 'unknown'}):"
            " the user or the schedule may have been deleted. Start it again"
        )

    def node_of(self, job: int) -> Node:
        """The node of a job. Raises AwxError where the workflow has none."""
        for node in self.nodes:
            if node.job == job:
                return node
        raise AwxError(f"AWX: the workflow {self.id} has no node of the job {job}. Nothing was done.")

    def leading_to(self, node: Node) -> list[tuple[Node, str]]:
        """The nodes before a node, each with the kind of edge."""
        return [(each, kind) for each in self.nodes for kind in _EDGES if node.id in each.leads_to[kind]]

    def gates_of(self, job: int) -> list[Node]:
        """The approvals without which the job cannot have been started. Raises AwxError where there is another way."""
        before = self.leading_to(self.node_of(job))
        if not before or any(node.kind != _APPROVAL or kind != "success_nodes" for node, kind in before):
            raise AwxError(
                f"AWX: the job {job} can be reached in the workflow {self.id} without an approval. Lead to it by the"
                " success of an approval alone, as in extensions/awx/workflows.yml. Nothing was done."
            )
        return [node for node, dummy in before]

    def jobs_before(self, nodes: Sequence[Node]) -> list[int]:
        """The jobs that ran before these nodes, in any way."""
        found: dict[int, Node] = {}
        rest = list(nodes)
        while rest:
            earlier = [node for node, dummy in self.leading_to(rest.pop()) if node.id not in found]
            found.update({node.id: node for node in earlier})
            rest += earlier
        return sorted(node.job for node in found.values() if node.kind == _JOB and node.job)

    def approvals(self) -> list[Node]:
        return [node for node in self.nodes if node.kind == _APPROVAL and node.job]

    def has_not_asked(self) -> bool:
        """Whether no approval was asked for, since the job that looks for a plan failed: the only one that did, after a
        plan that did not, and before a node that has not run."""
        failed = self.failed()
        if self.approvals() or len(failed) != 1:
            return False
        before = self.leading_to(failed[0])
        after = [node for node in self.nodes if node.id in failed[0].leads_to["success_nodes"]]
        after_plan = [node for node, kind in before if kind == "success_nodes" and node.status == _SUCCESSFUL]
        return bool(before) and len(after_plan) == len(before) and any(not node.job for node in after)

    def failed(self) -> list[Node]:
        """The jobs that failed, but for the approvals."""
        return [node for node in self.nodes if node.kind == _JOB and node.status in _FAILED]


def asked_for(document: Mapping[str, Any], id: int, what: str) -> Mapping[str, Any]:
    """The document, if it is the one of this id. Raises AwxError for another one, such as of a cache before AWX."""
    if _number(document, "id", what) != id:
        raise AwxError(f"AWX: asked for {what} {id} it answered with {document['id']}. Nothing was done.")
    return document


def workflow_id_of(job: Mapping[str, Any]) -> int:
    """The workflow that a job is a part of. Raises AwxError."""
    return _number(_summary(job, "source_workflow_job"), "id", "the job")


def workflow_of(document: Mapping[str, Any], nodes: Mapping[str, Any]) -> Workflow:
    """Raises AwxError for documents that do not say what they must."""
    rows = nodes.get("results")
    if not isinstance(rows, list) or nodes.get("next") or nodes.get("count", len(rows)) != len(rows):
        raise _unreadable("the list of the workflow's nodes")
    id = _number(document, "id", "the workflow")
    if any(isinstance(row, Mapping) and row.get("workflow_job") != id for row in rows):
        raise AwxError(f"AWX: the nodes that it lists are not those of the workflow {id}. Nothing was done.")
    user = document.get("summary_fields", {}).get("created_by") if _is_summary(document) else None
    name = _text(user, "username") if isinstance(user, Mapping) else ""
    related = document.get("related")
    of_schedule = _SCHEDULE.search(_text(related, "schedule")) if isinstance(related, Mapping) else None
    schedule = int(of_schedule[1]) if of_schedule else 0
    return Workflow(
        id,
        name,
        [_node(row) for row in rows],
        schedule,
        _text(document, "launch_type"),
    )


def owners_of(document: Mapping[str, Any]) -> list[str]:
    """The users who have made and changed a schedule. Raises AwxError for a document that is of none."""
    _number(document, "id", "the schedule")
    users = (_summary(document, name) for name in ("created_by", "modified_by"))
    return sorted({name for user in users for name in [_text(user, "username")] if name})


def _node(row: Any) -> Node:
    if not isinstance(row, Mapping) or not all(_are_numbers(row.get(kind)) for kind in _EDGES):
        raise _unreadable("a node of the workflow")
    job: Any = row.get("summary_fields", {}).get("job") if _is_summary(row) else None
    job = job if isinstance(job, Mapping) else {}
    return Node(
        _number(row, "id", "a node of the workflow"),
        row["job"] if isinstance(row.get("job"), int) else 0,
        _text(job, "type"),
        _text(job, "name"),
        _text(job, "status"),
        {kind: row[kind] for kind in _EDGES},
    )


def approval_of(document: Mapping[str, Any], workflow: int) -> Approval:
    """Raises AwxError for a document that is of no approval of the workflow."""
    if document.get("type") != _APPROVAL or workflow_id_of(document) != workflow:
        raise _unreadable("the approval")
    status, timed_out = document.get("status"), document.get("timed_out")
    user: Any = document.get("summary_fields", {}).get("approved_or_denied_by")
    by = _text(user, "username") if isinstance(user, Mapping) else ""
    state = str(status)
    if status == "successful" and timed_out is False and document.get("failed") is False:
        state = APPROVED
    elif status == "failed":
        state = TIMED_OUT if timed_out else DENIED
    elif status in _WAITING:
        state = PENDING
    elif status == "canceled":
        state = CANCELED
    return Approval(_number(document, "id", "the approval"), _text(document, "name"), state, by)


def lines_of(workflow: Workflow, approvals: Sequence[Approval]) -> list[str]:
    """What became of the approvals and the jobs, a sentence each."""
    if workflow.has_not_asked():
        (node,) = workflow.failed()
        return [f"no approval was asked for, since the job {node.job} ({node.name}) has ended as {node.status}"]
    lines = [_words(approval) for approval in approvals]
    lines += [f"the job {node.job} ({node.name}) has ended as {node.status}" for node in workflow.failed()]
    return lines or [f"the workflow {workflow.id} has neither an approval nor a job that failed"]


def _words(approval: Approval) -> str:
    by = f" by {approval.by}" if approval.by else ""
    said = {
        APPROVED: f"was approved{by}", DENIED: f"was denied{by}", PENDING: "is pending", CANCELED: "was canceled",
        TIMED_OUT: "has timed out without an answer",
    }  # fmt: skip
    return f"the approval {approval.name!r} {said.get(approval.state, f'is {approval.state}')}"


def why_not_approved(approvals: Sequence[Approval]) -> str:
    """Why they do not allow an act; empty where each was approved by a user that is known."""
    for approval in approvals:
        if approval.state != APPROVED:
            return _words(approval)
        if not approval.by:
            return f"AWX does not say who approved {approval.name!r}"
    return ""


def _summary(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Any = document["summary_fields"].get(name) if _is_summary(document) else None
    return found if isinstance(found, Mapping) else {}


def _is_summary(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("summary_fields"), Mapping)


def _number(document: Mapping[str, Any], name: str, what: str) -> int:
    found = document.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise _unreadable(what)
    return found


def _text(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    return found if isinstance(found, str) else ""


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, int) for each in value)


def _unreadable(what: str) -> AwxError:
    return AwxError(f"AWX: its answer for {what} does not have the form of AWX 24. Nothing was done.")
