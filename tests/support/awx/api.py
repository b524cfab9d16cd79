"""AWX's API as far as an approval needs it: four paths, and that of a schedule, with the faults that such an API has.

The documents have the keys of AWX 24.6.1's serializers (awx/api/serializers.py).
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a-token-of-a-reader"
PLAN_JOB, APPLY_JOB, HAND_OVER_JOB, APPROVAL, WORKFLOW, SCHEDULE, LOOK_JOB = 42, 44, 45, 43, 41, 9, 46
# What a path does instead of its answer.
FORBIDDEN, BROKEN, HTML, NOTHING, SILENT = "403", "500", "a page", "an empty answer", "no answer"
MOVED, CUT, DROPS, DEEP = "302", "half of the answer", "an answer in drops", "an answer that is nested too deep"
LATE = (SILENT, DROPS)
FAULTS = (FORBIDDEN, BROKEN, HTML, NOTHING, MOVED, CUT, DEEP, *LATE)
PATHS = ("jobs", "workflow_jobs", "workflow_nodes", "workflow_approvals")


def user(name: str, id: int = 7) -> dict[str, Any]:
    return {"id": id, "username": name, "first_name": name.title(), "last_name": ""}


def job_in_workflow(id: int, workflow: int = WORKFLOW) -> dict[str, Any]:
    summary = {"source_workflow_job": {"id": workflow, "name": "w", "status": "running", "type": "workflow_job"}}
    return {"id": id, "type": "job", "status": "running", "summary_fields": summary}


def workflow_job(started_by: str = "ada", launch_type: str = "manual", schedule: int = 0) -> dict[str, Any]:
    by = {"created_by": user(started_by)} if started_by else {}
    related = {"schedule": f"/api/v2/schedules/{schedule}/"} if schedule else {}
    return {
        "id": WORKFLOW, "type": "workflow_job", "launch_type": launch_type, "related": related, "summary_fields": by,
    }  # fmt: skip


def schedule(made_by: str = "", changed_by: str = "") -> dict[str, Any]:
    users = {"created_by": made_by, "modified_by": changed_by}
    return {
        "id": SCHEDULE,
        "type": "schedule",
        "summary_fields": {key: user(name) for key, name in users.items() if name},
    }


def node(id: int, job: int = 0, kind: str = "job", status: str = "successful", **leads_to: list[int]) -> dict[str, Any]:
    summary = {
        "job": {"id": job, "name": f"job {job}", "type": kind, "status": status, "failed": status != "successful"}
    }
    return {
        "id": id, "job": job or None, "workflow_job": WORKFLOW, "summary_fields": summary if job else {},
        "success_nodes": [], "failure_nodes": [], "always_nodes": [], **leads_to,
    }  # fmt: skip


def nodes(
    approval: str = "successful", apply: str = "running", plan: str = "successful", workflow: int = WORKFLOW
) -> dict[str, Any]:
    """The nodes of a workflow of extensions/awx: plan, look, approval, apply, hand over."""
    rows = [
        node(1, PLAN_JOB, status=plan, success_nodes=[5], failure_nodes=[4]),
        node(5, LOOK_JOB, success_nodes=[2], failure_nodes=[4]),
        node(2, APPROVAL, "workflow_approval", approval, success_nodes=[3], failure_nodes=[4]),
        node(3, APPLY_JOB, status=apply, failure_nodes=[4]),
        node(4, HAND_OVER_JOB, status="running"),
    ]
    rows = [{**row, "workflow_job": workflow} for row in rows]
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


def nodes_unasked(plan: str = "successful", look: str = "failed") -> dict[str, Any]:
    """The same, of which none after the look has run; ``look`` empty: nor that one."""
    rows = [
        node(1, PLAN_JOB, status=plan, success_nodes=[5], failure_nodes=[4]),
        node(5, LOOK_JOB if look else 0, status=look, success_nodes=[2], failure_nodes=[4]),
        node(2, success_nodes=[3], failure_nodes=[4]),
        node(3, failure_nodes=[4]),
        node(4, HAND_OVER_JOB, status="running"),
    ]
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


def approval(by: str = "bob", status: str = "successful", timed_out: bool = False) -> dict[str, Any]:
    summary: dict[str, Any] = {"source_workflow_job": {"id": WORKFLOW}}
    if by:
        summary["approved_or_denied_by"] = user(by, 8)
    return {
        "id": APPROVAL, "type": "workflow_approval", "name": "Approve the plan", "status": status,
        "failed": status != "successful", "timed_out": timed_out, "summary_fields": summary,
    }  # fmt: skip


@dataclass
class Awx:
    """The documents of each path, and the fault of the paths that have one. ``asked``: the paths, in order."""

    job: int = APPLY_JOB
    documents: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def answer_of(self, path: str) -> tuple[str, Any]:
        """The name of a path and its document, None where there is none."""
        parts = path.partition("?")[0].removeprefix("/api/v2/").strip("/").split("/")
        name = parts[-1] if parts[-1] in PATHS else parts[0]
        usual = {
            f"jobs/{self.job}": job_in_workflow(self.job), f"workflow_jobs/{WORKFLOW}": workflow_job(),
            f"workflow_jobs/{WORKFLOW}/workflow_nodes": nodes(), f"workflow_approvals/{APPROVAL}": approval(),
            f"schedules/{SCHEDULE}": schedule(),
        }  # fmt: skip
        whole = "/".join(parts)
        known = self.documents.get(whole, usual.get(whole))
        given = self.documents.get(name, known) if whole not in self.documents else known
        return name, given if known is not None else None

    def environment(self) -> dict[str, str]:
        """As AWX's own credential sets it."""
        return {"CONTROLLER_HOST": self.address, "CONTROLLER_OAUTH_TOKEN": TOKEN, "CONTROLLER_VERIFY_SSL": "True"}


@contextlib.contextmanager
def running(awx: Awx) -> Iterator[Awx]:
    """The stand-in on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            pass

        def do_GET(self) -> None:
            name, document = awx.answer_of(self.path)
            awx.asked.append(self.path)
            fault = awx.faults.get(name, "")
            if fault == SILENT:
                awx.over.wait(60)
            elif fault == DROPS:
                self._drop(json.dumps(document).encode())
            elif fault == CUT:
                self._say(200, json.dumps(document).encode()[:-9])
            elif fault == DEEP:
                self._say(200, b'{"id":' * 100_000)
            elif fault == NOTHING:
                self._say(200, b"")
            elif fault == HTML:
                self._say(200, b"<html><body>Sign in</body></html>")
            elif fault:
                self._say(int(fault), b'{"detail": "no"}', self.path if fault == MOVED else "")
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._say(401, b'{"detail": "Authentication credentials were not provided."}')
            elif document is None:
                self._say(404, b'{"detail": "Not found."}')
            else:
                self._say(200, json.dumps(document).encode())

        def _say(self, status: int, body: bytes, location: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def _drop(self, body: bytes) -> None:
            """The answer is right, and each byte of it comes soon after the one before."""
            self.send_response(200)
            self.end_headers()
            for byte in body:
                if awx.over.wait(0.05):
                    return
                with contextlib.suppress(OSError):
                    self.wfile.write(bytes([byte]))

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        awx.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield awx
        finally:
            awx.over.set()
            server.shutdown()
            thread.join()
