# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the incident log can be written, by this login and by those of the team. Nothing is created. I/O."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path
from typing import Sequence

from ..._core.errors import LogError
from ..._incident.io.folder import log_paths, nearest_visible
from ..._incident.io.log import OPENING
from .. import host as preflight
from ..check import Check

_READ, _WRITE, _ENTER = 4, 2, 1  # the bits of a mode
_ACL = "system.posix_acl_access"  # where a file has one, its mode says less than who may write


def log_access(path: str, group: str, logins: Sequence[str], user: str = "") -> list[Check]:
    """One check of this login, and one for each of the team. ``group``: what is created is to belong to it; ``user``:
    the one that writes for all, as which this runs."""
    folder = Path(path).expanduser()
    there = nearest_visible(folder)
    can: bool | None = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    why = "" if can else f"{there} cannot be written by {user or 'this user'}"
    if user and can and (group or folder.is_dir()):
        can, why = _why_not(folder, group, user)  # also each log that is there
    checks = [preflight.of_log(path, can, why, user)]
    if group and _gid(group) is None:
        return [*checks, preflight.of_group(path, group)]
    found = {login: _why_not(folder, group, login) for login in logins}
    several = {*logins, _own_login()}
    for login, (may, dummy) in found.items():
        if may and not group and not user and login != "root" and several - {login, "root"}:
            found[login] = (
                False,
                "what another login creates is closed to this one: runbook_incident_group is not set",
            )
    return [*checks, *(preflight.of_writer(path, login, *found[login]) for login in logins)]


def _own_login() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _gid(group: str) -> int | None:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        return None


def _why_not(folder: Path, group: str, login: str) -> tuple[bool | None, str]:
    """Whether the login can write the folder and every log in it (None: not known), and why not."""
    try:
        person = pwd.getpwnam(login)
    except KeyError:
        return False, "there is no such login on this host"
    groups = os.getgrouplist(login, person.pw_gid)
    gid = _gid(group) if group else None
    if gid is not None and gid not in groups and person.pw_uid:
        return False, f"the login is not a member of the group {group}"
    try:
        if not folder.is_dir():
            unknown = f"{folder} does not exist yet, and without a group its owner alone writes it"
            return (True, "") if group else (None, unknown)
        closed = _closed(folder, person, groups)
        has_acl = any(_ACL in os.listxattr(place) for place in closed)
    except OSError as error:
        return None, f"{folder} could not be examined: {error.strerror or error}"
    except LogError as error:
        return None, str(error)
    if has_acl:
        return None, f"{folder} has access control lists, which are not examined"
    if not closed:
        return True, ""
    first = closed[0]
    if first == folder or first in folder.parents:
        return False, f"{first} is closed to the login"
    return False, f"{len(closed)} of the files of the log are closed to the login, such as {first.name}"


def _closed(folder: Path, person: pwd.struct_passwd, groups: Sequence[int]) -> list[Path]:
    """What the login would need and may not use: the way to the folder, the folder, each log with its evidence, and the
    lock under which an incident is opened."""
    way = [place for place in reversed(folder.parents) if not _may(place, person, groups, _ENTER)]
    if way:
        return way
    if not _may(folder, person, groups, _ENTER | _WRITE):
        return [folder]
    files = sorted(place for place in (*log_paths(folder), folder / OPENING) if place.is_file())
    kept = sorted(place for place in folder.glob("*.evidence") if place.is_dir())
    return [
        *(place for place in files if not _may(place, person, groups, _READ | _WRITE)),
        *(place for place in kept if not _may(place, person, groups, _ENTER | _WRITE)),
    ]


def _may(place: Path, person: pwd.struct_passwd, groups: Sequence[int], wanted: int) -> bool:
    """Whether the mode lets the login do that; ``wanted``: bits of a mode, as those of others."""
    found = place.stat()
    if person.pw_uid == 0:
        return True
    shift = 6 if found.st_uid == person.pw_uid else 3 if found.st_gid in groups else 0
    return found.st_mode >> shift & wanted == wanted
