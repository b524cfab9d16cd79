"""A release was deployed that starts well and fails for many who book.

As deployments go: a snapshot is taken, the next version checked out and built, backend and worker are started anew.
"""

from __future__ import annotations

from rehearsal import backend, deployment
from rehearsal.stand import Stand

PLAYBOOK = "release_rollback.yml"
WITHIN = 40
SECONDS = 90
TOUCHES = backend.SERVICES


def inject(stand: Stand) -> None:
    deployment.release(stand, "v1.2.0")


def symptom(stand: Stand) -> bool:
    """Many bookings fail."""
    seen = stand.stats(6, "book")  # three in ten fail: a moment with fewer is no relief
    return bool(seen["requests"]) and seen["success"] <= 0.88


def heal(stand: Stand) -> None:
    deployment.back(stand)


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend", "pafar-worker")
