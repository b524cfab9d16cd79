# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pg_activity_info returns. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Sequence

from ..activity_report import ActivityReport, activity_result, with_background
from ..background.io.background import look_behind
from ..exclusions import Mercy
from ..snapshot import Picture
from .connection import Login
from .server import Postgres, connect
from .snapshot import read_snapshot

_PAUSE = 0.2  # seconds between two looks while there is patience


@dataclass(frozen=True)
class Wanted:
    """What is reported. Seconds, but for ``rows`` and ``expected``: until so few wait, it looks again."""

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
    mercy_of: Callable[[int], Mercy],
    pooler: Login | None,
    wanted: Wanted,
    warn: Callable[[str], None],
) -> ActivityReport:
    """One snapshot as dicts. ``mercy_of`` is given the pid of this very connection."""
    with connect(login) as postgres:
        mercy = mercy_of(postgres.pid)
        picture = _patient(postgres, wanted)
        background = look_behind(postgres, picture, wanted.also, pooler, wanted.interval)
    if picture.redacted:
        warn(
            f"Role {picture.server['role']} may not see {picture.redacted} of {len(picture.sessions)} sessions: "
            "their state is missing in every count. Grant it pg_monitor."
        )
    result = activity_result(
        picture,
        mercy,
        statements=wanted.statements,
        rows=wanted.rows,
        min_waiting=wanted.min_waiting,
        long_running=wanted.long_running,
    )
    return with_background(result, background)


def _patient(postgres: Postgres, wanted: Wanted) -> Picture:
    """The first snapshot in which no more wait than expected, or the last before patience ends."""
    until = time.monotonic() + wanted.patience
    while True:
        picture = read_snapshot(postgres)
        if len(picture.waiting_at_least(wanted.min_waiting)) <= wanted.expected or time.monotonic() >= until:
            return picture
        time.sleep(_PAUSE)
