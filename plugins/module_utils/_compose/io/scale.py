# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scaling carried out: look, plan, refuse or act, look again. I/O; the plan is `_compose.scale`'s."""

from __future__ import annotations

import time
from typing import Any

from ..._core.errors import ActFailed, InputError, PreflightError, RunbookError
from ..project import project_dict
from ..replicas import standing
from ..scale import Bounds, Scaling, plan_scaling, wanted_of
from .capacity import surroundings
from .replicas import Fleet, alone
from .request import Order, Site, again, check_approved, evidence, site_of


def scale(order: Order, service: str, given: str, bounds: Bounds) -> dict[str, Any]:
    """What compose_scale returns; see its documentation."""
    with site_of(order, [service]) as site:
        fleet = Fleet(site.engine, site.compose, site.project, order.terms)
        first = plan(site, fleet, service, given, bounds)
        scaling = first.narrowed_to(order.only)
        check_approved(first.plan.targets, scaling.plan.targets, order.only)
        before = standing(site.project, [service])
        result: dict[str, Any] = {
            "changed": bool(scaling.plan.actions),
            "plan": scaling.as_dict(),
            "before": before,
            "after": before,
            "done": [],
            "missed": [],
            "left": scaling.late,
            "seconds": None,
            "diff": scaling.diff(),
            "undo": undo(scaling),
            "evidence": evidence(site, scaling.victims, project_dict(site.project, [service])),
        }
        if order.rehearsal or not scaling.plan.actions:
            return result
        with alone(site.project.name):
            began = time.monotonic()
            check_count(fleet, scaling)
            missed = act(fleet, scaling)
        later = again(site)
        result.update(
            changed=bool(fleet.said),
            after=standing(later, [service]),
            done=fleet.said,
            missed=missed,
            seconds=round(time.monotonic() - began, 2),
        )
        stands = later.replicas(service)
        result["left"] = abs(scaling.wanted - len(stands)) + sum(not one.well for one in stands)
        return result


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


def act(fleet: Fleet, scaling: Scaling) -> list[str]:
    """Carry it out; returns the targets that were no longer what the plan saw.

    What was done before something failed is told with the failure, and how to take it back.
    """
    try:
        return _act(fleet, scaling)
    except RunbookError as error:
        if not fleet.said:
            raise
        raise ActFailed(
            f"{error} Before that: {'; '.join(fleet.said)}.",
            **{**error.details, "done": fleet.said, "undo": undo(scaling)},
        ) from None


def _act(fleet: Fleet, scaling: Scaling) -> list[str]:
    missed = []
    if scaling.victims:
        fleet.introduce(scaling.service)
    if scaling.add:
        fleet.grow(scaling.service, scaling.add)
        fleet.reload_proxy()
    for one in scaling.victims:
        if fleet.still(one):
            fleet.remove(one)
        else:
            missed.append(scaling.project.target(one))
    if scaling.stale:
        fleet.reload_proxy()
    return missed


def undo(scaling: Scaling) -> dict[str, Any]:
    if not scaling.add and not scaling.victims:
        return {"reversible": False, "why": "nothing is to be taken back: the proxy was only told who runs"}
    options = {
        "project": scaling.project.name,
        "service": scaling.service,
        "replicas": str(scaling.now),
        "expected": scaling.now + scaling.add - len(scaling.victims),
    }
    return {"reversible": True, "module": "compose_scale", "options": options}
