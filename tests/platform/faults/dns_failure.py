"""The backend cannot resolve any name: its questions to the resolver go nowhere."""

from __future__ import annotations

from rehearsal import backend, wire
from rehearsal.platform import Platform

PLAYBOOK = "network_connectivity.yml"
CAUSE = "dns_failure"
WITHIN = 30
TOUCHES = ("backend",)
RULE = ("--destination", "127.0.0.11")


def inject(platform: Platform) -> None:
    wire.cut(platform, "backend", *RULE)


def symptom(platform: Platform) -> bool:
    """Who pays is not served: Stripe is not found."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    wire.mend(platform, "backend", *RULE)
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
