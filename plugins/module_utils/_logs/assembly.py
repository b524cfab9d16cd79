# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pieces of a log put together, the newest first: split lines made whole, tracebacks kept with what they follow. Pure.

The engine writes a line of more than 16 KiB in several pieces, of which the last one ends with a line feed; streams are
mixed. Reading backwards, a piece that ends with a line feed closes the line before it.
"""

from __future__ import annotations

from collections import deque
from typing import Iterable, Iterator, NamedTuple

from .continuation import (
    begins_csv,
    begins_key,
    ends_csv,
    ends_key,
    goes_on,
    in_key,
    is_own,
    joins,
    leads,
    may_be_below,
    parts_below,
    says_nothing,
)  # fmt: skip
from .records import Record

_MOST_LINES = 500  # of one record; of a longer one the end is kept
_LONGEST = 256 * 1024  # characters of one line that are put together
_APART = 2.0  # seconds after which a piece is no part of a line any more: the engine gives them one time
_BESIDE = 5000  # records of other streams that wait for the beginning of one
_MOST_WAITING = 4 * 1024 * 1024  # characters of records without a time that wait for an older one with a time
_MOST_BELOW = 60  # records without a time that may be the message of one above them
_WAITING = 200  # lines of other streams that wait for one to become whole


class Piece(NamedTuple):
    """What was written at one moment; ``text`` with its line feed, where there is one."""

    at: float | None
    stream: str
    text: str
    grade: str = ""


class _Open:
    """A line that may have earlier pieces still."""

    __slots__ = ("closed", "parts", "size")

    def __init__(self, piece: Piece) -> None:
        self.parts, self.size, self.closed = [piece], len(piece.text), False

    def add(self, piece: Piece) -> None:
        if self.size < _LONGEST:
            self.parts.append(piece)
        else:  # the beginning counts, and comes last
            self.parts[-1] = piece
        self.size += len(piece.text)

    def line(self) -> Piece:
        first = self.parts[-1]
        if len(self.parts) == 1:
            return _bare(first)
        return _bare(first._replace(text="".join(part.text for part in reversed(self.parts))))


def _bare(piece: Piece) -> Piece:
    """Without its line feed."""
    return Piece(piece.at, piece.stream, piece.text.rstrip("\r\n")[:_LONGEST], piece.grade)


def whole_lines(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Lines without their line feed, the newest first, in the order in which they ended."""
    waiting: deque[_Open] = deque()
    by_stream: dict[str, _Open] = {}
    for piece in pieces:
        last = by_stream.get(piece.stream)
        if last is not None and not piece.text.endswith("\n"):
            last.add(piece)
            continue
        if last is not None and len(waiting) == 1 and len(last.parts) == 1:
            # As nearly all of them are: a whole line behind a whole line, and nothing of another stream between.
            before, last.parts[0], last.size = last.parts[0], piece, len(piece.text)
            yield _bare(before)
            continue
        if last is not None:
            last.closed = True
        by_stream[piece.stream] = opened = _Open(piece)
        waiting.append(opened)
        while waiting[0].closed or _settled(waiting[0], piece, len(waiting)):
            done = waiting.popleft()
            if by_stream.get(done.parts[0].stream) is done:
                del by_stream[done.parts[0].stream]
            yield done.line()
    for opened_line in waiting:
        yield opened_line.line()


def _settled(held: _Open, piece: Piece, waiting: int) -> bool:
    """Whether nothing can come any more that belongs to it."""
    if held.parts[0] is piece:
        return False
    at = held.parts[-1].at
    return waiting > _WAITING or (at is not None and piece.at is not None and piece.at < at - _APART)


class _Tail:
    """Lines that continue a line that was not read yet, the newest first."""

    __slots__ = ("at", "dropped", "grade", "in_csv", "in_key", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.at: float | None = None
        self.grade, self.dropped, self.in_key, self.in_csv = "", 0, False, False

    def add(self, line: Piece) -> None:
        if len(self.lines) < _MOST_LINES:
            self.lines.append(line.text)
        else:  # of a longer one the end is kept, and the line that is the first so far
            self.lines[-1] = line.text
            self.dropped += 1
        self.in_key = self.in_key or ends_key(line.text)
        self.in_csv = self.in_csv or (len(self.lines) == 1 and ends_csv(line.text))
        self.at = line.at if line.at is not None and not self.in_csv else self.at
        self.grade = line.grade or self.grade

    @property
    def first(self) -> str:
        """Its oldest line that is not empty."""
        return next((line for line in reversed(self.lines) if line.strip()), "")

    def takes(self, text: str) -> bool:
        """Whether a line lies within what the lines behind it end: a key, or a value of csvlog that is in quotes."""
        if self.in_csv:
            return text.count('"') % 2 == 0 and not begins_csv(text)
        return self.in_key and in_key(text) and not begins_key(text)

    def is_of_another(self, text: str) -> bool:
        """Whether the record of a line is another one, though these lines continue one."""
        if self.in_csv:  # the record begins with the line that opens the value
            return not self.takes(text) and not (begins_csv(text) and text.count('"') % 2)
        led = len(self.lines) > 1 and leads(self.lines[-1], self.lines[-2])
        return not self.in_key and not led and is_own(self.first, text)

    def is_apart(self, line: Piece) -> bool:
        """Whether it was written too long after a line to belong to it, as far as both say when."""
        return self.at is not None and line.at is not None and abs(self.at - line.at) > _APART

    def alone(self, source: str, stream: str) -> list[Record]:
        """A record of these lines alone; none of blank lines."""
        return [Record(self.at, source, self.text(), stream, self.grade, self.dropped)] if self.first else []

    def text(self, before: str | None = None) -> str:
        lines = list(reversed(self.lines))
        if self.dropped:
            lines.insert(1, f"... {self.dropped} lines left out ...")
        return "\n".join([before, *lines] if before is not None else lines)


def records(lines: Iterable[Piece], source: str) -> Iterator[Record]:
    """Records, the newest first: a line that begins one, with the lines that continue it.

    One that reports an error and says nothing is completed by what stands below it without a time or a level.
    """
    below: deque[Record] = deque()
    for record in _by_lines(lines, source):
        if below and says_nothing(record.text):
            near = [part for part in below if part.stream == record.stream and not _are_apart(part.at, record.at)]
            count = parts_below(record.text, [part.text for part in reversed(near)])
            parts = near[len(near) - count :]
            theirs = {id(part) for part in parts}
            yield from (part for part in below if id(part) not in theirs)
            below.clear()
            text = "\n".join([record.text, *(part.text for part in reversed(parts))])
            yield record._replace(text=text, dropped=record.dropped + sum(part.dropped for part in parts))
        elif may_be_below(record.text):
            below.append(record)
            if len(below) > _MOST_BELOW:
                yield below.popleft()
        else:
            if below:
                yield from below
                below.clear()
            yield record
    yield from below


def _are_apart(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) > _APART


def _by_lines(lines: Iterable[Piece], source: str) -> Iterator[Record]:
    """The same, each with the lines that continue one by themselves.

    While the beginning of one is looked for, what other streams wrote beside it waits, so that all leave by their time.
    """
    held: dict[str, _Tail] = {}
    beside: list[Record] = []
    for line, continues in _with_older(lines):
        if not held and not continues:
            yield Record(line.at, source, line.text, line.stream, line.grade)
            continue
        tail = held.get(line.stream)
        taken = tail is not None and tail.takes(line.text)
        for stream in [name for name, each in held.items() if _is_left(each, line, name, taken, len(beside))]:
            beside += held.pop(stream).alone(source, stream)
        tail = held.get(line.stream)
        if tail is not None and tail.is_of_another(line.text):
            beside += held.pop(line.stream).alone(source, line.stream)
            tail = None
        if continues or (tail is not None and taken):
            held.setdefault(line.stream, tail or _Tail()).add(line)
        else:
            text = held.pop(line.stream).text(line.text) if tail is not None else line.text
            dropped = tail.dropped if tail is not None else 0
            beside.append(Record(line.at, source, text, line.stream, line.grade, dropped))
        if beside and not held:
            yield from _by_time(beside)
            beside = []
    for stream, tail in held.items():
        beside += tail.alone(source, stream)  # its beginning lies before what was read
    yield from _by_time(beside)


def _with_older(lines: Iterable[Piece]) -> Iterator[tuple[Piece, bool]]:
    """Each line, and whether it continues an older one, as it says itself or as the line before it says."""
    newer: Piece | None = None
    behind = ""
    for line in lines:
        if newer is not None:
            joined = newer.stream == line.stream and joins(line.text, newer.text)
            led = behind[:1] in ("\t", " ") and leads(newer.text, behind)
            yield newer, joined or led or goes_on(newer.text)
            behind = newer.text
        newer = line
    if newer is not None:
        yield newer, goes_on(newer.text)


def _is_left(tail: _Tail, line: Piece, stream: str, taken: bool, beside: int) -> bool:
    """Whether the lines of a stream wait no longer; a date within a value of csvlog is not the time of a line."""
    if beside >= _BESIDE:
        return True
    return tail.is_apart(line) and not (taken and stream == line.stream)


def _by_time(unsorted: list[Record]) -> list[Record]:
    """The newest first; as they came where one does not say when."""
    if any(record.at is None for record in unsorted):
        return unsorted
    return sorted(unsorted, key=lambda record: -(record.at or 0.0))


def timed(untimed: Iterable[Record], otherwise: float) -> Iterator[Record]:
    """Each with a time. One that says none has that of the next older one, since programs write the time first; where
    none is older, or too much lies between, that of the next newer one. What is newer than all that say one may be as
    young as the file, and has the time that is given."""
    at: float | None = None
    waiting: list[Record] = []
    size = 0
    for record in untimed:
        if record.at is not None:
            yield from (each._replace(at=record.at) for each in waiting)
            waiting, size, at = [], 0, record.at
            yield record
        elif at is None:
            yield record._replace(at=otherwise)
        else:
            waiting.append(record)
            size += len(record.text)
            if len(waiting) >= _BESIDE or size >= _MOST_WAITING:
                yield from (each._replace(at=at) for each in waiting)
                waiting, size = [], 0
    yield from (each._replace(at=at) for each in waiting)
