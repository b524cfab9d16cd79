"""One job holds the locks of all trips, another opens a session for each update: every slot is taken by one that waits.

It looks like exhaustion. To end idle sessions would let more of them in; the one that holds the locks must go.
"""

from __future__ import annotations

from rehearsal import faults, partner
from rehearsal.stand import Stand

PLAYBOOK = "db_connection_exhaustion.yml"
CAUSE = "lock_queue"
WITHIN = 10
JOB = "partner-sync"
LEAVES = (JOB,)  # they end by themselves once they have their locks


def inject(stand: Stand) -> None:
    faults.named("lock_storm").inject(stand)
    partner.start(
        stand, JOB, "UPDATE trips SET updated_at = now() WHERE id = 1 + (random() * 399)::int", 55, keep=False
    )
    stand.until("every slot is taken", lambda: partner.is_full(stand))
    partner.calm(stand, JOB)


def symptom(stand: Stand) -> bool:
    """Most bookings fail."""
    return stand.fails("book")


def heal(stand: Stand) -> None:
    partner.stop(stand, JOB)
    faults.named("lock_storm").heal(stand)


def culprits(stand: Stand) -> list[str]:
    return faults.named("lock_storm").culprits(stand)
