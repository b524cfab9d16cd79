# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a PostgreSQL server drags along beside its sessions. I/O; what it means is said in ``background.report``."""

from __future__ import annotations

from typing import Collection

from ...io.server import Postgres
from ...snapshot import Snapshot
from .. import background_report as background
from . import background_queries as queries
from .backends import observe_backends
from .pgbouncer import Pooler, read_pooler

SUBJECTS = ("wraparound", "replication", "spill", "autovacuum", "processes", "pooler")


def collect_background(
    postgres: Postgres, snapshot: Snapshot, subjects: Collection[str], pooler: Pooler | None, interval: float
) -> background.BackgroundReport:
    """The subjects that were asked for. What this login or this host may not see is said, and costs nothing else."""
    reports: background.BackgroundSubjects = {}
    if "wraparound" in subjects:
        reports["wraparound"] = background.wraparound(
            snapshot,
            postgres.names(queries.AGES),
            postgres.names(queries.HORIZON_SESSIONS),
            postgres.names(queries.HORIZON_PREPARED),
            postgres.names(queries.SLOTS),
        )
    if "replication" in subjects:
        reports["replication"] = background.replication(
            postgres.names(queries.SLOTS),
            postgres.names(queries.WALSENDERS),
            postgres.rows(queries.ARCHIVER)[0],
        )
    if "spill" in subjects:
        reports["spill"] = _spill(postgres, snapshot)
    if "autovacuum" in subjects:
        reports["autovacuum"] = background.autovacuum(snapshot, postgres.names(queries.VACUUMS))
    if "processes" in subjects:
        reports["processes"] = observe_backends(snapshot, interval)
    if "pooler" in subjects:
        reports["pooler"] = read_pooler(pooler, snapshot) if pooler else {"reachable": False, "why": "not requested"}
    return {**reports, "findings": background.pressing(reports)}


def _spill(postgres: Postgres, snapshot: Snapshot) -> background.SpillReport:
    files = postgres.names(queries.SPILL)
    if postgres.names(queries.MAY_LIST)[:1] == [(True,)]:
        return background.spill(snapshot, [*files, *postgres.names(queries.SHARED_SPILL)])
    return background.spill(snapshot, files, unlisted_by=postgres.role)
