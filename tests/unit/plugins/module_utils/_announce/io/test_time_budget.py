"""The time of a run that sends, divided among its incidents, by a clock that the test sets."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io import time_budget
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.time_budget import TimeBudget, silence_of


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time_budget, "ticks", clock)
    return clock


def played(clock, seconds, takes, *, pages=False, until=float("inf")):
    """Seconds for which each incident could be silent, and how long all took. ``takes``: of each the seconds that its
    channel wants; None: it is silent."""
    began, budget, silences = clock.now, TimeBudget(seconds, until), []
    for number, wanted in enumerate(takes):
        share = budget.share(len(takes) - number, pages)
        silences.append(round(share.silence, 3))
        taken = share.silence if wanted is None else wanted
        clock.now = max(clock.now, min(clock.now + taken, share.until))
        budget.has_used(share)
    return silences, round(clock.now - began, 3)


@pytest.mark.parametrize("number", [1, 2, 5, 30])
def test_silence_costs_a_quarter(clock, number):
    silences, taken = played(clock, 80.0, [None] * number)
    assert taken == 20.0
    assert len(set(silences)) == 1


@pytest.mark.parametrize("number", [1, 2, 5, 30])
@pytest.mark.parametrize("pages", [False, True])
@pytest.mark.parametrize("wanted", [None, 0.0, 1.0, 50.0])
@pytest.mark.parametrize("seconds", [0.0, 1.2, 4.8, 80.0])
def test_nothing_costs_more_than_the_budget_and_no_share_is_negative(clock, number, pages, wanted, seconds):
    silences, taken = played(clock, seconds, [wanted] * number, pages=pages)
    assert taken <= seconds
    assert min(silences) >= 0


@pytest.mark.parametrize("pages", [False, True])
def test_channels_that_answer_take_no_time_from_the_next_ones(clock, pages):
    silences, taken = played(clock, 80.0, [1.0] * 20, pages=pages)
    assert (min(silences) >= 0.5, taken) == (True, 20.0)


def test_who_is_slow_takes_its_part_of_the_whole_and_no_more(clock):
    dummy, taken = played(clock, 80.0, [1000.0, 0.0, 0.0, 0.0])
    assert taken == 20.0
    assert played(clock, 80.0, [1000.0] * 4)[1] == 80.0


def test_of_many_the_first_have_enough_for_a_message_and_pages_have_more(clock):
    assert played(clock, 80.0, [None] * 200)[0][0] == 0.5
    assert played(clock, 80.0, [None] * 200, pages=True)[0][0] == 5.0
    assert played(clock, 4.8, [None] * 2, pages=True)[0] == [1.2, 1.2]


def test_another_run_may_have_it_after_the_lease(clock):
    budget = TimeBudget(80.0, clock.now + 10.0)
    assert (budget.until, budget.is_lost) == (clock.now + 10.0, False)
    clock.now += 10.0
    assert budget.is_lost
    late = TimeBudget(5.0)
    clock.now += 60.0
    assert (late.is_lost, late.share(1, False).until <= clock.now) == (False, True)


def test_what_is_kept_back_is_left_at_the_end(clock):
    budget = TimeBudget(8.0)
    budget.keep_back(2.0)
    assert budget.share(1, False).until == clock.now + 6.0
    budget.keep_back(60.0)
    assert budget.share(1, False).until == clock.now


@pytest.mark.parametrize(("budget", "silence"), [(80, 20), (4.8, 1.2), (2, 1), (0.8, 0.8), (0, 0)])
def test_a_short_budget_has_a_second_for_a_channel(budget, silence):
    assert silence_of(budget) == pytest.approx(silence)
