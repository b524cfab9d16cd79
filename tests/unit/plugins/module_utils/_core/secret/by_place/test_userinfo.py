"""Secrets in addresses."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.userinfo import without_userinfo


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("smtp://bob@example.com:sword@smtp.example.com:587", "smtp://bob@example.com:(hidden)@smtp.example.com:587"),
        ("postgres://app@srv:sword@srv.postgres.database.azure.com/db",
         "postgres://app@srv:(hidden)@srv.postgres.database.azure.com/db"),
        ("redis://:sword@cache:6379/0", "redis://:(hidden)@cache:6379/0"),
        ("wss://x/socket.io/?sid=abcdef123456&EIO=4", "wss://x/socket.io/?sid=(hidden)&EIO=4"),
        ("git+ssh://git@github.com:org/repo.git@v1", "git+ssh://git@github.com:org/repo.git@v1"),
        ("http://bob@example.com:8080/x", "http://bob@example.com:8080/x"), ("http://example.com:8080/x", "http://example.com:8080/x"),
    ],
)  # fmt: skip
def test_what_lets_somebody_in_by_an_address(text, clean):
    assert without_userinfo(text) == clean
