# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A compose project: what the files ask for beside what runs. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Callable, Iterable, Mapping, Sequence, TypedDict

from .._core.times import stamp
from .container import Container, exit_meaning
from .model import Model, Spec, drift
from .project_ref import Source


class ContainerReport(TypedDict):
    """One container of a service. ``problem``: what is wrong with it, in a sentence; empty for nothing.

    Ages in seconds, None where they are not known; ``log``: its last lines, where it is unhealthy.
    """

    name: str
    id: str
    target: str
    number: int
    state: str
    health: str
    health_output: str
    restarts: int
    restarted_now: int
    loops: bool
    exit_code: int | None
    exit_meaning: str
    oom_flag: bool
    started_at: str | None
    uptime: float
    created_at: str | None
    age: int | None
    image: str
    image_ref: str
    image_made_at: str | None
    image_age: int | None
    image_tagged: int | None
    drift: list[str]
    ports: list[str]
    memory_limit: int
    cpus: float
    restart_policy: str
    networks: dict[str, str]
    problem: str
    log: list[str]


class ServiceReport(TypedDict):
    """One service: counts, and every container. ``wanted`` None: what the files ask for is not known."""

    wanted: int | None
    running: int
    healthy: int
    looping: int
    drifted: int
    image: str
    image_id: str
    stateful: bool
    needs: list[str]
    profiles: list[str]
    most: int | None
    notes: list[str]
    containers: list[ContainerReport]


class ProjectFiles(TypedDict):
    """Which project it is, and when it was observed. ``readable``: whether its files could be read."""

    name: str
    directory: str
    files: list[str]
    env_files: list[str]
    at: str
    readable: bool
    why_unreadable: str


class ProjectReport(TypedDict):
    """What compose_info returns. ``unhealthy``: how many containers have a problem."""

    project: ProjectFiles
    services: dict[str, ServiceReport]
    problem: list[str]
    unhealthy: int


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
    images: Mapping[str, str] = field(default_factory=dict)  # reference -> image id
    made: Mapping[str, datetime] = field(default_factory=dict)  # image id -> when it was made
    tagged: Mapping[str, datetime] = field(default_factory=dict)  # image id -> when this engine gave it its name
    again: Mapping[str, Container] = field(default_factory=dict)  # a second observation of those that may loop, by id
    exits: Mapping[str, int] = field(default_factory=dict)  # of those that loop, and run for the moment, by id
    logs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # last lines of unhealthy containers, by id

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
        """Replicas that the files ask for. None: not known. A service of a profile that is not in use wants none."""
        spec = self.spec(service)
        if spec is None:
            return None
        idle = spec.profiles and not set(spec.profiles) & set(self.source.profiles) and not self.replicas(service)
        return 0 if idle else spec.wanted

    def drift(self, container: Container) -> list[str]:
        """In what a container differs from the files; [] also where they are not known."""
        spec = self.spec(container.service)
        if spec is None:
            return []
        image = self.images.get(spec.image, "")
        return drift(spec, container, image, self.hashes.get(spec.name, ""), self.hash_is_proof)

    def loops(self, container: Container) -> bool:
        """By both observations: restarted in between, or looping in the first."""
        later = self.again.get(container.id)
        return container.loops(self.now) or (later is not None and later.restarts > container.restarts)

    def target(self, container: Container) -> str:
        return container.target

    def stateful(self, service: str) -> bool:
        """Whether it keeps data: a second replica on it, or a fresh one without it, may destroy them."""
        volumes = spec.raw.get("volumes") or () if (spec := self.spec(service)) else ()
        named = any(
            isinstance(volume, Mapping) and volume.get("type") == "volume" and volume.get("source")
            for volume in volumes
        )
        return named or any(mount.data for replica in self.replicas(service) for mount in replica.mounts)

    def would_start(self, service: str) -> list[Container]:
        """Containers of its dependencies that do not run: an old version of Compose starts them with its `up`."""
        needs = self.model.needed_by(service) if self.model else []
        return [replica for need in needs for replica in self.replicas(need) if not replica.running]


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
    """Where the files are: as given, else as most of the project's containers have it in their labels."""

    def usual(values: Iterable[str]) -> str:
        counts = Counter(value for value in values if value)
        return counts.most_common(1)[0][0] if counts else ""

    files = given.files or split_files(usual(container.files for container in containers), exists)
    return Source(
        project,
        given.directory or usual(container.directory for container in containers),
        tuple(files),
        given.env_files or split_files(usual(container.env_files for container in containers), exists),
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


def last_exit(project: Project, container: Container) -> str:
    """The last exit of a container that loops; a container that was just restarted does not show it."""
    code: int | None = project.exits.get(container.id)
    if code is None and not container.running:
        code = container.exit_code
    if code is None:
        return "it runs for the moment, and its last exit code is not known"
    return f"its last exit was {code}, {exit_meaning(code, container.oom_flag)}"


def problem_of(project: Project, container: Container) -> str:
    """What is wrong with a container, in a sentence; empty when nothing is."""
    if project.loops(container):
        again = project.again.get(container.id)
        times = again.restarts - container.restarts if again else 0
        more = f", {times} more between two observations" if times > 0 else ""
        return f"loops: the engine restarted it {container.restarts} times{more}; {last_exit(project, container)}"
    if container.state == "paused":
        return "is paused"
    if not container.running and not container.done:
        meaning = exit_meaning(container.exit_code, container.oom_flag)
        why = container.error or (f"{container.exit_code}, {meaning}" if container.state == "exited" else "")
        return f"is {container.state}" + (f" ({why})" if why else "")
    if container.health == "unhealthy":
        return f"its health check fails: {container.health_output or 'no output'}"
    return ""


def _age(project: Project, at: datetime | None) -> int | None:
    """Seconds from ``at`` to the observation; None where ``at`` is not known."""
    return None if at is None else round((project.now - at).total_seconds())


def container_dict(project: Project, container: Container) -> ContainerReport:
    """As compose_info returns it."""
    again = project.again.get(container.id)
    return {
        "name": container.name,
        "id": container.id,
        "target": project.target(container),
        "number": container.number,
        "state": container.state,
        "health": container.health,
        "health_output": container.health_output,
        "restarts": container.restarts,
        "restarted_now": (again.restarts - container.restarts) if again else 0,
        "loops": project.loops(container),
        "exit_code": None if container.running else container.exit_code,
        "exit_meaning": "" if container.running else exit_meaning(container.exit_code, container.oom_flag),
        "oom_flag": container.oom_flag,
        "started_at": container.started.isoformat() if container.started else None,
        "uptime": round(container.uptime(project.now), 1),
        "created_at": container.created.isoformat() if container.created else None,
        "age": _age(project, container.created),
        "image": container.image,
        "image_ref": container.image_ref,
        "image_made_at": project.made[container.image].isoformat() if container.image in project.made else None,
        "image_age": _age(project, project.made.get(container.image)),
        "image_tagged": _age(project, project.tagged.get(container.image)),
        "drift": project.drift(container),
        "ports": [f"{port.address}:{port.published}->{port.target}" for port in container.ports],
        "memory_limit": container.memory_limit,
        "cpus": container.cpus,
        "restart_policy": container.restart_policy,
        "networks": dict(container.networks),
        "problem": problem_of(project, container),
        "log": list(project.logs.get(container.id, ())),
    }


def notes_on_number(desired: int, replicas: Sequence[Container]) -> list[str]:
    """Where fewer or more run than the files ask for; a job that has ended as it should is not missing."""
    running, ended = sum(replica.running for replica in replicas), sum(replica.done for replica in replicas)
    if running > desired:
        return [f"the files ask for {desired}, {running} run: the next `up` reverts this"]
    if running + ended >= desired:
        return []
    gone = desired - len(replicas)
    return [f"the files ask for {desired}, {running} run" + (f", {gone} have no container" if gone > 0 else "")]


def service_dict(project: Project, name: str) -> ServiceReport:
    """One service: counts, and every container."""
    replicas, spec, desired = project.replicas(name), project.spec(name), project.wanted(name)
    running = sum(replica.running for replica in replicas)
    notes = [] if desired is None else notes_on_number(desired, replicas)
    if project.model is not None and spec is None:
        notes.append("the files do not know this service (an orphan)")
    return {
        "wanted": desired,
        "running": running,
        "healthy": sum(replica.healthy for replica in replicas),
        "looping": sum(project.loops(replica) for replica in replicas),
        "drifted": sum(bool(project.drift(replica)) for replica in replicas),
        "image": spec.image if spec else (replicas[0].image_ref if replicas else ""),
        "image_id": project.images.get(spec.image, "") if spec else "",
        "stateful": project.stateful(name),
        "needs": list(spec.needs) if spec else [],
        "profiles": list(spec.profiles) if spec else [],
        "most": spec.most if spec else None,
        "notes": notes,
        "containers": [container_dict(project, replica) for replica in replicas],
    }


def nothing_left(source: Source, why: str, now: datetime) -> ProjectReport:
    """A project of which there is no container any more: what is known of it is what was given."""
    return {
        "project": {
            "name": source.project,
            "directory": source.directory,
            "files": list(source.files),
            "env_files": list(source.env_files),
            "at": stamp(now),
            "readable": False,
            "why_unreadable": why,
        },
        "services": {},
        "problem": [why],
        "unhealthy": 0,
    }


def project_dict(project: Project, chosen: Sequence[str] = ()) -> ProjectReport:
    """What compose_info returns; of the ``chosen`` services, or of all."""
    services = {name: service_dict(project, name) for name in project.service_names if name in chosen or not chosen}
    problem = [
        f"{container['name']} {container['problem']}"
        for service in services.values()
        for container in service["containers"]
        if container["problem"]
    ]
    problem += [f"{name}: {note}" for name, service in services.items() for note in service["notes"]]
    return {
        "project": {
            "name": project.name,
            "directory": project.source.directory,
            "files": list(project.source.files),
            "env_files": list(project.source.env_files),
            "at": stamp(project.now),
            "readable": project.model is not None,
            "why_unreadable": project.why_no_model,
        },
        "services": services,
        "problem": problem,
        "unhealthy": sum(
            bool(container["problem"]) for service in services.values() for container in service["containers"]
        ),
    }
