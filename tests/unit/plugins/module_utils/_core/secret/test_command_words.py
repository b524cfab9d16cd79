"""Secrets in commands, by option and by place."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.command_words import without_options


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("psql --password x1 --user bob", "psql --password (hidden) --user bob"),
        ("rabbitmqctl add_user bob x1", "rabbitmqctl add_user bob (hidden)"),
        ("htpasswd -bB file bob x1", "htpasswd -bB file bob (hidden)"),
        ("zip -P x1 out.zip in", "zip -P (hidden) out.zip in"),
        ("7z a -px1 out.7z", "7z a -p(hidden) out.7z"),
        ("ssh-keygen -q -N 'a b' -f k", "ssh-keygen -q -N (hidden) -f k"),
        ("echo x1 | docker login --password-stdin", "echo (hidden) | docker login --password-stdin"),
        ("machine h login bob password x1", "machine h login bob password (hidden)"),
        ("CONFIG SET requirepass x1", "CONFIG SET requirepass (hidden)"),
        ("bindpw x1", "bindpw (hidden)"),
        ("  rootpw secret", "  rootpw (hidden)"),
        ('"AUTH" "secret12"', '"AUTH" (hidden)'),
        ("AUTH bob secret12", "AUTH bob (hidden)"),
        ("ACL SETUSER app on >x1 +@all", "ACL SETUSER app on >(hidden) +@all"),
        ("ENV DB_PASSWORD secret12", "ENV DB_PASSWORD (hidden)"),
    ],
)
def test_a_secret_of_a_command_goes(text, kept):
    assert without_options(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "AUTH failed for 10.0.0.7", "AUTH PLAIN LOGIN CRAM-MD5", "requirepass is not set", "unzip -p x.zip a",
        "echo hello | cat", "ENV PORT 8080", "rabbitmqctl list_queues", "--password-file /run/x", "login bob",
    ],
)  # fmt: skip
def test_other_words_stay(text):
    assert without_options(text) == text
