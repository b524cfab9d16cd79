"""A log that is emptied while a process appends to it: on a file system that cuts in one step no line is lost."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io import container_logs
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.container_logs import empty

from support.clients import until

KEEP = 64 * 2**20
LARGE = 60_000_000  # bytes of a log at which its writer waits
# As the engine writes: each line by one call, at the end, wherever that is by then. It waits while the log is large: on
# a busy machine a cut may take longer than any number of lines that was chosen before.
WRITER = """
import json, os, random, sys, time
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
least, most = int(sys.argv[2]), int(sys.argv[3])
chance, number = random.Random(7), 0
sys.stdout.write("ready\\n"); sys.stdout.flush()
while not os.path.exists(sys.argv[1] + ".stop"):
    for dummy in range(20 if os.fstat(log).st_size < int(sys.argv[5]) else 0):
        text = f"{number} " + "x" * chance.randint(least, most)
        line = json.dumps({"log": text + "\\n", "stream": "stdout"}).encode() + b"\\n"
        os.write(log, line)
        number += 1
    time.sleep(float(sys.argv[4]))
print(number)
"""


class Told:
    """Where an engine says that a log is; the file and its writer are real."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def log_place(self, dummy: str) -> dict[str, str]:
        return {"driver": "json-file", "path": self.path}


@contextmanager
def written(log: Path, least: int, most: int, pause: float = 0.002) -> Iterator[list[int]]:
    """The log while it is written; afterwards the list holds how many lines there were."""
    numbers: list[int] = []
    log.touch()
    argv = [sys.executable, "-c", WRITER, str(log), str(least), str(most), str(pause), str(LARGE)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        try:
            yield numbers
        finally:
            log.with_name(f"{log.name}.stop").touch()
            numbers.append(int(writer.stdout.readline()))


def numbers_in(text: bytes) -> list[int]:
    """Of each line its number; every line is JSON or blank, as the engine needs it."""
    return [int(json.loads(line)["log"].split()[0]) for line in text.splitlines() if line.strip()]


def saved_lines(place: str) -> bytes:
    """The whole lines that were saved. Of one that was being written the beginning may be there too: the kernel shows a
    long write page by page, and the line stays in the log."""
    return gzip.decompress(Path(place).read_bytes()).rpartition(b"\n")[0]


@pytest.fixture
def cutting(tmp_path: Path) -> Path:
    """A folder on a file system that removes the front of a file in one step."""
    sample = tmp_path / "sample"
    sample.write_bytes(b"x" * 2**21)
    with open(sample, "r+b") as file:
        if not container_logs._fallocate(file.fileno(), container_logs._COLLAPSE, 2**20):
            pytest.skip("NOT RUN: a log that is cut in one step (the file system of the temporary folder cannot)")
    return tmp_path


@pytest.mark.parametrize(
    ("least", "most"),
    [
        pytest.param(20, 200, id="lines of some words"),
        pytest.param(5_000, 9_000, id="lines longer than a block"),
        pytest.param(1, 30_000, id="lines of any length"),
    ],
)
def test_what_is_written_between_the_last_look_and_the_cut_is_there(cutting, least, most):
    log, saved = cutting / "x-json.log", cutting / "saved"
    there: list[int] = []
    with written(log, least, most) as total:
        for dummy in range(3):
            # A writer that was faster than what saved has left a large log: no more than it may hold is waited for.
            more = min(log.stat().st_size + 2**20, LARGE - 2**20)
            until(lambda more=more: log.stat().st_size > more, what="more lines")
            handle = {"path": str(log), "inode": log.stat().st_ino, "id": "a" * 64, "container": "x"}
            place, dummy_blank, note = empty(Told(log), handle, KEEP, str(saved)).partition(" ")
            assert note == "", "nothing may be missing"
            there += numbers_in(saved_lines(place))
            Path(place).unlink()  # the next one may be of the same second
    there += numbers_in(log.read_bytes())
    assert sorted(set(there)) == list(range(total[0]))


def test_a_line_that_the_cut_tears_is_whole_among_what_was_saved(cutting):
    """However long it is: what is left are the last of the saved lines, and the torn one is blank."""
    log = cutting / "x-json.log"
    lines = [json.dumps({"log": f"{number} {'x' * 9000}\n"}) for number in range(300)]
    log.write_text("\n".join(lines) + "\n")
    handle = {"path": str(log), "inode": log.stat().st_ino, "id": "a" * 64, "container": "x"}
    place = empty(Told(log), handle, KEEP, str(cutting / "saved"))
    assert gzip.decompress(Path(place).read_bytes()).decode().splitlines() == lines
    rest = [line for line in log.read_text().splitlines() if line.strip()]
    assert rest == lines[len(lines) - len(rest) :]
    assert log.stat().st_size < 100_000


def test_a_writer_that_is_faster_than_what_saves_is_not_followed_for_ever(cutting):
    """What was not saved stays in the log, and what is saved is bounded: the disk is short of room."""
    log = cutting / "x-json.log"
    with written(log, 20_000, 30_000, pause=0.0) as total:
        until(lambda: log.stat().st_size > 2**20, what="more lines")
        handle = {"path": str(log), "inode": log.stat().st_ino, "id": "a" * 64, "container": "x"}
        place, dummy, note = empty(Told(log), handle, KEEP, str(cutting / "saved")).partition(" ")
    saved = numbers_in(saved_lines(place))
    assert note == ""
    assert sorted({*saved, *numbers_in(log.read_bytes())}) == list(range(total[0]))


def test_a_line_that_is_still_being_written_stays(cutting):
    """What was saved of it is its beginning: the rest of it comes after the last look."""
    log = cutting / "x-json.log"
    lines = [json.dumps({"log": f"{number} {'x' * 100}\n"}) for number in range(20_000)]
    half = '{"log": "20000 ' + "y" * 30_000
    log.write_text("\n".join(lines) + "\n" + half)
    handle = {"path": str(log), "inode": log.stat().st_ino, "id": "a" * 64, "container": "x"}
    empty(Told(log), handle, KEEP, str(cutting / "saved"))
    with open(log, "a") as writer:
        writer.write('\\n"}\n')
    assert numbers_in(log.read_bytes())[-1] == 20_000
