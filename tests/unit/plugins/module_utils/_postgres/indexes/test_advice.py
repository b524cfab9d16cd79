"""Plans read, indexes compared, advice ranked."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes import advice
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes import catalog as indexes
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes import predicates as plans
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Index,
    Table,
)

BOOKINGS = Table(1, "public", "bookings", "public.bookings", "r", 80_000_000, 300_000)
TRIPS = Table(2, "public", "trips", "public.trips", "r", 100_000, 400)
COLUMNS = {
    1: {number: Column(number, name, name, width=8) for number, name in enumerate(["id", "trip", "customer", "at"], 1)}
}


def index(oid=10, keys=(3,), **more):
    given = {"classes": "x", "method": "btree", "columns": len(keys), **more}
    return Index(oid, 1, f"i{oid}", f"public.i{oid}", tuple(keys), **given)


def catalog(*found, keys=(), **more):
    return Catalog({1: BOOKINGS, 2: TRIPS}, found, [ForeignKey(1, 2, "fk", key) for key in keys], COLUMNS, **more)


@pytest.mark.parametrize(
    ("found", "served", "near"),
    [
        ([], False, ""),
        ([index(keys=(2,))], True, ""),
        ([index(keys=(2, 3))], True, ""),
        ([index(keys=(3, 2))], False, ""),
        ([index(keys=(2,), partial=True)], False, "partial"),
        ([index(keys=(2,), valid=False)], False, "invalid"),
        ([index(keys=(2,), method="hash")], False, "hash"),
    ],
)
def test_which_index_serves_a_foreign_key(found, served, near):
    missing = indexes.unindexed(catalog(*found, keys=[(2,)]))
    assert (missing == []) is served
    assert served or near in missing[0][1]


def test_the_order_of_a_composite_key_is_free():
    assert indexes.unindexed(catalog(index(keys=(3, 2)), keys=[(2, 3)])) == []


@pytest.mark.parametrize(
    ("found", "gone"),
    [
        ([index(1), index(2)], ["public.i2"]),
        ([index(1, scans=3), index(2, scans=9)], ["public.i1"]),
        ([index(1), index(2, constraint=True, unique=True)], ["public.i1"]),
        ([index(1), index(2, classes="y")], []),
        ([index(1), index(2, keys=(3, 4))], []),
        ([index(1), index(2, valid=False)], []),
        ([index(1, partial=True, defined=("a", "")), index(2, partial=True, defined=("b", ""))], []),
        ([index(1, partial=True), index(2, partial=True)], []),
    ],
)
def test_which_duplicate_may_go(found, gone):
    assert [one["index"] for one in indexes.duplicates(catalog(*found))] == gone


def test_unused_ones_say_how_little_that_may_mean():
    found = [index(1, size=9), index(2, size=9, scans=1), index(3, size=9, unique=True), index(4, size=1)]
    (one,) = indexes.unused(catalog(*found, days=0.5, standbys=2), 5)
    assert one["index"] == "public.i1"
    assert "says little" in one["why"]
    assert "2 standbys" in one["why"]


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


@pytest.mark.parametrize(
    ("schema", "evidence", "meant"),
    [
        ("", [], ["a.trips", "b.trips", "public.trips"]),
        ("b", [], ["b.trips"]),
        ("", [{6}], ["b.trips"]),
        ("", [set(), {5, 7}], ["a.trips", "public.trips"]),
        ("", [{6}, {5, 7}], ["b.trips"]),
        ("c", [{6}], []),
    ],
)
def test_which_table_a_name_means(schema, evidence, meant):
    schemas = {5: "a", 6: "b", 7: "public"}
    tables = {oid: Table(oid, one, "trips", f"{one}.trips", "r", 1, 1) for oid, one in schemas.items()}
    assert [one.name for one in Catalog(tables, [], []).meant(schema, "trips", evidence)] == meant


def test_the_question_is_of_names_of_the_catalog_alone():
    need = plans.IndexNeed(["Odd Name"], ["at"], ["trip"])
    quoted = {"Odd Name": '"Odd Name"', "at": "at", "trip": "trip"}
    assert plans.question("public.x", quoted, need) == (
        'SELECT * FROM public.x WHERE "Odd Name" = $1 AND at > $2 ORDER BY trip LIMIT 20'
    )
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


def candidate(*columns, **more):
    return advice.Candidate(BOOKINGS, columns, **more)


def test_one_that_begins_another_is_served_by_it():
    (one,) = advice.merge([candidate("customer", seconds=2, statements=["a"]),
                           candidate("customer", "at", seconds=3, statements=["b"])])  # fmt: skip
    assert (one.columns, one.seconds, sorted(one.statements)) == (("customer", "at"), 5, ["a", "b"])


def test_what_was_proved_stays_proved_with_the_columns_of_a_foreign_key():
    """The reviewer's case: a proved index on a, merged into the unproved one that a key on (a, b) wants."""
    first, other = advice.ranked(advice.merge([
        candidate("customer", seconds=9, before=100.0, after=1.0, size=7, statements=["a"]),
        candidate("customer", "trip", foreign_key="fk", worth=0.5),
        candidate("at", seconds=50, statements=["b"]),
    ]))  # fmt: skip
    assert (first.columns, first.proved, first.after, first.seconds) == (("customer", "trip"), True, 1.0, 9)
    told = advice.advice_dict(catalog(), first, {}, 5.0)
    assert (told["proved"], told["kind"]) == (True, "statement")
    assert "falls from 100 to 1 with one on customer alone (hypopg)" in told["why"]
    assert other.columns == ("at",)


def test_foreign_keys_by_the_rows_that_went_and_what_was_read_for_each():
    """A parent that is updated loses no row; one that lost many before the window goes before one that never did."""
    size = {1: 10**9, 2: 10**8, 3: 10**9, 4: 10**9, 5: 10**9}
    children = {oid: Table(oid, "public", f"t{oid}", f"public.t{oid}", "r", size[oid], 1) for oid in size}
    parents = {10 * oid: Table(10 * oid, "public", "p", "public.p", "r", 1, 1) for oid in size}
    parents[30], parents[40] = parents[30]._replace(updated=9000), parents[40]._replace(deleted=10**6)
    gained = {**parents, 10: parents[10]._replace(deleted=3), 20: parents[20]._replace(deleted=20),
              40: parents[40]._replace(deleted=0)}  # fmt: skip
    known = Catalog({**children, **parents}, [], [], {oid: {1: Column(1, "a", "a")} for oid in children})
    missing = [(ForeignKey(oid, 10 * oid, f"fk{oid}", (1,)), "") for oid in (5, 4, 3, 2, 1)]
    assert [key.name for key, dummy in advice.by_cost(known, missing, gained)] == ["fk1", "fk2", "fk4", "fk3", "fk5"]
    found = advice.ranked([*advice.of_foreign_keys(known, missing, gained), candidate("at", seconds=2.5)])
    assert [one.foreign_key for one in found[:3]] == ["fk1", "", "fk2"]


def test_a_statement_that_still_runs_is_told_as_that_and_no_more():
    one = candidate("customer", seconds=5, running=34.0, statements=["a"])
    told = advice.advice_dict(catalog(), one, {}, 5.0)
    assert (told["kind"], told["proved"]) == ("running", False)
    assert "running for 34 s" in told["why"]
    (both,) = advice.merge([one, candidate("customer", seconds=1, statements=["b"])])
    assert advice.advice_dict(catalog(), both, {}, 5.0)["kind"] == "statement"


def test_proved_before_guessed_before_foreign_keys():
    order = advice.ranked([
        candidate("trip", foreign_key="fk", worth=9), candidate("at", seconds=50),
        candidate("customer", seconds=3, before=100, after=1), candidate("id", seconds=9, before=100, after=10),
    ])  # fmt: skip
    assert [one.columns[0] for one in order] == ["id", "customer", "at", "trip"]


@pytest.mark.parametrize(
    ("tries", "chosen"),
    [
        ([], None),
        ([(("a",), 60.0, 1)], None),
        ([(("a",), 10.0, 1), (("a", "b"), 9.0, 1)], ("a",)),
        ([(("a",), 40.0, 1), (("a", "b"), 9.0, 1)], ("a", "b")),
    ],
)
def test_the_index_that_saves_most_with_the_fewest_columns(tries, chosen):
    best = advice.cheapest(tries, 100.0)
    assert (best and best[0]) == chosen


def test_the_statement_to_review_is_one_that_can_be_run():
    odd = Table(1, "Shop", 'Book"ings', '"Shop"."Book""ings"', "r", 1, 1)
    known = Catalog({1: odd}, [], [], {1: {1: Column(1, "Seat No", '"Seat No"')}})
    one = advice.Candidate(odd, ("Seat No",))
    name = advice.name_for(known, one)
    assert advice.statement_of(known, one, name) == (
        'CREATE INDEX CONCURRENTLY "Book""ings_Seat No_idx" ON "Shop"."Book""ings" ("Seat No")'
    )
    parted = advice.Candidate(BOOKINGS._replace(kind="p"), ("trip",))
    assert advice.statement_of(catalog(), parted, "x") == ""
    assert "attach" in advice.advice_dict(catalog(), parted, {}, None)["why"]


def test_names_are_cut_and_never_taken():
    taken = index(1)._replace(relname="bookings_trip_idx")
    assert advice.name_for(catalog(taken), candidate("trip")) == "bookings_trip_idx1"
    assert len(advice.name_for(catalog(), candidate("trip" * 30))) == 63
