# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads calendars and schedules from files and addresses, beside each other, and keeps the last good copies. I/O.

A feed that is gone, or is no feed any more, must not leave an incident without a person: the copy stands for it, and
its age is said with every answer. What is asked for a few hours is kept beside what was asked for a month, which stands
for it longer; and what has no shift at all, as of a schedule that was emptied by mistake, replaces none. All feeds have
one time limit together, so that none of them holds up another.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
import urllib.error
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.urls import ConnectionError as UrlsConnectionError
from ansible.module_utils.urls import open_url

from ..._core.errors import InputError, RunbookError
from ..._core.text import printable, shortened
from ..steps import is_address, shown

_MOST = 20 << 20  # bytes
_BELIEVED = 86400.0  # seconds after which an answer without any shift counts more than the copy
_ALWAYS = float("inf")


@dataclass(frozen=True)
class Feed:
    """``source``: path or address, in which ``{since}`` and the like stand for ``words``; ``headers`` of the
    request; ``parse``: raises InputError for what is no such feed. ``reach``: of an answer and what was parsed of it,
    the end of its last shift (seconds since 1970), 0 where it has none at all; ``until``: to which it must reach;
    ``days``: for which it is asked."""

    source: str
    parse: Callable[[bytes], Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    reach: Callable[[bytes, Any], float] = lambda data, parsed: _ALWAYS  # noqa: ARG005
    until: float = 0.0
    days: int = 0

    @property
    def copy(self) -> str:
        """The name of its copy. What is not asked for a time has one."""
        name = hashlib.sha256(self.source.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        is_of_a_time = any(f"{{{word}}}" in self.source for word in self.words)
        return f"{name}-{self.days}d" if is_of_a_time else name


@dataclass(frozen=True)
class Read:
    """``parsed``: None where neither the feed nor a copy could be read; ``age``: seconds since the copy was kept, 0 for
    what was just read; ``problem``: why the copy stands for it, or why none could be kept."""

    parsed: Any = None
    age: float = 0.0
    problem: str = ""


class _Reading(threading.Thread):
    """One feed. A thread that is late is left alone and ends with the process; its answer counts no more."""

    def __init__(self, feed: Feed, timeout: float) -> None:
        super().__init__(daemon=True)
        self.feed, self.timeout = feed, timeout
        self.answer: tuple[bytes, Any] | Exception | None = None

    def run(self) -> None:
        try:
            data = _fetched(self.feed, self.timeout)
            self.answer = data, self.feed.parse(data)
        except Exception as error:  # it is judged in the thread that asked
            self.answer = error


def read_feeds(feeds: Sequence[Feed], folder: Path, timeout: float) -> list[Read]:
    """What each feed holds. ``timeout``: seconds for all of them together, from the first request to the last event
    that is read; one that is not read by then is answered from its copy."""
    readings = [_Reading(feed, timeout) for feed in feeds]
    until = time.monotonic() + timeout
    for reading in readings:
        reading.start()
    for reading in readings:
        reading.join(max(0.0, until - time.monotonic()))
    # Copies are looked at when the time is over, so that none of them takes time from a feed that answers.
    answers = [reading.answer for reading in readings]
    return [_judged(feed, answer, folder, timeout) for feed, answer in zip(feeds, answers)]


def _judged(feed: Feed, answer: tuple[bytes, Any] | Exception | None, folder: Path, timeout: float) -> Read:
    name = shown(feed.source)
    if isinstance(answer, tuple):
        data, parsed = answer
        if feed.reach(data, parsed) > 0:
            return Read(parsed, problem=_keep(folder / feed.copy, data, name))
        copy = _of_copy(folder, feed, f"{name} has no shift at all")
        return copy if copy.parsed is not None and copy.age < _BELIEVED else Read(parsed)
    if isinstance(answer, RunbookError) and not isinstance(answer, InputError):
        return Read(problem=str(answer))  # a library is missing: a copy could not be read either
    why = f"no whole answer within {timeout:g} s" if answer is None else _words(answer)
    return _of_copy(folder, feed, f"{name} could not be read: {why}")


def _words(error: Exception) -> str:
    """Of an error of a library the kind alone: its text may quote the address."""
    return str(error).rstrip(".") if isinstance(error, InputError) else type(error).__name__


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
    """A redirection gets no headers, which may hold a secret. ``timeout`` is a socket's, which begins again with each
    byte; the limit of the whole answer is that of the thread."""
    address = feed.source
    for word, value in feed.words.items():
        address = address.replace(f"{{{word}}}", value)
    with open_url(
        address, timeout=timeout, http_agent="pafar-runbook", headers=dict(feed.headers),
        unredirected_headers=list(feed.headers),
    ) as answer:  # fmt: skip
        body: bytes = answer.read(_MOST + 1)
        promised = answer.headers.get("Content-Length") or ""
        if promised.isdigit() and not answer.headers.get("Content-Encoding") and len(body) < int(promised):
            raise IncompleteRead(body)  # the library raises it for an answer in chunks alone
    return body


def _of_copy(folder: Path, feed: Feed, problem: str) -> Read:
    """From the newest copy that reaches far enough, else from the one that reaches furthest."""
    found: list[tuple[bool, float, float, Any]] = []
    name = feed.copy.partition("-")[0]
    for copy in (folder / name, *folder.glob(f"{name}-*d")):
        with suppress(OSError, InputError):
            kept, data = copy.stat().st_mtime, copy.read_bytes()
            parsed = feed.parse(data)
            reach = feed.reach(data, parsed)
            is_enough = reach >= feed.until
            found.append((is_enough, kept if is_enough else reach, kept, parsed))
    if not found:
        return Read(problem=f"{problem}, and no copy of it was kept")
    dummy, dummy2, kept, parsed = max(found, key=lambda copy: copy[:2])
    return Read(parsed, max(1.0, round(time.time() - kept)), problem)


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
