"""Trackers with the shapes of GitHub, GitLab, Jira (REST API v2) and of a plain webhook, as far as issues go.

Sources: docs.github.com/rest/issues/issues; docs.gitlab.com/api/issues; docs.atlassian.com/software/jira/docs/api/REST.
``issues``: each with ``id``, ``title``, ``text``, ``closed`` and ``marks``, by which it can be found.
"""

from __future__ import annotations

import re
from typing import Any

from .server import Answer, Request, StandIn

_LONGEST = 255  # characters of a title


class _Issues(StandIn):
    header, secret = "authorization", "Bearer t0ken"

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, Any]] = []

    def serve(self, request: Request) -> Answer:
        if request.headers.get(self.header) != self.secret:
            return Answer(401, {"message": "Unauthorized"})
        return self.answer(request)

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def add(self, title: str, text: str, marks: list[str]) -> dict[str, Any]:
        issue = {
            "id": len(self.issues) + 7,
            "title": title,
            "text": text,
            "closed": False,
            "marks": marks,
            "changes": 0,
        }
        self.issues.append(issue)
        return issue

    def named(self, id: str) -> dict[str, Any] | None:
        return next((issue for issue in self.issues if str(issue["id"]) == id), None)


class GitHub(_Issues):
    """Lists all issues, whatever it is asked that it does not know; a label has 50 characters."""

    def answer(self, request: Request) -> Answer:
        match = re.fullmatch(r"/repos/pafar/operations/issues(?:/(\d+))?", request.path)
        given = request.fields
        if not match or any(len(label) > 50 for label in given.get("labels") or () if request.method == "POST"):
            return Answer(404 if not match else 422, {"message": "no"})
        if request.method == "GET":
            wanted = given.get("labels")
            rows = [row for row in reversed(self.issues) if not wanted or wanted in row["marks"]]
            return Answer(200, [self.shown(row) for row in rows])
        if len(given.get("title") or "x") > _LONGEST or given.get("title") == "":
            return Answer(422, {"message": "Validation Failed"})
        if match[1] is None:
            return Answer(201, self.shown(self.add(given["title"], given.get("body", ""), given.get("labels") or [])))
        issue = self.named(match[1])
        if issue is None:
            return Answer(410, {"message": "This issue was deleted"})
        issue.update(title=given.get("title", issue["title"]), text=given.get("body", issue["text"]))
        issue.update(closed=given.get("state", "closed" if issue["closed"] else "open") == "closed")
        issue["changes"] += 1
        return Answer(200, self.shown(issue))

    @staticmethod
    def shown(issue: dict[str, Any]) -> dict[str, Any]:
        labels = [{"name": each} for each in issue["marks"]]
        return {"id": 10_000 + issue["id"], "number": issue["id"], "title": issue["title"], "labels": labels,
                "body": issue["text"] or None, "state": "closed" if issue["closed"] else "open"}  # fmt: skip


class GitLab(_Issues):
    header, secret = "private-token", "t0ken"

    def answer(self, request: Request) -> Answer:
        match = re.fullmatch(r"/api/v4/projects/42/issues(?:/(\d+))?", request.path)
        given = request.fields
        if not match:
            return Answer(404, {"message": "404 Not Found"})
        if request.method == "GET":
            wanted = given.get("labels", "")
            return Answer(200, [self.shown(row) for row in self.issues if not wanted or wanted in row["marks"]])
        if len(given.get("title") or "x") > _LONGEST:
            return Answer(400, {"message": {"title": ["is too long"]}})
        if match[1] is None and request.method == "POST":
            marks = str(given.get("labels", "")).split(",")
            return Answer(201, self.shown(self.add(given["title"], given.get("description", ""), marks)))
        issue = self.named(match[1] or "")
        if issue is None or request.method != "PUT":
            return Answer(404, {"message": "404 Not found"})
        issue.update(title=given.get("title", issue["title"]), text=given.get("description", issue["text"]))
        issue["closed"] = {"close": True, "reopen": False}.get(given.get("state_event", ""), issue["closed"])
        issue["changes"] += 1
        return Answer(200, self.shown(issue))

    @staticmethod
    def shown(issue: dict[str, Any]) -> dict[str, Any]:
        return {"id": 10_000 + issue["id"], "iid": issue["id"], "title": issue["title"], "labels": issue["marks"],
                "description": issue["text"], "state": "closed" if issue["closed"] else "opened"}  # fmt: skip


class Jira(_Issues):
    """Changes are answered without content; a transition that is not of the present status is refused."""

    def answer(self, request: Request) -> Answer:
        given, path = request.fields, request.path.removeprefix("/rest/api/2")
        fields = given.get("fields") or {}
        if (request.method, path) == ("GET", "/search"):
            match = re.fullmatch(r'labels = "([^"\s]*)"', given.get("jql", ""))
            if not match:
                return Answer(400, {"errorMessages": ["Error in the JQL Query"]})
            return Answer(200, {"issues": [self.shown(row) for row in self.issues if match[1] in row["marks"]]})
        if isinstance(fields, dict) and (
            "\n" in fields.get("summary", "") or len(fields.get("summary", "")) > _LONGEST
        ):
            return Answer(400, {"errors": {"summary": "no"}})
        if (request.method, path) == ("POST", "/issue"):
            if any(re.search(r"\s", label) for label in fields.get("labels") or ()):
                return Answer(400, {"errors": {"labels": "The label can't contain spaces."}})
            issue = self.add(fields["summary"], fields.get("description", ""), fields.get("labels") or [])
            return Answer(201, {"id": str(10_000 + issue["id"]), "key": f"OPS-{issue['id']}"})
        match = re.fullmatch(r"/issue/OPS-(\d+)(/transitions)?", path)
        changed = self.named(match[1]) if match else None
        if not match or changed is None:
            return Answer(404, {"errorMessages": ["Issue Does Not Exist"]})
        issue = changed
        if match[2]:
            closes = {"31": True, "11": False}.get((given.get("transition") or {}).get("id", ""))
            if closes is None or closes is issue["closed"]:
                return Answer(400, {"errorMessages": ["It is not a valid transition"]})
            issue["closed"] = closes
        else:
            issue.update(title=fields.get("summary", issue["title"]), text=fields.get("description", issue["text"]))
        issue["changes"] += 1
        return Answer(204, None)

    @staticmethod
    def shown(issue: dict[str, Any]) -> dict[str, Any]:
        status = {"name": "Done", "statusCategory": {"key": "done"}} if issue["closed"] else {
            "name": "To Do", "statusCategory": {"key": "new"}}  # fmt: skip
        return {"id": str(10_000 + issue["id"]), "key": f"OPS-{issue['id']}",
                "fields": {"labels": issue["marks"], "status": status}}  # fmt: skip


class Webhook(StandIn):
    """``calls``: what it was told; it answers with a word."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[dict[str, Any]] = []

    def serve(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/hooks/t0ken"):
            return Answer(404, {})
        self.calls.append(dict(request.fields))
        return Answer(200, "ok")
