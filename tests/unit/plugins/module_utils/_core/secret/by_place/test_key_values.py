"""Values that commands of Redis store under a name of a secret."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.key_values import without_key_values


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("SET reset_token:bob swordfish", "SET reset_token:bob (hidden)"),
        ("SETEX otp:bob 300 493817", "SETEX otp:bob 300 (hidden)"),
        ('1795.1 [0 10.0.0.1:5] "set" "session_token:42" "x y"',
         '1795.1 [0 10.0.0.1:5] "set" "session_token:42" (hidden)'),
        ('"HMSET" "user:1" "name" "bob" "password" "x"', '"HMSET" "user:1" "name" "bob" "password" (hidden)'),
        ("rclone config create x s3 secret_access_key y", "rclone config create x s3 secret_access_key (hidden)"),
        ("rclone config create x s3 provider AWS secret_access_key y env_auth false",
         "rclone config create x s3 provider AWS secret_access_key (hidden) env_auth false"),
        ("rclone --config /x config update x pass y", "rclone --config /x config update x pass (hidden)"),
        ("rclone config create x s3 region eu", "rclone config create x s3 region eu"),
        ("rclone copy secret_access_key y", "rclone copy secret_access_key y"),
        ("SET user:1 bob", "SET user:1 bob"), ("SET password = 'x'", "SET password = 'x'"),
        ("set the password now", "set the password now"), ('hset "user:1" "name" "bob"', 'hset "user:1" "name" "bob"'),
        ("SET PASSWORD FOR 'a'@'%' = 'x'", "SET PASSWORD FOR 'a'@'%' = 'x'"),
    ],
)  # fmt: skip
def test_what_is_stored_under_a_name_of_a_secret(text, clean):
    assert without_key_values(text) == clean
