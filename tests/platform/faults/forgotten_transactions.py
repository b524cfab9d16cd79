"""A worker begins a transaction for each item and ends none: they hold their snapshots and, at last, every slot."""

from __future__ import annotations

from rehearsal import partner
from rehearsal.stand import Stand

PLAYBOOK = "db_connection_exhaustion.yml"
CAUSE = "forgotten_transactions"
# A site's bounds are narrower, and ask before so many are ended; this is a rehearsal.
VARIABLES = {
    "db_connection_exhaustion_idle_in_transaction": 3,
    "end_sessions_limit": 30,
    "end_sessions_max_victims": 30,
    "end_sessions_max_share": 0.6,
}
WITHIN = 10
JOB = "partner-import"


def inject(stand: Stand) -> None:
    partner.take_all(stand, JOB, "BEGIN; SELECT count(*) FROM trips")


def symptom(stand: Stand) -> bool:
    """Nobody is served."""
    return stand.fails()


def heal(stand: Stand) -> None:
    partner.stop(stand, JOB)


def culprits(stand: Stand) -> list[str]:
    return stand.sessions(JOB)
