"""Secrets that are the second of a pair."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.pairs import without_pairs


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[('Authorization', 'Token x'), ('Host', 'y')]", "[('Authorization', (hidden)), ('Host', 'y')]"),
        ('["psql", "-h", "db", "--password", "a b"]', '["psql", "-h", "db", "--password", (hidden)]'),
        ('[{password,"a b"},{user,"bob"}]', '[{password,(hidden)},{user,"bob"}]'),
        ('{<<"password">>,<<"a b">>}', '{<<"password">>,<<(hidden)>>}'),
        ('("password" . "a b")', '("password" . (hidden))'),
        (':password "a b" :user "bob"', ':password (hidden) :user "bob"'),
        ("binding parameter (password:VARCHAR) <- [a b]", "binding parameter (password:VARCHAR) <- [(hidden)]"),
    ],
)
def test_the_second_goes(text, kept):
    assert without_pairs(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "('user', 'ann')", "['--no-password', 'x']", "('password', None)", '("password", "")', '{user,"bob"}',
        ':name "bob"', "binding parameter (name:VARCHAR) <- [bob]", "{'password': 'x'}",
    ],
)  # fmt: skip
def test_other_pairs_stay(text):
    assert without_pairs(text) == text
