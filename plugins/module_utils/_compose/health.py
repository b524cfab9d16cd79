# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine's health check says, and whether it says anything. Pure.

The engine calls a container unhealthy also where the check itself could not be carried out: its program is not in the
image, there is no shell, or it was cut off at its time limit. Then the state of the container is unknown, and no ground
for an act. Sources: Docker Engine API (Health, HealthConfig); moby daemon/health.go (exit code -1, the limit's
sentence); POSIX shell, exit codes 126 and 127.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Mapping, Sequence

from .._core.redaction import redacted_lines
from .._core.text import printable
from .._core.times import moment

HEALTHY, UNHEALTHY, STARTING, UNCHECKED, UNKNOWN = "healthy", "unhealthy", "starting", "none", "unknown"
_WORDS = (HEALTHY, UNHEALTHY, STARTING, UNCHECKED)  # the engine's own
_DEFAULT_TIMEOUT = _DEFAULT_INTERVAL = 30.0  # seconds; the engine's own
_ALWAYS = 0.7  # of the time since the start that the failed runs in a row must cover; a run takes time, too
# Times what lies between two runs, and of the time since the start: no other run was before the first that failed.
_NO_OTHER, _INEXACT = 1.5, 0.02
_NANOSECONDS = 1e9
_SEVERAL, _ALL = 2, 5  # runs by which it is known what lies between two; that the engine keeps
_LIMIT = re.compile(r"(?i)health check exceeded timeout")
# Of the engine and its runtimes where they cannot start the program in the container.
_NO_START = re.compile(
    r"(?i)OCI runtime exec failed|executable file not found|exec format error|unable to start container process"
    r"|cannot exec in a (?:paused|stopped) container"
)
# Of a shell that does not find the program, also where `|| exit 1` hides the exit code 127.
_NO_PROGRAM = re.compile(
    r"(?m)^(?:\S*/)?(?:ba|da|a|z|k)?sh: (?:line )?(?:\d+: )?\S+: (?:command )?not found\s*$"
    r"|^\S+: can't open file .*No such file or directory"
    r"|^(?:\S*/)?(?:ba|da|a|z|k)?sh: (?:line )?(?:\d+: )?\S+: (?:Permission denied|No such file or directory)\s*$"
)
# Of an interpreter that does not find the check's own script or module, and of a check that is written wrongly: a shell
# that does not understand it, or a program that does not know one of its options.
_WRONG = re.compile(
    r"(?mi)^(?:\S*/)?(?:ba|da|a|z|k)?sh: (?:-c: )?(?:line )?(?:\d+: )?(?:syntax error|unexpected EOF)"
    r"|^\S*sh: 0: can(?:not|'t) open |^\S*sh: (?:\d+: )?\.: can(?:not|'t) open |^\S*sh: (?:\.: line \d+: )?can't open '"
    r"|can(?:not|'t) (?:open|create) /dev/tcp/|/dev/tcp/\S+: No such file"
    r"|^Can't open perl script |^Can't locate \S+ in @INC|^Could not open input file: |cannot load such file -- "
    r"|^\S*python[\d.]*: No module named |Error: Could not find or load main class |Unable to access jarfile "
    r"|File \"<string>\", line \d+, in <module>\s+ModuleNotFoundError: "
    r"|Cannot find module '[^']*'(?=[\s\S]{0,1500}requireStack: \[\])"
    r"|^\S+: (?:unrecognized|invalid|illegal) option(?: --|: | ')|^curl: option \S+ is unknown"
    r"|^\S+: (?:\[ERROR\] )?(?:unrecogni[sz]ed|unknown|bad|unexpected) (?:option|argument|flag)s?:? '?-"
    r"|^flag provided but not defined: -|^Unrecognized option: -"
    r"|^Error: unknown (?:shorthand )?flag: |^Unrecognized option or bad number of args for: "
)
# Of programs that answer, and say that they load their data or recover: pg_isready, PostgreSQL, Redis, and many others.
_NOT_READY = re.compile(
    r"(?i)\brejecting connections\b|database system is (?:starting up|in recovery mode|not yet accepting connections)"
    r"|\bLOADING\b.{0,40}\bdata|\bstill (?:starting|loading|initiali[sz]ing|recovering)\b"
    r"|\brecovery (?:is )?in progress\b"
)
_SAYS = (_NO_START, _NO_PROGRAM, _WRONG)
_NOT_CARRIED_OUT = (126, 127)
_KEPT, _SHOWN = 2000, 300  # characters of the output that are read, and that are shown


@dataclass(frozen=True)
class HealthCheck:
    """The check that a container declares, and what the engine keeps of its last runs (five at most).

    ``test``: the command as the engine has it, with ``CMD`` or ``CMD-SHELL`` first; empty where none is declared.
    ``timeout``, ``interval``, ``start_period``: seconds. ``exit_codes``: oldest first; None for a run that says none.
    ``earlier``: how many of these runs were before the container was last started; the engine keeps them beyond that.
    ``every``: seconds between two runs as they were, 0 where that is not known. ``first_failed``: seconds from the last
    start to the first of those that failed in a row, as far as that is known. ``all_known``: no run since is missing.
    ``output``: of the last run, its last 2000 characters.
    """

    test: tuple[str, ...] = ()
    timeout: float = _DEFAULT_TIMEOUT
    interval: float = _DEFAULT_INTERVAL
    exit_codes: tuple[int | None, ...] = ()
    failing_streak: int = 0
    output: str = ""
    start_period: float = 0.0
    earlier: int = 0
    every: float = 0.0
    first_failed: float | None = None
    all_known: bool = False

    @property
    def first_word(self) -> float:
        """Seconds from the start within which it may not have said anything yet: it runs first after its interval, and
        what fails in its start period does not count."""
        return max(self.start_period, self.interval)

    @property
    def at_limit(self) -> bool:
        """Whether the last run was cut off at its time limit, so that it says nothing."""
        return bool(self.exit_codes) and self.exit_codes[-1] not in (0, None) and bool(_LIMIT.search(self.output))

    def always_failed(self, uptime: float) -> bool:
        """Whether no run has passed in the ``uptime`` seconds since the start, as far as the failures in a row say.

        The engine counts none in the start period before a run has passed, and begins the next run after the last one
        has ended. So failures that it counts before the end of that period are of one that has passed.
        """
        codes = self.exit_codes[self.earlier :]
        if not codes or 0 in codes:
            return False
        if self.all_known:
            return True
        each = self.interval + (self.timeout if self.at_limit else 0.0)
        if self.first_failed is None:
            covered = self.failing_streak * each >= _ALWAYS * (uptime - self.start_period)
            return covered and uptime >= self.start_period
        exact = _NO_OTHER * (self.every or each) + _INEXACT * uptime
        return abs(self.first_failed - self.start_period) < exact

    @property
    def argv(self) -> tuple[str, ...]:
        """The command, to run it once more."""
        kind, *words = self.test or ("NONE",)
        return ("/bin/sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words) if kind == "CMD" else ()

    def why_not_carried_out(self) -> str:
        """Why the last run could not be carried out, in a clause; empty where it was, or there was none."""
        last = self.exit_codes[-1] if self.exit_codes else None
        if last in (0, None) or self.at_limit:
            return ""
        if last in (-1, *_NOT_CARRIED_OUT):
            return _said(self.output) or f"exit {last}, without any output"
        match = next((match for match in (pattern.search(self.output) for pattern in _SAYS) if match), None)
        return _line_at(self.output, match) if match else ""

    def why_not_ready(self) -> str:
        """What the last run, which failed, says of a start or a recovery that goes on, in a clause; empty for nothing.
        A restart begins that from the front."""
        failed = bool(self.exit_codes) and self.exit_codes[-1] not in (0, None)
        match = _NOT_READY.search(self.output) if failed else None
        return printable(_line_at(self.output, match))[-_SHOWN:] if match else ""

    @property
    def shown(self) -> str:
        """Its output as a person sees it: why it could not be carried out, else the end."""
        return (self.why_not_carried_out() or printable(self.output))[-_SHOWN:]


def health_check_of(state: Mapping[str, Any], config: Mapping[str, Any]) -> HealthCheck:
    """From ``State`` and ``Config`` of the engine's inspection."""
    health, declared = state.get("Health") or {}, config.get("Healthcheck") or {}
    runs: Sequence[Mapping[str, Any]] = health.get("Log") or ()
    codes = [run.get("ExitCode") for run in runs]
    earlier, every, first_failed, all_known = _times_of(
        runs, moment(state.get("StartedAt")), int(health.get("FailingStreak") or 0)
    )
    return HealthCheck(
        test=tuple(str(word) for word in declared.get("Test") or ()),
        timeout=(declared.get("Timeout") or 0) / _NANOSECONDS or _DEFAULT_TIMEOUT,
        interval=(declared.get("Interval") or 0) / _NANOSECONDS or _DEFAULT_INTERVAL,
        exit_codes=tuple(None if code is None else int(code) for code in codes),
        failing_streak=int(health.get("FailingStreak") or 0),
        output="\n".join(redacted_lines(str(runs[-1].get("Output", ""))[-_KEPT:].splitlines())) if runs else "",
        start_period=(declared.get("StartPeriod") or 0) / _NANOSECONDS,
        earlier=earlier,
        every=every,
        first_failed=first_failed,
        all_known=all_known,
    )


def _times_of(
    runs: Sequence[Mapping[str, Any]], started: datetime | None, streak: int
) -> tuple[int, float, float | None, bool]:
    """``earlier``, ``every``, ``first_failed`` and ``all_known`` of a check, by when its runs began."""
    began = [moment(run.get("Start")) for run in runs]
    if started is None or None in began:
        return 0, 0.0, None, False
    since = [(at - started).total_seconds() for at in began if at is not None and at >= started]
    earlier = len(began) - len(since)
    if not since or (len(since) < _SEVERAL and len(began) >= _ALL):
        return earlier, 0.0, None, False
    every = (since[-1] - since[0]) / max(1, len(since) - 1)
    return earlier, every, since[-1] - (streak - 1) * every, bool(earlier) or len(began) < _ALL


def health_of(status: str, check: HealthCheck) -> str:
    """The engine's word, but ``unknown`` where it calls unhealthy, or still starting, what was never checked, and where
    the word is none of Docker's."""
    if status in (UNHEALTHY, STARTING) and check.why_not_carried_out():
        return UNKNOWN
    return status if status in _WORDS else UNKNOWN if status else UNCHECKED


def _line_at(output: str, match: re.Match[str]) -> str:
    """The last line of what matched, whole."""
    begin, end = output.rfind("\n", 0, match.end()) + 1, output.find("\n", match.end())
    return output[begin : end if end >= 0 else None].strip()


def _said(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""
