# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which replicas to restart, in which order and how. Pure.

A container that the engine restarts again and again is not helped by one restart more: what makes it fail lies in its
writable layer, its configuration or its image. A fresh container beside it tells which; the old one goes when the new
one is up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, Sequence

from .containers import Container
from .fleet import diff_of, line_of, plan_dict
from .plan import Item, Plan
from .project import Project, trouble_of

METHODS = ("auto", "restart", "replace")
RESTART, REPLACE = "restart", "replace"


@dataclass(frozen=True)
class Restarting:
    """The plan; ``order`` holds each container with how it is treated."""

    project: Project
    services: tuple[str, ...]
    plan: Plan
    order: tuple[tuple[Container, str], ...]
    late: int

    def narrowed_to(self, only: Iterable[str] | None) -> Restarting:
        plan = self.plan.narrowed_to(only)
        kept = set(plan.targets)
        order = tuple((one, how) for one, how in self.order if self.project.target(one) in kept)
        return replace(self, plan=plan, order=order)

    def as_dict(self) -> dict[str, Any]:
        return plan_dict(self.plan, self.late, "replicas to restart", "nothing to do: no replica is to be restarted")

    def diff(self) -> dict[str, str]:
        how_of = {one.id: how for one, how in self.order}
        after_how = {RESTART: "restarted, same container", REPLACE: "replaced by a fresh container of the same image"}
        before, after = [], []
        for service in self.services:
            for one in self.project.replicas(service):
                line = line_of(self.project, one)
                before.append(line)
                after.append(f"{one.name}: {after_how[how_of[one.id]]}" if one.id in how_of else line)
        return diff_of("replicas", before, after)


def plan_restart(
    project: Project, services: Sequence[str], *, sick_only: bool = False, method: str = "auto"
) -> Restarting:
    """Services in the order of their dependencies; within one the sick replicas first."""
    names = project.model.in_order(services) if project.model else sorted(services)
    actions, spared, order = [], [], []
    for service in names:
        replicas = project.replicas(service)
        if sick_only and not any(trouble_of(project, one) for one in replicas):
            continue  # whoever asks for the sick is not told of every service that is well
        for one in sorted(replicas, key=lambda each: (not trouble_of(project, each), each.number)):
            trouble, who = trouble_of(project, one), {"who": one.name, "service": service}
            if one.done:
                spared.append(Item(project.target(one), "ran once and ended well; it is not meant to run", "", who))
            elif sick_only and not trouble:
                spared.append(Item(project.target(one), "is well", "", who))
            else:
                how = how_for(project, one, method)
                reason = trouble or ("is well, and its service is to be restarted")
                actions.append(Item(project.target(one), reason, how, who))
                order.append((one, how))
    return Restarting(project, tuple(names), Plan("restart", tuple(actions), tuple(spared)), tuple(order), len(order))


def how_for(project: Project, one: Container, method: str) -> str:
    """``auto``: what loops is replaced where the files allow a second one, everything else restarted."""
    if method != "auto":
        return method
    spec = project.spec(one.service)
    room = spec is not None and (spec.most is None or spec.most > len(project.replicas(one.service)))
    fresh = room and not project.drift(one) and bool(project.images.get(spec.image if spec else ""))
    return REPLACE if project.loops(one) and fresh else RESTART
