"""What stands behind a name of a secret and is none."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.stand_ins import (
    is_place,
    is_said,
    is_whole_reference,
    reference_at,
)


@pytest.mark.parametrize(
    "text",
    [
        "$DB_PASSWORD", "${DB_PASSWORD}", "${DB_PASSWORD:-}", "${DB_PASSWORD:?must be set}", "$(DB_PASSWORD)",
        "{{ db_password }}", "{{ .Values.db.password | quote }}", "${{ secrets.TOKEN }}", "%(password)s", ":password",
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
        "self.swordfish",
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
