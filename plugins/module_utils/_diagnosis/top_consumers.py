# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What uses up the CPU or memory of a host: a container, a process, a session of the database. Pure.

A container is named when it uses a large share of the resource. In the container of a database the session is named,
since a signal to a PostgreSQL process may bring the whole server down: a runaway statement is cancelled or terminated
through the database, if it is shown to be the session of that process (`_postgres.background.busy_processes`).
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence, TypedDict

from .._core.units import MIB
from .._postgres.activity_report import SessionReport
from .._postgres.background.busy_processes import Match, is_postgres, session_of
from .._resources import cpu_verdict
from .._resources.memory_verdict import SHORT, STEADY, UNCERTAIN, Verdict, verdict_on
from .._resources.resource_report import ContainerUse, ResourcesReport, needed
from .._system.counters import BusyProcess, HostReport, will_fill

CPU, MEMORY = "cpu", "memory"
BUSY = 0.5  # cores from which a container or a process counts as busy
NEAR = 0.9  # share of its limit
_BY_ENGINE = "api"  # the source of figures that are not read from the kernel of this host


class SessionCpu(SessionReport):
    """A session of the database with the cores that its process uses, and the process's container."""

    cpu: float
    container: str


class Room(TypedDict):
    """Bytes that a container uses, and may use; None: it has no limit."""

    uses: int
    limit: int | None


class ConsumersReport(TypedDict):
    """What the module top_consumers returns. ``may_grow_to``: for memory only, by container. ``uncertain``: why the
    restart of a container needs an approval, by its name."""

    consumers: list[ContainerUse]
    services: list[str]
    uncertain: dict[str, str]
    sessions: list[SessionCpu]
    may_grow_to: dict[str, Room]
    lines: list[str]
    advice: list[str]


def weigh_cpu(
    resources: ResourcesReport,
    sessions: Sequence[SessionReport],
    project: str,
    least: float = BUSY,
    keep: Sequence[str] = (),
    rules: cpu_verdict.CpuRules = cpu_verdict.USUAL,
    services: Mapping[str, Any] | None = None,
) -> ConsumersReport:
    """Containers, processes and sessions that use at least ``least`` cores, the busiest first, and advice.

    ``sessions``: active sessions of the database (``pid``, ``target``), may be empty; ``keep``: services that are never
    restarted for it, since they keep data; ``services``: what compose_info returned of each, with the health
    of its containers.
    """
    host = resources["host"]
    health = {
        str(container.get("name")): str(container.get("health"))
        for service in (services or {}).values()
        for container in service.get("containers", ())
    }
    busy = sorted(
        (container for container in resources["containers"] if container["cpu"] >= least),
        key=lambda container: -container["cpu"],
    )
    processes = [process for process in resources["processes"] if process["cpu"] >= least]
    by_pid = {session["pid"]: session for session in sessions}
    backends = [(process, session_of(process, by_pid)) for process in processes if is_postgres(process)]
    running_away: list[SessionCpu] = [
        {**match.session, "cpu": process["cpu"], "container": process["container"]}
        for process, match in backends
        if match.session is not None
    ]
    databases = {process["container"] for process, match in backends}
    ours = [
        container
        for container in busy
        if container["name"] not in databases and (not project or container["project"] == project)
    ]
    kept = [container for container in ours if container["service"] in keep]
    apart = [container for container in ours if not container["service"]]
    busiest = max([container["cpu"] for container in busy] + [process["cpu"] for process in processes], default=0.0)
    elsewhere = _elsewhere(resources)
    verdicts = {
        container["name"]: cpu_verdict.verdict_elsewhere(container, health)
        if elsewhere
        else cpu_verdict.verdict_on(container, host, resources["processes"], busiest, rules, health)
        for container in ours
        if container not in (*kept, *apart)
    }
    ours = [one for one in ours if one["name"] in verdicts and verdicts[one["name"]].state != STEADY]
    foreign = [process for process in processes if not process["container"] and not is_postgres(process)]
    here = "this host has " if elsewhere else ""
    lines = [f"{here}{host['cores']} cores, {host['cpu_used']:.0%} used, load {host['load'][0]:g}{elsewhere}"]
    lines += [f"{container['name']} uses {container['cpu']:.2f} cores{_held_back(container)}" for container in busy]
    lines += [
        f"process {process['pid']} {process['name']} of {process['container'] or 'the host'}:"
        f" {process['cpu']:.2f} cores"
        for process in processes
    ]
    lines += [f"session {session['pid']} of the database: {session['cpu']:.2f} cores" for session in running_away]
    advice = [
        f"{process['name']} (pid {process['pid']}) runs outside of any container: inspect it" for process in foreign
    ]
    advice += _of_databases(backends)
    advice += [
        f"{container['name']} is throttled by its own limit {container['throttled']:.0%} of the time: raise"
        " `cpus` in the compose"
        " file, or scale out"
        for container in busy
        if container["throttled"] >= 0.25
    ]
    advice += [f"{container['name']} keeps data and is not restarted: inspect its workload" for container in kept]
    advice += _of_no_service(apart, resources)
    lines += [
        f"{name} {verdict.why}: it is left alone" for name, verdict in verdicts.items() if verdict.state == STEADY
    ]
    if resources["engine_problem"]:
        lines.append(_unnamed(resources))
    elif not busy and not foreign and not backends:
        lines.append(f"no container uses {least:g} cores or more")
    return {
        "consumers": ours,
        "services": sorted({container["service"] for container in ours}),
        "uncertain": {
            container["name"]: verdicts[container["name"]].why
            for container in ours
            if verdicts[container["name"]].state == UNCERTAIN
        },
        "sessions": running_away,
        "may_grow_to": {},
        "lines": lines,
        "advice": advice,
    }


def _of_databases(backends: Sequence[tuple[BusyProcess, Match]]) -> list[str]:
    """What to do about servers whose busy processes are no known sessions."""
    advice = [
        f"{_server(process)} is busy with its process {process['inside_pid']}, which is not shown to be session"
        f" {process['inside_pid']} of the database ({match.why}): no statement is cancelled; connect to that server and"
        " inspect its session of this pid"
        for process, match in backends
        if match.why
    ]
    explained = {process["container"] for process, match in backends if match.session is not None or match.why}
    unexplained = {process["container"]: _server(process) for process, match in backends}
    return advice + [
        f"{unexplained[name]} is busy, and no session of the database explains it: check autovacuum, and frequent short"
        " statements"
        for name in sorted(set(unexplained) - explained)
    ]


def _server(process: BusyProcess) -> str:
    return process["container"] or "PostgreSQL on the host"


def _unnamed(resources: ResourcesReport) -> str:
    return f"which containers these are is not known: {resources['engine_problem']}"


def _of_no_service(containers: Sequence[ContainerUse], resources: ResourcesReport) -> list[str]:
    """What to do with containers that no restart of a service concerns; none where it is not known whose they are."""
    return [
        f"{container['name']} is no replica of a service, but a run of its own (`docker compose run` or `docker run`),"
        f" and is not restarted: find out who started it; `docker stop {container['name']}` ends it"
        for container in (containers if not resources["engine_problem"] else ())
    ]


def _elsewhere(resources: ResourcesReport) -> str:
    """What is said of this host's figures where those of the containers are the engine's, as the end of a sentence;
    empty where both were read here."""
    if resources["source"] != _BY_ENGINE:
        return ""
    address = resources["engine"]["address"]
    if address.startswith("unix://"):
        return f": whether the containers of {address} are on it is not known"
    return f": the containers of {address} are on another one, of which this is not known"


def _held_back(container: ContainerUse) -> str:
    return f", throttled by its limit {container['throttled']:.0%} of the time" if container["throttled"] else ""


def weigh_memory(
    resources: ResourcesReport, project: str, near: float = NEAR, keep: Sequence[str] = ()
) -> ConsumersReport:
    """Containers that lost a process to the OOM killer, grow to their limit or stall for memory, and advice.

    One that is near its limit and steady is named with what to do, and is no consumer: it may work so for months.
    """
    host, elsewhere = resources["host"], _elsewhere(resources)
    containers = [container for container in resources["containers"] if not project or container["project"] == project]
    found = [
        (container, verdict)
        for container in containers
        for verdict in [verdict_on(container, near, None if elsewhere else host["memory"])]
        if verdict
    ]
    short = [container for container, verdict in found if verdict.state in (SHORT, UNCERTAIN)]
    here = " on this host" if elsewhere else ""
    memory = host["memory"]
    lines = [f"{memory['available'] // MIB} of {memory['total'] // MIB} MiB are available{here}{elsewhere}"]
    lines += [_of_memory(container, verdict) for container, verdict in found]
    room = sum(max(0, container["limit"] - needed(container)) for container in containers if container["limit"])
    if not elsewhere:  # the engine says its host's memory as the limit of a container that has none
        lines.append(f"all containers together may grow by {room // MIB} MiB before their limits stop them")
    if resources["engine_problem"]:
        lines.append(_unnamed(resources))
    elif not short:
        lines.append(
            "no container reaches its memory limit within minutes, stalls for memory, or loses processes to the OOM"
            " killer"
        )
    apart = [container for container in short if not container["service"]]
    ours = [container for container in short if container["service"] and container["service"] not in keep]
    return {
        "consumers": ours,
        "services": sorted({container["service"] for container in ours}),
        "uncertain": {
            container["name"]: verdict.why
            for container, verdict in found
            if container in ours and verdict.state == UNCERTAIN
        },
        "sessions": [],
        "may_grow_to": {
            container["name"]: {"uses": container["working_set"], "limit": container["limit"]}
            for container in containers
        },
        "lines": lines,
        "advice": [
            *(
                f"{container['name']} keeps data and is not restarted"
                for container in short
                if container["service"] in keep
            ),
            *_of_no_service(apart, resources),
            *_limits([(one, verdict) for one, verdict in found if verdict.state != STEADY or _is_full(one, near)]),
            *(_limit_totals(host, containers) if not elsewhere else ()),
        ],
    }


def _is_full(container: ContainerUse, near: float) -> bool:
    """Whether a higher limit may be what a container needs that is left alone."""
    return bool(container["oom_recent"] and container["oom_own"] != 0) or (container["memory_share"] or 0) >= near


def _of_memory(container: ContainerUse, verdict: Verdict) -> str:
    left = {STEADY: ": it is left alone", UNCERTAIN: "", SHORT: ""}[verdict.state]
    return f"{container['name']} {verdict.why}{left}"


def _limits(found: Sequence[tuple[ContainerUse, Verdict]]) -> list[str]:
    """The limit of which the present use would be three quarters; none for a leak, which fills any limit, and for what
    may be one."""
    advice = []
    for container, verdict in found:
        grows = will_fill(container["leak"], container["memory_share"])
        if grows and verdict.state == UNCERTAIN:
            advice.append(f"{container['name']}: whether it leaks is not known; run this again in some minutes")
        elif grows:
            advice.append(f"{container['name']} leaks memory: a higher limit only delays the failure; find the leak")
        elif container["limit"]:
            wanted = int(container["limit"] * 4 / 3) // MIB
            advice.append(
                f"{container['name']}: if it needs that much, raise its limit to {wanted} MiB in the compose file"
            )
    return advice


def _limit_totals(host: HostReport, containers: Sequence[ContainerUse]) -> list[str]:
    """Advice where the limits together are more than the host's memory, or containers have no limit."""
    advice, total = [], host["memory"]["total"]
    limited = sum(container["limit"] or 0 for container in containers)
    if limited > total:
        advice.append(f"the limits together allow {limited // MIB} MiB, and the host has {total // MIB}")
    unlimited = [container["name"] for container in containers if not container["limit"] or container["limit"] >= total]
    if unlimited:
        advice.append(f"without a memory limit, so each may use all of the host's memory: {', '.join(unlimited)}")
    return advice
