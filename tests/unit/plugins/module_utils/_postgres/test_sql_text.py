"""Statements without literals."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.sql_text import without_literals
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        pytest.param("SELECT 1, -2.5e3, .5, 0xFF, 1_000", "SELECT ?, -?, ?, ?, ?", id="numbers"),
        pytest.param("SELECT c1 FROM t2 WHERE x = $1", "SELECT c1 FROM t2 WHERE x = $1", id="names keep digits"),
        pytest.param("UPDATE t SET a = 'it''s'", "UPDATE t SET a = ?", id="a doubled quote"),
        pytest.param(r"SELECT E'it\'s', 7", "SELECT ?, ?", id="an escape string"),
        pytest.param("SELECT U&'x', B'01', X'AF', n'y'", "SELECT ?, ?, ?, ?", id="prefixed strings"),
        pytest.param("SELECT $$a 'b'$$, $x$ $$ $x$", "SELECT ?, ?", id="dollar quotes"),
        pytest.param("DO $\u00e4$ secret $\u00e4$", "DO ?", id="a tag with a letter of another alphabet"),
        pytest.param('SELECT "odd ""name" FROM t', 'SELECT "odd ""name" FROM t', id="quoted names stay"),
        pytest.param("SELECT 1 -- for Ada\n, 2", "SELECT ? , ?", id="line comments go"),
        pytest.param("SELECT /* Ada */ 1", "SELECT ?", id="block comments go"),
        pytest.param("SELECT /* a /* b */ Ada */ 1", "SELECT ...", id="nested comments end the text"),
        pytest.param("ALTER ROLE x PASSWORD 'hunt", "ALTER ROLE x PASSWORD ?", id="cut off inside a string"),
        pytest.param("SELECT $$secr", "SELECT ?", id="cut off inside a dollar quote"),
        pytest.param(r"SELECT 'C:\', 'secret'", "SELECT ? ...", id="a backslash that may escape the end"),
        pytest.param("SELECT 1\n\tFROM\x1b[2J t", "SELECT ? FROM [?J t", id="control characters"),
    ],
)
def test_literals_do_not_get_through(statement, shown):
    assert without_literals(statement) == shown


@given(st.text("ab'\\$\"-/*eE1 \n", max_size=40), st.sampled_from(["'{}'", "E'{}'", "$q${}$q$"]))
def test_a_secret_in_a_literal_is_never_shown_whatever_stands_before(before, quote):
    """What stands before may open a string of its own; then our quote closes it, and the text is cut."""
    statement = before + " ; SELECT " + quote.format("Xsecretx")
    whole_before = before.count("'") == before.count('"') == 0
    if whole_before and "$" not in before and "\\" not in before:
        assert "secret" not in without_literals(statement)
