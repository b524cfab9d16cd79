from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._impact.counted import Counter
from ansible_collections.pafar.runbook.plugins.module_utils._prometheus.answers import Series

OK, FAILED = (("outcome", "ok"),), (("outcome", "failed"),)


def line(labels, *points):
    return Series(labels, tuple((float(at), float(value)) for at, value in points))


def test_the_readings_that_cover_the_time_are_counted():
    counter = Counter([line(OK, (0, 5), (10, 15), (20, 25), (30, 35))], [line(OK, (-9, 5))])
    assert counter.between(5, 15) == (20, 5, 20)
    assert counter.between(10, 20) == (10, 10, 20)
    assert counter.between(25, 29).amount == 10
    assert counter.exactly(0, 30) == 30


def test_a_series_that_begins_within_counts_from_zero():
    """increase() leaves out what it had counted when it was first read: here all failures."""
    series = [line(OK, (0, 100), (10, 110), (20, 110)), line(FAILED, (20, 40))]
    assert Counter(series, [line(OK, (0, 100))]).between(10, 20).amount == 40
    assert Counter(series).between(10, 20).amount == 40


def test_a_series_that_was_out_of_reach_does_not():
    """Its target did not answer at the start: what it has counted long ago is no part of the incident."""
    series = [line(OK, (0, 100), (20, 120)), line(FAILED, (20, 5000))]
    assert Counter(series, [line(OK, (0, 100)), line(FAILED, (-600, 4998))]).between(0, 20).amount == 22


def test_a_counter_that_begins_again():
    counter = Counter([line(OK, (0, 100), (10, 110), (20, 7), (30, 9))], [line(OK, (0, 100))])
    assert counter.between(0, 30).amount == 10 + 7 + 2
    assert counter.restarts == [20.0]


def test_what_was_not_read_before_is_not_known():
    counter = Counter([line(OK, (100, 5000), (110, 5010))])
    assert counter.between(50, 110) == (10, 100, 110)
    assert counter.between(0, 90).amount is None
    assert Counter([]).between(0, 10).amount is None


def test_a_part_of_what_was_read_is_known_from_then_on():
    """No good request at all: the counter of all of them says that they were read."""
    asked = Counter([line(OK, (0, 100), (10, 130))], [line(OK, (0, 100))])
    assert Counter([], like=asked).between(0, 10).amount == 0
    assert Counter([line(OK, (10, 4))], like=asked).between(0, 10).amount == 4
    assert Counter([], like=Counter([])).between(0, 10).amount is None


@pytest.mark.parametrize(("until", "end"), [(15, 20), (30, 30), (400, 400)])
def test_the_reading_after_the_end(until, end):
    asked = Counter([line(OK, (0, 0), (10, 1), (20, 2), (30, 3))])
    assert asked.between(0, until, asked.times).until == end


def test_an_end_without_a_reading_soon_after_is_the_end():
    assert Counter([line(OK, (0, 0), (900, 9))], [line(OK, (0, 0))]).between(0, 100) == (0, 0, 100)
