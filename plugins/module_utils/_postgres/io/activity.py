# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pg_activity_info returns. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Sequence

from ..activity_report import ActivityReport, activity_result, with_background
from ..background.io.background import collect_background
from ..exclusions import Exclusions
from ..locks.io.watch import read_watched
from ..snapshot import Snapshot
from .condition import with_condition
from .connection import Login
from .server import Postgres, connect

_PAUSE = 0.2  # seconds between two looks while there is patience


@dataclass(frozen=True)
class Wanted:
    """What is reported. Seconds, but for ``rows`` and ``expected``: the snapshot is repeated until so few wait."""

    statements: str
    rows: int
    min_waiting: float
    long_running: float
    patience: float
    expected: int
    also: Sequence[str]
    interval: float


def activity(
    login: Login,
    exclusions_of: Callable[[int], Exclusions],
    pooler: Login | None,
    wanted: Wanted,
    warn: Callable[[str], None],
) -> ActivityReport:
    """One snapshot as dicts. ``exclusions_of`` is given the pid of this very connection."""
    with connect(login) as postgres:
        exclusions = exclusions_of(postgres.pid)
        snapshot = _patient(postgres, wanted)
        snapshot = with_condition(postgres, snapshot, disks="processes" in wanted.also)
        background = collect_background(postgres, snapshot, wanted.also, pooler, wanted.interval)
    if snapshot.redacted:
        warn(
            f"Role {snapshot.server['role']} may not see {snapshot.redacted} of {len(snapshot.sessions)} sessions: "
            "their state is missing in every count. Grant it pg_monitor."
        )
    result = activity_result(
        snapshot,
        exclusions,
        statements=wanted.statements,
        rows=wanted.rows,
        min_waiting=wanted.min_waiting,
        long_running=wanted.long_running,
    )
    return with_background(result, background)


def _patient(postgres: Postgres, wanted: Wanted) -> Snapshot:
    """The first snapshot in which no more wait than expected, or the last before patience ends."""
    until = time.monotonic() + wanted.patience
    while True:
        snapshot = read_watched(postgres, wanted.min_waiting)
        if len(snapshot.affected(wanted.min_waiting)) <= wanted.expected or time.monotonic() >= until:
            return snapshot
        time.sleep(_PAUSE)
