# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs of containers: the engine's own files read directly, or through its API where they cannot be. I/O.

The engine reads its logs from the first byte of the oldest file to find a moment (moby, loggerutils); its files are
read from the end here. Nothing is locked or changed by it.
"""

from __future__ import annotations

import heapq
import os
import time
from collections import deque
from typing import Any, Iterator

from .._domain.log_assembly import Piece
from .._domain.log_lines import Zone, time_of
from .._domain.log_local import piece_of, records_backwards
from .._errors import EngineError
from .engine import Engine
from .log_files import DOCKER, MARGIN, newest_first, open_log
from .log_limits import Tally

_FIRST_TAIL, _LARGEST_TAIL = 1000, 256_000  # lines asked of the API at a time
_KEPT = 24 * 1024 * 1024  # bytes of an answer of the API that are kept
_LEAST_ROOM = 64 * 1024
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
            tally.trouble = f"its file {path or '(unknown)'} cannot be read here: use become: true, or source: api"
            return
        if driver == "json-file":
            yield from newest_first(path, since, DOCKER, tally)
        else:
            yield from _local(path, since, tally)
        return
    tally.kind, tally.place = "api", engine.login.where
    # Each stream by itself, since the SDK does not tell them apart: what one says breaks off a traceback of the other.
    both = [_api(engine, id, stream, since, tally) for stream in ("stdout", "stderr")]
    yield from heapq.merge(*both, key=lambda one: -(one.at or 0.0))


def _local(path: str, since: float, tally: Tally) -> Iterator[Piece]:
    """The `local` driver's file; what it rotated out is packed, and asked of the API where it is wanted."""
    try:
        opened = open_log(path)
    except OSError as error:
        tally.trouble = f"{path} cannot be read ({error.strerror})"
        return
    with opened as file:
        end = os.fstat(file.fileno()).st_size

        def read(size: int, at: int) -> bytes:
            return os.pread(file.fileno(), size, at)

        for start, message in records_backwards(read, end):
            more = tally.scan(len(message) + 8)
            piece = piece_of(message)
            if piece.at is not None and piece.at < since - MARGIN:
                return
            yield piece
            if not more:
                tally.note(f"{path} before byte {start}: {tally.limits.spent}")
                return
    if os.path.exists(f"{path}.1.gz") or os.path.exists(f"{path}.1"):
        tally.note(f"what was rotated out of {path}: the driver packs it; source: api reads it")


def _api(engine: Engine, id: str, stream: str, since: float, tally: Tally) -> Iterator[Piece]:
    """By tails of growing length: the engine finds the end of a log quickly, and a moment slowly.

    What is told comes the oldest first, so of a tail that is too big the newest are kept. What was written since the
    first of them is left to the next reader, and a tail is told up to where the one before it began.
    """
    until = time.time()
    oldest: Piece | None = None
    lines = _FIRST_TAIL
    while True:
        room = max(_LEAST_ROOM, tally.limits.bytes - tally.limits.scanned)
        try:
            found, size, dropped = _tail(engine, id, stream, lines, until, min(room, _KEPT), tally)
        except EngineError as error:
            tally.trouble = str(error)
            return
        more = tally.scan(size)
        fresh = len(found)
        if oldest is not None:
            fresh = next((place for place in range(len(found) - 1, -1, -1) if found[place] == oldest), 0)
        for piece in reversed(found[:fresh]):
            if piece.at is not None and piece.at < since - MARGIN:
                return
            yield piece
        if len(found) + dropped < lines:
            return
        if dropped or not more or not fresh or lines >= _LARGEST_TAIL:
            tally.note(f"more than the last {len(found)} lines: {tally.limits.spent or 'too many for the API'}")
            return
        oldest = found[0]
        # As many more as may still be read, by the length of those that were.
        lines = min(_LARGEST_TAIL, lines * 8, max(lines + 1, int(lines * room / max(1, size))))


def _tail(
    engine: Engine, id: str, stream: str, lines: int, until: float, room: int, tally: Tally
) -> tuple[list[Piece], int, int]:
    """The last lines, the newest ``room`` bytes of them; how many bytes there were, and how many lines were dropped."""
    kept: deque[bytes] = deque()
    held = size = dropped = 0
    for part in engine.log_parts(id, stream, lines, until):
        kept.append(part)
        held += len(part)
        size += len(part)
        while held > room and len(kept) > 1:
            held -= len(kept.popleft())
            dropped += 1
        if time.monotonic() > tally.limits.deadline + _GRACE:
            break
    return [_piece(part, stream) for part in kept], size, dropped


def _piece(part: bytes, stream: str) -> Piece:
    """A part of a log behind its time: a line, or a piece of a long one, which has no line feed."""
    stamp, dummy, rest = part.partition(b" ")
    at = time_of(stamp.decode("ascii", "replace"), _HERE)
    return Piece(at, stream, rest.decode("utf-8", "replace"))
