"""Waits that end by the clients' own timeouts and come back, in looks a moment apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.returning import (
    is_open,
    old_transactions,
    pressing_roots,
    quiet_lines,
    waits_for,
)

from support.snapshots import NOW, advisory, ago, holds, prepared, relation, session, snapshot, waits

WRITES = "RowExclusiveLock"


def look(at, waiters, state="idle in transaction", root=1, asks="UPDATE t SET n = 1", **given):
    """A transaction that holds a table, ``at`` seconds after the first look, and waiters since ``(pid, seconds)``."""
    locks = [holds(root, relation(7), "ShareLock")] if waiters else []
    locks += [waits(pid, relation(7), WRITES, -since) for pid, since in waiters]
    sessions = [
        session(pid, query=asks, query_start=NOW + timedelta(seconds=since), xact_start=NOW) for pid, since in waiters
    ]
    scene = snapshot(locks, session(root, state, has_written=True, **given), *sessions)
    return replace(scene, now=NOW + timedelta(seconds=at))


def waiting_itself(at=0):
    """The same transaction while it waits for another one."""
    locks = [holds(9, relation(7), "ShareLock"), *(waits(pid, relation(7), WRITES, 1) for pid in (1, 2, 3))]
    return replace(snapshot(locks, session(1, has_written=True)), now=NOW + timedelta(seconds=at))


def late_elsewhere():
    """An old transaction that has written, without a waiter, beside a queue that is late."""
    locks = [holds(9, relation(7), "ShareLock"), waits(2, relation(7), WRITES, 60)]
    return snapshot(locks, session(1, "idle in transaction", has_written=True), session(9, "idle in transaction"))


# Three clients whose waits take less than a second, and are tried again after one.
COME_BACK = [(0, [(2, -0.3)]), (1, [(3, 0.9)]), (5, [(4, 4.7)])]
TWO = [(0, [(2, -0.3), (3, -0.2)]), (3, [(2, 2.1)]), (5, [(2, 4.2), (3, 4.3)])]
ONE = [(0, [(2, -0.3)]), (1, [(2, 0.9)]), (5, [(2, 4.7)])]


@pytest.mark.parametrize(
    ("looks", "pressing"),
    [
        pytest.param([look(*when) for when in COME_BACK], {1}, id="idle in its transaction for long"),
        pytest.param(
            [look(*when, state="active") for when in COME_BACK], {1}, id="active, and waits ended without the lock"
        ),
        pytest.param(
            [look(*when, query_start=ago(0.1), state_change=ago(0.1)) for when in COME_BACK], {1},
            id="between two statements",
        ),
        pytest.param(
            [look(at, [(2, -2), (3, -2), (4, -2)], "active") for at in (0, 1, 5)], set(),
            id="active, and all waiters are patient",
        ),
        pytest.param([look(0, [(2, 0)]), look(1, [(2, 0), (3, 1)])], set(), id="too few"),
        pytest.param([look(*when) for when in ONE], set(), id="one session that tries again and again"),
        pytest.param([look(*when) for when in TWO], {1}, id="two sessions that fail and come back"),
        pytest.param([look(*when) for when in TWO[:1] * 3], set(), id="two patient sessions"),
        pytest.param([look(*when, "active") for when in TWO], set(), id="two, before an active one"),
        pytest.param(
            [look(*when, asks="ALTER TABLE t ADD x int") for when in TWO], set(), id="two migrations that give way"
        ),
        pytest.param([look(*when, xact_start=ago(5)) for when in COME_BACK], set(), id="its transaction is young"),
        pytest.param(
            [look(at, waiting, state="active", xact_start=ago(100 + at)) for at, waiting in COME_BACK], set(),
            id="another transaction at each look",
        ),
        pytest.param(
            [look(*when, state="idle in transaction (aborted)") for when in COME_BACK], {1},
            id="failed, with the locks of before a savepoint",
        ),
        pytest.param([look(0, [(2, 0), (3, 0), (4, 0)])], set(), id="one look"),
        pytest.param(
            [look(0, []), *(look(*when, state="active") for when in [(3, [(2, 3), (3, 3)]), (5, [(4, 4)])])], set(),
            id="active, and waited for only since a moment",
        ),
        pytest.param(
            [waiting_itself(), look(1, [(2, 1), (3, 1)], "active"), look(5, [(4, 4)], "active")], {1}, id="4 s of 5"
        ),
        pytest.param(
            [look(0, [(2, 0)]), waiting_itself(3), look(5, [(3, 4), (4, 4)], "active")], set(),
            id="it waited itself a moment ago, as members of a convoy do",
        ),
    ],
)  # fmt: skip
def test_before_whom_waits_come_back(looks, pressing):
    assert set(pressing_roots(looks, 30, 3)) == pressing


LOCKS, LEASE = "LOCK TABLE t IN SHARE MODE", "UPDATE lease SET owner = 'node-1'"
BEATS = {"query_start": ago(0.1), "state_change": ago(0.1)}
LED = {**BEATS, "xact_start": ago(4000), "backend_start": ago(4001)}


def tried(**given):
    """Three standbys that try again and again, in looks a moment apart."""
    return [look(*when, **{**BEATS, "asks": LOCKS, **given}) for when in COME_BACK]


def with_more(looks, *pids, **given):
    """The same, with idle sessions beside."""
    more = {pid: session(pid, "idle", **given) for pid in pids}
    return [replace(each, sessions={**each.sessions, **more}) for each in looks]


@pytest.mark.parametrize(
    ("looks", "pressing"),
    [
        pytest.param(tried(), set(), id="they only take the lock, and the leader is at work"),
        pytest.param(tried(query_start=ago(50), state_change=ago(50)), {1}, id="the holder is silent"),
        pytest.param(tried(application="batch"), {1}, id="the holder is of another application"),
        pytest.param(with_more(tried(), *range(10, 20)), {1}, id="its application has a pool"),
        pytest.param(with_more(tried(), *range(10, 20), application="other"), set(), id="beside other applications"),
        pytest.param(tried(asks=LEASE), {1}, id="a change of a row, for a minute"),
        pytest.param(tried(asks=LEASE, **LED), set(), id="a change of a row, for an hour"),
        pytest.param(tried(asks="SELECT lead()", **LED), set(), id="a function, for an hour"),
        pytest.param(tried(asks=LEASE, **{**LED, "backend_start": ago(9000)}), {1}, id="it has done other things"),
        pytest.param([*tried()[:2], *tried(asks=LEASE)[2:]], {1}, id="several statements"),
    ],
)
def test_standbys_that_try_again_are_no_requests_that_come_back(looks, pressing):
    assert set(pressing_roots(looks, 30, 3)) == pressing


def test_what_was_seen_is_told_in_numbers():
    looks = [look(*when) for when in COME_BACK]
    assert pressing_roots(looks, 30, 3) == {1: "3 sessions waited for it within 5.0 s, 2 waits ended without the lock"}


def test_a_prepared_transaction_stands_like_one_that_is_idle():
    holder = prepared(900)
    looks = [
        snapshot([holds(holder.key, relation(7), "ShareLock"), waits(pid, relation(7), WRITES, 0.1)], holder)
        for pid in (2, 3, 4)
    ]
    assert set(pressing_roots(looks, 30, 3)) == {holder.key}


def test_waits_behind_a_queued_statement_are_not_the_roots():
    """A migration with a short lock_timeout behind a long report, and readers behind it for that time."""
    scene = snapshot([
        holds(1, relation(7), "AccessShareLock"),
        waits(2, relation(7), "AccessExclusiveLock", 0.5),
        *(waits(pid, relation(7), "AccessShareLock", 0.3) for pid in (3, 4, 5)),
    ])  # fmt: skip
    assert waits_for(scene, 1) == set()


def test_waits_by_design_are_not_counted():
    scene = snapshot([holds(1, advisory(5)), waits(2, advisory(5), seconds=1)], session(1, "active"))
    assert waits_for(scene, 1, 30) == set()
    assert old_transactions(scene, 30) == [1]


@pytest.mark.parametrize(
    ("scene", "quiet", "goes_on"),
    [
        pytest.param(look(0, [(2, 0)]), False, True, id="a young wait before an old transaction"),
        pytest.param(look(0, [(2, 0)], xact_start=ago(5)), True, False, id="the transaction is young"),
        pytest.param(look(0, [(2, -60)]), True, False, id="its waiter is late already"),
        pytest.param(look(0, [(2, -60), (3, 0)], "active"), True, False, id="one of its waiters is late already"),
        pytest.param(look(0, []), True, True, id="no session waits just now"),
        pytest.param(look(0, []), False, False, id="where it is not asked for"),
        pytest.param(look(0, [], state="active"), True, True, id="active, with no waiter just now"),
        pytest.param(look(0, [], state="active", xact_start=ago(5)), True, False, id="active, and young"),
        pytest.param(snapshot([], session(1, "active")), True, False, id="it reads"),
        pytest.param(late_elsewhere(), True, False, id="sessions are late elsewhere: no time is lost for what may be"),
    ],
)
def test_when_further_looks_are_worth_it(scene, quiet, goes_on):
    assert is_open(scene, 30, 3, quiet) is goes_on


@pytest.mark.parametrize(
    ("scene", "names"),
    [
        pytest.param(look(0, []), ["1 app@booking web (idle in transaction for 100 s)"], id="idle"),
        pytest.param(snapshot([], prepared(900, "order-7")), ["order-7"], id="prepared"),
        pytest.param(look(0, [], "idle in transaction (aborted)"), ["(aborted) for 100 s"], id="failed"),
    ],
)
def test_an_old_transaction_without_a_waiter_is_named_where_there_is_nothing_to_do(scene, names):
    """Clients that do not wait (NOWAIT) fail at its rows."""
    (line,) = quiet_lines(scene, 30)
    assert all(name in line for name in names)
    assert line in judge(scene, Exclusions(), Bounds()).as_dict()["no_action_reason"]


@pytest.mark.parametrize(
    "scene",
    [
        look(0, [(2, 0)]),
        look(0, [], "active"),
        look(0, [], state_change=ago(3)),
        snapshot([], session(1, "idle in transaction")),
        snapshot([], session(1, "idle in transaction", has_written=True, backend_type="walsender")),
    ],
    ids=["with a waiter", "active", "young", "nothing written", "no client"],
)
def test_no_other_transaction_is(scene):
    assert quiet_lines(scene, 30) == []
