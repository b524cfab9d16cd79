# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host and its containers use, from two readings of the kernel's counters. Pure.

Working set: usage less the file pages that the kernel can drop at once (`docker stats` counts alike). It also has file
pages that were read more than once, which the kernel reclaims, too, when it needs them: they fill no limit. Field
names: kernel documentation, cgroup-v1/memory.rst, cgroup-v2.rst, accounting/psi.rst; proc(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import median
from typing import Mapping, Sequence, TypedDict

from .sockets import NOTHING_KNOWN, NetworkLimits

SOON, HALF = 300.0, 0.5  # seconds to the limit, and share of it, within which growth is a suspicion
NO_LIMIT = 1 << 60  # cgroup v1 shows "no limit" as a number near 2^63
_PSI = re.compile(r"^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+)", re.M)
_OOM_LINE = re.compile(
    r"oom-kill:(?:constraint=(?P<constraint>\w+))?(?P<between>.*?)task_memcg=(?P<group>[^,]*),task=(?P<task>.*?)"
    r",pid=(?P<pid>\d+)"
)
_OOM_GROUP = re.compile(r",oom_memcg=(?P<full>[^,]*),")
OWN_LIMIT, GROUP_LIMIT, HOST_MEMORY = "container", "group", "host"
_ID = re.compile(r"[0-9a-f]{64}")


class Stall(TypedDict):
    """Shares of the time in percent, over 10, 60 and 300 seconds."""

    avg10: float
    avg60: float
    avg300: float


class Pressure(TypedDict, total=False):
    """Time in which some work, or all of it, stood still. Old kernels report nothing."""

    some: Stall
    full: Stall


class DiskRoom(TypedDict):
    """A file system in bytes; ``free``: what an ordinary user may still write."""

    size: int
    free: int


class Filesystem(DiskRoom):
    """A file system of the host that can be written; ``inodes_used_share`` None: it has no fixed number of them."""

    mount: str
    device: str
    kind: str
    used_share: float
    inodes_used_share: float | None


class MemoryReport(TypedDict):
    """Bytes."""

    total: int
    available: int
    available_share: float
    swap_total: int
    swap_used: int


class HostReport(TypedDict):
    """The host's own figures. ``cpu_used``: share of all cores; ``uptime`` in seconds; ``pressure`` by resource."""

    memory: MemoryReport
    cores: int
    load: list[float]
    load_per_core: list[float]
    cpu_used: float
    pressure: dict[str, Pressure]
    oom_kills: int
    oom_kills_now: int
    uptime: int
    filesystems: list[Filesystem]
    read_only_after_errors: list[str]
    not_answering: list[str]
    network: NetworkLimits


class LeakReport(TypedDict):
    """How a working set grew. ``seconds_to_limit`` None: it does not grow, or has no limit; ``window`` in seconds."""

    bytes_per_second: int
    grows: bool
    seconds_to_limit: float | None
    samples: int
    window: float


class OomVictim(TypedDict):
    """Whom the kernel killed: container id (empty: none), process name and pid (on the host). ``exhausted``: what ran
    out of memory: "container" by its own limit, "group" by the limit of a group that it is in, or "host"; empty: not
    known."""

    container: str
    task: str
    pid: int
    exhausted: str


class OomKill(OomVictim):
    """``at``: seconds since 1970."""

    at: float


class BusyProcess(TypedDict):
    """A process that uses much. ``inside_pid``: its pid in its own namespace; cores, bytes. ``started``: seconds since
    1970; ``twins``: other processes with its name, its ``inside_pid`` and its start, in other namespaces. None: not
    known."""

    pid: int
    inside_pid: int
    name: str
    container: str
    cpu: float
    resident: int
    started: float | None
    twins: int | None


@dataclass(frozen=True)
class Usage:
    """One reading of a container's counters. Bytes and seconds since its start; ``limit`` None: none is set.

    ``reclaimable``: bytes of the working set that the kernel can reclaim. ``stall``: share of the last ten seconds in
    percent in which all of its work waited for memory; None: not known (cgroup v1, or no pressure stall information).
    ``files``: bytes of files that lie in memory (tmpfs, shared memory), which nothing can reclaim without swap.
    ``ooms``: how often it ran out of memory by its own limit, or a group in it did; None: not known (cgroup v1).
    """

    at: float
    cpu: float
    memory: int
    working_set: int
    limit: int | None
    oom_kills: int
    throttled_periods: int
    periods: int
    throttled: float
    cpu_quota: float | None
    pids: int
    reclaimable: int = 0
    stall: float | None = None
    files: int = 0
    ooms: int | None = None

    @property
    def needed(self) -> int:
        """Bytes that the kernel cannot reclaim."""
        return max(0, self.working_set - self.reclaimable)


@dataclass(frozen=True)
class Process:
    """One reading of a process. ``started``: seconds since 1970; None: not known."""

    pid: int
    inside: int  # its pid in its own namespace
    name: str
    container: str
    cpu: float
    resident: int
    started: float | None = None


@dataclass(frozen=True)
class Rates:
    """What a container used between two readings."""

    cpu: float  # cores
    cpu_of_quota: float | None
    throttled: float  # share of the time, 0 to 1
    memory: int
    working_set: int
    limit: int | None
    memory_share: float | None
    oom_kills: int
    oom_kills_now: int
    pids: int


def rates(first: Usage, last: Usage) -> Rates:
    """From two readings; of one alone (they are the same) the rates are 0."""
    seconds = last.at - first.at
    cpu = (last.cpu - first.cpu) / seconds if seconds > 0 else 0.0
    periods = last.periods - first.periods
    return Rates(
        cpu=round(max(0.0, cpu), 3),
        cpu_of_quota=round(cpu / last.cpu_quota, 3) if last.cpu_quota else None,
        throttled=round((last.throttled_periods - first.throttled_periods) / periods, 3) if periods > 0 else 0.0,
        memory=last.memory,
        working_set=last.working_set,
        limit=last.limit,
        memory_share=round(last.needed / last.limit, 4) if last.limit else None,
        oom_kills=last.oom_kills,
        oom_kills_now=max(0, last.oom_kills - first.oom_kills),
        pids=last.pids,
    )


def slope(samples: Sequence[tuple[float, float]]) -> float | None:
    """Theil and Sen's: the median of the slopes of all pairs, which single outliers do not move. None below 3 samples.

    >>> slope([(0, 10), (1, 12), (2, 14), (3, 900)])
    2.0
    """
    if len(samples) < 3:
        return None
    # Only slopes over at least a third of the time: neighbours are noise, and there are many of them.
    span = (samples[-1][0] - samples[0][0]) / 3
    slopes = [
        (y2 - y1) / (x2 - x1)
        for place, (x1, y1) in enumerate(samples)
        for x2, y2 in samples[place + 1 :]
        if x2 - x1 >= span and x2 > x1
    ]
    return float(median(slopes)) if slopes else None


def leak(samples: Sequence[tuple[float, float]], limit: int | None, least: float = 16384.0) -> LeakReport | None:
    """A leak estimate from working sets over time: bytes a second, and seconds until the limit.

    ``least``: growth below this many bytes a second is none. None: too few samples to say.
    """
    steep = slope(samples)
    if steep is None:
        return None
    grows = steep >= least
    left = (limit - samples[-1][1]) / steep if grows and limit else None
    return {
        "bytes_per_second": round(steep),
        "grows": grows,
        "seconds_to_limit": None if left is None else round(max(0.0, left), 1),
        "samples": len(samples),
        "window": round(samples[-1][0] - samples[0][0], 1),
    }


def will_fill(growth: LeakReport | None, share: float | None) -> bool:
    """Whether growth is worth a word: the limit is near in time and half reached. Everything grows for some seconds."""
    left = growth["seconds_to_limit"] if growth and growth["grows"] else None
    return left is not None and left < SOON and (share or 0) >= HALF


def parse_pressure(text: str) -> Pressure:
    """Pressure stall information."""
    pressure: Pressure = {}
    for kind, ten, sixty, long in _PSI.findall(text):
        stall: Stall = {"avg10": float(ten), "avg60": float(sixty), "avg300": float(long)}
        if kind == "some":
            pressure["some"] = stall
        else:
            pressure["full"] = stall
    return pressure


def parse_pairs(text: str) -> dict[str, int]:
    """``name value`` or ``name: value kB`` on each line, in bytes where kB is said."""
    pairs = {}
    for line in text.splitlines():
        fields = line.replace(":", " ").split()
        if len(fields) >= 2 and fields[1].lstrip("-").isdigit():
            pairs[fields[0]] = int(fields[1]) * (1024 if fields[2:3] == ["kB"] else 1)
    return pairs


def parse_oom(lines: Sequence[str]) -> list[OomVictim]:
    """The kernel's own words on whom it killed: container id, process name and pid (on the host)."""
    victims: list[OomVictim] = []
    for line in lines:
        match = _OOM_LINE.search(line)
        if match:
            ids = _ID.findall(match.group("group"))
            victims.append(
                {
                    "container": ids[-1] if ids else "",
                    "task": match.group("task"),
                    "pid": int(match.group("pid")),
                    "exhausted": _exhausted(match.group("constraint") or "", match.group("between"), ids[-1:]),
                }
            )
    return victims


def _exhausted(constraint: str, between: str, ids: Sequence[str]) -> str:
    """What ran out of memory. The process is of the container also where the host did, whose choice it merely was."""
    if constraint != "CONSTRAINT_MEMCG":
        return HOST_MEMORY if constraint else ""
    full = _OOM_GROUP.search(between)
    if full is None:
        return ""
    return OWN_LIMIT if ids and ids[0] in full["full"] else GROUP_LIMIT


def container_id_of(cgroup: str) -> str:
    """The container id in /proc/PID/cgroup, whatever the driver and the version; empty for none."""
    ids = _ID.findall(cgroup)
    return ids[-1] if ids else ""


NO_ANSWER = "does not answer: what opens a file there waits, as on NFS whose server is gone"
READ_ONLY = "is mounted read-only, as its option errors=remount-ro does after an error of the disk; see dmesg"


@dataclass(frozen=True)
class HostReading:
    """The host's own figures at one moment."""

    at: float
    memory: Mapping[str, int]
    load: tuple[float, float, float]
    cores: int
    busy: float  # seconds of all cores since boot
    idle: float
    pressure: Mapping[str, Pressure]
    oom_kills: int
    uptime: float
    filesystems: tuple[Filesystem, ...] = field(default_factory=tuple)
    read_only_after_errors: tuple[str, ...] = ()  # mounts
    not_answering: tuple[str, ...] = ()  # mounts
    network: NetworkLimits = field(default_factory=lambda: NOTHING_KNOWN)


def host_dict(first: HostReading, last: HostReading) -> HostReport:
    """What free, uptime, df and the pressure files say, in one dict."""
    memory = last.memory
    spent, idle = last.busy - first.busy, last.idle - first.idle
    return {
        "memory": {
            "total": memory.get("MemTotal", 0),
            "available": memory.get("MemAvailable", 0),
            "available_share": round(memory.get("MemAvailable", 0) / max(1, memory.get("MemTotal", 1)), 4),
            "swap_total": memory.get("SwapTotal", 0),
            "swap_used": memory.get("SwapTotal", 0) - memory.get("SwapFree", 0),
        },
        "cores": last.cores,
        "load": list(last.load),
        "load_per_core": [round(load / max(1, last.cores), 2) for load in last.load],
        "cpu_used": round(spent / (spent + idle), 3) if spent + idle > 0 else 0.0,
        "pressure": dict(last.pressure),
        "oom_kills": last.oom_kills,
        "oom_kills_now": max(0, last.oom_kills - first.oom_kills),
        "uptime": round(last.uptime),
        "filesystems": list(last.filesystems),
        "read_only_after_errors": list(last.read_only_after_errors),
        "not_answering": list(last.not_answering),
        "network": last.network,
    }


def top(first: Mapping[int, Process], last: Mapping[int, Process], seconds: float, count: int) -> list[BusyProcess]:
    """Processes by CPU used between two readings, then by memory; the ``count`` first of each, without doubles."""

    def cores(process: Process) -> float:
        former = first.get(process.pid)
        return max(0.0, process.cpu - former.cpu) / seconds if former is not None and seconds > 0 else 0.0

    by_cpu = sorted(last.values(), key=lambda process: (-cores(process), -process.resident))[:count]
    by_memory = sorted(last.values(), key=lambda process: -process.resident)[:count]
    chosen = list({process.pid: process for process in [*by_cpu, *by_memory]}.values())
    return [
        {
            "pid": process.pid,
            "inside_pid": process.inside,
            "name": process.name,
            "container": process.container,
            "cpu": round(cores(process), 3),
            "resident": process.resident,
            "started": None if process.started is None else round(process.started, 2),
            "twins": None,
        }
        for process in chosen
    ]
