"""A rotation in local wall time, at every quarter of an hour of two years in five zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.rotation import Hours, Layer, Override, shifts_of
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.shifts import Shifts

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns")
PEOPLE = ("ada", "bob", "eve")
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def layer(zone="Europe/Berlin", **options):
    given = {"starts": date(2025, 12, 1), "people": PEOPLE, "hand_over": time(9), **options}
    return Layer("week", ZoneInfo(zone), **given)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("turn", [1, 7])
def test_each_moment_has_one_person_and_each_change_is_at_the_local_hour(zone, turn):
    """The expected person is told by local days alone: those since the start, before the hour one fewer."""
    place = ZoneInfo(zone)
    shifts = shifts_of(layer(zone, turn=turn), BEGIN, END)
    asked = Shifts(shifts)
    moment = BEGIN
    while moment < END:
        local = moment.astimezone(place)
        days = (local.date() - date(2025, 12, 1)).days - (local.time() < time(9))
        assert asked.at(moment).person == PEOPLE[days // turn % 3], moment
        moment += timedelta(minutes=15)
    assert all(before.end == after.start for before, after in pairwise(shifts))
    assert {shift.start.astimezone(place).time() for shift in shifts} == {time(9)}


def test_an_hour_that_does_not_exist_or_exists_twice_changes_once():
    """Berlin: 2026-03-29 has no 02:30, 2026-10-25 has it twice."""
    shifts = shifts_of(layer(turn=1, hand_over=time(2, 30)), BEGIN, END)
    starts = {shift.start for shift in shifts}
    assert datetime(2026, 3, 29, 1, 30, tzinfo=UTC) in starts
    assert datetime(2026, 10, 25, 0, 30, tzinfo=UTC) in starts
    assert datetime(2026, 10, 25, 1, 30, tzinfo=UTC) not in starts
    assert all(before.end == after.start for before, after in pairwise(shifts))


def test_overrides_are_local_or_with_an_offset():
    night = Override(datetime(2026, 3, 28, 22), datetime(2026, 3, 29, 7), "mallory")
    offset = Override(datetime(2026, 4, 1, 12, tzinfo=UTC), datetime(2026, 4, 1, 13, tzinfo=UTC), "trent")
    asked = Shifts(shifts_of(layer(overrides=(night, offset)), BEGIN, END))
    day = datetime(2026, 3, 28, tzinfo=UTC)
    covered = [hour for hour in (20.9, 21, 28.9, 29) if asked.at(day + timedelta(hours=hour)).person == "mallory"]
    assert covered == [21, 28.9], "22:00 was +01:00, 07:00 is +02:00: nine hours are eight"
    assert asked.at(datetime(2026, 3, 29, 5, tzinfo=UTC)).person != "mallory"
    assert asked.at(datetime(2026, 4, 1, 12, 30, tzinfo=UTC)).person == "trent"


def test_hours_leave_the_rest_to_the_next_layer():
    work = layer(hours=(Hours(frozenset(range(5)), time(8), time(18)), Hours(frozenset({5}), time(22), time(6))))
    asked = Shifts(shifts_of(work, BEGIN, END))
    monday, sunday = datetime(2026, 6, 15, tzinfo=UTC), datetime(2026, 6, 21, tzinfo=UTC)
    covered = [hour for hour in (5.9, 6, 15.9, 16) if asked.at(monday + timedelta(hours=hour)) is not None]
    assert covered == [6, 15.9]
    assert asked.at(sunday + timedelta(hours=3)) is not None, "Saturday 22:00 to Sunday 06:00"
    assert asked.at(sunday + timedelta(hours=5)) is None


def test_hours_take_from_each_turn_what_lies_within_them():
    """Asked moment by moment: the person of the turn within the hours, and none outside of them."""
    given = [Hours(frozenset(range(7)), time(hour), time(hour, 30)) for hour in range(0, 24, 3)]
    given += [Hours(frozenset({4}), time(16), time(11)), Hours(frozenset({2}), time(10), time(10))]
    turns, part = (
        Shifts(shifts_of(layer(turn=1), BEGIN, END)),
        Shifts(shifts_of(layer(turn=1, hours=tuple(given)), BEGIN, END)),
    )
    berlin, moment, covered = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 12, tzinfo=UTC), 0
    while moment < datetime(2026, 11, 9, tzinfo=UTC):
        local = moment.astimezone(berlin)
        day, at = local.weekday(), local.time()
        within = (
            (local.hour % 3 == 0 and local.minute < 30) or (day == 4 and at >= time(16)) or (day == 5 and at < time(11))
        )
        within = within or (day == 2 and at >= time(10)) or (day == 3 and at < time(10))
        expected = turns.at(moment).person if within else None
        found = part.at(moment)
        if local.date() != date(2026, 10, 25):  # that night 02:00 to 03:00 are there twice
            assert (found.person if found else None) == expected, moment
        covered += found is not None
        moment += timedelta(minutes=15)
    assert covered > 900


def test_without_people_or_before_its_start_a_layer_has_nobody():
    assert shifts_of(layer(people=()), BEGIN, END) == []
    assert Shifts(shifts_of(layer(starts=date(2027, 1, 4)), BEGIN, END)).at(datetime(2026, 6, 1, tzinfo=UTC)) is None
