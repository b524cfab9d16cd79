# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logs of the engine's `local` driver: records between two lengths, so that they are read from the end. Pure.

A record is its length (four bytes, big endian), a protobuf message, and the length again (moby, daemon/logger/local).
The message has 1: source, 2: time in nanoseconds, 3: the line without its end, 4: whether it goes on.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator

from .log_assembly import Piece

Read = Callable[[int, int], bytes]  # number of bytes, place
_FRAME = 4
_LONGEST = 16 * 1024 * 1024


def records_backwards(read: Read, end: int) -> Iterator[tuple[int, bytes]]:
    """(place, message) of each whole record, the newest first. What is torn at the end is left out."""
    at = _last_whole(read, end)
    while at >= 2 * _FRAME:
        size = int.from_bytes(read(_FRAME, at - _FRAME), "big")
        start = at - size - 2 * _FRAME
        if start < 0 or int.from_bytes(read(_FRAME, start), "big") != size:
            return  # no log of this driver, or one whose beginning is damaged
        yield start, read(size, start + _FRAME)
        at = start


def _last_whole(read: Read, end: int) -> int:
    """The end of the last whole record: mostly the end of the file, else found by counting from its beginning."""
    if end >= 2 * _FRAME:
        size = int.from_bytes(read(_FRAME, end - _FRAME), "big")
        start = end - size - 2 * _FRAME
        if start >= 0 and int.from_bytes(read(_FRAME, start), "big") == size:
            return end
    at = 0
    while at + _FRAME <= end:
        size = int.from_bytes(read(_FRAME, at), "big")
        after = at + size + 2 * _FRAME
        if size > _LONGEST or after > end or int.from_bytes(read(_FRAME, after - _FRAME), "big") != size:
            break
        at = after
    return at


def piece_of(message: bytes) -> Piece:
    """One message; a line that goes on has no line feed."""
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
    found: dict[int, Any] = {}
    at = 0
    try:
        while at < len(message):
            key, at = _number(message, at)
            if key & 7 == 0:
                found[key >> 3], at = _number(message, at)
            elif key & 7 == 2:
                size, at = _number(message, at)
                found[key >> 3], at = message[at : at + size], at + size
            else:
                at += {1: 8, 5: 4}[key & 7]
    except (IndexError, KeyError):
        pass  # torn, or rubbish: what was read so far counts
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
