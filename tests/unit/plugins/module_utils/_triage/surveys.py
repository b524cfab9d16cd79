"""Surveys of hosts, and the page of their signs, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import ServiceReport, nothing_left
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import ServerState
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alerts import AlertReport
from ansible_collections.pafar.runbook.plugins.module_utils._triage.page import page
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    PrometheusResult,
    SeriesReport,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    Importance,
    Sign,
    scenarios_of,
    severity_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.survey_report import (
    Answer,
    ChangesPart,
    DatabasePart,
    ResourcesPart,
    ServicesPart,
    Survey,
)

from support import database_reports, reports

SITE = Importance({"the door": "P0", "maps": "P2"}, {"nginx": "P0", "mailer": "P2"})


AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def part(*services: dict[str, ServiceReport], problem: str = "") -> ServicesPart:
    """The services of a project."""
    told = nothing_left(Source("pafar"), problem, AT)
    known = {name: each for found in services for name, each in found.items()}
    return cast(ServicesPart, {**told, "services": known, "problem": [problem] if problem else []})


def service(name: str, *troubles: str) -> dict[str, ServiceReport]:
    containers = [reports.container(f"{name}-{place}", text) for place, text in enumerate(troubles or ("",), 1)]
    return {name: reports.service(*containers, wanted=len(containers))}


def resources(
    cpu: float = 0.1,
    load: float = 0.1,
    memory: float = 0.5,
    disk: float = 0.3,
    oom: int = 0,
    read_only: str = "",
    silent: str = "",
) -> ResourcesPart:
    reading = reports.host(cpu=cpu, load=load, memory=memory)
    told = reports.resources(reports.container_use("backend-1", oom_recent=oom), reading=reading, disk=disk)
    told["host"]["read_only_after_errors"] = [read_only] if read_only else []
    told["host"]["not_answering"] = [silent] if silent else []
    return cast(ResourcesPart, told)


def database(waiting: int = 0, used: int = 10, running: int = 0, states: Sequence[ServerState] = ()) -> DatabasePart:
    busy = database_reports.lists([database_reports.running(seconds=99.0)] * running)
    report = database_reports.activity(long_waiters=waiting, used=used, slots=60, found=busy, states=states)
    return cast(DatabasePart, report)


def state(cause: str, sessions: int = 0, refuses: bool = False) -> ServerState:
    return {
        "cause": cause, "text": cause, "sessions": sessions, "seconds": 9.0, "refuses": refuses, "advice": "do",
    }  # fmt: skip


def unread(why: str, error: str = "") -> Any:
    """A part that could not be read, whichever it is."""
    answer: Answer = {"trouble_reading": why, "error": error}
    return answer


def changed(age: float, what: str, *unknown: str) -> ChangesPart:
    """A deployment, and what could not be looked at."""
    return {"changes": [{"age": age, "what": what, "deploys": True}], "unknown": list(unknown)}


def series(name: str, value: float | None, unit: str = "%", *, problem: str = "", **more: Any) -> SeriesReport:
    told: SeriesReport = {
        "name": name, "query": "x", "unit": unit, "severity": {}, "scenario": "", "value": value, "problem": problem,
        "infinite": False,
    }  # fmt: skip
    told.update(more)  # type: ignore[typeddict-item]
    return told


def alert(severity: str, *, state: str = "firing", scenario: str = "disk_space", name: str = "X") -> AlertReport:
    return {
        "name": name, "severity": severity, "scenario": scenario, "state": state, "since": "", "summary": "s",
        "labels": {},
    }  # fmt: skip


AWAY: Survey = {"unreachable": True, "msg": "Connection refused"}


EXAMINED: Survey = {"resources": resources()}


def page_of(signs: list[Sign], links: dict[str, str] | None = None, **surveys: Any) -> str:
    prometheus: PrometheusResult = {"alerts": [], "unread": [], "series": [series("failing", 0.123)]}
    return page(severity_of(signs), signs, scenarios_of(signs), surveys, prometheus, links or {}, AT)
