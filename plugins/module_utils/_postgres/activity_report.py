# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot as the dicts that pg_activity_info returns. Pure.

All text that comes from the server (statements, names) is stripped of control characters here.
"""

from __future__ import annotations

from typing import Callable, Iterable, TypedDict, Union

from .._core.text import printable
from .background.background_report import BackgroundReport
from .background.pgbouncer import PoolClient
from .connection_limits import ConnectionLimitReport, connection_limit_dicts
from .describe import describe
from .exclusions import Exclusions
from .locks.election import standbys
from .locks.lock_table import Key
from .locks.tree import tree
from .server_states import ServerState, server_states
from .session import Prepared, Session
from .snapshot import MIN_WAITERS, ConnectionCounts, ServerReport, Snapshot, count_connections
from .sql_text import legible_statement
from .work import maintenance

STATEMENTS: dict[str, Callable[[str], str]] = {
    "normalized": legible_statement,
    "full": printable,
    "none": lambda _text: "",
}


class SessionReport(TypedDict):
    """One session. ``transaction_seconds`` None: it has no transaction."""

    target: str
    pid: int
    user: str
    database: str
    application: str
    client: str
    backend_type: str
    state: str
    seconds_in_state: float
    transaction_seconds: float | None
    has_written: bool
    wait: str
    maintenance: str
    statement: str


class _Blocks(TypedDict):
    waiters: int
    frees_alone: int
    reason: str
    protected: str
    behind_pooler: PoolClient | None


class SessionBlocker(SessionReport, _Blocks):
    """A session that holds others up. ``behind_pooler``: its real client, where a pooler's console shows it."""


class PreparedBlocker(_Blocks):
    """A prepared transaction that holds others up; ``pid`` is 0."""

    target: str
    pid: int
    state: str
    gid: str
    user: str
    database: str


BlockerReport = Union[SessionBlocker, PreparedBlocker]


class _Waits(TypedDict):
    waits_seconds: float
    waits_for: str
    mode: str
    locktype: str
    behind: str | None


class SessionWaiter(SessionReport, _Waits):
    """A session that waits for a lock. ``behind``: the target of who holds it up."""


class PreparedWaiter(_Waits):
    """A prepared transaction in a queue, of which no more is known."""

    target: str


WaiterReport = Union[SessionWaiter, PreparedWaiter]


class SnapshotWait(TypedDict):
    """A session that waits for a safe snapshot, and the pids that keep it waiting."""

    pid: int
    blocked_by: list[int]


class ProtectedSession(TypedDict):
    """A session that no act may end, and why."""

    target: str
    pid: int
    reason: str


class ActivityLists(TypedDict):
    """Who does what for too long, what waits elsewhere, who is protected."""

    long_running: list[SessionReport]
    idle_in_transaction: list[SessionReport]
    other_waits: list[SessionReport]
    pin_suspects: list[SessionReport]
    safe_snapshot_waits: list[SnapshotWait]
    protected: list[ProtectedSession]


class PreparedReport(TypedDict):
    """A prepared transaction. ``seconds`` since it was prepared; None: not known."""

    target: str
    gid: str
    owner: str
    database: str
    seconds: float | None
    waiters: int


class Connections(ConnectionCounts):
    """The slots, and every connection limit with its applications."""

    connection_limits: list[ConnectionLimitReport]


class _Activity(TypedDict):
    server: ServerReport
    waiters: int
    long_waiters: int
    requests_waiting: int
    waiters_by_design: int
    longest_wait: float
    root_blockers: list[BlockerReport]
    queued_blockers: list[BlockerReport]
    blocked: list[WaiterReport]
    cycles: list[list[Key]]
    tree: list[str]
    server_states: list[ServerState]
    connections: Connections
    activity: ActivityLists
    prepared: list[PreparedReport]
    visibility: str
    redacted: int


class ActivityReport(_Activity, total=False):
    """What pg_activity_info returns. ``background``: not in a survey of triage_info."""

    background: BackgroundReport


def session_dict(snapshot: Snapshot, session: Session, statements: str) -> SessionReport:
    """One session for machines."""
    wait = f"{session.wait_type}/{session.wait_event}" if session.wait_type else ""
    return {
        "target": session.target,
        "pid": session.pid,
        "user": printable(session.user),
        "database": printable(session.database),
        "application": printable(session.application),
        "client": printable(session.client),
        "backend_type": session.backend_type,
        "state": session.state or "unknown",
        "seconds_in_state": round(session.seconds_in_state(snapshot.now), 1),
        "transaction_seconds": (
            round((snapshot.now - session.xact_start).total_seconds(), 1) if session.xact_start else None
        ),
        "has_written": session.has_written,
        "wait": wait,
        "maintenance": maintenance(session),
        "statement": STATEMENTS[statements](session.query),
    }


def blocker_dict(snapshot: Snapshot, key: Key, exclusions: Exclusions, statements: str) -> BlockerReport:
    """A root or a gate: who it is, how many it holds up, what it does, why it is excluded."""
    holder = snapshot.who(key)
    forest = snapshot.forest
    common: _Blocks = {
        "waiters": forest.reach.get(key, 0),
        "frees_alone": forest.alone.get(key, 0),
        "reason": describe(snapshot, key),
        "protected": exclusions.why(holder),
        "behind_pooler": None,
    }
    if not isinstance(holder, Prepared):
        return {**session_dict(snapshot, holder, statements), **common}
    return {
        "target": holder.target,
        "pid": 0,
        "state": "prepared",
        "gid": printable(holder.gid),
        "user": printable(holder.owner),
        "database": printable(holder.database),
        **common,
    }


def waiter_dict(snapshot: Snapshot, key: Key, statements: str) -> WaiterReport:
    """A session in the queue: how long, for what, in which mode, behind which session."""
    forest = snapshot.forest
    lock = forest.wait_of(key)
    parent = forest.parent.get(key)
    holder = snapshot.who(key)
    waits: _Waits = {
        "waits_seconds": round(snapshot.seconds_waiting(key), 1),
        "waits_for": snapshot.wanted(key),
        "mode": lock.mode if lock else "",
        "locktype": lock.kind if lock else "",
        "behind": snapshot.who(parent).target if parent is not None else None,
    }
    if isinstance(holder, Session):
        return {**session_dict(snapshot, holder, statements), **waits}
    return {"target": holder.target, **waits}


def activity(
    snapshot: Snapshot, exclusions: Exclusions, statements: str, rows: int, long_running: float
) -> ActivityLists:
    """The views that answer: who does what for too long, what waits elsewhere, who is protected."""
    sessions = [s for s in snapshot.sessions.values() if s.pid != exclusions.own_pid]
    clients = [s for s in sessions if s.backend_type == "client backend"]

    def listed(sessions: Iterable[Session]) -> list[SessionReport]:
        oldest = sorted(sessions, key=lambda s: -s.seconds_in_state(snapshot.now))
        return [session_dict(snapshot, s, statements) for s in oldest[:rows]]

    others = snapshot.other_waits()
    protected = [(s, exclusions.why(s)) for s in clients + [s for s in sessions if s.backend_type == "walsender"]]
    return {
        "long_running": listed(
            s for s in clients if s.state == "active" and s.seconds_in_state(snapshot.now) >= long_running
        ),
        "idle_in_transaction": listed(s for s in clients if s.idle_in_transaction),
        "other_waits": listed(others),
        "pin_suspects": listed(snapshot.pin_suspects()),
        "safe_snapshot_waits": [
            {"pid": pid, "blocked_by": list(blockers)} for pid, blockers in snapshot.snapshot_blockers.items()
        ],
        "protected": [_protected(s, why) for s, why in protected if why][:rows],
    }


def _protected(session: Session, why: str) -> ProtectedSession:
    return {"target": session.target, "pid": session.pid, "reason": why}


def activity_result(
    snapshot: Snapshot,
    exclusions: Exclusions,
    *,
    statements: str,
    rows: int,
    min_waiting: float,
    long_running: float,
    min_waiters: int = MIN_WAITERS,
) -> ActivityReport:
    """What pg_activity_info returns; see its documentation."""
    forest = snapshot.forest
    waiters = snapshot.waiting_at_least(0)
    return {
        "server": snapshot.server,
        "waiters": len(waiters),
        "long_waiters": len(snapshot.affected(min_waiting, min_waiters=min_waiters)),
        "requests_waiting": len(set(snapshot.requests_waiting(min_waiting, min_waiters)) - standbys(snapshot)),
        "waiters_by_design": len(snapshot.waits_by_design(min_waiting)),
        "longest_wait": round(snapshot.longest_wait(), 1),
        "root_blockers": [blocker_dict(snapshot, key, exclusions, statements) for key in forest.root_blockers[:rows]],
        "queued_blockers": [
            blocker_dict(snapshot, key, exclusions, statements) for key in forest.queued_blockers[:rows]
        ],
        "blocked": [waiter_dict(snapshot, key, statements) for key in waiters[:rows]],
        "cycles": forest.cycles,
        "tree": tree(snapshot, exclusions),
        "server_states": server_states(snapshot),
        "connections": {
            **count_connections(snapshot),
            "connection_limits": connection_limit_dicts(snapshot, exclusions, rows),
        },
        "activity": activity(snapshot, exclusions, statements, rows, long_running),
        "prepared": [
            {
                "target": p.target,
                "gid": printable(p.gid),
                "owner": printable(p.owner),
                "database": printable(p.database),
                "seconds": round((snapshot.now - p.prepared_at).total_seconds(), 1) if p.prepared_at else None,
                "waiters": forest.reach.get(p.key, 0),
            }
            for p in list(snapshot.prepared.values())[:rows]
        ],
        "visibility": snapshot.visibility,
        "redacted": snapshot.redacted,
    }


def with_background(result: ActivityReport, background: BackgroundReport) -> ActivityReport:
    """The same result with its background; a pooled session that holds others up is shown with its real client."""
    clients = background.get("pooler", {}).get("clients", {})
    for blocker in (*result["root_blockers"], *result["queued_blockers"]):
        if str(blocker["pid"]) in clients:
            blocker["behind_pooler"] = clients[str(blocker["pid"])]
    return {**result, "background": background}
