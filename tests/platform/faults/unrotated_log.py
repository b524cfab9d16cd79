"""Somebody started a job in the project without a bound for its log, and it talks without end."""

from __future__ import annotations

import os
from typing import Any

from rehearsal import disk_fill, engine
from rehearsal.ownership import images_of
from rehearsal.platform import Platform

PLAYBOOK = "disk_space.yml"
CAUSE = "unrotated_log"
WITHIN = 10
SIZE = 2 * disk_fill.SHARED_SLACK
TALKS = (
    "import time\n"
    "for number in range(100_000):\n"
    "    print('item', number, 'of the export was looked at and is like the one before it;' * 120)\n"
    "while True: print('waiting', flush=True); time.sleep(1)"
)


def name(platform: Platform) -> str:
    return f"{platform.site.project}-export"


def given(platform: Platform) -> dict[str, Any]:
    disk = disk_fill.engine_disk()
    return disk_fill.goal(disk, disk_fill.free(disk) - disk_fill.SHARED_SLACK, "container_logs")


def inject(platform: Platform) -> None:
    labels = [f"com.docker.compose.project={platform.site.project}", "com.docker.compose.service=export"]
    labels += ["com.docker.compose.oneoff=True", f"{platform.MARK}=true"]
    words = [word for label in labels for word in ("--label", label)]
    argv = ["docker", "run", "--detach", "--name", name(platform), *words, "--log-driver", "json-file"]
    engine.run([*argv, f"{images_of(platform.site)}/app:latest", "python3", "-c", TALKS])


def size(platform: Platform) -> int:
    """Bytes of its log."""
    path = engine.run(["docker", "inspect", "--format", "{{.LogPath}}", name(platform)], check=False)
    try:
        return os.stat(path.stdout.strip()).st_size
    except OSError:
        return 0


def symptom(platform: Platform) -> bool:
    """Its log is longer than the disk has room for."""
    return size(platform) > SIZE


def heal(platform: Platform) -> None:
    engine.run(["docker", "rm", "--force", name(platform)], check=False)
