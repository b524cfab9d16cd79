"""The machine of rounds, fed with what a server might answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.kill_result import standing
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import (
    Observation,
    Patience,
    Remeasure,
    Signal,
    Watch,
    unblocking,
)

from support.snapshots import ago, holds, relation, row_queue, session, snapshot, waits

WIDE = Bounds(max_share=1.0)
QUEUE = snapshot(row_queue(1, [2, 3]))
QUIET = snapshot([])
WRITES = "RowExclusiveLock"


def judged(scene, affected=None):
    return judge(scene, Exclusions(), WIDE, affected)


def play(first, answers, why=lambda _holder: "", **patience):
    """Feed the answers in order; returns what was asked and the outcome."""
    machine = unblocking(judged(first), Patience(**patience), why)
    asked, answer = [], None
    left = iter(answers)
    try:
        while True:
            asked.append(machine.send(answer))
            answer = next(left)
    except StopIteration as stop:
        return asked, stop.value


def free(seconds=0.1):
    return Observation(0, frozenset(), seconds)


def kinds(asked):
    return [type(step).__name__ for step in asked]


def test_one_round_when_everybody_is_free():
    asked, outcome = play(QUEUE, [True, free(0.25), judged(QUIET)])
    assert kinds(asked) == ["Signal", "Watch", "Remeasure"]
    assert asked[0].action == "terminate"
    assert asked[0].waiters == (2,)
    assert [entry["pid"] for entry in outcome.acted_on] == [1]
    assert (outcome.rounds, outcome.seconds_to_recovery, outcome.stopped) == (1, 0.25, "")


def short_waits(state="idle in transaction", waiting=0.2, **given):
    """Three that wait for a table, each for a moment only."""
    locks = [holds(1, relation(7), "ShareLock"), *(waits(pid, relation(7), WRITES, waiting) for pid in (2, 3, 4))]
    return replace(snapshot(locks, session(1, state)), **given)


@pytest.mark.parametrize(
    ("scene", "waiters"),
    [
        pytest.param(short_waits(), None, id="it has been idle for long, and its waiters come and go"),
        pytest.param(short_waits("active", pressing={1: "4 waits for it"}), None, id="further looks have shown that"),
        pytest.param(short_waits(waiting=60), (2, 3, 4), id="its waiters are patient"),
    ],
)
def test_which_waiters_must_still_be_there(scene, waiters):
    """Where others wait by the time of the act, the same transaction in the same state still holds the lock."""
    assert play(scene, [False, None, judged(QUIET)])[0][0].waiters == waiters


def test_a_guard_that_no_longer_holds_ends_nobody():
    asked, outcome = play(QUEUE, [False, None, judged(QUIET)])
    assert kinds(asked) == ["Signal", "Reread", "Remeasure"]
    assert outcome.acted_on == []
    assert len(outcome.not_done) == 1
    assert outcome.seconds_to_recovery is None


def test_a_session_that_goes_on_within_its_transaction_is_tried_again():
    busy = session(1, "active", state_change=ago(0), query_start=ago(0))
    asked, outcome = play(QUEUE, [False, busy, True, free(), judged(QUIET)])
    assert kinds(asked) == ["Signal", "Reread", "Signal", "Watch", "Remeasure"]
    assert asked[2].action == "cancel"
    assert [entry["pid"] for entry in outcome.acted_on] == [1]


@pytest.mark.parametrize(
    "changed",
    [
        {"query": "SELECT 'payroll run'", "state": "active"},
        {"application": "pg_dump"},
        {"progress": "CREATE INDEX CONCURRENTLY", "state": "active"},
        {"wait_event": "SyncRep", "state": "active"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_row_that_has_changed_is_judged_again_as_a_whole(changed):
    exclusions = Exclusions(queries=("payroll",))
    fresh = session(1, **{"state": "idle in transaction", "state_change": ago(0), **changed})
    asked, outcome = play(QUEUE, [False, fresh, judged(QUIET)], why=exclusions.why)
    assert kinds(asked) == ["Signal", "Reread", "Remeasure"]
    assert outcome.acted_on == []
    assert outcome.not_done[0]["reason"] == f"excluded in its present state: {exclusions.why(fresh)}"


def test_whom_a_cancel_did_not_end_is_judged_again_before_it_is_terminated():
    reader = snapshot([holds(1, relation(7)), waits(2, relation(7))], session(1, "active"))
    still = Observation(1, frozenset(), 2.0)
    other = reader.sessions[1]._replace(query="SELECT 'payroll run'", state_change=ago(0))
    why = Exclusions(queries=("payroll",)).why
    asked, outcome = play(reader, [True, still, other, still, judged(QUIET)], why=why)
    assert [step.action for step in asked if isinstance(step, Signal)] == ["cancel"]
    assert [entry["action"] for entry in outcome.acted_on] == ["cancelled"]


def test_one_that_never_stands_still_is_ended_by_its_transaction():
    busy = session(1, "active", state_change=ago(0))
    asked, outcome = play(QUEUE, [False, busy, False, busy, False, True, free(), judged(QUIET)])
    assert kinds(asked)[:6] == ["Signal", "Reread", "Signal", "Reread", "Signal", "Signal"]
    assert (asked[5].action, asked[5].escalated) == ("terminate", True)
    assert outcome.acted_on[0]["action"] == "terminated"


def test_a_cancel_that_does_not_help_is_followed_by_a_terminate():
    reader = snapshot(
        [holds(1, relation(7), "ShareLock"), waits(2, relation(7), "RowExclusiveLock")],
        session(1, "active"),
    )
    target = judged(reader).plan.targets[0]
    still = Observation(1, frozenset(), 2.0)
    over = reader.sessions[1]._replace(state="idle", xact_start=None, state_change=ago(0))
    asked, outcome = play(reader, [True, still, over, True, free(2.1), judged(QUIET)])
    assert kinds(asked) == ["Signal", "Watch", "Reread", "Signal", "Watch", "Remeasure"]
    assert [step.action for step in asked if isinstance(step, Signal)] == ["cancel", "terminate"]
    assert asked[3].escalated
    assert asked[3].holder.xact_start == reader.sessions[1].xact_start  # the guard asks for the plan's transaction
    assert outcome.acted_on[0]["action"] == "terminated"
    assert outcome.acted_on[0]["target"] == target


def test_a_session_that_does_not_go_is_stuck_and_nothing_is_claimed():
    target = judged(QUEUE).plan.targets[0]
    standing = Observation(2, frozenset({target}), 5.0)
    asked, outcome = play(QUEUE, [True, standing, standing, judged(QUEUE)])
    assert [step.seconds for step in asked if isinstance(step, Watch)] == [2.0, 5.0]
    assert outcome.acted_on == []
    assert [entry["target"] for entry in outcome.still_present] == [target]
    assert outcome.seconds_to_recovery is None
    assert "no other session may be terminated" in outcome.stopped


def test_it_stops_when_the_waiters_do_not_fall():
    """Two sharers show one after the other; a third, and it is not worth going on."""
    shared = [
        snapshot(row_queue(pid, [9], 901), *(session(n, "idle in transaction") for n in (1, 2, 3))) for pid in (1, 2, 3)
    ]
    slow = Observation(1, frozenset(), 2.0)
    dummy, outcome = play(shared[0], [True, slow, judged(shared[1]), True, slow, judged(shared[2])])
    assert [entry["pid"] for entry in outcome.acted_on] == [1, 2]
    assert "did not fall in 2 rounds" in outcome.stopped


def test_a_cascade_is_followed_with_the_late_still_late():
    """The first waiter got the row and keeps it; the next one's wait began anew and counts all the same."""
    heir = snapshot(
        [*row_queue(2, [3], 901)],
        session(2, "idle in transaction", has_written=True),
    )
    half = Observation(1, frozenset(), 2.0)
    asked, outcome = play(QUEUE, [True, half, judged(heir), True, free(4.0), judged(QUIET)])
    assert kinds(asked) == ["Signal", "Watch", "Remeasure", "Signal", "Watch", "Remeasure"]
    assert isinstance(asked[2], Remeasure)
    assert set(asked[2].affected) == {(2, ago(100)), (3, ago(100))}
    assert [entry["pid"] for entry in outcome.acted_on] == [1, 2]
    assert outcome.rounds == 2


def heir(waiting, seconds, **given):
    """The picture after the act: session 2 has had the row for so long, the others wait for it."""
    return snapshot(row_queue(2, waiting, 901), session(2, "idle in transaction", state_change=ago(seconds), **given))


@pytest.mark.parametrize(
    "healthy",
    [
        pytest.param(heir([3, 4], 2.0), id="between two statements"),
        pytest.param(heir([3, 4], 29.0), id="idle for less than min_waiting"),
        pytest.param(
            snapshot(row_queue(2, [3, 4], 901), session(2, "active", query_start=ago(3))), id="in its next statement"
        ),
        pytest.param(
            snapshot(row_queue(2, [3, 4], 901), session(2, "active")), id="still in the statement that waited"
        ),
    ],
)
def test_who_waited_and_got_its_lock_is_healthy_and_the_queue_moves(healthy):
    first = snapshot(row_queue(1, [2, 3, 4]))
    asked, outcome = play(first, [True, Observation(2, frozenset(), 2.0), judged(healthy)])
    assert kinds(asked) == ["Signal", "Watch", "Remeasure"]
    assert [entry["pid"] for entry in outcome.acted_on] == [1]
    assert (outcome.stopped, outcome.moving, outcome.seconds_to_recovery) == ("", 2, 2.0)
    assert outcome.sentences[-1] == "the lock queue is moving: 2 wait behind sessions that have got their lock since"
    planned = judged(first)
    assert planned.still_late(healthy) == 0
    assert standing(healthy, WIDE, planned.moving(healthy)) == {"waiters": 2, "long_waiters": 0}
    fresh = judge(healthy, Exclusions(), WIDE, asked[2].affected, healthy=planned.heirs(healthy))
    assert fresh.plan.actions == ()
    assert "got its lock since the first snapshot" in fresh.plan.excluded[0].reason


def test_beside_a_queue_that_moves_another_root_is_still_followed():
    first = snapshot([*row_queue(1, [2, 3]), *row_queue(7, [8, 9], 905)])
    later = snapshot(
        [*row_queue(2, [3], 901), *row_queue(6, [9], 905)],
        session(2, "idle in transaction", state_change=ago(1)),
        session(6, "idle in transaction", has_written=True),
    )
    held = replace(first, sessions={**first.sessions, 6: later.sessions[6]})
    slow = Observation(2, frozenset(), 2.0)
    fresh = judge(later, Exclusions(), WIDE, [(3, ago(100)), (9, ago(100))], healthy=judged(held).heirs(later))
    dummy, outcome = play(held, [True, True, slow, fresh, True, slow, judged(heir([3], 2.0))])
    assert [entry["pid"] for entry in outcome.acted_on] == [1, 7, 6]
    assert (outcome.rounds, outcome.moving) == (2, 1)


def test_rounds_do_not_end_more_sessions_at_work_than_they_free():
    """A row that many share shows its holders one by one, each between two statements, for one DELETE."""

    def sharer(pid):
        others = [session(n, "idle in transaction", state_change=ago(1)) for n in (1, 2, 3)]
        return snapshot(row_queue(pid, [9], 901), *others)

    slow = Observation(1, frozenset(), 2.0)
    dummy, outcome = play(sharer(1), [True, slow, judged(sharer(2))])
    assert [entry["pid"] for entry in outcome.acted_on] == [1]
    assert "would lose more than it frees" in outcome.stopped


def test_an_alternative_cancels_the_waiter_for_its_own_sake():
    readers = [holds(pid, relation(7), "AccessShareLock") for pid in (1, 2)]
    scene = snapshot(
        [*readers, waits(9, relation(7), "AccessExclusiveLock")], session(1, "active"), session(2, "active")
    )
    alternative = judged(scene).narrowed_to([scene.sessions[9].target])
    machine = unblocking(alternative, Patience())
    step = next(machine)
    assert (step.holder.pid, step.action, step.waiters) == (9, "cancel", None)
    machine.send(True)
    machine.send(free(0.4))
    with pytest.raises(StopIteration) as stop:
        machine.send(judged(snapshot(readers, session(1, "active"))))
    outcome = stop.value.value
    assert (outcome.seconds_to_recovery, outcome.stopped) == (0.4, ""), "no waiter was promised to be freed"


def test_sessions_that_came_later_are_never_ended():
    newcomer = snapshot(row_queue(50, [3], 901), session(50, "idle in transaction", backend_start=ago(-1)))
    dummy, outcome = play(QUEUE, [True, Observation(1, frozenset(), 2.0), judged(newcomer)])
    assert [entry["pid"] for entry in outcome.acted_on] == [1]
    assert "no other session may be terminated" in outcome.stopped


def test_an_application_that_queues_up_again_stops_it():
    again = snapshot(
        row_queue(9, [2, 3], 901),
        session(9, "idle in transaction"),
        session(2, query_start=ago(-1)),
        session(3, query_start=ago(-1)),
    )
    dummy, outcome = play(QUEUE, [True, free(), judged(again)])
    assert "queued up again" in outcome.stopped
    assert outcome.rounds == 1


@pytest.mark.parametrize("state", ["active", "idle in transaction"])
def test_a_hot_row_that_goes_from_hand_to_hand_is_no_queue_that_fills_up_again(state):
    again = snapshot(
        row_queue(9, [2, 3], 901),
        session(9, state, query_start=ago(-1), state_change=ago(-1)),
        session(2, query_start=ago(-1)),
        session(3, query_start=ago(-1)),
    )
    dummy, outcome = play(QUEUE, [True, free(), judged(again, [(2, ago(100)), (3, ago(100))])])
    assert (outcome.stopped, outcome.seconds_to_recovery) == ("", 0.1)


def test_a_holder_that_ends_while_the_snapshot_is_read_is_one_that_moves():
    """Locks are read before sessions: at a busy row the holder of the one may be gone in the other."""
    moved = snapshot(row_queue(9, [2, 3], 901), session(2, query_start=ago(-1)), session(3, query_start=ago(-1)))
    again = replace(moved, sessions={pid: one for pid, one in moved.sessions.items() if pid != 9})
    dummy, outcome = play(QUEUE, [True, free(), judged(again, [(2, ago(100)), (3, ago(100))])])
    assert (outcome.stopped, outcome.rounds) == ("", 1)


def test_rounds_and_victims_are_bounded():
    def heir(pid, waiter):
        return snapshot(row_queue(pid, [waiter], 901), session(pid, "idle in transaction", has_written=True))

    first = snapshot(row_queue(1, [2, 3, 4]))
    slow = Observation(1, frozenset(), 2.0)
    dummy, outcome = play(first, [True, slow, judged(heir(2, 3))], max_rounds=1)
    assert "max_rounds" in outcome.stopped
    none = judge(heir(2, 3), Exclusions(), Bounds(max_terminations=0, max_share=1.0))
    asked, outcome = play(first, [True, slow, none], room=1)
    assert asked[-1].room == 0
    assert [entry["pid"] for entry in outcome.acted_on] == [1]
    assert "no other session may be terminated" in outcome.stopped


def test_those_whom_the_plan_leaves_are_no_reason_to_go_on():
    scene = snapshot([*row_queue(1, [2, 3], 901), *row_queue(4, [5], 902)], session(4, application="pg_dump"))
    rest = snapshot(row_queue(4, [5], 902), session(4, application="pg_dump"))
    dummy, outcome = play(scene, [True, free(), judged(rest)])
    assert (outcome.rounds, outcome.stopped, outcome.seconds_to_recovery) == (1, "", 0.1)


def test_nothing_planned_nothing_asked():
    asked, outcome = play(QUIET, [])
    assert asked == []
    assert outcome.rounds == 0
