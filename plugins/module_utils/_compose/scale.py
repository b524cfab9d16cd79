# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One service to another number of replicas: the plan, and all that would break and Compose does not look at. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Collection, Iterable, Mapping, Sequence

from .._core.errors import InputError, PreflightError
from .._core.plan import Diff, Item, Plan, PlanDict, diff_of, none_left, plan_dict
from .._core.result import NOTHING_DONE, PlannedAct
from .._core.text import counted
from .._core.units import MIB
from .acts.recovery import Recovery
from .container import Container
from .drain.leftover import Drained, undrain_item
from .health import UNKNOWN
from .model import ports_of
from .project import Project
from .project_report import on_purpose
from .replicas import is_apart, line_of, reload_item, what_first, why_first

START = "start"
_LEFT = "was started by a run that was cut off, and is not ready"


@dataclass(frozen=True)
class Bounds:
    """What the site allows; see the options of compose_scale."""

    max_replicas: int = 20
    allow_drift: bool = False
    memory_reserve: float = 0.1
    connections_per_replica: int = 0
    connections_free: int | None = None
    allow_shared_data: bool = False
    expected: int | None = None  # replicas that there must be now


@dataclass(frozen=True)
class Capacity:
    """What the host and the engine have beside the project. None: not known, so it is not judged."""

    memory_available: int | None = None  # bytes
    memory_reserve: int = 0  # bytes that must stay available
    working_set: int = 0  # bytes, of the largest replica
    listening: frozenset[int] = frozenset()
    names_taken: frozenset[str] = frozenset()
    addresses_free: Mapping[str, int] | None = None  # by network
    connections_free: int | None = None  # of the database
    connections_per_replica: int = 0
    starts_dependencies: bool = False


@dataclass(frozen=True)
class Scaling(PlannedAct):
    """The plan to bring a service to ``wanted`` replicas, and all that it could concern; its targets say what."""

    project: Project
    service: str
    wanted: int
    plan: Plan
    refusals: tuple[str, ...]
    excess: tuple[Container, ...]
    proxies: tuple[Container, ...]  # that do not know all replicas
    unknown: tuple[Container, ...]  # replicas that they do not know
    recovery: Recovery | None = None  # from an act on this service that was cut off
    no_step: bool = False  # their number is not in question

    @property
    def now(self) -> int:
        return len(self.project.replicas(self.service))

    @property
    def before(self) -> int:
        """Replicas before this act, and before the one that it completes."""
        return len(self.recovery.wish.known) if self.recovery else self.now

    @property
    def add(self) -> int:
        """Replicas to start."""
        return sum(item.detail["count"] for item in self.plan.actions if item.action == START)

    @property
    def victims(self) -> tuple[Container, ...]:
        """Replicas to remove."""
        return tuple(replica for replica in self.excess if replica.target in self.plan.targets)

    @property
    def debris(self) -> tuple[Container, ...]:
        """Those of them that a run which was cut off has started: they go first, and count as no replicas."""
        return tuple(victim for victim in self.victims if self.recovery and victim in self.recovery.debris)

    @property
    def stale(self) -> tuple[Container, ...]:
        """Proxies to reload for themselves; after every other change they are reloaded anyway."""
        return tuple(proxy for proxy in self.proxies if reload_item(proxy, self.service, 0).target in self.plan.targets)

    @property
    def undrained(self) -> tuple[tuple[Container, Drained], ...]:
        """Replicas from which a drain rule is removed that a run left behind."""
        return tuple(pair for pair in self.project.left_drained if undrain_item(*pair).target in self.plan.targets)

    @property
    def affected(self) -> int:
        return self.add + len(self.victims) + len(self.unknown) + len(self.undrained)

    def as_dict(self) -> PlanDict:
        nothing = f"nothing to do: {self.service} has {self.now} of {counted(self.wanted, 'replica')} already"
        if self.no_step:
            nothing = f"nothing to do: no proxy is known to lack a replica of {self.service}"
        what = "replicas missing, excess or without traffic"
        return plan_dict(self.plan, self.affected, what, none_left(self.affected, nothing))

    def diff(self) -> Diff:
        """Replicas before and after."""
        before = [line_of(self.project, replica) for replica in self.project.replicas(self.service)]
        leaving = {victim.id for victim in self.victims}
        after = [
            line_of(self.project, replica)
            for replica in self.project.replicas(self.service)
            if replica.id not in leaving
        ]
        after += [f"{self.service}: one more, new" for dummy in range(self.add)]
        for container, dummy in self.undrained:
            before.append(f"{container.name}: refuses new connections")
            after.append(f"{container.name}: accepts them")
        for proxy in self.stale:
            before.append(f"{proxy.name}: does not know {len(self.unknown)} of the replicas")
            after.append(f"{proxy.name}: reloaded, knows them all")
        return diff_of(f"replicas of {self.service}", before, after)

    def undo(self) -> dict[str, Any]:
        if not self.plan.actions:
            return NOTHING_DONE
        if not self.add and not self.victims:
            return {"reversible": False, "why": "there is nothing to undo: the proxy only read its configuration again"}
        options = {
            "project": self.project.name,
            "service": self.service,
            "replicas": str(self.before),
            "expected": self.now + self.add - len(self.victims),
        }
        return {"reversible": True, "module": "compose_scale", "options": options}


def wanted_of(
    service: str, replicas: int, given: str, bounds: Bounds, again: int | None = None, open_wish: int | None = None
) -> int:
    """``5``, ``+2`` or ``-1`` beside the present number of replicas, checked against what the site allows.

    ``again``: what this same act wanted when it was cut off, which is wanted still. ``open_wish``: what another act
    wanted that was cut off; beside it a step is ambiguous.
    """
    if not re.fullmatch(r"[+-]?\d{1,9}", given.strip()):
        raise InputError(f"replicas is {given!r} and must be a number, or a step like +2. Nothing was done.")
    step = given.strip()[0] in "+-"
    if again is not None:
        return again
    if step and int(given) and open_wish is not None:
        raise InputError(
            f"{service} has {counted(replicas, 'replica')}, and an act that was cut off wanted {open_wish}:"
            " from which of both the"
            f" step {given.strip()} is to be taken is not clear. Say the number of replicas. Nothing was done."
        )
    desired = int(given) + (replicas if step else 0)
    if bounds.expected is not None and bounds.expected != replicas:
        raise PreflightError(
            f"{service} has {counted(replicas, 'replica')} and {bounds.expected} were expected: it was"
            " changed in the meantime."
            " Nothing was done."
        )
    if desired < 1:
        raise InputError(
            f"{service} would have {desired} replicas; the least is 1, since to stop a service is not to scale it."
            " Nothing was done."
        )
    if desired > bounds.max_replicas and desired > replicas:
        raise InputError(
            f"{service} would have {counted(desired, 'replica')} and this site allows {bounds.max_replicas}"
            " (max_replicas)."
            " Nothing was done."
        )
    return desired


def plan_scaling(
    project: Project,
    service: str,
    desired: int,
    around: Capacity,
    bounds: Bounds = Bounds(),
    *,
    stale: Sequence[tuple[Container, float]] = (),
    unknown: Sequence[Container] = (),
    recovery: Recovery | None = None,
    single: str = "",
    no_step: bool = False,
) -> Scaling:
    """``stale``: proxies with the seconds since they read their configuration; ``unknown``: replicas started since.

    ``recovery``: from an act on this service that was cut off. ``single``: why there must never be two replicas.
    ``no_step``: that of ``+0``, which leaves the replicas as they are, also those that do not run.
    """
    debris = recovery.debris if recovery else ()
    own = (*debris, *recovery.replaced, *recovery.stopped) if recovery else ()  # what a run stopped, and no person
    replicas = [replica for replica in project.replicas(service) if replica not in debris]
    add = max(0, desired - len(replicas))
    victims = (*debris, *removal_order(project, replicas, own)[: max(0, len(replicas) - desired)])
    actions, excluded = [undrain_item(*pair) for pair in project.left_drained], []
    if add:
        reason = f"{desired} wanted, {len(replicas)} there"
        # One target stands for all replicas that are to be started; of an act that is completed it is the same.
        target = f"{service}:{len(recovery.wish.known) if recovery else len(replicas)}->{desired}"
        actions.append(Item(target, reason, START, {"who": service, "count": add}))
    for victim in victims:
        reason = _LEFT if victim in debris else why_first(project, victim)
        actions.append(Item(project.target(victim), reason, "remove", {"who": victim.name}))
    if victims:
        gone = {victim.id for victim in victims}
        excluded = [
            Item(project.target(replica), "stays", "", {"who": replica.name})
            for replica in replicas
            if replica.id not in gone
        ]
    if not add and not victims:
        actions += [reload_item(proxy, service, since) for proxy, since in stale]
    staying = [replica for replica in replicas if replica not in victims]
    against = refusals(project, service, add, around, bounds, replicas, single) if add else ()
    against = against if add or no_step else _stopped(staying, desired)
    return Scaling(
        project,
        service,
        desired,
        Plan("scale", tuple(actions), tuple(excluded)),
        (*against, *_against_removal(project, victims, own)),
        victims,
        tuple(proxy for proxy, dummy in stale),
        tuple(unknown) if not add and not victims else (),
        recovery,
        no_step,
    )


def is_no_step(given: str) -> bool:
    """Whether ``+0`` or ``-0`` is asked for: to have the proxies reloaded alone."""
    return bool(re.fullmatch(r"[+-]0+", given.strip()))


def removal_order(project: Project, replicas: Sequence[Container], own: Collection[Container] = ()) -> list[Container]:
    """In the order in which they can go: not running, unhealthy, differing from the files, then the highest number.

    Last come those that a person paused or stopped, and those whose namespaces others live in. ``own``: what a run that
    was cut off has stopped.
    """
    return sorted(
        replicas,
        key=lambda replica: (
            bool(project.sharers(replica)),
            is_apart(replica, own),
            replica.running,
            not project.loops(replica),
            replica.healthy or replica.health == UNKNOWN,
            not project.drift(replica),
            -replica.number,
        ),
    )


def _against_removal(project: Project, victims: Sequence[Container], own: Collection[Container]) -> Iterable[str]:
    for victim in victims:
        for sharer in project.sharers(victim):
            yield f"{sharer.name} lives in a namespace of {victim.name} and would lose it"
        if is_apart(victim, own):
            yield f"{victim.name} {on_purpose(victim)}"
        drain = project.drains.get(victim.id)
        if drain is not None and not drain.left:
            yield f"{victim.name} {drain.words}"


def _stopped(replicas: Sequence[Container], desired: int) -> Iterable[str]:
    """The number that is wanted counts those that run: one that does not is no replica, and is not started silently."""
    stopped = [replica for replica in replicas if not replica.running]
    if stopped and len(replicas) - len(stopped) < desired:
        names = ", ".join(f"{replica.name} is {replica.state}" for replica in stopped)
        yield f"{names}: {what_first(stopped[0])}"


def refusals(
    project: Project,
    service: str,
    add: int,
    around: Capacity,
    bounds: Bounds,
    replicas: Sequence[Container],
    single: str = "",
) -> Iterable[str]:
    """Everything that speaks against more than these replicas, each as a clause."""
    spec = project.spec(service)
    if not add:
        return
    if single and len(replicas) + add > 1:
        yield single
    if spec is None:
        yield f"the files do not know {service}" if project.model else project.why_no_model.rstrip(".")
        return
    desired = len(replicas) + add
    if spec.container_name and desired > 1:
        yield f"the files give it the fixed container_name {spec.container_name}, so there can be one only"
    if len(replicas) == 1 and project.stateful(service) and not bounds.allow_shared_data:
        yield "it keeps data, and a second replica on the same data may destroy them (allow_shared_data if it may not)"
    idle = [replica for replica in replicas if not replica.running]
    if idle:
        yield f"{idle[0].name} of it is {idle[0].state}, and `up` would start it: {what_first(idle[0])}"
    yield from _ports(project, service, add, around, replicas)
    yield from _names(project, service, add, around)
    if not project.images.get(spec.image):
        yield f"its image {spec.image} is not on this host, and nothing is pulled or built in the middle of an incident"
    drifted = [(replica, project.drift(replica)) for replica in replicas]
    differing = [(replica, why) for replica, why in drifted if why]
    if differing and not bounds.allow_drift:
        replica, why = differing[0]
        yield (
            f"{len(differing)} of its replicas differ from the files, so that new ones would be another thing"
            f" ({replica.name}: {'; '.join(why)}); put the files right, or accept the mixture with allow_drift"
        )
    yield from dependencies(project, service, around.starts_dependencies)
    yield from _room(add, spec.memory, around)


def dependencies(project: Project, service: str, starts_them: bool) -> Iterable[str]:
    """What speaks against an `up` of this service; ``starts_them``: this version starts what it depends on."""
    yield from (f"{why}; put the files right, or deploy them first" for why in project.against_networks(service))
    down = project.would_start(service)
    if down and starts_them:
        yield (
            f"{down[0].name}, which it depends on, is {down[0].state}, and this version of Compose would start it"
            " again (2.29.3 would not)"
        )
        return
    required = project.model.needed_by(service, optional=False) if project.model else []
    for container in (one for one in down if one.service in required):
        if not project.done(container) and not any(replica.running for replica in project.replicas(container.service)):
            yield f"{container.service}, which it depends on, does not run"
            return


def _ports(project: Project, service: str, add: int, around: Capacity, replicas: Sequence[Container]) -> Iterable[str]:
    spec = project.spec(service)
    own = {port.published for replica in replicas if replica.running for port in replica.ports}
    for published in spec.published if spec else ():
        room = ports_of(published)
        if len(replicas) + add > len(room):
            yield f"it publishes the host port {published}, which is enough for {len(room)}"
            continue
        free = [port for port in room if port not in own and port not in around.listening]
        if len(free) < add:
            yield f"of its host ports {published} only {len(free)} are free"


def _names(project: Project, service: str, add: int, around: Capacity) -> Iterable[str]:
    """Compose numbers on from the highest; a container of another project may have the name."""
    highest = max((replica.number for replica in project.replicas(service)), default=0)
    for number in range(highest + 1, highest + add + 1):
        taken = {f"{project.name}-{service}-{number}", f"{project.name}_{service}_{number}"} & around.names_taken
        if taken:
            yield f"the name {taken.pop()} is taken by a container that is not of this service"


def _room(add: int, limit: int, around: Capacity) -> Iterable[str]:
    need = limit or around.working_set
    if around.memory_available is not None and need:
        left = around.memory_available - add * need
        if left < around.memory_reserve:
            yield (
                f"{add} more may take {add * need // MIB} MiB, {around.memory_available // MIB} MiB are available and"
                f" {around.memory_reserve // MIB} MiB must stay"
            )
    if around.connections_free is not None and around.connections_per_replica:
        takes = add * around.connections_per_replica
        if takes > around.connections_free:
            yield (
                f"{add} more may open {counted(takes, 'connection')} to the database"
                f" ({around.connections_per_replica} each), and"
                f" {around.connections_free} are free: it would make an exhaustion worse"
            )
    for network, free in (around.addresses_free or {}).items():
        if free < add:
            yield f"the network {network} has {free} addresses left"
