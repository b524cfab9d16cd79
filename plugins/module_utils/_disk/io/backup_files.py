# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a dump as far as its wholeness can be judged. I/O."""

from __future__ import annotations

import gzip
import os
import time
import zlib
from typing import Any, Callable

from ..backup import Dump

_ENDS = 4096  # bytes of a dump's beginning and end that are read
_PIECE = 2**20


def dump_in(handle: int, dump: Dump, deadline: float = float("inf")) -> Dump:
    """A dump of an opened folder, looked into until then (monotonic); never by a link."""
    try:
        file = os.open(dump.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
    except OSError as error:
        return Dump(dump.path, dump.size, dump.age, problem=f"it cannot be read ({error.strerror})")
    try:
        return read_dump(dump, f"/proc/self/fd/{file}", dump.path.endswith(".gz"), deadline)
    finally:
        os.close(file)


def read_dump(dump: Dump, path: str, packed: bool, deadline: float) -> Dump:
    """Unpack all of it, which proves its checksum, and keep both ends."""
    opener: Callable[[str, str], Any] = gzip.open if packed else open
    head, tail = b"", b""
    try:
        with opener(path, "rb") as file:
            while True:
                if time.monotonic() > deadline:
                    return Dump(dump.path, dump.size, dump.age, problem="there was no time to look into all of it")
                piece = file.read(_PIECE)
                if not piece:
                    break
                head = head or piece[:_ENDS]
                tail = (tail + piece)[-_ENDS:]
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return Dump(dump.path, dump.size, dump.age, head, b"", damaged=True)
    except OSError as error:
        return Dump(dump.path, dump.size, dump.age, problem=f"it cannot be read ({error.strerror})")
    return Dump(dump.path, dump.size, dump.age, head, tail)
