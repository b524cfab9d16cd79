"""A job opens a connection for each item and closes none: every slot is taken, and the application gets in no more."""

from __future__ import annotations

from rehearsal import batch_job
from rehearsal.platform import Platform

PLAYBOOK = "db_connection_exhaustion.yml"
CAUSE = "leak"
VARIABLES = {"db_connection_exhaustion_idle": 3}
WITHIN = 10
JOB = "partner-feed"


def inject(platform: Platform) -> None:
    batch_job.take_all(platform, JOB, "SELECT count(*) FROM trips")


def symptom(platform: Platform) -> bool:
    """Nobody is served."""
    return platform.fails()


def heal(platform: Platform) -> None:
    batch_job.stop(platform, JOB)


def culprits(platform: Platform) -> list[str]:
    return platform.sessions(JOB)
