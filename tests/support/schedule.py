"""Runs commands beside each other: three that work, as they keep two processors busy, and one that mostly waits;
the longest first.

A command may need something that is prepared in the background (an engine, servers' builds); it starts when that is
there, and is named as not run when it cannot be had. Each command's output comes in one piece, when it has ended.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from support import scope
from support.summary import Result, judge

# Tests that work wait for servers half of their time: two of them beside one rehearsal platform left a third of two
# processors idle for minutes. The platform's containers count as two of them (support/engine.py), so that its waits
# hardly grow with a third. A second platform (0.4 of a processor when nothing is played on it, more than one when a
# runbook is), and small projects of containers beside it, made every wait longer than they saved. When nothing that
# works is left to begin, what waits takes these places too.
SLOTS = {"work": 3, "wait": 1}
_STOP_SECONDS = 180  # until what a command has started is taken down
_SHOWN = 15_000  # characters of a failed command's output


class Unavailable(Exception):
    """Why something that commands need cannot be had."""


@dataclass
class Step:
    """One command. ``seconds``: about how long it takes; ``lane``: "work" where it keeps a processor busy, else "wait".

    ``slots``: how many of its lane it takes, as many as it has processes at work.
    ``needs``: names of preparations. ``is_pytest``: its output counts tests. ``shows``: it is printed whole also when
    nothing failed. ``drops``: variables that the command must not have.
    """

    part: str
    argv: list[str]
    seconds: float
    lane: str = "work"
    needs: tuple[str, ...] = ()
    is_pytest: bool = False
    shows: bool = False
    drops: tuple[str, ...] = ()
    slots: int = 1

    @property
    def title(self) -> str:
        """The command as a person would type it, without the folders of programs."""
        words = [Path(word).name if word.startswith("/") else word for word in self.argv]
        return " ".join(word for word in words if word)


@dataclass
class Outcome:
    """What a run came to: a result per step, notes (``NOT RUN: ...``), and cases left to the full run by kind."""

    results: list[Result]
    notes: list[str] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)


class Preparation:
    """Something that is started in the background and held until the run is over.

    ``hold`` is a context manager that yields environment variables for the commands that need it, and raises
    ``Unavailable`` where it cannot be had.
    """

    def __init__(self, hold: Callable[[], AbstractContextManager[dict[str, str]]]) -> None:
        self.environment: dict[str, str] = {}
        self.problem = ""
        self.is_broken = False  # by a fault, not by what this machine lacks
        self.is_ready = threading.Event()
        self._release = threading.Event()
        self._hold = hold
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with self._hold() as environment:
                self.environment = environment
                self.is_ready.set()
                self._release.wait()
        except Unavailable as reason:
            self.problem = str(reason)
        except Exception as error:  # reported by the steps that need it, which fail
            self.problem, self.is_broken = f"{type(error).__name__}: {error}", True
        finally:
            self.is_ready.set()

    @contextmanager
    def started(self, ended: Callable[[], None]) -> Iterator[None]:
        """Begin; ``acted_on`` is called when it is ready, or known not to be had."""

        def announce() -> None:
            self.is_ready.wait()
            ended()

        self._thread.start()
        threading.Thread(target=announce, daemon=True).start()
        try:
            yield
        finally:
            self._release.set()
            self._thread.join()


@dataclass
class _Running:
    """The processes of this moment, by step number; and whether the run was interrupted."""

    processes: dict[int, subprocess.Popen[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_stopping: bool = False


_asked_to_end: list[int] = []  # signals, in the order in which they came


def end_on_signals() -> None:
    """Let SIGINT or SIGTERM end a run within a second, and any further one change nothing: the end is bounded.

    The handlers only remember the signal. One that raises is called again by the next signal in the middle of what the
    first one began (make passes SIGTERM on to this program, a terminal sends SIGINT to both), and the run hangs.
    """
    # Also where this program was started with SIGINT ignored: its commands are stopped by it.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, _frame: _asked_to_end.append(number))


def run(steps: Sequence[Step], preparations: dict[str, Preparation]) -> Outcome:
    """Run every step. On ctrl-c, or SIGTERM after `end_on_signals`, stop what runs, let it take down its own, and raise
    ``KeyboardInterrupt`` or ``SystemExit``."""
    outcome = Outcome([Result(step.part, step.title) for step in steps])
    waiting = sorted(range(len(steps)), key=lambda number: -steps[number].seconds)
    free = dict(SLOTS)
    # The number of a step that ended; None: a preparation did. Whatever a signal interrupts, it is not left locked.
    events: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    running = _Running()
    wanted = {name: preparations[name] for step in steps for name in step.needs}
    with ExitStack() as stack:
        for preparation in wanted.values():
            stack.enter_context(preparation.started(lambda: events.put(None)))
        threads: dict[int, threading.Thread] = {}
        lanes: dict[int, str] = {}  # in which each running step has its slots
        try:
            while waiting or threads:
                held: set[str] = set()  # lanes in which what is shorter must not keep a wide command waiting for ever
                for number in list(waiting):
                    step = steps[number]
                    needed = [wanted[name] for name in step.needs]
                    is_ready = all(preparation.is_ready.is_set() for preparation in needed)
                    if step.lane in held or not is_ready:
                        held |= {step.lane} if step.slots > 1 else set()
                        continue
                    if any(preparation.problem for preparation in needed):
                        waiting.remove(number)
                        _name_as_not_run(step, outcome.results[number], needed, outcome)
                        continue
                    lane = step.lane
                    if free[lane] < step.slots and not any(steps[left].lane == "work" for left in waiting):
                        lane = "work"
                    if free[lane] < step.slots:
                        held.add(step.lane)
                        continue
                    waiting.remove(number)
                    lanes[number] = lane
                    free[lane] -= step.slots
                    environment = {name: value for prepared in needed for name, value in prepared.environment.items()}
                    threads[number] = threading.Thread(
                        target=_execute, args=(number, step, environment, outcome, running, events)
                    )
                    threads[number].start()
                if not waiting and not threads:
                    break
                ended = _next_of(events)
                if ended is not None:
                    threads.pop(ended).join()
                    free[lanes[ended]] += steps[ended].slots
        except (KeyboardInterrupt, SystemExit):
            _stop(running, threads)
            raise
    return outcome


def _next_of(events: queue.SimpleQueue[int | None]) -> int | None:
    """Wait for the next of the events, and for a signal that ends the run."""
    while True:
        if _asked_to_end:
            raise KeyboardInterrupt if _asked_to_end[0] == signal.SIGINT else SystemExit(128 + _asked_to_end[0])
        with suppress(queue.Empty):
            return events.get(timeout=1)


def _name_as_not_run(step: Step, result: Result, needed: Sequence[Preparation], outcome: Outcome) -> None:
    reason = "; ".join(preparation.problem for preparation in needed if preparation.problem)
    if any(preparation.is_broken for preparation in needed):
        result.failures, result.failed = 1, [reason]
    else:
        outcome.notes.append(f"NOT RUN: {step.part}: {step.title} ({reason})")


def _execute(
    number: int,
    step: Step,
    more: dict[str, str],
    outcome: Outcome,
    running: _Running,
    events: queue.SimpleQueue[int | None],
) -> None:
    result = outcome.results[number]
    began = time.monotonic()
    text, code = "", 1
    try:
        environment = {name: value for name, value in {**os.environ, **more}.items() if name not in step.drops}
        with running.lock:
            if running.is_stopping:
                return
            process = subprocess.Popen(
                step.argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", process_group=0,
            )  # fmt: skip
            running.processes[number] = process
        print(f"... {step.part}: {step.title}", flush=True)
        text, result.cpu_seconds = _output_of(process)
        code = process.returncode
    except OSError as error:
        text = f"{step.argv[0]}: {error}"
    finally:
        result.seconds = time.monotonic() - began
        judge(result, code, text, step.is_pytest)
        with running.lock:
            running.processes.pop(number, None)
            outcome.notes += sorted({match.strip() for match in re.findall(r"NOT RUN: [^\n]*", text)})
            outcome.left.update(scope.left_of(text))
            _show(step, result, text)
        events.put(number)


def _output_of(process: subprocess.Popen[str]) -> tuple[str, float]:
    """All output of a process, and the processor seconds of it and of its children that it waited for."""
    assert process.stdout is not None
    with process.stdout as output:
        text = output.read()
    dummy, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return text, usage.ru_utime + usage.ru_stime


def _show(step: Step, result: Result, text: str) -> None:
    print(f"\n=== {step.part}: {step.title} ({result.seconds:.0f} s)")
    if step.shows or result.failures:
        print(text if step.is_pytest else text[-_SHOWN:], end="" if text.endswith("\n") else "\n")
    sys.stdout.flush()


def _stop(running: _Running, threads: dict[int, threading.Thread]) -> None:
    """As ctrl-c does in a terminal, for each command's group; after a bound what is left is killed."""
    with running.lock:
        running.is_stopping = True
        stopped = dict(running.processes)
    print(f"\nstopping {len(stopped)} commands and what they started", flush=True)
    for process in stopped.values():
        _signal(process, signal.SIGINT)
    deadline = time.monotonic() + _STOP_SECONDS
    for number in stopped:
        threads[number].join(max(0.0, deadline - time.monotonic()))
    for number, process in stopped.items():
        if threads[number].is_alive():
            _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
