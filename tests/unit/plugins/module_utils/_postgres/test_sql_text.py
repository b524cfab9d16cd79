"""Statements without literals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import PrivilegeError
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.refusals import check_visible
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.sql_text import (
    identifier,
    legible_sql,
    legible_statement,
    plain_identifier,
    without_literals,
)
from hypothesis import given
from hypothesis import strategies as st

from support.snapshots import SERVER, session, snapshot


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


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ('ALTER ROLE app PASSWORD "hunter2pw"', "ALTER ROLE app PASSWORD ?"),
        ("ALTER ROLE app WITH PASSWORD hunter2pw VALID UNTIL now", "ALTER ROLE app WITH PASSWORD ?"),
        ("CREATE USER x PASSWORD 'x'hunter2", "CREATE USER x PASSWORD ?"),
        ('SELECT * FROM t WHERE email="ada@example.org"', 'SELECT * FROM t WHERE email="?"'),
        ('SELECT * FROM t WHERE name = "Ada"', 'SELECT * FROM t WHERE name = "?"'),
        ('SELECT * FROM t WHERE name ILIKE "ada%"', 'SELECT * FROM t WHERE name ILIKE "?"'),
        ('SELECT * FROM t WHERE name IN ("Ada", "Bob")', 'SELECT * FROM t WHERE name IN ("?", "?")'),
        ('INSERT INTO t ("name", "age") VALUES ("Ada", 3, "x")', 'INSERT INTO t ("name", "age") VALUES ("?", ?, "?")'),
        ("SET app.token TO hunter2pw", "SET app.token TO ?"),
        ("SET SESSION myapp.secret = hunter2pw", "SET SESSION myapp.secret = ?"),
        ("BEGIN; SET LOCAL myapp.secret = hunter2pw, other; SELECT 1", "BEGIN; SET LOCAL myapp.secret = ?; SELECT ?"),
        (
            "ALTER ROLE app IN DATABASE x SET myapp.secret TO hunter2pw",
            "ALTER ROLE app IN DATABASE x SET myapp.secret TO ?",
        ),
        ("ALTER SYSTEM SET primary_conninfo = hunter2", "ALTER SYSTEM SET primary_conninfo = ?"),
        ("ALTER FUNCTION f() SET app.key TO abc", "ALTER FUNCTION f() SET app.key TO ?"),
        ("alter procedure s.p(int) set app.key = abc", "alter procedure s.p(int) set app.key = ?"),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql SET app.key = abc AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql SET app.key = ?",
        ),
        ('SELECT * FROM t WHERE email ~ "ada"', 'SELECT * FROM t WHERE email ~ "?"'),
        ('SELECT * FROM t WHERE email !~* "ada"', 'SELECT * FROM t WHERE email !~* "?"'),
        ('SELECT * FROM t WHERE email SIMILAR TO "ada%"', 'SELECT * FROM t WHERE email SIMILAR TO "?"'),
        (
            'SELECT * FROM t WHERE name BETWEEN "Ada L" AND "Bob M" AND "city" IS NULL',
            'SELECT * FROM t WHERE name BETWEEN "?" AND "?" AND "city" IS NULL',
        ),
        ("SELECT * FROM t WHERE a BETWEEN 'x' AND \"Bob\"", 'SELECT * FROM t WHERE a BETWEEN ? AND "?"'),
        (
            'SELECT * FROM t WHERE lower(email) = lower("Ada Lovelace")',
            'SELECT * FROM t WHERE lower(email) = lower("?")',
        ),
        ('SELECT * FROM t WHERE a LIKE pg_catalog.upper("ada")', 'SELECT * FROM t WHERE a LIKE pg_catalog.upper("?")'),
        ('SELECT f("secret pw")', 'SELECT f("?")'),
        ('CALL set_key(1, "secret", \'from\', ("pw"))', 'CALL set_key(?, "?", ?, ("?"))'),
        ('SELECT "My Func"("arg" => "secret", CAST("pw" AS "T"))', 'SELECT "My Func"("arg" => "?", CAST("?" AS "T"))'),
        ('SELECT CASE WHEN a THEN "Ada" ELSE "bob" END FROM t', 'SELECT CASE WHEN a THEN "?" ELSE "?" END FROM t'),
        ('SELECT coalesce(n, "Ada Lovelace") FROM t', 'SELECT coalesce(n, "?") FROM t'),
        ('UPDATE t SET n = concat(n, $1, "Ada-Maria")', 'UPDATE t SET n = concat(n, $1, "?")'),
        ('SELECT * FROM t WHERE "Ada Lovelace" = name', 'SELECT * FROM t WHERE "?" = name'),
        (
            'SELECT * FROM t WHERE a = $1 AND "Ada L" <> t.name AND b',
            'SELECT * FROM t WHERE a = $1 AND "?" <> t.name AND b',
        ),
        ('SELECT * FROM t WHERE n = ANY(ARRAY["Ada", "Bob"])', 'SELECT * FROM t WHERE n = ANY(ARRAY["?", "?"])'),
        ('SELECT * FROM t WHERE tags @> ARRAY["Ada"]', 'SELECT * FROM t WHERE tags @> ARRAY["?"]'),
        ('SELECT * FROM t WHERE (name) = ("Ada")', 'SELECT * FROM t WHERE (name) = ("?")'),
        ('SELECT * FROM t WHERE (a, b) = ("Ada", "Bob")', 'SELECT * FROM t WHERE (a, b) = ("?", "?")'),
        ('INSERT INTO t (a) SELECT "Ada"', 'INSERT INTO t (a) SELECT "?"'),
        (
            'INSERT INTO t ("A") SELECT $1, "Ada" WHERE NOT EXISTS (SELECT FROM t WHERE b = $1)',
            'INSERT INTO t ("A") SELECT $1, "?" WHERE NOT EXISTS (SELECT FROM t WHERE b = $1)',
        ),
        ('SELECT a || "Ada" || "Bob M" FROM t', 'SELECT a || "?" || "?" FROM t'),
        ('SELECT * FROM t WHERE n IS NOT DISTINCT FROM "Ada"', 'SELECT * FROM t WHERE n IS NOT DISTINCT FROM "?"'),
    ],
)
def test_a_value_without_quotes_of_its_own_does_not_get_through(statement, shown):
    assert without_literals(statement) == shown


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE "posts" SET "comments" = COALESCE("comments", $1) + $2',
        'SELECT sum("Order Total") FROM "Order Details"',
        'INSERT INTO t ("First Name", "Last Name") SELECT "a b", "c" FROM u',
        'SELECT * FROM t WHERE "a" BETWEEN $1 AND $2 AND "state" IS NULL',
        'SELECT (x COLLATE "C"), f($1::"My Type") AS "b c"',
        'SELECT "a" * "b" FROM t WHERE lower("Full Name") IS NULL',
        'CREATE FUNCTION f("A B" int) RETURNS int LANGUAGE c',
        'SELECT "bookings"."id" FROM "bookings" JOIN "p" ON "bookings"."id" = "p"."booking_id" WHERE "p"."state" = $1',
        'UPDATE "bookings" SET "seats" = $1, "guest" = $2 WHERE "id" = $3',
        'INSERT INTO "bookings" ("id", "seats") VALUES ($1, $2) ON CONFLICT ("id") DO NOTHING RETURNING "id"',
        "UPDATE t SET password = $1 WHERE id = other.id",
        'SELECT "Name" FROM "Users" WHERE "Id" = $1 ORDER BY "x"',
        'SELECT CASE WHEN a THEN "t"."c" ELSE u."d" END FROM t',
        'SELECT "a b", CASE WHEN $1 THEN "a b" END FROM t',
        'SELECT coalesce("a", "b", "Own"), coalesce("Full Name", $1) FROM t',
        'SELECT "first_name" || $1 || "last_name" FROM t',
        'SELECT * FROM t JOIN u ON ("t"."a") = ("u"."b") AND ("x" + $1) > ("y" * $2)',
        'UPDATE t SET ("a", "B") = ($1, $2), "Full Name" = name, c = (SELECT "D" FROM u)',
        'SELECT ARRAY["a", "B"] FROM t WHERE "Full Name" = lower($1) AND "Last Name" = ANY($2)',
        'INSERT INTO t ("a") SELECT $1 AS "b" ON CONFLICT ("c", "D") DO NOTHING RETURNING "e", "F"',
        'CREATE INDEX i ON t ("Full Name", "Last Name")',
        "SELECT password FROM users WHERE role = role",
    ],
)
def test_names_stay_where_names_belong(statement):
    assert without_literals(statement) == statement


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT 1 /*action='pay',controller='orders'*/", "/* action=pay, controller=orders */ SELECT ?"),
        (
            "/*application:Shop,controller:bookings,action:index*/ SELECT x",
            "/* application=Shop, controller=bookings, action=index */ SELECT x",
        ),
        (
            "SELECT x /*route='%2Fpolls',traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/",
            "/* route=%2Fpolls */ SELECT x /* traceparent=00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01 */",
        ),
        ("SELECT '/*controller=ada*/' /* Ada's booking */", "SELECT ?"),
        ("SELECT 1 /* customer='Ada', mycontroller='x' */", "SELECT ?"),
    ],
)
def test_the_code_path_is_kept_and_no_other_comment(statement, shown):
    assert legible_statement(statement) == shown


@given(st.text("ab'\\$\"-/*eE1 \n", max_size=40), st.sampled_from(["'{}'", "E'{}'", "$q${}$q$"]))
def test_a_secret_in_a_literal_is_never_shown_whatever_stands_before(before, quote):
    """What stands before may open a string of its own; then our quote closes it, and the text is cut."""
    statement = before + " ; SELECT " + quote.format("Xsecretx")
    whole_before = before.count("'") == before.count('"') == 0
    if whole_before and "$" not in before and "\\" not in before:
        assert "secret" not in without_literals(statement)


NAMES = [
    pytest.param("oncall", "oncall", id="as it is"),
    pytest.param("on_call2", "on_call2", id="with a digit"),
    pytest.param("my-app", '"my-app"', id="a hyphen"),
    pytest.param("Sales", '"Sales"', id="capitals"),
    pytest.param('o"x', '"o""x"', id="a quotation mark"),
    pytest.param("2nd", '"2nd"', id="a digit first"),
    pytest.param("user", '"user"', id="reserved"),
    pytest.param("ada@example.org", '"ada@example.org"', id="an address"),
    pytest.param("müller", '"müller"', id="another alphabet"),
    pytest.param("a  b", 'U&"a\\0020\\0020b"', id="two spaces"),
    pytest.param("a\\b\tc", 'U&"a\\005Cb\\0009c"', id="a tab behind a backslash"),
    pytest.param("a\\b", '"a\\b"', id="a backslash alone"),
    pytest.param('q"\u202e', 'U&"q""\\202E"', id="a direction of writing"),
    pytest.param("x\U000e0041", 'U&"x\\+0E0041"', id="beyond four digits"),
    pytest.param("", '""', id="none"),
]


@pytest.mark.parametrize(("name", "copied"), NAMES)
def test_a_name_that_is_copied_is_the_name(name, copied):
    assert plain_identifier(name) == copied
    assert legible_sql(f"DROP INDEX {identifier('S')}.{identifier(name)}").startswith('DROP INDEX "S".')


@given(st.text(max_size=20).filter(lambda name: not any("\ud800" <= char <= "\udfff" or char == "\0" for char in name)))
def test_two_names_are_never_one(name):
    shown = legible_sql(f"SELECT {identifier(name)}").removeprefix("SELECT ")
    if shown.startswith("U&"):
        shown = shown.removeprefix("U&").replace("\\", "\\u").replace("\\u+0", "\\U000")
        shown = shown.encode("ascii", "backslashreplace").decode("unicode_escape")
    assert shown == identifier(name)


@pytest.mark.parametrize(("role", "shown"), [("oncall", "oncall"), ("my-app", '"my-app"'), ("Sales", '"Sales"')])
def test_a_grant_in_a_refusal_names_the_role(role, shown):
    scene = snapshot([], session(1, redacted=True))
    with pytest.raises(PrivilegeError, match=f"GRANT pg_monitor, pg_signal_backend TO {shown}\\. Nothing was done"):
        check_visible(replace(scene, server={**SERVER, "role": role}))
