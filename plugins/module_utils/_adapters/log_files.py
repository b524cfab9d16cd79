# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs in files: a container's json-file, or any file with times in its lines; with what was rotated and packed. I/O.

Read from the newest line backwards, so that the last matching ones cost what lies behind them and not what the file
holds. A file is opened before it is measured, and known by what it begins with, so that a rotation in the middle
(a rename, a copy and a truncation, a packed copy) neither loses nor doubles a line that was there at the beginning.
"""

from __future__ import annotations

import errno
import gzip
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
from typing import BinaryIO, Callable, Generator, Iterator

from .._domain.log_assembly import Piece
from .._domain.log_lines import LOOKED_AT, Zone, time_of
from .backwards import LONGEST_LINE, Truncated, lines_backwards, place_of, size_of, whole_end
from .log_limits import Tally

MARGIN = 60.0  # seconds that lines may be out of order: clocks are set, and streams are mixed
_PACKED_KEPT = 8 * 1024 * 1024  # bytes of a packed file that are kept while it is read, its newest
_PACKED_CUT = 64 * 1024  # bytes of a line of a packed file
_PACKED_COUNTED = 4 * 1024 * 1024  # bytes after which the limits are looked at
_OVERHEAD = 64  # bytes of Python's for each line that is kept
_DOCKER_TIME = re.compile(rb'"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d):([0-5]\d|60)(?:\.(\d{1,9}))?Z"\}\s*$')
_ENDS = 512  # bytes by which a file is known again
_SETTLED = 2.0  # seconds after which a last line without its end is not being written any more
_STILL_OPEN = 1  # predecessors that may be written while the file itself is not
_DAMAGED = (OSError, EOFError, zlib.error)


@dataclass(frozen=True)
class Format:
    """How the lines of a file are understood: the whole of one, and its time alone, which is quick."""

    decode: Callable[[bytes], Piece]
    time_at: Callable[[bytes], float | None]


def docker_time(line: bytes) -> float | None:
    """The time of a line of a json-file log, without decoding the rest of it."""
    found = _DOCKER_TIME.search(line[-64:])
    if not found:
        return None
    minute, second, fraction = found.groups()
    try:
        at = _minute(minute) + int(second)
    except ValueError:
        return None
    return at + (float(b"0." + fraction) if fraction else 0.0)


@lru_cache(maxsize=1024)
def _minute(text: bytes) -> float:
    """Seconds since 1970 of ``2026-11-24T08:29``; lines come many to a minute."""
    return datetime.strptime(text.decode("ascii"), "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc).timestamp()


def docker_piece(line: bytes) -> Piece:
    """One line of a json-file log. What is none (torn, or rubbish) is told as it is."""
    try:
        found = json.loads(line.decode("utf-8", "replace"))
        return Piece(docker_time(line), str(found.get("stream") or ""), str(found.get("log") or ""))
    except (ValueError, AttributeError, RecursionError):
        return Piece(None, "", line.decode("utf-8", "replace") + "\n")


DOCKER = Format(docker_piece, docker_time)


def text_of(zone: Zone) -> Format:
    """Lines of any file, by the time that they begin with."""

    def decode(line: bytes) -> Piece:
        text = line.decode("utf-8", "replace")
        return Piece(time_of(text, zone), "", text + "\n")

    return Format(decode, lambda line: time_of(line[:LOOKED_AT].decode("utf-8", "replace"), zone))


def open_log(path: str, given: bool = True) -> BinaryIO:
    """A regular file, never waited for. Only a name that was ``given`` may be a link.

    Whoever may write a folder of logs could otherwise have any file read by root.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if given else os.O_NOFOLLOW)
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return file


def family(path: str) -> list[str]:
    """A log and what was rotated out of it, the newest first: X, X.1, X.2.gz; X-20261123.gz."""
    folder, name = os.path.split(path)
    rotated = re.compile(re.escape(name) + r"(?:\.(\d+)|-(\d{8,14}))(\.gz)?\Z")
    found: list[tuple[int, bool, str]] = []
    with suppress(OSError):
        for entry in os.scandir(folder or "."):
            place = rotated.match(entry.name)
            if place:
                age = int(place.group(1)) if place.group(1) else -int(place.group(2))
                found.append((age, bool(place.group(3)), entry.path))
    there = [path] if os.path.exists(path) else []
    return there + [one for dummy, packed, one in sorted(found)]


class Seen:
    """Files that were read, by inode and by what they begin and end with."""

    def __init__(self) -> None:
        self._inodes: set[tuple[int, int]] = set()
        self._contents: list[tuple[bytes, int, bytes]] = []

    def add(self, file: BinaryIO, end: int, time_at: Callable[[bytes], float | None]) -> None:
        """Remember it; by its content only where that says a time, since many logs begin with the same words."""
        figures = os.fstat(file.fileno())
        self._inodes.add((figures.st_dev, figures.st_ino))
        head = os.pread(file.fileno(), min(_ENDS, end), 0)
        if any(time_at(line) is not None for line in head.split(b"\n")[:-1]):
            self._contents.append((head, end, os.pread(file.fileno(), min(_ENDS, end), max(0, end - _ENDS))))

    def has(self, file: BinaryIO) -> bool:
        figures = os.fstat(file.fileno())
        return (figures.st_dev, figures.st_ino) in self._inodes

    def is_copy(self, file: BinaryIO, packed: bool) -> bool:
        """Whether it holds what was read already, under another name."""
        if packed:
            head, size = _packed_identity(file)
            return any(one[0] and head[: len(one[0])] == one[0] and size >= one[1] % 2**32 for one in self._contents)
        size = size_of(file)
        return any(
            one[0]
            and size >= one[1]
            and os.pread(file.fileno(), len(one[0]), 0) == one[0]
            and os.pread(file.fileno(), len(one[2]), max(0, one[1] - _ENDS)) == one[2]
            for one in self._contents
        )


def _packed_identity(file: BinaryIO) -> tuple[bytes, int]:
    """Its first bytes, and how many there are (RFC 1952, ISIZE)."""
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            head = unpacked.read(_ENDS)
    except _DAMAGED:
        head = b""
    finally:
        file.seek(0)
    size = size_of(file)
    return head, int.from_bytes(os.pread(file.fileno(), 4, size - 4), "little") if size > 18 else 0


def newest_first(path: str, since: float, form: Format, tally: Tally) -> Iterator[Piece]:
    """Pieces of a log and its predecessors, the newest first, as long as they may be younger than ``since``."""
    seen = Seen()
    missing: set[str] = set()
    gone_at: int | None = None  # the end of what is to be read of a copy, where the file was truncated meanwhile
    older_wanted, settled = True, 0
    while older_wanted:
        # Names move while one reads, so the family is looked at anew for each of its members.
        opened = _next(path, seen, missing, tally, gone_at is not None)
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
                seen.add(file, size_of(file), form.time_at)
                continue
            if tally.limits.spent:
                tally.note(f"{name} and older: {tally.limits.spent}")
                return
            try:
                if name.endswith(".gz"):
                    older_wanted = yield from _packed(file, name, since, form, tally, seen)
                else:
                    older_wanted = yield from _plain(file, name, since, form, tally, seen, gone_at)
                gone_at = None
            except Truncated as shrunk:
                gone_at = shrunk.end
    if gone_at is not None:
        tally.note(f"{path} before byte {gone_at}: it was truncated while it was read")


def _next(path: str, seen: Seen, missing: set[str], tally: Tally, copies: bool) -> tuple[str, BinaryIO, bool] | None:
    """The newest member of the family that was not read yet, and whether it is a copy of one that was."""
    for one in family(path):
        if one in missing:
            continue
        try:
            file = open_log(one, given=one == path)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                missing.add(one)
                said = "it is a link" if error.errno == errno.ELOOP else error.strerror
                tally.note(f"{one}: {said}")
            continue
        packed = one.endswith(".gz")
        if not seen.has(file):
            is_copy = seen.is_copy(file, packed)
            if not is_copy or (copies and not packed):
                return one, file, is_copy
        file.close()
    return None


def _plain(
    file: BinaryIO, path: str, since: float, form: Format, tally: Tally, seen: Seen, gone_at: int | None
) -> Generator[Piece, None, bool]:
    """True when older files may hold what is wanted; false when a place was met before which all is older."""
    size = size_of(file)
    end = whole_end(file, size)
    if end < size and time.time() - os.fstat(file.fileno()).st_mtime > _SETTLED:
        end = size  # its writer died in the middle of a line
    if gone_at is not None:
        end = min(end, gone_at)  # the copy of a file of which the newer part was read
    seen.add(file, end, form.time_at)
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
    file: BinaryIO, path: str, since: float, form: Format, tally: Tally, seen: Seen
) -> Generator[Piece, None, bool]:
    """A packed file can only be unpacked forwards: its newest lines are kept, as many as fit."""
    kept: deque[bytes] = deque()
    held = dropped = read = 0
    older = too_old = False
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            while True:
                text = unpacked.readline(LONGEST_LINE)
                if not text:
                    break
                read += len(text)
                line = text.rstrip(b"\r\n")
                at = form.time_at(line)
                if at is not None:
                    too_old = at < since - MARGIN
                if too_old:  # also a line without a time, which goes on with one that is
                    older = True
                    continue
                kept.append(line[:_PACKED_CUT] if form is not DOCKER else line)
                held += len(kept[-1]) + _OVERHEAD
                while held > _PACKED_KEPT:
                    held -= len(kept.popleft()) + _OVERHEAD
                    dropped += 1
                if read >= _PACKED_COUNTED:
                    more, read = tally.scan(read), 0
                    if not more:
                        tally.note(f"the end of {path}: {tally.limits.spent}")
                        break
    except _DAMAGED as error:
        tally.note(f"{path} could not be unpacked to its end ({error})")
    tally.scan(read)
    seen.add(file, size_of(file), form.time_at)
    if dropped:
        tally.note(f"{dropped} older lines of {path}: too many for memory")
    yield from (form.decode(line) for line in reversed(kept) if line)
    return not (older or dropped)
