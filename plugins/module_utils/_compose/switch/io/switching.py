# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starting and stopping named containers carried out: look, plan, refuse or act, look again. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Sequence

from ...._core.errors import ActFailed, InputError, PreflightError, ProjectUnknown, RunbookError
from ...._core.result import After, Before, NotDone, carry_out
from ...acts.io.acting import stoppable
from ...container import Container
from ...io.replicas import CHANGED, ReplicaControl
from ...io.request import Context, Request, evidence, on_its_engine, open_context, refresh
from ...lock.io.engine_lock import exclusively
from ...project import Project
from ...project_report import project_dict
from ...replicas import service_states
from ...restart import names_of
from ..switching import STARTED, Switching, plan_switch


def switch(request: Request, containers: Sequence[str], wanted: str) -> dict[str, Any]:
    """What compose_switch returns. ``wanted``: started or stopped."""
    if not containers:
        raise InputError("containers is empty: name the containers to start or stop. Nothing was done.")
    with open_context(request, [], needs_files=False) as context:
        _require_containers(context.project, containers)
        planned = plan_switch(context.project, containers, wanted, request.rollout.singletons)
        if planned.refusals:
            raise PreflightError(
                f"Nothing was {wanted}: {'; '.join(planned.refusals)}. Nothing was done.",
                reasons=list(planned.refusals),
            )
        control = ReplicaControl(context.engine, context.compose, context.project, request.rollout)
        if planned.plan.actions and request.rollout.proxy not in planned.services:
            control.check_proxy(planned.services)
        act_of = Switch(context, control)
        return on_its_engine(carry_out(planned, request.only, request.check_mode, act_of, time.monotonic), context)


def _require_containers(project: Project, names: Sequence[str]) -> None:
    known = sorted(container.name for container in project.containers)
    missing = sorted(set(names_of(names)) - set(known))
    if missing:
        raise ProjectUnknown(
            f"{', '.join(missing)} is no container of the compose project {project.name}. It has:"
            f" {', '.join(known)}. Nothing was done."
        )


@dataclass(frozen=True)
class Switch:
    """The act."""

    context: Context
    control: ReplicaControl

    def look(self, planned: Switching) -> Before:
        project = self.context.project
        return Before(
            state=service_states(project, planned.services),
            left=len(planned.every),
            undo=planned.undo(),
            evidence=evidence(self.context, planned.order, project_dict(project, planned.services)),
        )

    def act(self, planned: Switching) -> After:
        control, not_done = self.control, []
        with exclusively(self.context.engine, self.context.project.name), stoppable():
            for place, container in enumerate(planned.order):
                if not control.still(container):
                    not_done.append(NotDone(target=container.target, reason=CHANGED))
                    continue
                try:
                    self._switch(container, planned.wanted)
                except RunbookError as error:
                    left = [other.name for other in planned.order[place + 1 :]]
                    rest = f" {', '.join(left)} were left alone." if left else ""
                    raise ActFailed(
                        f"Stopped at {container.name}: {error}{rest}",
                        **{**error.details, "done": control.acts_done, "left_alone": left},
                    ) from None
        later = refresh(self.context)
        names = [container.name for container in planned.every]
        return After(
            done=control.acts_done,
            state=service_states(later, planned.services),
            left=len(plan_switch(later, names, planned.wanted).every),
            not_done=not_done,
        )

    def _switch(self, container: Container, wanted: str) -> None:
        control = self.control
        if wanted == STARTED:
            control.start(container)
        else:
            with control.taken_out(container):
                control.engine.stop(container.id, control.grace(container))
            control.acts_done.append(f"stopped {container.name}")
        if container.service != control.rollout.proxy:
            try:
                control.reload_proxy(container.service)
            except ActFailed as error:  # what was asked for is done
                control.acts_done.append(str(error))
