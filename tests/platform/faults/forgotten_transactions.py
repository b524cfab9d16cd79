"""A worker begins a transaction for each item and ends none: they hold their snapshots and, at last, every slot."""

from __future__ import annotations

from rehearsal import batch_job
from rehearsal.platform import Platform

PLAYBOOK = "db_connection_exhaustion.yml"
CAUSE = "idle_in_transaction"
# A site's bounds are narrower, and ask before so many are ended; this is a rehearsal.
VARIABLES = {
    "db_connection_exhaustion_idle_in_transaction": 3,
    "end_sessions_limit": 30,
    "end_sessions_max_terminations": 30,
    "end_sessions_max_share": 0.6,
}
WITHIN = 10
JOB = "partner-import"


def inject(platform: Platform) -> None:
    batch_job.take_all(platform, JOB, "BEGIN; SELECT count(*) FROM trips")


def symptom(platform: Platform) -> bool:
    """Nobody is served."""
    return platform.fails()


def heal(platform: Platform) -> None:
    batch_job.stop(platform, JOB)


def culprits(platform: Platform) -> list[str]:
    return platform.sessions(JOB)
