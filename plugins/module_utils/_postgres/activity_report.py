# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A picture as the dicts that pg_activity_info returns. Pure.

All text that comes from the server (statements, names) is stripped of control characters here.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable

from .._core.text import printable
from .connection_limits import told
from .describe import describe
from .exclusions import Mercy
from .locks.lock_table import Key
from .locks.tree import tree
from .session import Prepared, Session
from .snapshot import Picture, count_connections
from .sql_text import without_literals

STATEMENTS: dict[str, Callable[[str], str]] = {
    "normalized": without_literals,
    "full": printable,
    "none": lambda _text: "",
}


def session_dict(picture: Picture, session: Session, statements: str) -> dict[str, Any]:
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
        "seconds_in_state": round(session.seconds_in_state(picture.now), 1),
        "transaction_seconds": (
            round((picture.now - session.xact_start).total_seconds(), 1) if session.xact_start else None
        ),
        "has_written": session.has_written,
        "wait": wait,
        "statement": STATEMENTS[statements](session.query),
    }


def blocker_dict(picture: Picture, key: Key, mercy: Mercy, statements: str) -> dict[str, Any]:
    """A root or a gate: who it is, how many it holds up, what it does, why it would be spared."""
    holder = picture.who(key)
    forest = picture.forest
    common = {
        "target": holder.target,
        "waiters": forest.reach.get(key, 0),
        "frees_alone": forest.alone.get(key, 0),
        "reason": describe(picture, key),
        "protected": mercy.why(holder),
    }
    if isinstance(holder, Prepared):
        mine: dict[str, Any] = {
            "pid": 0,
            "state": "prepared",
            "gid": printable(holder.gid),
            "user": printable(holder.owner),
            "database": printable(holder.database),
        }
    else:
        mine = session_dict(picture, holder, statements)
    return {**mine, **common}


def waiter_dict(picture: Picture, key: Key, statements: str) -> dict[str, Any]:
    """A session in the queue: how long, for what, in which mode, behind whom."""
    forest = picture.forest
    lock = forest.wait_of(key)
    parent = forest.parent.get(key)
    holder = picture.who(key)
    base = session_dict(picture, holder, statements) if isinstance(holder, Session) else {"target": holder.target}
    return {
        **base,
        "waits_seconds": round(picture.seconds_waiting(key), 1),
        "waits_for": picture.wanted(key),
        "mode": lock.mode if lock else "",
        "locktype": lock.kind if lock else "",
        "behind": picture.who(parent).target if parent is not None else None,
    }


def activity(picture: Picture, mercy: Mercy, statements: str, rows: int, long_running: float) -> dict[str, Any]:
    """The views that answer: who does what for too long, what waits elsewhere, who is protected."""
    sessions = [s for s in picture.sessions.values() if s.pid != mercy.own_pid]
    clients = [s for s in sessions if s.backend_type == "client backend"]

    def listed(found: Iterable[Session]) -> list[dict[str, Any]]:
        oldest = sorted(found, key=lambda s: -s.seconds_in_state(picture.now))
        return [session_dict(picture, s, statements) for s in oldest[:rows]]

    others = picture.other_waits()
    protected = [(s, mercy.why(s)) for s in clients + [s for s in sessions if s.backend_type == "walsender"]]
    return {
        "long_running": listed(
            s for s in clients if s.state == "active" and s.seconds_in_state(picture.now) >= long_running
        ),
        "idle_in_transaction": listed(s for s in clients if s.idle_in_transaction),
        "other_waits": listed(others),
        "pin_suspects": listed(picture.pin_suspects()),
        "safe_snapshot_waits": [
            {"pid": pid, "blocked_by": list(blockers)} for pid, blockers in picture.snapshot_blockers.items()
        ],
        "protected": [{"target": s.target, "pid": s.pid, "reason": why} for s, why in protected if why][:rows],
    }


def activity_result(
    picture: Picture, mercy: Mercy, *, statements: str, rows: int, min_waiting: float, long_running: float
) -> dict[str, Any]:
    """What pg_activity_info returns; see its documentation."""
    forest = picture.forest
    waiters = picture.waiting_at_least(0)
    return {
        "server": dict(picture.server),
        "waiters": len(waiters),
        "long_waiters": len(picture.waiting_at_least(min_waiting)),
        "longest_wait": round(picture.longest_wait(), 1),
        "roots": [blocker_dict(picture, key, mercy, statements) for key in forest.roots[:rows]],
        "gates": [blocker_dict(picture, key, mercy, statements) for key in forest.gates[:rows]],
        "blocked": [waiter_dict(picture, key, statements) for key in waiters[:rows]],
        "cycles": forest.cycles,
        "tree": tree(picture, mercy),
        "connections": {**count_connections(picture), "ceilings": told(picture, mercy, rows)},
        "activity": activity(picture, mercy, statements, rows, long_running),
        "prepared": [
            {
                "target": p.target,
                "gid": printable(p.gid),
                "owner": printable(p.owner),
                "database": printable(p.database),
                "seconds": round((picture.now - p.prepared_at).total_seconds(), 1) if p.prepared_at else None,
                "waiters": forest.reach.get(p.key, 0),
            }
            for p in list(picture.prepared.values())[:rows]
        ],
        "visibility": picture.visibility,
        "redacted": picture.redacted,
    }


def with_background(result: dict[str, Any], background: dict[str, Any]) -> dict[str, Any]:
    """The same result with its background; a pooled session that holds others up is told with its real client."""
    clients = background.get("pooler", {}).get("clients", {})
    for blocker in (*result["roots"], *result["gates"]):
        if str(blocker["pid"]) in clients:
            blocker["behind_pooler"] = clients[str(blocker["pid"])]
    return {**result, "background": background}
