# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs in files: a container's json-file, or any file with times in its lines; with what was rotated and packed. I/O.

Read from the newest line backwards, so that the last matching ones cost what lies behind them and not what the file
holds. A file is opened before it is measured, and known by what it begins with, so that a rotation in the middle
(a rename, a copy and a truncation, a packed copy) neither loses nor doubles a line that was there at the beginning.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import BinaryIO, Callable, Generator, Iterator

from ..assembly import Piece
from ..continuation import begins_csv
from ..dates import Zone, date_of
from ..line import EXAMINED, bare_head, time_of
from ..wrapping import unwrapped
from .backwards import LONGEST_LINE, Line, Truncated, lines_backwards, size_of, whole_end
from .limits import Tally
from .places import latest_in, place_of
from .rotated import DAMAGED, Folders, ReadFiles, is_packed, open_log, unpacked
from .searching import begin_of_record, lines_with

# Seconds that lines may be out of order (late ones, streams that are mixed) and that clocks may be set back, together;
# where more is met, more is read.
MARGIN = 1260.0
_SET_BACK = 7200.0  # seconds by which a clock may have been set back for a packed file to be looked into
_ALL_SET_BACK = 6 * 3600.0  # the same for the names of plain files, into which a look costs little: several times
_NEWEST = 64 * 1024  # bytes at the end of a file that are read whatever is searched: the order and the clock are seen
_PACKED_CUT = 64 * 1024  # bytes of a line of a packed file
_PACKED_COUNTED = 4 * 1024 * 1024  # bytes after which the limits are checked
_OVERHEAD = 64  # bytes of Python's for each line that is kept
_DOCKER_TIME = b'"time":"'
_DOCKER_END = 64  # bytes of a line's end in which its time is
_BEGINS = '{"log":"'
_SECOND = 12  # characters of 59.123456789
# What json.loads calls at last: on so short a text a quarter of its time.
_SCAN = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_SETTLED = 2.0  # seconds after which a last line without its end is not being written any more
_STILL_OPEN = 2  # predecessors without anything younger, behind which no other is looked for


@dataclass(frozen=True)
class Format:
    """How the lines of a file are understood: the whole of one, and its time alone, which is quick.

    ``unwraps``: what stands around a line, and colours in it, are no part of its text.
    """

    decode: Callable[[bytes], Piece]
    time_at: Callable[[bytes], float | None]
    unwraps: bool = False


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


def _text(line: bytes) -> bytes:
    """Without what stands before the text of a file's first line: a mark of UTF-8, a hole that a truncation left."""
    if line[:1] not in (b"\0", b"\xef"):
        return line
    line = line.lstrip(b"\0")
    return line[3:] if line[:3] == b"\xef\xbb\xbf" else line


def text_of(zone: Zone) -> Format:
    """Lines of any file, by the time that they say; what a collector put before a line is no part of its text."""

    def decode(line: bytes) -> Piece:
        whole = _text(line).decode("utf-8", "replace")
        text, stream, stamp, part = unwrapped(whole)
        at = date_of(stamp, zone) if stamp else time_of(text, zone)
        return Piece(at, stream, text if part else text + "\n")

    def time_at(line: bytes) -> float | None:
        line = _text(line)
        head = line if line[:1] == b"{" or b"\r" in line[:EXAMINED] else line[:EXAMINED]
        return time_of(head.decode("utf-8", "replace"), zone)

    return Format(decode, time_at, True)


def _as_csv(file: BinaryIO, name: str, form: Format) -> Format:
    """The same for a file of csvlog, where a line within a value may begin with any date, which is no time of it."""
    if not form.unwraps:
        return form
    try:
        head = unpacked(file, name).read(EXAMINED) if is_packed(name) else os.pread(file.fileno(), EXAMINED, 0)
    except DAMAGED:
        return form
    finally:
        file.seek(0)
    first = unwrapped(_text(head).partition(b"\n")[0].decode("utf-8", "replace"))
    if first.stamp or not begins_csv(first.text):
        return form

    def decode(line: bytes) -> Piece:
        piece = form.decode(line)
        return piece if begins_csv(piece.text) else piece._replace(at=None)

    def time_at(line: bytes) -> float | None:
        return form.time_at(line) if begins_csv(bare_head(_text(line)[:EXAMINED].decode("utf-8", "replace"))) else None

    return Format(decode, time_at, True)


def newest_first(
    path: str, since: float, form: Format, tally: Tally, folders: Folders | None = None
) -> Iterator[Piece]:
    """Pieces of a log and its predecessors, the newest first, as long as they may be younger than ``since``."""
    read_files = ReadFiles()
    try:
        yield from _family_newest_first(path, since, form, tally, read_files, folders or Folders())
    finally:
        read_files.close()


def _family_newest_first(
    path: str, since: float, usual: Format, tally: Tally, read_files: ReadFiles, folders: Folders
) -> Iterator[Piece]:
    missing: set[str] = set()
    gone_at: int | None = None  # the end of what is to be read of a copy, where the file was truncated meanwhile
    settled = 0
    while True:
        # Names move while one reads, so the family is listed again for each of its members. Behind some that hold
        # nothing only those are looked into that were written lately.
        written = since - MARGIN - tally.disorder - _ALL_SET_BACK if settled > _STILL_OPEN else 0.0
        opened = _next(path, read_files, missing, tally, gone_at is not None, folders, written)
        if opened is None:
            break
        name, file, is_copy = opened
        with file:
            form = _as_csv(file, name, usual)
            if gone_at is not None and not is_copy:
                tally.note(f"{path} before byte {gone_at}: it was truncated while it was read")
                gone_at = None
            if _is_older(file, name, since - MARGIN - tally.disorder, form):
                # Nothing in it; nor in an older one, unless its writer still holds that one open after a rotation, or
                # the clock was set back in between.
                settled += size_of(file) > 0
                tally.reaches = tally.reaches or size_of(file) > 0
                read_files.add(file, size_of(file), form.time_at)
                continue
            if tally.limits.spent:
                tally.note(f"{name} and older: {tally.limits.spent}")
                return
            try:
                if is_packed(name):
                    younger = yield from _packed(file, name, since, form, tally, read_files)
                else:
                    younger = yield from _plain(file, name, since, form, tally, read_files, gone_at)
                settled = 0 if younger else settled + (size_of(file) > 0)
                gone_at = None
            except Truncated as shrunk:
                gone_at = shrunk.end
    if gone_at is not None:
        tally.note(f"{path} before byte {gone_at}: it was truncated while it was read")
    tally.ended = True


def _begins_before(file: BinaryIO, since: float, form: Format) -> bool:
    """Whether the first line with a time is older."""
    head = os.pread(file.fileno(), _NEWEST, 0)
    first = next((at for at in map(form.time_at, head.split(b"\n")) if at is not None), None)
    return first is not None and first < since


def _is_older(file: BinaryIO, name: str, since: float, form: Format) -> bool:
    """Whether a file holds nothing from ``since`` on: by when it was written, and by what its lines say.

    A clock that was set back leaves lines that are dated after the last writing.
    """
    written = os.fstat(file.fileno()).st_mtime
    if written >= since:
        return False
    if is_packed(name):
        # To look into all of it costs as much as to read it.
        return written < since - _SET_BACK and not _begins_later(file, name, written, since, form)
    latest = latest_in(file, size_of(file), form.time_at)
    return latest is None or latest < since


def _begins_later(file: BinaryIO, name: str, written: float, since: float, form: Format) -> bool:
    """Whether a packed file begins with a time after its last writing: the clock was set back in it, by more."""
    if written < since - _ALL_SET_BACK:
        return False
    try:
        head = unpacked(file, name).read(_NEWEST)
    except DAMAGED:
        return False
    finally:
        file.seek(0)
    first = next((at for at in map(form.time_at, head.split(b"\n")) if at is not None), None)
    return first is not None and first > written + MARGIN


def _next(
    path: str, read_files: ReadFiles, missing: set[str], tally: Tally, copies: bool, folders: Folders, written: float
) -> tuple[str, BinaryIO, bool] | None:
    """The newest member of the family that was not read yet, and whether it is a copy of one that was."""
    for candidate in folders.family(path):
        if candidate in missing or (written and _written(candidate) < written):
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


def _written(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _plain(
    file: BinaryIO, path: str, since: float, form: Format, tally: Tally, read_files: ReadFiles, gone_at: int | None
) -> Generator[Piece, None, bool]:
    """True when something in it, or all of it, may be younger than ``since``."""
    size = size_of(file)
    end = whole_end(file, size)
    if end < size and time.time() - os.fstat(file.fileno()).st_mtime > _SETTLED:
        end = size  # its writer died in the middle of a line
    if gone_at is not None:
        end = min(end, gone_at)  # the copy of a file of which the newer part was read
    read_files.add(file, end, form.time_at)
    allowed = MARGIN
    start = last = end
    while True:
        # What is read shows how far lines are out of order: then as much more is read before them.
        start = min(start, place_of(file, end, since - allowed, form.time_at))
        tally.reaches = tally.reaches or start > 0 or _begins_before(file, since, form)
        for line in _lines(file, path, start, last, form, tally):
            last = line.start
            if line.text:
                piece = form.decode(line.text)
                tally.out_of_order(piece.at)
                yield piece
        if tally.limits.spent and last > start:
            tally.note(f"{path} before byte {last}: {tally.limits.spent}")
            return False
        last = start
        if start == 0 or 2 * tally.disorder <= allowed:
            return start < end or end == 0
        allowed = 2 * tally.disorder


def _lines(file: BinaryIO, path: str, start: int, end: int, form: Format, tally: Tally) -> Iterator[Line]:
    """All lines from the end; those that cannot match are passed over where nothing else is asked of them."""
    last = end
    if tally.needle is None:
        yield from lines_backwards(file, start, end, tally.scan)
        return
    for line in lines_backwards(file, start, end, tally.scan):
        last = line.start
        yield line
        if end - last >= _NEWEST and time.monotonic() >= tally.limits.kinds_until:
            break
    if last > start and not tally.limits.spent:
        # The record that was begun is read whole: what of it is searched for may be in what was read.
        first = begin_of_record(file, last, start, end, form.decode)
        if first < last:
            yield from lines_backwards(file, first, last, tally.scan)
            last = first
        if tally.limits.kinds_until:
            tally.kinds_cut = True
            tally.note(
                f"{path} before byte {last} for the kinds of errors: half of the time was over; match was searched"
            )
        yield from lines_with(file, start, last, tally.needle, form.decode, tally.scan, form.unwraps)
        if not tally.limits.spent:
            yield Line(start, b"")


def _packed(
    file: BinaryIO, path: str, since: float, form: Format, tally: Tally, read_files: ReadFiles
) -> Generator[Piece, None, bool]:
    """A packed file can only be unpacked forwards: its newest lines are kept, as many as fit."""
    kept: deque[bytes] = deque()
    held = dropped = read = 0
    room = tally.limits.share
    floor = since - MARGIN - 2 * tally.disorder
    too_old = False
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
                    too_old = at < floor
                    tally.reaches = tally.reaches or at < since
                if not too_old:  # also not a line without a time, which continues a line that is
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
    for line in reversed(kept):
        if line:
            piece = form.decode(line)
            tally.out_of_order(piece.at)
            yield piece
    return bool(kept)
