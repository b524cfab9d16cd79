"""Packets from the backend to PostgreSQL go nowhere; PostgreSQL is well, and everybody else reaches it."""

from __future__ import annotations

from rehearsal import backend, wire
from rehearsal.platform import Platform

PLAYBOOK = "network_connectivity.yml"
CAUSE = "network_cut"
WITHIN = 30
TOUCHES = ("backend",)
RULE = ("--protocol", "tcp", "--dport", "5432")


def inject(platform: Platform) -> None:
    wire.cut(platform, "backend", *RULE)


def symptom(platform: Platform) -> bool:
    """Nobody is served."""
    return platform.fails()


def heal(platform: Platform) -> None:
    wire.mend(platform, "backend", *RULE)
    backend.put_right(platform, "backend")
    backend.end_orphans(platform)


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
