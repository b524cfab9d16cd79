"""Index builds, planned from values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.build import (
    IndexRequest,
    describe_prepared,
    plan_building,
    waited_for,
    why_not_named,
    why_not_room,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    Index,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Prepared, Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Snapshot

from support.snapshots import SERVER

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

TABLE = Table(1, "public", "t", "public.t", "r", 2**30, 10_000_000)


def snapshot(*sessions, **more):
    given = {"prepared": {}, **more}
    known = {one.pid: one for one in sessions}
    return Snapshot(NOW, SERVER, Limits(100, 3), known, forest=build_forest([]), **given)


def index(**more):
    given = {"keys": (1,), "columns": 1, "classes": "", "method": "btree"}
    return Index(9, 1, "t_a_idx", "public.t_a_idx", **{**given, **more})


WHOLE = Index(8, 2, "whole", "public.whole", (1,), 1, "", "btree", partitioned=True)


def a_catalog(*found, **more):
    tables = {1: TABLE, 2: TABLE._replace(oid=2), 3: TABLE._replace(oid=3, schema="tenant")}
    return Catalog(tables, found, [], {1: {1: Column(1, "a b", '"a b"', width=8)}}, **more)


def build(*found, parents=None, **wanted_index):
    request = IndexRequest("public", "t", ("a b",), **wanted_index)
    return plan_building(a_catalog(*found, parents=parents or {}), TABLE, request)


def test_targets_hold_nothing_that_a_list_is_split_at():
    planned = build()
    assert [item.action for item in planned.plan.actions] == ["build_index"]
    assert not any(character.isspace() or character == "," for target in planned.plan.targets for character in target)


def test_what_serves_is_left_and_what_is_broken_goes_first():
    assert build(index()).plan.actions == ()
    assert [item.action for item in build(index(valid=False)).plan.actions] == ["drop_index", "build_index"]
    assert [item.action for item in build(index(partial=True)).plan.actions] == ["build_index"]
    assert [item.action for item in build(index(valid=False, unique=True)).plan.actions] == ["build_index"]


def test_what_a_constraint_needs_is_never_dropped():
    gone = build(index(), name="t_a_idx", present=False)
    assert [item.action for item in gone.plan.actions] == ["drop_index"]
    assert build(index(constraint=True), name="t_a_idx", present=False).plan.actions == ()
    assert build(index(), name="other", present=False).nothing == "nothing to do: there is no such index"


def test_what_is_part_of_a_partitioned_table_s_index_is_never_dropped_alone():
    planned = build(index(), WHOLE, parents={9: 8}, name="t_a_idx", present=False)
    assert planned.plan.actions == ()
    assert "part of public.whole" in planned.plan.excluded[0].reason
    assert "drop_index" not in [item.action for item in build(index(valid=False), WHOLE, parents={9: 8}).plan.actions]


@pytest.mark.parametrize("name", ["t_a_idx", ""])
def test_what_an_invalid_part_of_it_needs(name):
    request = IndexRequest("public", "t", ("a b",), name=name)
    said = why_not_named(a_catalog(index(valid=False), WHOLE, parents={9: 8}), TABLE, request)
    assert said.endswith("REINDEX INDEX CONCURRENTLY public.t_a_idx rebuilds it")


@pytest.mark.parametrize(
    ("found", "parents", "why"),
    [
        ([index(), WHOLE], {9: 8}, ""),
        ([index(valid=False), WHOLE], {}, ""),
        ([index(keys=(2,)), WHOLE], {9: 8}, "another index has the name"),
        ([index(partial=True)], {}, "another index has the name"),
        ([index(method="hash")], {}, "another index has the name"),
        ([index(keys=(1, 2), columns=2)], {}, ""),
        ([index(valid=False, unique=True)], {}, "another index has the name"),
        ([index(keys=(2,))._replace(table=2)], {}, "another index has the name"),
        ([index(keys=(2,))._replace(table=3)], {}, ""),
    ],
)
def test_a_name_that_an_index_cannot_get(found, parents, why):
    request = IndexRequest("public", "t", ("a b",), name="t_a_idx")
    said = why_not_named(a_catalog(*found, parents=parents), TABLE, request)
    assert why in said if why else said == ""


@pytest.mark.parametrize(
    ("disk", "said"), [(None, "cannot be read"), ({"free": 2**20}, "free disk space first"), ({"free": 2**40}, "")]
)
def test_room_on_the_disk(disk, said):
    why = why_not_room(build(), disk)
    assert said in why if said else why == ""
    assert why_not_room(build(index(), name="t_a_idx", present=False), None) == ""


def test_whom_a_build_would_wait_for():
    old = Session(1, database="shop", xact_start=NOW - timedelta(minutes=5))
    young = Session(2, database="shop", xact_start=NOW - timedelta(seconds=5))
    elsewhere = Session(3, database="other", xact_start=NOW - timedelta(hours=5))
    unseen = Session(4, database="shop", xact_start=NOW - timedelta(hours=5))
    assert waited_for(snapshot(old, young, elsewhere, unseen), [1, 2, 3], "shop", 60) == [old]


def test_prepared_transactions_are_told_by_gid_with_the_way_out():
    one = Prepared(740, "booking\n17", NOW - timedelta(minutes=5), "app", "shop")
    said = describe_prepared(snapshot(prepared={one.key: one}), ["740"])
    assert said.startswith("prepared transaction booking 17 of app@shop, prepared 5 min ago. ")
    assert "ROLLBACK PREPARED" in said


def test_a_build_gets_along_with_readers_and_a_drop_with_nobody():
    assert build().harmless == ["AccessShareLock", "RowShareLock"]
    assert build(index(valid=False)).harmless == []
    assert build(index(), name="t_a_idx", present=False).harmless == []
