# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Docker engine, for one run. I/O."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import Iterator

from .engine_containers import ContainerCalls
from .engine_images import ImageCalls
from .engine_transport import EngineLogin


class Engine(ContainerCalls, ImageCalls):
    """One engine: its containers and its images."""


@contextmanager
def engine(login: EngineLogin) -> Iterator[Engine]:
    """The engine, closed at the end."""
    opened = Engine(login)
    try:
        yield opened
    finally:
        opened.close()


STANDARD_INPUT = "-"


def is_file(path: str) -> bool:
    """Whether there is such a file, as far as this user can see."""
    return os.path.isfile(path)


def why_no_file(path: str) -> str:
    """Why a file cannot be had, in a clause; empty where it can. ``-``: what Compose notes of standard input."""
    if path == STANDARD_INPUT:
        return "they were given on standard input"
    try:
        if stat.S_ISREG(os.stat(path).st_mode):
            return "" if os.access(path, os.R_OK) else f"{path} may not be read by this user (use become: true)"
    except PermissionError:
        return f"{path} is in a folder that this user may not enter (use become: true)"
    except OSError:
        pass
    return f"{path} is not on this host"
