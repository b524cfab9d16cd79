"""Stripe answers every request with 500."""

from __future__ import annotations

from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "stripe_down"
MITIGATION = False


def inject(platform: Platform) -> None:
    platform.behave("stripe", "down")


def symptom(platform: Platform) -> bool:
    """Nobody can pay."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    platform.behave("stripe", "ok")
