"""Stripe, as far as charges and webhooks go: its status codes, its error objects, its signatures.

Modes: ok, slow (8 s), hang, down (500), unavailable (503), rate_limited (429), revoked (every key is refused).
Cards: tok_visa is charged, tok_chargeDeclined is declined (402), as in Stripe's test mode.
Source: Stripe's API reference, "Errors", "Authentication", "Idempotent requests", and "Verify webhook signatures".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
import urllib.request
from collections import OrderedDict

from service import Service, Switch, run

KEY = os.environ["STRIPE_SECRET_KEY"]
WEBHOOK_SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
WEBHOOK_URL = os.environ.get("STRIPE_WEBHOOK_URL", "http://nginx/api/webhooks/stripe/")
KEPT = 10_000


class Stripe(Service):
    switch = Switch(("ok", "slow", "hang", "down", "unavailable", "rate_limited", "revoked"))
    charges: OrderedDict[str, dict] = OrderedDict()
    lock = threading.Lock()

    def refuse(self, status: int, kind: str, message: str, **more: str) -> None:
        self.answer(status, {"error": {"type": kind, "message": message, **more}})

    def given_key(self) -> str:
        """The key of a Bearer or Basic authorization, as Stripe takes either."""
        scheme, dummy, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                return base64.b64decode(value).decode().partition(":")[0]
            except ValueError:
                return ""
        return value if scheme.lower() == "bearer" else ""

    def serve(self, method: str, path: str, fields: dict[str, str]) -> None:
        mode = self.switch.mode
        if mode == "down":
            return self.refuse(500, "api_error", "Something went wrong on Stripe's end.")
        if mode == "unavailable":
            return self.refuse(503, "api_error", "Service unavailable.")
        if mode == "rate_limited":
            return self.refuse(429, "invalid_request_error", "Too many requests.", code="rate_limit")
        key = self.given_key()
        if not key:
            return self.refuse(401, "invalid_request_error", "You did not provide an API key.")
        if mode == "revoked" or not hmac.compare_digest(key, KEY):
            hidden = f"{key[:8]}***{key[-4:]}" if len(key) > 16 else "***"
            return self.refuse(401, "invalid_request_error", f"Invalid API Key provided: {hidden}")
        if path != "/v1/charges":
            return self.refuse(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")
        if method == "GET":
            newest = list(self.charges.values())[-10:][::-1]
            return self.answer(200, {"object": "list", "data": newest, "has_more": len(self.charges) > 10})
        return self.charge(fields)

    def charge(self, fields: dict[str, str]) -> None:
        if not fields.get("amount", "").isdigit() or "source" not in fields:
            return self.refuse(400, "invalid_request_error", "Missing required param: amount.", param="amount")
        if fields["source"] != "tok_visa":
            return self.refuse(402, "card_error", "Your card was declined.", code="card_declined")
        idempotency = self.headers.get("Idempotency-Key") or secrets.token_hex(8)
        with self.lock:
            made = idempotency not in self.charges
            if made:
                self.charges[idempotency] = {
                    "id": f"ch_{secrets.token_hex(12)}",
                    "object": "charge",
                    "amount": int(fields["amount"]),
                    "currency": fields.get("currency", "eur"),
                    "paid": True,
                    "status": "succeeded",
                    "created": int(time.time()),
                }
                while len(self.charges) > KEPT:
                    self.charges.popitem(last=False)
            charge = self.charges[idempotency]
        self.answer(200, charge)
        if made:
            threading.Timer(0.5, tell, ("charge.succeeded", charge)).start()
        return None


def tell(kind: str, thing: dict) -> None:
    """Send a signed event to the webhook, three times at most."""
    event = {"id": f"evt_{secrets.token_hex(12)}", "object": "event", "type": kind, "data": {"object": thing}}
    body = json.dumps(event).encode()
    for attempt in range(3):
        stamp = str(int(time.time()))
        signature = hmac.new(WEBHOOK_SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={signature}"}
        try:
            with urllib.request.urlopen(urllib.request.Request(WEBHOOK_URL, body, headers), timeout=10):
                return
        except OSError as error:
            print(f"webhook {event['id']}, attempt {attempt + 1}: {error}", flush=True)
            time.sleep(2 * 4**attempt)


if __name__ == "__main__":
    run(Stripe)
