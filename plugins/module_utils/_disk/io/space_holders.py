# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who uses a disk, and which of its folders hold most: containers by their mounts, servers by their folders. I/O."""

from __future__ import annotations

import heapq
import os
import time
from typing import Any, Collection, Iterable, Mapping, Sequence

from ..._system.io.kernel_files import read
from ..._system.io.mounted import Silent, silent_mounts
from ..._system.io.procfs import read_host
from ..base_backup import is_segment
from ..holders import Owner, ServerFolders, biggest, explain, fullest_of
from ..reclaim import Explained, Goal, Room

_WALK = 5.0  # seconds for which folders are counted
_FILES = 20  # biggest files that are kept


def fullest(goal: Goal) -> str:
    """Where the file system of this host that is meant is mounted; / where none is seen.

    The fullest by bytes or by inodes; of those that miss the goal, if there are any: a large disk that is nearly full
    may have more bytes than a goal wants.
    """
    return fullest_of(read_host().filesystems, goal)


def mount_of(device: int, path: str) -> str:
    """Where the file system with this device is mounted; the path itself where that is not seen."""
    for system in read_host().filesystems:
        try:
            if os.stat(system["mount"]).st_dev == device:
                return system["mount"]
        except OSError:
            continue
    return path


def space_holders(room: Room, device: int, containers: Sequence[Mapping[str, Any]]) -> list[Explained]:
    """The folders and files that hold most of a file system, with who uses them, as far as could be counted in time."""
    root, mounted = mount_of(device, room.mount), silent_mounts()
    own, files, servers, whole = _counted(root, device, mounted.silent)
    owners = [*_mounts(containers, device, mounted), *_servers(device, servers.data)]
    return explain(biggest(own, files, root, room.used), owners, servers, whole)


def _counted(
    root: str, device: int, silent: Collection[str]
) -> tuple[dict[str, int], list[tuple[int, str]], ServerFolders, bool]:
    """Bytes directly in each folder, the biggest files, folders of PostgreSQL, and whether all was seen.

    ``silent``: where file systems are mounted that do not answer. A folder that is mounted a second time counts once.
    """
    own: dict[str, int] = {}
    files: list[tuple[int, str]] = []
    data: list[str] = []
    logs: list[str] = []
    archives: list[str] = []
    known: set[int] = set()
    whole = True
    deadline, folders = time.monotonic() + _WALK, [root]
    while folders:
        if time.monotonic() > deadline:
            whole = False
            break
        folder = folders.pop()
        own[folder] = 0
        names = set()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.path in silent:
                        continue
                    figures = entry.stat(follow_symlinks=False)
                    names.add(entry.name)
                    if figures.st_dev != device:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if figures.st_ino not in known:
                            folders.append(entry.path)
                        known.add(figures.st_ino)
                    elif figures.st_nlink == 1 or entry.is_file(follow_symlinks=False):
                        size = figures.st_blocks * 512 // max(1, figures.st_nlink)
                        own[folder] += size
                        (heapq.heappush if len(files) < _FILES else heapq.heappushpop)(files, (size, entry.path))
        except OSError:
            continue
        if {"PG_VERSION", "global"} <= names:
            data.append(folder)
        if any(map(is_segment, names)):
            (logs if "archive_status" in names or folder.endswith("/pg_wal") else archives).append(folder)
    return own, files, ServerFolders(tuple(data), tuple(logs), tuple(archives)), whole


def _mounts(containers: Sequence[Mapping[str, Any]], device: int, mounted: Silent) -> Iterable[Owner]:
    """Containers that have a folder of this disk mounted, as a volume or from the host."""
    for container in containers:
        name = str((container.get("Names") or ["/?"])[0]).lstrip("/")
        for mount in container.get("Mounts") or ():
            source = str(mount.get("Source") or "")
            try:
                here = bool(source) and not mounted.under(source) and os.stat(source).st_dev == device
            except OSError:
                continue
            if here:
                yield Owner(os.path.realpath(source), f"the container {name}", str(mount.get("Destination") or ""))


def _servers(device: int, databases: Sequence[str]) -> Iterable[Owner]:
    """PostgreSQL's servers on the host itself, each by the data directory in which it works."""
    places = {}
    for folder in databases:
        try:
            places[os.stat(folder).st_ino] = folder
        except OSError:
            continue
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or not read(f"/proc/{entry.name}/comm").startswith("postgres"):
            continue
        try:
            figures = os.stat(f"/proc/{entry.name}/cwd")
        except OSError:
            continue
        if figures.st_dev == device and figures.st_ino in places:
            yield Owner(places.pop(figures.st_ino), f"PostgreSQL (pid {entry.name})")
