# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Docker engine, for one run. I/O."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
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


def is_file(path: str) -> bool:
    return Path(path).is_file()
