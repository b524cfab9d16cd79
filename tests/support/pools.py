"""Sessions of connection pools, for tests of connection limits and of sessions in excess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Snapshot

from support.snapshots import SERVER

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def session(pid: int, application: str = "web", state: str = "idle", seconds: float = 60.0, **more: Any) -> Session:
    """A session that has been in this state for ``seconds``."""
    since = NOW - timedelta(seconds=seconds)
    given: dict[str, Any] = {"user": "app", "database": "shop", "backend_start": NOW - timedelta(hours=1)}
    if state != "idle":
        given.update(xact_start=since, query_start=since)
    return Session(pid, state=state, application=application, **{**given, "state_change": since, **more})


def snapshot(*sessions: Session, slots: int = 20, **more: Any) -> Snapshot:
    """A server with these sessions and no lock."""
    by_pid: dict[Any, Session] = {session.pid: session for session in sessions}
    return Snapshot(NOW, SERVER, Limits(slots), by_pid, {}, build_forest([]), **more)


def pool(number: int, application: str = "web", first: int = 1, **more: Any) -> list[Session]:
    """``number`` sessions of one application, with pids from ``first`` on."""
    return [session(first + place, application, **more) for place in range(number)]
