# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readings of a host as the dicts that host_resources_info returns. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence, TypedDict

from .._compose.endpoint.engine_endpoint import EngineReport
from .._core.text import counted
from .._core.units import MIB
from .._system.counters import (
    GROUP_LIMIT,
    HOST_MEMORY,
    NO_ANSWER,
    OWN_LIMIT,
    READ_ONLY,
    BusyProcess,
    HostReading,
    HostReport,
    LeakReport,
    OomKill,
    Usage,
    host_dict,
    leak,
    rates,
    will_fill,
)
from .._system.sockets import limits_reached

RECENT = 3600.0  # seconds
# When a figure is worth a sentence. PSI: above 10 % of the last ten seconds work stood still for want of it.
PRESSED, FULL_DISK, FEW_INODES, NEAR_LIMIT, BUSY, SLOWED, FULL_TABLE = 10.0, 0.9, 0.9, 0.9, 0.9, 0.25, 0.9


class ContainerName(TypedDict):
    """A container as the engine lists it."""

    name: str
    project: str
    service: str
    state: str
    status: str


class StoppedContainer(ContainerName):
    """One that does not run."""

    id: str


class ContainerUse(TypedDict):
    """What a container that runs uses: cores, bytes, shares from 0 to 1; None where it has no such limit.

    ``oom_recent``: processes that the kernel killed in it within the last hour; ``oom_own``: how many of them for its
    own limit, and not since the host ran out of memory, None where that is not known; ``oom_age``: seconds since the
    last of those for its own limit, or else of all, None where that is not known. ``memory_share``: of what the kernel
    cannot reclaim; ``memory_stall``: share of the time in percent. ``age`` and ``refills`` are of one that
    grows: how long it has run in seconds, and the share of the growth of its processes by which they only fill up to
    what they have had before; ``in_files``: the share of its growth that is files in memory (tmpfs, shared memory).
    """

    id: str
    name: str
    project: str
    service: str
    status: str
    cpu: float
    cpu_of_quota: float | None
    throttled: float
    memory: int
    working_set: int
    limit: int | None
    memory_share: float | None
    oom_kills: int
    oom_kills_now: int
    oom_recent: int
    oom_own: int | None
    oom_age: float | None
    oom_killed: list[OomKill]
    pids: int
    leak: LeakReport | None
    reclaimable: int
    memory_stall: float | None
    age: float | None
    refills: float | None
    in_files: float | None


class HostResources(TypedDict):
    """A host and its containers; ``pressing``: what is short, a sentence each."""

    host: HostReport
    containers: list[ContainerUse]
    findings: list[str]


class ResourcesReport(HostResources):
    """What host_resources_info returns. ``source``: cgroup, or api where the engine is on another machine.

    ``engine_problem``: why the engine named no container; empty where it did.
    """

    source: str
    processes: list[BusyProcess]
    stopped: list[StoppedContainer]
    engine: EngineReport
    engine_problem: str


@dataclass(frozen=True)
class Growing:
    """A container that grows: seconds since its first process began, and the share that it has had before."""

    age: float | None = None
    refills: float | None = None


def containers_of(
    usage: tuple[Mapping[str, Usage], Mapping[str, Usage]],
    names: Mapping[str, ContainerName],
    samples: Mapping[str, Sequence[tuple[float, float]]],
    killed: Sequence[OomKill],
    now_is: float,
    growing: Mapping[str, Growing] | None = None,
) -> list[ContainerUse]:
    """Every container that runs: who it is, what it uses; nearest to its limit first.

    ``killed``: who was killed, by the kernel's log, which may be closed or overwritten; ``now_is``: the same clock.
    """
    first, last = usage
    containers: list[ContainerUse] = []
    for id, now in last.items():
        who = names.get(id)
        figures = rates(first.get(id, now), now)
        mine = [kill for kill in killed if kill["container"] == id]
        # Without the kernel's log the age of the kills is not known: those between the two readings count.
        lately = [kill for kill in mine if now_is - kill["at"] < RECENT]
        recent = len(lately) if mine else figures.oom_kills_now
        own = _own_of(lately) if mine else _own_between(first.get(id, now), now)
        ages = [now_is - kill["at"] for kill in mine if not own or kill["exhausted"] == OWN_LIMIT]
        last_kill = 0.0 if figures.oom_kills_now and not own else min(ages, default=0.0)
        grows = (growing or {}).get(id, Growing())
        containers.append(
            {
                "id": id,
                "name": who["name"] if who else id[:12],
                "project": who["project"] if who else "",
                "service": who["service"] if who else "",
                "status": who["status"] if who else "",
                "cpu": figures.cpu,
                "cpu_of_quota": figures.cpu_of_quota,
                "throttled": figures.throttled,
                "memory": figures.memory,
                "working_set": figures.working_set,
                "limit": figures.limit,
                "memory_share": figures.memory_share,
                "oom_kills": figures.oom_kills,
                "oom_kills_now": figures.oom_kills_now,
                "oom_recent": recent,
                "oom_own": own if recent else None,
                "oom_age": round(last_kill, 1) if recent else None,
                "oom_killed": mine[-5:],
                "pids": figures.pids,
                "leak": leak(samples.get(id, ()), now.limit),
                "reclaimable": now.reclaimable,
                "memory_stall": now.stall,
                "age": grows.age,
                "refills": grows.refills,
                "in_files": _in_files(first.get(id, now), now) if id in (growing or {}) else None,
            }
        )
    return sorted(
        containers, key=lambda container: (-(container["memory_share"] or 0), -container["cpu"], container["name"])
    )


def _own_of(kills: Sequence[OomKill]) -> int | None:
    """How many were for the container's own limit; None where that is known of none, and not of all that they were for
    another one's memory."""
    own = sum(kill["exhausted"] == OWN_LIMIT for kill in kills)
    return own if own or all(kill["exhausted"] for kill in kills) else None


def _own_between(first: Usage, last: Usage) -> int | None:
    """The same by the counters of two readings: what reached no limit of its own in between was killed for another."""
    kills = max(0, last.oom_kills - first.oom_kills)
    if last.ooms is None or first.ooms is None:
        return None
    return kills if last.ooms > first.ooms else 0


def _in_files(first: Usage, last: Usage) -> float | None:
    """The share of the growth between two readings that is files in memory; None where it did not grow."""
    grown = last.needed - first.needed
    return round(min(1.0, max(0, last.files - first.files) / grown), 2) if grown > 0 else None


def needed(container: ContainerUse) -> int:
    """Bytes that the kernel cannot reclaim."""
    return max(0, container["working_set"] - container["reclaimable"])


def outside_of(container: ContainerUse) -> str:
    """What ran out of memory where it was not the container by its own limit, as the end of a sentence; empty where it
    was, or where that is not known."""
    if container["oom_own"] != 0:
        return ""
    what = {kill["exhausted"] for kill in container["oom_killed"]}
    if what == {GROUP_LIMIT}:
        return ", because a group of containers that it is in reached its limit"
    if what == {HOST_MEMORY}:
        return ", because the host ran out of memory"
    return ", because the host or a group that it is in ran out of memory"


def resources_dict(host: tuple[HostReading, HostReading], containers: list[ContainerUse]) -> HostResources:
    figures = host_dict(*host)
    return {"host": figures, "containers": containers, "findings": pressing(figures, containers)}


def pressing(host: HostReport, containers: Sequence[ContainerUse]) -> list[str]:
    """What is short, in sentences; nothing where nothing is."""
    findings = []
    memory = host["memory"]
    if memory["available_share"] < 1 - NEAR_LIMIT:
        findings.append(
            f"the host has {memory['available'] // MIB} MiB of memory left ({memory['available_share']:.0%})"
        )
    if host["cpu_used"] >= BUSY:
        findings.append(f"the host's {host['cores']} cores are {host['cpu_used']:.0%} busy, load {host['load'][0]:g}")
    for kind, figures in sorted(host["pressure"].items()):
        some = figures["some"]["avg10"] if "some" in figures else 0.0
        full = figures["full"]["avg10"] if "full" in figures else 0.0
        if full >= PRESSED:
            findings.append(f"all processes waited for {kind} {full:g} % of the last ten seconds")
        elif some >= 3 * PRESSED:
            findings.append(f"some work waited for {kind} {some:g} % of the last ten seconds")
    findings += [f"{mount} {READ_ONLY}" for mount in host["read_only_after_errors"]]
    findings += [f"{mount} {NO_ANSWER}" for mount in host["not_answering"]]
    for disk in host["filesystems"]:
        if disk["used_share"] >= FULL_DISK:
            findings.append(f"{disk['mount']} is {disk['used_share']:.0%} full, {disk['free'] // MIB} MiB left")
        if (disk["inodes_used_share"] or 0) >= FEW_INODES:
            findings.append(f"{disk['mount']} has used {disk['inodes_used_share']:.0%} of its inodes")
    findings += [text for dummy, text in limits_reached(host["network"], FULL_TABLE)]
    for container in containers:
        findings += _of_container(container)
    return findings


def _of_container(container: ContainerUse) -> list[str]:
    name, findings = container["name"], []
    if container["limit"] and (container["memory_share"] or 0) >= NEAR_LIMIT:
        findings.append(
            f"{name} uses {needed(container) // MIB} of {container['limit'] // MIB} MiB"
            f" ({container['memory_share']:.0%})"
        )
    if container["oom_recent"]:
        whom = sorted({kill["task"] for kill in container["oom_killed"]})
        more = f" ({', '.join(whom)})" if whom else ""
        recent = f", {container['oom_kills_now']} during the sample" if container["oom_kills_now"] else ""
        findings.append(
            f"the kernel killed {counted(container['oom_recent'], 'process', 'processes')} of {name} (out of"
            f" memory){more}{recent}{outside_of(container)}"
        )
    if container["leak"] and will_fill(container["leak"], container["memory_share"]):
        rate, left = container["leak"]["bytes_per_second"] / MIB, container["leak"]["seconds_to_limit"]
        findings.append(f"{name} grows by {rate:.1f} MiB/s, its limit is {left:g} s away")
    if container["cpu"] >= BUSY:
        findings.append(f"{name} uses {container['cpu']:.2f} cores")
    if container["throttled"] >= SLOWED:
        findings.append(f"{name} was held back by its CPU limit {container['throttled']:.0%} of the time")
    return findings
