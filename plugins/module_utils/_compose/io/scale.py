# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scaling carried out: look, plan, refuse or act, look again. I/O; the plan is `_compose.scale`'s."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..._core.errors import ActFailed, PreflightError, RunbookError
from ..._core.result import ActResult, After, Before, NotDone, carry_out
from ..project_report import is_well, project_dict
from ..replicas import service_states
from ..scale import Bounds, Scaling, plan_scaling, wanted_of
from .capacity import read_capacity
from .replicas import CHANGED, ReplicaControl, exclusively
from .request import Context, Request, evidence, open_context, refresh


def scale(request: Request, service: str, given: str, bounds: Bounds) -> ActResult:
    """What compose_scale returns. ``given``: how many replicas, or a step like +2."""
    with open_context(request, [service], needs_files=False) as context:
        control = ReplicaControl(context.engine, context.compose, context.project, request.rollout)
        desired = wanted_of(service, len(context.project.replicas(service)), given, bounds)
        capacity = read_capacity(context.engine, context.compose, context.project, service, bounds)
        stale, unknown = control.stale_proxies(service)
        planned = plan_scaling(context.project, service, desired, capacity, bounds, stale=stale, unknown=unknown)
        if planned.plan.actions:
            control.check_proxy([service])
        require_no_refusal(planned)
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
        control, not_done = self.control, []
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
                        not_done.append(NotDone(target=replica.target, reason=CHANGED))
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
            left=abs(planned.wanted - len(replicas)) + sum(not is_well(later, replica) for replica in replicas),
            not_done=not_done,
        )


def require_no_refusal(planned: Scaling) -> None:
    """Refuse what would break, with every reason."""
    if planned.refusals:
        raise PreflightError(
            f"{planned.service} was not scaled from {planned.now} to {planned.wanted}: {'; '.join(planned.refusals)}."
            " Nothing was done.",
            reasons=list(planned.refusals),
        )


def check_count(control: ReplicaControl, scaling: Scaling) -> None:
    """Another run may have acted between our look and our turn."""
    present = len(control.now(scaling.service))
    if present != scaling.now:
        raise PreflightError(
            f"{scaling.service} had {scaling.now} replicas when the plan was made and has {present} now: another"
            " run is changing it. Nothing was done. Make the plan again with --check."
        )
