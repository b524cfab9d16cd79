# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of the incident log: which logs are there. I/O.

A folder that is closed to the login holds logs that are not seen: that is an error, never "no such incident". `pathlib`
itself says "none" for a listing that was refused, and raises for a file behind a closed folder.
"""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from pathlib import Path
from typing import Any, Callable

from ..._core.errors import LogError

_SUFFIX = ".jsonl"


def has_log(path: Path) -> bool:
    """Whether the file of an incident is there, with something in it: without a byte, its first write was interrupted
    before it began. Raises LogError where that cannot be seen."""
    try:
        found = path.stat()
        return stat.S_ISREG(found.st_mode) and found.st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link that leads to itself is no log, and keeps no other from being read
            return False
        raise _unreadable(path, error) from None


def log_paths(folder: Path) -> list[Path]:
    """The files of all incidents, by name; none where the folder does not exist. Raises LogError where it cannot be
    listed."""
    try:
        return sorted(folder / name for name in os.listdir(folder) if name.endswith(_SUFFIX))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error) from None


def nearest_visible(path: Path) -> Path:
    """The path, or the nearest folder above it of which this login can see that it is there."""
    return next((place for place in (path, *path.parents) if os.path.exists(place)), path)


def remedy(path: Path, error: OSError) -> str:
    """What to do about a log that could not be read or written."""
    if not isinstance(error, PermissionError):
        return "Check the folder's owner and the disk, or set runbook_incident_log to a folder that can be written."
    where = nearest_visible(path)
    owner = where.stat()
    return (
        f"{where} belongs to {_name(pwd.getpwuid, owner.st_uid)}:{_name(grp.getgrgid, owner.st_gid)} with mode"
        f" {owner.st_mode & 0o7777:04o}. Where several people write it, name a group with runbook_incident_group, and"
        f" let the owner run once: chgrp -R GROUP {path.parent} && chmod -R g+rwXs {path.parent}"
    )


def _unreadable(path: Path, error: OSError) -> LogError:
    return LogError(
        f"Could not read {path}: {error.strerror or error}. Whether the incident is there is not known."
        f" {remedy(path, error)}",
        path=str(path),
    )


def _name(lookup: Callable[[int], Any], number: int) -> str:
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)
