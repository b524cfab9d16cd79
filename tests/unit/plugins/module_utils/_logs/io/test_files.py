"""Logs in files: what a plain scan from the beginning finds is found from the end, whatever happens meanwhile."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import shutil
import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import Zone
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io import backwards
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io import files as log_files
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.files import DOCKER, newest_first, text_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits, Tally
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.rotated import ReadFiles, family
from hypothesis import given, settings
from hypothesis import strategies as st

PLAIN = text_of(Zone(0.0, time.time()))


def tally(most=10**9, seconds=60.0):
    return Tally("log", "", "", Limits(most, time.monotonic() + seconds))


def stamped(number, at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) + f" line {number}\n"


def told(path, since=0.0, form=PLAIN, counted=None):
    return [piece.text for piece in newest_first(str(path), since, form, counted or tally())]


def fill(path, numbers, start):
    path.write_text("".join(stamped(number, start + number) for number in numbers))


def pack(path, packed):
    with path.open("rb") as source, gzip.open(packed, "wb") as target:
        shutil.copyfileobj(source, target)
    path.unlink()


@pytest.fixture
def rotated(tmp_path):
    """300 lines, one a second up to now: a log, one that was rotated out of it, and a packed one."""
    start = time.time() - 300
    fill(tmp_path / "old", range(100), start)
    pack(tmp_path / "old", tmp_path / "log.2.gz")
    fill(tmp_path / "log.1", range(100, 200), start)
    fill(tmp_path / "log", range(200, 300), start)
    return tmp_path / "log", start


def numbers(lines):
    return [int(line.split()[2]) for line in lines]


def test_rotated_and_packed_files_belong_to_it(rotated):
    path, dummy = rotated
    (path.parent / "log.txt").write_text("another\n")
    assert [one.rpartition("/")[2] for one in family(str(path))] == ["log", "log.1", "log.2.gz"]
    assert numbers(told(path)) == list(range(299, -1, -1))


def test_reading_ends_where_the_time_begins(rotated):
    path, start = rotated
    counted = tally()
    found = numbers(told(path, start + 150 + log_files.MARGIN, counted=counted))
    assert found[0] == 299
    assert set(range(210, 300)) <= set(found)


@pytest.mark.parametrize(("back", "rotations"), [(7200, 1), (7200, 3), (5400, 6), (3 * 7200, 4)])
def test_a_clock_that_was_set_back_before_several_rotations(tmp_path, back, rotations):
    """What was written before that is the youngest by its own times, and stands in the oldest file."""
    now = time.time()
    fill(tmp_path / f"log.{rotations}", range(100), now - 200)
    with (tmp_path / f"log.{rotations}").open("a") as file:
        file.write(stamped(100, now - back))
    os.utime(tmp_path / f"log.{rotations}", (now - back,) * 2)
    for age in range(rotations):
        path = tmp_path / (f"log.{age}" if age else "log")
        fill(path, range(200, 220), now - back + 200 * (rotations - age))
        os.utime(path, (now - back + 220 * (rotations - age),) * 2)
    found = numbers(told(tmp_path / "log", now - 150))
    assert set(range(50, 100)) <= set(found)
    pack(tmp_path / f"log.{rotations}", tmp_path / f"log.{rotations}.gz")
    os.utime(tmp_path / f"log.{rotations}.gz", (now - back,) * 2)
    assert set(range(50, 100)) <= set(numbers(told(tmp_path / "log", now - 150)))


@pytest.mark.parametrize("width", [10, 150, 900, 5000])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_the_youngest_lines_stand_in_the_middle_of_a_file(tmp_path, width, share):
    """The clock was set back by two hours: the file was written last long before its youngest lines say."""
    now, turn, path = time.time(), int(600 * share), tmp_path / "log"
    times = [now - 50_000 * (1 - number / turn) if number < turn else now - 7200 + number for number in range(600)]
    path.write_text("".join(stamped(f"{number} {'x' * width}", at) for number, at in enumerate(times)))
    os.utime(path, (times[-1],) * 2)
    found = numbers(told(path, now - 100))
    assert {number for number in range(turn) if times[number] >= now - 100} <= set(found)


def test_dates_in_names(tmp_path):
    start = time.time() - 300
    for place, name in enumerate(["log-20261101.gz", "log-20261102.gz", "log"]):
        fill(tmp_path / "x", range(100 * place, 100 * place + 100), start)
        if name.endswith(".gz"):
            pack(tmp_path / "x", tmp_path / name)
        else:
            (tmp_path / "x").rename(tmp_path / name)
    assert numbers(told(tmp_path / "log")) == list(range(299, -1, -1))


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["log.2026-11-01", "log.2026-11-02"], id="Python, by day"),
        pytest.param(["log.2026-11-01_22", "log.2026-11-02_03"], id="Python, by hour"),
        pytest.param(["log-20261101_22.xz", "log-20261102_03"], id="logrotate, by hour, xz"),
        pytest.param(["log.2.bz2", "log.1"], id="bz2"),
        pytest.param(["log-20261102-1793000000.gz", "log-20261102-1793000900.gz"], id="logrotate, with seconds"),
    ],
)
def test_every_way_to_name_what_was_rotated_out(tmp_path, names):
    start = time.time() - 300
    for place, name in enumerate([*names, "log"]):
        fill(tmp_path / "x", range(100 * place, 100 * place + 100), start)
        data = (tmp_path / "x").read_bytes()
        (tmp_path / "x").unlink()
        pack_as = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}.get(name.rpartition(".")[2], bytes)
        (tmp_path / name).write_bytes(pack_as(data))
    counted = tally()
    assert numbers(told(tmp_path / "log", counted=counted)) == list(range(299, -1, -1))
    assert counted.left_out == []


def test_what_python_cannot_unpack_is_said(rotated):
    path, dummy = rotated
    (path.parent / "log.3.zst").write_bytes(b"(\xb5/\xfd")
    counted = tally()
    assert len(told(path, counted=counted)) == 300
    assert "log.3.zst could not be unpacked" in counted.left_out[0]


@pytest.mark.parametrize("form", [DOCKER, PLAIN])
def test_a_log_of_long_lines_is_known_again_by_its_first(tmp_path, form):
    """Its first line is longer than what most are known by."""
    path, start = tmp_path / "log", time.time() - 300

    def line(number):
        text = stamped(number, start + number).strip() + " " + "x" * 600 + "\n"
        return as_docker(text, start + number) if form is DOCKER else text

    path.write_text("".join(line(number) for number in range(300)))
    reading = newest_first(str(path), 0.0, form, tally())
    found = [next(reading).text for dummy in range(50)]
    path.rename(tmp_path / "log.1")
    pack(tmp_path / "log.1", tmp_path / "log.1.gz")
    path.write_text(line(999))
    found += [piece.text for piece in reading]
    assert [number for number in numbers(found) if number != 999] == list(range(299, -1, -1))


def test_a_file_that_was_read_keeps_its_number(tmp_path):
    seen = ReadFiles()
    path = tmp_path / "log"
    path.write_text(stamped(1, time.time()))
    with path.open("rb") as file:
        seen.add(file, 10, PLAIN.time_at)
    path.unlink()
    for number in range(50):
        (tmp_path / f"other-{number}").write_text("x\n")
        with (tmp_path / f"other-{number}").open("rb") as file:
            assert not seen.has(file)
    seen.close()


def test_behind_a_torn_line_the_next_is_told(tmp_path):
    at = time.time() - 10
    path = tmp_path / "x-json.log"
    path.write_text(as_docker("one\n", at) + '{"log":"torn by a full di' + as_docker("two\n", at + 1))
    found = list(newest_first(str(path), 0.0, DOCKER, tally()))
    assert [piece.text for piece in found] == ['{"log":"torn by a full ditwo\n', "one\n"], "nothing of either is lost"
    assert found[0].at == pytest.approx(at + 1, abs=1e-3)


def test_many_sources_keep_no_more_than_few():
    assert Limits(1, 1.0, sources=1).share == Limits(1, 1.0, sources=2).share == 8 * 2**20
    assert all(Limits(1, 1.0, sources=number).share * number <= 32 * 2**20 for number in range(1, 200))


@pytest.mark.parametrize("kind", ["rename", "copy and truncate", "pack", "rename twice", "truncate"])
@pytest.mark.parametrize("after", [0, 1, 50, 99, 100, 150, 250])
def test_rotation_while_reading_neither_loses_nor_doubles(rotated, kind, after, monkeypatch):
    path, dummy = rotated
    monkeypatch.setattr(backwards, "BLOCK", 200)
    counted = tally()
    reading = newest_first(str(path), 0.0, PLAIN, counted)
    found = [next(reading).text for dummy2 in range(after)]
    folder = path.parent
    if kind == "truncate":
        os.truncate(path, 0)
    else:
        for dummy2 in range(2 if kind == "rename twice" else 1):
            for place in (3, 2):
                if (folder / f"log.{place}.gz").exists():
                    (folder / f"log.{place}.gz").rename(folder / f"log.{place + 1}.gz")
            if (folder / "log.1").exists():
                pack(folder / "log.1", folder / "log.2.gz")
            if kind == "copy and truncate":
                shutil.copy(path, folder / "log.1")
                os.truncate(path, 0)
            else:
                path.rename(folder / "log.1")
                path.write_text(stamped(999, time.time()))
        if kind == "pack":
            pack(folder / "log.1", folder / "log.1.gz")
    found += [piece.text for piece in reading]
    seen = [number for number in numbers(found) if number != 999]
    assert len(seen) == len(set(seen))
    if kind == "truncate" and after < 100:
        lost = set(range(300)) - set(seen)
        assert after == 0 or not lost or "truncated" in " ".join(counted.left_out)
        assert len(lost) <= 100
        assert set(range(200)) <= set(seen)
    else:
        assert seen == list(range(299, -1, -1))


def test_limits_are_kept_and_told(rotated, monkeypatch):
    path, dummy = rotated
    monkeypatch.setattr(backwards, "BLOCK", 200)
    counted = tally(most=1000)
    found = numbers(told(path, counted=counted))
    assert found == list(range(299, 299 - len(found), -1))
    assert counted.scanned < 1400
    assert "before byte" in counted.left_out[0]


def test_what_cannot_be_unpacked_is_told(rotated):
    path, dummy = rotated
    packed = path.parent / "log.2.gz"
    packed.write_bytes(packed.read_bytes()[:200])
    counted = tally()
    found = numbers(told(path, counted=counted))
    assert set(range(100, 300)) <= set(found)
    assert "could not be unpacked" in counted.left_out[0]


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\0" * 5000, b"\0" * 10**6, b"\0\xef\xbb\xbf"])
@pytest.mark.parametrize("line", ["2026-11-24 02:40:04 ERROR x", '{"time":"2026-11-24T02:40:04Z","level":"error"}'])
def test_what_stands_before_the_text_of_a_file_is_no_part_of_its_first_line(tmp_path, before, line):
    path = tmp_path / "log"
    path.write_bytes(before + line.encode() + b"\n")
    (piece,) = newest_first(str(path), 0.0, PLAIN, tally())
    assert (piece.at, piece.text) == (1795488004.0, line + "\n")


def test_a_torn_last_line_is_left_to_its_writer(tmp_path):
    path = tmp_path / "log"
    path.write_text(stamped(1, time.time()) + "2026-11-24T00:00:00Z line 2 is being wri")
    assert numbers(told(path)) == [1]
    os.utime(path, (0, time.time() - 3600))
    assert len(told(path)) == 2


def as_docker(text, at, stream="stdout"):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1e9):09d}Z"
    return json.dumps({"log": text, "stream": stream, "time": stamp}, separators=(",", ":")) + "\n"


def test_a_line_that_the_engine_split_is_one(tmp_path):
    at = time.time() - 10
    path = tmp_path / "x-json.log"
    wrote = [
        ("a" * 16384, "stdout"),
        ("error\n", "stderr"),
        ("b" * 16384, "stdout"),
        ("end\n", "stdout"),
        ("on\n", "stderr"),
    ]
    path.write_text("".join(as_docker(text, at, stream) for text, stream in wrote))
    lines = [line.text for line in whole_lines(newest_first(str(path), 0.0, DOCKER, tally()))]
    assert sorted(len(line) for line in lines) == [2, 5, 2 * 16384 + 3]


def test_a_stream_that_is_silent_holds_up_nobody(tmp_path):
    """One line of stderr in front of many of stdout comes first, and not when the next of stderr is met."""
    at = time.time() - 1000
    path = tmp_path / "x-json.log"
    with path.open("w") as file:
        for number in range(1000):
            file.write(as_docker(f"out {number}\n", at + number))
        file.write(as_docker("err\n", at + 1000, "stderr"))
    lines = whole_lines(newest_first(str(path), 0.0, DOCKER, tally()))
    assert [next(lines).text for dummy in range(3)] == ["err", "out 999", "out 998"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=400), max_size=30), st.integers(0, 3000), st.sampled_from([DOCKER, PLAIN]))
def test_rubbish_breaks_nothing(tmp_path_factory, lines, cut, form):
    """Random bytes among good lines, cut anywhere: every good line in front of the cut is told, once, in order."""
    path = tmp_path_factory.mktemp("fuzz") / "log"
    now, good, data = time.time() - 100, [], b""
    for number, rubbish in enumerate(lines):
        text = f"line {number}"
        line = as_docker(text + "\n", now) if form is DOCKER else stamped(number, now)
        good.append((len(data) + len(line), text))
        data += line.encode() + rubbish + (b"\n" if number % 2 else b"\r\n")
        now += 1
    path.write_bytes(data[: len(data) - min(cut, len(data))])
    found = [piece.text for piece in newest_first(str(path), 0.0, form, tally())]
    kept = [text for end, text in good if end <= path.stat().st_size]
    seen = [text for text in kept if any(text in piece.split("\n")[0][-len(text) :] for piece in found)]
    assert seen == kept


@pytest.mark.parametrize("seed", range(6))
def test_a_log_that_is_rotated_again_and_again(tmp_path, seed, monkeypatch):
    """A writer and a rotator work between any two lines that are read; what was there at the beginning is told once."""
    chance = random.Random(seed)
    monkeypatch.setattr(backwards, "BLOCK", chance.choice([64, 300, 4096]))
    path, at, number = tmp_path / "log", time.time() - 3600, 0

    def write(count):
        nonlocal at, number
        with path.open("a") as file:
            for dummy in range(count):
                file.write(stamped(number, at))
                number, at = number + 1, at + 0.5

    def rotate():
        files = sorted(tmp_path.glob("log.*"), key=lambda path: -int(path.name.split(".")[1]))
        for file in files:
            place = int(file.name.split(".")[1]) + 1
            if file.suffix == ".gz":
                file.rename(tmp_path / f"log.{place}.gz")
            elif chance.random() < 0.5:
                pack(file, tmp_path / f"log.{place}.gz")
            else:
                file.rename(tmp_path / f"log.{place}")
        if chance.random() < 0.5:
            path.rename(tmp_path / "log.1")
            path.touch()
        else:
            shutil.copy(path, tmp_path / "log.1")
            os.truncate(path, 0)

    for dummy in range(6):
        write(chance.randrange(20, 300))
        rotate()
    write(200)
    there = number
    reading, found = newest_first(str(path), 0.0, PLAIN, tally()), []
    for piece in reading:
        found.append(piece.text)
        if chance.random() < 0.01:
            write(chance.randrange(1, 40))
            rotate()
    seen = [number for number in numbers(found) if number < there]
    assert len(seen) == len(set(seen))
    assert seen == list(range(there - 1, -1, -1))
