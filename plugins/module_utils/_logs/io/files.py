# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs in files: a container's json-file, or any file with times in its lines; with what was rotated and packed. I/O.

Read from the newest line backwards, so that the last matching ones cost what lies behind them and not what the file
holds. A file is opened before it is measured, and known by what it begins with, so that a rotation in the middle
(a rename, a copy and a truncation, a packed copy) neither loses nor doubles a line that was there at the beginning.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import json
import os
import re
import stat
import time
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import IO, BinaryIO, Callable, Generator, Iterator

from ..assembly import Piece
from ..line import EXAMINED, Zone, time_of
from .backwards import LONGEST_LINE, Truncated, lines_backwards, place_of, size_of, whole_end
from .limits import Tally

try:
    import lzma
except ImportError:  # a Python that was built without it
    lzma = None  # type: ignore[assignment]

MARGIN = 60.0  # seconds that lines may be out of order: clocks are set, and streams are mixed
_PACKED_CUT = 64 * 1024  # bytes of a line of a packed file
_PACKED_COUNTED = 4 * 1024 * 1024  # bytes after which the limits are checked
_OVERHEAD = 64  # bytes of Python's for each line that is kept
_DOCKER_TIME = b'"time":"'
_DOCKER_END = 64  # bytes of a line's end in which its time is
_BEGINS = '{"log":"'
_SECOND = 12  # characters of 59.123456789
# What json.loads calls at last: on so short a text a quarter of its time.
_SCAN = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_ENDS = 512  # bytes by which a file is known again
_HEADS = (512, 8192, LONGEST_LINE)  # how far a first line with a time is looked for
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".Z")
# logrotate's numbers and dates, and those of Python's TimedRotatingFileHandler.
_ROTATED = (
    r"(?:\.(\d{1,6})|[-.](\d{8,14}|\d{8}_\d\d|\d{8}-\d{9,11}|\d{4}-\d\d-\d\d(?:[_-]\d\d){0,3}))"
    r"(\.(?:gz|bz2|xz|zst|Z))?\Z"
)
_DATE = 19  # digits of a date with seconds since 1970 behind it
_HELD = 8  # files that are kept open: a number is used anew soon or never
_SETTLED = 2.0  # seconds after which a last line without its end is not being written any more
_STILL_OPEN = 1  # predecessors that may be written while the file itself is not
DAMAGED: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error, *([lzma.LZMAError] if lzma else []))


@dataclass(frozen=True)
class Format:
    """How the lines of a file are understood: the whole of one, and its time alone, which is quick."""

    decode: Callable[[bytes], Piece]
    time_at: Callable[[bytes], float | None]


def docker_time(line: bytes) -> float | None:
    """The time of a line of a json-file log, without decoding the rest of it; it ends with ``"time":"...08:29Z"}``."""
    place = line.rfind(_DOCKER_TIME, max(0, len(line) - _DOCKER_END))
    stamp = line[place + len(_DOCKER_TIME) :].rstrip() if place >= 0 else b""
    minute, second = stamp[:16], stamp[17:-3]
    if stamp[-3:] != b'Z"}' or stamp[16:17] != b":" or not second.replace(b".", b"", 1).isdigit():
        return None
    try:
        at = float(second)
        return _minute(minute) + at if at < 61 and len(second) <= _SECOND else None  # 60 is a leap second
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _minute(text: bytes) -> float:
    """Seconds since 1970 of ``2026-11-24T08:29``; lines come many to a minute."""
    return datetime.strptime(text.decode("ascii"), "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc).timestamp()


def docker_piece(line: bytes) -> Piece:
    """One line of a json-file log. Any other text is returned as it is.

    Behind a torn line, as by a full disk, the next stands on the same line: both are returned as one.
    """
    text = line.decode("utf-8", "replace")
    for begin in (0, text.rfind(_BEGINS, 1)):
        try:
            fields, end = _SCAN(text, begin)
            if end == len(text):
                text_of_log = f"{text[:begin]}{fields.get('log') or ''}" if begin else str(fields.get("log") or "")
                return Piece(docker_time(line), str(fields.get("stream") or ""), text_of_log)
        except (StopIteration, ValueError, AttributeError, RecursionError):
            continue
    return Piece(None, "", text + "\n")


DOCKER = Format(docker_piece, docker_time)


def text_of(zone: Zone) -> Format:
    """Lines of any file, by the time that they begin with."""

    def decode(line: bytes) -> Piece:
        text = line.decode("utf-8", "replace")
        return Piece(time_of(text, zone), "", text + "\n")

    return Format(decode, lambda line: time_of(line[:EXAMINED].decode("utf-8", "replace"), zone))


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


def family(path: str) -> list[str]:
    """A log and what was rotated out of it, the newest first: X, X.1, X.2.gz; X-20261123.gz; X.2026-11-23."""
    folder, name = os.path.split(path)
    rotated = re.compile(re.escape(name) + _ROTATED)
    copies: list[tuple[int, bool, str]] = []
    with suppress(OSError):
        for entry in os.scandir(folder or "."):
            place = rotated.match(entry.name)
            if place:
                number, date, packed = place.groups()
                age = int(number) if number else -int(re.sub(r"\D", "", date).ljust(_DATE, "0"))
                copies.append((age, bool(packed), entry.path))
    there = [path] if os.path.exists(path) else []
    return there + [copy for dummy, packed, copy in sorted(copies)]


def is_packed(path: str) -> bool:
    return path.endswith(tuple(_PACKED))


def unpacked(file: BinaryIO, path: str) -> IO[bytes]:
    """What a packed file holds, read forwards; OSError where this Python cannot unpack it."""
    kind = path.rpartition(".")[2]
    if kind == "gz":
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    if kind == "bz2":
        return bz2.BZ2File(file)
    if kind == "xz" and lzma is not None:
        return lzma.LZMAFile(file)
    raise OSError(errno.ENOTSUP, f"Python cannot unpack .{kind}", path)


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


def newest_first(path: str, since: float, form: Format, tally: Tally) -> Iterator[Piece]:
    """Pieces of a log and its predecessors, the newest first, as long as they may be younger than ``since``."""
    read_files = ReadFiles()
    try:
        yield from _family_newest_first(path, since, form, tally, read_files)
    finally:
        read_files.close()


def _family_newest_first(path: str, since: float, form: Format, tally: Tally, read_files: ReadFiles) -> Iterator[Piece]:
    missing: set[str] = set()
    gone_at: int | None = None  # the end of what is to be read of a copy, where the file was truncated meanwhile
    older_wanted, settled = True, 0
    while older_wanted:
        # Names move while one reads, so the family is listed again for each of its members.
        opened = _next(path, read_files, missing, tally, gone_at is not None)
        if opened is None:
            break
        name, file, is_copy = opened
        with file:
            if gone_at is not None and not is_copy:
                tally.note(f"{path} before byte {gone_at}: it was truncated while it was read")
                gone_at = None
            if os.fstat(file.fileno()).st_mtime < since - MARGIN:
                # Nothing in it; nor in an older one, unless its writer still holds that one open after a rotation.
                settled += size_of(file) > 0
                if settled > _STILL_OPEN:
                    return
                read_files.add(file, size_of(file), form.time_at)
                continue
            if tally.limits.spent:
                tally.note(f"{name} and older: {tally.limits.spent}")
                return
            try:
                if is_packed(name):
                    older_wanted = yield from _packed(file, name, since, form, tally, read_files)
                else:
                    older_wanted = yield from _plain(file, name, since, form, tally, read_files, gone_at)
                gone_at = None
            except Truncated as shrunk:
                gone_at = shrunk.end
    if gone_at is not None:
        tally.note(f"{path} before byte {gone_at}: it was truncated while it was read")


def _next(
    path: str, read_files: ReadFiles, missing: set[str], tally: Tally, copies: bool
) -> tuple[str, BinaryIO, bool] | None:
    """The newest member of the family that was not read yet, and whether it is a copy of one that was."""
    for candidate in family(path):
        if candidate in missing:
            continue
        try:
            file = open_log(candidate, given=candidate == path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                missing.add(candidate)
                problem = "it is a link" if error.errno == errno.ELOOP else error.strerror
                tally.note(f"{candidate}: {problem}")
            continue
        if not read_files.has(file):
            is_copy = read_files.is_copy(file, candidate)
            if not is_copy or (copies and not is_packed(candidate)):
                return candidate, file, is_copy
        file.close()
    return None


def _plain(
    file: BinaryIO, path: str, since: float, form: Format, tally: Tally, read_files: ReadFiles, gone_at: int | None
) -> Generator[Piece, None, bool]:
    """True when older files may hold what is wanted; false when a place was met before which all is older."""
    size = size_of(file)
    end = whole_end(file, size)
    if end < size and time.time() - os.fstat(file.fileno()).st_mtime > _SETTLED:
        end = size  # its writer died in the middle of a line
    if gone_at is not None:
        end = min(end, gone_at)  # the copy of a file of which the newer part was read
    read_files.add(file, end, form.time_at)
    start = place_of(file, end, since - MARGIN, form.time_at)
    last = end
    for line in lines_backwards(file, start, end, tally.scan):
        last = line.start
        if line.text:
            yield form.decode(line.text)
    if last > start:
        tally.note(f"{path} before byte {last}: {tally.limits.spent}")
        return False
    return start == 0


def _packed(
    file: BinaryIO, path: str, since: float, form: Format, tally: Tally, read_files: ReadFiles
) -> Generator[Piece, None, bool]:
    """A packed file can only be unpacked forwards: its newest lines are kept, as many as fit."""
    kept: deque[bytes] = deque()
    held = dropped = read = 0
    room = tally.limits.share
    older = too_old = False
    try:
        with unpacked(file, path) as opened:
            while True:
                text = opened.readline(LONGEST_LINE)
                if not text:
                    break
                read += len(text)
                line = text.rstrip(b"\r\n")
                at = form.time_at(line)
                if at is not None:
                    too_old = at < since - MARGIN
                if too_old:  # also a line without a time, which continues a line that is
                    older = True
                    continue
                kept.append(line[:_PACKED_CUT] if form is not DOCKER else line)
                held += len(kept[-1]) + _OVERHEAD
                while held > room:
                    held -= len(kept.popleft()) + _OVERHEAD
                    dropped += 1
                if read >= _PACKED_COUNTED:
                    more, read = tally.scan(read), 0
                    if not more:
                        tally.note(f"the end of {path}: {tally.limits.spent}")
                        break
    except DAMAGED as error:
        tally.note(f"{path} could not be unpacked to its end ({error})")
    tally.scan(read)
    read_files.add(file, size_of(file), form.time_at)
    if dropped:
        tally.note(f"{dropped} older lines of {path}: too many for memory")
    yield from (form.decode(line) for line in reversed(kept) if line)
    return not (older or dropped)
