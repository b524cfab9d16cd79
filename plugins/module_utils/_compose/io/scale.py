# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scaling carried out: look, plan, refuse or act, look again. I/O; the plan is `_compose.scale`'s."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..._core.errors import ActFailed, InputError, PreflightError, RunbookError
from ..._core.result import ActResult, After, Before, Missed, carry_out
from ..project import project_dict
from ..replicas import standing
from ..scale import Bounds, Scaling, plan_scaling, wanted_of
from .capacity import surroundings
from .replicas import CHANGED, Fleet, alone
from .request import Order, Site, again, evidence, site_of


def scale(order: Order, service: str, given: str, bounds: Bounds) -> ActResult:
    """What compose_scale returns. ``given``: how many replicas, or a step like +2."""
    with site_of(order, [service]) as site:
        fleet = Fleet(site.engine, site.compose, site.project, order.terms)
        planned = plan(site, fleet, service, given, bounds)
        return carry_out(planned, order.only, order.check_mode, Scale(site, fleet), time.monotonic)


@dataclass(frozen=True)
class Scale:
    """The act."""

    site: Site
    fleet: Fleet

    def look(self, planned: Scaling) -> Before:
        return Before(
            state=standing(self.site.project, [planned.service]),
            left=planned.late,
            undo=planned.undo(),
            evidence=evidence(self.site, planned.victims, project_dict(self.site.project, [planned.service])),
        )

    def act(self, planned: Scaling) -> After:
        """What was done before something failed is told with the failure, and how to take it back."""
        fleet, missed = self.fleet, []
        with alone(self.site.project.name):
            check_count(fleet, planned)
            try:
                if planned.victims:
                    fleet.introduce(planned.service)
                if planned.add:
                    fleet.grow(planned.service, planned.add)
                    fleet.reload_proxy()
                for replica in planned.victims:
                    if fleet.still(replica):
                        fleet.remove(replica)
                    else:
                        missed.append(Missed(target=replica.target, reason=CHANGED))
                if planned.stale:
                    fleet.reload_proxy()
            except RunbookError as error:
                if not fleet.said:
                    raise
                raise ActFailed(
                    f"{error} Before that: {'; '.join(fleet.said)}.",
                    **{**error.details, "done": fleet.said, "undo": planned.undo()},
                ) from None
        later = again(self.site)
        replicas = later.replicas(planned.service)
        return After(
            done=fleet.said,
            state=standing(later, [planned.service]),
            left=abs(planned.wanted - len(replicas)) + sum(not replica.well for replica in replicas),
            missed=missed,
        )


def plan(site: Site, fleet: Fleet, service: str, given: str, bounds: Bounds) -> Scaling:
    """The plan for what was asked; refuses what can never be, and what would break."""
    replicas = len(site.project.replicas(service))
    wanted = wanted_of(replicas, given)
    if wanted is None:
        raise InputError(f"replicas is {given!r} and must be a number, or a step like +2. Nothing was done.")
    if bounds.expected is not None and bounds.expected != replicas:
        raise PreflightError(
            f"{service} has {replicas} replicas and {bounds.expected} were expected: somebody has changed it since."
            " Nothing was done."
        )
    if wanted < 1:
        raise InputError(
            f"{service} would have {wanted} replicas; the least is 1, since to stop a service is not to scale it."
            " Nothing was done."
        )
    if wanted > bounds.max_replicas and wanted > replicas:
        raise InputError(
            f"{service} would have {wanted} replicas and this site allows {bounds.max_replicas} (max_replicas)."
            " Nothing was done."
        )
    around = surroundings(
        site.engine,
        site.compose,
        site.project,
        service,
        reserve=bounds.memory_reserve,
        connections_free=bounds.connections_free,
        connections_per_replica=bounds.connections_per_replica,
    )
    stale, unknown = fleet.stale_proxies(service)
    scaling = plan_scaling(
        site.project,
        service,
        wanted,
        around,
        allow_drift=bounds.allow_drift,
        allow_shared=bounds.allow_shared_data,
        stale=stale,
        unknown=unknown,
    )
    if scaling.plan.actions:
        fleet.check_proxy([service])
    if scaling.refusals:
        raise PreflightError(
            f"{service} was not scaled from {replicas} to {wanted}: {'; '.join(scaling.refusals)}. Nothing was done.",
            reasons=list(scaling.refusals),
        )
    return scaling


def check_count(fleet: Fleet, scaling: Scaling) -> None:
    """Another run may have acted between our look and our turn."""
    present = len(fleet.now(scaling.service))
    if present != scaling.now:
        raise PreflightError(
            f"{scaling.service} had {scaling.now} replicas when the plan was made and has {present} now: somebody else"
            " is at work on it. Nothing was done. Look at the plan again with --check."
        )
