"""Signatures of webhooks in headers."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.signatures import without_signatures

HEX = "5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"
B64 = "u7Bv0kY2m1T9aQpXcR4sLwEoZhJdNfGi8yVxCtMqKrU="


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"Stripe-Signature: t=1492774577,v1={HEX},v0={HEX} from 10.0.0.1", "Stripe-Signature: (hidden) from 10.0.0.1"),
        (f"X-Hub-Signature-256: sha256={HEX}", "X-Hub-Signature-256: (hidden)"),
        (f"X-Slack-Signature: v0={HEX}", "X-Slack-Signature: (hidden)"),
        (f"'HTTP_X_SHOPIFY_HMAC_SHA256': '{B64}'", "'HTTP_X_SHOPIFY_HMAC_SHA256': '(hidden)'"),
        (f'{{"paddle-signature":["{HEX}"]}}', '{"paddle-signature":["(hidden)"]}'),
        (f'"X-Twilio-Signature"=>"{B64}"', '"X-Twilio-Signature"=>"(hidden)"'),
        ("Stripe-Signature: missing", "Stripe-Signature: missing"),
        ("X-Signature-Version: 2026-01-05", "X-Signature-Version: 2026-01-05"),
        ("tls-signature=rsa_pss_rsae_sha256", "tls-signature=rsa_pss_rsae_sha256"),
        ("jwt_signature: expected", "jwt_signature: expected"),
        ("method-signature: (int) -> str", "method-signature: (int) -> str"),
        ("No signatures found matching the expected signature for payload",
         "No signatures found matching the expected signature for payload"),
    ],
)  # fmt: skip
def test_a_header_of_a_signature(text, clean):
    assert without_signatures(text) == clean
