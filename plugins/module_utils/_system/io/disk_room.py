# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a file system has room left to write. I/O."""

from __future__ import annotations

import os
from typing import Iterable

from ..._core.units import MIB

_LEAST = 32 * MIB  # a segment of write-ahead log and what belongs to it


def full_at(paths: Iterable[str]) -> str:
    """The first of these paths whose file system has neither room nor inodes left; empty where none is known to."""
    for path in paths:
        try:
            figures = os.statvfs(path)
        except OSError:
            continue
        size, free = figures.f_blocks * figures.f_frsize, figures.f_bavail * figures.f_frsize
        if size and free < min(_LEAST, size // 10):
            return path
        if figures.f_files and not figures.f_favail:
            return path
    return ""
