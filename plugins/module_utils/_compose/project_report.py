# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the containers of a project, what was set up on purpose, and the project as a report. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Sequence, TypedDict

from .._core.times import stamp
from .acts.falls import falls, last_exit, may_fall, why_ended
from .acts.recovery import UnfinishedReport, unfinished_reports
from .acts.singleton import TOOL, may_be_tool, unused
from .container import NAMESPACES, NETWORK, STATES, Container, exit_meaning
from .drain.leftover import DrainReport, drain_report
from .endpoint.engine_endpoint import LOCAL_ENGINE, EngineEndpoint, EngineReport
from .health import BUSY, SHORT, STARTING, UNHEALTHY, UNKNOWN
from .project import Project
from .project_ref import Source
from .proxy import StaleProxy

CHECK_FAILS, STOPPED = "its health check fails", "was stopped on purpose"
_STABLE = 10.0  # seconds after which a replica without a health check counts as ready


class ContainerReport(TypedDict):
    """One container of a service. ``problem``: what is wrong with it, in a sentence; empty for nothing.

    ``note``: a state that is no problem and no health either: set up on purpose, or unknown; empty for none.
    ``waits_for``: of one with a problem, on what it depends that does not serve, in a clause; empty for nothing.

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
    internal: bool
    listens: list[int] | None
    problem: str
    note: str
    waits_for: str
    shares: list[str]
    log: list[str]


class ServiceReport(TypedDict):
    """One service: counts, and every container. ``wanted`` None: what the files ask for is not known.

    ``unknown``: how many run and have a health check that cannot be carried out. ``maybe_tool``: it has no
    container, and may be a program that a person runs when it is needed.
    """

    wanted: int | None
    running: int
    healthy: int
    unknown: int
    looping: int
    drifted: int
    image: str
    image_id: str
    stateful: bool
    maybe_tool: bool
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
    """What compose_info returns. ``unhealthy``: how many containers have a problem.

    ``stale_proxies``: of the proxy that was named, those that do not know every replica.
    ``drains``: replicas with a drain rule; ``unfinished``: acts that were cut off and left something undone.
    """

    project: ProjectFiles
    services: dict[str, ServiceReport]
    problem: list[str]
    unhealthy: int
    stale_proxies: list[StaleProxy]
    drains: list[DrainReport]
    unfinished: list[UnfinishedReport]
    engine: EngineReport


def problem_of(project: Project, container: Container) -> str:
    """What is wrong with a container, in a sentence; empty when nothing is."""
    if project.loops(container):
        again = project.again.get(container.id)
        times = again.restarts - container.restarts if again else 0
        more = f", {times} more between two observations" if times > 0 else ""
        return f"loops: the engine restarted it {container.restarts} times{more}; {last_exit(project, container)}"
    if on_purpose(container) or follows(project, container) or container.state not in STATES:
        return ""
    if not container.running:
        if (container.done and not project.fell(container)) or project.repeats(container) or unused(project, container):
            return ""
        needed = f", and {project.fell(container)} needs it" if project.fell(container) else ""
        return f"is {container.state}{why_ended(container)}{needed}"
    lost = lost_namespace(project, container)
    if lost or falls(project, container):
        return lost or falls(project, container)
    if container.health == UNHEALTHY and not project.works(container):
        return f"{CHECK_FAILS}: {container.health_output or 'no output'}"
    drain = project.drains.get(container.id)
    return drain.words if drain is not None and drain.left else ""


def healthy_of(project: Project, service: str) -> list[Container]:
    """Replicas that are healthy and have no problem: one that loops runs between two falls, and is not healthy."""
    healthy = [replica for replica in project.replicas(service) if replica.healthy and not problem_of(project, replica)]
    return [replica for replica in healthy if not lost_namespace(project, replica)]


def is_well(project: Project, container: Container) -> bool:
    """Whether nothing is left to do for a container: it runs as it should, as far as that is known, or is not meant to
    run."""
    meant = container.healthy or container.done or (container.running and container.health == UNKNOWN)
    apart = on_purpose(container) or follows(project, container) or project.repeats(container)
    apart = apart or project.works(container)
    return bool(meant or apart) and not problem_of(project, container)


def lost_namespace(project: Project, container: Container) -> str:
    """Where a container lives in a namespace that is no longer its owner's, in a clause; empty where it does not.

    The namespace ends with the process that it was made for: the owner that was started again has another one. A
    network is taken down with its owner, also for those that still live in it.
    """
    for kind, owner_id in container.shares if container.running else ():
        owner = project.owner_of(owner_id)
        if kind == NETWORK and owner is None:
            return f"has no network: the container {owner_id[:12]}, in whose network it lives, is gone"
        if kind == NETWORK and owner is not None and not (owner.running or owner.state == "paused"):
            return (
                f"has no network: {owner.name}, in whose network it lives, {on_purpose(owner) or f'is {owner.state}'}"
            )
        if kind not in NAMESPACES or owner is None or not (owner.started and container.started):
            continue
        if owner.running and owner.started > container.started:
            return f"lost the {kind} of {owner.name}, which was started again after it"
        deeper = lost_namespace(project, owner) if kind in dict(owner.shares) else ""
        if deeper:
            return f"lives in the {kind} of {owner.name}, which {deeper}"
    return ""


def follows(project: Project, container: Container) -> str:
    """Where a container has no namespace, or could not be started for the want of one, because its owner was stopped on
    purpose, in a clause; empty where it is not so."""
    stopped = next((owner for owner in project.owners(container) if owner.stopped), None)
    if stopped is None:
        return ""
    if container.running:
        return lost_namespace(project, container)
    ended = container.state == "exited" and container.error
    return f"is exited: {stopped.name}, whose namespace it lives in, {on_purpose(stopped)}" if ended else ""


def on_purpose(container: Container) -> str:
    """How a person or a job put it into the state that it is in, in a clause; empty where it was put into none.

    The engine pauses no container by itself, and starts one again whose policy is always or unless-stopped.
    """
    if container.state == "paused":
        return "is paused, by a person or a job (a backup?); `docker unpause` lets it continue"
    if container.stopped:
        return f"{STOPPED}, by a person or a job"
    return "is being removed" if container.state == "removing" else ""


def note_of(project: Project, container: Container) -> str:
    """A state that is no problem, in a sentence: set up on purpose, drained, or unknown; empty where there is none."""
    drain = project.drains.get(container.id)
    if drain is not None and not drain.left:
        return drain.words
    if container.running and container.health == UNKNOWN:
        correct = "" if any(why in container.health_output for why in (BUSY, SHORT)) else ". Correct the check"
        return (
            f"has a health check that says nothing ({container.health_output or 'no output'}): whether it is healthy is"
            f" unknown{correct}"
        )
    if container.running and container.health == STARTING:
        return f"has not passed its health check yet, and runs for {container.uptime(project.now):.0f} s"
    if container.health == UNHEALTHY and project.works(container):
        return "is a job that runs, and another service waits for its end: its health check says nothing of it"
    if project.repeats(container):
        return (
            f"has ended without an error {container.restarts} times and was started again: a job that repeats by its"
            " restart policy"
        )
    if container.done and not (project.done(container) or project.fell(container) or on_purpose(container)):
        return "has ended without an error; whether it is a job, or a service that is to run, is unknown"
    if unused(project, container):
        return f"was never started; {TOOL}"
    if container.state not in STATES:
        return f"is in the state {container.state or '(none)'}, which is not known: whether it works is unknown"
    return follows(project, container) or on_purpose(container) or may_fall(project, container)


def _age(project: Project, at: datetime | None) -> int | None:
    """Seconds from ``at`` to the observation; None where ``at`` is not known."""
    return None if at is None else round((project.now - at).total_seconds())


def container_dict(project: Project, container: Container) -> ContainerReport:
    """As compose_info returns it."""
    from .acts.starting import waits_for  # noqa: PLC0415 (it judges by the functions of this file)

    again, problem = project.again.get(container.id), problem_of(project, container)
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
        "loops": project.loops(container) or bool(falls(project, container)),
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
        "internal": project.is_inside(container),
        "listens": list(project.listening[container.id]) if container.id in project.listening else None,
        "problem": problem,
        "note": note_of(project, container),
        "waits_for": waits_for(project, container) if problem else "",
        "shares": [f"{kind} of {_name_of(project, owner)}" for kind, owner in container.shares],
        "log": list(project.logs.get(container.id, ())),
    }


def _name_of(project: Project, owner: str) -> str:
    """The name of a container by its id, as far as it is known; what the engine says is an id or a name."""
    return next((other.name for other in (*project.containers, *project.outside) if other.id == owner), owner[:12])


def notes_on_number(desired: int, replicas: Sequence[Container], ended: int) -> list[str]:
    """Where fewer or more run than the files ask for; jobs that have ``ended`` as they should are not missing."""
    running = sum(replica.running for replica in replicas)
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
    idle = [one for one in replicas if not one.running]
    ended = sum(project.done(one) or project.repeats(one) or unused(project, one) for one in idle)
    tool = bool(desired) and not replicas and may_be_tool(project, name)
    notes = [f"it has no container: it was never started, or was removed; {TOOL}"] if tool else []
    notes = notes if tool or desired is None else notes_on_number(desired, replicas, ended)
    if project.model is not None and spec is None:
        others = {container.directory for container in replicas if project.stranger(container)}
        where = f", and it was made from another folder: {', '.join(sorted(others))}" if others else ""
        notes.append(f"the files do not know this service (an orphan{where})")
    return {
        "wanted": desired,
        "running": running,
        "healthy": len(healthy_of(project, name)),
        "unknown": sum(
            replica.running and replica.health == UNKNOWN and not problem_of(project, replica) for replica in replicas
        ),
        "looping": sum(project.loops(replica) or bool(falls(project, replica)) for replica in replicas),
        "drifted": sum(bool(project.drift(replica)) for replica in replicas),
        "image": spec.image if spec else (replicas[0].image_ref if replicas else ""),
        "image_id": project.images.get(spec.image, "") if spec else "",
        "stateful": project.stateful(name),
        "maybe_tool": tool,
        "needs": list(spec.needs) if spec else [],
        "profiles": list(spec.profiles) if spec else [],
        "most": spec.most if spec else None,
        "notes": notes,
        "containers": [container_dict(project, replica) for replica in replicas],
    }


def nothing_left(source: Source, why: str, now: datetime, endpoint: EngineEndpoint = LOCAL_ENGINE) -> ProjectReport:
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
        "stale_proxies": [],
        "drains": [],
        "unfinished": [],
        "engine": endpoint.as_dict(),
    }


def project_dict(project: Project, chosen: Sequence[str] = ()) -> ProjectReport:
    """What compose_info returns; of the ``chosen`` services, or of all."""
    services = {name: service_dict(project, name) for name in project.service_names if name in chosen or not chosen}
    containers = [container for service in services.values() for container in service["containers"]]
    problem = [f"{container['name']} {container['problem']}" for container in containers if container["problem"]]
    problem += [f"{container['name']} {container['note']}" for container in containers if container["note"]]
    problem += [f"{name}: {note}" for name, service in services.items() for note in service["notes"]]
    problem += [project.all_ended()] if project.all_ended() and not chosen else []
    unfinished = unfinished_reports(project, _STABLE)
    problem += [report["explanation"] for report in unfinished]
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
        "unhealthy": sum(bool(container["problem"]) for container in containers),
        "stale_proxies": [],
        "drains": [
            drain_report(container, project.drains[container.id])
            for container in project.containers
            if container.id in project.drains
        ],
        "unfinished": unfinished,
        "engine": project.endpoint.as_dict(),
    }
