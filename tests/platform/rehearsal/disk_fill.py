"""What fills a disk, and how a runbook is told of it.

The dumps are on a file system of their own, in memory: what is free there depends on the platform alone. The engine's
own files are on a disk that others write to as well: a fault that fills it takes far more than they do meanwhile.
"""

from __future__ import annotations

import os
from typing import Any

from rehearsal import engine
from rehearsal.errors import PlatformError
from rehearsal.platform import Platform

MIB = 2**20
SLACK = 24 * MIB  # a dump that is made meanwhile
SHARED_SLACK = 320 * MIB  # what others may write to the engine's disk, or free on it, during a day


def backups_disk(platform: Platform) -> str:
    """Where the volume of the dumps is mounted on the host."""
    volume = engine.inspect("volume", [f"{platform.site.project}_db-backups"])
    place = str(volume[0]["Mountpoint"]) if volume else ""
    if not os.path.ismount(place):
        raise PlatformError(
            f"The volume of the dumps is not mounted at {place or 'any place'} as this process sees it: the engine must"
            " run on this machine, and the rehearsal as root."
        )
    return place


def engine_disk() -> str:
    """Where the engine keeps its files."""
    return engine.run(["docker", "info", "--format", "{{.DockerRootDir}}"]).stdout.strip()


def free(disk: str) -> int:
    """Bytes that are free there."""
    figures = os.statvfs(disk)
    return figures.f_bavail * figures.f_frsize


def goal(disk: str, wanted: int, *kinds: str) -> dict[str, Any]:
    """What the runbook is told: so many bytes are to be free on this disk, by what this project has of these kinds."""
    return {
        "reclaim_disk_mount": disk,
        "reclaim_disk_free": str(wanted),
        "reclaim_disk_kinds": list(kinds),
        "reclaim_disk_scope": "project",
        "reclaim_disk_limit": 100,
    }
