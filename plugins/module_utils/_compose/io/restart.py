# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restarting carried out: look, plan, act one by one, look again. I/O; the plan is `_compose.restart`'s."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ..._core.errors import ActFailed, InputError, PreflightError, ProjectUnknown, RunbookError
from ..._core.result import After, Before, NotDone, carry_out
from ..._system.io.disk_room import full_at
from ..acts.falls import falls
from ..acts.io.acting import acting, new_record
from ..acts.io.listening import on_this_host
from ..acts.recovery import Recovery, cut_off, recovery_of
from ..acts.wish import RESTART as ACT
from ..acts.wish import ActRecord, Wish
from ..container import Container
from ..project import Project
from ..project_report import is_well, problem_of, project_dict
from ..replicas import service_states
from ..restart import REMOVE, REPLACE, RESTART, UNPAUSE, Restarting, holds_database, names_of, plan_restart
from .replicas import CHANGED, ReplicaControl
from .request import Context, Request, evidence, on_its_engine, open_context, refresh

NEVER_UNDONE = {"reversible": False, "why": "a restart cannot be undone; the logs before it are in the evidence"}
_DONE = {True: "unpaused", False: "restarted"}  # by whether it was paused
_AT_ONCE = 8  # engines stop and start this many beside each other without trouble


def restart(
    request: Request,
    services: Sequence[str],
    *,
    containers: Sequence[str] = (),
    everything: bool,
    unhealthy_only: bool,
    running_only: bool = False,
    method: str,
    at_once: bool,
    uncertain: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What compose_restart returns. ``running_only``: the services were named by a diagnosis, for what runs in them.
    ``uncertain``: by the name of a container, why its restart needs an approval."""
    if (bool(services) and everything) or not (services or everything or unhealthy_only):
        raise InputError(
            "Say which services, or which: unhealthy for the unhealthy replicas, or everything: true for all services,"
            " which is the last resort and excludes a list of services. Nothing was done."
        )
    if containers and not services:
        raise InputError("containers are those of services: say which services, too. Nothing was done.")
    with open_context(request, services, needs_files=False) as context:
        control = ReplicaControl(context.engine, context.compose, context.project, request.rollout)
        names = list(services) or [name for name in context.project.service_names if context.project.replicas(name)]
        _require_containers(context.project, names, containers)
        former = cut_off(context.project, ACT, request.rollout.stable, services=names)
        recoveries = _recoveries(context.project, names, former, request.rollout.stable)
        planned = plan_restart(
            context.project,
            names,
            unhealthy_only=unhealthy_only,
            named=bool(services) and not running_only,
            containers=containers,
            method="restart" if at_once else method,
            starts_dependencies=context.compose.starts_dependencies,
            full_disks=_on_full_disks(context, unhealthy_only),
            recoveries=recoveries,
            stop_first=[name for name in names if control.must_stop_first(name)],
            unclear={name: control.unclear(name) for name in names},
            uncertain={name: str(why) for name, why in (uncertain or {}).items()},
        )
        if planned.refusals:
            raise PreflightError(f"Nothing was restarted: {'; '.join(planned.refusals)}. Nothing was done.")
        if planned.plan.actions and request.rollout.proxy not in names:
            control.check_proxy({container.service for container, dummy in planned.order})
        the_act = Restart(context, control, at_once, former if recoveries else None, recoveries)
        result = carry_out(planned, request.only, request.check_mode, the_act, time.monotonic)
        final = on_its_engine(result, context)
        control.finish()
        return final


def _recoveries(project: Project, names: Sequence[str], former: ActRecord | None, stable: float) -> dict[str, Recovery]:
    """By service, what a restart that was cut off has left of it."""
    states = {name: recovery_of(project, name, former, stable) for name in names} if former else {}
    return {name: state for name, state in states.items() if state is not None}


@dataclass(frozen=True)
class Restart:
    """The act. ``at_once``: all replicas of a service together. ``former``: an act that it completes, of which
    ``recoveries`` say what is left."""

    context: Context
    control: ReplicaControl
    at_once: bool
    former: ActRecord | None
    recoveries: Mapping[str, Recovery]

    def look(self, planned: Restarting) -> Before:
        return Before(
            state=service_states(self.context.project, planned.services),
            left=sum(bool(problem_of(self.context.project, replica)) for replica, dummy in planned.order)
            + len(planned.undrained)
            + len(planned.missing)
            + len(planned.unhelped),
            undo=NEVER_UNDONE,
            evidence=evidence(
                self.context,
                [replica for replica, dummy in planned.order],
                project_dict(self.context.project, planned.services),
            ),
        )

    def act(self, planned: Restarting) -> After:
        with acting(self.control, self.record(planned), self.former):
            not_done = begin(self.control, planned)
            not_done += act_at_once(self.control, planned) if self.at_once else act(self.control, planned)
        unproved = self._unproved(planned)
        later = refresh(self.context)
        return After(
            done=self.control.acts_done,
            state=service_states(later, planned.services),
            left=sum(
                replica.id in unproved or not is_well(later, self.control.as_before(replica))
                for replica in self._meant(planned, later)
            ),
            not_done=not_done,
        )

    def _unproved(self, planned: Restarting) -> set[str]:
        """Ids of those that were restarted and fell before after they had run for longer than is waited for now."""
        again = [container for container, how in planned.order if how == RESTART]
        project = self.context.project
        lasting = [container for container in again if project.loops(container) and container.lasts(project.now)]
        falling = [container for container in again if container in lasting or falls(project, container)]
        self.control.acts_done += [
            f"whether the restart helps {container.name} shows when it has run for longer than between two falls"
            for container in falling
        ]
        return {container.id for container in falling}

    def _meant(self, planned: Restarting, later: Project) -> list[Container]:
        """What the act has made or started again, and what it left alone with a problem; not what starts beside it."""
        meant = {container.id for container in (*planned.unhelped, *(one for one, dummy in planned.order))}
        untouched = {container.id for container in self.context.project.containers} - meant
        every = [replica for name in planned.services for replica in later.replicas(name)]
        return [replica for replica in every if replica.id not in untouched]

    def record(self, planned: Restarting) -> ActRecord:
        """As many replicas of each service as there were, before the act that is completed, where it is one."""
        wishes = {}
        for service in planned.services:
            replicas = self.context.project.replicas(service)
            how_of = {container.id: how for container, how in planned.order if container.service == service}
            if not how_of and service not in self.recoveries:
                continue
            former = self.recoveries[service].wish if service in self.recoveries else None
            wishes[service] = Wish(
                replicas=former.replicas if former else len(replicas),
                known=former.known if former else tuple(replica.id for replica in replicas),
                leaving=tuple(id for id, how in how_of.items() if how in (REMOVE, REPLACE)),
                restarting=tuple(id for id, how in how_of.items() if how == RESTART),
            )
        return new_record(ACT, {}, wishes, self.former)


def _on_full_disks(context: Context, unhealthy_only: bool) -> dict[str, str]:
    """Containers that are not to be restarted since a disk of theirs is full, by id, with what to do first.

    Databases always, also where a person names them: what stops one there may keep it from starting again. Others with
    a problem only where the unhealthy ones are meant, since a restart does not help them.
    """
    reasons = {}
    containers = context.project.containers
    for container in containers if on_this_host(context.engine, containers) else ():
        ill = unhealthy_only and bool(problem_of(context.project, container))
        place = full_at(
            mount.source
            for mount in container.mounts
            if mount.source and (holds_database(mount) or (ill and mount.writable))
        )
        if place:
            then = "it fails again after a restart" if ill else "a database may not start again after a restart"
            reasons[container.id] = (
                f"its disk is full ({place}), so that {then}: run playbooks/disk_space.yml"
                f" with reclaim_disk_mount={place} first"
            )
    return reasons


def _require_containers(project: Project, services: Sequence[str], containers: Sequence[str]) -> None:
    known = [replica.name for name in services for replica in project.replicas(name)]
    missing = sorted(set(names_of(containers)) - set(known))
    if missing:
        raise ProjectUnknown(
            f"{', '.join(missing)} is no container of {', '.join(services)} (any more). There are:"
            f" {', '.join(known) or 'none'}. Check which containers are to be restarted. Nothing was done."
        )


def begin(control: ReplicaControl, plan: Restarting) -> list[NotDone]:
    """What runs that ended have left: drain rules, replicas that are too many, replicas that are missing."""
    for container, state in plan.undrained:
        control.undrain(container, state)
    not_done = control.remove_all([container for container, how in plan.order if how == REMOVE])
    for service, number in plan.missing:
        control.add_replicas(service, number)
        control.give_back(service)
    return not_done


def act(control: ReplicaControl, plan: Restarting) -> list[NotDone]:
    """One by one; stops at the first that does not come back, and says what was left alone."""
    not_done: list[NotDone] = []
    for service in plan.services:
        if service != control.rollout.proxy:
            control.introduce(service)
    order = [(container, how) for container, how in plan.order if how != REMOVE]
    for place, (container, how) in enumerate(order):
        if not control.still(container):
            not_done.append(NotDone(target=container.target, reason=CHANGED))
            continue
        try:
            if how == REPLACE:
                control.replace(container)
            elif how == UNPAUSE:
                control.unpause(container)
            else:
                control.restart(container)
        except RunbookError as error:
            left = [container_left.name for container_left, dummy in order[place + 1 :]]
            rest = f" {', '.join(left)} were left alone." if left else ""
            raise ActFailed(
                f"Stopped at {container.name}, {place} of {len(order)} were done before it: {error}{rest}"
                " Look at its log, and consider release_rollback if a deploy came before this.",
                **{**error.details, "done": control.acts_done, "left_alone": left},
            ) from None
    return not_done


def act_at_once(control: ReplicaControl, plan: Restarting) -> list[NotDone]:
    """Service by service in the order of their dependencies, the replicas of one together: requests fail meanwhile."""
    not_done: list[NotDone] = []
    for service in plan.services:
        ours = [container for container, how in plan.order if container.service == service and how != REMOVE]
        there = [container for container in ours if control.still(container)]
        not_done += [NotDone(target=container.target, reason=CHANGED) for container in ours if container not in there]
        if there:
            control.step()
            _restart_all(control, there)
            control.acts_done += [f"{_DONE[container.state == 'paused']} {container.name}" for container in there]
            try:
                control.await_ready(there)
            except RunbookError as error:
                details = {**error.details, "done": control.acts_done}
                raise ActFailed(f"Stopped at {service}: {error}", **details) from None
            if service != control.rollout.proxy:
                control.reload_proxy(service)
    return not_done


def _restart_all(control: ReplicaControl, ours: Sequence[Container]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda container: _start_again(control, container), ours))


def _start_again(control: ReplicaControl, container: Container) -> None:
    if container.state == "paused":
        control.engine.unpause(container.id)
    else:
        control.engine.restart(container.id, control.grace(container))
        if not container.running:
            control.let_in(container)
