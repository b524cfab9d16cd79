from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, advisory_key

from support.snapshots import advisory, holds, relation, row_queue, snapshot, waits


@pytest.mark.parametrize(
    ("classid", "objid", "objsubid", "key"),
    [(0, 7, 1, "7"), (1, 0, 1, "4294967296"), (4294967295, 4294967295, 1, "-1"), (3, 4, 2, "(3, 4)")],
)
def test_an_advisory_key_as_it_was_given(classid, objid, objsubid, key):
    assert advisory_key(classid, objid, objsubid) == key


def test_ordinary_roles_have_what_is_not_reserved():
    assert Limits(100, 3, 2).ordinary == 95


def test_names_what_is_waited_for():
    scene = snapshot(
        [
            *row_queue(1, [2, 3]),
            holds(4, relation(9)),
            waits(5, relation(9)),
            holds(6, advisory(8)),
            waits(7, advisory(8)),
        ],
        names={relation(9): "public.t"},
        rows={2: "public.t (0,1)"},
    )
    assert scene.wanted(2) == "row public.t (0,1)"
    assert scene.wanted(3) == "relation 1 (0,900) of database 5"
    assert scene.wanted(5) == "ExclusiveLock on public.t"
    assert scene.wanted(7) == "advisory lock 8"


def test_an_owner_that_ended_while_we_looked_is_no_client():
    assert snapshot([]).who(4711).backend_type == "ended while we looked"
    assert not snapshot([]).who("prepared:9").allowed
