"""Of a deadlock goes who sets another one free, and of those beside it none that nothing needs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import ago, holds, relation, row, session, snapshot, waits, xid

WIDE = Bounds(max_share=1.0)
TABLE, OTHER, SHARED = relation(7), relation(6), ("shared row", *row(1, 900)[1:])
CIRCLE = "waits in a circle through places in a queue, or through a row that several transactions share"


def judged(locks, *sessions, limit="1h", bounds=WIDE):
    scene = snapshot(locks, *sessions)
    return judge(replace(scene, server={**scene.server, "deadlock_timeout": limit}), Exclusions(), bounds)


def acts(found):
    return [(item.action, item.detail["pid"]) for item in found.plan.actions]


def reasons(found):
    return {item.detail["pid"]: item.reason for item in found.plan.excluded}


def begun(pid, seconds, **given):
    return session(pid, xact_start=ago(seconds), **given)


def upgrades(*pids, held="ShareLock", wanted="RowExclusiveLock", table=TABLE):
    """Sessions that share a table, and want it so that the others are in the way."""
    return [
        lock for pid in pids for lock in (holds(pid, table, held), waits(pid, table, wanted, 60))
    ]  # fmt: skip


# 1 waits for a table that 2 reads, and 2 for 1; 8 reads the table too.
WITH_A_READER = [
    holds(1, xid(1)), holds(2, TABLE, "AccessShareLock"), holds(8, TABLE, "AccessShareLock"),
    waits(1, TABLE, "AccessExclusiveLock", 60), waits(2, xid(1), "ShareLock", 60),
]  # fmt: skip
DUMP = session(8, application="pg_dump", query="COPY t TO STDOUT", xact_start=ago(300))
FORGOTTEN = session(8, "idle in transaction", query="SELECT 1", xact_start=ago(300))
WORKED = {"has_written": True, "holds_writes": True}


@pytest.mark.parametrize(
    ("locks", "expected", "freed"),
    [
        pytest.param(upgrades(1, 2), [1], {2}, id="two that upgrade"),
        pytest.param(upgrades(1, 2, 3), [1, 2], {3}, id="three"),
        pytest.param(
            upgrades(1, 2, 3, 4, held="RowExclusiveLock", wanted="ShareLock"), [1, 2, 3], {4}, id="four that wrote"
        ),
        pytest.param(
            [*upgrades(1, 2, 3), *upgrades(5, 6, 7, table=OTHER)], [1, 2, 5, 6], {3, 7}, id="three of two tables each"
        ),
    ],
)
def test_where_each_waits_for_all_others_so_many_go_that_one_continues(locks, expected, freed):
    found = judged(locks, *(begun(pid, 100 + pid) for pid in range(1, 8)))
    assert [pid for dummy, pid in acts(found)] == expected
    assert found.freed == freed
    assert found.left == 0
    assert all(item.detail["frees"] for item in found.plan.actions)
    assert len(found.need_approval) == (0 if len(expected) <= len(freed) else len(expected))


def test_to_end_more_than_continue_is_held_with_the_numbers():
    found = judged(upgrades(1, 2, 3), *(begun(pid, 100 + pid) for pid in (1, 2, 3)))
    held = [item.detail["needs_approval"] for item in found.plan.actions]
    assert held == ["2 sessions of one deadlock must be terminated so that 1 can continue"] * 2
    assert not found.without_approval().plan.actions
    assert not found.narrowed_to(found.plan.targets[:1]).plan.actions


@pytest.mark.parametrize("beside", [DUMP, FORGOTTEN])
@pytest.mark.parametrize(
    ("first", "second"), [(WORKED, {}), (WORKED, {"has_written": True}), ({}, WORKED)], ids=["dearer", "alike", "less"]
)
def test_the_one_goes_whose_end_is_enough_and_the_one_beside_stays(beside, first, second):
    found = judged(WITH_A_READER, begun(1, 70, **first), begun(2, 300, **second), beside)
    assert acts(found) == [("cancel", 1)]
    assert found.freed == {2}
    assert 8 in reasons(found)


def test_one_beside_a_deadlock_goes_where_the_end_of_a_victim_is_not_enough():
    """Both of the circle wait for others too."""
    locks = [
        *(holds(pid, table, "AccessShareLock") for pid, table in ((1, TABLE), (2, OTHER), (8, TABLE), (9, OTHER))),
        waits(1, OTHER, "AccessExclusiveLock", 60), waits(2, TABLE, "AccessExclusiveLock", 60),
    ]  # fmt: skip
    found = judged(locks, begun(1, 200), begun(2, 100), session(9, "idle in transaction"), FORGOTTEN)
    assert found.left == 0
    assert sorted(acts(found)) in ([("cancel", 1), ("terminate", 8)], [("cancel", 2), ("terminate", 9)])
    assert all(item.detail["frees"] for item in found.plan.actions)


@pytest.mark.parametrize(
    "excluded",
    [
        pytest.param({"application": "pg_dump"}, id="a dump"),
        pytest.param({"backend_type": "walsender"}, id="replication"),
        pytest.param({"signalable": False}, id="of another role"),
    ],
)
def test_a_deadlock_of_which_none_would_continue_is_left_alone(excluded):
    locks = [*upgrades(1, 2), holds(8, TABLE, "ShareLock")]
    found = judged(locks, begun(1, 200), begun(2, 100), begun(8, 300, **excluded))
    assert acts(found) == []
    assert found.left == 2
    assert "no other one would continue by that" in reasons(found)[1]


def test_no_root_goes_for_those_that_a_deadlock_keeps():
    """PostgreSQL is about to end the deadlock; until then the end of 8 sets none free."""
    locks = [
        *WITH_A_READER[:-1], waits(2, xid(1), "ShareLock", 60), waits(1, xid(2), "ShareLock", 60), holds(2, xid(2))
    ]  # fmt: skip
    found = judged(locks, begun(1, 70, **WORKED), begun(2, 300), FORGOTTEN, limit="61s")
    assert acts(found) == []
    assert found.left == 2
    beside = judged([*locks, waits(5, TABLE, "AccessExclusiveLock", 60)], begun(1, 70), FORGOTTEN, limit="61s")
    assert beside.left == 3


def shared_row(*circle):
    """8 and 2 share a row that 1 waits for, at present for 8 alone; 2 waits for 1, or for the next one, and so on."""
    members = (1, *circle) if circle else (1, 2)
    locks = [holds(8, xid(8)), waits(1, xid(8), "ShareLock", 60), waits(1, SHARED, "ExclusiveLock", 60)]
    locks += [holds(8, SHARED), holds(members[-1], SHARED)]
    for pid, before in zip(members[1:], members[:-1], strict=True):
        locks += [holds(before, xid(before)), waits(pid, xid(before), "ShareLock", 50)]
    return locks


@pytest.mark.parametrize("bounds", [WIDE, Bounds()], ids=["wide", "default"])
@pytest.mark.parametrize("circle", [(2,), (2, 3), (2, 3, 4)])
@pytest.mark.parametrize("limit", ["1s", "1h"])
def test_a_circle_through_a_shared_row_is_no_deadlock_yet(bounds, circle, limit):
    holder = session(8, "idle in transaction", query="SELECT 1 FROM acc FOR SHARE", has_written=True)
    waiting = [begun(pid, 70, has_written=True) for pid in (1, *circle)]
    found = judged(shared_row(*circle), holder, *waiting, limit=limit, bounds=bounds)
    assert acts(found) == [("terminate", 8)]
    assert found.freed == {1, *circle}
    assert CIRCLE in reasons(found)[(1, *circle)[-1]]


def test_a_shared_row_beside_a_true_deadlock_does_not_hide_it():
    """PostgreSQL waits for 2 now."""
    locks = [
        holds(1, xid(1)),
        holds(2, xid(2)),
        waits(1, xid(2), "ShareLock", 60),
        waits(1, SHARED, "ExclusiveLock", 60),
    ]
    locks += [holds(2, SHARED), holds(8, SHARED), waits(2, xid(1), "ShareLock", 50)]
    found = judged(locks, begun(1, 70, has_written=True), begun(2, 80, has_written=True), FORGOTTEN)
    assert ("cancel", 1) in acts(found) or ("cancel", 2) in acts(found)
    assert found.left == 0


@pytest.mark.parametrize("limit", ["1s", "1h"])
def test_for_a_circle_through_places_in_a_queue_no_session_goes(limit):
    locks = [
        holds(1, relation(1), "ShareLock"), holds(2, relation(2), "ShareLock"), holds(3, relation(1), "RowShareLock"),
        waits(1, relation(2), "ExclusiveLock", 60), waits(2, relation(1), "RowShareLock", 40),
        waits(3, relation(1), "ExclusiveLock", 60),
    ]  # fmt: skip
    found = judged(locks, limit=limit)
    assert acts(found) == []
    assert {CIRCLE in why for why in reasons(found).values()} == {True}
    assert (found.freed, found.left) == (frozenset(), 3)
    beside = judged(
        [*locks, holds(8, relation(4)), waits(9, relation(4)), waits(7, relation(1), seconds=50)], limit=limit
    )
    assert acts(beside) == [("terminate", 8)]
    assert (beside.freed, beside.left) == ({9}, 4)


def test_a_deadlock_of_a_hundred_sessions_is_judged_in_time():
    pids = range(1, 101)
    found = judged(upgrades(*pids), *(begun(pid, 100 + pid) for pid in pids), bounds=Bounds(max_terminations=100))
    assert len(found.plan.actions) + len(found.plan.excluded) == 100
