# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A compose project: what the files ask for beside what runs. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Callable, Collection, Iterable, Mapping, Sequence

from .acts.networks import RENAMES
from .acts.stopping import Ends
from .acts.wish import Unfinished
from .container import COMPLETED, HEALTHY_FIRST, NAMESPACES, NETWORK, NO_NETWORK, Container
from .drain.leftover import Drained
from .endpoint.engine_endpoint import LOCAL_ENGINE, EngineEndpoint
from .model import Model, Spec, drift, in_order, is_made_by
from .project_ref import EVERY_PROFILE, Source

LONG = 3600.0  # seconds; what ran for longer and ended may be a service, and no job


@dataclass(frozen=True)
class Project:
    """One observation. ``why_no_model`` says why the files could not be read, where ``model`` is None."""

    source: Source
    now: datetime
    containers: tuple[Container, ...]
    model: Model | None = None
    why_no_model: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)
    hash_is_proof: bool = True
    compose_version: tuple[int, ...] = ()  # of Compose that printed the hashes
    images: Mapping[str, str] = field(default_factory=dict)  # reference -> image id
    made: Mapping[str, datetime] = field(default_factory=dict)  # image id -> when it was made
    tagged: Mapping[str, datetime] = field(default_factory=dict)  # image id -> when this engine gave it its name
    again: Mapping[str, Container] = field(default_factory=dict)  # a second observation of those that may loop, by id
    exits: Mapping[str, int] = field(default_factory=dict)  # of those that loop, and run for the moment, by id
    ends: Mapping[str, Ends] = field(default_factory=dict)  # without a request, as far as they are known, by id
    events_since: float | None = 0.0  # from when on the engine knows all of its events, in seconds; None: not known
    logs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # last lines of unhealthy containers, by id
    outside: tuple[Container, ...] = ()  # containers of others that share a namespace or volumes with one of these
    drains: Mapping[str, Drained] = field(default_factory=dict)  # of those with a drain rule, by id
    unfinished: tuple[Unfinished, ...] = ()  # acts whose record is still there
    internal: frozenset[str] = frozenset()  # networks without a way outside, by the engine
    differing_networks: Mapping[str, str] = field(default_factory=dict)  # by name in the files, what an `up` would do
    listening: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # TCP ports, by id; of those that are known
    endpoint: EngineEndpoint = LOCAL_ENGINE  # the engine that it runs on

    @property
    def name(self) -> str:
        return self.source.project

    def replicas(self, service: str) -> list[Container]:
        """The service's containers, by number; one-off runs are none."""
        return sorted(
            (container for container in self.containers if container.service == service),
            key=lambda container: (container.number, container.id),
        )

    @property
    def service_names(self) -> list[str]:
        known = {container.service for container in self.containers} | set(self.model.services if self.model else ())
        return sorted(known)

    def spec(self, service: str) -> Spec | None:
        return self.model.services.get(service) if self.model else None

    def wanted(self, service: str) -> int | None:
        """Replicas that the files ask for. None: not known. A service of a profile that is not in use wants none, and a
        job none that has done its work and was removed since."""
        spec = self.spec(service)
        if spec is None:
            return None
        active = {*spec.profiles, EVERY_PROFILE} & set(self.source.profiles)
        idle = spec.profiles and not active and not self.replicas(service)
        return 0 if idle or self._served_its_end(service) else spec.wanted

    def _served_its_end(self, service: str) -> bool:
        """Whether a job has no container any more, as after `docker container prune`, while one has been started that
        waits for its end: Compose starts that after it alone."""
        waiting = [name for name in self.service_names if self.awaited(service, name)]
        began = any(replica.started for name in waiting for replica in self.replicas(name))
        return began and not self.replicas(service)

    def drift(self, container: Container) -> list[str]:
        """In what a container differs from the files; [] also where they are not known."""
        spec = self.spec(container.service)
        if spec is None:
            return []
        image = self.images.get(spec.image, "")
        proof = self.hash_is_proof and is_made_by(self.compose_version, container)
        return drift(spec, container, image, self.hashes.get(spec.name, ""), proof)

    def loops(self, container: Container) -> bool:
        """By both observations: restarted in between, or looping in the first. A job that repeats does not loop."""
        return self._starts_again(container) and not self.repeats(container)

    def _starts_again(self, container: Container) -> bool:
        later = self.again.get(container.id)
        return container.loops(self.now) or (later is not None and later.restarts > container.restarts)

    def last_exit_code(self, container: Container) -> int | None:
        """Of a container that loops; one that was just started again does not show it. None: not known."""
        code = self.exits.get(container.id)
        return container.exit_code if code is None and not container.running else code

    def repeats(self, container: Container) -> bool:
        """Whether the engine starts it again each time that it has ended well, as a job that repeats: it has no health
        check and no port, and its runs last."""
        return self._may_repeat(container) and self.last_exit_code(container) == 0

    def unclear_loop(self, container: Container) -> bool:
        """Whether it may be such a job, or a loop, since what it ended with is not known."""
        return self._may_repeat(container) and self.last_exit_code(container) is None

    def ends_well_at_once(self, container: Container) -> bool:
        """Whether the engine starts it again and again although it ended well within seconds: a job whose policy is
        wrong, or a service that goes into the background. It serves nothing that is known."""
        again = self._starts_again(container) and not (container.checked or container.publishes)
        return again and not container.lasts(self.now) and self.last_exit_code(container) == 0

    def _may_repeat(self, container: Container) -> bool:
        serves = container.checked or container.publishes
        return not serves and container.lasts(self.now) and self._starts_again(container)

    def awaited(self, service: str, by: str = "") -> bool:
        """Whether a service, or the one that is named, waits for this one to end: then it is a job."""
        specs = [spec for spec in (self.model.services.values() if self.model else ()) if by in ("", spec.name)]
        conditions = [(spec.raw.get("depends_on") or {}) for spec in specs]
        by_files = any(
            isinstance(each, Mapping) and (each.get(service) or {}).get("condition") == COMPLETED for each in conditions
        )
        containers = [container for container in self.containers if by in ("", container.service)]
        return by_files or any(service in container.awaits for container in containers)

    def works(self, container: Container) -> bool:
        """Whether it is a job that runs: another service waits for its end. A health check, as that of an image that it
        shares with a service, says nothing of it."""
        return container.running and self.awaited(container.service) and not self._starts_again(container)

    def needed_by(self, service: str) -> dict[str, str]:
        """Services that depend on this one, by the files and by the labels of what is there, each with its condition;
        those that wait for its end are none."""
        conditions: dict[str, str] = {}
        for container in self.containers:
            for name, condition in container.depends:
                if name == service:
                    conditions[container.service] = condition
        for spec in self.model.services.values() if self.model else ():
            depends = spec.raw.get("depends_on") or {}
            if service in depends and isinstance(depends, Mapping):
                conditions[spec.name] = str((depends[service] or {}).get("condition") or "")
        return {name: condition for name, condition in conditions.items() if condition != COMPLETED and name != service}

    def done(self, container: Container) -> bool:
        """Whether it is a job that ended as it should. One that has a health check of its own by the files, or is to be
        healthy for another service, or ran for hours, may be a service."""
        if not container.done or self.awaited(container.service):
            return container.done
        healthy = HEALTHY_FIRST in self.needed_by(container.service).values()
        return container.ran < LONG and self.may_end(container.service) and not healthy

    def fell(self, container: Container) -> str:
        """Which service needs a container to be healthy that ended without an error and without a request; empty where
        none does, or who ended it is not known."""
        if not container.done or not container.ended_by_itself or self.awaited(container.service):
            return ""
        needs = self.needed_by(container.service)
        return ", ".join(sorted(name for name, condition in needs.items() if condition == HEALTHY_FIRST))

    def all_ended(self) -> str:
        """Where no container runs at all and each looks like a job that is done, in a sentence; empty elsewhere."""
        if not self.containers or not all(container.done for container in self.containers):
            return ""
        return (
            "no container of any service runs: each has ended without an error, and whether it is a job, or is to run,"
            " is unknown; playbooks/container_start_stop.yml starts it by its name"
        )

    def may_end(self, service: str) -> bool:
        """Whether it may be a job, which is to end: another service waits for that, or it has no health check of its
        own by the files."""
        spec = self.spec(service)
        return spec is None or not spec.checked or self.awaited(service)

    def owner_of(self, id_or_name: str) -> Container | None:
        """The container whose namespaces or volumes another one uses; None where there is none any more."""
        known = (*self.containers, *self.outside)
        return next((other for other in known if id_or_name in (other.id, other.name)), None)

    def owners(self, container: Container) -> list[Container]:
        """Those in whose namespaces it lives, and those in whose these do."""
        known: list[Container] = []
        left = [container]
        while left:
            owners = [self.owner_of(id) for kind, id in left.pop().shares if kind in NAMESPACES]
            more = [owner for owner in owners if owner is not None and owner not in known]
            known += more
            left += more
        return known

    def absent_owner(self, container: Container, together: Sequence[Container] = ()) -> str:
        """Whose namespace is not there, so that a container which lives in it cannot be started, in a clause; empty
        where each is. ``together``: containers that are started before it."""
        for kind, id in container.shares:
            owner = self.owner_of(id)
            if kind not in NAMESPACES or (owner is not None and (owner.running or owner in together)):
                continue
            whose = f"{owner.name}, which is {owner.state}" if owner else f"{id[:12]}, which is gone"
            return f"lives in the {kind} of {whose}"
        return ""

    def stranger(self, container: Container) -> str:
        """Where a container may be of another project with the same name, in a clause; empty where it is not: the files
        do not know its service, and it was made from another folder."""
        if self.model is None or self.spec(container.service) is not None:
            return ""
        folder, own = container.directory.rstrip("/"), self.source.directory.rstrip("/")
        if not (folder and own) or folder == own:
            return ""
        return (
            f"was made from another folder ({folder}), and its service is not in the files of {own}: it may be of"
            " another project with the same name"
        )

    def target(self, container: Container) -> str:
        return container.target

    def is_inside(self, container: Container) -> bool:
        """Whether all of its networks, or of the container whose network it uses, are internal, by the files or by the
        engine: it reaches no address outside, as it is meant to."""
        declared = (self.model.shared.get("networks") or {}).values() if self.model else ()
        internal = {network.get("name") for network in declared if network and network.get("internal")}
        inside = internal | self.internal | {NO_NETWORK}
        owners = [self.owner_of(id) for kind, id in container.shares if kind == NETWORK]
        networks = (owners[0] or container).networks if owners else container.networks
        return bool(networks) and all(name in inside for name, dummy in networks)

    def sharers(self, container: Container, kinds: Sequence[str] = NAMESPACES) -> list[Container]:
        """Containers, also of other projects, that live in a namespace of this one, or of one that does, and lose it
        when it stops; each behind those in whose namespaces it lives."""
        known, left = [container], [*self.containers, *self.outside]
        while True:
            names = {name for each in known for name in (each.id, each.name)}
            more = [other for other in left if other not in known and self._lives_in(other, names, kinds)]
            if not more:
                break
            known += more
        return _owners_first(known)[1:]

    @staticmethod
    def _lives_in(container: Container, names: Collection[str], kinds: Sequence[str]) -> bool:
        return any(kind in kinds and owner in names for kind, owner in container.shares)

    def shared_by(self, sharer: Container, container: Container) -> str:
        """The kinds of namespaces that a sharer has from a container, or from one that has them from it."""
        theirs = {name for other in (container, *self.sharers(container)) for name in (other.id, other.name)}
        return " and ".join(kind for kind, owner in sharer.shares if kind in NAMESPACES and owner in theirs)

    @property
    def left_drained(self) -> list[tuple[Container, Drained]]:
        """Containers that refuse connections because of a rule that a run left behind."""
        states = ((container, self.drains.get(container.id)) for container in self.containers)
        return [(container, state) for container, state in states if state is not None and state.left]

    def stateful(self, service: str) -> bool:
        """Whether it keeps data: a second replica on it, or a fresh one without it, may destroy them."""
        volumes = spec.raw.get("volumes") or () if (spec := self.spec(service)) else ()
        named = any(
            isinstance(volume, Mapping) and volume.get("type") == "volume" and volume.get("source")
            for volume in volumes
        )
        return named or any(mount.data for replica in self.replicas(service) for mount in replica.mounts)

    def in_order(self, names: Iterable[str]) -> list[str]:
        """These services, each after those that it depends on, by the files, else by the labels of what runs; and after
        those in whose namespaces it lives, which the files may name by a container."""
        wanted, specs = list(names), self.model.services if self.model else {}
        every = {*wanted, *specs, *(container.service for container in self.containers)}
        needs = {
            name: [
                *(specs[name].needs if name in specs else ()),
                *(
                    need
                    for replica in self.replicas(name)
                    for need in (self._owning(replica) if self.model else self.needs_of(replica))
                ),
            ]
            for name in every
        }
        return in_order(wanted, needs)

    def needs_of(self, container: Container) -> list[str]:
        """Services that a container depends on, by its labels and by whose namespaces it lives in."""
        return [*container.needs, *self._owning(container)]

    def _owning(self, container: Container) -> list[str]:
        owners = [owner for dummy, owner in container.shares]
        return [other.service for other in self.containers if other.id in owners or other.name in owners]

    def against_networks(self, service: str) -> list[str]:
        """What an `up` of a service would do to its networks and its replicas, in clauses. It creates those of all that
        the service depends on again, too, and stops the replicas of the service for that."""
        own = self._networks_in_files([service])
        needed = self._networks_in_files(self.model.needed_by(service) if self.model else ())
        clauses = {key: self.differing_networks[key] for key in (*own, *needed) if key in self.differing_networks}
        return [clause for key, clause in clauses.items() if key in own or not clause.startswith(RENAMES)]

    def _networks_in_files(self, services: Iterable[str]) -> list[str]:
        specs = [spec for spec in map(self.spec, services) if spec]
        return [key for spec in specs for key in spec.raw.get("networks") or {}]

    def would_start(self, service: str) -> list[Container]:
        """Containers of its dependencies that do not run: an old version of Compose starts them with its `up`."""
        needs = self.model.needed_by(service) if self.model else []
        return [replica for need in needs for replica in self.replicas(need) if not replica.running]


def _owners_first(containers: Sequence[Container]) -> list[Container]:
    """The same containers, each behind those of them in whose namespaces it lives."""
    ordered: list[Container] = []
    left = list(containers)
    while left:
        names = {name for each in left for name in (each.id, each.name)}
        free = [each for each in left if not any(owner in names for dummy, owner in each.shares)] or left
        ordered += free
        left = [each for each in left if each not in free]
    return ordered


def chosen(containers: Sequence[Container], project: str, directory: str, files: Sequence[str]) -> list[str]:
    """Names of the projects that are meant: the one named, those of the folder or of the files, else all."""
    if project:
        return [project] if any(container.project == project for container in containers) else []
    kept = [container for container in containers if not container.one_off]
    if files:
        kept = [container for container in kept if set(files) & set(container.files.split(","))]
    if directory:
        kept = [container for container in kept if container.directory.rstrip("/") == directory.rstrip("/")]
    return sorted({container.project for container in kept})


def source_of(project: str, containers: Sequence[Container], given: Source, exists: Callable[[str], bool]) -> Source:
    """Where the files are: as given, else as most of the project's containers have it in their labels.

    Files of another folder than the one that is meant may be those of another project with the same name.
    """

    def usual(values: Iterable[str]) -> str:
        counts = Counter(value for value in values if value)
        return counts.most_common(1)[0][0] if counts else ""

    with_files = [one for one in containers if set(given.files) & set(split_files(one.files, exists))]
    folder = given.directory or usual(one.directory for one in with_files or containers)
    beside = [one for one in containers if one.directory.rstrip("/") == folder.rstrip("/")] or containers
    return Source(
        project,
        folder,
        tuple(given.files or split_files(usual(one.files for one in beside), exists)),
        given.env_files or split_files(usual(one.env_files for one in beside), exists),
        given.profiles,
    )


def split_files(label: str, exists: Callable[[str], bool]) -> tuple[str, ...]:
    """The label is joined by commas, and a path may hold one: a piece that is no file is taken with the next.

    >>> split_files("/a,b.yml,/c.yml", {"/a,b.yml", "/c.yml"}.__contains__)
    ('/a,b.yml', '/c.yml')
    """
    pieces, files = label.split(",") if label else [], []
    while pieces:
        for length in range(1, len(pieces) + 1):
            path = ",".join(pieces[:length])
            if exists(path):
                break
        else:
            length, path = 1, pieces[0]
        files.append(path)
        pieces = pieces[length:]
    return tuple(files)
