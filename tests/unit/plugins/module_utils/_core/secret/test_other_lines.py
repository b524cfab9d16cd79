"""Secrets on other lines than their names."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.other_lines import places_apart


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        (["password: |", "  x", "  y", "user: z"], {1, 2}),
        (["- password: >-", "    x", "- user: z"], {1}),
        (["web-1  | token: |", "web-1  |   x", "web-1  | user: z"], {1}),
        (["- name: DB_PASSWORD", "  value: x", "- name: PORT", "  value: 80"], {1}),
        (['- name: "DB_PASSWORD"', '  value: "x"', '- name: "PORT"', '  value: "80"'], {1}),
        (["  - --requirepass", "  - a b", "  - --appendonly", "  - yes"], {1}),
        (['  "--db-password",', '  "x",', '  "--port",', '  "80"'], {1}),
        (["- '--api-key'", "- 'x'", "- '--port'"], {1}),
        (['"password": {', '  "sensitive": true,', '  "value": "x"', "}"], {2}),
        (["Password:", "Hunter2", "ok"], {1}),
        (["secret =", "  Hunter2"], {1}),
        (['Content-Disposition: form-data; name="password"', "", "x", "--b"], {2}),
        (["Authorization: Basic", "  QWxhZGRpbg==", "Host: x"], {1}),
        (["12:00 Authorization: Bearer", "12:01 Ab3dEf6hIj", "12:02 ok"], {1}),
        (['authorization: Digest username="u",', ' realm="r",', ' response="0"', "Host: y"], {1, 2}),
        (["Cookie: a=b;", "\tsid=x", "Host: y"], {1}),
        (["password:", "  - swordfish", "  - other2word", "user: bob"], {1, 2}),
        (["- name: DB_PASSWORD", "  value: >-", "    x", "    y", "- name: PORT"], {1, 2, 3}),
        (["password: !vault |", "  $ANSIBLE_VAULT;1.1;AES256", "  61", "user: bob"], {1, 2}),
        (["? password", ": x", "user: bob"], {1}),
        (['  "password":', '    "sword fish",', '  "user": "bob"'], {1}),
        (['"password": [', '  "sword fish"', "],", '"user": "bob"'], {1}),
        (["Config { password: Some(", '        "sword fish",', "    ),"], {1}),
        (['  ["password"]=>', '  string(10) "sword fish"', '  ["u"]=>', '  string(3) "bob"'], {1}),
        (["  'password' =>", "  string 'x' (length=1)", "}"], {1}),
        (["machine x", "  login bob", "  password swordfish", "machine y"], {2}),
        (["ALTER ROLE app", "  WITH PASSWORD", "  'x';"], {2}),
        (["CREATE USER x IDENTIFIED BY", "'x'", "ok"], {1}),
        (['password: "first', '  second"', "user: bob"], {1}),
        (['password = """', "x y", '"""', "user = 1"], {1, 2}),
        (["LOG: execute <unnamed>: UPDATE users SET password = $1", "DETAIL: parameters: $1 = 'x'"], {1}),
        (
            [
                "CONTEXT: unnamed portal with parameters: $1 = 'b', $2 = 'x'",
                "STATEMENT: INSERT INTO users (name, password) VALUES ($1, $2)",
            ],
            {0},
        ),
        (["web-1  | USER bob", "web-1  | 331 please", "web-1  | PASS swordfish"], {2}),
        (["[INFO] USER bob", "[INFO] PASS swordfish", "[INFO] PASS cart"], {1}),
        (["Private-Lines: 2", "AAAA", "BBBB", "Private-MAC: 00"], {1, 2}),
    ],
)
def test_the_value_of_a_name_on_a_line_before(lines, places):
    assert places_apart(lines) == places


@pytest.mark.parametrize(
    "lines",
    [
        ["- --requirepass", "- --appendonly", "- yes"], ["  --password", "    The password"], ["- --port", "- 80"],
        ["- --password-file", "- /x"], ["--password", "swordfish"],
        ["password:", "  min_length: 12"], ["password:", "is wrong"], ["token:", "expired"], ["passwords: 3", "x1y2z3"],
        ["description: |", "  text"], ["- name: PORT", "  value: 8080"], ["password: x", "Hunter2 logged in"],
        ['Content-Disposition: form-data; name="user"', "", "bob"], ["password_length:", "value1234"],
        ["Authorization:", "Host: x"], ["authorization failed", "Bearer token missing"], ["Cookie:", "Accept: */*"],
        ["tokens:", "  - 12", "  - 13"], ["secrets:", "  - db_password", "  - api_token"],
        ["password:", "  - must not be blank", "  - required"], ['"tokens": [', "  12,", "]"],
        ['"password": [', '  "is too short"', "]"], ['"password_policy": [', '  "length12"', "]"],
        ["invalid token:", "    at Foo.java:12"], ["password:", "", "bob12"],
        ["WITH PASSWORD", "NULL;"], ["LOG: UPDATE users SET seats = $1", "DETAIL: parameters: $1 = '3'"],
        ["[INFO] USER_ID 4", "[INFO] PASS cart"], ["[INFO] USER bob", "[INFO] PASS a b"],
        ["[INFO] user", "[INFO] PASS a"],
        ["login bob", "password expired for bob"], ["password: 'x'", "it's done"],
    ],
)  # fmt: skip
def test_other_lines_stay(lines):
    assert places_apart(lines) == set()
