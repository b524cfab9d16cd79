# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restarting carried out: look, plan, act one by one, look again. I/O; the plan is `_compose.restart`'s."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Sequence

from ..._core.errors import ActFailed, InputError, PreflightError, ProjectUnknown, RunbookError
from ..._core.result import ActResult, After, Before, Missed, carry_out
from ..container import Container
from ..project import Project, project_dict, trouble_of
from ..replicas import standing
from ..restart import REPLACE, Restarting, plan_restart
from .replicas import CHANGED, Fleet, alone
from .request import Order, Site, again, evidence, site_of

NEVER_UNDONE = {"reversible": False, "why": "a restart cannot be taken back; the logs before it are in the evidence"}
_AT_ONCE = 8  # engines stop and start this many beside each other without trouble


def restart(
    order: Order,
    services: Sequence[str],
    *,
    containers: Sequence[str] = (),
    everything: bool,
    sick_only: bool,
    method: str,
    at_once: bool,
) -> ActResult:
    """What compose_restart returns."""
    if (bool(services) and everything) or not (services or everything or sick_only):
        raise InputError(
            "Say which services, or which: sick for whatever is sick, or everything: true for all of them, which is the"
            " last resort and goes with no list of services. Nothing was done."
        )
    if containers and not services:
        raise InputError("containers are those of services: say which services, too. Nothing was done.")
    with site_of(order, services) as site:
        fleet = Fleet(site.engine, site.compose, site.project, order.terms)
        names = list(services) or [name for name in site.project.service_names if site.project.replicas(name)]
        _require_containers(site.project, names, containers)
        planned = plan_restart(
            site.project,
            names,
            sick_only=sick_only,
            named=bool(services),
            containers=containers,
            method="restart" if at_once else method,
            starts_dependencies=site.compose.starts_dependencies,
        )
        if planned.refusals:
            raise PreflightError(f"Nothing was restarted: {'; '.join(planned.refusals)}. Nothing was done.")
        if planned.plan.actions and order.terms.proxy not in names:
            fleet.check_proxy({one.service for one, dummy in planned.order})
        return carry_out(planned, order.only, order.check_mode, Restart(site, fleet, at_once), time.monotonic)


@dataclass(frozen=True)
class Restart:
    """The act. ``at_once``: all replicas of a service together."""

    site: Site
    fleet: Fleet
    at_once: bool

    def look(self, planned: Restarting) -> Before:
        return Before(
            state=standing(self.site.project, planned.services),
            left=sum(bool(trouble_of(self.site.project, replica)) for replica, dummy in planned.order),
            undo=NEVER_UNDONE,
            evidence=evidence(
                self.site,
                [replica for replica, dummy in planned.order],
                project_dict(self.site.project, planned.services),
            ),
        )

    def act(self, planned: Restarting) -> After:
        with alone(self.site.project.name):
            missed = act_at_once(self.fleet, planned) if self.at_once else act(self.fleet, planned)
        later = again(self.site)
        return After(
            done=self.fleet.said,
            state=standing(later, planned.services),
            left=sum(not one.well and not one.done for name in planned.services for one in later.replicas(name)),
            missed=missed,
        )


def _require_containers(project: Project, services: Sequence[str], containers: Sequence[str]) -> None:
    known = [one.name for name in services for one in project.replicas(name)]
    missing = sorted(set(containers) - set(known))
    if missing:
        raise ProjectUnknown(
            f"{', '.join(missing)} is no container of {', '.join(services)} (any more). There are:"
            f" {', '.join(known) or 'none'}. Look again at what is to be restarted. Nothing was done."
        )


def act(fleet: Fleet, plan: Restarting) -> list[Missed]:
    """One by one; stops at the first that does not come back, and says what was left alone."""
    missed: list[Missed] = []
    for service in plan.services:
        if service != fleet.terms.proxy:
            fleet.introduce(service)
    for place, (one, how) in enumerate(plan.order):
        if not fleet.still(one):
            missed.append(Missed(target=one.target, reason=CHANGED))
            continue
        try:
            if how == REPLACE:
                fleet.replace(one)
            else:
                fleet.restart(one)
        except RunbookError as error:
            left = [each.name for each, dummy in plan.order[place + 1 :]]
            rest = f" {', '.join(left)} were left alone." if left else ""
            raise ActFailed(
                f"Stopped at {one.name}, {place} of {len(plan.order)} were done before it: {error}{rest} Look at its"
                " log, and consider release_rollback if a deploy came before this.",
                **{**error.details, "done": fleet.said, "left_alone": left},
            ) from None
    return missed


def act_at_once(fleet: Fleet, plan: Restarting) -> list[Missed]:
    """Service by service in the order of their dependencies, the replicas of one together: requests fail meanwhile."""
    missed: list[Missed] = []
    for service in plan.services:
        ours = [one for one, dummy in plan.order if one.service == service]
        there = [one for one in ours if fleet.still(one)]
        missed += [Missed(target=one.target, reason=CHANGED) for one in ours if one not in there]
        if there:
            _restart_all(fleet, there)
            fleet.said += [f"restarted {one.name}" for one in there]
            try:
                fleet.await_ready(there)
            except RunbookError as error:
                raise ActFailed(f"Stopped at {service}: {error}", **{**error.details, "done": fleet.said}) from None
            if service != fleet.terms.proxy:
                fleet.reload_proxy()
    return missed


def _restart_all(fleet: Fleet, ours: Sequence[Container]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda one: fleet.engine.restart(one.id, fleet.grace(one)), ours))
