"""Secrets apart from their names: in other members of an object, and on other lines."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.apart import places_apart, without_members


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
    ],
)
def test_a_member_of_the_same_object_goes(text, kept):
    assert without_members(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"PORT","value":"8080"}', '{"value":"8080","name":"PORT"}', '<input name="user" value="bob">',
        '{"d":"0123456789"}', 'name="user"\\r\\n\\r\\nbob', '{"name":"password_length","value":"12"}',
    ],
)  # fmt: skip
def test_other_members_stay(text):
    assert without_members(text) == text


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        (["password: |", "  x", "  y", "user: z"], {1, 2}),
        (["- password: >-", "    x", "- user: z"], {1}),
        (["web-1  | token: |", "web-1  |   x", "web-1  | user: z"], {1}),
        (["- name: DB_PASSWORD", "  value: x", "- name: PORT", "  value: 80"], {1}),
        (['"password": {', '  "sensitive": true,', '  "value": "x"', "}"], {2}),
        (["Password:", "Hunter2", "ok"], {1}),
        (["secret =", "  Hunter2"], {1}),
        (['Content-Disposition: form-data; name="password"', "", "x", "--b"], {2}),
        (["Private-Lines: 2", "AAAA", "BBBB", "Private-MAC: 00"], {1, 2}),
    ],
)
def test_the_value_of_a_name_on_a_line_before(lines, places):
    assert places_apart(lines) == places


@pytest.mark.parametrize(
    "lines",
    [
        ["password:", "  min_length: 12"], ["password:", "is wrong"], ["token:", "expired"], ["passwords: 3", "x1y2z3"],
        ["description: |", "  text"], ["- name: PORT", "  value: 8080"], ["password: x", "Hunter2 logged in"],
        ['Content-Disposition: form-data; name="user"', "", "bob"], ["password_length:", "value1234"],
    ],
)  # fmt: skip
def test_other_lines_stay(lines):
    assert places_apart(lines) == set()
