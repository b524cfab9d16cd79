"""What is reported behind a name of a secret, beside passphrases of plain words."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import hides, redacted
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.no_secret.messages import is_message


@pytest.mark.parametrize(
    "text",
    [
        "cat: /run/secrets/db_password: Permission denied",
        "open /etc/passwd: permission denied",
        "/entrypoint.sh: line 24: /run/secrets/db_password: Is a directory",
        "failed to read /run/secrets/token: EOF",
        "open /app/token: read-only file system",
        "./run.sh: line 3: DB_PASSWORD: unbound variable",
        "entrypoint.sh: 21: POSTGRES_PASSWORD: parameter null or not set",
        "DB_PASSWORD: unset",
        "bash: passwd: command not found",
        "password: This value is too short",
        "api_key: Incorrect API key provided",
        "password: Input should be a valid string",
        "password: String should have at least 8 characters",
        "password: Value error, must contain a digit",
        "DB_PASSWORD: Missing value",
        "DB_PASSWORD: Required",
        "password: Expected string, received undefined",
        "password: minimum length is 8",
        '{"password":"must be at least 8 characters"}',
        "{'password': 'This field is required'}",
    ],
)
def test_the_cause_of_a_failure_is_shown(text):
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: correct horse battery staple", "battery"),
        ("password: Permission to land on ice", "Permission"),
        ("password: Unset2024", "Unset"),
        ("password: EOFish", "EOF"),
        ("password: Required reading for all", "Required"),
        ("password: expected nothing else", "expected"),
        ('password="unset the old ways"', "unset"),
        ("/run/secrets/db_password: swordfish", "swordfish"),
        ("password: value is not valid, got 'swordfish'", "value is"),
        ("password: must be changed, new password: swordfish", "swordfish"),
    ],
)
def test_a_passphrase_is_hidden_also_behind_a_path(text, secret):
    assert secret not in redacted(text)


@pytest.mark.parametrize(
    "text", ["'Permission denied'", "No such file or directory", "too common", "unset", "field required"]
)
def test_a_message_is_known_by_its_beginning(text):
    assert is_message(text)


@pytest.mark.parametrize("text", ["", "unset me free", "permission", "tool short", "this is my value", "directory"])
def test_what_begins_like_one_is_none(text):
    assert not is_message(text)


def test_a_field_of_a_record_is_judged_like_a_line():
    assert not hides("password", "must be at least 8 characters")
    assert hides("password", "correct horse battery staple")
    assert hides("password", "unset")
