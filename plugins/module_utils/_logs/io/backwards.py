# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines of a file from its end, in blocks, and the place where a moment begins, by bisection. I/O.

A log is read while it is written: what was there when the file was opened is read, a torn last line is left out, and a
file that was truncated meanwhile says so. Memory is bounded by the longest line that is kept.
"""

from __future__ import annotations

import os
from typing import BinaryIO, Callable, Iterator, NamedTuple

BLOCK = 64 * 1024
LONGEST_LINE = 256 * 1024  # bytes; of a longer one its beginning is kept
PROBE = 64 * 1024  # bytes within which a line with a time is looked for
_GLANCE = 2048  # bytes of them that are read first
_LOOKS = 64  # places all over a file at which its times are compared
_CLOSER = 1.05
_FARTHEST = 4 * 1024 * 1024  # bytes within which a line must end; what has none is no log
TimeAt = Callable[[bytes], "float | None"]


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
        if size - start > _FARTHEST:
            return size
        end = start
    return 0


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
            yield Line(begin + before + 1, data[before + 1 : place].rstrip(b"\r\n")[:LONGEST_LINE])
            length = 0
            place = before + 1
        length = length + len(block) if place == len(data) else place
        rest, at = data[:place], begin
        if len(rest) > LONGEST_LINE + BLOCK:  # only the beginning of such a line is kept
            rest = rest[:LONGEST_LINE]
    if rest and at <= start:
        yield Line(start, rest.rstrip(b"\r\n")[:LONGEST_LINE])


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
            yield Line(begin + place, data[place:line_end].rstrip(b"\r\n")[:LONGEST_LINE])
            place = line_end + 1
        rest, begin = data[place:], begin + place
    if rest:
        yield Line(begin, rest.rstrip(b"\r\n")[:LONGEST_LINE])


def place_of(file: BinaryIO, end: int, since: float, time_at: TimeAt) -> int:
    """Where a line begins before which everything was written before ``since``, as far as the lines say.

    By bisection over places, each dated by the first line with a time behind it. A clock that was set back
    makes more than one such place; where looks all over the file show that, what lies before the jump is bisected too.
    The place is rather a little too early than too late: the caller filters exactly.
    """
    place = _bisected(file, end, since, time_at)
    for jump, latest in _jumps(file, place, time_at):
        if latest >= since:
            place = min(place, _bisected(file, jump, since, time_at))
    return _line_start(file, place)


def _bisected(file: BinaryIO, high: int, since: float, time_at: TimeAt) -> int:
    low = 0
    while high - low > PROBE:
        middle = (low + high) // 2
        first_time = _first_time(file, middle, min(high, middle + PROBE), time_at)
        if first_time is None or first_time[1] >= since:
            high = middle
        else:
            low = max(middle, min(first_time[0], high))
    return low


def _jumps(file: BinaryIO, end: int, time_at: TimeAt) -> Iterator[tuple[int, float]]:
    """Places behind which the clock was set back, each with the latest time shortly before it."""
    # All over it, and ever closer together towards the end: what a clock doubled lies right before the place that was
    # found, as far away as it is long.
    looks = set(range(0, end, max(PROBE, end // _LOOKS)))
    distance = float(_GLANCE)
    while distance < end:
        looks.add(end - int(distance))
        distance *= _CLOSER
    last: tuple[int, float] | None = None
    for place in sorted(looks):
        first_time = _first_time(file, place, min(end, place + PROBE), time_at)
        if first_time is None:
            continue
        if last is not None and first_time[1] < last[1]:
            yield _jump(file, last, first_time[0], time_at)
        last = first_time


def _jump(file: BinaryIO, before: tuple[int, float], high: int, time_at: TimeAt) -> tuple[int, float]:
    low = before[0]
    while high - low > PROBE:
        middle = (low + high) // 2
        first_time = _first_time(file, middle, min(high, middle + PROBE), time_at)
        if first_time is not None and first_time[1] >= before[1]:
            low = middle
        else:
            high = middle
    times = [time_at(line) for line in os.pread(file.fileno(), high - low, low).split(b"\n")]
    return high, max((at for at in times if at is not None), default=before[1])


def _first_time(file: BinaryIO, start: int, end: int, time_at: TimeAt) -> tuple[int, float] | None:
    """The first whole line from there on that has a time, and that time."""
    for size in (_GLANCE, end - start):  # mostly the first few lines show it
        data = os.pread(file.fileno(), min(size, end - start), start)
        place = data.find(b"\n") + 1 if start else 0
        stop = data.find(b"\n", place) if place or not start else -1
        while stop >= 0:
            at = time_at(data[place:stop])
            if at is not None:
                return start + place, at
            place = stop + 1
            stop = data.find(b"\n", place)
    return None


def _line_start(file: BinaryIO, place: int) -> int:
    """The beginning of the line in which a place lies."""
    end = place
    while end > 0:
        start = max(0, end - BLOCK)
        line_feed = os.pread(file.fileno(), end - start, start).rfind(b"\n")
        if line_feed >= 0:
            return start + line_feed + 1
        if place - start > _FARTHEST:
            return place
        end = start
    return 0
