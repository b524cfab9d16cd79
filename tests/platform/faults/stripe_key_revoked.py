"""Stripe refuses our key."""

from __future__ import annotations

from rehearsal.stand import Stand

PLAYBOOK = "payment_outage.yml"
CAUSE = "key_refused"
RELIEF = False


def inject(stand: Stand) -> None:
    stand.behave("stripe", "revoked")


def symptom(stand: Stand) -> bool:
    """Nobody can pay."""
    return stand.fails("pay")


def heal(stand: Stand) -> None:
    stand.behave("stripe", "ok")
