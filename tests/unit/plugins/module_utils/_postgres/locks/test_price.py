"""What it costs to end a session."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds, at_work, harm

from support.snapshots import ago, prepared, relation, row_queue, session, snapshot, waits, xid

EXCLUSIVE = "AccessExclusiveLock"
TABLE = waits(2, relation(7), EXCLUSIVE)
WRITE = waits(2, relation(7), "RowExclusiveLock")
ROW = waits(2, xid(900), "ShareLock")
BEGAN = {"has_written": True, "xact_start": ago(90), "query_start": ago(89.98)}


@pytest.mark.parametrize(
    ("given", "awaited", "price"),
    [
        pytest.param({}, TABLE, 2, id="nothing written"),
        pytest.param({"has_written": True}, TABLE, 2, id="its lock took the transaction id"),
        pytest.param(BEGAN, TABLE, 2, id="BEGIN, then an ALTER: its lock took the transaction id"),
        pytest.param({**BEGAN, "holds_writes": True}, TABLE, 5, id="BEGIN, INSERT, then an ALTER 20 ms later"),
        pytest.param(BEGAN, ROW, 5, id="BEGIN, then an UPDATE that waits for its second row"),
        pytest.param(BEGAN, WRITE, 5, id="a lock of a table to write to takes no transaction id"),
        pytest.param({"has_written": True}, ROW, 2, id="one UPDATE took its own transaction id"),
        pytest.param(
            {"has_written": True, "query": "BEGIN; INSERT INTO a VALUES (1); UPDATE b SET n = 1"}, ROW, 5,
            id="three statements in one message",
        ),
        pytest.param({"has_written": True, "query": "UPDATE b SET t = ';' ;"}, ROW, 2, id="one with a semicolon"),
    ],
)  # fmt: skip
def test_what_a_queued_statement_costs(given, awaited, price):
    assert harm(session(2, **given), awaited) == price


@pytest.mark.parametrize(
    ("holder", "works"),
    [
        (session(1, "active"), True),
        (session(1, "fastpath function call"), True),
        (session(1, "idle in transaction", state_change=ago(1)), True),
        (session(1, "idle in transaction", state_change=ago(6)), False),
        (session(1, "idle in transaction (aborted)", state_change=ago(6)), False),
        (session(1, "idle"), False),
    ],
)
def test_who_is_at_work(holder, works):
    scene = snapshot(row_queue(1, [2]), holder)
    assert at_work(scene, 1, Bounds()) is works
    assert not at_work(scene, 2, Bounds())  # it waits
    assert not at_work(snapshot([], prepared(5)), "prepared:5", Bounds())
