# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a PostgreSQL server drags along beside its sessions. I/O; what it means is said in ``background.report``."""

from __future__ import annotations

from typing import Any, Callable, Collection

from ...io.server import Postgres
from ...snapshot import Picture
from .. import background_report as background
from . import background_queries as queries
from .backends import observe_backends
from .pgbouncer import Pooler, read_pooler

SUBJECTS = ("wraparound", "replication", "spill", "autovacuum", "processes", "pooler")


def look_behind(
    postgres: Postgres, picture: Picture, subjects: Collection[str], pooler: Pooler | None, interval: float
) -> dict[str, Any]:
    """The subjects that were asked for. What this login or this host may not see is said, and costs nothing else."""
    readers: dict[str, Callable[[], dict[str, Any]]] = {
        "wraparound": lambda: background.wraparound(
            picture,
            postgres.names(queries.AGES),
            postgres.names(queries.HORIZON_SESSIONS),
            postgres.names(queries.HORIZON_PREPARED),
            postgres.names(queries.SLOTS),
        ),
        "replication": lambda: background.replication(
            postgres.names(queries.SLOTS), postgres.names(queries.WALSENDERS)
        ),
        "spill": lambda: _spill(postgres, picture),
        "autovacuum": lambda: background.autovacuum(picture, postgres.names(queries.VACUUMS)),
        "processes": lambda: observe_backends(picture, interval),
        "pooler": lambda: read_pooler(pooler, picture) if pooler else {"reachable": False, "why": "not asked for"},
    }
    found = {name: readers[name]() for name in SUBJECTS if name in subjects}
    return {**found, "pressing": background.pressing(found)}


def _spill(postgres: Postgres, picture: Picture) -> dict[str, Any]:
    files = postgres.names(queries.SPILL)
    if postgres.names(queries.MAY_LIST)[:1] == [(True,)]:
        return background.spill(picture, [*files, *postgres.names(queries.SHARED_SPILL)])
    return background.spill(picture, files, unlisted_by=postgres.role)
