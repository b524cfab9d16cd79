"""Columns that a statement's text compares and sorts, and the statement that proves an index."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes import predicates as plans

SHOP = {"b": ["id", "trip", "customer", "at", "Odd Name"], "t": ["id", "city"]}


def index_needs(text):
    """What each query of a text asks of the tables of SHOP: alias, what is equal, what is not, how it is sorted."""
    found = []
    for query in plans.queries_of(text):
        tables = {alias: SHOP[alias] for schema, name, alias in query.sources if alias in SHOP}
        for alias, need in plans.index_needs(query, tables).items():
            found.append((alias, need.equal, need.other, need.sorted_by))
    return found


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("SELECT * FROM x b WHERE b.customer = $1 AND b.at > $2", [("b", ["customer"], ["at"], [])]),
        ("SELECT * FROM x b WHERE customer=7 AND at>=-5", [("b", ["customer"], ["at"], [])]),
        ("SELECT * FROM x b WHERE customer IN ($1) ORDER BY at DESC LIMIT $2", [("b", ["customer"], [], ["at"])]),
        ("SELECT * FROM x b WHERE customer = $1 ORDER BY at", [("b", ["customer"], [], [])]),
        (
            'SELECT * FROM x b WHERE b."Odd Name" = $1 AND (b.trip between $2 and $3) AND $4 <= at',
            [("b", ["Odd Name"], ["trip", "at"], [])],
        ),
        ("UPDATE x b SET at = now(), trip = $2 WHERE customer=$1", [("b", ["customer"], [], [])]),
        ("DELETE FROM x b USING y t WHERE b.trip = t.id", [("b", ["trip"], [], []), ("t", ["id"], [], [])]),
        (
            "SELECT 1 FROM x b JOIN y t ON t.id = b.trip, z WHERE t.city = $1",
            [("b", ["trip"], [], []), ("t", ["id", "city"], [], [])],
        ),
        ("SELECT 1 FROM x b LEFT JOIN y t ON t.city = $1 AND b.customer = $2", [("t", ["city"], [], [])]),
        ("SELECT 1 FROM x b LEFT JOIN (SELECT $1) q ON b.customer = $2 WHERE b.at < $3", [("b", [], ["at"], [])]),
        ("SELECT 1 FROM x b WHERE b.customer = ANY ($1) AND left(b.at, 2) = $2", [("b", ["customer"], [], [])]),
        ("SELECT 1 FROM x b WHERE customer = $1 AND (trip = $2 OR at > $3)", [("b", ["customer"], [], [])]),
        (
            "SELECT 1 FROM x b WHERE trip = $1 UNION SELECT 1 FROM x b WHERE customer = $2 ORDER BY at LIMIT 9",
            [("b", ["trip"], [], []), ("b", ["customer"], [], [])],
        ),
        ("SELECT 1 FROM z WHERE EXISTS (SELECT 1 FROM x b WHERE b.trip = z.id)", [("b", ["trip"], [], [])]),
        ("SELECT 1 FROM x b WHERE customer IN (SELECT customer FROM z)", [("b", ["customer"], [], [])]),
        ("SELECT DISTINCT at FROM x b WHERE customer = $1 ORDER BY at LIMIT 9", [("b", ["customer"], [], [])]),
        ("SELECT 1 FROM x b WHERE customer = $1 FOR NO KEY UPDATE", [("b", ["customer"], [], [])]),
        ("WITH q AS (SELECT 1) SELECT 1 FROM q, x b WHERE b.customer = $1", [("b", ["customer"], [], [])]),
    ],
)
def test_what_a_text_compares_and_sorts(text, asked):
    assert index_needs(text) == asked


@pytest.mark.parametrize(
    ("conditions", "ranged"),
    [
        ("at BETWEEN $1 AND $2", ["at"]),
        ("at >= $1 AND at < $2", ["at"]),
        ("$1 <= at AND customer = $3 AND $2 > at", ["at"]),
        ("b.at > $1 AND trip < $2 AND at <= $3 AND trip >= $4", ["at", "trip"]),
        ("at > $1", []),
        ("at > $1 AND at >= $2", []),
        ("at < $1 AND $2 > at", []),
        ("at > $1 AND trip < $2", []),
        ("at > $1 AND (at < $2 OR trip = $3)", []),
        ("at >= $1 AND at < $2 AND at = $3", []),
        ("at >= $1 AND NOT at < $2", []),
        ("at NOT BETWEEN $1 AND $2 AND trip = $3", []),
    ],
)
def test_a_range_has_two_bounds(conditions, ranged):
    (query,) = plans.queries_of(f"SELECT * FROM x b WHERE {conditions}")
    assert plans.index_needs(query, {"b": SHOP["b"]})["b"].ranged == ranged


@pytest.mark.parametrize(
    ("value", "cast"),
    [
        ("= $1", ""),
        ("= $1::numeric", "numeric"),
        ("= cast($1 AS double precision)", "double precision"),
        ("= 3::text::int", "int"),
        ("= lower($1)::varchar(10)", "varchar"),
        ("= ($1::bigint)", "bigint"),
        ("= ANY ($1::int[])", "int"),
        ("IN ($1::numeric, $2::int)", "numeric"),
        ("BETWEEN $1::date AND $2::date", "date"),
        ("> $1::timestamp with time zone", "timestamp with time zone"),
        ("= $1::numeric + 1", ""),
        ("> now() - $1::interval", ""),
        ('= $1::"Odd Type"', ""),
        ("= $1::shop.kind", ""),
        ("IN (SELECT 3::numeric)", ""),
        ("= t.id::numeric", "numeric"),
    ],
)
def test_the_type_to_which_a_value_is_cast(value, cast):
    query = plans.queries_of(f"SELECT * FROM x b, y t WHERE b.customer {value}")[0]
    assert plans.index_needs(query, SHOP)["b"].casts == {"customer": cast}


def test_a_value_of_another_type_is_asked_with_it():
    need = plans.IndexNeed(
        ["customer", "trip"], ["at"], [], ["at"], {"customer": "numeric", "trip": "kind", "at": "date"}
    )
    quoted = {name: name for name in ("customer", "trip", "at")}
    assert plans.question("public.x", quoted, need, {"numeric": "numeric", "date": "date"}) == (
        "SELECT * FROM public.x WHERE customer = $1::numeric AND trip = $2 AND at > $3::date AND at < $4::date"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "lower(customer) = $1", "customer LIKE $1", "customer ->> $1 = $2", "at + customer = $1", "customer::text = $1",
        "customer @> $1", "'customer = 1' = $1", "id = $1", "nothing = $1", "customer <@ $1", "f(customer) > 1",
        "customer = trip", "customer = b.trip + 1", "customer = (SELECT max(z.i) FROM z WHERE z.j = b.at)",
        "customer = $1 COLLATE c", "customer > ANY ($1)", "customer BETWEEN SYMMETRIC $1 AND $2",
        "customer <-> $1 < $2",
    ],
)  # fmt: skip
def test_what_no_index_of_a_column_alone_serves(condition):
    """``id`` is a column of both tables, so whose it is is not known."""
    assert index_needs(f"SELECT * FROM x b, y t WHERE {condition}") == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM x b WHERE customer = $1 OR trip = $2",
        "SELECT 1 FROM x b WHERE (customer = $1 AND at > $2) OR trip = $3",
        "SELECT 1 FROM x b WHERE NOT (customer = $1)",
        "SELECT 1 FROM x b WHERE NOT customer = $1",
        "SELECT 1 FROM x b WHERE (customer = $1) IS NOT TRUE",
        "SELECT 1 FROM x b WHERE customer = $1 IS NULL",
        "SELECT 1 FROM x b WHERE customer NOT IN ($1)",
        "SELECT 1 FROM x b WHERE CASE WHEN at > $1 AND customer = $2 THEN true ELSE false END",
        "SELECT count(*) FILTER (WHERE customer = $1) FROM x b",
        "SELECT (customer = $1) FROM x b",
        "SELECT customer = $1 FROM x b",
        "SELECT trip FROM x b GROUP BY trip HAVING trip = $1",
        "SELECT 1 FROM x b ORDER BY (customer = $1) LIMIT 9",
        "UPDATE x b SET customer = $1",
        "SELECT 1 FROM x b RIGHT JOIN y t ON b.customer = $1",
        "SELECT 1 FROM x b FULL JOIN y t ON b.customer = $1 AND t.city = $2",
        "SELECT 1 FROM z WHERE NOT EXISTS (SELECT 1 FROM q WHERE b.customer = $1)",
        "SELECT 1 FROM view, x b WHERE customer = $1",
        "WITH b AS (SELECT * FROM z) SELECT 1 FROM b WHERE customer = $1",
        "SELECT 1 FROM x b WHERE customer = $1 AND (trip = $2 OR",
        r"SELECT 1 FROM x b WHERE customer = $1 AND at > 'what \' OR trip = $2",
    ],
)
def test_what_need_not_hold_for_every_row_is_no_wish(text):
    assert index_needs(text) == []


def test_a_comment_ends_with_its_line():
    assert index_needs("SELECT 1 FROM x b WHERE customer = $1 -- by whom\n OR trip = $2") == []


def test_tables_and_what_they_are_called():
    text = 'SELECT id, trips FROM a.bookings AS b, "Odd T" JOIN trips ON true, f(1) g WHERE b.x = 1'
    (query,) = plans.queries_of(text)
    assert query.sources == [("a", "bookings", "b"), ("", "Odd T", "Odd T"), ("", "trips", "trips")]
    assert query.closed is False
    (query,) = plans.queries_of("UPDATE ONLY pay p SET x = 1 WHERE y = 2")
    assert (query.sources, query.closed) == ([("", "pay", "p")], True)


def test_the_question_is_of_names_of_the_catalog_alone():
    need = plans.IndexNeed(["Odd Name"], ["at"], ["trip"])
    quoted = {"Odd Name": '"Odd Name"', "at": "at", "trip": "trip"}
    assert plans.question("public.x", quoted, need, {}) == (
        'SELECT * FROM public.x WHERE "Odd Name" = $1 AND at > $2 ORDER BY trip LIMIT 20'
    )
    ranged = plans.IndexNeed(["Odd Name"], ["trip", "at"], [], ["at"])
    assert plans.question("public.x", quoted, ranged, {}) == (
        'SELECT * FROM public.x WHERE "Odd Name" = $1 AND trip > $2 AND at > $3 AND at < $4'
    )
    assert (need.parameters, ranged.parameters) == (2, 4)
    tried = plans.IndexNeed(["customer"], ["at"], ["trip"]).candidates()
    assert ("customer", "at") in tried
    assert ("at", "customer") not in tried
    assert ("customer", "trip") in tried


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("SELECT 1", True),
        (" with x as (select 1) select 1", True),
        ("INSERT INTO t VALUES (1)", False),
        ("DROP TABLE t", False),
        ("", False),
    ],
)
def test_which_statements_read(text, read):
    assert plans.is_read(text) is read


def test_a_name_as_the_catalog_has_it_and_the_cost_of_a_plan():
    assert [plans.plain_name(name) for name in ("Trip", '"Odd ""Name"""')] == ["trip", 'Odd "Name"']
    assert plans.cost({"Plan": {"Total Cost": 12.5, "Startup Cost": 1.0}}) == 12.5


def test_at_most_four_columns_are_tried_and_none_twice():
    tried = plans.IndexNeed(["a", "b", "c"], ["d", "e"], ["b"]).candidates()
    assert {column for columns in tried for column in columns} == {"a", "b", "c", "d"}
    assert len(tried) == len(set(tried))
    assert plans.IndexNeed(sorted_by=["a"]).empty
    assert not plans.IndexNeed(other=["a"]).empty
