"""The service that takes payments was stopped; Stripe, the key and the network are well."""

from __future__ import annotations

from rehearsal import backend, engine
from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "service_unhealthy"
WITHIN = 30
TOUCHES = ("backend",)


def inject(platform: Platform) -> None:
    engine.run(["docker", "kill", platform.container("backend")])


def symptom(platform: Platform) -> bool:
    """Nobody can pay."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
