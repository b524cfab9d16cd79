# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of a file that contain certain bytes, from its end; what does not contain them is not decoded. I/O.

Around each place the lines of its record are read: back to the line that begins it, on to the next one that begins
another, and to one that says when, so that records are put together as if everything had been read.
"""

from __future__ import annotations

import os
from typing import BinaryIO, Callable, Iterator, NamedTuple

from ..assembly import Piece
from ..continuation import (
    begins_csv,
    begins_key,
    ends_key,
    goes_on,
    is_below,
    is_key_body,
    joins,
    leads,
    may_lead,
    says_nothing,
)  # fmt: skip
from ..prefilter import Needle, has_colours, has_parts
from .backwards import Line, Truncated, lines_backwards, lines_forwards

_CHUNK = 256 * 1024  # bytes that fit into a processor's cache
_LARGEST = 64 * 1024 * 1024
_MOST_PLACES = 150  # in a chunk; of more all of it is decoded
_MOST_LINES = 600  # beside a place
_NEAR = 64 * 1024  # bytes that are read beside it at first
_LONG = 16 * 1024  # bytes of a line that the engine splits: what is looked for may lie in two pieces
_HEAD = 400  # bytes in which it is seen how a line begins
_BELOW = 8 * 1024  # bytes before a place in which a record may be whose message is below it
_SAYS_NOTHING = (b":\n", b": \n", b":\r\n", b": \r\n", b"]\n", b"] \n", b':\\n"', b': \\n"', b']\\n"', b'] \\n"')
_MOST_BELOW = 200  # lines of such a message
_APART = 2.0  # seconds that lines of one record are apart at most
Decode = Callable[[bytes], Piece]


def lines_with(
    file: BinaryIO,
    start: int,
    end: int,
    needle: Needle,
    decode: Decode,
    scan: Callable[[int], bool],
    unwraps: bool = False,
) -> Iterator[Line]:
    """Lines of [start, end), the last first, of records that may contain the needle; ``scan`` as in lines_backwards.

    ``unwraps``: what ``decode`` returns may lack colours, and be one of several pieces of a line.
    """
    at = low = end  # ``low``: where what was returned begins
    more = True
    csv = _is_csv(file, decode)
    while at > start and more:
        begin, data = _chunk(file, start, at)
        lines = begin - (at - len(data))  # the place in ``data`` where its first whole line begins
        more = scan(len(data) - lines)
        in_parts = _has_long(data) or (unwraps and has_parts(data))
        places = None if in_parts else needle.places(data, _MOST_PLACES, lines, unwraps and has_colours(data))
        for first, last in _windows(_Part(file, begin, at, start, end, decode, csv), data, lines, places):
            stop = min(last, low)
            if first < stop:
                yield from lines_backwards(file, first, stop)
                low = first
        at = min(begin, low)


def _chunk(file: BinaryIO, start: int, at: int) -> tuple[int, bytes]:
    """What ends at a place, and where the first whole line in it begins in the file."""
    size = _CHUNK
    while True:
        begin = max(start, at - size)
        data = os.pread(file.fileno(), at - begin, begin)
        if len(data) < at - begin:
            raise Truncated(at)
        place = data.find(b"\n") + 1 if begin > start else 0
        if begin == start or 0 < place < len(data):
            return begin + place, data
        if size >= _LARGEST:
            return begin, data  # what has no line feed is no log
        size *= 4


class _Part(NamedTuple):
    """A part of a file, from ``begin`` to ``at``, of what is looked through, from ``start`` to ``end``.

    ``csv``: it is one of csvlog, in which a value may have any lines.
    """

    file: BinaryIO
    begin: int
    at: int
    start: int
    end: int
    decode: Decode
    csv: bool = False


def _windows(part: _Part, data: bytes, lines: int, places: list[int] | None) -> Iterator[tuple[int, int]]:
    """Ranges of the file to decode, the last first; ``places``: in ``data``, None for all of it."""
    origin = part.begin - lines
    file, decode = part.file, part.decode
    if places is None:
        begin = _begin_of_csv(part, part.begin) if part.csv else _begin_of(file, part.begin, part.start, decode)
        yield begin, _end_of_csv(part, part.at) if part.csv else _end_of(file, part.at, part.end, decode)
        return
    done = part.at + 1
    for place in reversed(places):
        line = origin + data.rfind(b"\n", 0, place) + 1
        if line >= done:
            continue  # in the part before it
        after = data.find(b"\n", place)
        stop = origin + after + 1 if after >= 0 else part.at
        first = _begin_of_csv(part, line) if part.csv else _begin_of(file, line, part.start, decode, stop)
        yield first, _end_of_csv(part, stop) if part.csv else _end_of(file, stop, part.end, decode, line)
        done = first


def begin_of_record(file: BinaryIO, at: int, start: int, end: int, decode: Decode) -> int:
    """Where the record begins that goes on behind a place, at which a line begins; from ``start`` on."""
    if _is_csv(file, decode):
        return _begin_of_csv(_Part(file, start, at, start, end, decode, True), at)
    return _begin_of(file, at, start, decode)


def _is_csv(file: BinaryIO, decode: Decode) -> bool:
    return begins_csv(decode(os.pread(file.fileno(), _HEAD, 0).partition(b"\n")[0]).text)


def _begin_of_csv(part: _Part, line: int) -> int:
    """Where the record of csvlog begins to which a line belongs."""
    here = next(lines_forwards(part.file, line, min(line + _NEAR, part.end)), Line(line, b""))
    if begins_csv(part.decode(here.text[:_HEAD]).text):
        return line
    first = line
    for number, earlier in enumerate(lines_backwards(part.file, part.start, line)):
        if number > _MOST_LINES:
            break
        first = earlier.start
        if begins_csv(part.decode(earlier.text[:_HEAD]).text):
            break
    return first


def _end_of_csv(part: _Part, stop: int) -> int:
    """Where the next record of csvlog begins, from a place on."""
    for number, later in enumerate(lines_forwards(part.file, stop, part.end)):
        if number > _MOST_LINES or begins_csv(part.decode(later.text[:_HEAD]).text):
            return later.start
    return part.end


def _has_long(data: bytes) -> bool:
    place = 0
    while len(data) - place > _LONG:
        line_feed = data.rfind(b"\n", place, place + _LONG)
        if line_feed < 0:
            return True
        place = line_feed + 1
    return False


def _begin_of(file: BinaryIO, line: int, start: int, decode: Decode, stop: int = 0) -> int:
    """Where the record begins to which the line from ``line`` to ``stop`` belongs: before it, of the same stream."""
    here = next(lines_forwards(file, line, stop if stop > line else line + _NEAR), Line(line, b""))
    after = stop if stop > line else line + len(here.text) + 1
    newer = decode(here.text)
    first, behind = line, decode(next(lines_forwards(file, after, after + _NEAR), Line(after, b"")).text).text
    for number, earlier in enumerate(lines_backwards(file, start, line)):
        piece = decode(earlier.text)
        if number > _MOST_LINES or _is_apart(piece, newer):
            break
        goes_back = _continues(newer.text) or leads(newer.text.rstrip("\r\n"), behind)
        if piece.stream != newer.stream:
            if not goes_back:
                break
            first = earlier.start
            continue
        if not goes_back and not joins(piece.text, newer.text) and piece.text[-1:] == "\n":
            break
        first, newer, behind = earlier.start, piece, newer.text
    above = _above(file, first, newer, start, decode)
    return _begin_of(file, above, start, decode) if above < first else first


def _above(file: BinaryIO, line: int, below: Piece, start: int, decode: Decode) -> int:
    """Where the line is whose message the line at a place may be a part of; the same place for none."""
    if not is_below(below.text) or says_nothing(below.text):
        return line
    begin = max(start, line - _BELOW)
    if not any(sign in os.pread(file.fileno(), line - begin, begin) for sign in _SAYS_NOTHING):
        return line
    for number, earlier in enumerate(lines_backwards(file, begin, line)):
        piece = decode(earlier.text)
        if number > _MOST_BELOW or _is_apart(piece, below):
            break
        if piece.stream != below.stream:
            continue
        if says_nothing(piece.text):
            return earlier.start
        if piece.text.strip() and not is_below(piece.text):
            break
    return line


def _end_of(file: BinaryIO, stop: int, end: int, decode: Decode, line: int = -1) -> int:
    """Where the record ends to which the line before a place belongs, and a line that says when is behind it."""
    last: Piece | None = decode(next(lines_forwards(file, line, stop)).text) if 0 <= line < stop else None
    place, ended = stop, False
    for number, later in enumerate(lines_forwards(file, stop, min(end, stop + _NEAR))):
        piece = decode(later.text)
        if number > _MOST_LINES or _is_apart(last, piece):
            break
        other = last is not None and piece.stream != last.stream
        if not other:
            before = last.text if last is not None else "\n"
            joined = _continues(piece.text) or joins(before, piece.text) or before[-1:] != "\n"
            joined = joined or may_lead(piece.text.rstrip("\r\n"))
            joined = joined or (number < _MOST_BELOW and not ended and is_below(piece.text))
            ended = ended or not joined
            last = piece
        place = later.start + len(later.text) + 1
        # Behind a line to which any other belongs more of its record is read, or the next range would seem to be it.
        if ended and piece.at is not None and not (says_nothing(piece.text) or joins(piece.text.rstrip(), "x")):
            break
    return min(place, end)


def _is_apart(older: Piece | None, newer: Piece | None) -> bool:
    if older is None or newer is None or older.at is None or newer.at is None:
        return False
    return abs(newer.at - older.at) > _APART


def _continues(text: str) -> bool:
    line = text.rstrip("\r\n")
    return goes_on(line) or is_key_body(line) or begins_key(line) or ends_key(line)
