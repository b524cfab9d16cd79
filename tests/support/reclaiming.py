"""What the tests of disk_reclaim share: a goal that is out of reach, and dumps as pg_dump writes them."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path
from typing import Any

from support.modules import run_module

DAY = 86400.0


def reclaim(folder: Path, kinds: list[str], more: int = 2**40, **options: Any) -> dict[str, Any]:
    """Free so many bytes more than are free now; by default more than there ever are."""
    figures = os.statvfs(folder)
    goal = figures.f_bavail * figures.f_frsize + more
    return run_module("disk_reclaim", mount=str(folder), free=str(goal), kinds=kinds, **options)


def dump(folder: Path, name: str, days: float, whole: bool = True, size: int = 100_000) -> Path:
    """A dump as pg_dump writes it, of about so many bytes; ``days`` old."""
    end = b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n" if whole else b""
    head = b"--\n-- PostgreSQL database dump\n--\nCREATE TABLE trips (id text);\nCOPY trips (id) FROM stdin;\n"
    body = head + os.urandom(size).hex().encode() + b"\n\\.\n" + end
    path = folder / name
    path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    os.utime(path, (time.time() - DAY * days,) * 2)
    return path


def nightly(days: int, database: str = "pafar") -> str:
    """The name of a dump of so many days ago."""
    return f"{database}-{time.strftime('%Y%m%d', time.gmtime(time.time() - DAY * days))}.sql.gz"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
