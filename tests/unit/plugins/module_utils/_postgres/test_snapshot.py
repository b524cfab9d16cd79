from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, advisory_key

from support.snapshots import advisory, ago, holds, prepared, relation, row_queue, session, snapshot, waits


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


@pytest.mark.parametrize(
    ("database", "classid", "objid", "words"),
    [
        (0, 1262, 0, "the lock of NOTIFY, which one commit on the whole server has at a time"),
        (0, 1262, 16384, "database 16384"),
        (5, 2615, 2200, "schema 2200 of database 5"),
        (0, 1260, 10, "role 10"),
        (5, 2618, 16400, "object of catalog 2618 16400 of database 5"),
    ],
)
def test_objects_that_are_no_relations_are_named_by_their_kind(database, classid, objid, words):
    tag = ("object", database, None, None, None, None, None, classid, objid, 0)
    scene = snapshot([holds(1, tag, "AccessExclusiveLock"), waits(2, tag, "AccessExclusiveLock")])
    assert scene.wanted(2) == words


def test_an_owner_that_ended_while_we_looked_is_no_client():
    assert snapshot([]).who(4711).backend_type == "ended during the snapshot"
    assert not snapshot([]).who("prepared:9").allowed


def short_waits(number, seconds=2.0):
    """As behind a client's statement_timeout of a few seconds: no wait gets old."""
    return [holds(1, relation(7)), *(waits(10 + n, relation(7), seconds=seconds) for n in range(number))]


@pytest.mark.parametrize(
    ("locks", "root", "affected"),
    [
        pytest.param(short_waits(38), session(1, "idle in transaction"), 38, id="idle in transaction for long"),
        pytest.param(short_waits(3), session(1, "idle in transaction"), 3, id="three wait"),
        pytest.param(short_waits(2), session(1, "idle in transaction"), 0, id="two wait"),
        pytest.param(short_waits(38), session(1, "idle in transaction", state_change=ago(29)), 0, id="idle for less"),
        pytest.param(short_waits(38), session(1, "active"), 0, id="at work: nobody knows since when it holds the lock"),
        pytest.param(
            [holds("prepared:5", relation(7)), *short_waits(4)[1:]], prepared(5), 4, id="a prepared transaction"
        ),
        pytest.param(
            [holds(1, advisory(7)), *(waits(10 + n, advisory(7), seconds=2) for n in range(5))], session(1, "idle"), 0,
            id="a leader",
        ),
    ],
)  # fmt: skip
def test_waits_that_never_get_old_count_behind_a_root_that_has_held_its_lock_for_long(locks, root, affected):
    assert len(snapshot(locks, root).affected(30)) == affected


@pytest.mark.parametrize(
    ("readers", "waited", "behind", "mode", "affected"),
    [
        pytest.param(1, 60, 5, "RowExclusiveLock", 6, id="five come back behind a DDL that has waited for long"),
        pytest.param(2, 60, 3, "AccessShareLock", 4, id="behind two readers"),
        pytest.param(1, 60, 2, "RowExclusiveLock", 1, id="two are no queue"),
        pytest.param(1, 20, 5, "RowExclusiveLock", 0, id="a DDL that has not waited for long"),
        pytest.param(1, 60, 5, "AccessExclusiveLock", 1, id="they wait for the reader too: the DDL alone is late"),
    ],
)
def test_waits_that_never_get_old_count_behind_a_queued_blocker_that_has_waited_for_long(
    readers, waited, behind, mode, affected
):
    locks = [holds(1 + n, relation(7), "AccessShareLock") for n in range(readers)]
    locks += [waits(5, relation(7), "AccessExclusiveLock", seconds=waited)]
    locks += [waits(10 + n, relation(7), mode, seconds=1) for n in range(behind)]
    scene = snapshot(locks, *(session(1 + n, "active") for n in range(readers)))
    assert len(scene.affected(30)) == affected


ADDS, LOCKS = "ALTER TABLE t ADD x int", "LOCK TABLE t"


@pytest.mark.parametrize(
    ("before_them", "mode", "affected"),
    [
        pytest.param({"query": ADDS}, "AccessShareLock", 0, id="a migration with a short lock_timeout"),
        pytest.param({"query": "VACUUM FULL t"}, "AccessShareLock", 0, id="maintenance"),
        pytest.param({"query": LOCKS, "application": "psql"}, "AccessShareLock", 0, id="an operator's console"),
        pytest.param({"query": LOCKS}, "AccessShareLock", 6, id="a session of the application"),
        pytest.param({"query": ADDS}, "AccessExclusiveLock", 6, id="a migration, and they wait for the holder too"),
    ],
)
def test_those_behind_a_statement_that_gives_way_do_not_wait_for_an_idle_holder(before_them, mode, affected):
    """A reader that has been idle in its transaction for long, such as a cursor whose client takes its time."""
    locks = [holds(1, relation(7), "AccessShareLock"), waits(5, relation(7), "AccessExclusiveLock", seconds=2)]
    locks += [waits(10 + n, relation(7), mode, seconds=1) for n in range(5)]
    scene = snapshot(locks, session(1, "idle in transaction"), session(5, **before_them))
    assert len(scene.affected(30)) == affected


BUILDS = {"query": "CREATE INDEX CONCURRENTLY i ON t (a)"}


@pytest.mark.parametrize(
    ("first", "behind", "requests"),
    [
        pytest.param(BUILDS, 0, 0, id="an index build alone"),
        pytest.param({"query": ADDS}, 2, 2, id="a migration, with requests behind it that are not late yet"),
        pytest.param({"query": "SELECT 1"}, 0, 1, id="a request"),
        pytest.param({"query": "SELECT 1", "application": "psql"}, 0, 0, id="an operator's console"),
        pytest.param({"backend_type": "autovacuum worker"}, 0, 0, id="a vacuum"),
    ],
)
def test_requests_are_told_from_what_can_wait(first, behind, requests):
    locks = [holds(1, relation(7), "RowExclusiveLock"), waits(2, relation(7), "ShareLock", seconds=60)]
    locks += [waits(10 + n, relation(7), "RowExclusiveLock", seconds=1) for n in range(behind)]
    scene = snapshot(locks, session(1, "active"), session(2, **first))
    assert len(scene.requests_waiting(30)) == requests
    assert scene.requests_waiting(90) == []


def test_how_many_must_wait_is_an_option():
    scene = snapshot(short_waits(2), session(1, "idle in transaction"))
    assert scene.affected(30, min_waiters=2) == [10, 11]
