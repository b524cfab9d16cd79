# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether something was written to the bind mounts of services since a moment, by the times of their files. I/O."""

from __future__ import annotations

import os
import stat
from typing import Iterable, Mapping

from ...._core.times import seconds_of_stamp
from ...io.engine import Engine
from ...project import Project
from ...release import ReleaseSnapshot
from ..kept_data import bound_data, release_began, why_kept
from .listening import on_this_host

_MOST = 20_000  # files and folders of one mount that are looked at
_GRAIN = 0.02  # seconds by which the time of a file may be behind the clock


def kept_by(engine: Engine, project: Project, goal: ReleaseSnapshot, services: Iterable[str]) -> Mapping[str, str]:
    """By service, why it is taken to keep data in a bind mount since the release that it would be rolled back from."""
    recorded, reasons = seconds_of_stamp(goal.at), {}
    here = on_this_host(engine, project.containers)
    for service in services:
        image = goal.services[service].image
        began = None if recorded is None else release_began(project, service, image, recorded)
        known = here and began is not None
        reasons[service] = why_kept(
            {
                place: written_since(place.source, began) if known and began is not None else None
                for place in bound_data(project, service)
            }
        )
    return {service: why for service, why in reasons.items() if why}


def written_since(path: str, moment: float) -> bool | None:
    """Whether a file, or anything in a folder, was written or changed since then (seconds since 1970); False of what
    holds no data, as a socket. None: not known, since it cannot be read here or holds too much."""
    left, looked = [path], 0
    try:
        while left:
            here = left.pop()
            status = os.lstat(here)
            looked += 1
            if looked > _MOST:
                return None
            if stat.S_ISDIR(status.st_mode):
                with os.scandir(here) as entries:
                    left += [entry.path for entry in entries]
            elif not stat.S_ISREG(status.st_mode):
                if here == path and stat.S_ISLNK(status.st_mode):
                    return None
                continue
            if max(status.st_mtime, status.st_ctime) >= moment - _GRAIN:
                return True
    except OSError:
        return None
    return False
