from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._impact.affected import (
    Impact,
    Interval,
    impact_of,
    together,
)


def intervals(bad, asked=100, step=10.0):
    """One after the other from 0 on; ``bad``: of each."""
    return [Interval(place * step, (place + 1) * step, asked, number) for place, number in enumerate(bad)]


def test_from_the_first_to_the_last_that_is_worse_than_allowed():
    found = impact_of(intervals([0] * 10 + [50, 60, 70] + [0] * 5), 105, 128, 0.001)
    assert found == Impact(100.0, 130.0, 10.0, False)


def test_a_pause_within_it_is_a_part_of_it():
    found = impact_of(intervals([0] * 10 + [50, 0, 0, 50] + [0] * 5), 110, 130, 0.001)
    assert (found.began, found.ended) == (100.0, 140.0)


def test_what_was_long_before_or_begins_long_after_is_another_matter():
    bad = [9, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [0] * 10 + [50, 50] + [0] * 10 + [70]
    found = impact_of(intervals(bad), 205, 215, 0.001)
    assert (found.began, found.ended) == (200.0, 220.0)


def test_what_fails_always_is_no_impact():
    always = [4] * 20
    assert impact_of(intervals(always), 100, 150, 0.001) is None
    found = impact_of(intervals([4] * 12 + [40, 40] + [4] * 6), 121, 150, 0.001)
    assert (found.began, found.ended) == (120.0, 140.0)


def test_one_that_is_noticed_late_has_its_whole_beginning():
    """Half of what is known of before is of the incident itself."""
    found = impact_of(intervals([0, 0, 0, 32, 100, 100, 100, 60, 0]), 60, 80, 0.001)
    assert (found.began, found.ended) == (30.0, 80.0)


def test_a_single_failure_of_many_is_none():
    assert impact_of(intervals([0] * 10 + [1] * 5), 100, 150, 0.01) is None
    assert impact_of([], 0, 10, 0.01) is None
    assert impact_of(intervals([0] * 10, asked=0), 50, 60, 0.01) is None


def test_one_that_was_bad_from_the_first_interval_on_began_before():
    assert impact_of(intervals([50, 50, 0]), 15, 20, 0.001).is_cut


def test_over_all_kinds():
    assert together([]) is None
    first, second = Impact(10, 20, 2, False), Impact(5, 15, 1, True)
    assert together([first, second]) == Impact(5, 20, 1, True)
