# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is behind a host that is short of CPU or memory: a container, a process, a session of the database. Pure.

A container is named when it uses a large share of what is short. Within the container of a database the session is
looked for, since ending a process of PostgreSQL by a signal may take the whole server down with it: what runs
away there is ended through the database. A backend's pid in the container's own namespace is its session's.
"""

from __future__ import annotations

from typing import Sequence, TypedDict

from .._core.units import MIB
from .._postgres.activity_report import SessionReport
from .._resources.resource_report import ContainerUse, ResourcesReport
from .._system.counters import HostReport, will_fill

CPU, MEMORY = "cpu", "memory"
BUSY = 0.5  # cores from which on a container or a process is looked at
NEAR = 0.9  # share of its limit


class SessionCpu(SessionReport):
    """A session of the database with the cores that its process uses, and the process's container."""

    cpu: float
    container: str


class Room(TypedDict):
    """Bytes that a container uses, and may use; None: it has no limit."""

    uses: int
    limit: int | None


class HogsReport(TypedDict):
    """What the module offenders returns. ``may_grow_to``: of memory alone, by container."""

    consumers: list[ContainerUse]
    services: list[str]
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
) -> HogsReport:
    """Containers, processes and sessions that use at least ``least`` cores, the busiest first, and what to do.

    ``sessions``: active sessions of the database (``pid``, ``target``), which may be empty; ``keep``: services that are
    never restarted for it, since they keep data.
    """
    host = resources["host"]
    busy = sorted((one for one in resources["containers"] if one["cpu"] >= least), key=lambda one: -one["cpu"])
    processes = [one for one in resources["processes"] if one["cpu"] >= least]
    by_pid = {one["pid"]: one for one in sessions}
    running_away: list[SessionCpu] = [
        {**by_pid[one["inside_pid"]], "cpu": one["cpu"], "container": one["container"]}
        for one in processes
        if one["name"].startswith("postgres") and one["inside_pid"] in by_pid and one["container"]
    ]
    databases = {one["container"] for one in processes if one["name"].startswith("postgres")}
    ours = [one for one in busy if one["name"] not in databases and (not project or one["project"] == project)]
    kept = [one for one in ours if one["service"] in keep]
    ours = [one for one in ours if one["service"] not in keep]
    foreign = [one for one in processes if not one["container"]]
    lines = [f"{host['cores']} cores, {host['cpu_used']:.0%} used, load {host['load'][0]:g}"]
    lines += [f"{one['name']} uses {one['cpu']:.2f} cores{_held_back(one)}" for one in busy]
    lines += [
        f"process {one['pid']} {one['name']} of {one['container'] or 'the host'}: {one['cpu']:.2f} cores"
        for one in processes
    ]
    lines += [f"session {one['pid']} of the database: {one['cpu']:.2f} cores" for one in running_away]
    advice = [f"{one['name']} (pid {one['pid']}) runs outside of any container: look at it yourself" for one in foreign]
    advice += [
        f"{name} is busy, and no session of the database accounts for it: look at autovacuum, and at small statements"
        for name in sorted(databases - {one["container"] for one in running_away})
    ]
    advice += [
        f"{one['name']} is held back by its own limit {one['throttled']:.0%} of the time: raise `cpus` in the files, or"
        " scale out"
        for one in busy
        if one["throttled"] >= 0.25
    ]
    advice += [f"{one['name']} keeps data and is not restarted for it: look at what it does" for one in kept]
    if not busy and not foreign:
        lines.append(f"no container uses {least:g} cores or more")
    return {
        "consumers": ours,
        "services": sorted({one["service"] for one in ours if one["service"]}),
        "sessions": running_away,
        "may_grow_to": {},
        "lines": lines,
        "advice": advice,
    }


def _held_back(one: ContainerUse) -> str:
    return f", held back by its limit {one['throttled']:.0%} of the time" if one["throttled"] else ""


def weigh_memory(resources: ResourcesReport, project: str, near: float = NEAR, keep: Sequence[str] = ()) -> HogsReport:
    """Containers that were killed in, are near their limit, or will reach it; what each may grow to, and advice."""
    host = resources["host"]
    containers = [one for one in resources["containers"] if not project or one["project"] == project]
    found = [one for one in containers if why_memory(one, near)]
    lines = [f"{host['memory']['available'] // MIB} of {host['memory']['total'] // MIB} MiB are available"]
    lines += [f"{one['name']} {why_memory(one, near)}" for one in found]
    room = sum(max(0, one["limit"] - one["working_set"]) for one in containers if one["limit"])
    lines.append(f"all containers together may grow by {room // MIB} MiB before their limits stop them")
    if not found:
        lines.append("no container is near its limit, grows, or lost a process to it")
    return {
        "consumers": found,
        "services": sorted({one["service"] for one in found if one["service"] and one["service"] not in keep}),
        "sessions": [],
        "may_grow_to": {one["name"]: {"uses": one["working_set"], "limit": one["limit"]} for one in containers},
        "lines": lines,
        "advice": [
            *(f"{one['name']} keeps data and is not restarted for it" for one in found if one["service"] in keep),
            *_limits(found),
            *_promised(host, containers),
        ],
    }


def why_memory(one: ContainerUse, near: float) -> str:
    """What speaks against a container, in a clause; empty for nothing."""
    said = []
    limit = f" of {one['limit'] // MIB}" if one["limit"] else ""
    if one["oom_recent"]:
        said.append(f"lost {one['oom_recent']} processes to the kernel within the last hour")
    if (one["memory_share"] or 0) >= near:
        said.append(f"uses {one['working_set'] // MIB}{limit} MiB")
    if one["leak"] and will_fill(one["leak"], one["memory_share"]):
        rate = one["leak"]["bytes_per_second"] / MIB
        said.append(f"grows by {rate:.1f} MiB/s and reaches its limit in {one['leak']['seconds_to_limit']:g} s")
    return ", ".join(said)


def _limits(found: Sequence[ContainerUse]) -> list[str]:
    """A limit that leaves what is used now three quarters of it; nothing for what leaks, which fills any limit."""
    advice = []
    for one in found:
        if will_fill(one["leak"], one["memory_share"]):
            advice.append(f"{one['name']} grows: a higher limit only buys time, find what it keeps")
        elif one["limit"]:
            wanted = int(one["limit"] * 4 / 3) // MIB
            advice.append(f"{one['name']}: if this is what it needs, raise its limit to {wanted} MiB in the files")
    return advice


def _promised(host: HostReport, containers: Sequence[ContainerUse]) -> list[str]:
    """Whether the limits together are more than the host has, and who has none."""
    advice, total = [], host["memory"]["total"]
    limited = sum(one["limit"] or 0 for one in containers)
    if limited > total:
        advice.append(f"the limits together allow {limited // MIB} MiB and the host has {total // MIB}")
    unlimited = [one["name"] for one in containers if not one["limit"] or one["limit"] >= total]
    if unlimited:
        advice.append(f"without a limit, so each may take the whole host: {', '.join(unlimited)}")
    return advice
