"""Somebody started a job in the project without a bound for its log, and it talks without end."""

from __future__ import annotations

import os
from typing import Any

from rehearsal import crowd, engine
from rehearsal.ownership import images_of
from rehearsal.stand import Stand

PLAYBOOK = "disk_space.yml"
CAUSE = "unrotated_log"
WITHIN = 10
SIZE = 2 * crowd.SHARED_SLACK
TALKS = (
    "import time\n"
    "for number in range(100_000):\n"
    "    print('item', number, 'of the export was looked at and is like the one before it;' * 120)\n"
    "while True: print('waiting', flush=True); time.sleep(1)"
)


def name(stand: Stand) -> str:
    return f"{stand.site.project}-export"


def given(stand: Stand) -> dict[str, Any]:
    disk = crowd.engine_disk()
    return crowd.goal(disk, crowd.free(disk) - crowd.SHARED_SLACK, "container_logs")


def inject(stand: Stand) -> None:
    labels = [f"com.docker.compose.project={stand.site.project}", "com.docker.compose.service=export"]
    labels += ["com.docker.compose.oneoff=True", f"{stand.MARK}=true"]
    words = [word for label in labels for word in ("--label", label)]
    argv = ["docker", "run", "--detach", "--name", name(stand), *words, "--log-driver", "json-file"]
    engine.run([*argv, f"{images_of(stand.site)}/app:latest", "python3", "-c", TALKS])


def size(stand: Stand) -> int:
    """Bytes of its log."""
    found = engine.run(["docker", "inspect", "--format", "{{.LogPath}}", name(stand)], check=False)
    try:
        return os.stat(found.stdout.strip()).st_size
    except OSError:
        return 0


def symptom(stand: Stand) -> bool:
    """Its log is longer than the disk has room for."""
    return size(stand) > SIZE


def heal(stand: Stand) -> None:
    engine.run(["docker", "rm", "--force", name(stand)], check=False)
