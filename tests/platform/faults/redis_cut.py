"""Packets from the backend to Redis go nowhere; Redis is well, and everybody else reaches it."""

from __future__ import annotations

from rehearsal import backend, wire
from rehearsal.platform import Platform

PLAYBOOK = "network_connectivity.yml"
CAUSE = "network_cut"
WITHIN = 30
TOUCHES = ("backend",)
WITHOUT_RECEIPT = (
    "SELECT count(*) FROM payments AS p LEFT JOIN receipts AS r ON r.payment_id = p.id WHERE r.payment_id IS NULL"
    " AND p.status = 'confirmed'"
    " AND p.created_at BETWEEN now() - interval '12 seconds' AND now() - interval '6 seconds'"
)
RULE = ("--protocol", "tcp", "--dport", "6379")


def inject(platform: Platform) -> None:
    wire.cut(platform, "backend", *RULE)


def symptom(platform: Platform) -> bool:
    """Who paid gets no receipt: the worker is not told of it."""
    return bool(platform.query(WITHOUT_RECEIPT)[0][0] > 3)


def heal(platform: Platform) -> None:
    wire.mend(platform, "backend", *RULE)
    backend.put_right(platform, "backend")


def culprits(platform: Platform) -> list[str]:
    return platform.sessions("pafar-backend")
