# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of every act on a compose project, and the refusals that come before any act. Opens the engine. I/O."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator, Sequence

from ..._core.errors import ComposeError, ProjectUnknown
from ..._core.redaction import redacted_lines
from ..._core.result import ActResult
from ..._system.identity import RUNS
from ..acts.io.acting import wait_for_compose
from ..drain.io.proxies import stale_of
from ..project import Project
from ..project_ref import Source
from ..project_report import ProjectReport, project_dict
from ..proxy import why_no_proxy
from ..replicas import RolloutOptions
from .compose_cli import Compose
from .engine import Engine, engine
from .engine_transport import EngineLogin
from .observe import observe
from .recheck import recheck

_EVIDENCE_LINES = 200  # of the log of each container that an act stops


@dataclass(frozen=True)
class Request:
    """Where, on which project, how, on which approved targets alone (None: on all), and whether only to plan."""

    login: EngineLogin
    source: Source
    rollout: RolloutOptions
    compose_timeout: float
    only: Sequence[str] | None
    check_mode: bool


@dataclass(frozen=True)
class Context:
    """The engine, Compose and the first look, for one run."""

    engine: Engine
    compose: Compose
    project: Project


@contextmanager
def open_context(request: Request, services: Sequence[str], needs_files: bool = True) -> Iterator[Context]:
    """Open the engine and look; refuses services that the project does not have, and where the act needs its files a
    project whose files cannot be read."""
    compose = Compose(request.login.endpoint, request.compose_timeout)
    with engine(request.login) as opened:
        project = observe(opened, compose, request.source, interval=1.0)
        cut_off = any(unfinished.run != RUNS for unfinished in project.unfinished)
        if cut_off and wait_for_compose(project.name, request.compose_timeout):
            # What that run had started went on without it, and changed what was seen.
            project = observe(opened, compose, request.source, interval=1.0)
        check_services(project, services)
        why = why_no_proxy(project, request.rollout.proxy)
        if why:
            raise ProjectUnknown(
                f"{why[0].upper()}{why[1:]}. Name the service of the proxy, or no proxy. Nothing was done."
            )
        if needs_files:
            check_model(project)
        yield Context(opened, compose, project)


def refresh(context: Context) -> Project:
    """The project as it is now. What says nothing of a container's health is asked once more, as before the act."""
    return recheck(context.engine, observe(context.engine, None, context.project.source, lines=0))


def check_services(project: Project, names: Sequence[str]) -> None:
    """Refuse names that the project does not have, before anything else."""
    unknown = [name for name in names if name not in project.service_names]
    if unknown:
        raise ProjectUnknown(
            f"The compose project {project.name} has no service {', '.join(unknown)}. It has:"
            f" {', '.join(project.service_names)}. Nothing was done."
        )


def check_model(project: Project) -> None:
    """Refuse to act on a project whose files cannot be read: what runs would be changed into something unknown."""
    if project.model is None:
        raise ComposeError(f"{project.why_no_model.rstrip('.')}. Nothing was done.")


def project_report(
    login: EngineLogin,
    source: Source,
    services: Sequence[str],
    configuration: bool,
    interval: float,
    lines: int,
    proxy: str,
) -> ProjectReport:
    """The project as it runs, beside its files if ``configuration``; ``interval``: seconds until the second look.

    ``proxy``: the service whose knowledge of the replicas is examined; empty for none.
    """
    with engine(login) as opened:
        project = observe(
            opened, Compose(login.endpoint) if configuration else None, source, interval=interval, lines=lines
        )
        check_services(project, services)
        stale = stale_of(opened, project, proxy) if proxy else []
    report, why = project_dict(project, services), why_no_proxy(project, proxy)
    unknown = [f"{why}: whether it knows every replica is not known"] if why else []
    return {**report, "problem": [*report["problem"], *unknown], "stale_proxies": stale}


def on_its_engine(result: ActResult, context: Context) -> dict[str, Any]:
    """The result of an act, with the engine that it acted on."""
    return {**result, "engine": context.project.endpoint.as_dict()}


def evidence(context: Context, stopped: Sequence[Any], report: ProjectReport) -> dict[str, Any]:
    """The project before the act, and the end of the log of each container that the act stops, without secrets."""
    logs = {container.name: redacted_lines(context.engine.log(container.id, _EVIDENCE_LINES)) for container in stopped}
    return {**report, "logs": logs}
