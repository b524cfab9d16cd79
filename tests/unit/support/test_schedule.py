"""Commands that run beside each other: slots, preparations, results, and an interrupted run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.busy import PROCESSES
from support.schedule import SLOTS, Preparation, Step, Unavailable, run
from support.servers import ROOT

# Meets its partner by two files, so that both can end only where both run at once.
MEETS = """
import pathlib, sys, time
mine, other = map(pathlib.Path, sys.argv[1:])
mine.touch()
deadline = time.monotonic() + 300
while not other.exists():
    assert time.monotonic() < deadline
    time.sleep(0.02)
"""


def python(text, *words, part="unit", seconds=1, **more):
    return Step(part, [sys.executable, "-c", text, *map(str, words)], seconds, **more)


def test_two_that_work_and_one_that_waits_run_beside_each_other(tmp_path):
    ring = [("a", "b", "work"), ("b", "c", "work"), ("c", "a", "wait")]
    outcome = run([python(MEETS, tmp_path / one, tmp_path / two, lane=lane) for one, two, lane in ring], {})
    assert [result.failures for result in outcome.results] == [0, 0, 0]


def test_what_waits_takes_the_places_of_work_when_none_is_left_to_begin(tmp_path):
    ring = [("a", "b"), ("b", "c"), ("c", "a")]
    steps = [python(MEETS, tmp_path / one, tmp_path / two, lane="wait") for one, two in ring]
    first, second = tmp_path / "first", tmp_path / "second"
    meeting = python(MEETS, first, second, seconds=9)  # the place that it has is given back before any of them begins
    outcome = run([*steps, meeting, python(MEETS, second, first, seconds=8)], {})
    assert [result.failures for result in outcome.results] == [0] * 5


def test_a_wide_command_has_its_lane_to_itself_and_is_not_kept_waiting(tmp_path):
    """Shorter commands do not pass it while it waits for a longer one, and none begins before it has ended."""
    order = tmp_path / "order"
    note = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + ' ')"
    wide = "import sys; open(sys.argv[1], 'a').write('begin '); open(sys.argv[1], 'a').write('end ')"
    shorts = [python(note, order, "short") for dummy in range(2)]
    steps = [*shorts, python(note, order, "longest", seconds=10), python(wide, order, seconds=9, slots=SLOTS["work"])]
    outcome = run(steps, {})
    assert [result.failures for result in outcome.results] == [0, 0, 0, 0]
    assert order.read_text().split() == ["longest", "begin", "end", "short", "short"]


def test_no_more_work_at_a_time_than_there_are_places(tmp_path):
    text = f"""
import os, pathlib, time
me = pathlib.Path({str(tmp_path)!r}, f"runs-{{os.getpid()}}")
me.touch()
time.sleep(0.2)
assert len(list(me.parent.glob("runs-*"))) <= {SLOTS["work"]}
me.unlink()
"""
    outcome = run([python(text) for dummy in range(5)], {})
    assert sum(result.passed for result in outcome.results) == 5


def test_what_needs_nothing_begins_before_a_preparation_is_ready_and_what_needs_it_gets_its_variables(tmp_path):
    began = tmp_path / "began"

    @contextmanager
    def hold():
        deadline = time.monotonic() + 300
        while not began.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield {"PREPARED": "yes"}
        (tmp_path / "released").touch()

    needing = python("import os; assert os.environ['PREPARED'] == 'yes'", needs=("engine",), seconds=9)
    outcome = run([needing, python(f"open({str(began)!r}, 'w')")], {"engine": Preparation(hold)})
    assert [result.passed for result in outcome.results] == [1, 1]
    assert (tmp_path / "released").exists()


def test_what_cannot_be_had_is_noted_and_a_fault_in_a_preparation_fails(tmp_path):
    @contextmanager
    def lacking():
        if tmp_path:
            raise Unavailable("no root here")
        yield {}

    @contextmanager
    def broken():
        if tmp_path:
            raise ValueError("a fault")
        yield {}

    steps = [python("", needs=("a",), part="platform"), python("", needs=("b",), part="integration"), python("")]
    outcome = run(steps, {"a": Preparation(lacking), "b": Preparation(broken)})
    assert [result.failures for result in outcome.results] == [0, 1, 0]
    assert [result.ran for result in outcome.results] == [False, False, True]
    assert [note.startswith("NOT RUN: platform: ") and "no root here" in note for note in outcome.notes] == [True]
    assert outcome.results[1].failed == ["ValueError: a fault"]


def test_notes_and_what_is_left_are_collected_from_the_output_and_a_failure_is_named(tmp_path, capfd):
    lines = "NOT RUN: a\nLEFT TO make test-all: PostgreSQL 15 (3 cases)\n"
    outcome = run(
        [python(f"print({lines!r})"), python(f"print({lines!r}, flush=True); raise SystemExit('it broke')")], {}
    )
    assert set(outcome.notes) == {"NOT RUN: a"}
    assert outcome.left == {"PostgreSQL 15": 6}
    assert outcome.results[1].failed[-1] == "it broke"
    assert "it broke" in capfd.readouterr().out
    assert run([Step("lint", ["there-is-no-such-program"], 1)], {}).results[0].failures == 1


INTERRUPTED = """
import sys
from pathlib import Path
from support.busy import busy
from support.schedule import Step, end_on_signals, run
folder = Path(sys.argv[1])
end_on_signals()
waits = '''
import os, sys, time
from pathlib import Path
try:
    Path(sys.argv[1], "began.new").write_text(str(os.getpid()))
    Path(sys.argv[1], "began.new").rename(Path(sys.argv[1], "began"))
    time.sleep(600)
finally:
    Path(sys.argv[1], "taken-down").touch()
'''
with busy(folder / "busy") as pids:
    (folder / "pids.new").write_text(" ".join(map(str, pids)))
    (folder / "pids.new").rename(folder / "pids")
    run([Step("unit", [sys.executable, "-c", waits, str(folder)], 1)], {})
"""


def is_there(pid):
    return Path(f"/proc/{pid}").exists() and ") Z " not in Path(f"/proc/{pid}/stat").read_text()


def await_file(path, process):
    deadline = time.monotonic() + 300
    while not path.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def interrupted(tmp_path, *numbers):
    """The ids of the processes beside an interrupted run, and its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/tests"},
    )  # fmt: skip
    try:
        await_file(tmp_path / "began", process)
        pids = list(map(int, (tmp_path / "pids").read_text().split()))
        assert len(pids) == PROCESSES + 1
        assert all(map(is_there, pids))
        for number in numbers:
            process.send_signal(number)
        process.wait(300)
    finally:
        process.kill()
        process.wait()
    return pids, process.returncode


@pytest.mark.parametrize(
    "numbers", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM, signal.SIGTERM, signal.SIGINT]]
)
def test_a_run_that_is_told_to_end_takes_down_what_it_started_and_the_work_beside_it_ends(tmp_path, numbers):
    """Each once, or several at a time, as make and a terminal send them."""
    pids, code = interrupted(tmp_path, *numbers)
    assert code in {128 + signal.SIGTERM, -signal.SIGINT} if signal.SIGINT in numbers else code == 128 + signal.SIGTERM
    assert (tmp_path / "taken-down").exists()
    assert not any(map(is_there, pids))
    assert list((tmp_path / "busy").iterdir()) == []


def test_the_work_beside_a_run_that_was_killed_ends(tmp_path):
    pids, dummy = interrupted(tmp_path, signal.SIGKILL)
    os.kill(int((tmp_path / "began").read_text()), signal.SIGKILL)  # its command, which no other process ends now
    deadline = time.monotonic() + 300
    while any(map(is_there, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
