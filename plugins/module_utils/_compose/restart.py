# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which replicas to restart, in which order and how. Pure.

A container that the engine restarts again and again is not fixed by another restart: the cause lies in its
writable layer, its configuration or its image. A fresh container beside it shows which; the old one goes when the new
one is up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Collection, Mapping, Sequence

from .._core.plan import Diff, Item, Plan, PlanDict, diff_of, none_left, plan_dict
from .._core.result import PlannedAct
from .acts.excluded import may_be_job, set_apart_since, why_excluded
from .acts.recovery import Recovery
from .acts.starting import is_starting, may_wait_for, not_ready
from .checked.foreign import may_be_foreign
from .container import DATA, Container, Mount
from .drain.leftover import Drained, undrain_item
from .project import Project
from .project_report import CHECK_FAILS, on_purpose, problem_of
from .replicas import line_of
from .scale import dependencies

OTHER = "is not the container that was looked at: it was created or started again since"
_STOPPED = "was stopped by a restart that was cut off, and not started again"
METHODS = ("auto", "restart", "replace")
RESTART, REPLACE, UNPAUSE, REMOVE, START = "restart", "replace", "unpause", "remove", "start"


@dataclass(frozen=True)
class Restarting(PlannedAct):
    """The plan; ``every`` holds each container that it could concern, in order, with how it is treated.

    ``lacking``: service and number of replicas that an act which was cut off has not started. ``unhelped``: with a
    problem, and left alone all the same. ``without_room``: why those are left alone of which a disk is full.
    """

    project: Project
    services: tuple[str, ...]
    plan: Plan
    every: tuple[tuple[Container, str], ...]
    refusals: tuple[str, ...] = ()
    lacking: tuple[tuple[str, int], ...] = ()
    unhelped: tuple[Container, ...] = ()
    without_room: tuple[str, ...] = ()

    @property
    def undrained(self) -> tuple[tuple[Container, Drained], ...]:
        """Replicas from which a drain rule is removed that a run left behind."""
        return tuple(pair for pair in self.project.left_drained if undrain_item(*pair).target in self.plan.targets)

    @property
    def missing(self) -> tuple[tuple[str, int], ...]:
        """Service and number of replicas to start."""
        started = {str(item.detail["who"]) for item in self.plan.actions if item.action == START}
        return tuple((service, number) for service, number in self.lacking if service in started)

    @property
    def order(self) -> tuple[tuple[Container, str], ...]:
        """Those that the plan does concern, with those that lose a namespace with one of them: they always go along."""
        meant = [container for container, dummy in self.every if container.target in self.plan.targets]
        along = {sharer.id for container in meant for sharer in self.project.sharers(container)}
        ids = {container.id for container in meant} | along
        return tuple((container, how) for container, how in self.every if container.id in ids)

    def as_dict(self) -> PlanDict:
        nothing = self.project.all_ended() or "nothing to do: no replica is to be restarted"
        if self.without_room:
            nothing = f"no action is possible: {'; '.join(self.without_room)}"
        affected = len(self.every) + len(self.project.left_drained) + len(self.lacking) + len(self.unhelped)
        why = none_left(affected, nothing) + (self._how_named() if affected else self._absent())
        return plan_dict(self.plan, affected, "replicas to restart", why, leaves=len(self.unhelped))

    def _how_named(self) -> str:
        """What to add where all that is wrong is started only when its service is named."""
        idle = sorted({container.service for container in self.unhelped if container.state in ("exited", "created")})
        named = json.dumps({"restart_services_services": idle})
        return f". Name what is to run: playbooks/service_restart.yml -e '{named}'" if idle else ""

    def _absent(self) -> str:
        """What to add for services of the plan that have no container at all: a restart makes none."""
        project = self.project
        names = [name for name in self.services if project.wanted(name) and not project.replicas(name)]
        if not names:
            return ""
        number = str(project.wanted(names[0]))
        given = json.dumps({"scale_services_service": names[0], "scale_services_replicas": number})
        return (
            f". {', '.join(names)} has no container, which the files ask for, and a restart makes none:"
            f" playbooks/service_scale.yml -e '{given}'"
        )

    def diff(self) -> Diff:
        how_of = {container.id: how for container, how in self.order}
        after_how = {
            RESTART: "restarted, same container",
            REPLACE: "replaced by a fresh container of the same image",
            UNPAUSE: "unpaused, same container and same processes",
            REMOVE: "removed",
        }
        before, after = [], []
        for service in self.services:
            for container in self.project.replicas(service):
                line = line_of(self.project, container)
                before.append(line)
                after.append(f"{container.name}: {after_how[how_of[container.id]]}" if container.id in how_of else line)
        for container, dummy in self.undrained:
            before.append(f"{container.name}: refuses new connections")
            after.append(f"{container.name}: accepts them")
        after += [f"{service}: {number} more, new" for service, number in self.missing]
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
    full_disks: Mapping[str, str] | None = None,
    recoveries: Mapping[str, Recovery] | None = None,
    stop_first: Collection[str] = (),
    uncertain: Mapping[str, str] | None = None,
    unclear: Mapping[str, str] | None = None,
) -> Restarting:
    """Services in the order of their dependencies; within one the unhealthy replicas first.

    ``named``: the services were given; else what was stopped or paused on purpose, and jobs that failed, are left
    alone. ``containers``: names or targets of those that are meant; all of the services where none is said.
    ``full_disks``: by container id, why it must not be restarted before its disk has room. A container that lives
    in a namespace of one that is restarted loses it, and is restarted behind it.

    ``recoveries``: by service, from a restart that was cut off; it is completed first. ``stop_first``: services of
    which a replica must have stopped before another one takes its place. ``uncertain``: by the name of a container,
    why its restart needs an approval. ``unclear``: by service, why it is not known whether two may run at a time.
    """
    names = project.in_order(services)
    open_ends, unknown = recoveries or {}, {name: why for name, why in (unclear or {}).items() if why}
    draft = _Draft(
        project,
        method,
        {
            service: why_not_replaced(project, service, starts_dependencies, service in (*stop_first, *unknown))
            for service in names
        },
        stop_first,
        uncertain or {},
        unknown,
    )
    draft.actions += [undrain_item(*pair) for pair in project.left_drained]
    for service in names:
        if service in open_ends:
            draft.complete(service, open_ends[service])
    healthy_else = replace(project, drains={})  # a rule that was left behind is removed, and no restart is needed

    for service in names:
        recovery = open_ends.get(service)
        problems = {
            replica.id: _STOPPED if recovery and replica in recovery.stopped else problem_of(healthy_else, replica)
            for replica in project.replicas(service)
        }
        if unhealthy_only and not any(problems.values()):
            continue  # healthy services are left out of a plan for the unhealthy ones
        gone = (*recovery.debris, *recovery.replaced) if recovery else ()
        meant = [
            replica
            for replica in project.replicas(service)
            if (not containers or replica.name in names_of(containers)) and replica not in gone
        ]
        for container in sorted(meant, key=lambda replica: (not problems[replica.id], replica.number)):
            problem, drain = problems[container.id], project.drains.get(container.id)
            before = [other for other, dummy in draft.order]
            asked = named or problem == _STOPPED
            why = why_excluded(project, container, problem, unhealthy_only, asked, before, draft.left)
            why = why or draft.full(container, full_disks or {})
            why = set_apart_since(container, containers) or why
            if containers and not any(container.is_given(given) for given in containers):
                why = OTHER
            if drain is not None and not drain.left:
                why = drain.words
            elif recovery and container in recovery.fresh and method == REPLACE:
                why = "was started by the run that was cut off, in place of another"
            if why:
                draft.exclude(container, why)
                if problem:
                    draft.unhelped.append(container)
                    draft.left[container.id] = why
            else:
                draft.add(container, problem or on_purpose(container), asked)
    concerned = tuple(dict.fromkeys([*(container.service for container, dummy in draft.order), *names]))
    along = {project.target(container) for container, dummy in draft.order}  # also what would be left alone by itself
    return Restarting(
        project,
        concerned,
        Plan("restart", tuple(draft.actions), tuple(item for item in draft.excluded if item.target not in along)),
        tuple(draft.order),
        tuple(dict.fromkeys(draft.refusals)),
        tuple(draft.lacking),
        tuple(container for container in draft.unhelped if project.target(container) not in along),
        tuple(draft.without_room),
    )


def holds_database(mount: Mount) -> bool:
    """Whether a database keeps its files there, by the folder: /var/lib/postgresql/data, /data/db, /pgdata.

    >>> holds_database(Mount("bind", "", "/pgdata", True)), holds_database(Mount("volume", "x", "/app/media", True))
    (True, False)
    """
    return mount.writable and (mount.target.startswith(DATA) or mount.target.rstrip("/").endswith("data"))


def names_of(given: Sequence[str]) -> list[str]:
    """The names of containers that are given by their names or targets."""
    return [name.partition("@")[0] for name in given]


@dataclass
class _Draft:
    """A plan in the making. ``against``: by service, why none of its replicas can be replaced; empty if they can."""

    project: Project
    method: str
    against: dict[str, str]
    stop_first: Collection[str] = ()
    uncertain: Mapping[str, str] = field(default_factory=dict)
    unclear: Mapping[str, str] = field(default_factory=dict)
    actions: list[Item] = field(default_factory=list)
    excluded: list[Item] = field(default_factory=list)
    order: list[tuple[Container, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    lacking: list[tuple[str, int]] = field(default_factory=list)
    unhelped: list[Container] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    without_room: list[str] = field(default_factory=list)

    def full(self, container: Container, full_disks: Mapping[str, str]) -> str:
        """Why a full disk forbids its restart: its own, or that of one that is restarted with it; empty if none."""
        along = (sharer for sharer in self.project.sharers(container) if sharer.running and sharer.id in full_disks)
        why = full_disks.get(container.id, "") or next(
            (f"{sharer.name} is restarted with it, and {full_disks[sharer.id]}" for sharer in along), ""
        )
        if why and container.state == "paused" and self.method != REPLACE:
            return ""  # its processes go on where they were
        if why:
            self.without_room.append(f"{container.name}: {why}")
        return why

    def complete(self, service: str, recovery: Recovery) -> None:
        """What an act that was cut off has left to do, but for the containers that it was to restart."""
        for container in recovery.debris:
            self._append(container, "was started by a run that was cut off, and is not ready", REMOVE)
        for container in recovery.replaced:
            self._append(container, "was replaced by a run that was cut off", REMOVE)
        if recovery.missing:
            wanted = recovery.wish.replicas
            there = wanted - recovery.missing
            reason = f"{wanted} were there before a run that was cut off, {there} are there now"
            detail = {"who": service, "service": service, "count": recovery.missing}
            self.actions.append(Item(f"{service}:{there}->{wanted}", reason, START, detail))
            self.lacking.append((service, recovery.missing))

    def exclude(self, container: Container, why: str) -> None:
        self.excluded.append(self._item(container, why, ""))

    def add(self, container: Container, problem: str, asked: bool = True) -> None:
        """The container, and behind it those that lose a namespace with it. ``asked``: its service is named."""
        if any(container.id == known.id for known, dummy in self.order):
            return
        how, note = self._how(container)
        along = [sharer for sharer in self.project.sharers(container) if sharer.running]
        starts = [not_ready(self.project, each) for each in (container, *along)]
        starts += [is_starting(self.project, each) for each in along]
        no_help = not asked and how == RESTART and self.project.loops(container)
        starts += [f"a restart does not help in a restart loop{note}"] if no_help else []
        if not asked and (not problem or problem.startswith(CHECK_FAILS)):  # which may be the check of its image
            starts += [may_be_job(self.project, container), may_be_foreign(self.project, container)]
        if not asked and problem:
            planned = {known.id for known, dummy in self.order} - set(self.left)
            starts.append(may_wait_for(self.project, container, planned, self.left))
        held = self.uncertain.get(container.name, "") or next(filter(None, starts), "")
        self._append(container, (problem or "its service is to be restarted") + note, how, held)
        if how == UNPAUSE:
            return
        for sharer in self.project.sharers(container):
            shared = self.project.shared_by(sharer, container)
            if sharer in self.project.outside:
                self.refusals.append(
                    f"{container.name} would be taken from {sharer.name}, which shares its {shared} and is not of this"
                    " project: restart both by hand"
                )
            elif sharer.running:
                self._append(
                    sharer, f"shares the {shared} of {container.name}, and loses it with the restart", RESTART, held
                )

    def _how(self, container: Container) -> tuple[str, str]:
        """How it is treated, and a remark."""
        against = self.against.get(container.service, "") or self._started_beside(container)
        if self.method == REPLACE and against:
            self.refusals.append(f"{container.name} cannot be replaced: {against}")
        if container.state == "paused" and self.method != REPLACE:
            return UNPAUSE, ""
        wants = self.method == REPLACE or (self.method == "auto" and self.project.loops(container))
        if wants and self.method == "auto" and container.service in self.stop_first:
            against = "a second one must not run beside it"
        if wants and against:
            return RESTART, f" (not replaced: {against})"
        if wants and container.service in self.stop_first:
            return REPLACE, " (the old one goes first)"
        if wants and container.service in self.unclear:
            return REPLACE, f" (the old one goes first: {self.unclear[container.service]})"
        return (REPLACE if wants else RESTART), ""

    def _started_beside(self, container: Container) -> str:
        """Why a fresh one would do more than take its place, in a clause: Compose starts with its `up` whatever of the
        service does not run. Empty where it would not."""
        gone = {other.id for other, how in self.order if how == REMOVE} | {container.id}
        beside = [other for other in self.project.replicas(container.service) if other.id not in gone]
        idle = next((other for other in beside if other.state not in ("running", "restarting")), None)
        return f"{idle.name} is {idle.state}, and `up` would start it, too" if idle else ""

    def _append(self, container: Container, reason: str, how: str, held: str = "") -> None:
        if any(container.id == known.id for known, dummy in self.order):
            return
        self.actions.append(self._item(container, reason, how, held))
        self.order.append((container, how))
        if held:  # what depends on it is left, too: without an approval it would be restarted alone
            self.left[container.id] = f"its restart needs an approval ({held})"

    def _item(self, container: Container, reason: str, how: str, held: str = "") -> Item:
        who = {"who": container.name, "service": container.service, **({"needs_approval": held} if held else {})}
        return Item(self.project.target(container), reason, how, who)


def why_not_replaced(project: Project, service: str, starts_dependencies: bool, stops_first: bool = False) -> str:
    """Why no fresh container can come up beside a replica of this service, or after it where it ``stops_first``; empty
    if one can."""
    spec, replicas = project.spec(service), project.replicas(service)
    if spec is None:
        unread = project.why_no_model.rstrip(".") or "the files were not read"
        return f"the files do not know {service}" if project.model else unread
    if spec.most is not None and spec.most <= len(replicas) and not stops_first:
        return "there can be no second one beside it (a fixed name or port)"
    sharer = next((other for replica in replicas for other in project.sharers(replica)), None)
    if sharer is not None:
        return f"{sharer.name} lives in a namespace of it, which a fresh one would not have"
    if any(replica.shares for replica in replicas):
        return "it lives in a namespace of another container, and a second one there would take its ports"
    if project.stateful(service):
        return "it keeps data, which a second one beside it may destroy"
    if any(project.drift(replica) for replica in replicas):
        return "it differs from the files, so that a fresh one would be another thing"
    if not project.images.get(spec.image):
        return f"its image {spec.image} is not on this host"
    return "; ".join(dependencies(project, service, starts_dependencies))
