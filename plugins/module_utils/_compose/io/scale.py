# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scaling carried out: look, plan, refuse or act, look again. I/O; the plan is `_compose.scale`'s."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..._core.errors import ActFailed, InputError, PreflightError, RunbookError
from ..._core.result import ActResult, After, Before, Missed, carry_out
from ..project import project_dict
from ..replicas import service_states
from ..scale import Bounds, Scaling, plan_scaling, wanted_of
from .capacity import read_capacity
from .replicas import CHANGED, ReplicaControl, exclusively
from .request import Context, Request, evidence, open_context, refresh


def scale(request: Request, service: str, given: str, bounds: Bounds) -> ActResult:
    """What compose_scale returns. ``given``: how many replicas, or a step like +2."""
    with open_context(request, [service]) as context:
        control = ReplicaControl(context.engine, context.compose, context.project, request.rollout)
        planned = plan(context, control, service, given, bounds)
        return carry_out(planned, request.only, request.check_mode, Scale(context, control), time.monotonic)


@dataclass(frozen=True)
class Scale:
    """The act."""

    context: Context
    control: ReplicaControl

    def look(self, planned: Scaling) -> Before:
        return Before(
            state=service_states(self.context.project, [planned.service]),
            left=planned.affected,
            undo=planned.undo(),
            evidence=evidence(self.context, planned.victims, project_dict(self.context.project, [planned.service])),
        )

    def act(self, planned: Scaling) -> After:
        """What was done before a failure is reported with the failure, and how to undo it."""
        control, missed = self.control, []
        with exclusively(self.context.project.name):
            check_count(control, planned)
            try:
                if planned.victims:
                    control.introduce(planned.service)
                if planned.add:
                    control.add_replicas(planned.service, planned.add)
                    control.reload_proxy()
                for replica in planned.victims:
                    if control.still(replica):
                        control.remove(replica)
                    else:
                        missed.append(Missed(target=replica.target, reason=CHANGED))
                if planned.stale:
                    control.reload_proxy()
            except RunbookError as error:
                if not control.acts_done:
                    raise
                raise ActFailed(
                    f"{error} Before that: {'; '.join(control.acts_done)}.",
                    **{**error.details, "done": control.acts_done, "undo": planned.undo()},
                ) from None
        later = refresh(self.context)
        replicas = later.replicas(planned.service)
        return After(
            done=control.acts_done,
            state=service_states(later, [planned.service]),
            left=abs(planned.wanted - len(replicas)) + sum(not replica.healthy for replica in replicas),
            missed=missed,
        )


def plan(context: Context, control: ReplicaControl, service: str, given: str, bounds: Bounds) -> Scaling:
    """The plan for what was asked; refuses what can never be, and what would break."""
    replicas = len(context.project.replicas(service))
    desired = wanted_of(replicas, given)
    if desired is None:
        raise InputError(f"replicas is {given!r} and must be a number, or a step like +2. Nothing was done.")
    if bounds.expected is not None and bounds.expected != replicas:
        raise PreflightError(
            f"{service} has {replicas} replicas and {bounds.expected} were expected: it was changed in the meantime."
            " Nothing was done."
        )
    if desired < 1:
        raise InputError(
            f"{service} would have {desired} replicas; the least is 1, since to stop a service is not to scale it."
            " Nothing was done."
        )
    if desired > bounds.max_replicas and desired > replicas:
        raise InputError(
            f"{service} would have {desired} replicas and this site allows {bounds.max_replicas} (max_replicas)."
            " Nothing was done."
        )
    around = read_capacity(
        context.engine,
        context.compose,
        context.project,
        service,
        reserve=bounds.memory_reserve,
        connections_free=bounds.connections_free,
        connections_per_replica=bounds.connections_per_replica,
    )
    stale, unknown = control.stale_proxies(service)
    scaling = plan_scaling(
        context.project,
        service,
        desired,
        around,
        allow_drift=bounds.allow_drift,
        allow_shared=bounds.allow_shared_data,
        stale=stale,
        unknown=unknown,
    )
    if scaling.plan.actions:
        control.check_proxy([service])
    if scaling.refusals:
        raise PreflightError(
            f"{service} was not scaled from {replicas} to {desired}: {'; '.join(scaling.refusals)}. Nothing was done.",
            reasons=list(scaling.refusals),
        )
    return scaling


def check_count(control: ReplicaControl, scaling: Scaling) -> None:
    """Another run may have acted between our look and our turn."""
    present = len(control.now(scaling.service))
    if present != scaling.now:
        raise PreflightError(
            f"{scaling.service} had {scaling.now} replicas when the plan was made and has {present} now: another"
            " run is changing it. Nothing was done. Make the plan again with --check."
        )
