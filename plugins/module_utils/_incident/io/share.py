# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders and files that a group may write. I/O.

What is created has its group and its mode before it has its name. A login that is killed in between leaves nothing that
is closed to the others, but for a file without content whose name ends with ``.making``; the next creation removes it.
"""

from __future__ import annotations

import grp
import os
import stat
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..._core.errors import InputError

MAKING = ".making"
_STALE = 60.0  # seconds after which a login that lives has given a name to what it makes
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True)
class Share:
    """Who may write beside the owner. ``group``: name of a group for what is created; empty: the owner alone."""

    group: str = ""

    @property
    def gid(self) -> int:
        """-1 without a group. Raises InputError for a group that does not exist on this host."""
        try:
            return grp.getgrnam(self.group).gr_gid if self.group else -1
        except KeyError:
            raise InputError(
                f"The group {self.group!r} (runbook_incident_group) does not exist on the host of the incident log."
                " Create it there and add the people who write the log. Nothing was written."
            ) from None

    def folder(self, path: Path, parents: bool = False) -> None:
        """Create it where it does not exist; what exists keeps its mode."""
        gid = self.gid
        if os.path.lexists(path):
            return
        if parents:
            path.parent.mkdir(parents=True, exist_ok=True)
        if gid < 0:
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
            return
        making = tempfile.mkdtemp(prefix=f".{path.name}.", suffix=MAKING, dir=str(path.parent))
        try:
            os.chown(making, -1, gid)
            os.chmod(making, 0o2770)
            os.rename(making, path)
        except OSError:
            os.rmdir(making)
            if not os.path.lexists(path):  # else another one has made it meanwhile, and has written to it
                raise
        _remove_stale(path.parent)

    def file(self, handle: int, writable: bool) -> None:
        """The mode of a file that was just created."""
        gid = self.gid
        if gid >= 0:
            os.fchown(handle, -1, gid)
            os.fchmod(handle, 0o660 if writable else 0o640)

    def opened(self, path: Path) -> int:
        """A file that is appended to, and created where it does not exist."""
        flags = os.O_RDWR | os.O_APPEND
        with suppress(FileNotFoundError):
            return os.open(path, flags)
        with suppress(FileExistsError):  # another one has made it meanwhile
            self._create(path)
            sync_folder(path.parent)
        return os.open(path, flags)

    def _create(self, path: Path) -> None:
        if self.gid < 0:
            os.close(os.open(path, _NEW, 0o600))
            return
        handle, making = tempfile.mkstemp(prefix=f".{path.name}.", suffix=MAKING, dir=str(path.parent))
        try:
            self.file(handle, writable=True)
            if not _linked(making, path):
                self._create_in_place(path)
        finally:
            os.close(handle)
            os.unlink(making)
        _remove_stale(path.parent)

    def _create_in_place(self, path: Path) -> None:
        handle = os.open(path, _NEW, 0o600)
        try:
            self.file(handle, writable=True)
        except OSError:
            path.unlink()
            raise
        finally:
            os.close(handle)


def _linked(making: str, path: Path) -> bool:
    """Give it its name. False where the file system cannot: some have no second names for a file. Raises
    FileExistsError."""
    try:
        os.link(making, path)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _remove_stale(folder: Path) -> None:
    """What logins that were killed have left."""
    oldest = time.time() - _STALE
    with suppress(OSError):
        for name in os.listdir(folder):
            path = folder / name
            if name.startswith(".") and name.endswith(MAKING) and path.lstat().st_mtime < oldest:
                (path.rmdir if stat.S_ISDIR(path.lstat().st_mode) else path.unlink)()


OWNER_ALONE = Share()


def sync_folder(folder: Path) -> None:
    """A new name is on the disk when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
