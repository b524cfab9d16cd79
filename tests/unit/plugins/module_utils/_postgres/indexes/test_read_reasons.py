"""What keeps an index from serving a condition: it depends on the side on which the column stands."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    Index,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.predicates import all_queries
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.read_reasons import Read, reasons
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.reads import why_no_advice

ORDERS = Table(1, "public", "orders", "public.orders", "r", 2**26, 400_000)
NAMES = ("id", "customer", "at", "email", "active", "data", "tags", "time", "parent")
COLUMNS = {number: Column(number, name, name, 0.0, 8, -1.0) for number, name in enumerate(NAMES, 1)}
COLUMNS[5] = COLUMNS[5]._replace(distinct=2.0)
COLUMNS[9] = COLUMNS[9]._replace(nulls=0.01)
CATALOG = Catalog(
    {1: ORDERS}, [Index(7, 1, "orders_pkey", "public.orders_pkey", (1,), 1, "", "btree")], [], {1: COLUMNS}
)

EXPRESSION = "compares an expression"
CAST = "compares a cast"
SUBQUERY = "depends on a subquery"
EXPLAIN = ": check its plan with EXPLAIN"
UNEQUAL = "an inequality selects most rows"


def why(condition, tested=(), source="orders o"):
    return why_no_advice(CATALOG, ORDERS, f"SELECT * FROM {source} WHERE {condition}", tested)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        pytest.param("customer::text = $1", CAST, id="the column"),
        pytest.param("cast(customer AS text) = $1", CAST, id="the column by its name"),
        pytest.param("(o.at)::date >= $1", CAST, id="the column in brackets"),
        pytest.param("at::timestamp with time zone >= now()", CAST, id="a type of several words"),
        pytest.param("email::varchar(10) = $1", CAST, id="a type with a length"),
        pytest.param("lower(email)::text = $1", EXPRESSION, id="of a function"),
        pytest.param("customer = $1::int", EXPLAIN, id="the value"),
        pytest.param("o.customer = cast($1 AS int)", EXPLAIN, id="the value by its name"),
        pytest.param("$1::int = customer", EXPLAIN, id="the value on the left"),
        pytest.param("customer IN ($1::int, $2::int)", EXPLAIN, id="values"),
        pytest.param("customer = ANY ($1::int[])", EXPLAIN, id="an array"),
        pytest.param("at > $1::timestamp with time zone", EXPLAIN, id="the value, beside a column named time"),
        pytest.param("id = $1::numeric", "or the value is cast to another type", id="the value, beside an index"),
    ],
)
def test_a_cast_hinders_on_the_side_of_the_column_alone(condition, says):
    assert why(condition).endswith(says) if says == EXPLAIN else says in why(condition)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("at > now() - interval '1 day'", EXPLAIN),
        ("at > now() - $1::interval", EXPLAIN),
        ("at >= current_date - 7", EXPLAIN),
        ("at BETWEEN now() - $1 * interval '1 hour' AND now()", EXPLAIN),
        ("at > date_trunc('day', now())", EXPLAIN),
        ("email = lower($1)", EXPLAIN),
        ("customer = $1 + 1", EXPLAIN),
        ("email = $1 ->> 'mail'", EXPLAIN),
        ("email = coalesce($1, $2)", EXPLAIN),
        ("at > $1 AT TIME ZONE 'UTC'", EXPLAIN),
        ("at + interval '1 day' > now()", EXPRESSION),
        ("now() - at < interval '1 day'", EXPRESSION),
        ("date_trunc('day', at) = $1", EXPRESSION),
        ("extract(hour FROM at) = $1", EXPRESSION),
        ("coalesce(customer, 0) = $1", EXPRESSION),
        ("data ->> 'ref' = $1", EXPRESSION),
        ("at AT TIME ZONE 'UTC' > $1", EXPRESSION),
        ("CASE WHEN active THEN customer END = $1", EXPRESSION),
        ("starts_with(email, $1)", EXPRESSION),
        ("tags[1] = $1", EXPRESSION),
    ],
)
def test_an_expression_hinders_on_the_side_of_the_column_alone(condition, says):
    assert why(condition).endswith(says) if says == EXPLAIN else says in why(condition)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("EXISTS (SELECT 1 FROM lines l WHERE l.order_id = o.id LIMIT 1)", SUBQUERY),
        ("EXISTS (SELECT FROM lines l WHERE l.order_id = o.id AND l.day > now() - interval '1 day')", SUBQUERY),
        ("NOT EXISTS (SELECT 1 FROM lines l WHERE l.order_id = o.id)", SUBQUERY),
        ("customer IN (SELECT c.id FROM customers c WHERE c.kind <> 3 OR c.kind IS NULL)", SUBQUERY),
        ("$1 = (SELECT max(l.day) FROM lines l WHERE l.order_id = o.id)", SUBQUERY),
        ("customer = (SELECT c.id FROM customers c WHERE lower(c.name) = $1 LIMIT 1)", EXPLAIN),
        ("lower(email) IN (SELECT mail FROM customers)", EXPRESSION),
        ("at > now() - interval '1 day' * 3", EXPLAIN),
        ("at >= date '2026-01-01' AND customer > 3", EXPLAIN),
        ("(email LIKE 'a%' ESCAPE '!')", "text_pattern_ops"),
        ("customer = CASE WHEN $1 THEN 3 ELSE 4 END", EXPLAIN),
        ("data ? 'ref'", "a GIN index"),
        ("data ? $1", "a GIN index"),
        ("data -> 'a' ? 'ref'", "a GIN index"),
        ("data ?| array['a', 'b']", "a GIN index"),
        ("data ?& $1", "a GIN index"),
        ("data @? '$.a'", "a GIN index"),
        ("tags && $1", "a GIN index"),
    ],
)
def test_what_is_not_shown_is_no_operator_and_a_subquery_no_condition(condition, says):
    assert why(condition).endswith(says) if says == EXPLAIN else says in why(condition)
    assert ("GIN index on the column" in why(condition)) is (says == "a GIN index")


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("customer IS NOT DISTINCT FROM $1", "PostgreSQL uses no index for IS NOT DISTINCT FROM"),
        ("customer IS DISTINCT FROM $1", UNEQUAL),
        ("active IS TRUE", "may help, if few rows match it"),
        ("active IS NOT TRUE", "may help, if few rows match it"),
        ("parent IS NULL", "1.0% of the rows match it"),
        ("parent NOTNULL", "99% of the rows match it"),
        ("parent ISNULL", "1.0% of the rows match it"),
        ("lower(email) IS NULL", "may help, if few rows match it"),
        ("id IS NULL", "there is an index on id that is not used"),
        ("email NOT LIKE $1", UNEQUAL),
        ("email !~ $1", UNEQUAL),
        ("customer NOT IN ($1, $2)", UNEQUAL),
        ("customer NOT BETWEEN $1 AND $2", UNEQUAL),
        ("NOT (customer = $1 OR at > $2)", UNEQUAL),
        ("$1 LIKE email || '%'", "the column holds the pattern"),
        ("$1 = ANY (tags)", "column @> ARRAY[value]"),
        ('email = $1 COLLATE "C"', "by another collation"),
        ('email COLLATE "C" = $1', "by another collation"),
        ("(customer, at) > ($1, $2)", "several columns at once"),
        ("customer = parent", "compares columns of one row"),
        ("active", "have one value of active"),
        ("active > $1", EXPLAIN),
    ],
)
def test_other_conditions(condition, says):
    assert why(condition).endswith(says) if says == EXPLAIN else says in why(condition)


def test_a_join_with_itself_compares_no_columns_of_one_row():
    assert why("o.parent = p.customer", source="orders o, orders p").endswith(EXPLAIN)
    assert "there is an index on id" in why("lower(o.email) = p.id", source="orders o, orders p")
    assert "columns of one row" in why("o.parent = o.customer", source="orders o, orders p")


@pytest.mark.parametrize(
    ("condition", "tested", "says"),
    [
        ("customer = $1", (), EXPLAIN),
        ("customer = $1", ("at",), EXPLAIN),
        ("customer = $1", ("customer",), ": a test with an index on it saved less than half of the cost"),
        (
            "customer = $1::numeric",
            ("customer",),
            "half of the cost; the value is cast: compare with one of the column's own type",
        ),
        ("at > $1", ("at",), "saved less than half of the cost, which takes a third of the rows to match"),
        ("at BETWEEN $1 AND $2", ("at",), "saved less than half of the cost"),
        ("at > $1", (), EXPLAIN),
    ],
)
def test_a_test_is_said_where_there_was_one(condition, tested, says):
    assert why(condition, tested).endswith(says)


def test_conditions_on_other_tables_say_nothing_of_this_one():
    (query,) = all_queries("SELECT * FROM orders o JOIN lines l ON true WHERE l.at::date = $1 AND l.email = lower($2)")
    read = Read(CATALOG, ORDERS, {"o"}, {column.name: column for column in COLUMNS.values()})
    assert reasons(read, [words for words, dummy in query.conditions]) == [
        "no condition restricts the rows, so all are read: read fewer rows, or cache the result"
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "customer = any($1::int[])",
        "customer in ($1, $2)",
        "tags[?] = $1",
        "customer = case when $1 then ? else ? end",
        "(customer = $1 or lower(email) = $2)",
        "o.at::timestamp(?) > now() - $1",
        "exists(select from lines l where l.order_id = o.id and (l.x = ? or l.y in ($1)))",
    ],
)
def test_a_condition_is_shown_as_it_was(condition):
    assert why(condition).startswith(condition.strip("()") if condition[0] == "(" else condition)
