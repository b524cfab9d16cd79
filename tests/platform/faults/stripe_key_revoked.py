"""Stripe refuses our key."""

from __future__ import annotations

from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "key_refused"
MITIGATION = False


def inject(platform: Platform) -> None:
    platform.behave("stripe", "revoked")


def symptom(platform: Platform) -> bool:
    """Nobody can pay."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    platform.behave("stripe", "ok")
