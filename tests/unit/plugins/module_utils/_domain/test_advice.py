"""Plans read, indexes compared, advice ranked."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._domain import advice, indexes, plans
from ansible_collections.pafar.runbook.plugins.module_utils._domain.indexes import (
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


@pytest.mark.parametrize(
    ("text", "alias", "equal", "other", "sorted_by"),
    [
        ("SELECT * FROM x b WHERE b.customer = $1 AND b.at > $2", "b", ["customer"], ["at"], []),
        ("SELECT * FROM x b WHERE customer IN ($1) ORDER BY at DESC LIMIT $2", "b", ["customer"], [], ["at"]),
        ("SELECT * FROM x b WHERE customer = $1 ORDER BY at", "b", ["customer"], [], []),
        ('SELECT * FROM x b WHERE b."Odd Name" = $1 OR (b.trip between $2 and $3)', "b", ["Odd Name"], ["trip"], []),
        ("UPDATE x b SET at = now() WHERE customer=$1", "b", ["customer"], [], []),
        ("SELECT 1 FROM x b JOIN y t ON t.id = b.trip WHERE t.city = $1", "b", ["trip"], [], []),
        ("SELECT 1 FROM x b JOIN y t ON t.id = b.trip WHERE t.city = $1", "t", ["id", "city"], [], []),
    ],
)
def test_what_a_text_compares_and_sorts(text, alias, equal, other, sorted_by):
    wish = plans.wishes(text, SHOP)[alias]
    assert (wish.equal, wish.other, wish.sorted_by) == (equal, other, sorted_by)


@pytest.mark.parametrize(
    "condition",
    [
        "lower(customer) = $1", "customer LIKE $1", "customer ->> $1 = $2", "at + customer = $1", "customer::text = $1",
        "customer @> $1", "'customer = 1' = $1", "id = $1", "nothing = $1", "customer <@ $1", "f(customer) > 1",
    ],
)  # fmt: skip
def test_what_no_index_of_a_column_alone_serves(condition):
    """``id`` is a column of both tables, so whose it is is not known."""
    assert plans.wishes(f"SELECT * FROM x b, y t WHERE {condition}", SHOP) == {}


def test_tables_and_what_they_are_called():
    text = 'SELECT * FROM a.bookings AS b, "Odd T" JOIN trips ON true WHERE 1 = 1; UPDATE ONLY pay p SET x = 1'
    assert plans.sources(text) == [
        ("a", "bookings", "b"),
        ("", "Odd T", "Odd T"),
        ("", "trips", "trips"),
        ("", "pay", "p"),
    ]


def test_the_question_is_of_names_of_the_catalog_alone():
    wish = plans.Wish(["Odd Name"], ["at"], ["trip"])
    quoted = {"Odd Name": '"Odd Name"', "at": "at", "trip": "trip"}
    assert plans.question("public.x", quoted, wish) == (
        'SELECT * FROM public.x WHERE "Odd Name" = $1 AND at > $2 ORDER BY trip LIMIT 20'
    )
    tried = plans.Wish(["customer"], ["at"], ["trip"]).candidates()
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
    assert "attach" in advice.told(catalog(), parted, {}, None)["why"]


def test_names_are_cut_and_never_taken():
    taken = index(1)._replace(relname="bookings_trip_idx")
    assert advice.name_for(catalog(taken), candidate("trip")) == "bookings_trip_idx1"
    assert len(advice.name_for(catalog(), candidate("trip" * 30))) == 63
