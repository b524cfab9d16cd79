"""Secrets apart from their names, in other members of an object."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.apart import without_members


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"name":"DB_PASSWORD","value":"x y"}', '{"name":"DB_PASSWORD","value":(hidden)}'),
        ('{"value": "x", "name": "DB_PASSWORD"}', '{"value": (hidden), "name": "DB_PASSWORD"}'),
        ("{'key': 'api_key', 'value': 'x'}", "{'key': 'api_key', 'value': (hidden)}"),
        ('{\\"Name\\":\\"TOKEN\\",\\"Value\\":\\"x\\"}', '{\\"Name\\":\\"TOKEN\\",\\"Value\\":(hidden)}'),
        ('name="password"\\r\\n\\r\\nx1\\r\\n--', 'name="password"\\r\\n\\r\\n(hidden)\\r\\n--'),
        ('<input value="x" name="password">', '<input value=(hidden) name="password">'),
        ('<input type="password" value="x">', '<input type="password" value=(hidden)>'),
        ('{"kty":"RSA","d":"0123456789"}', '{"kty":"RSA","d":"(hidden)"}'),
        ("- {name: DB_PASSWORD, value: x}", "- {name: DB_PASSWORD, value: (hidden)}"),
        ("{Name:DB_PASSWORD Value:x}", "{Name:DB_PASSWORD Value:(hidden)}"),
        ("key=api_token value='a b' type=s", "key=api_token value=(hidden) type=s"),
    ],
)
def test_a_member_of_the_same_object_goes(text, kept):
    assert without_members(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"PORT","value":"8080"}', '{"value":"8080","name":"PORT"}', '<input name="user" value="bob">',
        "{Name:PORT Value:8080}",
        "- {name: password_min_length, value: 12}", '{"d":"0123456789"}', 'name="user"\\r\\n\\r\\nbob',
        '{"name":"password_length","value":"12"}',
    ],
)  # fmt: skip
def test_other_members_stay(text):
    assert without_members(text) == text
