"""A release was deployed whose own payment code fails; Stripe, the key and the network are well."""

from __future__ import annotations

from rehearsal import backend, deployment
from rehearsal.stand import Stand

PLAYBOOK = "payment_outage.yml"
CAUSE = "own_code"
WITHIN = 40
SECONDS = 90
TOUCHES = backend.SERVICES


def inject(stand: Stand) -> None:
    deployment.release(stand, "v1.3.0")


def symptom(stand: Stand) -> bool:
    """Nobody can pay."""
    return stand.fails("pay")


def heal(stand: Stand) -> None:
    deployment.back(stand)


def culprits(stand: Stand) -> list[str]:
    return stand.sessions("pafar-backend", "pafar-worker")
