"""Which indexes a catalog has, lacks, or has twice."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Table,
    duplicates,
    growth,
    invalid,
    unindexed,
    unused,
)

from .tables import BOOKINGS, catalog, index


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
    missing = unindexed(catalog(*found, keys=[(2,)]))
    assert (missing == []) is served
    assert served or near in missing[0][1]


def test_the_order_of_a_composite_key_is_free():
    assert unindexed(catalog(index(keys=(3, 2)), keys=[(2, 3)])) == []


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
