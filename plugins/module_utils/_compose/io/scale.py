# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scaling carried out: look, plan, refuse or act, look again. I/O; the plan is `_compose.scale`'s."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Mapping

from ..._core.errors import ActFailed, PreflightError, RunbookError
from ..._core.result import After, Before, carry_out
from ..._core.text import counted
from ..acts.io.acting import acting, drop_record, new_record
from ..acts.recovery import Recovery, cut_off, recovery_of
from ..acts.wish import SCALE, ActRecord, Wish
from ..project import Project
from ..project_report import is_well, project_dict
from ..replicas import service_states
from ..scale import Bounds, Scaling, is_no_step, plan_scaling, wanted_of
from .capacity import read_capacity
from .replicas import ReplicaControl
from .request import Context, Request, evidence, on_its_engine, open_context, refresh


def scale(request: Request, service: str, given: str, bounds: Bounds) -> dict[str, Any]:
    """What compose_scale returns. ``given``: how many replicas, or a step like +2."""
    with open_context(request, [service], needs_files=False) as context:
        control = ReplicaControl(context.engine, context.compose, context.project, request.rollout)
        given_options = options_of(service, given)
        former = Former.of(context.project, service, given_options, request.rollout.stable)
        desired = wanted_of(
            service, len(context.project.replicas(service)), given, bounds, former.again, former.open_wish
        )
        capacity = read_capacity(context.engine, context.compose, context.project, service, bounds)
        stale, unknown = control.stale_proxies(service)
        planned = plan_scaling(
            context.project, service, desired, capacity, bounds, stale=stale, unknown=unknown,
            recovery=former.recovery, single=control.single(service), no_step=is_no_step(given),
        )  # fmt: skip
        if planned.plan.actions:
            control.check_proxy([service])
        require_no_refusal(planned)
        act = Scale(context, control, given_options, former.record)
        result = carry_out(planned, request.only, request.check_mode, act, time.monotonic)
        if former.again is not None and not planned.plan.actions and not request.check_mode:
            drop_record(
                context.engine, context.project.name, former.record
            )  # it had reached what it wanted; the next such step is a new one
        final = on_its_engine(result, context)
        control.finish()
        return final


def options_of(service: str, given: str) -> dict[str, Any]:
    """What makes another run the same act; not how many there must be now, which changes while it is carried out."""
    return {"service": service, "replicas": given.strip()}


@dataclass(frozen=True)
class Former:
    """A scaling of this service that was cut off: its record, what it left, and how many replicas it wanted.

    ``again``: where it is the act of this run; ``open_wish``: where it is another.
    """

    record: ActRecord | None = None
    recovery: Recovery | None = None
    again: int | None = None
    open_wish: int | None = None

    @classmethod
    def of(cls, project: Project, service: str, given: Mapping[str, Any], stable: float) -> Former:
        record = cut_off(project, SCALE, stable, given, [service])
        recovery = recovery_of(project, service, record, stable) if record else None
        if record is None or recovery is None:
            return cls()
        same = record.same(SCALE, given)
        wanted = recovery.wish.replicas
        return cls(record, recovery, wanted if same else None, None if same else wanted)


@dataclass(frozen=True)
class Scale:
    """The act. ``given``: its options; ``former``: the record of an act that it completes."""

    context: Context
    control: ReplicaControl
    given: Mapping[str, Any]
    former: ActRecord | None

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
        with acting(control, self.record(planned), self.former):
            check_count(control, planned)
            try:
                for container, state in planned.undrained:
                    control.undrain(container, state)
                if planned.victims:
                    control.introduce(planned.service)
                not_done += control.remove_all(planned.debris)
                if planned.add:
                    control.add_replicas(planned.service, planned.add)
                    control.reload_proxy(planned.service)
                not_done += control.remove_all([one for one in planned.victims if one not in planned.debris])
                if planned.stale:
                    control.reload_proxy(planned.service)
            except RunbookError as error:
                if not control.acts_done:
                    raise
                raise ActFailed(
                    f"{error} Before that: {'; '.join(control.acts_done)}.",
                    **{**error.details, "done": control.acts_done, "undo": planned.undo()},
                ) from None
        later = refresh(self.context)
        replicas = later.replicas(planned.service)
        known = {container.id for container in self.context.project.containers}
        fresh = [replica for replica in replicas if replica.id not in known]
        return After(
            done=control.acts_done,
            state=service_states(later, [planned.service]),
            left=abs(planned.wanted - len(replicas))
            + sum(not is_well(later, control.as_before(replica)) for replica in fresh),
            not_done=not_done,
        )

    def record(self, planned: Scaling) -> ActRecord:
        """What is wanted, and what was there before: before the act that is completed, where it is one."""
        wish = Wish(
            planned.now + planned.add - len(planned.victims),
            tuple(replica.id for replica in self.context.project.replicas(planned.service)),
            tuple(victim.id for victim in planned.victims),
        )
        if self.former is not None:
            wish = replace(wish, known=self.former.wishes[planned.service].known)
        return new_record(SCALE, self.given, {planned.service: wish}, self.former)


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
            f"{scaling.service} had {counted(scaling.now, 'replica')} when the plan was made and has {present}"
            " now: another"
            " run is changing it. Nothing was done. Make the plan again with --check."
        )
