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
import threading
import time
import urllib.error
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import Callable, Mapping, TypeVar

from ansible.module_utils.urls import ConnectionError as UrlsConnectionError
from ansible.module_utils.urls import open_url

from ..._core.errors import InputError
from ..._core.text import printable, shortened
from ..steps import is_address, shown

_MOST = 20 << 20  # bytes
_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True)
class Feed:
    """``source``: path or address, in which ``{since}`` and the like stand for ``words``; ``headers`` of the
    request."""

    source: str
    headers: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """``age``: seconds since the copy was kept, 0 for what was just read; ``problem``: why the copy stands for it, or
    why none could be kept."""

    age: float = 0.0
    problem: str = ""


def read_feed(
    feed: Feed, folder: Path, timeout: float, parse: Callable[[bytes], _Parsed]
) -> tuple[_Parsed | None, Read]:
    """The parsed feed; None with the problem where neither it nor a copy could be read. ``parse`` raises InputError."""
    copy = folder / hashlib.sha256(feed.source.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    try:
        data = _fetched(feed, timeout)
        parsed = parse(data)
    except InputError as error:
        return _of_copy(copy, parse, f"{shown(feed.source)} could not be read: {str(error).rstrip('.')}")
    return parsed, Read(problem=_keep(copy, data, shown(feed.source)))


def _fetched(feed: Feed, timeout: float) -> bytes:
    """Raises InputError, with the reason. What a library says of an address is said only where it does not quote it."""
    try:
        data = _of_address(feed, timeout) if is_address(feed.source) else _of_file(feed.source)
    except urllib.error.HTTPError as error:
        error.close()
        raise InputError(f"HTTP {error.code}") from None
    except IncompleteRead:
        raise InputError("it was cut off") from None
    except HTTPException as error:  # its text may quote the address
        raise InputError(f"it is no answer of HTTP ({type(error).__name__})") from None
    except (urllib.error.URLError, OSError, ValueError, UrlsConnectionError) as error:
        words = str(getattr(error, "strerror", None) or getattr(error, "reason", None) or error)
        raise InputError(shortened(printable(words) or type(error).__name__, 160)) from None
    if len(data) > _MOST:
        raise InputError(f"it is larger than {_MOST >> 20} MiB")
    return data


def _of_file(path: str) -> bytes:
    with Path(path).expanduser().open("rb") as file:
        return file.read(_MOST + 1)


def _of_address(feed: Feed, timeout: float) -> bytes:
    """The whole answer within the time limit: a socket's own limit begins again with each byte. The thread of an answer
    that is late ends with the process. A redirection gets no headers, which may hold a secret."""
    answers: list[bytes | Exception] = []
    address = feed.source
    for word, value in feed.words.items():
        address = address.replace(f"{{{word}}}", value)

    def read() -> None:
        try:
            with open_url(
                address, timeout=timeout, http_agent="pafar-runbook", headers=dict(feed.headers),
                unredirected_headers=list(feed.headers),
            ) as answer:  # fmt: skip
                body = answer.read(_MOST + 1)
                promised = answer.headers.get("Content-Length") or ""
                if promised.isdigit() and not answer.headers.get("Content-Encoding") and len(body) < int(promised):
                    raise IncompleteRead(body)  # the library raises it for an answer in chunks alone
            answers.append(body)
        except Exception as error:  # it is raised again in the thread that asked
            answers.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout)
    if not answers:
        raise InputError(f"no whole answer within {timeout:g} s")
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


def _of_copy(copy: Path, parse: Callable[[bytes], _Parsed], problem: str) -> tuple[_Parsed | None, Read]:
    try:
        age = max(1.0, time.time() - copy.stat().st_mtime)
        return parse(copy.read_bytes()), Read(round(age, 0), problem)
    except (OSError, InputError):
        return None, Read(0.0, f"{problem}, and no copy of it was kept")


def _keep(copy: Path, data: bytes, name: str) -> str:
    """Replaced as a whole; a folder that cannot be written costs the copy alone, and that is returned in a sentence."""
    try:
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=".", dir=str(copy.parent))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(path, copy)
        except BaseException:
            os.unlink(path)
            raise
    except OSError as error:
        return f"no copy of {name} could be kept in {copy.parent}: {error.strerror or error}"
    return ""
