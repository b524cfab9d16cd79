"""A release was deployed whose own payment code fails; Stripe, the key and the network are well."""

from __future__ import annotations

from rehearsal import backend, deployment
from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "own_code"
WITHIN = 40
SECONDS = 90
TOUCHES = backend.SERVICES


def inject(platform: Platform) -> None:
    deployment.release(platform, "v1.3.0")


def symptom(platform: Platform) -> bool:
    """Nobody can pay."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    deployment.back(platform)


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend", "pafar-worker")
