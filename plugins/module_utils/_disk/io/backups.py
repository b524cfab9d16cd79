# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups by retention. I/O."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Mapping

from ..._compose.io.engine import Engine
from ..._core.errors import HostError
from ..._core.plan import unspaced
from ..._core.text import span
from ..._system.io.safe_folder import folder
from ..backup import Dump
from ..reclaim import BACKUPS, Find
from ..retention import Backup, grouped, judge, moment_of
from .backup_files import dump_in


@dataclass(frozen=True)
class Kept:
    """Where backups lie and what must stay: ``keep`` valid ones, none of them going while the newest is older."""

    path: str
    pattern: str = "*.sql.gz"
    keep: int = 7
    max_age: float = 26 * 3600.0
    service: str = ""
    project: str = ""

    @property
    def where(self) -> str:
        return f"{self.service}:{self.path}" if self.service else self.path

    def root(self, engine: Engine | None) -> str:
        """Where the container's files begin; empty on the host itself."""
        if not self.service:
            return ""
        if engine is None:
            raise HostError(f"The backups in {self.where} lie in a container, and the engine could not be asked.")
        return engine.root_of(self.project, self.service)


def backups(engine: Engine | None, kept: Kept, device: int, deadline: float) -> tuple[list[Find], list[str]]:
    """What may go, the oldest first, and notes on what could not be judged, until then (monotonic) at the latest."""
    root = kept.root(engine)
    finds, notes = [], []
    try:
        with folder(root, kept.path) as handle:
            if os.fstat(handle).st_dev != device:
                return [], [f"the backups in {kept.where} lie on another file system"]
            listed = _listed(handle, kept.pattern)
            if not listed:
                notes.append(f"there is no backup of the form {kept.pattern} in {kept.where}")
            for name, series in grouped(listed).items():
                retention = judge(
                    series,
                    kept.keep,
                    kept.max_age,
                    time.time(),
                    lambda backup: dump_in(handle, Dump(backup.name, backup.size, 0.0), deadline),
                )
                if retention.refused:
                    notes.append(f"no backup of {kept.where} ({name}) may go: {retention.refused}")
                going = {backup.name for backup in retention.go}
                for candidate in [*retention.go, *(backup for backup in series if backup.name not in going)]:
                    why = "" if candidate.name in going else retention.stay.get(candidate.name) or retention.refused
                    finds.append(_find(kept, root, candidate, why))
    except OSError as error:
        return [], [f"the backups in {kept.where} cannot be read ({error.strerror})"]
    return finds, notes


def _listed(handle: int, pattern: str) -> list[Backup]:
    listed = []
    with os.scandir(handle) as entries:
        for entry in entries:
            if not fnmatch(entry.name, pattern):
                continue
            figures = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(figures.st_mode):
                continue
            at = moment_of(entry.name, figures.st_mtime)
            blocks = figures.st_blocks * 512 if figures.st_nlink == 1 else 0
            listed.append(Backup(entry.name, figures.st_size, blocks, at, figures.st_ino, figures.st_mtime_ns))
    return listed


def _find(kept: Kept, root: str, backup: Backup, why: str) -> Find:
    old = span(max(0.0, time.time() - backup.at))
    return Find(
        BACKUPS,
        f"backup:{unspaced(kept.where)}/{unspaced(backup.name)}@{backup.inode}-{backup.size}-{backup.changed}",
        f"backup {kept.where}/{backup.name}",
        backup.blocks,
        f"{old} old, and {kept.keep} newer ones are valid",
        "delete",
        why,
        {"root": root, "path": kept.path, "name": backup.name, "is": (backup.inode, backup.size, backup.changed)},
    )


def delete(handle: Mapping[str, Any]) -> bool:
    """Delete one backup that is still the very file; whether it went."""
    try:
        with folder(handle["root"], handle["path"]) as place:
            figures = os.stat(handle["name"], dir_fd=place, follow_symlinks=False)
            if (figures.st_ino, figures.st_size, figures.st_mtime_ns) != handle["is"]:
                return False
            os.unlink(handle["name"], dir_fd=place)
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise HostError(
            f"The backup {handle['path']}/{handle['name']} could not be deleted: {error.strerror}."
        ) from None
