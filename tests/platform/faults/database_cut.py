"""Packets from the backend to PostgreSQL go nowhere; PostgreSQL is well, and everybody else reaches it."""

from __future__ import annotations

from rehearsal import backend, wire
from rehearsal.stand import Stand

PLAYBOOK = "network_connectivity.yml"
CAUSE = "network_cut"
WITHIN = 30
TOUCHES = ("backend",)
RULE = ("--protocol", "tcp", "--dport", "5432")


def inject(stand: Stand) -> None:
    wire.cut(stand, "backend", *RULE)


def symptom(stand: Stand) -> bool:
    """Nobody is served."""
    return stand.fails()


def heal(stand: Stand) -> None:
    wire.mend(stand, "backend", *RULE)
    backend.put_right(stand, "backend")


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend")
