"""Sessions of connection pools, for tests of connection limits and of sessions in excess."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Item
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Snapshot

from support.snapshots import SERVER

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def session(pid: int, application: str = "web", state: str = "idle", seconds: float = 60.0, **more: Any) -> Session:
    """A session that has been in this state for ``seconds``: an idle one that was used for a second after its login,
    or one that was opened an hour ago."""
    since = NOW - timedelta(seconds=seconds)
    opened = since - timedelta(seconds=1) if state == "idle" else NOW - timedelta(hours=1)
    given: dict[str, Any] = {"user": "app", "database": "shop", "backend_start": opened}
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


def opened(application: str, ages: Iterable[float], first: int = 1) -> list[Session]:
    """Idle sessions that were opened so many seconds ago and used at once."""
    return [session(first + place, application, seconds=age) for place, age in enumerate(ages)]


def pids(items: Iterable[Item]) -> list[int]:
    """The sessions of a plan's items."""
    return [item.detail["pid"] for item in items]


def used_for(seconds: float, sessions: Iterable[Session]) -> list[Session]:
    """The same, each used for so long between its login and its last statement."""
    return [
        session._replace(backend_start=(session.state_change or NOW) - timedelta(seconds=seconds))
        for session in sessions
    ]
