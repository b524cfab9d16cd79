"""Secrets in sentences, tables and links: only what looks like one goes."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.sentences import without_said

RANDOM = "Ab3dEf6hIj9lMn2pQr5tUv8x"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("with password Hunter2Secret now", "with password (hidden) now"),
        ("Password for user bob: Hunter2Secret", "Password for user bob: (hidden)"),
        ("| password | Hunter2Secret |", "| password | (hidden) |"),
        ("Passwort ist: Hunter2Secret", "Passwort ist: (hidden)"),
        ("the token is " + RANDOM, "the token is (hidden)"),
        ("api key Hunter2Secret", "api key (hidden)"),
        ("Client secret is Hunter2Secret", "Client secret is (hidden)"),
        ("cvc is 314", "cvc is (hidden)"),
        ('{"pin": "4711"}', '{"pin": "(hidden)"}'),
        ("mot de passe: x", "mot de passe: (hidden)"),
        (f"GET /reset/MQ/{RANDOM}/", "GET /reset/MQ/(hidden)/"),
        (f"POST /hooks/{RANDOM} 200", "POST /hooks/(hidden) 200"),
        ("initial admin password has been generated: swordfish", "initial admin password has been generated: (hidden)"),
        (
            "password was generated for admin: sw0rdfish (change it)",
            "password was generated for admin: (hidden) (change it)",
        ),
        ("The password has been set to: 'swordfish'", "The password has been set to: '(hidden)'"),
        ('{"cardCode":"123"}', '{"cardCode":"(hidden)"}'),
        ("<cardCode>1234</cardCode>", "<cardCode>(hidden)</cardCode>"),
        ("card_code=123", "card_code=(hidden)"),
        (f"session={RANDOM}", "session=(hidden)"),
        (f"?code={RANDOM}&state=x", "?code=(hidden)&state=x"),
    ],
)
def test_what_looks_like_a_secret_goes(text, kept):
    assert without_said(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong", "password authentication failed", "password scram-sha-256", "token 12 of 40",
        "password | character varying(255) |", "session=5", "code=ECONNREFUSED", "GET /verify/email/ 200",
        "GET /invite/3f2504e0-4f89-11d3-9a0c-0305e82c3301 200", "cvc check passed", "the secret is missing2",
        "password has been generated: see the log", "password has been set: yes", "cardCode=VISA", '"cardCode":"12345"',
        "primary key is order_id", "token is v2", '"pin": "both"', "password 2026-11-26T10:00:00Z",
    ],
)  # fmt: skip
def test_what_does_not_stays(text):
    assert without_said(text) == text
