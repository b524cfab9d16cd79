"""An analyst runs a query without an end on the live database, again and again: no core is left."""

from __future__ import annotations

import os

from rehearsal import slowness
from rehearsal.platform import Platform

PLAYBOOK = "db_performance_degradation.yml"
CAUSE = "runaway_statement"
MANY = max(3, os.cpu_count() or 1)
# The platform has few sessions, of which these are more than the usual part.
VARIABLES = {"db_performance_degradation_min_running": 3, "end_sessions_max_share": 0.5, "end_sessions_limit": MANY}
LATENCY = "browse"
QUESTION = "SELECT count(*) FROM bookings AS a JOIN bookings AS b ON a.amount_cents * 7 % 1000 < b.amount_cents % 1000"
ANALYST = "ad-hoc"


def inject(platform: Platform) -> None:
    slowness.remember(platform)
    for _number in range(MANY):
        platform.session(ANALYST, "reporting", QUESTION)


def symptom(platform: Platform) -> bool:
    """A request costs the database three times the processor time of before."""
    return slowness.is_dear(platform, 3)


def heal(platform: Platform) -> None:
    platform.end(ANALYST)
    slowness.forget(platform)


def culprits(platform: Platform) -> list[str]:
    return platform.sessions(ANALYST)
