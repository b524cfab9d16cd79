# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What file systems say of themselves. One that does not answer costs a few seconds, and no more. I/O.

A file system of a server that is gone (NFS with the option hard, which is usual) lets everything wait that asks it, for
as long as the server is gone: a thread that waits is left, and ends with the process.
"""

from __future__ import annotations

import os
import threading
import time
from typing import NamedTuple, Sequence

from ..mounts import Mount, mount_of, parse_mounts
from .kernel_files import read

# File systems that hold no files of users.
NO_DISKS = frozenset(
    [
        "proc",
        "sysfs",
        "cgroup",
        "cgroup2",
        "devpts",
        "mqueue",
        "debugfs",
        "tracefs",
        "securityfs",
        "pstore",
        "bpf",
        "configfs",
        "fusectl",
        "hugetlbfs",
        "autofs",
        "binfmt_misc",
        "nsfs",
        "rpc_pipefs",
        "efivarfs",
        "squashfs",
        "ramfs",
        "devtmpfs",
        "overlay",
        "tmpfs",
    ]
)
_LINKS = 40  # that are followed, as the kernel does
PATIENCE = 2.0  # seconds for all that are asked at once


class MountAnswer(NamedTuple):
    """``device``: its number. ``problem``: why it has no figures; empty for none."""

    device: int = 0
    figures: os.statvfs_result | None = None
    problem: str = ""
    silent: bool = False


SILENT = MountAnswer(problem="it does not answer", silent=True)


def mounts() -> list[Mount]:
    """All of this host."""
    return parse_mounts(read("/proc/self/mountinfo"))


def answers_of(asked: Sequence[Mount], patience: float = PATIENCE) -> dict[str, MountAnswer]:
    """The answer of each, by its place. Those that may hang are asked beside each other."""
    answers: dict[str, MountAnswer] = {}
    beside = [mount.place for mount in asked if _may_hang(mount)]
    waiting = [threading.Thread(target=_ask, args=(place, answers), daemon=True) for place in beside]
    for thread in waiting:
        thread.start()
    for mount in asked:
        if not _may_hang(mount):
            _ask(mount.place, answers)
    until = time.monotonic() + patience
    for thread in waiting:
        thread.join(max(0.0, until - time.monotonic()))
    return {mount.place: answers.get(mount.place, SILENT) for mount in asked}


def _may_hang(mount: Mount) -> bool:
    """Whether another host or a process must answer, rather than a device of this host or the kernel alone."""
    return not mount.source.startswith("/dev/") and mount.kind not in NO_DISKS


def _ask(place: str, answers: dict[str, MountAnswer]) -> None:
    try:
        answers[place] = MountAnswer(os.stat(place).st_dev, os.statvfs(place))
    except OSError as error:
        answers[place] = MountAnswer(problem=error.strerror or str(error))


class Silent(NamedTuple):
    """Mount points of this host, and those of them that do not answer."""

    places: Sequence[str]
    silent: Sequence[str]

    def under(self, path: str) -> str:
        """The one on which a path lies, by its words alone; empty where it answers."""
        place = mount_of(path, self.places) if self.silent else ""
        return place if place in self.silent else ""

    def behind(self, path: str) -> str:
        """The same where links lead there too."""
        for dummy in range(_LINKS if self.silent else 0):
            place, followed = self.under(path), self._followed(path)
            if place or not followed:
                return place
            path = followed
        return ""

    def _followed(self, path: str) -> str:
        """A path with its first link followed; empty where it has none."""
        parts = [part for part in path.split("/") if part]
        for number in range(1, len(parts) + 1):
            above = "/" + "/".join(parts[:number])
            if self.under(above):
                return ""
            try:
                to = os.readlink(above)
            except OSError:
                continue
            return os.path.normpath(os.path.join(os.path.dirname(above), to, *parts[number:]))
        return ""

    def inside(self, folder: str) -> set[str]:
        """Names of those directly in a folder; none for an empty one."""
        real = os.path.realpath(folder) if folder and self.silent else ""
        return {os.path.basename(place) for place in self.silent if real and os.path.dirname(place) == real}


def silent_mounts() -> Silent:
    """Of all mount points; those that cannot hang are not asked."""
    known = mounts()
    answers = answers_of([mount for mount in known if _may_hang(mount)])
    return Silent([mount.place for mount in known], [place for place, answer in answers.items() if answer.silent])
