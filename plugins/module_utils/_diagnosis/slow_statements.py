# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What statements spend their time on besides reading tables: compilation, temporary files, new sessions, maintenance.
Pure."""

from __future__ import annotations

from typing import Sequence

from .._core.text import counted, shortened, span
from .._core.units import MIB
from .._postgres.activity_report import ActivityReport
from .._postgres.sql_text import plain_identifier
from .._postgres.work import maintains
from .._postgres.workload.statements import StatementReport, WorkloadReport
from .cause import Cause

COMPILATION, SPILL, LOGINS = "jit_compilation", "spilled_files", "many_logins"
_FELT = 0.1  # seconds of a call, or of each second of the window, from which on a client may feel a statement
_MUCH, _MOST = 0.15, 0.5  # shares of the window's time, and of a statement's own time
_SHORT = 5000.0  # milliseconds of a call, for which compilation may pay
_LEAST_JIT = 10.0  # milliseconds of a call
_SPILLED = 64 * MIB  # in the window
_BLOCK = 8192
_LOGIN = 0.005  # seconds of a processor that a new session takes before its first statement, about
_OF_CORES = 0.1  # share of the processors that new sessions take
_MANY_LOGINS = 400.0  # a second, where the host was not measured: they take two cores, of however many
_WIDE = 120


def is_felt(seconds: float, texts: Sequence[str], workload: WorkloadReport) -> bool:
    """Whether statements take so long that a client may feel it: a tenth of one session's time in the window, or a
    tenth of a second each. At a quiet site a statement of a millisecond has all of the time."""
    window = workload["window"]["seconds"]
    if window is None or seconds >= _FELT * window:
        return True
    own = [statement for statement in workload["statements"] if statement["statement"] in texts]
    return any(statement["running"] or (statement["mean_ms"] or 0.0) >= 1000 * _FELT for statement in own)


def _felt(workload: WorkloadReport) -> list[StatementReport]:
    return [
        statement
        for statement in workload["statements"]
        if not workload["window"]["lifetime"] and is_felt(statement["seconds"], [statement["statement"]], workload)
    ]


def compilation(workload: WorkloadReport) -> list[Cause]:
    """Short statements most of whose time PostgreSQL compiles them."""
    found = []
    for statement in _felt(workload):
        calls, mean = statement["calls"], statement["mean_ms"] or 0.0
        jit = 1000 * statement["jit_seconds"] / calls if calls else 0.0
        if calls < 2 or mean >= _SHORT or jit < max(_LEAST_JIT, _MOST * mean) or statement["share"] < _MUCH:
            continue
        text = (
            f"{statement['share']:.0%} of the time is a statement of which PostgreSQL compiles each call (JIT) for"
            f" {_of_each_call(jit, mean)}: {shortened(statement['statement'], _WIDE)}"
        )
        role = statement["role"]
        off = f"ALTER ROLE {plain_identifier(role)} SET jit = off, for its new sessions; or " if role else ""
        advice = f"{off}raise jit_above_cost. If the planner expects far more rows than there are, ANALYZE the tables"
        found.append(Cause(COMPILATION, 0.8 * statement["share"], (text, advice), detail={"advice": advice}))
    return found[:1]


def _of_each_call(jit: float, mean: float) -> str:
    """``75 of 100 ms``. The time of a statement has only those parts of a compilation that fall into its execution:
    what is generated before it is not counted, so that the compilation may be the larger number."""
    if jit <= mean:
        return f"{jit:.0f} of {mean:.0f} ms"
    return f"{jit:.0f} ms, of which the {mean:.0f} ms that PostgreSQL counts for it have only a part"


def spilled(workload: WorkloadReport) -> list[Cause]:
    """Statements that sort or hash more than fits into work_mem."""
    found = []
    for statement in _felt(workload):
        size = statement["spilled_blocks"] * _BLOCK
        if size < _SPILLED or statement["share"] < _MUCH or maintains(statement["statement"]):
            continue  # maintenance sorts more than fits into its memory, and is meant to
        each = size / max(1, statement["calls"])
        text = (
            f"{statement['share']:.0%} of the time is a statement that wrote {size // MIB:,} MiB to temporary files in"
            f" the window, {each / MIB:.1f} MiB a call: {shortened(statement['statement'], _WIDE)}"
        )
        advice = (
            f"give it more work_mem (SET LOCAL work_mem in its transaction, for a sort or hash of {each / MIB:.0f}"
            " MiB), an index in the order of its sort, or fewer rows; work_mem counts for each sort of each session"
        )
        found.append(Cause(SPILL, 0.5 * statement["share"], (text, advice), detail={"advice": advice}))
    return found[:1]


def logins(workload: WorkloadReport, cores: int | None) -> list[Cause]:
    """Sessions that are opened all the time. ``cores``: of the database's host, None where that was not measured: what
    share of it they take is not known then, and only very many of them are a cause."""
    rate = workload["window"]["logins"] or 0.0
    share = rate * _LOGIN / cores if cores else _OF_CORES
    if share < _OF_CORES or (not cores and rate < _MANY_LOGINS):
        return []
    of = (
        f"{share:.0%} of {cores} cores"
        if cores
        else f"{rate * _LOGIN:.0f} cores; how many its host has was not measured"
    )
    text = (
        f"{rate:.0f} new sessions per second: each starts a process, authenticates and reads the catalogs before its"
        f" first statement, about {of}"
    )
    advice = "let the application keep its sessions open in a pool, or put PgBouncer in front of the database"
    return [Cause(LOGINS, min(0.6, share), (text, advice), detail={"advice": advice})]


def maintenance_lines(activity: ActivityReport, min_running: float) -> list[str]:
    """Maintenance that works: it is no runaway statement. What waits for a lock is shown with its queue, and
    what sessions wait for may be cancelled for them."""
    waiters = {blocker["pid"]: blocker["waiters"] for blocker in activity["root_blockers"]}
    found = []
    for session in activity["activity"]["long_running"]:
        if not session["maintenance"] or session["seconds_in_state"] < min_running:
            continue
        if session["wait"].startswith("Lock/"):
            continue
        number = waiters.get(session["pid"], 0)
        fate = f"{counted(number, 'session waits', 'sessions wait')} for its locks" if number else "it is left running"
        found.append(
            f"maintenance has run for {span(session['seconds_in_state'])}: {session['maintenance']} by {session['pid']}"
            f" {session['user']}@{session['database']} {session['application']}; {fate}"
        )
    return found
