"""Guards, index builds, the pooler's tables, dumps and preflight checks: from values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.urls import door_of
from ansible_collections.pafar.runbook.plugins.module_utils._disk.backup import Dump
from ansible_collections.pafar.runbook.plugins.module_utils._postgres import role_settings as guards
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background import background_report as background
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.pgbouncer import told
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.build import (
    Wish,
    plan_building,
    told_prepared,
    waited_for,
    why_not_room,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.catalog import (
    Catalog,
    Column,
    Index,
    Table,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import grow
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.role_settings import Guard, RoleState
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Prepared, Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Picture
from ansible_collections.pafar.runbook.plugins.module_utils._preflight import database, host

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TABLE = Table(1, "public", "t", "public.t", "r", 2**30, 10_000_000)


def picture(*sessions, **more):
    given = {"prepared": {}, **more}
    known = {one.pid: one for one in sessions}
    return Picture(NOW, {"role": "oncall"}, Limits(100, 3), known, forest=grow([]), **given)


def index(**more):
    given = {"keys": (1,), "columns": 1, "classes": "", "method": "btree"}
    return Index(9, 1, "t_a_idx", "public.t_a_idx", **{**given, **more})


def build(*found, **wish):
    catalog = Catalog({1: TABLE}, found, [], {1: {1: Column(1, "a b", '"a b"', width=8)}})
    return plan_building(catalog, TABLE, Wish("public", "t", ("a b",), **wish))


def test_targets_hold_nothing_that_a_list_is_split_at():
    planned = build()
    assert [item.action for item in planned.plan.actions] == ["build_index"]
    assert not any(character.isspace() or character == "," for target in planned.plan.targets for character in target)


def test_what_serves_is_left_and_what_is_broken_goes_first():
    assert build(index()).plan.actions == ()
    assert [item.action for item in build(index(valid=False)).plan.actions] == ["drop_index", "build_index"]
    assert [item.action for item in build(index(partial=True)).plan.actions] == ["build_index"]


def test_what_a_constraint_needs_is_never_dropped():
    gone = build(index(), name="t_a_idx", present=False)
    assert [item.action for item in gone.plan.actions] == ["drop_index"]
    assert build(index(constraint=True), name="t_a_idx", present=False).plan.actions == ()
    assert build(index(), name="other", present=False).nothing == "nothing to do: there is no such index"


@pytest.mark.parametrize(
    ("disk", "said"), [(None, "cannot be seen"), ({"free": 2**20}, "make room"), ({"free": 2**40}, "")]
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
    assert waited_for(picture(old, young, elsewhere, unseen), [1, 2, 3], "shop", 60) == [old]


def test_prepared_transactions_are_told_by_gid_with_the_way_out():
    one = Prepared(740, "booking\n17", NOW - timedelta(minutes=5), "app", "shop")
    said = told_prepared(picture(prepared={one.key: one}), ["740"])
    assert said.startswith("prepared transaction booking 17 of app@shop, prepared 5 min ago. ")
    assert "ROLLBACK PREPARED" in said


def test_a_build_gets_along_with_readers_and_a_drop_with_nobody():
    assert build().harmless == ["AccessShareLock", "RowShareLock"]
    assert build(index(valid=False)).harmless == []
    assert build(index(), name="t_a_idx", present=False).harmless == []


KNOWN = {"app": RoleState("app", {"lock_timeout": "5s"}), "boss": RoleState("boss", {}, True)}


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        (Guard("app", "lock_timeout", "30s"), ""),
        (Guard("app", "lock_timeout", ""), ""),
        (Guard("app", "connection_limit", "-1"), ""),
        (Guard("app", "connection_limit", "5min"), "needs a number"),
        (Guard("app", "lock_timeout", "5s'"), "needs a time"),
        (Guard("app", "lock_timeout", "1.5 min"), ""),
        (Guard("app", "transaction_timeout", "5s"), "too old"),
        (Guard("app", "search_path", "x"), "is no guard"),
        (Guard("ghost", "lock_timeout", "5s"), "no role"),
    ],
)
def test_what_can_be_a_guard(guard, said):
    why = guards.why_not(guard, KNOWN, ["lock_timeout", "statement_timeout"])
    assert said in why if said else why == ""


def test_a_guard_that_is_set_is_no_action_and_the_way_back_is_what_was():
    same, new = Guard("app", "lock_timeout", "5s"), Guard("app", "statement_timeout", "1min")
    plan = guards.plan_guards([same, new], KNOWN, picture())
    assert plan.targets == ("app.statement_timeout:-->1min",)
    assert guards.chosen(plan, [same, new], KNOWN) == [new]
    back = guards.undo_of([Guard("app", "lock_timeout", "9s"), new], KNOWN)["options"]["guards"]
    assert [one["value"] for one in back] == ["5s", ""]
    assert guards.plan_guards([Guard("boss", "lock_timeout", "1s")], KNOWN, picture()).actions == ()


def test_the_pooler_s_tables():
    pool = {"database": "shop", "user": "app", "cl_active": 2, "cl_waiting": 3, "sv_active": 2, "sv_idle": 0}
    tables = {
        "DATABASES": [{"name": "shop", "pool_size": 2, "paused": 0}],
        "POOLS": [
            {**pool, "maxwait": 7, "maxwait_us": 500000, "pool_mode": "transaction"},
            {"database": "pgbouncer", "user": "pgbouncer", "cl_active": 1},
        ],
        "CLIENTS": [{"ptr": "0x1", "addr": "10.0.0.9", "port": 4711, "user": "app", "application_name": "web\x1b[1m"}],
        "SERVERS": [{"remote_pid": 5, "link": "0x1"}, {"remote_pid": 6, "link": ""}, {"remote_pid": 99, "link": "0x1"}],
        "CONFIG": [{"key": "max_client_conn", "value": "100"}],
    }
    found = told(tables, picture(Session(5), Session(6)))
    assert [(one["waiting"], one["longest_wait"], one["exhausted"]) for one in found["pools"]] == [(3, 7.5, True)]
    assert found["clients"] == {"5": {"client": "10.0.0.9:4711", "application": "web [1m", "user": "app"}}
    assert "3 clients wait" in found["pressing"][0]


def test_what_presses_of_the_background():
    slot = {"slot_name": "dead", "slot_type": "physical", "active": False, "temporary": False, "wal_status": "extended"}
    lost = {**slot, "slot_name": "lost", "wal_status": "lost"}
    seen = picture(Session(7, user="app", database="shop"))
    ages = [("shop", 1_600_000_000, 5, 200_000_000, 400_000_000)]
    slots = [(slot, 2**31, None, None), (lost, None, None, None)]
    found = {
        "wraparound": background.wraparound(seen, ages, [(7, 2_000_000)], [("gid", 5)], [(slot, 9, None, 3)]),
        "replication": background.replication(slots, [(8, "streaming", 5)]),
        "spill": background.spill(seen, [("d", "pgsql_tmp7.0", 2**28), ("d", "pgsql_tmp9.1", 5), ("d", "x", 3)]),
    }
    assert [one["kind"] for one in found["wraparound"]["holders"]] == [
        "session",
        "prepared transaction",
        "replication slot",
    ]
    assert found["spill"]["other_bytes"] == 3
    said = " / ".join(background.pressing(found))
    for words in (
        "800% of where",
        "keeps the dead rows of 2,000,000",
        "keeps 2,048 MiB",
        "has lost WAL",
        "spilled 256 MiB",
    ):
        assert words in said


DONE = b"--\n-- PostgreSQL database dump complete\n--\n"


@pytest.mark.parametrize(
    ("dumps", "ready"),
    [
        ([], False),
        ([Dump("a", 9, 60, b"--", DONE)], True),
        ([Dump("a", 9, 60, b"PGDMP", b"")], True),
        ([Dump("a", 9, 60, b"--", b"INSERT")], False),
        ([Dump("a", 9, 99999, b"--", DONE)], False),
        ([Dump("a", 4, 60, b"--", DONE), Dump("b", 9, 90)], False),
        ([Dump("a", 9, 60, trouble="no")], None),
    ],
)
def test_which_dump_can_be_restored(dumps, ready):
    assert host.of_dumps("x", dumps, 3600).ready is ready


@pytest.mark.parametrize(
    ("url", "door"),
    [
        ("https://hooks.example.org/services/SECRET?x=1", "https://hooks.example.org/"),
        ("http://user:secret@h:8080/x", "http://h:8080/"),
        ("https://[::1]:9/x", "https://[::1]:9/"),
        ("https://[::1", ""),
        ("https://h:port/", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_the_door_of_an_address(url, door):
    assert door_of(url)[1] == door


def test_entrances():
    assert database.of_entrances("r", {"replication": ""}, 3).ready is True
    assert database.of_entrances("r", {"replication": ""}, 0).ready is False
    assert database.of_entrances("r", {"replication": "no", "reserve": ""}, 0).ready is True
    assert "ALTER ROLE r REPLICATION" in database.of_entrances("r", {"replication": "no"}, 3).cure
