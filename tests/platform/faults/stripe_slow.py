"""Stripe answers after eight seconds, when users are gone."""

from __future__ import annotations

from rehearsal.stand import Stand

PLAYBOOK = "payment_outage.yml"
CAUSE = "stripe_slow"
RELIEF = False
VARIABLES = {"payment_outage_attempts": 1}


def inject(stand: Stand) -> None:
    stand.behave("stripe", "slow")


def symptom(stand: Stand) -> bool:
    """Nobody can pay."""
    return stand.fails("pay")


def heal(stand: Stand) -> None:
    stand.behave("stripe", "ok")
