# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every container's counters at once, from the kernel's cgroup files, version 1 and 2. I/O.

The group of a container is found by its id in the tree, whatever the cgroup driver called the folder. Reading twenty
of them takes a millisecond or two; `docker stats` takes two seconds, since the engine waits for its next sample.
"""

from __future__ import annotations

import os
import re
import time
from typing import Mapping

from ..counters import NO_LIMIT, Usage, parse_pairs, parse_pressure
from .kernel_files import read

ROOT = "/sys/fs/cgroup"
_FOLDER = re.compile(r"(?:docker-|cri-containerd-|libpod-)?([0-9a-f]{64})(?:\.scope)?")
_DEEPEST = 6


def unified(root: str = ROOT) -> bool:
    """Whether version 2 is in use."""
    return os.path.exists(os.path.join(root, "cgroup.controllers"))


def groups(root: str = ROOT) -> dict[str, dict[str, str]]:
    """Folders of each container, by controller; version 2 has one, named ``""``."""
    if unified(root):
        return {id: {"": path} for id, path in _find(root).items()}
    groups_by_id: dict[str, dict[str, str]] = {}
    for controller in ("memory", "cpuacct", "cpu", "pids"):
        base = os.path.realpath(os.path.join(root, controller))
        for id, path in _find(base).items():
            groups_by_id.setdefault(id, {})[controller] = path
    return groups_by_id


def _find(base: str) -> dict[str, str]:
    """Folders named after a container; nothing lies below them that is ours to count."""
    folders = {}
    left = [(base, 0)]
    while left:
        folder, depth = left.pop()
        try:
            entries = [entry for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        for entry in entries:
            match = _FOLDER.fullmatch(entry.name)
            if match:
                folders[match.group(1)] = entry.path
            elif depth < _DEEPEST:
                left.append((entry.path, depth + 1))
    return folders


def read_usage(folders: Mapping[str, str]) -> Usage | None:
    """One container's counters; None when it ended while they were read."""
    return _version2(folders[""]) if "" in folders else _version1(folders)


def _version1(folders: Mapping[str, str]) -> Usage | None:
    memory, cpu = folders.get("memory", ""), folders.get("cpu", "")
    used = _number(f"{memory}/memory.usage_in_bytes")
    if used is None:
        return None
    stat = parse_pairs(read(f"{memory}/memory.stat"))
    limit = _number(f"{memory}/memory.limit_in_bytes")
    control = parse_pairs(read(f"{memory}/memory.oom_control"))
    throttling = parse_pairs(read(f"{cpu}/cpu.stat"))
    quota, period = _number(f"{cpu}/cpu.cfs_quota_us"), _number(f"{cpu}/cpu.cfs_period_us")
    return Usage(
        at=time.monotonic(),
        cpu=(_number(f"{folders.get('cpuacct', cpu)}/cpuacct.usage") or 0) / 1e9,
        memory=used,
        working_set=max(0, used - stat.get("total_inactive_file", 0)),
        limit=limit if limit is not None and limit < NO_LIMIT else None,
        oom_kills=control.get("oom_kill", 0),
        throttled_periods=throttling.get("nr_throttled", 0),
        periods=throttling.get("nr_periods", 0),
        throttled=throttling.get("throttled_time", 0) / 1e9,
        cpu_quota=quota / period if quota and period and quota > 0 else None,
        pids=_number(f"{folders.get('pids', '')}/pids.current") or 0,
        reclaimable=stat.get("total_active_file", 0),
        files=stat.get("total_shmem", 0),
    )


def _version2(folder: str) -> Usage | None:
    used = _number(f"{folder}/memory.current")
    if used is None:
        return None
    stat, cpu = parse_pairs(read(f"{folder}/memory.stat")), parse_pairs(read(f"{folder}/cpu.stat"))
    events = parse_pairs(read(f"{folder}/memory.events"))
    quota, dummy, period = read(f"{folder}/cpu.max").strip().partition(" ")
    return Usage(
        at=time.monotonic(),
        cpu=cpu.get("usage_usec", 0) / 1e6,
        memory=used,
        working_set=max(0, used - stat.get("inactive_file", 0)),
        limit=_number(f"{folder}/memory.max"),
        oom_kills=events.get("oom_kill", 0),
        throttled_periods=cpu.get("nr_throttled", 0),
        periods=cpu.get("nr_periods", 0),
        throttled=cpu.get("throttled_usec", 0) / 1e6,
        cpu_quota=int(quota) / int(period) if quota.isdigit() and period.isdigit() else None,
        pids=_number(f"{folder}/pids.current") or 0,
        reclaimable=stat.get("active_file", 0) + stat.get("slab_reclaimable", 0),
        stall=_stall(read(f"{folder}/memory.pressure")),
        files=stat.get("shmem", 0),
        ooms=events.get("oom"),
    )


def _stall(pressure: str) -> float | None:
    """Share in percent of the last ten seconds in which all work of a group waited; None where it is not counted."""
    full = parse_pressure(pressure).get("full")
    return full["avg10"] if full else None


def processes_in(folders: Mapping[str, str]) -> list[int]:
    """Processes of a container, by their pids on the host; empty when it has ended."""
    folder = folders.get("", folders.get("memory", ""))
    return [int(pid) for pid in read(f"{folder}/cgroup.procs").split() if pid.isdigit()]


def _number(path: str) -> int | None:
    text = read(path).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def read_all(folders: Mapping[str, Mapping[str, str]]) -> dict[str, Usage]:
    """Every container's counters, by id."""
    usages = {id: read_usage(folder) for id, folder in folders.items()}
    return {id: usage for id, usage in usages.items() if usage is not None}
