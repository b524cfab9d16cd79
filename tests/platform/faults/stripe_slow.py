"""Stripe answers after eight seconds, when users are gone."""

from __future__ import annotations

from rehearsal.platform import Platform

PLAYBOOK = "payment_outage.yml"
CAUSE = "stripe_slow"
MITIGATION = False
VARIABLES = {"payment_outage_attempts": 1}


def inject(platform: Platform) -> None:
    platform.behave("stripe", "slow")


def symptom(platform: Platform) -> bool:
    """Nobody can pay."""
    return platform.fails("pay")


def heal(platform: Platform) -> None:
    platform.behave("stripe", "ok")
