"""Which indexes a catalog has, lacks, or has twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Table,
    duplicates,
    growth,
    invalid,
    unindexed,
    unused,
)

from .tables import BOOKINGS, COLUMNS, catalog, index


@pytest.mark.parametrize(
    ("found", "served", "near"),
    [
        ([], False, ""),
        ([index(keys=(2,))], True, ""),
        ([index(keys=(2, 3))], True, ""),
        ([index(keys=(3, 2))], False, ""),
        ([index(keys=(2,), partial=True)], False, "partial"),
        ([index(keys=(2,), valid=False)], False, "invalid"),
        ([index(keys=(2,), method="hash")], True, ""),
        ([index(keys=(2,), method="hash", valid=False)], False, "invalid"),
        ([index(keys=(2,), method="brin")], False, "brin"),
        ([index(keys=(2,), partial=True, defined=("(trip IS NOT NULL)", ""))], True, ""),
        ([index(keys=(2, 3), partial=True, defined=("(trip IS NOT NULL)", ""))], True, ""),
        ([index(keys=(2,), method="hash", partial=True, defined=("(trip IS NOT NULL)", ""))], True, ""),
        ([index(keys=(2,), partial=True, defined=("(trip IS NOT NULL)", ""), valid=False)], False, "invalid"),
        ([index(keys=(2,), partial=True, defined=("(customer IS NOT NULL)", ""))], False, "partial"),
        ([index(keys=(2, 3), partial=True, defined=("((trip IS NOT NULL) AND (customer IS NOT NULL))", ""))], False,
         "partial"),
        ([index(keys=(2,), partial=True, defined=("(trip IS NULL)", ""))], False, "partial"),
        ([index(keys=(2,), partial=True, defined=("(trip > 0)", ""))], False, "partial"),
        ([index(keys=(2,), partial=True, defined=("((trip IS NOT NULL) OR (trip > 0))", ""))], False, "partial"),
    ],
)  # fmt: skip
def test_which_index_serves_a_foreign_key(found, served, near):
    missing = unindexed(catalog(*found, keys=[(2,)]))
    assert (missing == []) is served
    assert served or near in missing[0][1]


def test_the_order_of_a_composite_key_is_free():
    assert unindexed(catalog(index(keys=(3, 2)), keys=[(2, 3)])) == []


@pytest.mark.parametrize(
    ("found", "served"),
    [
        (index(keys=(3, 2), partial=True, defined=("((trip IS NOT NULL) AND (customer IS NOT NULL))", "")), True),
        (index(keys=(2, 3), partial=True, defined=("(trip IS NOT NULL)", "")), True),
        (index(keys=(2, 3), partial=True, defined=("((trip IS NOT NULL) AND (at IS NOT NULL))", "")), False),
        (index(keys=(2,), unique=True), True),
        (index(keys=(2,), unique=True, partial=True), False),
        (index(keys=(2, 4), unique=True), False),
        (index(keys=(2,)), False),
        (index(keys=(3,)), True),
        (index(keys=(3, 4)), True),
        (index(keys=(3,), method="hash"), True),
        (index(keys=(3,), valid=False), False),
        (index(keys=(4, 2, 3)), False),
    ],
)
def test_what_serves_a_key_of_two_columns(found, served):
    """Of each trip there are 3,000 rows, of each customer 10."""
    columns = {
        number: column._replace(distinct={2: 100, 3: 30_000}.get(number)) for number, column in COLUMNS[1].items()
    }
    known = replace(catalog(found, keys=[(2, 3)]), columns={1: columns})
    assert (unindexed(known) == []) is served


@pytest.mark.parametrize(
    ("found", "served"),
    [
        ([index(1)._replace(table=5, keys=(2,)), index(2)._replace(table=6, keys=(1,))], True),
        ([index(1)._replace(table=5, keys=(2,)), index(2, method="hash")._replace(table=6, keys=(1,))], True),
        ([index(1)._replace(table=5, keys=(2,)), index(2)._replace(table=6, keys=(2,))], False),
        ([index(1)._replace(table=5, keys=(2,))], False),
        ([index(1, partitioned=True, valid=False)._replace(table=4, keys=(3,))], False),
        ([index(1, partitioned=True)._replace(table=4, keys=(3,))], True),
    ],
)
def test_a_key_of_a_partitioned_table_is_served_by_an_index_of_each_partition(found, served):
    """The same column has another number in each."""
    tables = {oid: BOOKINGS._replace(oid=oid, kind="p" if oid == 4 else "r") for oid in (4, 5, 6)}
    columns = {oid: {n: Column(n, "trip", "trip"), 9: Column(9, "id", "id")} for oid, n in ((4, 3), (5, 2), (6, 1))}
    keys = [ForeignKey(4, 2, "fk", (3,))]
    assert (unindexed(Catalog(tables, found, keys, columns, parents={5: 4, 6: 4})) == []) is served


@pytest.mark.parametrize(
    ("found", "equal", "served"),
    [
        (index(keys=(2,), method="hash"), True, True),
        (index(keys=(2,), method="hash"), False, False),
        (index(keys=(2,), partial=True, defined=("(trip IS NOT NULL)", "")), False, True),
        (index(keys=(2, 3)), False, True),
        (index(keys=(3, 2)), True, False),
    ],
)
def test_which_comparisons_an_index_finds_rows_by(found, equal, served):
    assert catalog(found).searched(1, (2,), equal) is served


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
    assert [one["index"] for one in duplicates(catalog(*found))] == gone


def test_unused_ones_say_how_little_that_may_mean():
    found = [index(1, size=9), index(2, size=9, scans=1), index(3, size=9, unique=True), index(4, size=1)]
    (one,) = unused(catalog(*found, days=0.5, standbys=2), 5)
    assert one["index"] == "public.i1"
    assert "too short" in one["why"]
    assert "2 standbys" in one["why"]


def whole(oid=10, **more):
    return index(oid, partitioned=True, **more)


PARTED = {11: 10, 12: 10}  # the indexes of two partitions, and of the partitioned table


@pytest.mark.parametrize(
    ("found", "parents", "gone"),
    [
        pytest.param([whole(), index(11, size=6), index(12, size=5)], PARTED, ["public.i10"], id="no partition's"),
        pytest.param([whole(), index(11, size=6), index(12, size=5, scans=1)], PARTED, [], id="a partition's is used"),
        pytest.param([whole(), index(11, size=2), index(12, size=2)], PARTED, [], id="small in all"),
        pytest.param([whole(unique=True), index(11, size=9, unique=True)], {11: 10}, [], id="a constraint's"),
        pytest.param(
            [whole(), whole(11), index(12, size=9)], {11: 10, 12: 11}, ["public.i10"], id="partitions of partitions"
        ),
        pytest.param([whole(), index(11, size=9, scans=3), index(13, size=9)], PARTED, ["public.i13"], id="of its own"),
        pytest.param([whole(valid=False), index(11, size=9)], {11: 10}, [], id="not attached everywhere yet"),
    ],
)
def test_an_index_of_a_partition_is_judged_with_the_whole(found, parents, gone):
    reports = unused(catalog(*found, parents=parents), 5)
    assert [report["index"] for report in reports] == gone
    for report in reports:
        parted = report["index"] == "public.i10"
        alone = "DROP INDEX CONCURRENTLY "
        assert report["statement"] == ("SET lock_timeout = '2s'; DROP INDEX " if parted else alone) + report["index"]


@pytest.mark.parametrize(
    ("found", "parents", "gone"),
    [
        pytest.param([index(11), index(13)], PARTED, ["public.i13"], id="one of its own beside it"),
        pytest.param([index(11), index(13, scans=9)], PARTED, ["public.i13"], id="also where that one is used"),
        pytest.param([index(11), index(21)], {11: 10, 21: 20}, [], id="parts of two"),
        pytest.param(
            [whole(), whole(20, scans=0), index(11, scans=4), index(21)], {11: 10, 21: 20}, ["public.i20"], id="two"
        ),
        pytest.param([index(11), index(13, constraint=True, unique=True)], PARTED, [], id="a constraint"),
    ],
)
def test_a_duplicate_that_is_part_of_another_index_stays(found, parents, gone):
    tables = {11: 1, 21: 1, 13: 1, 10: 2, 20: 2}
    found = [one._replace(table=tables[one.oid]) for one in found]
    assert [report["index"] for report in duplicates(catalog(*found, parents=parents))] == gone


def test_an_invalid_index_that_cannot_be_dropped_is_rebuilt():
    (report,) = invalid(catalog(whole(valid=False), index(11, valid=False), index(12), parents=PARTED))
    assert report["statement"] == "REINDEX INDEX CONCURRENTLY public.i11"
    assert "part of public.i10" in report["why"]
    (report,) = invalid(catalog(index(11, valid=False, unique=True, constraint=True)))
    assert report["statement"] == "REINDEX INDEX CONCURRENTLY public.i11"
    assert report["why"].endswith("a constraint needs it")


@pytest.mark.parametrize(
    ("more", "parents", "key", "left"),
    [
        ([], {}, (2,), True),
        ([index(12, keys=(2, 3))], {}, (2,), False),
        ([index(12, keys=(3,))], {}, (2,), True),
        ([], {}, (3,), False),
        ([index(12, keys=(2,))._replace(table=2)], {12: 11}, (2,), True),
    ],
)
def test_an_unused_index_that_a_foreign_key_needs_says_so(more, parents, key, left):
    known = catalog(index(11, keys=(2,), size=9), *more, keys=[key], parents=parents)
    why = unused(known, 9)[0]["why"]
    assert why.endswith("; without it the foreign key fk has no index") is left


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


def test_an_invalid_index_is_named_with_the_statement_that_drops_it():
    broken, building = index(1, valid=False, size=7), index(2, valid=False, building=True)
    parted = index(3, valid=False, partitioned=True)
    (report,) = invalid(catalog(broken, building, parted, index(4)))
    assert (report["index"], report["table"], report["size_bytes"]) == ("public.i1", "public.bookings", 7)
    assert report["statement"] == "DROP INDEX CONCURRENTLY public.i1"


@pytest.mark.parametrize(
    ("key", "found", "served"),
    [
        ((2,), [index(keys=(2, 3))], True),
        ((2, 3), [index(keys=(2, 3))], True),
        ((3,), [index(keys=(2, 3))], False),
        ((3, 2), [index(keys=(2, 3))], False),
        ((2,), [index(keys=(2,), valid=False)], False),
        ((2,), [index(keys=(2,), partial=True)], False),
        ((2,), [index(keys=(2,), method="gin")], False),
        ((3,), [index(keys=(2, 3), columns=1)], False),
    ],
)
def test_which_columns_an_index_serves(key, found, served):
    assert catalog(*found).serves(1, key) is served


@pytest.mark.parametrize(
    ("more", "special"),
    [
        ({"classes": "1/2/0 0"}, False),
        ({"classes": "1/2/0 3"}, True),
        ({"classes": "1/2/0", "partial": True}, True),
        ({"classes": "1/2/0", "unique": True}, True),
        ({"classes": "1/2/0", "method": "hash"}, True),
        ({"classes": "1/2/0", "plain": False}, True),
        ({"classes": "1/2/0", "keys": (2, 3), "columns": 1}, True),
    ],
)
def test_an_index_of_more_than_its_columns_is_special(more, special):
    assert index(**more).special is special


def test_the_growth_of_counters():
    before = {1: BOOKINGS._replace(scans=5, read=50, deleted=9)}
    after = {1: BOOKINGS._replace(scans=7, read=40, deleted=9, inserted=2), 3: BOOKINGS._replace(oid=3, scans=4)}
    gained = growth(before, after)
    assert (gained[1].scans, gained[1].read, gained[1].deleted, gained[1].writes) == (2, 0, 0, 2), "a reset is no loss"
    assert gained[3].scans == 4, "a table that is new counts from 0"
    assert catalog().numbers(1, ["at", "trip"]) == (4, 2)
