# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine's health check says, and whether it says anything. Pure.

The engine calls a container unhealthy also where the check itself could not be carried out: its program is not in the
image, there is no shell, or it was cut off at its time limit. Then the state of the container is unknown, and no ground
for an act. Sources: Docker Engine API (Health, HealthConfig); moby daemon/health.go (exit code -1, the limit's
sentence); POSIX shell, exit codes 126 and 127.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Mapping, NamedTuple, Sequence

from .._core.lazy import lazy
from .._core.redaction import redacted_lines
from .._core.text import printable
from .._core.times import moment
from .checked.means import hands_on_fault, lacking, line_at, misused, server_failed, starved

HEALTHY, UNHEALTHY, STARTING, UNCHECKED, UNKNOWN = "healthy", "unhealthy", "starting", "none", "unknown"
_WORDS = (HEALTHY, UNHEALTHY, STARTING, UNCHECKED)  # the engine's own
_DEFAULT_TIMEOUT = _DEFAULT_INTERVAL = 30.0  # seconds; the engine's own
_DEFAULT_RETRIES = 3
_ALWAYS = 0.7  # of the time since the start that the failed runs in a row must cover; a run takes time, too
# Times what lies between two runs, and of the time since the start: no other run was before the first that failed.
_NO_OTHER, _INEXACT = 1.5, 0.02
_OVERHEAD, _CLOCK = 2.0, 2.0  # seconds that a busy engine takes to begin a run; that its times are inexact by
_CLOCK_SET = 10.0  # seconds between the start by the engine's clock and by the kernel's, beyond which one was set
_NANOSECONDS = 1e9
_SEVERAL, _ALL = 2, 5  # runs by which it is known what lies between two; that the engine keeps
_LIMIT = lazy(r"Health check exceeded timeout[^:\n]{0,40}:?")  # the engine's own, before what the run printed
_CUT_OFF = -1  # the exit code that the engine gives to a run that was cut off, or could not be started
# Of programs that answer, and say that they load their data or recover: pg_isready, PostgreSQL, Redis, and many others.
# Redis answers MISCONF while it cannot save its data: what it holds would be lost.
_NOT_READY = lazy(
    r"(?im)\brejecting connections\b|database system is (?:starting up|in recovery mode|not yet accepting connections)"
    r"|^(?:\(error\) )?-?(?:LOADING|MISCONF)\b|\bis loading the dataset in memory\b"
    r"|\bstill (?:starting|loading|initiali[sz]ing|recovering)\b"
    r"|\brecovery (?:is )?in progress\b"
)
_NOT_CARRIED_OUT = (126, 127)
BUSY = "this host has more work than cores"  # why a check says nothing though nothing is wrong with it
SHORT = "the host or the container is short of processes or memory"  # the same
NOT_RUN = (_CUT_OFF, *_NOT_CARRIED_OUT)
_OWN_LIMIT = (28, 124)  # exit codes of curl and of timeout(1) at a limit of their own
_TIMED_OUT = lazy(r"(?im)^(?:curl: \(28\)|.*\b(?:timed? ?out|deadline exceeded)\b)")
_KEPT, _SHOWN, _LINE = 2000, 300, 200  # characters of the output that are read, that are shown, and of one line


@dataclass(frozen=True)
class HealthCheck:
    """The check that a container declares, and what the engine keeps of its last runs (five at most).

    ``test``: the command as the engine has it, with ``CMD`` or ``CMD-SHELL`` first; empty where none is declared.
    ``timeout``, ``interval``, ``start_period``: seconds. ``retries``: failures after which it is unhealthy.
    ``exit_codes``: oldest first; None for a run that says none.
    ``earlier``: how many of these runs were before the container was last started; the engine keeps them beyond that.
    ``every``: seconds between two runs as they were, 0 where that is not known. ``first_failed``: seconds from the last
    start to the first of those that failed in a row, as far as that is known. ``all_known``: no run since is missing.
    ``oldest``: seconds from the last start to the first of the runs since then that are kept; None where not known.
    ``counted_from``: seconds from the last start to that of the engine, which then counts failures anew; 0 where it was
    there before. ``doubtful``: the times contradict each other, as where the clock was set.
    ``output``: of the last run, its last 2000 characters; of one that was cut off, behind the engine's word for that.
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
    oldest: float | None = None
    counted_from: float = 0.0
    doubtful: bool = False
    retries: int = _DEFAULT_RETRIES

    @property
    def first_word(self) -> float:
        """Seconds from the start within which it may not have said anything yet: it runs first after its interval, and
        what fails in its start period does not count."""
        return max(self.start_period, self.interval)

    @property
    def at_limit(self) -> bool:
        """Whether the last run was cut off at its time limit, so that it says nothing."""
        return self.exit_codes[-1:] == (_CUT_OFF,) and bool(_LIMIT.match(self.output))

    @property
    def gave_up(self) -> bool:
        """Whether the last run ended at a time limit of its own, as far as it says so."""
        last = self.exit_codes[-1] if self.exit_codes else None
        if last in (0, None) or self.at_limit or self.program_failed:
            return False
        return last in _OWN_LIMIT or bool(_TIMED_OUT.search(self.output))

    @property
    def program_failed(self) -> bool:
        """Whether the last run hands on a fault of the program, so that the check is right."""
        return hands_on_fault(self.output)

    @property
    def _codes(self) -> tuple[int | None, ...]:
        """Of the runs since the last start: at least those that failed in a row, which the engine counts since then."""
        return self.exit_codes[min(self.earlier, max(0, len(self.exit_codes) - self.failing_streak)) :]

    def has_passed(self, uptime: float) -> bool:
        """Whether it is proved that a run has passed in the ``uptime`` seconds since the start: one that is kept, or so
        few failures in a row that they cannot be all that were made, however long each took.

        The engine counts none in the start period before a run has passed: those that it does not count are of one that
        has never passed, and those that it counts before the end of that period of one that has.
        """
        codes = self._codes
        if 0 in codes or not codes:
            return bool(codes)
        if self.all_known or self.doubtful or self.failing_streak < len(codes):
            return False
        oldest = uptime if self.oldest is None else self.oldest
        unseen = self.failing_streak - (0 if self.oldest is None else len(codes))
        longest = self.interval + self.timeout + _OVERHEAD
        earliest, latest = oldest - unseen * longest, oldest - unseen * self.interval
        counts = max(self.start_period, self.counted_from)
        first = counts + (longest if counts else self.interval + _OVERHEAD)
        return earliest > first + _CLOCK or (not self.counted_from and -_CLOCK <= latest < self.start_period - _CLOCK)

    def always_failed(self, uptime: float) -> bool:
        """Whether no run has passed in the ``uptime`` seconds since the start, as far as the failures in a row say.

        The engine counts none in the start period before a run has passed, and begins the next run after the last one
        has ended. So failures that it counts before the end of that period are of one that has passed.
        """
        codes = self._codes
        if not codes or 0 in codes:
            return False
        if self.all_known or self.failing_streak < len(codes):
            return True
        each = self.interval + (self.timeout if self.at_limit else 0.0)
        if self.first_failed is None:
            covered = self.failing_streak * each >= _ALWAYS * (uptime - self.start_period)
            return covered and uptime >= self.start_period
        exact = _NO_OTHER * (self.every or each) + _INEXACT * uptime
        return abs(self.first_failed - self.start_period) < exact

    def timed(self, started: datetime | None, engine_began: datetime, age: float | None, now: datetime) -> HealthCheck:
        """The same, with what the kernel of its host says of its times. ``age``: seconds for which the container's
        process runs; None where that is not known."""
        if started is None:
            return self
        later = max(0.0, (engine_began - started).total_seconds())
        is_set = age is not None and abs((now - started).total_seconds() - age) > _CLOCK_SET
        return replace(self, counted_from=later, doubtful=self.doubtful or is_set)

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
        want = starved(last, self.output, self.test)
        if want:
            return f"{want[-_LINE:]}: {SHORT}"
        if last == _CUT_OFF or (last in _NOT_CARRIED_OUT and not server_failed(self.output)):
            return _said(self.output) or f"exit {last}, without any output"
        said, client = lacking(self.output, self.test), misused(last, self.test)
        return said or (f"{client} was called wrongly (exit {last})" if client and not self.output.strip() else "")

    def why_not_ready(self) -> str:
        """What the last run, which failed, says of a start or a recovery that goes on, or of data that are not saved,
        in a clause; empty for nothing. A restart begins that from the front, or loses them."""
        failed = bool(self.exit_codes) and self.exit_codes[-1] not in (0, None)
        match = _NOT_READY.search(self.output) if failed else None
        return printable(line_at(self.output, match))[-_SHOWN:] if match else ""

    @property
    def shown(self) -> str:
        """Its output as a person sees it: why it could not be carried out, else the end, behind the engine's word."""
        cut_off = _LIMIT.match(self.output) if self.at_limit and len(self.output) > _SHOWN else None
        said = f"{cut_off.group()} ..." if cut_off else ""
        return said + (self.why_not_carried_out() or printable(self.output))[len(said) - _SHOWN :]


def health_check_of(state: Mapping[str, Any], config: Mapping[str, Any]) -> HealthCheck:
    """From ``State`` and ``Config`` of the engine's inspection."""
    health, declared = state.get("Health") or {}, config.get("Healthcheck") or {}
    runs: Sequence[Mapping[str, Any]] = health.get("Log") or ()
    codes = [run.get("ExitCode") for run in runs]
    streak = int(health.get("FailingStreak") or 0)
    times = _times_of(runs, moment(state.get("StartedAt")), streak)
    return HealthCheck(
        test=tuple(str(word) for word in declared.get("Test") or ()),
        timeout=(declared.get("Timeout") or 0) / _NANOSECONDS or _DEFAULT_TIMEOUT,
        interval=(declared.get("Interval") or 0) / _NANOSECONDS or _DEFAULT_INTERVAL,
        exit_codes=tuple(None if code is None else int(code) for code in codes),
        failing_streak=streak,
        output="\n".join(redacted_lines(_kept(str(runs[-1].get("Output", ""))).splitlines())) if runs else "",
        start_period=(declared.get("StartPeriod") or 0) / _NANOSECONDS,
        retries=int(declared.get("Retries") or 0) or _DEFAULT_RETRIES,
        **times._asdict(),
    )


def _kept(output: str) -> str:
    """The end of an output, behind the engine's own word of the limit, which is at its beginning."""
    limit = _LIMIT.match(output)
    return f"{limit.group()} {output[limit.end() :][-_KEPT:].lstrip()}" if limit else output[-_KEPT:]


class _Times(NamedTuple):
    """The fields of a check that say when its runs began."""

    earlier: int = 0
    every: float = 0.0
    first_failed: float | None = None
    all_known: bool = False
    oldest: float | None = None
    doubtful: bool = False


def _times_of(runs: Sequence[Mapping[str, Any]], started: datetime | None, streak: int) -> _Times:
    began = [moment(run.get("Start")) for run in runs]
    if started is None or None in began:
        return _Times()
    since = [(at - started).total_seconds() for at in began if at is not None and at >= started]
    earlier = len(began) - len(since)
    if earlier > max(0, len(began) - streak):  # failures since the start that began before it
        return _Times(earlier, doubtful=True)
    if not since or (len(since) < _SEVERAL and len(began) >= _ALL):
        return _Times(earlier)
    every = (since[-1] - since[0]) / max(1, len(since) - 1)
    first_failed = since[-1] - (streak - 1) * every
    return _Times(earlier, every, first_failed, bool(earlier) or len(began) < _ALL, since[0], first_failed < -_CLOCK)


def health_of(status: str, check: HealthCheck) -> str:
    """The engine's word, but ``unknown`` where it calls unhealthy, or still starting, what was never checked, and where
    the word is none of Docker's."""
    if status in (UNHEALTHY, STARTING) and check.why_not_carried_out():
        return UNKNOWN
    return status if status in _WORDS else UNKNOWN if status else UNCHECKED


def _said(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""
