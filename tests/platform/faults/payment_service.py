"""The service that takes payments crashes again and again; Stripe, the key and the network are well.

It was not stopped: what a person or a job has stopped is left alone.
"""

from __future__ import annotations

from rehearsal import backend
from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "service_unhealthy"
WITHIN = 30
TOUCHES = ("backend",)
UNSTABLE = ("backend",)


def inject(platform: Platform) -> None:
    backend.crash(platform)


def symptom(platform: Platform) -> bool:
    """Nobody can pay."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
