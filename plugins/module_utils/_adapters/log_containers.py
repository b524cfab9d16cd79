# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logs of containers: the engine's own files read directly, or through its API where they cannot be. I/O.

The engine reads its logs from the first byte of the oldest file to find a moment (moby, loggerutils); its files are
read from the end here. Nothing is locked or changed by it.
"""

from __future__ import annotations

import os
from typing import Any, Iterator

from .._domain.log_assembly import Piece
from .._domain.log_lines import Zone, time_of
from .._domain.log_local import piece_of, records_backwards
from .._errors import EngineError
from .engine import Engine
from .log_files import DOCKER, MARGIN, newest_first
from .log_limits import Tally

_FIRST_TAIL, _LARGEST_TAIL = 1000, 256_000  # lines asked of the API at a time
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
    yield from _api(engine, id, since, tally)


def _local(path: str, since: float, tally: Tally) -> Iterator[Piece]:
    """The `local` driver's file; what it rotated out is packed, and asked of the API where it is wanted."""
    with open(path, "rb") as file:
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


def _api(engine: Engine, id: str, since: float, tally: Tally) -> Iterator[Piece]:
    """By tails of growing length: the engine finds the end of a log quickly, and a moment slowly."""
    told = 0
    lines = _FIRST_TAIL
    while True:
        try:
            text = engine.log_text(id, lines)
        except EngineError as error:
            tally.trouble = str(error)
            return
        found = text.split(b"\n")
        if found and not found[-1]:
            found.pop()
        more = tally.scan(len(text))
        fresh = found[: len(found) - told] if told else found
        for line in reversed(fresh):
            stamp, dummy, rest = line.partition(b" ")
            at = time_of(stamp.decode("ascii", "replace"), _HERE)
            if at is not None and at < since - MARGIN:
                return
            yield Piece(at, "", rest.decode("utf-8", "replace") + "\n")
        if len(found) < lines:
            return
        if not more or lines >= _LARGEST_TAIL:
            tally.note(f"more than the last {len(found)} lines: {tally.limits.spent or 'too many for the API'}")
            return
        told, lines = len(found), min(_LARGEST_TAIL, lines * 8)
