"""Tables that are read from end to end without advice, and why there is none."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    Index,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.reads import (
    Reading,
    full_reads,
    passes,
    why_no_advice,
)

CUST = Table(1, "public", "cust", "public.cust", "r", 2**24, 120_000, 12, 1_440_000)
PART = Table(3, "public", "log_2026", "public.log_2026", "r", 2**24, 90_000, 3, 270_000)
LOG = Table(2, "public", "log", "public.log", "p", 0, 0)
COLUMNS = {
    1: Column(1, "id", "id", 0.0, 8, -1.0),
    2: Column(2, "email", "email", 0.0, 20, -1.0),
    3: Column(3, "closed_at", "closed_at", 0.001, 8, -0.5),
    4: Column(4, "kind", "kind", 0.0, 4, 3.0, True, 0.9),
    5: Column(5, "data", "data", 0.0, 90, -1.0, False),
    6: Column(6, "note", "note", 0.9, 8, None),
}
CATALOG = Catalog(
    {1: CUST, 2: LOG, 3: PART},
    [Index(9, 1, "cust_pkey", "public.cust_pkey", (1,), 1, "", "btree")],
    [],
    {1: COLUMNS, 3: {1: Column(1, "at", "at")}},
    database="shop",
    parents={3: 2},
    views=[("active_customers", frozenset({1}))],
)


QUEUE = Table(4, "public", "jobs", "public.jobs", "r", 2**27, 20, 30, 600, live=20, dead=800_000)


@pytest.mark.parametrize(
    ("table", "text", "says"),
    [
        pytest.param(QUEUE, "SELECT * FROM jobs WHERE state = $1 LIMIT $2", "VACUUM public.jobs", id="a queue"),
        pytest.param(
            QUEUE._replace(rows=800_000), "SELECT * FROM jobs", "800,000 dead rows and 20", id="analysed before"
        ),
        pytest.param(QUEUE._replace(rows=0, live=0, read=0), "DELETE FROM jobs", "VACUUM public.jobs", id="empty"),
        pytest.param(QUEUE, "SELECT next_job()", "VACUUM public.jobs", id="by a function"),
        pytest.param(QUEUE._replace(dead=9_999), "SELECT * FROM jobs", "", id="few"),
        pytest.param(QUEUE._replace(scans=0, read=0), "SELECT * FROM jobs", "", id="not scanned"),
        pytest.param(QUEUE._replace(live=300_000), "SELECT * FROM jobs", "", id="others are live"),
    ],
)
def test_a_table_whose_rows_are_mostly_dead_is_read_as_a_whole(table, text, says):
    catalog = Catalog({4: table}, [], [], database="shop")
    found = full_reads(
        catalog, {4: table}, [Reading(text, text, 2.0, frozenset(), 30)], whole=2.0, min_rows=10_000, unknown=""
    )
    assert [read["table"] for read in found] == (["jobs"] if says else [])
    if says:
        assert says in found[0]["why"]
        assert found[0]["passes"] == 30


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("lower(email) = $1", "lower(email) = $1 compares an expression: an index on that expression"),
        ("data->>$1 = $2", "compares an expression"),
        ("data @> $1", "a GIN index"),
        ("data ? $1", "a GIN index"),
        ("(data -> $1) ? $2", "a GIN index"),
        ("upper(email) = ?", "compares an expression"),
        ("lower(email) LIKE ?", "text_pattern_ops"),
        ("email LIKE $1", "text_pattern_ops"),
        ("email ILIKE $1", "gin_trgm_ops"),
        ("email ~* $1", "gin_trgm_ops"),
        ("closed_at IS NULL", "0.1% of the rows match it"),
        ("closed_at IS NOT NULL", "100% of the rows match it"),
        ("note IS NULL", "90% of the rows match it"),
        ("email = $1 OR kind = $2", "each side needs an index of its own"),
        ("kind <> $1", "where it selects few, a partial index"),
        ("NOT kind = $1", "where it selects few, a partial index"),
        ("id::text = $1", "compares a cast"),
        ("id + $1 = $2", "compares an expression"),
        ("kind = $1", "about 81% of the rows have one value of kind"),
        ("$1 = kind", "for a rare one a partial index (WHERE kind = that value)"),
        ("id > $1", "there is an index on id that is not used"),
        ("note = $1", "the statistics of note are not known"),
    ],
)
def test_why_a_condition_has_no_advice(condition, says):
    for text in (
        f"SELECT * FROM cust WHERE {condition}",
        f"DECLARE c CURSOR FOR SELECT count(*) FROM public.cust WHERE {condition} ORDER BY id",
        f"PREPARE p AS UPDATE cust SET note = $9 WHERE ({condition})",
    ):
        assert says in why_no_advice(CATALOG, CUST, text), text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT * FROM cust LIMIT $1", "no condition restricts the rows"),
        ("SELECT count(*) FROM cust c JOIN log l ON true WHERE l.at = $1", "no condition restricts the rows"),
        ("SELECT * FROM active_customers WHERE id = $1", "through the view active_customers"),
        ("SELECT * FROM cust WHERE email = ...", "truncated or cannot be parsed"),
        ("SELECT * FROM cust WHERE f(", "check its plan"),
    ],
)
def test_why_a_statement_has_no_advice(text, says):
    assert says in why_no_advice(CATALOG, CUST, text)


def reads(*readings, gained=None, unknown="", whole=10.0):
    given = gained or {1: CUST}
    return full_reads(CATALOG, given, readings, whole=whole, min_rows=5000, unknown=unknown)


def reading(text, seconds=9.0, advised=(), calls=0):
    return Reading(text, text, seconds, frozenset(advised), calls)


def test_what_is_read_from_end_to_end_is_named_with_its_statement():
    (read,) = reads(reading("SELECT * FROM cust WHERE lower(email) = $1"))
    assert (read["database"], read["table"], read["passes"], read["share"]) == ("shop", "cust", 12.0, 0.9)
    assert read["statement"].startswith("SELECT * FROM cust")


def test_advice_explains_a_read():
    assert reads(reading("SELECT * FROM cust WHERE email = $1", advised=[1])) == []


def test_a_limit_reads_no_table_from_end_to_end():
    few = CUST._replace(scans=500, read=5_000)
    assert passes(few) < 0.5
    assert reads(reading("SELECT * FROM cust LIMIT $1"), gained={1: few}) == []


def test_a_partition_is_read_by_the_statement_that_names_its_parent():
    (read,) = reads(reading("SELECT * FROM log WHERE date(at) = $1"), gained={3: PART})
    assert (read["table"], read["statement"]) == ("log_2026", "SELECT * FROM log WHERE date(at) = $1")


@pytest.mark.parametrize("text", ["SELECT report($1)", "CALL nightly()", "DO $$ ... $$"])
def test_a_statement_that_hides_its_queries_is_named(text):
    (read,) = reads(reading(text))
    assert read["statement"] == text
    assert "a function that it calls reads it" in read["why"]


def test_without_any_statement_the_reason_is_said():
    (read,) = reads(unknown="pg_stat_statements is not loaded, so the statement is not known")
    assert (read["statement"], read["why"]) == ("", "pg_stat_statements is not loaded, so the statement is not known")
    assert reads()[0]["why"].startswith("no statement with execution time names it")


BY_EMAIL = "SELECT * FROM cust WHERE lower(email) = $1"
BY_ID = "SELECT * FROM cust WHERE id = $1"


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        pytest.param("COPY public.cust (id, email) TO stdout", 12, id="a dump or an export"),
        pytest.param("CREATE INDEX i ON cust (email)", 12, id="an index"),
        pytest.param("CREATE INDEX CONCURRENTLY i ON cust (email)", 6, id="an index, concurrently"),
        pytest.param("REINDEX TABLE cust", 12, id="all indexes"),
        pytest.param("/* nightly */ REINDEX INDEX cust_pkey", 12, id="an index by its name"),
        pytest.param("VACUUM FULL", 6, id="all tables"),
    ],
)
def test_maintenance_reads_a_table_as_a_whole_because_it_is_meant_to(text, calls):
    assert reads(reading(text, calls=calls)) == []
    assert reads(reading(BY_ID, calls=12_000), reading(text, 0.1, calls=calls)) == []
    (read,) = reads(reading(text, calls=1), reading(BY_EMAIL, 8.0, calls=12))
    assert read["statement"] == BY_EMAIL


def test_maintenance_of_another_table_explains_nothing():
    (read,) = reads(reading("REINDEX TABLE log", calls=12), reading(BY_EMAIL, 8.0, calls=12))
    assert read["statement"] == BY_EMAIL


@pytest.mark.parametrize(
    ("calls", "named"), [(0, True), (1, True), (12, True), (100, True), (121, False), (12_000, False)]
)
def test_a_statement_that_runs_far_more_often_is_not_what_reads_the_table(calls, named):
    (read,) = reads(reading(BY_ID, calls=calls))
    assert bool(read["statement"]) is named
    assert ("which statement reads it is not known" in read["why"]) is not named
    (read,) = reads(reading(BY_ID, calls=calls), reading("SELECT count(*) FROM cust", 1.0, calls=12))
    assert read["statement"] == (BY_ID if named else "SELECT count(*) FROM cust")
