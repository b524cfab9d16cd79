# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs of containers: the engine's own files read directly, or through its API where they cannot be. I/O.

The engine reads its logs from the first byte of the oldest file to find a moment (moby, loggerutils); its files are
read from the end here. Nothing is locked or changed by it.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import Any, BinaryIO, Collection, Generator, Iterator

from ..._compose.io.engine import Engine
from ..._compose.io.engine_containers import LogPart
from ..._core.errors import EngineError
from ..assembly import Piece
from ..dates import Zone, date_of
from ..local_driver import piece_of, records_backwards
from .files import DOCKER, MARGIN, newest_first
from .limits import Tally
from .rotated import DAMAGED, ReadFiles, family, is_packed, open_log, unpacked

_FIRST_TAIL, _LARGEST_TAIL = 1000, 256_000  # lines asked of the API at a time
_LEAST_ROOM = 64 * 1024
_LONGEST_RECORD = 16 * 1024 * 1024
_LONGEST_FIRST = 4096  # bytes of a record by which a file is known again
_OVERHEAD = 64  # bytes of Python's for each record that is kept
_PASSED = 20_000  # records in a row that are too old, behind which none is younger: clocks are set back
_GRACE = 5.0  # seconds beyond the limit that one answer may take
_HERE = Zone()


def pieces_of(
    engine: Engine, id: str, place: dict[str, Any], since: float, source: str, tally: Tally
) -> Iterator[Piece]:
    """Pieces of a container's log, the newest first; ``source``: ``auto``, ``file`` or ``api``."""
    driver, path = place["driver"], place["path"]
    readable = engine.login.local and bool(path) and os.access(path, os.R_OK)
    if source == "file" or (source == "auto" and readable and driver in ("json-file", "local")):
        tally.kind, tally.place = driver, path
        if not readable:
            tally.problem = f"its file {path or '(unknown)'} cannot be read here: use become: true, or source: api"
            return
        if driver == "json-file":
            yield from newest_first(path, since, DOCKER, tally)
        else:
            yield from _local(path, since, tally)
        return
    tally.kind, tally.place = "api", engine.login.where
    yield from _api(engine, id, since, tally)


def _local(path: str, since: float, tally: Tally) -> Iterator[Piece]:
    """The `local` driver's file, from its end, then what it rotated out, which is packed."""
    began: set[bytes] = set()  # the first record of each file, by which its packed copy is known again
    read_files = ReadFiles()
    try:
        while True:
            # Names move while one reads, so the family is listed again for each of its members.
            next_file = _next_local(path, read_files, tally)
            if next_file is None:
                return
            name, file = next_file
            with file:
                read_files.add(file, 0, lambda dummy: None)
                if os.fstat(file.fileno()).st_mtime < since - MARGIN - tally.disorder:
                    return
                if tally.limits.spent:
                    tally.note(f"{name} and older: {tally.limits.spent}")
                    return
                if is_packed(name):
                    first, older = yield from _local_packed(file, name, since, tally, began)
                else:
                    first, older = yield from _local_plain(file, name, since, tally)
                began |= {first} if first else set()
                if not older:
                    return
    finally:
        read_files.close()


def _next_local(path: str, read_files: ReadFiles, tally: Tally) -> tuple[str, BinaryIO] | None:
    """The newest member of the family that was not read yet."""
    for name in family(path):
        try:
            file = open_log(name, given=name == path)
        except OSError as error:
            if name == path:
                tally.problem = f"{path} cannot be read ({error.strerror})"
                return None
            tally.note(f"{name} cannot be read ({error.strerror})")
            continue
        if not read_files.has(file):
            return name, file
        file.close()
    return None


def _local_plain(
    file: BinaryIO, path: str, since: float, tally: Tally
) -> Generator[Piece, None, tuple[bytes | None, bool]]:
    """What its first record is, and whether older files may hold what is wanted."""
    end = os.fstat(file.fileno()).st_size

    def read(size: int, at: int) -> bytes:
        return os.pread(file.fileno(), size, at)

    def more() -> bool:
        return not tally.limits.spent

    size = int.from_bytes(read(4, 0), "big")
    first = read(min(size, _LONGEST_FIRST), 4) or None
    passed = 0
    for start, message in records_backwards(read, end, more, lambda text: tally.note(f"{path}: {text}")):
        going = tally.scan(len(message) + 8)
        piece = piece_of(message)
        tally.out_of_order(piece.at)
        if piece.at is not None and piece.at < since - MARGIN - tally.disorder:
            passed += 1
            if passed > _PASSED:
                return first, False
        else:
            passed = 0
            yield piece
        if not going:
            tally.note(f"{path} before byte {start}: {tally.limits.spent}")
            return first, False
    return first, True


def _local_packed(
    file: BinaryIO, path: str, since: float, tally: Tally, began: Collection[bytes]
) -> Generator[Piece, None, tuple[bytes | None, bool]]:
    """A packed file is read forwards: its newest records are kept, as many as fit."""
    kept: deque[bytes] = deque()
    held = dropped = 0
    first: bytes | None = None
    older = False
    try:
        with unpacked(file, path) as opened:
            while True:
                size = int.from_bytes(opened.read(4), "big")
                message = opened.read(size) if 0 < size <= _LONGEST_RECORD else b""
                if not message or int.from_bytes(opened.read(4), "big") != size:
                    break
                if first is None:
                    first = message[:_LONGEST_FIRST]
                    if first in began:
                        return None, True  # a copy of the file that was just read, which was rotated meanwhile
                at = piece_of(message).at
                older = older or (at is not None and at < since - MARGIN)
                if at is None or at >= since - MARGIN:
                    kept.append(message)
                    held += size + _OVERHEAD
                while held > tally.limits.share:
                    held -= len(kept.popleft()) + _OVERHEAD
                    dropped += 1
                if not tally.scan(size + 8):
                    tally.note(f"the end of {path}: {tally.limits.spent}")
                    break
    except DAMAGED as error:
        tally.note(f"{path} could not be unpacked to its end ({error})")
    if dropped:
        tally.note(f"{dropped} older records of {path}: too many for memory")
    yield from (piece_of(message) for message in reversed(kept))
    return first, not (older or dropped)


def _api(engine: Engine, id: str, since: float, tally: Tally) -> Iterator[Piece]:
    """By tails of growing length: the engine finds the end of a log quickly, and a moment slowly.

    A tail counts the lines of both streams, so both are asked for at once. The engine sends the oldest first, so of a
    tail that is too big the newest are kept. What was written since the first of them is left to the next reader, and a
    tail is read up to where the one before it began. Clocks are set back: enough was read where as many records in a
    row are too old as in a file.
    """
    until = time.time()
    oldest: LogPart | None = None
    lines = _FIRST_TAIL
    passed = 0
    while True:
        room = max(_LEAST_ROOM, tally.limits.bytes - tally.limits.scanned)
        if tally.limits.spent:
            tally.note(f"{'older lines' if oldest else 'it'}: {tally.limits.spent}")
            return
        try:
            parts, size, dropped = _tail(engine, id, lines, until, min(room, tally.limits.share), tally)
        except EngineError as error:
            tally.problem = str(error)
            return
        more = tally.scan(size)
        fresh = len(parts)
        if oldest is not None:
            fresh = next((place for place in range(len(parts) - 1, -1, -1) if parts[place] == oldest), 0)
        for part in reversed(parts[:fresh]):
            piece = _piece(part)
            tally.out_of_order(piece.at)
            if piece.at is None or piece.at >= since - MARGIN - tally.disorder:
                passed = 0
                yield piece
            else:
                passed += 1
        if len(parts) + dropped < lines or passed > _PASSED:
            return
        if dropped or not more or not fresh or lines >= _LARGEST_TAIL:
            tally.note(f"more than the last {len(parts)} lines: {tally.limits.spent or 'too many for the API'}")
            return
        oldest = parts[0]
        # As many more as may still be read, by the length of those that were, and as are needed.
        grown = lines * 8 if not passed else lines + _PASSED + 1 - passed
        lines = min(_LARGEST_TAIL, grown, max(lines + 1, int(lines * room / max(1, size))))


def _tail(engine: Engine, id: str, lines: int, until: float, room: int, tally: Tally) -> tuple[list[LogPart], int, int]:
    """The last lines, the newest ``room`` bytes of them; how many bytes there were, and how many lines were dropped."""
    kept: deque[LogPart] = deque()
    held = size = dropped = 0
    for part in engine.log_parts(id, lines, until):
        kept.append(part)
        held += len(part.text) + _OVERHEAD
        size += len(part.text)
        while held > room and len(kept) > 1:
            held -= len(kept.popleft().text) + _OVERHEAD
            dropped += 1
        if time.monotonic() > tally.limits.deadline + _GRACE:
            tally.note("the newest lines: the engine did not come to them in time")
            break
    return list(kept), size, dropped


def _piece(part: LogPart) -> Piece:
    """A part of a log behind its time: a line, or a piece of a long one, which has no line feed."""
    stamp, dummy, rest = part.text.partition(b" ")
    at = date_of(stamp.decode("ascii", "replace"), _HERE)
    return Piece(at, part.stream, rest.decode("utf-8", "replace"))
