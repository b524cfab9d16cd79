"""The service that takes payments was stopped; Stripe, the key and the network are well."""

from __future__ import annotations

from rehearsal import backend, engine
from rehearsal.stand import Stand

PLAYBOOK = "payment_outage.yml"
CAUSE = "service_sick"
WITHIN = 30
TOUCHES = ("backend",)


def inject(stand: Stand) -> None:
    engine.run(["docker", "kill", stand.container("backend")])


def symptom(stand: Stand) -> bool:
    """Nobody can pay."""
    return stand.fails("pay")


def heal(stand: Stand) -> None:
    backend.put_right(stand, "backend")


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend")
