"""The payment provider's HTTP API, as far as this platform uses it, and the signature of its webhooks.

The key goes in a header, never in a URL or a log line.
"""

import hashlib
import hmac
import os
import time

import requests

from pafar.statement import descriptor

BASE = os.environ.get("STRIPE_API_BASE", "http://stripe:8000")
TOLERANCE = 300  # seconds, as in Stripe's own libraries


class StripeError(Exception):
    """What went wrong, as one word for the client: the card's fault is a 402, everything else is ours or theirs."""

    def __init__(self, word, answered, detail=""):
        super().__init__(f"{word}: {detail}")
        self.word, self.answered = word, answered


def charge(amount_cents, token, reference):
    """Charge a card; returns Stripe's id of the charge."""
    try:
        answer = requests.post(
            f"{BASE}/v1/charges",
            data={
                "amount": amount_cents,
                "currency": "eur",
                "source": token,
                "metadata[reference]": reference,
                "statement_descriptor": descriptor(reference),
            },
            headers={
                "Authorization": f"Bearer {os.environ['STRIPE_SECRET_KEY']}",
                "Idempotency-Key": f"charge-{reference}",
            },
            timeout=(2, float(os.environ.get("STRIPE_TIMEOUT", "10"))),
        )
    except requests.Timeout as error:
        raise StripeError("stripe_timeout", 504, type(error).__name__) from error
    except requests.ConnectionError as error:
        raise StripeError("stripe_unreachable", 502, type(error).__name__) from error
    if answer.ok:
        return answer.json()["id"]
    try:
        problem = answer.json()["error"]
    except (ValueError, KeyError):
        problem = {}
    detail = problem.get("message", f"HTTP {answer.status_code}")
    if answer.status_code == 402:
        raise StripeError(problem.get("code", "card_error"), 402, detail)
    if answer.status_code == 401:
        raise StripeError("stripe_key_refused", 502, detail)
    if answer.status_code == 429:
        raise StripeError("stripe_rate_limit", 503, detail)
    raise StripeError("stripe_error", 502, detail)


def is_signed(body, header, secret):
    """Whether ``Stripe-Signature: t=...,v1=...`` is of this body, by this secret, and not older than five minutes."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    if not parts.get("t", "").isdigit() or abs(time.time() - int(parts["t"])) > TOLERANCE:
        return False
    wanted = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts.get("v1", ""))
