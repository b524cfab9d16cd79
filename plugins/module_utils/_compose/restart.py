# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which replicas to restart, in which order and how. Pure.

A container that the engine restarts again and again is not fixed by another restart: the cause lies in its
writable layer, its configuration or its image. A fresh container beside it shows which; the old one goes when the new
one is up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from .._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict
from .._core.result import PlannedAct
from .container import Container
from .project import Project, problem_of
from .replicas import line_of
from .scale import dependencies

METHODS = ("auto", "restart", "replace")
RESTART, REPLACE = "restart", "replace"


@dataclass(frozen=True)
class Restarting(PlannedAct):
    """The plan; ``every`` holds each container that it could concern, in order, with how it is treated."""

    project: Project
    services: tuple[str, ...]
    plan: Plan
    every: tuple[tuple[Container, str], ...]
    refusals: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[tuple[Container, str], ...]:
        """Those that the plan does concern."""
        return tuple((container, how) for container, how in self.every if container.target in self.plan.targets)

    def as_dict(self) -> PlanDict:
        nothing = "nothing to do: no replica is to be restarted"
        return plan_dict(self.plan, len(self.every), "replicas to restart", nothing)

    def diff(self) -> Diff:
        how_of = {container.id: how for container, how in self.order}
        after_how = {RESTART: "restarted, same container", REPLACE: "replaced by a fresh container of the same image"}
        before, after = [], []
        for service in self.services:
            for container in self.project.replicas(service):
                line = line_of(self.project, container)
                before.append(line)
                after.append(f"{container.name}: {after_how[how_of[container.id]]}" if container.id in how_of else line)
        return diff_of("replicas", before, after)


def plan_restart(
    project: Project,
    services: Sequence[str],
    *,
    unhealthy_only: bool = False,
    named: bool = True,
    containers: Sequence[str] = (),
    method: str = "auto",
    starts_dependencies: bool = False,
) -> Restarting:
    """Services in the order of their dependencies; within one the unhealthy replicas first.

    ``named``: the services were given; else what was stopped on purpose, and jobs that failed, are left alone.
    ``containers``: names of those that are meant; all of the services where none is said.
    """
    names = project.model.in_order(services) if project.model else sorted(services)
    actions: list[Item] = []
    excluded: list[Item] = []
    order, refusals = [], []
    for service in names:
        replicas = project.replicas(service)
        if unhealthy_only and not any(problem_of(project, replica) for replica in replicas):
            continue  # healthy services are left out of a plan for the unhealthy ones
        against = why_not_replaced(project, service, starts_dependencies)
        meant = [replica for replica in replicas if not containers or replica.name in containers]
        for container in sorted(meant, key=lambda replica: (not problem_of(project, replica), replica.number)):
            problem, who = problem_of(project, container), {"who": container.name, "service": service}
            why = why_excluded(container, problem, unhealthy_only, named)
            if why:
                excluded.append(Item(project.target(container), why, "", who))
                continue
            wants = method == REPLACE or (method == "auto" and project.loops(container))
            if method == REPLACE and against:
                refusals.append(f"{container.name} cannot be replaced: {against}")
            how = REPLACE if wants and not against else RESTART
            note = f" (not replaced: {against})" if wants and against else ""
            actions.append(
                Item(project.target(container), (problem or "its service is to be restarted") + note, how, who)
            )
            order.append((container, how))
    plan = Plan("restart", tuple(actions), tuple(excluded))
    return Restarting(project, tuple(names), plan, tuple(order), tuple(refusals))


def why_excluded(container: Container, problem: str, unhealthy_only: bool, named: bool) -> str:
    if container.done:
        return "ran once and ended well; it is not meant to run"
    if not named and container.stopped:
        return "was stopped on purpose; it is started only when its service is named"
    if not named and container.state == "exited":
        return "is a job that failed; it is run again only when its service is named"
    return "is healthy" if unhealthy_only and not problem else ""


def why_not_replaced(project: Project, service: str, starts_dependencies: bool) -> str:
    """Why no fresh container can come up beside a replica of this service; empty if one can."""
    spec, replicas = project.spec(service), project.replicas(service)
    if spec is None or (spec.most is not None and spec.most <= len(replicas)):
        return "there can be no second one beside it (a fixed name or port)"
    if project.stateful(service):
        return "it keeps data, which a second one beside it may destroy"
    if any(project.drift(replica) for replica in replicas):
        return "it differs from the files, so that a fresh one would be another thing"
    if not project.images.get(spec.image):
        return f"its image {spec.image} is not on this host"
    return "; ".join(dependencies(project, service, starts_dependencies))
