# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A log and what was rotated out of it: which files they are, and which of them were read already. I/O.

A file is known by its inode and by what it begins and ends with, so that a rotation while one reads (a rename, a copy
and a truncation, a packed copy) neither loses nor doubles a line that was there at the beginning.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from glob import glob
from typing import IO, BinaryIO, Callable, Iterator, NamedTuple

from ..._core.lazy import lazy
from .backwards import LONGEST_LINE, size_of

_ENDS = 512  # bytes by which a file is known again
_HEADS = (512, 8192, LONGEST_LINE)  # how far a first line with a time is looked for
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".Z", ".zip", ".lz4")
_PACKED_END = r"(\.(?:gz|bz2|xz|zst|Z|zip|lz4))?\Z"
# A date, perhaps with a time: of logrotate, Python's TimedRotatingFileHandler, logback and log4j2, kubelet, lumberjack,
# pm2, Serilog, Tomcat.
_MOMENT = (
    r"(\d{8,14}|\d{8}[-_T]\d{2,11}"
    r"|\d{4}[-_]\d\d[-_]\d\d(?:[T_-]\d\d(?:[-_:h]?\d\d){0,2}(?:\.\d{3,6})?Z?)?"
    r"|\d\d-(?:\d\d|[A-Z][a-z]{2})-\d{4})"
)
_ROTATED = lazy(rf"(?:\.(\d{{1,6}})|[-._]{_MOMENT}(?:\.(\d{{1,4}}))?|\.(?:old|bak|prev)){_PACKED_END}")
# The same before the ending of the name. A number alone there may be an instance's, which writes beside the others.
_WITHIN = lazy(rf"(?:__|[-._]){_MOMENT}(?:[.-](\d{{1,4}}))?(\.(?:log|txt|out|err|json|jsonl)){_PACKED_END}")
_IS_DATE = lazy(  # 12345678 is the number of a job
    r"(?:(?:19|20)\d\d[-_]?(?:0\d|1[0-2])[-_]?(?:[0-2]\d|3[01])(?:\D|\d\d|\Z)|1\d{9}(?:\d{3})?\Z|\d\d-\w{2,3}-(?:19|20))"
)
_DAY_FIRST = lazy(r"(\d\d)-(\d\d|[A-Z][a-z]{2})-(\d{4})\Z")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATE = 19  # digits of a date with seconds since 1970 behind it
_TICK = 50_000_000  # nanoseconds
_HELD = 8  # files that are kept open: a number is used anew soon or never
# lzma has an exception of its own, which is imported where such a file is read.
DAMAGED: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error)


def open_log(path: str, given: bool = True) -> BinaryIO:
    """A regular file, never waited for. Only a name that was ``given`` may be a link.

    A user who may write a folder of logs could otherwise have any file read by root.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if given else os.O_NOFOLLOW)
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return file


class Folders:
    """Which files folders hold, by the log that they belong to; a folder is listed again only when it has changed."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, dict[str, list[_Copy]]]] = {}

    def family(self, path: str) -> list[str]:
        """A log and what was rotated out of it, the newest first: X, X.1, X.2.gz; X-20261123.gz; X.2026-11-23.0."""
        folder, name = os.path.split(path)
        there = [path] if os.path.exists(path) else []
        return there + [os.path.join(folder, copy.name) for copy in sorted(self._copies(folder or ".").get(name, ()))]

    def _copies(self, folder: str) -> dict[str, list[_Copy]]:
        try:
            changed = os.stat(folder).st_mtime_ns
        except OSError:
            return {}
        kept = self._kept.get(folder)
        if kept is not None and kept[0] == changed:
            return kept[1]
        copies: dict[str, list[_Copy]] = {}
        with suppress(OSError):
            for entry in os.scandir(folder):
                for name, copy in _copy_of(entry.name):
                    copies.setdefault(name, []).append(copy)
        # A change in the same tick of the clock as the listing would not be seen: such a listing is not kept.
        if time.time_ns() - changed > _TICK:
            self._kept[folder] = changed, copies
        return copies


class _Copy(NamedTuple):
    """What was rotated out of a log; in the order of their ages, a plain one before a packed one."""

    age: int
    packed: bool
    name: str


def _copy_of(name: str) -> Iterator[tuple[str, _Copy]]:
    """The logs of which a file may be a copy: X.1.2 is one of X.1, app-20261123.log one of app.log."""
    place = _ROTATED.search(name)
    if place and place.start():
        number, date, index, packed = place.groups()
        if date and name[place.start()] == "_" and not _IS_DATE.match(date):
            pass  # worker_12345678 is another log
        elif number or not (date or index):  # .old is the one before
            yield name[: place.start()], _Copy(int(number or 0), bool(packed), name)
        else:
            yield name[: place.start()], _Copy(_age(date, index), bool(packed), name)
            if index:
                yield name[: place.start(3) - 1], _Copy(int(index), bool(packed), name)
    within = _WITHIN.search(name)
    if within and within.start() and _IS_DATE.match(within.group(1)):
        date, index, ending, packed = within.groups()
        yield name[: within.start()] + ending, _Copy(_age(date, index), bool(packed), name)


def _age(date: str, index: str | None) -> int:
    """Less for a later one; of one day the index grows with the time."""
    first = _DAY_FIRST.match(date)
    if first:
        day, month, year = first.groups()
        date = f"{year}{month if month.isdigit() else f'{_MONTHS.index(month) + 1 if month in _MONTHS else 0:02}'}{day}"
    return -int(re.sub(r"\D", "", date)[:_DATE].ljust(_DATE, "0")) - int(index or 0)


def family(path: str) -> list[str]:
    """The same for one log."""
    return Folders().family(path)


def matching(pattern: str) -> list[str]:
    """Files of a pattern, the one that was written last first; what was rotated out of one of them is read with it."""
    paths = glob(pattern)
    there = set(paths)
    written: list[tuple[float, str]] = []
    for path in paths:
        folder, name = os.path.split(path)
        if any(os.path.join(folder, log) in there for log, dummy in _copy_of(name)):
            continue
        with suppress(OSError):
            figures = os.stat(path)
            if not stat.S_ISDIR(figures.st_mode):
                written.append((-figures.st_mtime, path))
    return [path for dummy, path in sorted(written)]


def is_packed(path: str) -> bool:
    return path.endswith(tuple(_PACKED))


def unpacked(file: BinaryIO, path: str) -> IO[bytes]:
    """What a packed file holds, read forwards; OSError where this Python cannot unpack it, or it is damaged."""
    kind = path.rpartition(".")[2]
    if kind == "gz":
        import gzip  # noqa: PLC0415 (each takes time that only few calls need)

        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    if kind == "bz2":
        import bz2  # noqa: PLC0415

        return bz2.BZ2File(file)
    if kind == "xz":
        with suppress(ImportError):  # a Python that was built without it
            import lzma  # noqa: PLC0415

            return _Xz(lzma.LZMAFile(file), lzma.LZMAError)  # type: ignore[return-value]
    raise OSError(errno.ENOTSUP, f"Python cannot unpack .{kind}", path)


class _Xz:
    """Its own error as one of the operating system's, as the other kinds raise."""

    def __init__(self, file: IO[bytes], error: type[Exception]) -> None:
        self._file, self._error = file, error

    def __enter__(self) -> _Xz:
        return self

    def __exit__(self, *dummy: object) -> None:
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        return self._guarded(self._file.read, size)

    def readline(self, size: int = -1) -> bytes:
        return self._guarded(self._file.readline, size)

    def _guarded(self, act: Callable[[int], bytes], size: int) -> bytes:
        try:
            return act(size)
        except self._error as error:
            raise OSError(errno.EIO, str(error)) from None


class ReadFiles:
    """Files that were read, by inode and by what they begin and end with. Each stays open: its inode is its own."""

    def __init__(self) -> None:
        self._inodes: set[tuple[int, int]] = set()
        self._held: list[int] = []
        self._contents: list[_Content] = []

    def add(self, file: BinaryIO, end: int, time_at: Callable[[bytes], float | None]) -> None:
        """Remember it; by its content only where that says a time, since many logs begin with the same words."""
        figures = os.fstat(file.fileno())
        self._inodes.add((figures.st_dev, figures.st_ino))
        with suppress(OSError):  # too many are open: then a number that is used anew may deceive
            self._held.append(os.dup(file.fileno()))
            if len(self._held) > _HELD:
                os.close(self._held.pop(0))
        for size in _HEADS:
            head = os.pread(file.fileno(), min(size, end), 0)
            if any(time_at(line) is not None for line in head.split(b"\n")[:-1]):
                tail = os.pread(file.fileno(), min(_ENDS, end), max(0, end - _ENDS))
                self._contents.append(_Content(len(head), _digest(head), end, tail))
                return

    def has(self, file: BinaryIO) -> bool:
        figures = os.fstat(file.fileno())
        return (figures.st_dev, figures.st_ino) in self._inodes

    def is_copy(self, file: BinaryIO, path: str) -> bool:
        """Whether it holds what was read already, under another name."""
        if not self._contents:
            return False
        if is_packed(path):
            head, size = _packed_identity(file, path, max(content.length for content in self._contents))
            return any(
                len(head) >= content.length
                and _digest(head[: content.length]) == content.digest
                and (size < 0 or size >= content.end % 2**32)
                for content in self._contents
            )
        size = size_of(file)
        return any(
            size >= content.end
            and _digest(os.pread(file.fileno(), content.length, 0)) == content.digest
            and os.pread(file.fileno(), len(content.tail), max(0, content.end - _ENDS)) == content.tail
            for content in self._contents
        )

    def close(self) -> None:
        for descriptor in self._held:
            os.close(descriptor)
        self._held.clear()


@dataclass(frozen=True)
class _Content:
    """By what a file is known again: its first bytes, up to a line with a time, where it ended, and its last bytes."""

    length: int
    digest: bytes
    end: int
    tail: bytes


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _packed_identity(file: BinaryIO, path: str, length: int) -> tuple[bytes, int]:
    """Its first bytes, and how many there are (RFC 1952, ISIZE); -1 where that is not known."""
    try:
        head = unpacked(file, path).read(length)
    except DAMAGED:
        head = b""
    finally:
        file.seek(0)
    size = size_of(file)
    if not path.endswith(".gz") or size <= 18:
        return head, -1
    return head, int.from_bytes(os.pread(file.fileno(), 4, size - 4), "little")
