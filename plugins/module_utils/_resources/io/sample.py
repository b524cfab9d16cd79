# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Host, containers and processes in one look: kernel files for all at once, else the engine's API. I/O.

The time between the two samples is spent asking the engine for names: a look costs little more than the interval.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Mapping

from ..._compose.container import KEEPS, PROJECT, replica_of
from ..._compose.io.engine import Engine
from ..._compose.io.engine import engine as opened
from ..._compose.io.engine_transport import EngineLogin
from ..._core.errors import DriverMissing, EngineError, PrivilegeError
from ..._system.counters import HostReading, OomKill, Process, Usage, slope
from ..._system.io import cgroups
from ..._system.io import procfs as host
from ..._system.io.sockets import read_limits
from ..resource_report import ContainerName, Growing

STEP = 0.5  # seconds between two samples of a leak's window
_THREADS = 8


@dataclass(frozen=True)
class Readings:
    """Two readings of everything, and the working sets in between."""

    host: tuple[HostReading, HostReading]
    usage: tuple[Mapping[str, Usage], Mapping[str, Usage]]
    processes: tuple[Mapping[int, Process], Mapping[int, Process]]
    names: Mapping[str, ContainerName]  # by id
    samples: Mapping[str, list[tuple[float, float]]] = field(default_factory=dict)
    source: str = "cgroup"
    killed: tuple[OomKill, ...] = ()
    at: float = 0.0  # seconds since 1970, when it was read
    problem: str = ""  # why the engine named no container; empty where it did
    growing: Mapping[str, Growing] = field(default_factory=dict)  # by id


def read_resources(login: EngineLogin, interval: float, window: float) -> Readings:
    """Two readings ``interval`` seconds apart, or ``window`` if that is longer, with a sample each half second.

    The host is reported also where no engine answers, which a host without containers need not have.
    """
    folders = cgroups.groups() if login.local else {}
    first_host, first_processes = host.read_host(disks=False), host.read_processes()
    first = cgroups.read_all(folders)
    began = time.monotonic()
    names: dict[str, ContainerName] = {}
    problem = ""
    try:
        with opened(login) as engine:
            names = _names(engine)
            if not first and names:
                first, last = _by_api(
                    engine, [id for id, container in names.items() if container["state"] == "running"]
                )
                return Readings(
                    (first_host, host.read_host()), (first, last), ({}, {}), names, source="api", at=time.time()
                )
    except (EngineError, PrivilegeError, DriverMissing) as error:
        problem = str(error)
    samples: dict[str, list[tuple[float, float]]] = {}
    end = began + max(interval, window)
    while True:
        if window:
            for id, usage in cgroups.read_all(folders).items():
                samples.setdefault(id, []).append((usage.at - began, float(usage.needed)))
        left = end - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(left, STEP) if window else left)
    last = cgroups.read_all(folders)
    processes = first_processes, host.read_processes()
    return Readings(
        (first_host, replace(host.read_host(), network=read_limits())),
        (first, last),
        processes,
        names,
        samples,
        killed=tuple(host.kernel_oom_kills()),
        at=time.time(),
        problem=problem,
        growing={id: _growing(folders[id], *processes) for id, taken in samples.items() if (slope(taken) or 0) > 0},
    )


def _growing(folders: Mapping[str, str], first: Mapping[int, Process], last: Mapping[int, Process]) -> Growing:
    """What tells a leak from what fills up again: a leak is at its highest all the time."""
    pids = cgroups.processes_in(folders)
    ages = host.ages_of(pids, datetime.now(timezone.utc))
    grown, known = 0, 0
    for pid in pids:
        if pid in first and pid in last and last[pid].resident > first[pid].resident:
            by = last[pid].resident - first[pid].resident
            grown += by
            known += min(by, max(0, (host.highest_resident(pid) or 0) - last[pid].resident))
    return Growing(max(ages.values(), default=None), round(known / grown, 2) if grown else None)


def _names(engine: Engine) -> dict[str, ContainerName]:
    names: dict[str, ContainerName] = {}
    for container in engine.labelled():
        labels = container.get("Labels") or {}
        if KEEPS in labels:
            continue  # never meant to run
        names[container["Id"]] = {
            "name": str((container.get("Names") or [container["Id"][:12]])[0]).lstrip("/"),
            "project": labels.get(PROJECT, ""),
            "service": replica_of(labels),
            "state": container.get("State", ""),
            "status": container.get("Status", ""),
        }
    return names


def _by_api(engine: Engine, ids: list[str]) -> tuple[dict[str, Usage], dict[str, Usage]]:
    """For an engine on another machine: its own two samples, of all containers beside each other."""
    with ThreadPoolExecutor(_THREADS) as pool:
        statistics = dict(zip(ids, pool.map(engine.statistics, ids)))
    pairs = {id: _usages(readings) for id, readings in statistics.items() if readings}
    return {id: pair[0] for id, pair in pairs.items()}, {id: pair[1] for id, pair in pairs.items()}


def _usages(stats: Mapping[str, Any]) -> tuple[Usage, Usage]:
    memory, limits = stats.get("memory_stats") or {}, stats.get("cpu_stats") or {}
    detail = memory.get("stats") or {}
    used = int(memory.get("usage") or 0)
    idle = int(detail.get("total_inactive_file", detail.get("inactive_file", 0)))
    throttling = limits.get("throttling_data") or {}

    def usage(at: float, cpu: Mapping[str, Any]) -> Usage:
        return Usage(
            at=at,
            cpu=int((cpu.get("cpu_usage") or {}).get("total_usage") or 0) / 1e9,
            memory=used,
            working_set=max(0, used - idle),
            limit=int(memory["limit"]) if memory.get("limit") else None,
            oom_kills=0,
            throttled_periods=int(throttling.get("throttled_periods") or 0),
            periods=int(throttling.get("periods") or 0),
            throttled=int(throttling.get("throttled_time") or 0) / 1e9,
            cpu_quota=None,
            pids=int((stats.get("pids_stats") or {}).get("current") or 0),
            reclaimable=int(detail.get("total_active_file", detail.get("active_file", 0)))
            + int(detail.get("slab_reclaimable", 0)),
        )

    before = stats.get("precpu_stats") or {}
    cores = int(limits.get("online_cpus") or 1)
    system = int(limits.get("system_cpu_usage") or 0) - int(before.get("system_cpu_usage") or 0)
    seconds = system / 1e9 / cores or 1.0
    return usage(0.0, before), usage(seconds, limits)
