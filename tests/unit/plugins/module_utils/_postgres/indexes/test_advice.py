"""Advice merged, ranked and written as statements."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes import advice
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    ForeignKey,
    Table,
)

from .tables import BOOKINGS, catalog


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
    assert "falls from 100 to 1 with an index on customer alone (hypopg)" in told["why"]
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


def test_what_the_planner_assumed_of_a_range_is_said():
    proved = {"seconds": 9, "before": 100.0, "after": 1.0, "statements": ["a"]}
    (one,) = advice.merge([candidate("at", chosen=advice.NARROW, **proved), candidate("at", "trip", foreign_key="fk")])
    assert (
        "with an index on at alone (hypopg), if a range has the 0.5% of"
        in advice.advice_dict(catalog(), one, {}, 5.0)["why"]
    )
    assert "0.5%" not in advice.advice_dict(catalog(), candidate("at", **proved), {}, 5.0)["why"]


def test_two_pieces_of_advice_have_two_names():
    long = "a_column_of_a_long_name_that_leaves_no_room_for_the_next_one_of"
    columns = {n: Column(n, name, name) for n, name in enumerate((long, "trip", "at"), 1)}
    known = replace(catalog(), columns={1: columns})
    reports = advice.advice_dicts(known, [candidate(long, "trip"), candidate(long, "at")], {}, None)
    assert len({report["name"] for report in reports}) == 2
    assert [report["statement"].split()[3] for report in reports] == [report["name"] for report in reports]
    assert all(len(report["name"]) <= 63 for report in reports)


def test_a_partitioned_table_is_told_by_its_steps():
    parted = advice.Candidate(BOOKINGS._replace(kind="p"), ("trip",))
    report = advice.advice_dict(catalog(), parted, {}, None)
    assert (report["statement"], report["steps"]) == ("", [])
    assert "attach" in report["why"]
