"""Secrets go, and what is none stays."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import redacted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("key sk_live_4eC39HqLyjWDarjt", "key (hidden)", id="Stripe"),
        pytest.param("whsec_abcdef failed", "(hidden) failed", id="webhook"),
        pytest.param("Authorization: Bearer abc.def", "Authorization: (hidden)", id="header"),
        pytest.param("postgres://app:pa55@db/x", "postgres://app:(hidden)@db/x", id="password of a URL"),
        pytest.param("PAFAR_DB_PASSWORD=x y", "PAFAR_DB_PASSWORD=(hidden) y", id="variable"),
        pytest.param('{"api_key": "abc def"}', '{"api_key": (hidden)}', id="JSON"),
        pytest.param('{\\"password\\": \\"x\\"}', '{\\"password\\": (hidden)}', id="JSON in JSON"),
        pytest.param("DB_PASS=x db_pw=y", "DB_PASS=(hidden) db_pw=(hidden)", id="short names"),
        pytest.param("redis://u:a/b@c@host/0", "redis://u:(hidden)@host/0", id="a password with odd characters"),
        pytest.param("card 4242 4242 4242 4242", "card (hidden)", id="card"),
        pytest.param("card 4242424242424242.", "card (hidden).", id="card at the end of a sentence"),
        pytest.param("4242424242424242 12/27", "(hidden) 12/27", id="card and its date"),
        pytest.param("4242 4242 4242 4242 123", "(hidden) 123", id="card and its code"),
        pytest.param("user 17 4242424242424242", "user 17 (hidden)", id="card behind a number"),
        pytest.param("2026-11-24 4242-4242-4242-4242", "2026-11-24 (hidden)", id="card behind a date"),
        pytest.param("3782 822463 10005", "(hidden)", id="American Express"),
        pytest.param("at 1795508494375000000 ns", "at 1795508494375000000 ns", id="a time is no card"),
        pytest.param("0.4242424242424242", "0.4242424242424242", id="a fraction is no card"),
        pytest.param("pi_3Nabcdefgh_secret_xyz123", "(hidden)", id="Stripe's client secret"),
        pytest.param("order 4242 4242 4242 4243", "order 4242 4242 4242 4243", id="no card: Luhn's digit is wrong"),
        pytest.param("GET /api/trips/12/ 200", "GET /api/trips/12/ 200", id="nothing"),
        pytest.param("\x1b[31mred\x07", "[31mred", id="control characters"),
    ],
)
def test_secrets_go(text, kept):
    assert redacted(text) == kept
