"""Terminating sessions in excess, step by step: signalled, watched, terminated after a cancel, reported."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import (
    Bounds,
    Rules,
    plan_ending,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_rounds import ending
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import (
    Observation,
    Patience,
    Remeasure,
    Signal,
    Watch,
)

from support.pools import pool, session, snapshot

IDLE = "idle in transaction"


def play(excess, *answers):
    """The machine's steps, each answered in turn."""
    machine, steps, answer = ending(excess, Patience(grace=1, timeout=5)), [], None
    replies = iter(answers)
    while True:
        try:
            steps.append(machine.send(answer))
        except StopIteration as stop:
            return steps, stop.value
        answer = next(replies)


def running():
    return plan_ending(snapshot(session(1, state="active", seconds=90)), Exclusions(), Rules(long_running=60), Bounds())


def test_a_session_that_survives_its_cancel_is_terminated():
    excess = running()
    target = excess.plan.targets[0]
    stands, gone = Observation(0, frozenset([target]), 1.0), Observation(0, frozenset(), 1.5)
    steps, done = play(excess, True, stands, True, gone, excess)
    assert [type(step) for step in steps] == [Signal, Watch, Signal, Watch, Remeasure]
    assert [step.action for step in steps if isinstance(step, Signal)] == ["cancel", "terminate"]
    assert [entry["action"] for entry in done.acted_on] == ["terminated"]
    assert done.seconds_to_recovery == 1.5


def test_a_session_that_has_changed_is_not_done_and_one_that_stays_is_still_present():
    excess = running()
    target = excess.plan.targets[0]
    assert [entry["target"] for entry in play(excess, False)[1].not_done] == [target]
    stands = Observation(0, frozenset([target]), 1.0)
    done = play(excess, True, stands, True, stands, excess)[1]
    assert [entry["target"] for entry in done.still_present] == [target]
    assert done.seconds_to_recovery is None


def test_sessions_idle_in_transaction_are_terminated_at_once_and_only_those_that_took_the_signal_are_watched():
    excess = plan_ending(snapshot(*pool(3, state=IDLE)), Exclusions(), Rules(idle_in_transaction=30), Bounds(10, 1.0))
    first, second, third = excess.plan.targets
    gone = Observation(0, frozenset(), 0.4)
    steps, done = play(excess, True, False, True, gone, excess)
    assert [type(step) for step in steps] == [Signal, Signal, Signal, Watch, Remeasure]
    watch = steps[3]
    assert {holder.target for holder, action in watch.targets} == {first, third}
    assert {action for holder, action in watch.targets} == {"terminate"}
    assert [entry["target"] for entry in done.acted_on] == [first, third]
    assert [entry["target"] for entry in done.not_done] == [second]
    assert (done.rounds, done.seconds_to_recovery) == (1, 0.4)


def test_nothing_is_watched_where_every_session_has_changed():
    excess = plan_ending(snapshot(*pool(2, state=IDLE)), Exclusions(), Rules(idle_in_transaction=30), Bounds(10, 1.0))
    steps, done = play(excess, False, False)
    assert [type(step) for step in steps] == [Signal, Signal]
    assert (len(done.not_done), done.acted_on, done.seconds_to_recovery) == (2, [], None)
    assert done.after is excess.snapshot


def test_a_session_that_is_cancelled_in_time_is_not_terminated():
    steps, done = play(running(), True, Observation(0, frozenset(), 0.1), running())
    assert [step.action for step in steps if isinstance(step, Signal)] == ["cancel"]
    assert [entry["action"] for entry in done.acted_on] == ["cancelled"]


def test_a_session_that_was_terminated_is_not_signalled_again():
    excess = plan_ending(snapshot(*pool(1, state=IDLE)), Exclusions(), Rules(idle_in_transaction=30), Bounds(10, 1.0))
    stays = Observation(0, frozenset(excess.plan.targets), 5.0)
    steps, done = play(excess, True, stays, stays, excess)
    assert [step.action for step in steps if isinstance(step, Signal)] == ["terminate"]
    assert [entry["target"] for entry in done.still_present] == list(excess.plan.targets)
