# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logs of the engine's `local` driver: records between two lengths, so that they are read from the end. Pure.

A record is its length (four bytes, big endian), a protobuf message, and the length again (moby, daemon/logger/local).
The message has 1: source, 2: time in nanoseconds, 3: the line without its end, 4: whether it continues.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator

from .assembly import Piece

Read = Callable[[int, int], bytes]  # number of bytes, place
_FRAME = 4
_LONGEST = 16 * 1024 * 1024
_WINDOW = 64 * 1024  # bytes that are looked through at a time


def records_backwards(
    read: Read,
    end: int,
    go_on: Callable[[], bool] = lambda: True,
    note: Callable[[str], None] = lambda dummy: None,
) -> Iterator[tuple[int, bytes]]:
    """(place, message) of each whole record, the newest first.

    What is torn or damaged is passed over and noted, unless it is the last record, which is being written.
    """
    at = end
    while at > 0:
        start = _whole_before(read, at)
        if start is None:
            record_end = _record_end_before(read, at, go_on)
            if record_end <= 0 or at < end or at - record_end > _LONGEST:
                note(f"bytes {record_end} to {at} hold no record: they are damaged")
            at = record_end
            continue
        yield start, read(at - start - 2 * _FRAME, start + _FRAME)
        at = start


def _whole_before(read: Read, at: int) -> int | None:
    """Where the record begins that ends there; None where none does."""
    if at < 2 * _FRAME:
        return None
    size = int.from_bytes(read(_FRAME, at - _FRAME), "big")
    start = at - size - 2 * _FRAME
    whole = 0 < size <= _LONGEST and start >= 0 and int.from_bytes(read(_FRAME, start), "big") == size
    return start if whole else None


def _record_end_before(read: Read, at: int, go_on: Callable[[], bool]) -> int:
    """The end of the last whole record before a damaged place: of one behind another, so that chance deceives none."""
    high = at
    while high > 2 * _FRAME and go_on():
        low = max(0, high - _WINDOW)
        data = read(high - low, low)
        for place in range(len(data) - 1, _FRAME - 1, -1):
            size = int.from_bytes(data[place - _FRAME : place], "big")
            if not 0 < size <= _LONGEST or low + place - size - 2 * _FRAME < 0:
                continue
            start = _whole_before(read, low + place)
            if start is not None and (start == 0 or _whole_before(read, start) is not None):
                return low + place
        high = low + _FRAME if low else 0
    return 0


def piece_of(message: bytes) -> Piece:
    """One message; a line that continues has no line feed."""
    fields = _fields(message)
    text = fields.get(3, b"").decode("utf-8", "replace")
    at = fields.get(2)
    return Piece(
        at / 1e9 if isinstance(at, int) else None,
        fields.get(1, b"").decode("utf-8", "replace"),
        text if fields.get(4) else text + "\n",
    )


def _fields(message: bytes) -> dict[int, Any]:
    """The fields of a protobuf message by number: whole numbers and bytes; of others nothing is known here."""
    fields: dict[int, Any] = {}
    at = 0
    try:
        while at < len(message):
            key, at = _number(message, at)
            if key & 7 == 0:
                fields[key >> 3], at = _number(message, at)
            elif key & 7 == 2:
                size, at = _number(message, at)
                fields[key >> 3], at = message[at : at + size], at + size
            else:
                at += {1: 8, 5: 4}[key & 7]
    except (IndexError, KeyError):
        pass  # torn, or rubbish: what was read so far counts
    return fields


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
