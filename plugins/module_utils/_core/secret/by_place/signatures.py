# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signatures in the headers of a webhook: who has one and the body can send the event again. Pure."""

from __future__ import annotations

from ...lazy import lazy
from ..secret_names import HIDDEN

# `Stripe-Signature: t=1,v1=...`, `X-Hub-Signature-256: sha256=...`, `'HTTP_X_SHOPIFY_HMAC_SHA256': '...'`.
_HEADER = lazy(
    r"(?i)((?<![\w.])[\w-]{1,60}[_-](?:signature|hmac)(?:[_-](?:v?\d{1,3}|sha\d{1,3}|ed25519))?"
    r"[\"']?\]?\s{0,4}(?:=>|[:=])\s{0,4}\[?[\"']?)"
    r"((?:[a-z]{1,2}\d?=|sha\d{1,3}=)?[\w+/=~.-]{1,512}(?:,[a-z]{1,2}\d?=[\w+/=~.-]{1,512}){0,8})"
)
_LEAST = 20  # characters; shorter ones are names, versions and results of a check


def without_signatures(text: str) -> str:
    """The text without signatures of requests.

    >>> without_signatures("Stripe-Signature: t=1492774577,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e")
    'Stripe-Signature: (hidden)'
    """
    low = text.lower()
    if "signature" not in low and "hmac" not in low:
        return text
    return _HEADER.sub(lambda match: match[1] + (HIDDEN if _is_signature(match[2]) else match[2]), text)


def _is_signature(value: str) -> bool:
    """Whether one of the parts is long and has digits, as base 16 and base 64 of a digest have."""
    return any(
        len(part.partition("=")[2] or part) >= _LEAST and any(letter.isdigit() for letter in part)
        for part in value.split(",")
    )
