"""Somebody asks the live database a question without an end, three times since nothing came: the cores are gone."""

from __future__ import annotations

from rehearsal import slowness
from rehearsal.stand import Stand

PLAYBOOK = "db_performance_degradation.yml"
CAUSE = "runaway_statement"
VARIABLES = {"db_performance_degradation_min_running": 3}
LATENCY = "browse"
QUESTION = "SELECT count(*) FROM bookings AS a JOIN bookings AS b ON a.amount_cents * 7 % 1000 < b.amount_cents % 1000"
ANALYST = "ad-hoc"


def inject(stand: Stand) -> None:
    slowness.remember(stand)
    for _number in range(3):
        stand.session(ANALYST, "reporting", QUESTION)


def symptom(stand: Stand) -> bool:
    """A request costs the database three times the processor time of before."""
    return slowness.is_dear(stand, 3)


def heal(stand: Stand) -> None:
    stand.end(ANALYST)
    slowness.forget(stand)


def culprits(stand: Stand) -> list[str]:
    return stand.sessions(ANALYST)
