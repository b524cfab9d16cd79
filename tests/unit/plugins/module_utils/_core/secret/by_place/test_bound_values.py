"""Lists of parameters, rows and keys of statements that name a column of a secret; the texts are in the corpus."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import redacted
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.bound_values import (
    gives_secret,
    places_of_bound_values,
    without_bound_values,
)


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("UPDATE users SET api_token=? WHERE id = ?", True),
        ('insert into "u" ("email","password") values ($1,$2)', True),
        ('UPDATE \\"users\\" SET \\"password\\" = %s', True), ("SELECT * FROM users WHERE token = :token", True),
        ("UPDATE users SET name=? WHERE id = ?", False), ("password = ?", False),
        ("SELECT password_hash_age FROM x", False),
        ("SELECT count(*) FROM tokens WHERE user_id = $1", False),
    ],
)  # fmt: skip
def test_which_statements_give_a_secret(text, gives):
    assert gives_secret(text) is gives


def test_only_the_values_of_the_secret_are_hidden_where_each_has_its_column():
    text = "insert into `users` (`email`, `password`) values (a@b.c, swordfish)"
    assert without_bound_values(text) == "insert into `users` (`email`, `password`) values (a@b.c, (hidden))"
    assert without_bound_values(text.replace("password", "name")) == text.replace("password", "name")


def test_parameters_on_another_line_are_those_of_the_statement_beside_them():
    lines = ["x", "[SQL: UPDATE users SET password=? WHERE id = ?]", "[parameters: ('swordfish', 3)]", "y"]
    assert places_of_bound_values(lines) == {2}
    assert places_of_bound_values([line.replace("password", "name") for line in lines]) == set()
    assert places_of_bound_values([lines[1], *["z"] * 9, lines[2]]) == set(), "too far from it"


def test_rows_that_copy_reads_end_with_their_mark():
    lines = ["COPY users (email, password) FROM stdin;", "a\tswordfish", "b\tx", "\\.", "done"]
    assert places_of_bound_values(lines) == {1, 2}
    assert places_of_bound_values(lines[:3]) == {1, 2}


@pytest.mark.parametrize("text", ["select password=$1; " + "1" * 60_000, "update a=" * 7000, "insert into a (" * 4000])
def test_a_long_text_takes_no_longer_by_part(text):
    assert without_bound_values(text)[:6] == text[:6]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("DETAIL:  parameters: $1 = 'a', $2 = 'x'", "DETAIL:  parameters: $1 = (hidden), $2 = (hidden)"),
        ("DETAIL:  Parameters: $1 = 'it''s', $2 = NULL", "DETAIL:  Parameters: $1 = (hidden), $2 = NULL"),
        (
            "CONTEXT:  unnamed portal with parameters: $1 = 'cut",
            "CONTEXT:  unnamed portal with parameters: $1 = (hidden)",
        ),
        ("DETAIL:  parameters: $1 = 'please update x'", "DETAIL:  parameters: $1 = (hidden)"),
    ],
)
def test_of_parameters_without_their_statement_no_literal_is_left(text, clean):
    assert without_bound_values(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "execute S_1: SELECT * FROM orders WHERE id = $1 DETAIL:  parameters: $1 = '12'",
        "CONTEXT:  unnamed portal with parameters: $1 = '12'\nSTATEMENT:  SELECT * FROM orders WHERE id = $1",
        "wrong parameters: $1 = 'x'",
        "DETAIL:  Key (id)=(3) already exists.",
    ],
)
def test_parameters_of_a_statement_that_gives_no_secret_stay(text):
    assert without_bound_values(text) == text


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("binding parameter [2] as [VARCHAR] - [swordfish]", "binding parameter [2] as [VARCHAR] - [(hidden)]"),
        ("binding parameter (2:VARCHAR) <- [sword] fish]", "binding parameter (2:VARCHAR) <- [(hidden)]"),
        ("binding parameter [2] as [LONGVARBINARY] - [cut o", "binding parameter [2] as [LONGVARBINARY] - [(hidden)"),
        ("==> Parameters: null, sword, fish(String), 7(Long)", "==> Parameters: null, (hidden)(String), 7(Long)"),
        (
            "x.insert - ==> Parameters: 7(Integer), x y(String)",
            "x.insert - ==> Parameters: 7(Integer), (hidden)(String)",
        ),
        ("==> Parameters: 7(Integer), swordf", "==> Parameters: 7(Integer), (hidden)"),
    ],
)
def test_a_text_that_is_bound_to_a_statement_of_another_record_is_hidden(line, kept):
    assert redacted(line) == kept


@pytest.mark.parametrize(
    "line",
    [
        "binding parameter [1] as [BIGINT] - [7]",
        "binding parameter [1] as [VARCHAR] - [null]",
        "binding parameter (1:TIMESTAMP) <- [2026-11-24 02:40:04]",
        "binding parameters of the query failed: [x]",
        "==> Parameters: 12(String), null, true(Boolean), 2026-11-24T02:40(LocalDateTime)",
        "==> Parameters: none were given",
    ],
)
def test_what_is_bound_and_no_text_stays(line):
    assert redacted(line) == line
