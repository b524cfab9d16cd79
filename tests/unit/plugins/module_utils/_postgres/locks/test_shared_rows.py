"""Rows that several transactions hold together."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.lock_table import Key, Lock
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.shared_rows import (
    Member,
    RowWait,
    first_in_rows,
    in_conflict,
    may_be_shared,
    waits_for_all,
)

from support.snapshots import row, row_queue, snapshot, waits, xid

KEYS, SHARE, NO_KEY, UPDATE = "AccessShareLock", "RowShareLock", "ExclusiveLock", "AccessExclusiveLock"
SELECTS, WRITES = {"RowShareLock"}, {"RowExclusiveLock"}


def wait(mode=NO_KEY):
    return RowWait(9, row(1, 900), mode, "900", 1)


def test_the_first_in_the_queue_of_a_row_waits_for_a_transaction():
    locks = row_queue(1, [2, 3])
    of_rows = {2: Lock(2, row(1, 900), NO_KEY, True), 3: Lock(3, row(1, 900), NO_KEY, False)}
    assert first_in_rows(locks, of_rows) == [RowWait(2, row(1, 900), NO_KEY, "900", 1)]
    assert first_in_rows([waits(2, xid(900))], of_rows) == []  # its holder is gone


@pytest.mark.parametrize(
    ("mode", "conflicting"),
    [(KEYS, {"upd"}), (SHARE, {"nokeyupd", "upd"}), (NO_KEY, {"sh", "nokeyupd", "upd"}),
     (UPDATE, {"keysh", "sh", "nokeyupd", "upd"})],
)  # fmt: skip
def test_a_waiter_waits_for_the_members_in_conflict_with_its_mode(mode, conflicting):
    members = [Member(str(900 + n), kind, n) for n, kind in enumerate(["keysh", "sh", "nokeyupd", "upd"], 1)]
    found = in_conflict(wait(mode)._replace(xid="904"), members)
    assert found is not None
    assert ({member.mode for member in found[0]}, found[1]) == (conflicting, False)


@pytest.mark.parametrize(
    ("members", "owners", "more"),
    [
        pytest.param([("900", 1, True), ("901", 2, True)], {1, 2}, False, id="two"),
        pytest.param([("900", 1, True), ("901", None, False)], {1}, False, id="one of two is over"),
        pytest.param([("900", 1, True), ("901", None, True)], {1}, True, id="one by a released savepoint"),
        pytest.param([("901", 2, True), ("902", None, True)], {1, 2}, False, id="the awaited one by such a savepoint"),
        pytest.param([("902", None, True), ("903", None, True)], {1}, True, id="two of them"),
        pytest.param([("900", 1, True), ("901", 9, True)], {1}, False, id="the waiter itself"),
    ],
)
def test_members_of_a_savepoint_are_known_where_it_is_the_one_that_is_awaited(members, owners, more):
    found = in_conflict(wait(), [Member(xid, "sh", owner, running) for xid, owner, running in members])
    assert found is not None
    assert ({member.owner for member in found[0]}, found[1]) == (owners, more)


def test_members_without_the_awaited_one_are_those_of_another_row():
    assert in_conflict(wait(), [Member("5", "sh", 7), Member("6", "sh", 8)]) is None
    assert in_conflict(wait(), []) is None


def test_all_holders_are_in_the_plan_or_none():
    members = [Member("900", "sh", 1), Member("901", "sh", 2)]
    locks = [*row_queue(1, [9, 10]), *waits_for_all(wait(), members, waits(9, xid(900), "ShareLock", 90))]
    assert waits_for_all(wait(), members[:1], waits(9, xid(900))) == []

    def planned(**bounds):
        return [item.detail["pid"] for item in judge(snapshot(locks), Exclusions(), Bounds(**bounds)).plan.actions]

    assert sorted(planned(max_share=1.0)) == [1, 2]
    assert planned(max_share=1.0, max_terminations=1) == []


@pytest.mark.parametrize(
    ("mode", "of_holder", "of_other", "shared"),
    [
        pytest.param(NO_KEY, SELECTS, SELECTS, True, id="an update, two that may have it FOR SHARE"),
        pytest.param(NO_KEY, WRITES, SELECTS, False, id="an update, one has updated it"),
        pytest.param(NO_KEY, SELECTS, WRITES, False, id="an update, the other writes"),
        pytest.param(UPDATE, WRITES, SELECTS, True, id="a delete, one has updated it and the other may have its key"),
        pytest.param(UPDATE, WRITES, WRITES, False, id="a delete, a row has one writer"),
        pytest.param(UPDATE, SELECTS, WRITES, True, id="a delete, one may have its key and the other has updated it"),
        pytest.param(UPDATE, SELECTS, set(), False, id="a delete, the other has nothing of the table"),
        pytest.param(SHARE, SELECTS, SELECTS, False, id="FOR SHARE waits for one writer"),
        pytest.param(KEYS, SELECTS, SELECTS, False, id="FOR KEY SHARE does"),
    ],
)
def test_whether_a_row_that_cannot_be_read_may_have_more_holders(mode, of_holder, of_other, shared):
    table_locks: dict[Key, set[str]] = {1: of_holder, 2: of_other, 9: SELECTS | WRITES}
    assert may_be_shared(wait(mode), table_locks, {1, 2, 9}, {9}) is shared
    assert not may_be_shared(wait(mode), table_locks, {1, 9}, {9})  # the other has no transaction id
    assert not may_be_shared(wait(mode), table_locks, {1, 2, 9}, {2, 9})  # it waits for the row itself


def test_one_that_may_be_one_of_several_needs_an_approval():
    scene = snapshot(row_queue(1, [2, 3]), unread_rows={1: "GRANT ... would show them"})
    judged = judge(scene, Exclusions(), Bounds(max_share=1.0))
    assert "GRANT ... would show them" in judged.need_approval[0].detail["needs_approval"]
    assert judged.without_approval().plan.actions == ()
