# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which process has which file open: what was deleted and is still held, and how a log is written. I/O.

proc(5). Needs root for processes of others; what cannot be examined is left out, and counted. What a container writes
into its own layer shows the device of its overlay mount, and takes its room on the disk of its upper folder.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from typing import Callable, Tuple

Place = Tuple[int, int]  # device and inode
_UPPER = re.compile(r"(?:^|[ ,])upperdir=([^ ,]+)")
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Held:
    """A file that has no name any more. ``bytes`` come free when the last of ``holders`` (pid, name) closes it."""

    path: str
    bytes: int
    device: int
    holders: tuple[tuple[int, str], ...]


@dataclass
class OpenFiles:
    """One look over all processes."""

    deleted: list[Held] = field(default_factory=list)
    writers: dict[Place, bool] = field(default_factory=dict)  # whether every process that writes it appends
    unseen: int = 0  # processes that could not be examined


def deleted_files(device: int, places: set[Place], silent: Callable[[str], str]) -> OpenFiles:
    """Deleted files of a file system that are open, and whether the files at ``places`` are written with O_APPEND.

    ``silent``: the mount point of a path if it does not answer; what is open there is not asked.
    """
    opened, devices, namespaces = OpenFiles(), {device}, set()
    held: dict[Place, tuple[str, int, dict[int, str]]] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            handles = os.listdir(f"/proc/{entry.name}/fd")
        except PermissionError:
            opened.unseen += 1
            continue
        except OSError:
            continue
        namespace = _namespace(entry.name)
        if namespace not in namespaces:
            namespaces.add(namespace)
            devices |= _overlays_on(device, entry.name)
        for handle in handles:
            path = f"/proc/{entry.name}/fd/{handle}"
            try:
                if silent(os.readlink(path)):
                    continue
                figures = os.stat(path)
            except OSError:
                continue
            place = (figures.st_dev, figures.st_ino)
            if place in places:
                appends = _flags(entry.name, handle)
                if appends is not None:
                    opened.writers[place] = opened.writers.get(place, True) and appends
            if figures.st_nlink or figures.st_dev not in devices or not stat.S_ISREG(figures.st_mode):
                continue
            name = held.setdefault(place, (_target(path), figures.st_blocks * 512, {}))
            name[2][int(entry.name)] = _name(entry.name)
    opened.deleted = sorted(
        (Held(path, size, device, tuple(sorted(who.items()))) for path, size, who in held.values()),
        key=lambda held_file: -held_file.bytes,
    )
    return opened


def overlays(mountinfo: str) -> dict[int, str]:
    """The device of each overlay mount, and the folder into which it writes."""
    upper_folders = {}
    for line in mountinfo.splitlines():
        mount, dummy, system = line.partition(" - ")
        kind, dummy, options = system.partition(" ")
        upper = _UPPER.search(options)
        if kind == "overlay" and upper:
            major, dummy, minor = mount.split()[2].partition(":")
            path = _ESCAPED.sub(lambda escape: chr(int(escape.group(1), 8)), upper.group(1))
            upper_folders[os.makedev(int(major), int(minor))] = path
    return upper_folders


def _overlays_on(device: int, pid: str) -> set[int]:
    """Devices of the overlay mounts that a process sees and that write onto a file system."""
    try:
        with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            mounts = overlays(file.read())
    except OSError:
        return set()
    return {mount for mount, upper in mounts.items() if _device(upper) == device}


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _namespace(pid: str) -> int:
    try:
        return os.stat(f"/proc/{pid}/ns/mnt").st_ino
    except OSError:
        return 0


def _flags(pid: str, handle: str) -> bool | None:
    """Whether an open file is written by appending; None where it is only read."""
    try:
        with open(f"/proc/{pid}/fdinfo/{handle}", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("flags:"):
                    flags = int(line.split()[1], 8)
                    return bool(flags & os.O_APPEND) if flags & os.O_ACCMODE else None
    except (OSError, ValueError, IndexError):
        pass
    return None


def _target(path: str) -> str:
    try:
        target = os.readlink(path)
    except OSError:
        return "(gone)"
    return target[: -len(" (deleted)")] if target.endswith(" (deleted)") else target


def _name(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"
