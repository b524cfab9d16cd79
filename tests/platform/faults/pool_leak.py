"""A job opens a connection for each item and closes none: every slot is taken, and the application gets in no more."""

from __future__ import annotations

from rehearsal import partner
from rehearsal.stand import Stand

PLAYBOOK = "db_connection_exhaustion.yml"
CAUSE = "leak"
VARIABLES = {"db_connection_exhaustion_idle": 3}
WITHIN = 10
JOB = "partner-feed"


def inject(stand: Stand) -> None:
    partner.take_all(stand, JOB, "SELECT count(*) FROM trips")


def symptom(stand: Stand) -> bool:
    """Nobody is served."""
    return stand.fails()


def heal(stand: Stand) -> None:
    partner.stop(stand, JOB)


def culprits(stand: Stand) -> list[str]:
    return stand.sessions(JOB)
