"""What fills the engine's disk, and how a runbook is told of it: as much is to be free as was free before."""

from __future__ import annotations

import os
from typing import Any

from rehearsal import engine
from rehearsal.stand import Stand

MIB = 2**20
SLACK = 80 * MIB  # what the platform itself writes meanwhile


def root() -> str:
    """Where the engine keeps its files."""
    return engine.run(["docker", "info", "--format", "{{.DockerRootDir}}"]).stdout.strip()


def goal(stand: Stand, *kinds: str) -> dict[str, Any]:
    """Free, in the end, what is free now, less what the platform writes; of this project alone."""
    figures = os.statvfs(root())
    return {
        "reclaim_disk_mount": root(),
        "reclaim_disk_free": str(figures.f_bavail * figures.f_frsize - SLACK),
        "reclaim_disk_kinds": list(kinds),
        "reclaim_disk_scope": "project",
        "reclaim_disk_limit": 100,
    }
