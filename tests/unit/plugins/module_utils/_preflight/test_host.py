"""Checks of a host, from values."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.backup import Dump
from ansible_collections.pafar.runbook.plugins.module_utils._preflight import host

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
        ([Dump("a", 9, 60, problem="no")], None),
    ],
)
def test_which_dump_can_be_restored(dumps, ready):
    assert host.of_dumps("x", dumps, 3600).ready is ready
