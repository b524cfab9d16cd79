"""The end of a test run's output: how long each part took, what was not run, and the names of what failed.

The last lines are the ones that are read, and the ones that a log viewer shows: at most ``LONGEST`` lines name the
failed tests, and the very last counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from support import scope

LONGEST = 20  # lines, the count among them
_WIDE = 200  # characters of one line
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*)$", re.M)
# pytest's last line; names of tests may have a number and such a word, too.
_LAST_LINE = re.compile(r"^=* ?\d+ [a-z]+(?:, \d+ [a-z]+)*(?: in [\d.]+s.*)?$", re.M)
_COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped)")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_TAIL = 3  # lines of a command that counts no tests


@dataclass
class Result:
    """One part that ran, or did not (``ran`` false). ``failed`` names each failed test, or says what failed."""

    part: str
    title: str
    ran: bool = False
    passed: int = 0
    failures: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: float = 0
    cpu_seconds: float = 0


def judge(result: Result, code: int, text: str, counts_tests: bool) -> Result:
    """Read a command's exit code and output into its result: in tests where the tool counts them, else in commands."""
    plain = _ESCAPES.sub("", text)
    result.ran = True
    last = _LAST_LINE.findall(plain)[-1:] if counts_tests else []
    counts = {word.rstrip("s"): int(number) for number, word in _COUNTS.findall(" ".join(last))}
    if counts:
        result.passed = counts.get("passed", 0)
        result.failures = counts.get("failed", 0) + counts.get("error", 0)
        result.failed = list(dict.fromkeys(_FAILED.findall(plain)))
    elif not code:
        result.passed = 1
    if code and not result.failures:
        result.failures = 1
    if result.failures and not result.failed:
        result.failed = [line.strip() for line in plain.splitlines() if line.strip()][-_TAIL:] or [f"exit code {code}"]
    return result


def table(results: Sequence[Result]) -> list[str]:
    """Each part with its wall and processor seconds."""
    lines = ["   wall s    cpu s"]
    for result in results:
        state = "FAILED" if result.failures else "passed" if result.ran else "not run"
        lines.append(
            f"  {result.seconds:7.1f}  {result.cpu_seconds:7.1f}  {state:<7}  {result.part:<12} {result.title}"
        )
    return lines


def omissions(notes: Sequence[str], left: Counter[str]) -> list[str]:
    """What this machine could not run, and what this command does not."""
    lines = [*sorted(set(notes)), *scope.lines(left)]
    return [f"  {line}" for line in lines] or ["  nothing was left out"]


def ending(results: Sequence[Result], notes: Sequence[str]) -> list[str]:
    """The last lines of the run: at most ``LONGEST``; every part that failed is named, then as many tests as fit."""
    broken = [result for result in results if result.failures]
    room = LONGEST - 1 - len(broken)
    if room < 0:
        hidden = len(broken) - (LONGEST - 2)
        broken, room = broken[: LONGEST - 2], 0
        more_parts = [f"... and {hidden} more parts failed"]
    else:
        more_parts = []
    lines = []
    for number, result in enumerate(broken):
        share = room // (len(broken) - number)
        shown = result.failed if len(result.failed) <= share else result.failed[: max(0, share - 1)]
        hidden = len(result.failed) - len(shown)
        lines.append(f"FAILED {result.part}: {result.title}"[:_WIDE])
        lines += [f"  {_shortened(name)}" for name in shown]
        room -= len(shown)
        if hidden and share:
            lines.append(f"  ... and {hidden} more")
            room -= 1
    passed, failed = sum(result.passed for result in results), sum(result.failures for result in results)
    skipped = sum(1 for note in set(notes) if note.startswith("NOT RUN"))
    return [*lines, *more_parts, f"{passed} passed, {failed} failed, {skipped} skipped"]


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 3]}..."
