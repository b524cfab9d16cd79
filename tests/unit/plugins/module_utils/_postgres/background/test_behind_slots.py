"""Replication slots that are behind, as a state of the server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.behind_slots import slots_behind
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.condition import Condition, Disk, Slot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import server_states

from support.snapshots import session, snapshot

MIB = 2**20


def states(condition, *sessions):
    return server_states(replace(snapshot([], *sessions), condition=condition))


@pytest.mark.parametrize(
    ("slots", "commands"),
    [
        ([Slot("a", True, False, 2000 * MIB), Slot("b", False, False, 3000 * MIB)], 2),
        ([Slot("a", True, False, 0, 0, "lost"), Slot("b", True, True, 9000 * MIB)], 2),
        ([Slot("a", True, False, 2000 * MIB), Slot("b", True, False, 1 * MIB)], 1),
    ],
)
def test_each_slot_that_is_named_has_its_remedy(slots, commands):
    (state,) = states(Condition(slots=tuple(slots)))
    assert state["advice"].count("SELECT pg_drop_replication_slot('") == commands


@pytest.mark.parametrize(
    ("slots", "says"),
    [
        ([Slot("a", True, True, 900 * MIB, 900 * MIB, "reserved")], ""),
        ([Slot("a", True, True, 9000 * MIB, 8000 * MIB, "extended")], "logical slot a (in use) keeps 9,000 MiB"),
        ([Slot("a", False, False, 2000 * MIB, 0, "reserved")], "the slot a (not in use) keeps 2,000 MiB of WAL"),
        ([Slot("a", True, False, 0, 0, "lost"), Slot("b", True, True, 5000 * MIB)], "a (not in use) has lost WAL"),
        ([Slot(name, True, False, 2000 * MIB) for name in "abcde"], "and 2 more"),
    ],
)
def test_slots_that_are_behind(slots, says):
    found = states(Condition(slots=tuple(slots)))
    assert [state["cause"] for state in found] == ["replication_slot_behind"] * bool(says)
    assert all(says in state["text"] for state in found)


SYNC = Slot("pg_16394_sync_16385_7", True, False, 1500 * MIB)


@pytest.mark.parametrize(
    ("slot", "disks", "behind"),
    [
        pytest.param(Slot("a", True, True, 1500 * MIB, 1500 * MIB), [], False, id="an initial copy"),
        pytest.param(SYNC, [], False, id="the slot of a table that is copied"),
        pytest.param(SYNC._replace(name="old"), [], True, id="no sender has its name"),
        pytest.param(Slot("a", True, True, 7000 * MIB, 0, "extended", 9000 * MIB), [], False, id="its limit is far"),
        pytest.param(Slot("a", True, True, 7000 * MIB, 0, "extended", 1000 * MIB), [], True, id="its limit is near"),
        pytest.param(Slot("a", False, True, 30_000 * MIB), [90_000], False, id="the disk has more"),
        pytest.param(Slot("a", False, True, 30_000 * MIB), [90_000, 20_000], True, id="one of the disks has less"),
        pytest.param(Slot("a", True, True, 9000 * MIB), [], True, id="how much the disk has is not known"),
    ],
)
def test_a_slot_in_use_may_catch_up(slot, disks, behind):
    room = tuple(Disk("pg_wal", 100_000 * MIB, free * MIB) for free in disks)
    copies = session(7, backend_type="walsender", application=SYNC.name)
    found = states(Condition(slots=(slot,), disks=room), copies)
    assert [state["cause"] for state in found] == ["replication_slot_behind"] * behind
    assert (slots_behind([slot], [SYNC.name], min((disk.free for disk in room), default=None)) is not None) is behind
