# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a calendar or a schedule from a file or an address, and keeps the last good copy. I/O.

A feed that is gone, or is no feed any more, must not leave an incident without a person: the copy stands for it, and
its age is said with every answer.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import urllib.error
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, TypeVar

from ansible.module_utils.urls import open_url

from ..._core.errors import InputError
from ..._core.text import printable, shortened

_MOST = 20 << 20  # bytes
_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True)
class Read:
    """``age``: seconds since the copy was kept, 0 for what was just read; ``problem``: why the copy stands for it."""

    age: float = 0.0
    problem: str = ""


def read_feed(
    source: str, folder: Path, timeout: float, parse: Callable[[bytes], _Parsed]
) -> tuple[_Parsed | None, Read]:
    """The parsed feed; None with the problem where neither it nor a copy could be read. ``parse`` raises InputError."""
    copy = folder / hashlib.sha256(source.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    try:
        data = _fetched(source, timeout)
        parsed = parse(data)
    except InputError as error:
        return _of_copy(copy, parse, str(error))
    _keep(copy, data)
    return parsed, Read()


def _fetched(source: str, timeout: float) -> bytes:
    """Raises InputError."""
    name = shortened(printable(source.partition("?")[0]), 120)  # what follows may be a secret
    try:
        if source.startswith(("https://", "http://")):
            answer: Any = open_url(source, timeout=timeout, http_agent="pafar-runbook")
            with answer:
                return bytes(answer.read(_MOST))
        return Path(source).expanduser().read_bytes()
    except urllib.error.HTTPError as error:
        error.close()
        raise InputError(f"{name} answered HTTP {error.code}") from None
    except Exception as error:
        words = shortened(printable(str(getattr(error, "reason", None) or error) or type(error).__name__), 160)
        raise InputError(f"{name} could not be read: {words}") from None


def _of_copy(copy: Path, parse: Callable[[bytes], _Parsed], problem: str) -> tuple[_Parsed | None, Read]:
    try:
        age = max(1.0, time.time() - copy.stat().st_mtime)
        return parse(copy.read_bytes()), Read(round(age, 0), problem)
    except (OSError, InputError):
        return None, Read(0.0, f"{problem}, and no copy of it was kept")


def _keep(copy: Path, data: bytes) -> None:
    """Replaced as a whole; a folder that cannot be written costs the copy alone."""
    with suppress(OSError):
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=".", dir=str(copy.parent))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(path, copy)
        except BaseException:
            os.unlink(path)
            raise
