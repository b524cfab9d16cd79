"""A release was deployed that starts well and fails for many who book.

As deployments go: a snapshot is taken, the next version checked out and built, backend and worker are started anew.
"""

from __future__ import annotations

from rehearsal import backend, deployment
from rehearsal.platform import Platform

PLAYBOOK = "release_rollback.yml"
WITHIN = 40
SECONDS = 90
TOUCHES = backend.SERVICES


def inject(platform: Platform) -> None:
    deployment.release(platform, "v1.2.0")


def symptom(platform: Platform) -> bool:
    """Many bookings fail."""
    stats = platform.stats(6, "book")  # three in ten fail: a moment with fewer is no relief
    return bool(stats["requests"]) and stats["success"] <= 0.88


def heal(platform: Platform) -> None:
    deployment.back(platform)


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend", "pafar-worker")
