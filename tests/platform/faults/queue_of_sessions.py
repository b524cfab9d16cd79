"""One job holds the locks of all trips, another opens a session for each update: every slot is taken by one that waits.

It looks like exhaustion. To end idle sessions would let more of them in; the one that holds the locks must go.
"""

from __future__ import annotations

from rehearsal import batch_job, faults
from rehearsal.platform import Platform

PLAYBOOK = "db_connection_exhaustion.yml"
CAUSE = "lock_queue"
WITHIN = 10
JOB = "partner-sync"
LEAVES = (JOB,)  # they end by themselves once they have their locks


def inject(platform: Platform) -> None:
    faults.named("lock_storm").inject(platform)
    batch_job.start(
        platform, JOB, "UPDATE trips SET updated_at = now() WHERE id = 1 + (random() * 399)::int", 55, keep=False
    )
    platform.until("every slot is taken", lambda: batch_job.is_full(platform))
    batch_job.calm(platform, JOB)


def symptom(platform: Platform) -> bool:
    """Most bookings fail."""
    return platform.fails("book")


def heal(platform: Platform) -> None:
    batch_job.stop(platform, JOB)
    faults.named("lock_storm").heal(platform)


def culprits(platform: Platform) -> list[str]:
    return faults.named("lock_storm").culprits(platform)
