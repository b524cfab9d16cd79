"""Values in quotes behind a name are read as they were before they were written."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import HIDDEN, redacted
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.quoted_values import (
    messages_apart,
    unescaped,
    with_messages,
    without_quoted,
)


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("request failed\nX-Api-Key:\n  a1b2c3d4e5", "a1b2c3d4e5"),
        ("ALTER ROLE app\n  WITH PASSWORD\n  'swordfish';", "swordfish"),
        ("GET / HTTP/1.1\nAuthorization: Basic\n  QWxhZGRpbjpvcGVuIHNlc2FtZQ==\nHost: x", "QWxhZGRpbjpv"),
        ('{\n "name": "DB_PASSWORD",\n "value": "sword fish"\n}', "sword fish"),
        ('CONFIG SET requirepass "sword fish"', "sword fish"),
        ('kinit bob <<< "swordfish"', "swordfish"),
        ("auth: bob:swordfish", "swordfish"),
        ("\x1b[31mpassword\x1b[0m=swordfish", "swordfish"),
        ("contrase\u00f1a: swordfish", "swordfish"),
    ],
)
@pytest.mark.parametrize(
    "form", ["at=1 level=error msg={}", 'ERROR app failed {{"error": {}, "path": "/x"}}', "err: {}"]
)
def test_a_secret_is_hidden_and_what_is_beside_it_stays(said, secret, form):
    kept = redacted(form.format(json.dumps(said)))
    before, after = form.format("\n").split("\n")
    assert secret not in kept
    assert kept.startswith(before.replace("{{", "{"))
    assert kept.endswith(after)


@pytest.mark.parametrize(
    "said",
    [
        'he said "x"', "a\nb\n\tc", "password:\n  required", 'token "abc" expired', "key\\path",
        "authorization failed\nBearer token missing",
        'secret "shop-db" created', "password_min_length: 12\nport: 5432", "contrase\u00f1a incorrecta",
    ],
)  # fmt: skip
def test_what_holds_none_is_not_touched(said):
    text = f"at=1 level=error msg={json.dumps(said)} key=1"
    assert without_quoted(text, lambda lines: [redacted(line) for line in lines]) == text


def test_of_many_values_without_a_hint_the_first_are_read():
    clean = 'a="b \\"hide\\"" ' * 300
    kept = without_quoted(clean, lambda lines: [line.replace('"hide"', "(hidden)") for line in lines])
    assert kept.count("(hidden)") == 200


@pytest.mark.parametrize(
    ("written", "said"),
    [('a\\"b', 'a"b'), ("a\\nb\\tc", "a\nb\tc"), ("\\u00e4\\x1b[0m", "\u00e4\x1b[0m"), ("a\\\\nb", "a\\nb"),
     ("\\q", "q"), ("", "")],
)  # fmt: skip
def test_escapes_of_json_and_of_go(written, said):
    assert unescaped(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (r"paid \ud83d\ude00 twice", "paid \U0001f600 twice"),
        (r"cut \ud83d", "cut \ufffd"),
        (r"\ude00\ud83dA", "\ufffd\ufffdA"),
    ],
)
def test_a_sign_of_two_halves_is_one_and_a_half_alone_can_be_written(written, said):
    assert unescaped(written) == said
    assert unescaped(written).encode()


@pytest.mark.parametrize(
    "said",
    [
        'createdb --password "$DB_PASSWORD"',
        'INFO: "auth_tokens": found 12 removable, 3 nonremovable row versions',
        'secret = os.environ["SECRET_KEY"]',
        'curl -H "Authorization: Bearer $TOKEN" https://x.example',
        'password: "{{ vault_db_password }}"',
        "PASS test_login2",
        "Cookie: none",
        "tokens:\n - 12\n - 13",
        "rsync -av -u host:path x",
        '{"tokens":{"prompt":12,"completion":34}}',
    ],
)
@pytest.mark.parametrize("form", ["time=2026-11-24T02:40:04Z level=info msg={}", "ts=1 error={} attempt=2"])
def test_a_message_of_logfmt_is_judged_as_it_is_alone(said, form):
    assert redacted(said) == " ".join(said.split())
    text = form.format(json.dumps(said))
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('level=info msg="createdb --password \\"swordfish\\" app"', "swordfish"),
        ('level=info msg="login failed" password="swordfish and more"', "swordfish"),
        ('msg="PASS 12" user=bob token=a1b2c3d4e5f6 err="secret: swordfish1"', "swordfish1"),
        ('msg="INSERT INTO users (email, password) VALUES ($1, $2)" args="[bob swordfish]"', "swordfish"),
        ('msg="no token for https://bob:swordfish@x.example/ \\"x\\""', "swordfish"),
    ],
)
def test_a_secret_in_a_message_or_beside_it_is_hidden(text, secret):
    kept = redacted(text)
    assert secret not in kept
    assert "a1b2c3d4e5f6" not in kept
    assert HIDDEN in kept


def test_messages_return_to_their_places():
    messages: list[str] = []
    text = 'msg="no token here" at=1 err="a \\"key\\" b" messagepartzz'
    bare = messages_apart(text, messages, list)
    assert bare == "msg=messagepartax at=1 err=messagepartbx messagepartzz"
    assert with_messages(bare, messages) == text
    assert with_messages("messagepartjx", messages) == "messagepartjx"
