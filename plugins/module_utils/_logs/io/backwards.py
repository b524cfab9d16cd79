# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines of a file from its end, in blocks. I/O.

A log is read while it is written: what was there when the file was opened is read, a torn last line is left out, and a
file that was truncated meanwhile says so. Memory is bounded by the longest line that is kept.
"""

from __future__ import annotations

import os
from typing import BinaryIO, Callable, Iterator, NamedTuple

BLOCK = 64 * 1024
LONGEST_LINE = 256 * 1024  # bytes; of a longer one its beginning is kept
FARTHEST = 4 * 1024 * 1024  # bytes within which a line must end; what has none is no log


class Line(NamedTuple):
    """One line without its end, and where it begins."""

    start: int
    text: bytes


class Truncated(Exception):
    """The file became shorter than what was being read; ``end``: of the last line that was not returned."""

    def __init__(self, end: int) -> None:
        super().__init__(str(end))
        self.end = end


def size_of(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def whole_end(file: BinaryIO, size: int) -> int:
    """The end of the last whole line: what is behind the last line feed is still being written."""
    end = size
    while end > 0:
        start = max(0, end - BLOCK)
        place = os.pread(file.fileno(), end - start, start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        if size - start > FARTHEST:
            return size
        end = start
    return 0


def _kept(line: bytes) -> bytes:
    """A line without its end, as much as is kept of it."""
    line = line.rstrip(b"\r\n")
    return line if len(line) <= LONGEST_LINE else _without_hole(line)[:LONGEST_LINE]


def _without_hole(line: bytes) -> bytes:
    """The text of a line behind zero bytes: its writer does not append, and went on behind what was truncated."""
    return line.lstrip(b"\0") if line[:1] == b"\0" else line


def _unbounded(dummy: int) -> bool:
    return True


def lines_backwards(file: BinaryIO, start: int, end: int, scan: Callable[[int], bool] = _unbounded) -> Iterator[Line]:
    """Lines that begin in [start, end), the last first; ``end`` is the end of a line.

    ``scan`` gets the number of bytes of each block, and returns whether to continue; lines of the block are returned.
    """
    rest, at, length = b"", end, 0  # ``length``: of the line that is still open, of which ``rest`` is kept
    go_on = True
    while at > start and go_on:
        begin = max(start, at - BLOCK)
        block = os.pread(file.fileno(), at - begin, begin)
        go_on = scan(len(block))
        if len(block) < at - begin:
            raise Truncated(at + length)
        data = block + rest
        place = len(data)
        while True:
            before = data.rfind(b"\n", 0, max(0, place - 1)) if place else -1
            if before < 0:
                break
            yield Line(begin + before + 1, _kept(data[before + 1 : place]))
            length = 0
            place = before + 1
        length = length + len(block) if place == len(data) else place
        rest, at = data[:place], begin
        if len(rest) > LONGEST_LINE + BLOCK:  # only the beginning of such a line is kept
            rest = _without_hole(rest)[:LONGEST_LINE]
    if rest and at <= start:
        yield Line(start, _kept(rest))


def lines_forwards(file: BinaryIO, start: int, end: int) -> Iterator[Line]:
    """The same lines, the first first."""
    at, rest, begin = start, b"", start
    while at < end:
        block = os.pread(file.fileno(), min(BLOCK, end - at), at)
        if not block:
            break
        at += len(block)
        data = rest + block
        place = 0
        while True:
            line_end = data.find(b"\n", place)
            if line_end < 0:
                break
            yield Line(begin + place, _kept(data[place:line_end]))
            place = line_end + 1
        rest, begin = data[place:], begin + place
    if rest:
        yield Line(begin, _kept(rest))
