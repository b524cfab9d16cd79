"""The logs of the engine's local driver: read from the end, whole or damaged."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import Piece
from ansible_collections.pafar.runbook.plugins.module_utils._logs.local_driver import piece_of, records_backwards


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def local(text, nanoseconds, goes_on=False):
    """One record as the engine's driver writes it."""
    body = b"\x0a" + varint(6) + b"stdout" + b"\x10" + varint(nanoseconds)
    body += b"\x1a" + varint(len(text)) + text + (b"\x20\x01" if goes_on else b"")
    return len(body).to_bytes(4, "big") + body + len(body).to_bytes(4, "big")


def pieces_of(data):
    found = records_backwards(lambda size, at: data[at : at + size], len(data))
    return [piece_of(message) for dummy, message in found]


def test_the_local_driver_is_read_from_its_end():
    data = local(b"first", 10**18) + local(b"second", 10**18 + 5 * 10**8, True) + local(b"\xff third", 10**18 + 10**9)
    assert pieces_of(data) == [
        Piece(1e9 + 1, "stdout", "\ufffd third\n"),
        Piece(1e9 + 0.5, "stdout", "second"),
        Piece(1e9, "stdout", "first\n"),
    ]
    torn = data + local(b"is being written", 10**18)[:-3]
    assert pieces_of(torn) == pieces_of(data)


def test_what_is_damaged_in_a_local_log_is_passed_over_and_said():
    whole = [local(f"line {number}".encode(), 10**18 + number * 10**9) for number in range(2000)]
    data = bytearray(b"".join(whole))
    place = len(b"".join(whole[:1000]))
    data[place : place + 3000] = bytes(3000)
    noted: list[str] = []
    found = [
        piece_of(message).text.strip()
        for dummy, message in records_backwards(
            lambda size, at: bytes(data[at : at + size]), len(data), lambda: True, noted.append
        )
    ]
    assert found[0] == "line 1999"
    assert found[-1000:] == [f"line {number}" for number in range(999, -1, -1)]
    assert len(found) > 1900
    assert "are damaged" in noted[0]


def test_a_torn_end_of_a_local_log_hides_nothing_before_it():
    whole = b"".join(local(b"x" * 300, 10**18 + number) for number in range(3000))
    torn = whole + local(b"is being written", 10**18)[:-5]
    assert len(pieces_of(torn)) == 3000


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_local_log_cut_anywhere_breaks_nothing(cut):
    data = local(b"one", 10**18) + local(b"two", 10**18)
    told = pieces_of(data[: len(data) - cut] + b"\0" * (cut % 3))
    assert all(piece.text in ("one\n", "two\n", "\n") for piece in told)


def test_fields_of_other_kinds_are_passed_over():
    """Fixed 64 and 32 bits (wire types 1 and 5) and an unknown number of bytes, before the line."""
    message = b"\x49" + bytes(8) + b"\x55" + bytes(4) + b"\x3a\x02ab" + b"\x1a\x04line"
    assert piece_of(message) == Piece(None, "", "line\n")


@pytest.mark.parametrize("message", [b"", b"\x1b", b"\x80", b"\x1a"])
def test_a_message_without_a_whole_field_is_an_empty_line(message):
    assert piece_of(message) == Piece(None, "", "\n")


@pytest.mark.parametrize("size", [0, 16 * 1024 * 1024 + 1])
def test_a_length_that_no_record_has_is_not_followed(size):
    frame = size.to_bytes(4, "big")
    data = local(b"first", 10**18) + frame + b"x" * 20 + frame
    assert [piece.text for piece in pieces_of(data)] == ["first\n"]


def test_the_search_behind_damage_stops_when_its_time_is_over():
    data = local(b"first", 10**18) + b"x" * 1000
    notes: list[str] = []
    messages = list(records_backwards(lambda size, at: data[at : at + size], len(data), lambda: False, notes.append))
    assert messages == []
    assert notes == [f"bytes 0 to {len(data)} hold no record: they are damaged"]
