"""Status pages: Atlassian Statuspage (API v1) and Cachet (API v1 of its 2.x), as far as incidents and components go.

Sources: developer.statuspage.io; docs.cachethq.io.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

from .server import Answer, Request, StandIn

_STATES = ("investigating", "identified", "monitoring", "resolved")
_COMPONENTS = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")


class Statuspage(StandIn):
    """``incidents``: newest last, each with ``updates``, the states and texts that were published."""

    def __init__(self, token: str = "page-key", page: str = "p1", components: tuple[str, ...] = ("c1", "c2")) -> None:
        super().__init__()
        self.token, self.page = token, page
        self.components = dict.fromkeys(components, "operational")
        self.incidents: list[dict[str, Any]] = []
        self.numbers = itertools.count(1)  # of an incident that was removed none is used again

    def serve(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"OAuth {self.token}":
            return Answer(401, {"error": "Could not authenticate"})
        base = f"/v1/pages/{self.page}"
        match = re.fullmatch(rf"{base}/(incidents|components)(?:/(\w+))?", request.path)
        if match and match[2] == "unresolved":
            rows = [each for each in reversed(self.incidents) if each["status"] not in ("resolved", "postmortem")]
            return self._part(rows, request, "per_page")
        if not match:
            return Answer(404, {"error": "Not found"})
        if match[1] == "components" and not match[2]:
            rows = [{"id": each, "status": state} for each, state in self.components.items()]
            return self._part(rows, request, "per_page")
        if match[1] == "components":
            known = self.components.get(match[2] or "")
            return Answer(200, {"id": match[2], "status": known}) if known else Answer(404, {"error": "Not found"})
        if request.method == "GET":
            return self._read(match[2], request)
        return self._write(match[2], dict(request.fields.get("incident") or {}))

    def _read(self, id: str | None, request: Request) -> Answer:
        if id:
            found = self._named(id)
            return Answer(200, found) if found else Answer(404, {"error": "Not found"})
        return self._part(list(reversed(self.incidents)), request, "limit")

    @staticmethod
    def _part(rows: list[dict[str, Any]], request: Request, limit: str) -> Answer:
        """One page of a list. ``limit``: the name of its size."""
        size, page = int(request.fields.get(limit) or 100), int(request.fields.get("page") or 1)
        return Answer(200, rows[(page - 1) * size : page * size])

    def _named(self, id: str | None) -> dict[str, Any] | None:
        return next((each for each in self.incidents if each["id"] == id), None)

    def _write(self, id: str | None, given: dict[str, Any]) -> Answer:
        problem = self._problem(given, is_new=id is None)
        if problem:
            return Answer(422, {"error": [problem]})
        incident = self._named(id) if id else None
        if id and incident is None:
            return Answer(404, {"error": "Not found"})
        if incident is None:
            incident = {"id": f"i{next(self.numbers)}", "name": given["name"], "metadata": {}, "updates": []}
            self.incidents.append(incident)
        incident["status"] = given.get("status", incident.get("status", "investigating"))
        incident["metadata"] = given.get("metadata", incident["metadata"])
        key = ((incident["metadata"].get("pafar") or {}).get("keys") or [""])[-1]
        incident["updates"].append({"status": incident["status"], "body": given.get("body", ""), "key": key})
        self.components.update(given.get("components") or {})
        return Answer(201 if id is None else 200, incident)

    def _problem(self, given: dict[str, Any], is_new: bool) -> str:
        if is_new and not 0 < len(str(given.get("name") or "")) <= 255:
            return "Name is too long or missing"
        if given.get("status") not in (*_STATES, None):
            return "Status is not included in the list"
        if any(not isinstance(value, dict) for value in (given.get("metadata") or {}).values()):
            return "Metadata values must be objects"
        wrong = [
            each
            for each, state in (given.get("components") or {}).items()
            if state not in _COMPONENTS or each not in self.components
        ]
        return f"Component {wrong[0]} is unknown" if wrong else ""

    def published(self) -> list[list[tuple[str, str]]]:
        """Of each incident our key and the state of every update."""
        return [[(each["key"], each["status"]) for each in incident["updates"]] for incident in self.incidents]


class Cachet(StandIn):
    """It has no metadata: what is to be found again stands in the text."""

    def __init__(self, token: str = "cachet-key", components: tuple[str, ...] = ("1", "2")) -> None:
        super().__init__()
        self.token = token
        self.components = dict.fromkeys(components, 1)
        self.incidents: list[dict[str, Any]] = []
        self.numbers = itertools.count(1)  # of an incident that was removed none is used again

    def serve(self, request: Request) -> Answer:
        if request.headers.get("x-cachet-token") != self.token:
            return Answer(401, {"errors": [{"title": "Unauthorized"}]})
        match = re.fullmatch(r"/api/v1/(incidents|components)(?:/(\d+))?(/updates)?", request.path)
        if not match:
            return Answer(404, {"errors": [{"title": "Not Found"}]})
        if match[1] == "components" and not match[2]:
            rows = [{"id": int(each), "status": state} for each, state in self.components.items()]
            return Answer(200, self._paged(rows, request))
        if match[1] == "components":
            return self._component(match[2], request)
        if request.method == "GET":
            return self._read(match[2], bool(match[3]), request)
        return self._write(match[2], bool(match[3]), dict(request.fields))

    def _component(self, id: str, request: Request) -> Answer:
        if id not in self.components:
            return Answer(404, {"errors": [{"title": "Not Found"}]})
        if request.method == "PUT":
            self.components[id] = int(request.fields["status"])
        return Answer(200, {"data": {"id": int(id), "status": self.components[id]}})

    def _read(self, id: str | None, updates: bool, request: Request) -> Answer:
        if id is None:
            return Answer(200, self._paged(list(reversed(self.incidents)), request))
        found = self._named(id)
        if found is None:
            return Answer(404, {"errors": [{"title": "Not Found"}]})
        return Answer(200, self._paged(list(reversed(found["updates"])), request) if updates else {"data": found})

    @staticmethod
    def _paged(rows: list[dict[str, Any]], request: Request) -> dict[str, Any]:
        size, page = int(request.fields.get("per_page") or 20), int(request.fields.get("page") or 1)
        pages = max(1, -(-len(rows) // size))
        meta = {"pagination": {"total_pages": pages, "current_page": page}}
        return {"data": rows[(page - 1) * size : page * size], "meta": meta}

    def _named(self, id: str) -> dict[str, Any] | None:
        return next((each for each in self.incidents if str(each["id"]) == id), None)

    def _write(self, id: str | None, update: bool, given: dict[str, Any]) -> Answer:
        if not given.get("message") or int(given.get("status") or 0) not in (1, 2, 3, 4):
            return Answer(400, {"errors": [{"title": "Bad Request"}]})
        if id is None:
            row = {"id": next(self.numbers), "name": given.get("name"), "message": given["message"],
                   "status": int(given["status"]), "latest_status": int(given["status"]), "updates": []}  # fmt: skip
            self.incidents.append(row)
            return Answer(200, {"data": row})
        found = self._named(id)
        if found is None or not update:
            return Answer(404, {"errors": [{"title": "Not Found"}]})
        found["updates"].append({"message": given["message"], "status": int(given["status"])})
        found["latest_status"] = int(given["status"])
        return Answer(200, {"data": found["updates"][-1]})

    def published(self) -> list[list[tuple[str, str]]]:
        """Of each incident our key and the state of every update."""
        found = []
        for incident in self.incidents:
            rows = [{"message": incident["message"], "status": incident["status"]}, *incident["updates"]]
            marks = [re.search(r"\(pafar \S+ (\S+)\)", row["message"]) for row in rows]
            found.append(
                [(mark[1] if mark else "", _STATES[row["status"] - 1]) for row, mark in zip(rows, marks, strict=True)]
            )
        return found
