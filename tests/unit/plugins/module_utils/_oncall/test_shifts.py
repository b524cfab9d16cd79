from __future__ import annotations

from datetime import timedelta

from ansible_collections.pafar.runbook.plugins.module_utils._oncall.shifts import (
    Shift,
    Shifts,
    Span,
    gaps,
    on_call,
    overlaps,
    replaced,
    since,
    until,
)

from support.incident_events import START


def at(hours):
    return START + timedelta(hours=hours)


def shift(start, end, person="ada"):
    return Shift(at(start), at(end), person)


def test_a_shift_begins_at_its_start_and_has_ended_at_its_end():
    shifts = Shifts([shift(0, 8), shift(8, 16, "bob")])
    people = [(found.person if found else "") for found in map(shifts.at, map(at, (-1, 0, 7.99, 8, 15.99, 16)))]
    assert people == ["", "ada", "ada", "bob", "bob", ""]
    long = Shifts([shift(0, 100), shift(1, 2, "bob")])
    assert [long.at(at(hour)).person for hour in (0.5, 1.5, 3)] == ["ada", "bob", "ada"]
    for cover in ("abe", "zoe"):
        covered = Shifts([shift(0, 168), shift(0, 24, cover), shift(48, 72, cover)])
        assert [covered.at(at(hour)).person for hour in (12, 36, 60, 90)] == [cover, "ada", cover, "ada"]


def test_the_first_layer_that_has_somebody_counts():
    layers = [Shifts([shift(0, 8)]), Shifts([shift(0, 24, "bob")])]
    assert [on_call(layers, at(hour)).person for hour in (4, 9)] == ["ada", "bob"]
    assert on_call(layers, at(24)) is None


def test_until_is_over_shifts_that_follow_each_other():
    layers = [Shifts([shift(0, 8), shift(8, 16), shift(16, 24, "bob")])]
    assert until(layers, at(1)) == at(16)
    assert until(layers, at(30)) is None
    assert until([Shifts([]), *layers], at(17)) == at(24)


def test_gaps_and_overlaps_are_found():
    layers = [Shifts([shift(0, 8), shift(9, 16)])]
    assert gaps(layers, at(0), at(18)) == [Span(at(8), at(9)), Span(at(16), at(18))]
    assert gaps([*layers, Shifts([shift(0, 99, "bob")])], at(0), at(18)) == []
    assert gaps([], at(0), at(1)) == [Span(at(0), at(1))]
    both = Shifts([shift(0, 8), shift(7, 16, "bob"), shift(15, 17, "bob")])
    assert overlaps(both, at(0), at(99)) == [Span(at(7), at(8), ("ada", "bob"))]
    long = Shifts([shift(0, 24), shift(2, 3, "bob"), shift(5, 6, "eve")])
    assert overlaps(long, at(0), at(5.5)) == [Span(at(2), at(3), ("ada", "bob")), Span(at(5), at(5.5), ("ada", "eve"))]
    three = Shifts([shift(0, 4), shift(1, 3, "bob"), shift(2, 5, "eve")])
    assert [len(span.people) for span in overlaps(three, at(0), at(9))] == [2, 3, 2]


def test_an_override_takes_its_time_and_no_more():
    found = replaced([shift(0, 8), shift(8, 16, "bob")], [shift(6, 10, "eve"), shift(7, 9, "mallory")])
    assert found == [shift(0, 6), shift(6, 7, "eve"), shift(7, 9, "mallory"), shift(9, 10, "eve"), shift(10, 16, "bob")]


def test_since_when_a_person_is_on_call_over_shifts_that_follow_each_other():
    layers = [Shifts([shift(2, 4, "bob")]), Shifts([shift(0, 8), shift(8, 10), shift(12, 14)])]
    begins = [since(layers, at(hour)) for hour in (-1, 1, 3, 4, 9, 11, 13, 15)]
    assert begins == [None, at(0), at(2), at(4), at(4), at(10), at(12), at(14)], "also since when no person is"
