"""Incremental backups, and those from which they were taken."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.chains import (
    Label,
    is_incremental,
    label_in,
    why_chained,
    why_named,
)

# As pg_basebackup 18 writes them.
FULL = b"""START WAL LOCATION: 0/2000028 (file 000000010000000000000002)
CHECKPOINT LOCATION: 0/2000080
BACKUP METHOD: streamed
BACKUP FROM: primary
START TIME: 2026-11-28 23:18:25 UTC
LABEL: pg_basebackup base backup
START TIMELINE: 1
"""
INCREMENT = FULL.replace(b"0/20000", b"0/40000") + b"INCREMENTAL FROM LSN: 0/2000028\nINCREMENTAL FROM TLI: 1\n"
IN_TAR = b"backup_label".ljust(257, b"\0") + b"ustar\x0000postgres".ljust(255, b"\0")


@pytest.mark.parametrize("before", [b"", IN_TAR])
def test_the_label_of_a_base_backup(before):
    assert label_in(before + FULL) == Label("0/2000028")
    assert label_in(before + INCREMENT) == Label("0/4000028", "0/2000028")
    assert (is_incremental(before + FULL), is_incremental(before + INCREMENT)) == (False, True)


@pytest.mark.parametrize("head", [b"", b"--\n-- PostgreSQL database dump\n" + INCREMENT, b"PGDMP\x01", b"toc.dat\0"])
def test_what_is_no_base_backup_has_none(head):
    assert label_in(head) is None
    assert not is_incremental(head)


FIRST, SECOND, OTHER = Label("0/2000028"), Label("0/4000028", "0/2000028"), Label("1/9000028")


@pytest.mark.parametrize(
    ("own", "every", "why"),
    [
        ({"sunday": FIRST, "monday": SECOND}, [FIRST, SECOND], "monday is an incremental base backup, of no use"),
        ({"monday": SECOND, "tuesday": Label("0/6000028", "0/4000028")}, [], "monday, tuesday are incremental"),
        ({"sunday": FIRST, "older": OTHER}, [FIRST, SECOND, OTHER], "incremental base backups need sunday"),
        ({"older": OTHER}, [FIRST, SECOND, OTHER], ""),
        ({"sunday": FIRST, "older": OTHER}, [FIRST, OTHER], ""),
        ({"unknown": Label("")}, [FIRST, SECOND], ""),
        ({}, [FIRST, SECOND], ""),
    ],
)
def test_what_a_chain_needs_stays(own, every, why):
    chained = why_chained(own, every)
    assert chained.startswith(why)
    assert bool(chained) is bool(why)


@pytest.mark.parametrize(
    ("series", "beside", "incremental"),
    [
        ("shop-incr-#.sql.gz", [], True),
        ("incremental_#.tar.gz", [], True),
        ("shop-#-differential.sql.gz", [], True),
        ("shop-inc-#.sql.gz", ["shop-full-#.sql.gz"], True),
        ("shop_#_diff.sql.gz", ["shop_#_full.sql.gz"], True),
        ("acme-inc-#.sql.gz", ["shop-full-#.sql.gz"], False),
        ("delta-#.sql.gz", ["shop-#.sql.gz"], False),
        ("increase-#.sql.gz", [], False),
        ("shop-full-#.sql.gz", ["shop-inc-#.sql.gz"], False),
        ("prince-#.sql.gz", ["prfulle-#.sql.gz"], False),
    ],
)
def test_what_is_named_incremental(series, beside, incremental):
    assert bool(why_named(series, [series, *beside])) is incremental


def test_what_is_unread_may_need_a_base_backup():
    """What has no base backup does not care."""
    unread = "/b/x.tar.gz: it cannot be read (Permission denied)"
    why = why_chained({"sunday": FIRST, "older": OTHER}, [FIRST, OTHER], unread)
    assert why == f"whether an incremental base backup needs older, sunday is not known: {unread}"
    assert why_chained({}, [FIRST], unread) == ""
    assert why_chained({"sunday": FIRST}, [FIRST, SECOND], unread) == "incremental base backups need sunday"
