"""Stripe answers every request with 500."""

from __future__ import annotations

from rehearsal.stand import Stand

PLAYBOOK = "payment_outage.yml"
CAUSE = "stripe_down"
RELIEF = False


def inject(stand: Stand) -> None:
    stand.behave("stripe", "down")


def symptom(stand: Stand) -> bool:
    """Nobody can pay."""
    return stand.fails("pay")


def heal(stand: Stand) -> None:
    stand.behave("stripe", "ok")
