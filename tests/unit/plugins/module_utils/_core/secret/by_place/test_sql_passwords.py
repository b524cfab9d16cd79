"""Passwords that statements set."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.sql_passwords import (
    without_sql_passwords,
)


@pytest.mark.parametrize(
    "text",
    [
        "ALTER ROLE app WITH PASSWORD 'swordfish'",
        "CREATE USER app IDENTIFIED BY 'swordfish'",
        "ALTER USER app IDENTIFIED BY swordfish ACCOUNT UNLOCK",
        "set password for 'app'@'%' = 'swordfish'",
    ],
)
def test_a_password_is_hidden(text):
    assert "swordfish" not in without_sql_passwords(text)


@pytest.mark.parametrize(
    "text",
    ["ALTER ROLE app VALID UNTIL 'infinity'", "the password of app was set", "identified by values of the index"],
)
def test_other_text_stays(text):
    assert without_sql_passwords(text) == text
