"""Secrets among the arguments of a call and the values of a row."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.calls import without_arguments


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("SELECT pgp_sym_encrypt(note, 'x') FROM t", "SELECT pgp_sym_encrypt(note, (hidden)) FROM t"),
        ("crypt('a''b', gen_salt('bf')), name", "crypt((hidden), gen_salt('bf')), name"),
        ("#0 PDO->__construct('mysql:host=db', 'root', 'x', Array)",
         "#0 PDO->__construct('mysql:host=db', (hidden), (hidden), Array)"),
        ("mysqli_connect('db', 'root', \"x\")", "mysqli_connect('db', (hidden), (hidden))"),
        ("login('bob', 'x') from 10.0.0.7", "login('bob', (hidden)) from 10.0.0.7"),
        ("requests.get(url, auth=('bob', 'x'))", "requests.get(url, auth=('bob', (hidden)))"),
        ("user.set_password('x')", "user.set_password((hidden))"),
        ("password_verify('x', $row)", "password_verify((hidden), $row)"),
        ("login('bob', 'cut", "login('bob', (hidden)"),
        ("coalesce(u.password, 'x''y')", "coalesce(u.password, (hidden))"),
        ("NVL(\"token\"::text, 'cut", "NVL(\"token\"::text, (hidden)"),
        ("CREATE SECRET (TYPE S3, KEY_ID 'a', SECRET 'x')", "CREATE SECRET (TYPE S3, KEY_ID 'a', SECRET (hidden))"),
        ("create or replace persistent secret s (session_token 'x', region 'eu')",
         "create or replace persistent secret s (session_token (hidden), region 'eu')"),
        ("CREATE SECRET h (TYPE http, BEARER_TOKEN 'cut", "CREATE SECRET h (TYPE http, BEARER_TOKEN (hidden)"),
        ("INSERT INTO u (id, password, mail) VALUES (1, 'x', 'm'), (2, 'y', 'n')",
         "INSERT INTO u (id, password, mail) VALUES (1, (hidden), 'm'), (2, (hidden), 'n')"),
        ('insert into `u` (`token`) values ("x")', "insert into `u` (`token`) values ((hidden))"),
        ("REPLACE INTO u (a, api_key) VALUES (f('b', 'c'), 'x'); 'y'",
         "REPLACE INTO u (a, api_key) VALUES (f('b', 'c'), (hidden)); 'y'"),
        ("DETAIL: Key (reset_token)=(x) already exists.", "DETAIL: Key (reset_token)=((hidden)) already exists."),
        ("Key (email, token)=(a@b, x) already exists.", "Key (email, token)=((hidden)) already exists."),
    ],
)  # fmt: skip
def test_a_secret_goes(text, kept):
    assert without_arguments(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "coalesce(name, 'x')", "coalesce(token, 'none')", "nullif(password, '')", "coalesce(token_type, 'bearer')",
        "validate_password(user)", "check_password()", "login('bob') failed: 'timeout'", "authenticate(request)",
        "CREATE SECRET s (TYPE S3, REGION 'eu')", "create secret 'x' failed (token 'y')",
        "SELECT count('x')", "INSERT INTO trips (id, name) VALUES (1, 'Ann')", "Key (email)=(bob@example.org) exists",
        "INSERT INTO tokens (id) VALUES (12)", "encode('abc', 'hex')", "", "(((", "catalogin('a', 'b')",
    ],
)  # fmt: skip
def test_other_arguments_stay(text):
    assert without_arguments(text) == text
