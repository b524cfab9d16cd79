"""What stands behind a name of a secret and is none."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.stand_ins import (
    is_place,
    is_said,
    is_whole_reference,
    names_no_secret,
    reference_at,
)


@pytest.mark.parametrize(
    "text",
    [
        "$DB_PASSWORD", "${DB_PASSWORD}", "${DB_PASSWORD:-}", "${DB_PASSWORD:?must be set}", "$(DB_PASSWORD)",
        "{{ db_password }}", "{{ .Values.db.password | quote }}", "${{ secrets.TOKEN }}", "%(password)s", ":password",
        "$(cat /run/secrets/db)", "$(< /x)", "$(openssl rand -hex 32)",
        "self.token", "get_token()", "settings.SECRET_KEY", "os.environ['DB_PASSWORD']", "(not set)",
    ],
)  # fmt: skip
def test_a_reference_is_no_secret(text):
    assert is_whole_reference(text)
    assert reference_at(f"x={text} y", 2) == 2 + len(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "$ecret", "${DB_PASSWORD:-swordfish}", "$HOME", "{{ 'swordfish' }}", "%(name)s", ":swordfish",
        "self.swordfish", "$(echo swordfish)", "$(cat 'swordfish')", "$(openssl passwd swordfish)",
        "this.is.mine", "swordfish()", "settings.SECRET_KEYswordfish!", "(swordfish)",
        "os.environ.get('PASSWORD', 'swordfish')",
    ],
)  # fmt: skip
def test_what_may_be_a_secret_is_no_reference(text):
    assert not is_whole_reference(text)


@pytest.mark.parametrize(
    ("before", "name", "behind", "place"),
    [
        ("at ", "token.go", "88 +0x1d", True),
        ("(/app/", "auth/token.service.ts", "42:15)", True),
        ("pam_unix(", "passwd", "chauthtok): x", True),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:", "secret", "shop", True),
        ("", "token", "88", False),
        ("", "token.go", "swordfish", False),
        ("(", "passwd", "swordfish", False),
        ("12:", "secret", "swordfish", False),
    ],
)
def test_a_place_is_no_secret(before, name, behind, place):
    assert is_place(f"{before}{name}:{behind}", len(before) + len(name) + 1, name) is place


@pytest.mark.parametrize(
    ("name", "behind", "said"),
    [
        ("password", "expired", True),
        ("password", "This password is too common", True),
        ("shop-secret", 'secret "shop" not found', True),
        ("app.InvalidToken", "Token is invalid", True),
        ("app.InvalidToken", "sword2fish", False),
        ("password", "swordfish", False),
        ("password", "expired1", False),
        ("password", "secretly", False),
    ],
)
def test_what_is_said_of_a_secret_is_none(name, behind, said):
    assert is_said(behind, 0, name, behind.partition(" ")[0]) is said


@pytest.mark.parametrize(
    ("text", "name", "value", "none"),
    [
        ("PASS: test_login", "PASS", "test_login", True),
        ("PASS: t/001_load.t", "PASS", "t/001_load.t", True),
        ("web | PASS: tests/login.sh", "PASS", "tests/login.sh", True),
        ('{"msg": "PASS: test_x"}', "PASS", "test_x", True),
        ("PASS=test_login", "PASS", "test_login", False),
        ("PASS: 'test_login'", "PASS", "test_login", False),
        ("  PASS: test_login", "PASS", "test_login", False),
        ("PASS: 3kd9f/Qw83jd", "PASS", "3kd9f/Qw83jd", False),
        ("PASS: Winter2024test", "PASS", "Winter2024test", False),
        ("PASS: hunter2latest", "PASS", "hunter2latest", False),
        ("WHERE token = s.token", "token", "s.token", True),
        ("set a=1, token=b.token", "token", "b.token", True),
        ('{"token": slack.token}', "token", "slack.token", True),
        ("token=a.token", "token", "a.token", False),
        ("where token='a.token'", "token", "a.token", False),
        ('{"token": "a.token"}', "token", "a.token", False),
    ],
)
def test_the_name_of_a_test_and_a_column_are_none_where_they_may_stand(text, name, value, none):
    assert names_no_secret(text, text.index(name), name, value) is none


@pytest.mark.parametrize(("name", "value"), [("PASS", "test_x"), ("PASS", "a/b.py"), ("token", "a.token")])
def test_a_value_without_a_text_is_taken_for_a_secret(name, value):
    assert not names_no_secret("", 0, name, value)
