"""Which queue moves by itself, from looks a moment apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.convoy import (
    Convoy,
    convoy_text,
    convoys_of,
    moving_waiters,
    proved_holds,
    turn_takers,
    unproved_roots,
    watched_waiters,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import NOW, advisory, ago, holds, relation, row_queue, session, snapshot, waits

EXCLUSIVE = "AccessExclusiveLock"


def queue(holder, *waiters, state="idle in transaction", since=0.1, **given):
    """A table's queue, whose holder has been in its state for so long."""
    locks = [holds(holder, relation(7), EXCLUSIVE), *(waits(pid, relation(7), EXCLUSIVE) for pid in waiters)]
    own = {"state_change": ago(since), "query_start": ago(since), "has_written": True, **given}
    return snapshot(locks, session(holder, state, **own), *(session(pid, query="LOCK TABLE t") for pid in waiters))


@pytest.mark.parametrize(
    ("scene", "seconds"),
    [
        pytest.param(queue(1, 2, since=40), 40, id="idle in its transaction"),
        pytest.param(queue(1, 2, state="active", since=40), 40, id="a statement that began after the oldest wait"),
        pytest.param(
            queue(1, 2, state="active", since=40, xact_start=ago(3)), 3, id="a procedure that committed a moment ago"
        ),
        pytest.param(queue(1, 2, state="active", since=70), 0, id="a statement that may have got its lock just now"),
        pytest.param(queue(1, 2, state="idle in transaction (aborted)", since=40), 40, id="a failed transaction"),
        pytest.param(queue(1, 2, state="idle", since=40, xact_start=None), 40, id="idle with a session's lock"),
        pytest.param(
            snapshot(row_queue(1, [2, 3]), session(1, state="active", query_start=ago(100))), 90,
            id="a transaction that has been waited for",
        ),
    ],
)  # fmt: skip
def test_what_one_look_proves_of_a_holder(scene, seconds):
    assert proved_holds(scene)[1] == seconds


@pytest.mark.parametrize(
    ("scene", "settled", "unproved"),
    [
        pytest.param(queue(1, 2), (), {1}, id="it went idle a moment ago"),
        pytest.param(queue(1, 2, since=6), (), set(), id="it has been idle for long"),
        pytest.param(queue(1, 2), (queue(1, 2).sessions[1].target,), set(), id="a plan has named it before"),
        pytest.param(queue(1, 2, backend_type="autovacuum worker"), (), set(), id="no client"),
    ],
)
def test_which_holders_are_watched(scene, settled, unproved):
    assert unproved_roots(scene, 5.0, settled, {2}) == unproved
    assert unproved_roots(scene, 5.0, settled, set()) == set()


def test_whose_waiters_take_turns_with_it():
    reader = [holds(1, relation(7), "AccessShareLock"), waits(2, relation(7), EXCLUSIVE)]
    assert turn_takers(snapshot(reader), [1]) == set()
    assert turn_takers(queue(1, 2, application="another"), [1]) == {1}
    assert turn_takers(snapshot(row_queue(1, [2, 3])), [1]) == {1}
    assert turn_takers(queue(1, 2), []) == set()


def test_who_waits_for_a_leader_in_a_transaction_is_watched_and_for_an_idle_one_is_not():
    leads = [holds(1, advisory(5)), waits(2, advisory(5))]
    assert watched_waiters(snapshot(leads, session(1, state_change=ago(1))), 30, 3, ()) == {2}
    assert watched_waiters(snapshot(leads, session(1, "idle")), 30, 3, ()) == set()


def test_a_queue_moves_when_all_of_its_roots_are_new():
    first, then = queue(1, 2, 3, 4), queue(2, 3, 4)
    before = {first.sessions[1].target}
    assert moving_waiters(then, {2}, before) == {3, 4}
    assert moving_waiters(first, {1}, before) == frozenset()
    assert moving_waiters(then, set(), before) == frozenset()  # it is proved to have held its lock
    both = snapshot([
        holds(1, relation(7), "ShareLock"), holds(2, relation(7), "ShareLock"), waits(3, relation(7), EXCLUSIVE)
    ])  # fmt: skip
    assert moving_waiters(both, {1, 2}, {both.sessions[1].target}) == frozenset()


def test_a_convoy_is_told_with_the_statement_that_all_of_it_run():
    looks = [queue(1, 2, 3, 4), replace(queue(2, 3, 4), now=NOW + timedelta(seconds=1))]
    (convoy,) = convoys_of(looks, {3, 4})
    assert (convoy.waiters, convoy.changes, convoy.seconds, convoy.same, convoy.sessions) == (2, 1, 1.0, 2, 2)
    assert convoy_text(convoy) == (
        "a lock convoy on relation 7 of database 5: 2 sessions wait, the longest for 61 s; the holder changed once"
        " within 1.0 s, so no session is stuck; all run: LOCK TABLE t"
    )
    mixed = Convoy("row t (0,1)", 5, 2.0, 3, 1.0, "UPDATE t", 4, 5)
    assert "the holder changed 3 times within 1.0 s, so no session is stuck; 4 of them run: UPDATE t" in convoy_text(
        mixed
    )


def test_those_in_a_convoy_are_not_late_and_the_plan_says_why():
    scene = replace(queue(2, 3, 4), moving=frozenset({3, 4}), convoys=("a convoy on t",))
    judged = judge(scene, Exclusions(), Bounds(max_share=1.0))
    assert judged.plan.actions == ()
    assert judged.as_dict()["no_action_reason"] == "nothing to do: no session waits too long; a convoy on t"


@pytest.mark.parametrize(("began", "asks"), [(3, True), (45, False)])
def test_a_procedure_that_commits_between_its_steps_is_not_taken_for_one_that_is_stuck(began, asks):
    """It runs as one statement for long, and has its present lock since its last commit at most."""
    scene = queue(1, 2, 3, 4, state="active", since=300, query="CALL close_all_accounts()", xact_start=ago(began))
    assert bool(judge(scene, Exclusions(), Bounds(max_share=1.0)).need_approval) == asks
