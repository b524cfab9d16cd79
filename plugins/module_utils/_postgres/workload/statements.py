# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server spends its time on: the difference of two snapshots of pg_stat_statements. Pure.

The counters cover a statement's whole lifetime, which shows little of an incident, and include the time spent waiting
for locks. Two snapshots give what happened between them; samples of the waits, taken meanwhile, separate waiting from
running statements. A statement is counted when it ends: what still runs is added.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Callable, Iterable, Mapping, NamedTuple, Tuple, TypedDict

from ..._core.text import printable, shortened
from ..activity_report import STATEMENTS
from ..describe import who_is
from ..session import SIGNATURE
from ..snapshot import ServerReport, Snapshot

Key = Tuple[int, int, int, bool]  # role, database, query id, top level
LONGEST = 4000  # characters of a statement's text that are returned


class RunningStatement(TypedDict):
    """A session that runs the statement now, and for how many seconds."""

    pid: int
    who: str
    target: str
    seconds: float
    wait: str


class RunningNow(RunningStatement):
    """With what no report shows: the part of the window that it has taken, and its text."""

    within: float
    query: str


class StatementReport(TypedDict):
    """One statement. ``sessions``: active with it on average; None where no window was watched."""

    query_id: str
    role: str
    database: str
    statement: str
    seconds: float
    share: float
    sessions: float | None
    lock_share: float
    work_seconds: float
    calls: int
    mean_ms: float | None
    rows: int
    read_blocks: int
    spilled_blocks: int
    jit_seconds: float
    lifetime_mean_ms: float | None
    renewed: bool
    running: list[RunningStatement]


class WindowReport(TypedDict):
    """What was watched. ``since``: from when the counters count, where ``lifetime`` is true. ``logins``: new sessions
    per second; None where no window was watched, or the server does not count them."""

    seconds: float | None
    lifetime: bool
    since: str | None
    entries: int
    evictions: int
    renewed: bool
    logins: float | None


class WorkloadReport(TypedDict):
    """What took the time. ``waits``: active sessions on average, by what they waited for."""

    available: bool
    why: str
    remedy: str
    notes: list[str]
    window: WindowReport
    statements: list[StatementReport]
    waits: dict[str, float]


class StatementsReport(WorkloadReport):
    """What pg_statements_info returns."""

    server: ServerReport


class Entry(NamedTuple):
    """One statement's counters. ``seconds`` of execution, ``jit`` of them of compilation; blocks of 8 KiB; ``since``
    from version 17 on."""

    calls: int
    seconds: float
    rows: int = 0
    read: int = 0
    spilled: int = 0
    since: datetime | None = None
    jit: float = 0.0


class StatementCounters(NamedTuple):
    """All counters at one moment. ``dealloc`` and ``reset`` change when entries were dropped."""

    entries: dict[Key, Entry]
    dealloc: int = 0
    reset: datetime | None = None
    hidden: int = 0


@dataclass(frozen=True)
class Doing:
    """What one statement cost between two looks. ``renewed``: its counters were reset meanwhile, so it may be more."""

    key: Key
    spent: Entry
    lifetime: Entry
    renewed: bool = False


@dataclass
class Samples:
    """How often sessions were seen at a statement, and waiting for what; ``looks`` at all."""

    looks: int = 0
    seen: Counter[int] = field(default_factory=Counter)
    locked: Counter[int] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Iterable[tuple[int | None, str | None, int]]) -> None:
        """One snapshot: query id, kind of wait (None: running), number of sessions."""
        self.looks += 1
        for query_id, wait, number in rows:
            self.waits[wait or "CPU"] += number
            if query_id is not None:
                self.seen[query_id] += number
                self.locked[query_id] += number if wait == "Lock" else 0

    def lock_share(self, query_id: int) -> float:
        return self.locked[query_id] / self.seen[query_id] if self.seen[query_id] else 0.0

    def as_dict(self) -> dict[str, float]:
        """active sessions on average, by what they waited for; ``CPU`` is what waits for nothing."""
        return {kind: round(number / max(1, self.looks), 2) for kind, number in self.waits.most_common()}


def difference(first: StatementCounters, second: StatementCounters) -> list[Doing]:
    """What was done between two looks. An entry that was dropped and came again counts from its new beginning."""
    doings = []
    for key, after in second.entries.items():
        before = first.entries.get(key)
        renewed = before is not None and (after.calls < before.calls or after.since != before.since)
        if before is None or renewed:
            spent = after
        else:
            spent = Entry(
                after.calls - before.calls,
                after.seconds - before.seconds,
                after.rows - before.rows,
                after.read - before.read,
                after.spilled - before.spilled,
                jit=after.jit - before.jit,
            )
        if spent.calls:
            doings.append(Doing(key, spent, after, renewed))
    return doings


def lifetime(snapshot: StatementCounters) -> list[Doing]:
    """Every statement with all that it ever cost."""
    return [Doing(key, entry, entry) for key, entry in snapshot.entries.items()]


def running_seconds(snapshot: Snapshot, own_pid: int, window: float | None) -> dict[int, list[RunningNow]]:
    """Statements that run right now, by query id (0: unknown), with the part of the window that each has taken."""
    running: dict[int, list[RunningNow]] = {}
    for client_session in snapshot.client_sessions():
        if client_session.state != "active" or client_session.pid == own_pid or SIGNATURE in client_session.query:
            continue
        age = client_session.seconds_in_state(snapshot.now)
        entry: RunningNow = {
            "pid": client_session.pid,
            "who": who_is(snapshot, client_session.pid),
            "target": client_session.target,
            "seconds": round(age, 1),
            "wait": client_session.wait_type,
            "within": age if window is None else min(age, window),
            "query": client_session.query,
        }
        running.setdefault(client_session.query_id or 0, []).append(entry)
    return running


@dataclass(frozen=True)
class Reader:
    """How names and texts are shown: roles and databases by oid, texts by key, and in which form texts are shown."""

    roles: Mapping[int, str]
    databases: Mapping[int, str]
    texts: Mapping[Key, str]
    form: str

    def text(self, key: Key, running: list[RunningNow]) -> str:
        """What the extension keeps, else what a session that runs it shows."""
        kept = self.texts.get(key) or (running[0]["query"] if running else "")
        show: Callable[[str], str] = STATEMENTS[self.form]
        return shortened(show(kept), LONGEST)


def ranked(doings: Iterable[Doing], running: Mapping[int, list[RunningNow]]) -> list[tuple[Key, float]]:
    """Keys with the seconds that each took, finished and running, the most first. What runs and never ended has a key
    of its own."""
    seconds: dict[Key, float] = {doing.key: doing.spent.seconds for doing in doings}
    by_id: dict[int, list[Key]] = {}
    for key in seconds:
        by_id.setdefault(key[2], []).append(key)
    for query_id, sessions in running.items():
        within = sum(session["within"] for session in sessions)
        keys = by_id.get(query_id) if query_id else None
        key = max(keys, key=lambda each: seconds[each]) if keys else (0, 0, query_id, True)
        seconds[key] = seconds.get(key, 0.0) + within
    return sorted(seconds.items(), key=lambda item: (-item[1], item[0]))


def report(
    doings: list[Doing],
    running: Mapping[int, list[RunningNow]],
    samples: Samples,
    reader: Reader,
    top: int,
    window: float | None,
) -> list[StatementReport]:
    """The statements that took most, with their part of the whole, locks distinguished from work."""
    order = ranked(doings, running)
    whole = sum(seconds for dummy, seconds in order) or 1.0
    by_key = {doing.key: doing for doing in doings}
    reports: list[StatementReport] = []
    for key, seconds in order[:top]:
        doing = by_key.get(key)
        runs = running.get(key[2], []) if key[2] or doing is None else []
        locked = samples.lock_share(key[2])
        spent = doing.spent if doing else Entry(0, 0.0)
        reports.append(
            {
                "query_id": str(key[2]),
                "role": printable(reader.roles.get(key[0], "")),
                "database": printable(reader.databases.get(key[1], "")),
                "statement": reader.text(key, runs),
                "seconds": round(seconds, 3),
                "share": round(seconds / whole, 3),
                "sessions": round(seconds / window, 2) if window else None,
                "lock_share": round(locked, 3),
                "work_seconds": round(seconds * (1 - locked), 3),
                "calls": spent.calls,
                "mean_ms": round(1000 * spent.seconds / spent.calls, 3) if spent.calls else None,
                "rows": spent.rows,
                "read_blocks": spent.read,
                "spilled_blocks": spent.spilled,
                "jit_seconds": round(spent.jit, 3),
                "lifetime_mean_ms": _mean(doing.lifetime) if doing else None,
                "renewed": bool(doing and doing.renewed),
                "running": [_shown(session) for session in runs],
            }
        )
    return reports


def _shown(session: RunningNow) -> RunningStatement:
    return {
        "pid": session["pid"],
        "who": session["who"],
        "target": session["target"],
        "seconds": session["seconds"],
        "wait": session["wait"],
    }


def _mean(entry: Entry) -> float | None:
    return round(1000 * entry.seconds / entry.calls, 3) if entry.calls else None
