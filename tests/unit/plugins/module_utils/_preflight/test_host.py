"""Checks of a host, from values."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.backup import Dump
from ansible_collections.pafar.runbook.plugins.module_utils._disk.contents import Contents
from ansible_collections.pafar.runbook.plugins.module_utils._preflight import host

DONE = b"--\n-- PostgreSQL database dump complete\n--\n"


FULL = Contents(3, 100, frozenset("abc"), statements=9)


def dump(
    name: str = "a", size: int = 9, age: float = 60, tail: bytes = DONE, contents: Contents | None = FULL, **more: Any
):
    return Dump(name, size, age, b"--", tail, contents=contents, **more)


@pytest.mark.parametrize(
    ("newest", "before", "ready", "text"),
    [
        (dump(), None, True, "whole to its last line, 3 tables, 100 rows"),
        (dump(contents=None), None, None, "what is in it is not known"),
        (Dump("a", 9, 60, b"PGDMP", b""), None, None, "only pg_restore shows"),
        (Dump("a", 9, 60, b"PGDMP", b"", archive=True, contents=FULL), None, True, "read to its end by pg_restore"),
        (Dump("a", 0, 60, archive=True), None, True, "with every file of its manifest"),
        (Dump("a", 0, 60, archive=True, lacking="x"), None, False, "is not complete: x"),
        (dump(tail=b"INSERT"), None, False, "does not end as a whole dump does"),
        (dump(age=99999), None, False, "too old"),
        (dump(size=4), dump("b", 9, 90), False, "half as big"),
        (dump(problem="no"), None, None, "no"),
        (dump(contents=Contents(statements=5)), None, False, "holds no table"),
        (dump(contents=Contents(3, 0, statements=5)), None, False, "holds no row"),
        (dump(contents=Contents(roles=3, statements=5)), None, False, "3 roles and no table: no database"),
        (
            dump(contents=Contents(1, 90, frozenset("a"), statements=5)),
            dump("b"),
            False,
            "lacks 2 of the 3 tables in b",
        ),
        (dump(contents=Contents(2, 90, databases=("crm",), statements=5)), None, False, "is of crm, not of shop"),
    ],
)
def test_which_backup_can_be_restored(newest, before, ready, text):
    check = host.of_backups("x", [host.NewestBackup("s", newest, before)], 3600, "shop")
    assert check.ready is ready
    assert text in check.found


def test_each_series_by_itself():
    good, roles = (
        host.NewestBackup("s", dump()),
        host.NewestBackup("g", dump("g", contents=Contents(roles=2, statements=9))),
    )
    assert host.of_backups("x", [], 3600).ready is False
    nested = host.of_backups("x", [], 3600, "", ["2026-11-27", "2026-11-28"])
    assert nested.ready is None
    assert nested.found == "there is none in it; what its folders hold (2026-11-27, 2026-11-28) is not examined"
    assert host.of_backups("x", [good], 3600, "", ["2026-11-27"]).ready is True
    assert host.of_backups("x", [good, roles], 3600).ready is True
    stopped = host.NewestBackup("t", dump("t", age=99999))
    check = host.of_backups("x", [good, stopped, *[good] * 9], 3600)
    assert check.ready is False
    assert check.found.startswith("1 of 11 series: t: 9 bytes, 27 h 46 min old: too old")
    doubtful = host.of_backups("x", [host.NewestBackup("s", dump(), None, ["s-1001"])], 3600)
    assert doubtful.ready is None
    assert "s-1001" in doubtful.found


@pytest.mark.parametrize(("age", "gap", "ready"), [(60, "", True), (9999, "", False), (60, "0000", False)])
def test_an_archive_of_the_log(age, gap, ready):
    assert host.of_wal("x", 3, age, gap, 3600).ready is ready


def test_whether_a_replica_can_be_drained_is_not_known_of_another_machine():
    assert host.of_draining([]).ready
    assert host.of_draining(["root"]).ready is False
    check = host.of_draining([], "tcp://10.0.0.7:2376")
    assert (check.ready, "tcp://10.0.0.7:2376 is on another machine" in check.found) == (None, True)
