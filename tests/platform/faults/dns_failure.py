"""The backend cannot resolve any name: its questions to the resolver go nowhere."""

from __future__ import annotations

from rehearsal import backend, wire
from rehearsal.stand import Stand

PLAYBOOK = "network_connectivity.yml"
CAUSE = "dns_failure"
WITHIN = 30
TOUCHES = ("backend",)
RULE = ("--destination", "127.0.0.11")


def inject(stand: Stand) -> None:
    wire.cut(stand, "backend", *RULE)


def symptom(stand: Stand) -> bool:
    """Who pays is not served: Stripe is not found."""
    return stand.fails("pay")


def heal(stand: Stand) -> None:
    wire.mend(stand, "backend", *RULE)
    backend.put_right(stand, "backend")


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend")
