# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A folder that is opened without following any link: a container's own links must not lead to the host. I/O."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator

_STEP = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def folder(root: str, path: str) -> Iterator[int]:
    """A handle of ``path`` below ``root``, step by step; OSError where a step is a link, or not there.

    A path on the host itself (``root`` empty) is its administrator's: links in it are followed first.
    """
    if not root:
        root, path = "/", os.path.realpath(path)
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # /proc/PID/root is a link of the kernel's
    try:
        for step in path.split("/"):
            if step in ("", "."):
                continue
            if step == "..":
                raise NotADirectoryError(20, "leads upwards", path)
            inner = os.open(step, _STEP, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)
