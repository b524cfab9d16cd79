# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runaway statements, ended: cancelled, and terminated where that is not enough. I/O."""

from __future__ import annotations

import time
from typing import Any

from .._domain.runaways import Runaways
from .._domain.sessions import Session
from . import queries
from .ending import Ending
from .postgres import Postgres

_GLANCE = 0.05  # seconds


def end_sessions(postgres: Postgres, runaways: Runaways, grace: float, timeout: float) -> dict[str, Any]:
    """What came of it: ``ended``, ``stuck`` and ``missed``, as pg_kill_blocking tells them, and ``seconds``."""
    Ending(postgres).claim()
    began = time.monotonic()
    ended, stuck, missed = [], [], []
    for one in runaways.victims:
        item = next(item for item in runaways.plan.actions if item.target == one.target)
        told = {"target": one.target, "pid": one.pid, "who": item.detail["who"], "reason": item.reason}
        if not _signal(postgres, queries.END_CANCEL, one):
            missed.append({**told, "reason": "it had moved on when the act came"})
        elif _over(postgres, one, grace):
            ended.append({**told, "action": "cancelled"})
        elif not _signal(postgres, queries.END_TERMINATE, one) or _over(postgres, one, timeout):
            ended.append({**told, "action": "terminated"})
        else:
            stuck.append(told)
    return {"ended": ended, "stuck": stuck, "missed": missed, "seconds": round(time.monotonic() - began, 2)}


def _signal(postgres: Postgres, statement: str, one: Session) -> bool:
    rows = postgres.rows(statement, pid=one.pid, backend_start=one.backend_start, query_start=one.query_start)
    return bool(rows and rows[0][0])


def _over(postgres: Postgres, one: Session, seconds: float) -> bool:
    """Whether that statement is over within so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        rows = postgres.rows(
            queries.END_STANDS, pid=one.pid, backend_start=one.backend_start, query_start=one.query_start
        )
        if not rows:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_GLANCE)
