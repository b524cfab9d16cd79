"""The service that takes payments hangs; Stripe, the key and the network are well.

It was not stopped: what a person or a job has stopped is left alone.
"""

from __future__ import annotations

from rehearsal import backend
from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "service_unhealthy"
WITHIN = 30
TOUCHES = ("backend",)


def inject(platform: Platform) -> None:
    backend.hang(platform)
    platform.until(
        "its health check fails", lambda: any(one.health == "unhealthy" for one in backend.replicas(platform))
    )


def symptom(platform: Platform) -> bool:
    """Nobody can pay."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    backend.wake(platform)
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
