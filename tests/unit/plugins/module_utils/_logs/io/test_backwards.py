"""Reading a file from its end gives what reading it from its beginning gives, whatever is in it."""

from __future__ import annotations

import os
import random

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io import backwards, places
from hypothesis import given, settings
from hypothesis import strategies as st


def both(path, start=0):
    with open(path, "rb") as file:
        end = backwards.whole_end(file, backwards.size_of(file))
        return list(backwards.lines_backwards(file, start, end)), list(backwards.lines_forwards(file, start, end))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=3000), st.sampled_from([1, 2, 3, 7, 64, 4096]))
def test_any_bytes_at_all(tmp_path_factory, data, block):
    path = tmp_path_factory.mktemp("any") / "log"
    path.write_bytes(data)
    original, backwards.BLOCK = backwards.BLOCK, block
    try:
        last_first, first_first = both(path)
    finally:
        backwards.BLOCK = original
    assert last_first[::-1] == first_first
    whole = data[: data.rfind(b"\n") + 1]
    assert [line.text for line in first_first] == [part.rstrip(b"\r\n") for part in whole.split(b"\n")[:-1]]
    assert all(data[line.start : line.start + len(line.text)] == line.text for line in first_first)


@pytest.mark.parametrize("seed", range(5))
def test_the_place_of_a_moment(tmp_path, seed):
    path, chance = tmp_path / "log", random.Random(seed)
    lines = []
    for number in range(60_000):
        filler = "x" * chance.randrange(40)
        lines.append(f"{number:09d} {filler}\n" if chance.random() > 0.1 else f"  goes on {filler}\n")
    path.write_text("".join(lines))

    def time_at(text):
        return float(text[:9]) if text[:9].isdigit() else None

    with open(path, "rb") as file:
        end = backwards.size_of(file)
        for since in (0, 1, 5_000, 31_337, 59_999, 70_000):
            place = places.place_of(file, end, since, time_at)
            found = [line.text for line in backwards.lines_forwards(file, place, end)]
            times = [time_at(text) for text in found if time_at(text) is not None]
            wanted = [float(line[:9]) for line in lines if line[:9].isdigit() and int(line[:9]) >= since]
            assert [at for at in times if at >= since] == wanted
            assert len(found) < 5_000 + len(wanted) * 1.3


def test_a_clock_that_was_set_back_hides_nothing(tmp_path):
    """Two hours of lines, then the clock goes back one hour and goes on: what is younger lies on both sides."""
    path = tmp_path / "log"
    times = [*range(72_000), *range(36_000, 90_000)]
    path.write_text("".join(f"{at:09d} {number:09d} some words to fill the line\n" for number, at in enumerate(times)))

    def time_at(text):
        return float(text[:9]) if text[:9].isdigit() else None

    with open(path, "rb") as file:
        end = backwards.size_of(file)
        for since in (30_000, 50_000, 71_000, 80_000):
            place = places.place_of(file, end, since, time_at)
            found = [int(line.text[10:19]) for line in backwards.lines_forwards(file, place, end)]
            wanted = [number for number, at in enumerate(times) if at >= since]
            assert set(wanted) <= set(found)


def test_a_file_that_shrinks_says_where(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"%07d\n" % number for number in range(40_000)))
    with open(path, "rb") as file:
        reading = backwards.lines_backwards(file, 0, 320_000)
        told = [next(reading)]
        os.truncate(path, 0)
        with pytest.raises(backwards.Truncated) as shrunk:
            told.extend(reading)
        assert shrunk.value.end == told[-1].start


def test_reading_stops_when_it_is_enough(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"x" * 99 + b"\n" + b"".join(b"%07d\n" % number for number in range(40_000)))
    with open(path, "rb") as file:
        told = list(backwards.lines_backwards(file, 0, 320_100, lambda dummy: False))
    assert told[0].text == b"0039999"
    assert backwards.BLOCK // 8 - 2 <= len(told) <= backwards.BLOCK // 8


def test_a_line_without_an_end_costs_no_memory(tmp_path):
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"first\n" + b"x" * 50_000_000 + b"\nlast\n")
    with open(path, "rb") as file:
        told = list(backwards.lines_backwards(file, 0, backwards.size_of(file)))
    assert [len(line.text) for line in told] == [4, backwards.LONGEST_LINE, 5]


@pytest.mark.parametrize("hole", [1, 1000, backwards.BLOCK, backwards.LONGEST_LINE + 9, 3_000_000])
def test_the_line_behind_a_hole_is_read(tmp_path, hole):
    """A log that was truncated under a writer that does not append: zero bytes, then its next line."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"first\n")
        file.seek(hole, 1)
        file.write(b"behind the hole\nlast\n")
    with open(path, "rb") as file:
        told = list(backwards.lines_backwards(file, 0, backwards.size_of(file)))
        forwards = list(backwards.lines_forwards(file, 0, backwards.size_of(file)))
    assert [line.text.lstrip(b"\0") for line in told] == [b"last", b"behind the hole", b"first"]
    assert [line.text.lstrip(b"\0") for line in forwards] == [b"first", b"behind the hole", b"last"]
    assert told[1].start == 6


@pytest.mark.parametrize("at", [0.02, 0.1, 0.3, 0.5, 0.8])
def test_an_hour_that_a_clock_gives_twice_is_found_wherever_it_lies(tmp_path, at):
    """A week of lines, a second apart; at some moment the clock goes back one hour."""
    path, jump = tmp_path / "log", int(604_800 * at) + 7200
    times = [*range(jump), *range(jump - 3600, 604_800)]
    path.write_text("".join(f"{at:09d} {'x' * 17}\n" for at in times))

    def time_at(text):
        return float(text[:9]) if text[:9].isdigit() else None

    first = {since: times.index(since) * 28 for since in range(jump - 3500, jump - 200, 300)}
    with open(path, "rb") as file:
        end = backwards.size_of(file)
        lost = [since for since, byte in first.items() if places.place_of(file, end, since, time_at) > byte]
    assert lost == []
