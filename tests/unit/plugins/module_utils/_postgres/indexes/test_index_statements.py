"""The statements that build an index, and the names that are free for it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    Index,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.index_statements import (
    begun,
    name_for,
    statement_of,
    steps_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.sql_text import least_quoted

from .tables import BOOKINGS, catalog, index

LONG = "measurements_of_every_sensor_in_every_building_of_the_site"  # 58 of 63 bytes
LIMIT, RESET = "SET lock_timeout = '2s'; ", "; RESET lock_timeout"


def test_the_statement_to_review_is_one_that_can_be_run():
    odd = Table(1, "Shop", 'Book"ings', '"Shop"."Book""ings"', "r", 1, 1)
    known = Catalog({1: odd}, [], [], {1: {1: Column(1, "Seat No", '"Seat No"')}})
    name = name_for(known, odd, ["Seat No"])
    assert statement_of(known, odd, ["Seat No"], name) == (
        'CREATE INDEX CONCURRENTLY "Book""ings_Seat No_idx" ON "Shop"."Book""ings" ("Seat No")'
    )
    assert statement_of(catalog(), BOOKINGS._replace(kind="p"), ["trip"], "x") == ""


@pytest.mark.parametrize(
    ("more", "taken", "name"),
    [
        ({}, (), "bookings_trip_idx"),
        ({}, ["bookings_trip_idx"], "bookings_trip_idx1"),
        ({"other_names": ["bookings_trip_idx"]}, ["bookings_trip_idx1"], "bookings_trip_idx2"),
        ({"other_names": ["trips"]}, ["x"], "bookings_trip_idx"),
    ],
)
def test_names_are_never_in_use(more, taken, name):
    assert name_for(catalog(**more), BOOKINGS, ["trip"], taken) == name
    used = index(1)._replace(relname=name)
    assert name_for(catalog(used, **more), BOOKINGS, ["trip"], taken) not in (name, *taken)


@pytest.mark.parametrize("column", ["trip" * 30, "\u00e4" * 40, "\U0001f600" * 20])
def test_names_are_cut_where_postgresql_cuts_them(column):
    first = name_for(catalog(), BOOKINGS, [column])
    used = index(1)._replace(relname=first)
    second = name_for(catalog(used), BOOKINGS, [column])
    assert first != second
    assert all(59 < len(name.encode()) <= 63 for name in (first, second))


def parted(*found, stem="log", schema="public", partitions=3, **more):
    """A partitioned table (1) and its partitions (2, 3, ...), whose columns have other numbers."""
    names = [stem, *(f"{stem}_{number}" for number in range(1, partitions + 1))]
    tables = {
        oid: Table(oid, schema, name, f"{least_quoted(schema)}.{least_quoted(name)}", "p" if oid == 1 else "r", 1, 1)
        for oid, name in enumerate(names, 1)
    }
    columns = {oid: {oid: Column(oid, "day", "day"), 99: Column(99, "Who", '"Who"')} for oid in tables}
    parents = {oid: 1 for oid in tables if oid > 1}
    return Catalog(tables, found, [], columns, parents={**parents, **more.pop("parents", {})}, **more)


def steps(known, columns=("day",)):
    return steps_of(known, known.tables[1], columns, name_for(known, known.tables[1], columns))


def part(oid, table, **more):
    given = {"classes": "", "method": "btree", "columns": 1, "keys": (table,), **more}
    return Index(oid, table, f"i{oid}", f"public.i{oid}", **given)


def test_the_steps_of_a_partitioned_table():
    assert steps(parted(partitions=1)) == [
        f"{LIMIT}CREATE INDEX log_day_idx ON ONLY public.log (day){RESET}",
        "CREATE INDEX CONCURRENTLY log_1_day_idx ON public.log_1 (day)",
        f"{LIMIT}ALTER INDEX public.log_day_idx ATTACH PARTITION public.log_1_day_idx{RESET}",
    ]
    assert steps(parted(partitions=12))[-1] == "-- and the same for each of 2 further partitions"


@pytest.mark.parametrize("known", [parted(stem=LONG), parted(stem=LONG, partitions=12), parted(stem="\u00e4" * 29)])
def test_no_two_of_its_indexes_have_one_name(known):
    names = [step.split("INDEX CONCURRENTLY ")[1].split(" ON ")[0] for step in steps(known) if "CONCURRENTLY" in step]
    whole = steps(known)[0].split("CREATE INDEX ")[1].split(" ON ")[0]
    assert len({whole, *names}) == 1 + len(names)
    attached = [step.rpartition("PARTITION public.")[2].partition(";")[0] for step in steps(known) if "ATTACH" in step]
    assert attached == names


@pytest.mark.parametrize(
    ("schema", "stem", "whole", "its"),
    [
        ("public", "v1.log", 'public."v1.log_day_idx"', 'public."v1.log_1_day_idx"'),
        ("Shop", "log", '"Shop".log_day_idx', '"Shop".log_1_day_idx'),
        ("a.b", "c.d", '"a.b"."c.d_day_idx"', '"a.b"."c.d_1_day_idx"'),
    ],
)
def test_a_dot_in_a_name_is_part_of_it(schema, stem, whole, its):
    last = steps(parted(schema=schema, stem=stem, partitions=1))[-1]
    assert last == f"{LIMIT}ALTER INDEX {whole} ATTACH PARTITION {its}{RESET}"


EVERY = ["log_1", "ATTACH", "log_2", "ATTACH", "log_3", "ATTACH"]


@pytest.mark.parametrize(
    ("found", "parents", "said"),
    [
        pytest.param([part(20, 2)], {}, ["ATTACH public.i20", "log_2", "ATTACH", "log_3", "ATTACH"], id="one is there"),
        pytest.param([part(20, 2, valid=False)], {}, EVERY,
                     id="not a broken one"),
        pytest.param([part(20, 2, partial=True)], {}, EVERY,
                     id="nor a partial one"),
        pytest.param([part(20, 2, keys=(2, 99), columns=2)], {}, EVERY,
                     id="nor a longer one"),
        pytest.param([part(20, 2)], {20: 77}, EVERY,
                     id="nor another's part"),
    ],
)  # fmt: skip
def test_an_index_that_a_partition_has_is_attached(found, parents, said):
    assert _short(steps(parted(*found, parents=parents))) == ["ONLY", *said]


WHOLE = part(10, 1, valid=False, partitioned=True)


@pytest.mark.parametrize(
    ("found", "parents", "said"),
    [
        pytest.param([part(20, 2)], {20: 10}, ["log_2", "ATTACH", "log_3", "ATTACH"], id="one part"),
        pytest.param([part(20, 2), part(30, 3)], {20: 10, 30: 10}, ["log_3", "ATTACH"], id="two parts"),
        pytest.param([part(20, 2), part(30, 3)], {20: 10}, ["ATTACH public.i30", "log_3", "ATTACH"], id="one is built"),
        pytest.param([part(20, 2, valid=False), part(30, 3), part(40, 4)], {20: 10, 30: 10, 40: 10},
                     ["REINDEX", "ATTACH public.i20"], id="a part is broken"),
        pytest.param([part(20, 2), part(30, 3), part(40, 4)], {20: 10, 30: 10, 40: 10}, ["ATTACH public.i20"],
                     id="every part is there"),
    ],
)  # fmt: skip
def test_steps_that_were_broken_off_are_continued(found, parents, said):
    known = parted(WHOLE, *found, parents=parents)
    assert begun(known, known.tables[1], ["day"]) == WHOLE
    assert _short(steps(known)) == said
    assert all("public.i10 ATTACH" in step for step in steps(known) if "ATTACH" in step)


def _short(statements):
    """Which statement it is, of which partition; of an attachment the index if that was there."""
    short = []
    for step in statements:
        kind = next(word for word in ("ONLY", "REINDEX", "ATTACH", "CONCURRENTLY") if word in step)
        its = step.rpartition("PARTITION ")[2].partition(";")[0]
        there = f" {its}" if kind == "ATTACH" and its.startswith("public.i") else ""
        short.append(step.split(" ON public.")[1].split(" ")[0] if kind == "CONCURRENTLY" else kind + there)
    return short


def test_partitions_of_partitions_have_no_steps():
    known = parted()
    deeper = Catalog(
        {**known.tables, 2: known.tables[2]._replace(kind="p")}, [], [], known.columns, parents={2: 1, 3: 2}
    )
    assert steps(deeper) == []
    assert steps_of(catalog(), BOOKINGS, ["trip"], "x") == []
