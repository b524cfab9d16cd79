from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.secret_names import about_secret, is_secret


@pytest.mark.parametrize("name", ["DB_PASS", "userPassword", "PGPASSWORD", "csrftoken", "user[password]", "x-api-key"])
def test_a_name_of_a_secret(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["passengers", "passport", "passed", "compass", "password_length", "token_type"])
def test_a_name_that_holds_or_is_about_the_word_alone(name):
    assert not is_secret(name)


def test_a_plural_under_which_a_number_is_a_count():
    assert about_secret("tokens")
    assert not about_secret("token")
