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
        ("?redirect=https%3A%2F%2Fu%3Asword%40h%2F", "?redirect=https%3A%2F%2Fu%3A(hidden)%40h%2F"),
        ("next=amqp%253A%252F%252Fu%253Asword%2540h", "next=amqp%253A%252F%252Fu%253A(hidden)%2540h"),
        ("url=postgres%3A%2F%2Fa:sword%40db%2Fx", "url=postgres%3A%2F%2Fa:(hidden)%40db%2Fx"),
        ("?x=https%3A%2F%2Fh%3A8443%2Fa%40b", "?x=https%3A%2F%2Fh%3A8443%2Fa%40b"),
        ("mail=bob%40h.com&next=https%3A%2F%2Fh%2F", "mail=bob%40h.com&next=https%3A%2F%2Fh%2F"),
        ("from string 'postgresql//a:sword@db/a'", "from string 'postgresql//a:(hidden)@db/a'"),
        ("mysql+pymysql:/a:sword@db/a", "mysql+pymysql:/a:(hidden)@db/a"),
        ("redis//:sword@cache/0", "redis//:(hidden)@cache/0"),
        ("Could not connect to user:sword@db.host:5432", "Could not connect to user:sword@db.host:5432"),
        ("Could not connect to user:sw0rd@db.host:5432", "Could not connect to user:(hidden)@db.host:5432"),
        ("Could not connect to shop:sword@db.host:5432", "Could not connect to shop:(hidden)@db.host:5432"),
        ("dial a:sword@10.0.0.1:6379: refused", "dial a:(hidden)@10.0.0.1:6379: refused"),
        ("mysql:8.0@sha256:1234", "mysql:8.0@sha256:1234"),
        ("postgres:16@sha256:deadbeef", "postgres:16@sha256:deadbeef"),
        ("ssh:deploy@host:22", "ssh:deploy@host:22"), ("node:rabbit@db1:25672", "node:rabbit@db1:25672"),
    ],
)  # fmt: skip
def test_what_lets_somebody_in_by_an_address(text, clean):
    assert without_userinfo(text) == clean
