"""A folder that every login of the machine may enter."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder() -> Iterator[Path]:
    """Not in pytest's own, which is closed to all others: what opens it is undone by the next pytest that begins."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="pafar-open-") as place:
        Path(place).chmod(0o755)
        yield Path(place)
