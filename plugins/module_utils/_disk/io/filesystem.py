# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file system: its room, and what holds space there that deleting files does not free. I/O."""

from __future__ import annotations

import os
import time
from typing import Any, Mapping, Sequence

from ..._compose.container import PROJECT, SERVICE
from ..._core.errors import HostError, InputError
from ..._core.units import MIB
from ..._system.counters import READ_ONLY, container_id_of
from ..._system.io.kernel_files import read
from ..._system.io.mounted import silent_mounts
from ..._system.io.open_files import OpenFiles
from ..._system.io.procfs import not_examined, read_host
from ..reclaim import FEW_INODES, Explained, Goal, Room, explained, format_bytes, who_closes

_WALK = 5.0  # seconds for which folders are counted when inodes are short
_SHORT = 0.15  # free share below which another file system is named
_SHOWN = 5


def device_of(mount: str) -> int:
    """The file system on which a path lies."""
    silent = silent_mounts().behind(mount)
    if silent:
        raise InputError(f"mount: {mount} cannot be examined ({silent} does not answer). Nothing was done.")
    try:
        return os.stat(mount).st_dev
    except OSError as error:
        raise InputError(f"mount: {mount} cannot be examined ({error.strerror}). Nothing was done.") from None


def room_of(mount: str) -> Room:
    """What is free and used there."""
    try:
        figures = os.statvfs(mount)
    except OSError as error:
        raise HostError(f"The space of {mount} cannot be read: {error.strerror}.") from None
    free = figures.f_bavail * figures.f_frsize
    used = (figures.f_blocks - figures.f_bfree) * figures.f_frsize
    return Room(mount, free, used, figures.f_favail, figures.f_files)


def others_short(device: int, goal: Goal) -> list[str]:
    """A note for each other file system that is short too, with the option that frees it, and for what is none."""
    notes = []
    host = read_host()
    for system in host.filesystems:
        place = system["mount"]
        try:
            if os.stat(place).st_dev == device:
                continue
            room = room_of(place)
        except (OSError, HostError):
            continue
        inodes = room.as_dict()["inodes_used_share"] or 0.0
        if room.missing(goal) and room.share < _SHORT:
            notes.append(f"{place} is short of space too ({room.share:.0%} free): mount={place} frees that one")
        elif inodes >= FEW_INODES:
            notes.append(f"{place} has used {inodes:.0%} of its inodes: mount={place} explains that")
    notes += [f"{place} {READ_ONLY}: nothing is freed there" for place in host.read_only_after_errors]
    for place, why, used in not_examined():
        if used < 0:
            notes.append(f"{place} was not examined ({why})")
        elif used > 1 - _SHORT:
            notes.append(f"{place} is {used:.0%} full, and {why}: nothing is freed there")
    return notes


def held_files(opened: OpenFiles, containers: Sequence[Mapping[str, Any]], project: str) -> list[Explained]:
    """Deleted files that are still open, with who holds them and what frees them.

    ``project``: ours; empty: the one that is there, if there is no other.
    """
    known = {str(container["Id"]): container for container in containers}
    projects = {str(labels[PROJECT]) for labels in map(_labels, containers) if labels.get(PROJECT)}
    project = project or (projects.pop() if len(projects) == 1 else "")
    held: list[Explained] = []
    for deleted in opened.deleted[:_SHOWN]:
        if deleted.bytes < MIB:
            continue
        pid, name = deleted.holders[0]
        holding = [known.get(container_id_of(read(f"/proc/{pid}/cgroup")), {}) for pid, dummy in deleted.holders]
        owners = [(str(labels.get(PROJECT) or ""), str(labels.get(SERVICE) or "")) for labels in map(_labels, holding)]
        services, holder, (theirs, service) = who_closes(owners, project), holding[0], owners[0]
        where = f" in the container {str(holder['Names'][0]).lstrip('/')}" if holder.get("Names") else ""
        remedy = (
            f"playbooks/service_restart.yml with restart_services_services: [{', '.join(services)}]"
            if services
            else f"have {name} (pid {pid}) open its files again: reload or restart it"
        )
        others = f" and {len(deleted.holders) - 1} more" if len(deleted.holders) > 1 else ""
        held.append(
            {
                "kind": "deleted_open",
                "what": f"{deleted.path} was deleted and is held open by {name} (pid {pid}){others}{where}",
                "bytes": deleted.bytes,
                "remedy": remedy,
                "pids": [pid for pid, dummy in deleted.holders],
                "service": service,
                "project": theirs,
                "services": services,
            }
        )
    return held


def _labels(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return container.get("Labels") or {}


def inodes(room: Room) -> list[Explained]:
    """Where inodes are short: the folders with the most entries, as far as could be counted in time."""
    share = room.as_dict()["inodes_used_share"]
    if share is None or share < FEW_INODES:
        return []
    device, deadline, counts, whole = device_of(room.mount), time.monotonic() + _WALK, {}, True
    silent = silent_mounts().silent
    for place, folders, names in os.walk(room.mount):
        counts[place] = len(names) + len(folders)
        inner = {folder: os.path.join(place, folder) for folder in folders}
        folders[:] = [name for name, path in inner.items() if path not in silent and _device(path) == device]
        if time.monotonic() > deadline:
            whole = False
            break
    most = sorted(counts.items(), key=lambda item: -item[1])[:3]
    limits_of_count = "" if whole else ", of what could be counted in time"
    return [
        explained(
            "inodes",
            f"{share:.0%} of the inodes of {room.mount} are used: many small files, not big ones. Most are in"
            f" {', '.join(f'{place} ({number})' for place, number in most)}{limits_of_count}",
            0,
            "find out who makes them and tidy that folder; freeing big files does not help",
        )
    ]


def _device(path: str) -> int | None:
    try:
        return os.stat(path, follow_symlinks=False).st_dev
    except OSError:
        return None


def big_volumes(volumes: Sequence[tuple[str, int]]) -> list[Explained]:
    """Volumes are data: reported, and never freed."""
    return [
        explained(
            "volume",
            f"the volume {name} holds {format_bytes(size)}; volumes are never freed here",
            size,
            "check its content with the owner of its data",
        )
        for name, size in volumes
        if size >= 100 * MIB
    ]
