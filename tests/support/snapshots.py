"""Literal pictures for tests of the pure side: a few words per session, a few per lock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.lock_table import Key, Lock, Tag
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Prepared, Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import (
    Limits,
    ServerReport,
    Snapshot,
)

NOW = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)

SERVER: ServerReport = {
    "version": "16.1", "version_num": 160001, "in_recovery": False, "role": "oncall", "database": "booking",
    "deadlock_timeout": "1s", "synchronous_standby_names": "", "login_path": "normal", "refused_by": "",
    "host": "db", "port": 5432,
}  # fmt: skip


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def session(pid: int, state: str = "active", **given: Any) -> Session:
    """A client session that began 1000 s ago and its transaction 100 s ago, unless told otherwise."""
    defaults: dict[str, Any] = {
        "state": state,
        "user": "app",
        "database": "booking",
        "application": "web",
        "backend_start": ago(1000),
        "xact_start": None if state == "idle" else ago(100),
        "query_start": ago(100),
        "state_change": ago(100),
    }
    return Session(pid, **{**defaults, **given})


def prepared(xid: int, gid: str = "gid", **given: Any) -> Prepared:
    return Prepared(xid, gid, ago(500), owner="app", database="booking", **given)


def relation(oid: int) -> Tag:
    return ("relation", 5, oid, None, None, None, None, None, None, None)


def row(relation_oid: int, tuple_: int) -> Tag:
    return ("tuple", 5, relation_oid, 0, tuple_, None, None, None, None, None)


def xid(number: int) -> Tag:
    return ("transactionid", None, None, None, None, None, str(number), None, None, None)


def advisory(number: int) -> Tag:
    return ("advisory", 5, None, None, None, None, None, 0, number, 1)


def holds(owner: Key, tag: Tag, mode: str = "ExclusiveLock") -> Lock:
    return Lock(owner, tag, mode, granted=True)


def waits(owner: Key, tag: Tag, mode: str = "ExclusiveLock", seconds: float = 60) -> Lock:
    return Lock(owner, tag, mode, granted=False, since=ago(seconds))


def row_queue(holder: Key, waiters: list[int], number: int = 900) -> list[Lock]:
    """What PostgreSQL shows when sessions update one row: the first waits for the transaction and holds
    the row's tuple lock, the others queue for that."""
    first, *rest = waiters
    locks = [holds(holder, xid(number)), waits(first, xid(number), "ShareLock", 90)]
    locks += [holds(first, row(1, number))]
    return locks + [waits(pid, row(1, number), "ExclusiveLock", 80 - i / 100) for i, pid in enumerate(rest)]


def snapshot(locks: list[Lock], *holders: Session | Prepared, **given: Any) -> Snapshot:
    """A picture in which every owner of a lock who is not described is an ordinary session."""
    known: dict[Key, Session | Prepared] = {holder.key: holder for holder in holders}
    forest = build_forest(locks)
    for lock in locks:
        if lock.owner not in known:
            pid = lock.owner
            assert isinstance(pid, int), "describe prepared transactions"
            waiting = any(other.owner == pid and not other.granted for other in locks)
            known[pid] = session(pid, "active" if waiting else "idle in transaction", has_written=not waiting)
    defaults: dict[str, Any] = {
        "now": NOW,
        "server": SERVER,
        "limits": Limits(100, 3, 0),
        "sessions": {key: held for key, held in known.items() if isinstance(held, Session)},
        "prepared": {key: held for key, held in known.items() if isinstance(held, Prepared)},
        "forest": forest,
    }
    return Snapshot(**{**defaults, **given})
