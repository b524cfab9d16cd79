"""A disk with six nights of backups that lacks room for one of them, for molecule.

python -m support.full_disk start FOLDER      FOLDER/disk, FOLDER/free (what is to be free), FOLDER/before.json
python -m support.full_disk stop FOLDER

It is a file system of its own where one can be mounted, else a folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

NIGHTS = 6
SIZE = 8_000_000
SHORT = SIZE // 2  # bytes that are missing


def start(folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "none", disk], capture_output=True, check=False)
    (disk / "backups").mkdir()
    for night in range(NIGHTS):
        at = time.time() - 86400 * night - 600
        path = disk / "backups" / f"pafar-{time.strftime('%Y%m%d', time.gmtime(at))}.sql"
        path.write_bytes(os.urandom(SIZE) + b"\n--\n-- PostgreSQL database dump complete\n--\n")
        os.utime(path, (at, at))
    figures = os.statvfs(disk)
    (folder / "free").write_text(str(figures.f_bavail * figures.f_frsize + SHORT))
    (folder / "before.json").write_text(json.dumps([path.name for path in (disk / "backups").iterdir()]))


def stop(folder: Path) -> None:
    subprocess.run(["umount", folder / "disk"], capture_output=True, check=False)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def main() -> None:
    {"start": start, "stop": stop}[sys.argv[1]](Path(sys.argv[2]))


if __name__ == "__main__":
    main()
