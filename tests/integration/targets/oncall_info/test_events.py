"""Whom an event means, and at which time: what is not known is left out and said, never guessed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.io.ical import shifts_of_calendar
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.io.rendered import shifts_of_json
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.people import Person
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.shifts import Shifts, gaps, overlaps

from support.feeds import calendar, rotation_feed
from support.modules import run_module

BEGIN, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
KNOWN = [Person("Ada Lovelace", mail="ada@example.org", zone="Asia/Kolkata"), Person("bob", slack="U0BOB")]
WHOLE = ["DTSTART:20261101T000000Z", "DTEND:20261201T000000Z"]


def read(*events, zone=None, head=()):
    return shifts_of_calendar(calendar(*events, head=head), KNOWN, zone, BEGIN, END)


@pytest.mark.parametrize(
    ("summary", "person"),
    [
        ("Ada Lovelace on call", "Ada Lovelace"), ("[L1] bob", "bob"), ("On Call - ada  lovelace - EU", "Ada Lovelace"),
        ("ada@example.org On-Call", "Ada Lovelace"), ("Bobby", "Bobby"), ("Ada Lovelace, bob", "Ada Lovelace, bob"),
    ],
)  # fmt: skip
def test_an_event_names_a_person_in_whole_words(summary, person):
    ((shift,), problems) = read([*WHOLE, f"SUMMARY:{summary.replace(',', chr(92) + ',')}"])
    assert (shift.person, problems) == (person, [])


FLOATING = ["DTSTART:20261102T090000", "DTEND:20261103T090000"]
ALL_DAY = ["DTSTART;VALUE=DATE:20261102", "DTEND;VALUE=DATE:20261103"]


@pytest.mark.parametrize(
    ("times", "zone", "head", "start"),
    [
        (FLOATING, "Europe/Berlin", (), "2026-11-02 08:00"),  # of the step
        (FLOATING, None, ("X-WR-TIMEZONE:America/New_York",), "2026-11-02 14:00"),  # of the calendar
        (FLOATING, None, (), "2026-11-02 03:30"),  # of the person
        (ALL_DAY, None, (), "2026-11-01 18:30"),
        (ALL_DAY, "America/St_Johns", (), "2026-11-02 03:30"),
    ],
)
def test_a_time_without_a_zone(times, zone, head, start):
    ((shift,), problems) = read([*times, "SUMMARY:Ada Lovelace"], zone=ZoneInfo(zone) if zone else None, head=head)
    assert (f"{shift.start:%Y-%m-%d %H:%M}", problems) == (start, [])


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ([*FLOATING, "SUMMARY:bob"], "the event 'bob' has no time zone: set zone, so it is left out"),
        ([*ALL_DAY, "SUMMARY:bob"], "the event 'bob' has no time zone: set zone, so it is left out"),
        (
            [line.replace(":2026", ";TZID=Mars/North:2026") for line in FLOATING] + ["SUMMARY:Ada Lovelace"],
            "the event 'Ada Lovelace' has the time zone 'Mars/North', which is not known, so it is left out",
        ),
        (["SUMMARY:x"], "the event 'x' cannot be read (KeyError"),
        (["DTSTART:junk", "SUMMARY:x"], "the event 'x' cannot be read ("),
        ([*WHOLE, "RRULE:FREQ=OFTEN", "SUMMARY:x"], "the event 'x' cannot be read ("),
        (["DTSTART:20261103T090000Z", "DTEND:20261102T090000Z", "SUMMARY:x"], "the event 'x' ends before it begins"),
        (["DTSTART:20261103T090000Z", "DURATION:-P1D", "SUMMARY:x"], "the event 'x' ends before it begins"),
        (
            ["DTSTART;VALUE=DATE:20261103", "DTEND;VALUE=DATE:20261102", "SUMMARY:x"],
            "ends before it begins",
        ),
        (
            ["DTSTART:20261103T090000Z", "DTEND;TZID=Mars/North:20261104T090000", "SUMMARY:x"],
            "the event 'x' has the time zone 'Mars/North', which is not known, so it is left out",
        ),
        (["DTSTART:20261103T090000Z", "SUMMARY:bob"], "the event 'bob' has no end, so it is left out"),
        ([*WHOLE, "RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY;INTERVAL=2", "SUMMARY:x"], "the event 'x' has an EXRULE"),
    ],
)
def test_an_event_that_is_not_understood_is_named_and_costs_no_other(event, words):
    shifts, problems = read(event, [*WHOLE, "SUMMARY:bob"])
    assert [shift.person for shift in shifts] == ["bob"]
    assert len(problems) == 1
    assert words in problems[0]


@pytest.mark.parametrize(
    "event", [["DTSTART:20261103T090000Z", "SUMMARY:hand-over meeting"], ["DTSTART:20260901T090000Z", "SUMMARY:bob"]]
)
def test_a_note_in_the_calendar_and_what_is_long_past_are_no_problem(event):
    shifts, problems = read(event, [*WHOLE, "SUMMARY:bob"])
    assert ([shift.person for shift in shifts], problems) == (["bob"], [])


ADA, BOB = "mailto:ada@example.org", "mailto:bob@example.org"
TWO = [Person("Ada Lovelace", mail="ada@example.org"), Person("bob", mail="bob@example.org")]


@pytest.mark.parametrize(
    ("attendees", "summary", "person"),
    [
        ([f"ATTENDEE:{ADA}"], "on call", "Ada Lovelace"),
        ([f"ATTENDEE;PARTSTAT=DECLINED:{ADA}", f"ATTENDEE:{BOB}"], "on call", "bob"),
        ([f"ATTENDEE;PARTSTAT=DECLINED:{ADA}"], "bob on call", "bob"),
        ([f"ATTENDEE:{ADA}", f"ATTENDEE:{BOB}"], "bob on call", "bob"),
        ([f"ATTENDEE:{ADA}", f"ATTENDEE:{BOB}"], "on call", "Ada Lovelace, bob"),  # no one person
        ([f"ATTENDEE:{ADA}", "ATTENDEE:mailto:room7@example.org"], "on call", "Ada Lovelace"),
        ([f"ATTENDEE;PARTSTAT=DELEGATED:{ADA}", f"ATTENDEE:{BOB}"], "Ada Lovelace on call", "bob"),
        (["ATTENDEE;CN=Ada;EMAIL=ada@example.org:/aMTA1/principal/"], "on call", "Ada Lovelace"),  # of Apple
        (['ATTENDEE;CN="Ada Lovelace":invalid:nomail'], "on call", "Ada Lovelace"),  # of Exchange
        (['ATTENDEE;CN="Ada Lovelace":mailto:ada@example.com'], "on call", "on call"),  # perhaps another Ada
    ],
)
def test_the_attendee_who_has_not_declined_is_on_call_and_of_several_the_one_of_the_summary(attendees, summary, person):
    body = calendar([*WHOLE, *attendees, f"SUMMARY:{summary}"])
    ((shift,), problems) = shifts_of_calendar(body, TWO, None, BEGIN, END)
    assert (shift.person, problems) == (person, [])


def test_who_has_declined_is_not_on_call_by_the_summary_either():
    """The one who is called would have to find another person; the next step is called at once."""
    past = ["DTSTART:20260901T000000Z", "DTEND:20260902T000000Z"]
    declined = [f"ATTENDEE;PARTSTAT=DECLINED:{ADA}", "SUMMARY:Ada Lovelace on call"]
    shifts, problems = shifts_of_calendar(calendar([*WHOLE, *declined], [*past, *declined]), TWO, None, BEGIN, END)
    assert shifts == []
    assert problems == [
        "the event 'Ada Lovelace on call' has no person, since Ada Lovelace has declined, so it is left out"
    ]


DEFINITION = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:19701101T020000
TZOFFSETFROM:{summer}
TZOFFSETTO:{winter}
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:{winter}
TZOFFSETTO:{summer}
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE"""
BERLIN, NEW_YORK = {"summer": "+0200", "winter": "+0100"}, {"summer": "-0400", "winter": "-0500"}


@pytest.mark.parametrize(
    ("used", "defined"),
    [
        ("Customized Time Zone", "Customized Time Zone"), ("/x.test/Mars/Base", "/x.test/Mars/Base"),
        ('"(UTC+01:00) Here, there"', "(UTC+01:00) Here\\, there"),
        ("W. Europe Standard Time", "W. Europe Standard Time"), ("Folded", "Fold\n ed"),
    ],
)  # fmt: skip
def test_a_zone_that_a_calendar_defines_is_that_of_no_other_calendar(used, defined):
    """Two of one name in the feeds of one site; and a third feed that has the name alone."""
    event = [f"DTSTART;TZID={used}:20261102T090000", f"DTEND;TZID={used}:20261103T090000", "SUMMARY:bob"]
    own = [DEFINITION.format(name=defined, **hours).split("\n") for hours in (BERLIN, NEW_YORK)]
    starts = [f"{read(event, head=head)[0][0].start:%H:%M}" for head in (*own, *own)]
    assert starts == ["08:00", "14:00"] * 2
    after = calendar(event).decode().replace("END:VCALENDAR", "\r\n".join([*own[1], "END:VCALENDAR"]))
    ((shift,), problems) = shifts_of_calendar(after.encode(), KNOWN, None, BEGIN, END)
    assert (shift.start.hour, problems) == (14, []), "it is defined after its use"
    shifts, problems = read(event)
    if used == "W. Europe Standard Time":  # a name that is known without a definition
        assert [shift.start.hour for shift in shifts] == [8]
    else:
        assert (shifts, f"has the time zone {used.strip(chr(34))!r}, which is not known" in problems[0]) == ([], True)


def test_a_zone_that_the_host_knows_has_its_rules():
    event = [f"{name};TZID=Europe/Berlin:2026110{day}T090000" for name, day in (("DTSTART", 2), ("DTEND", 3))]
    wrong = DEFINITION.format(name="Europe/Berlin", **NEW_YORK).split("\n")
    assert read([*event, "SUMMARY:bob"], head=wrong)[0][0].start.hour == 8


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("TZOFFSETTO:+0100\n", ""), ("YEARLY", "OFTEN"), ("YEARLY", "SECONDLY"), ("19701101T020000", "x"),
        ("+0100", "abc"), ("TZID:Ours\n", ""),
    ],
)  # fmt: skip
def test_a_definition_of_a_zone_that_is_broken_costs_the_times_in_it_alone(part, instead):
    event = [f"{name};TZID=Ours:2026110{day}T090000" for name, day in (("DTSTART", 2), ("DTEND", 3))]
    head = DEFINITION.format(name="Ours", **BERLIN).replace(part, instead, 1).split("\n")
    shifts, problems = read([*event, "SUMMARY:Ada Lovelace"], [*WHOLE, "SUMMARY:bob"], head=head)
    assert [shift.person for shift in shifts] == ["bob"]
    assert problems == ["the event 'Ada Lovelace' has the time zone 'Ours', which is not known, so it is left out"]


def test_the_zone_of_the_step_counts_more_than_that_of_the_calendar_for_times_without_one_alone():
    head, zone = ("X-WR-TIMEZONE:America/New_York",), ZoneInfo("Europe/Berlin")
    for times in (FLOATING, ALL_DAY):
        ((shift,), dummy) = read([*times, "SUMMARY:bob"], zone=zone, head=head)
        assert shift.start.astimezone(zone).date() == date(2026, 11, 2)
        assert shift.start.astimezone(zone).hour == (9 if times is FLOATING else 0)
    rule = ["DTSTART:20261005T130000Z", "DTEND:20261005T140000Z", "RRULE:FREQ=WEEKLY", "SUMMARY:bob"]
    with_zone, without = read(rule, zone=zone, head=head), read(rule, head=head)
    assert with_zone == without, "what is in UTC is not the step's"


def test_a_file_of_several_calendars_is_read_whole_or_not_at_all():
    both = [calendar([*times, f"SUMMARY:{name}"]) for times, name in ((WHOLE, "bob"), (WHOLE, "Ada Lovelace"))]
    shifts, problems = shifts_of_calendar(b"".join(both), KNOWN, None, BEGIN, END)
    assert ([shift.person for shift in shifts], problems) == (["Ada Lovelace", "bob"], [])
    for head in (b"", b"\xef\xbb\xbf"):
        with pytest.raises(InputError, match="it is cut off"):
            shifts_of_calendar(head + both[0] + both[1][:-20], KNOWN, None, BEGIN, END)
        assert len(shifts_of_calendar(head + both[0], KNOWN, None, BEGIN, END)[0]) == 1


FIRST = ["DTSTART:20261102T090000Z", "DTEND:20261109T090000Z", "SUMMARY:Ada Lovelace"]
SECOND = ["DTSTART:20261109T090000Z", "DTEND:20261116T090000Z", "SUMMARY:bob"]


@pytest.mark.parametrize(
    ("first", "second", "people"),
    [
        (["UID:same"], ["UID:same"], ["Ada Lovelace", "bob"]),
        (["UID:"], ["UID:"], ["Ada Lovelace", "bob"]),
        ([], [], ["Ada Lovelace", "bob"]),
        (["UID:same", "SEQUENCE:1"], ["UID:same", "SEQUENCE:2"], ["bob"]),  # a later version of the same event
        (["UID:same"], ["UID:same", "RECURRENCE-ID:20261102T090000Z"], ["bob"]),  # an exception of it
    ],
)
def test_no_shift_is_lost_where_events_have_one_uid_or_none(first, second, people):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"]
    for own, event in ((first, FIRST), (second, SECOND)):
        lines += ["BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", *own, *event, "END:VEVENT"]
    body = "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()
    shifts, problems = shifts_of_calendar(body, TWO, None, BEGIN, END)
    assert ([shift.person for shift in shifts], problems) == (people, [])


ROW = {"start": "2026-11-02T09:00:00Z", "end": "2026-11-09T09:00:00Z", "person": "bob"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({**ROW, "person": None}, "row 2 has no person (person)"), ({**ROW, "end": None}, "row 2 has no end (end)"),
        ({**ROW, "end": "2026-11-01T09:00:00Z"}, "row 2 ends before it begins"),
        ({**ROW, "start": "soon"}, "row 2 cannot be read (ValueError"), ({**ROW, "start": True}, "row 2 cannot be"),
        ({**ROW, "start": "2026-11-02T09:00:00"}, "row 2 has no time zone in '2026-11-02T09:00:00': set zone"),
        (None, "row 2 has no start"), ("x", "row 2 has no start"), ({**ROW, "start": 1e30}, "row 2 cannot be read"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_understood_is_named_and_costs_no_other(row, words):
    shifts, problems = shifts_of_json(json.dumps([ROW, row]).encode(), {}, TWO, None)
    assert [shift.person for shift in shifts] == ["bob"]
    assert (len(problems), words in problems[0], problems[0].endswith("so it is left out")) == (1, True, True)
    with pytest.raises(InputError, match="it has no shifts"):
        shifts_of_json(json.dumps([row]).encode(), {}, TWO, None)
    problems = shifts_of_json(json.dumps([ROW, *[row] * 9]).encode(), {}, TWO, None)[1]
    assert (len(problems), problems[-1]) == (6, "4 rows more")


@pytest.mark.parametrize(
    ("person", "name"),
    [(["bob"], "bob"), (["bob", "bob@example.org"], "bob"), (["ada@example.org", "bob"], "Ada Lovelace, bob"),
     (["zoe", "bob"], "zoe, bob")],
)  # fmt: skip
def test_a_list_of_people_in_a_row_is_one_person_or_none(person, name):
    ((shift,), problems) = shifts_of_json(json.dumps([{**ROW, "person": person}]).encode(), {}, TWO, None)
    assert (shift.person, problems) == (name, [])


@pytest.mark.parametrize("start", [1793610000, "1793610000", " 1793610000000 ", "20261102T090000Z", "2026-11-02"])
def test_a_time_in_a_row_may_be_seconds_or_milliseconds_also_as_text(start):
    ((shift,), problems) = shifts_of_json(json.dumps([{**ROW, "start": start}]).encode(), {}, TWO, ZoneInfo("UTC"))
    assert (f"{shift.start:%Y-%m-%d}", problems) == ("2026-11-02", [])


@pytest.mark.parametrize("form", ["dtend", "duration", "hours", "windows", "floating", "all-day"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
def test_no_form_of_a_weekly_rotation_has_a_gap_or_two_people(form, zone):
    since, until = datetime(2026, 2, 10, tzinfo=UTC), datetime(2027, 2, 10, tzinfo=UTC)
    people = [Person(name) for name in ("ada", "bob", "eve")]
    body = rotation_feed(form, zone, date(2026, 2, 9), [person.name for person in people])
    shifts, problems = shifts_of_calendar(body, people, ZoneInfo(zone), since, until)
    assert (problems, gaps([Shifts(shifts)], since, until), overlaps(Shifts(shifts), since, until)) == ([], [], [])
    hours = {shift.start.astimezone(ZoneInfo(zone)).hour for shift in shifts}
    assert hours == {0 if form == "all-day" else 9}


def test_who_is_not_in_the_inventory_covers_no_time(tmp_path):
    path = tmp_path / "team.ics"
    path.write_bytes(calendar([*WHOLE, "SUMMARY:zoe"]))
    layer = {"zone": "UTC", "starts": "2026-01-05", "people": ["zoe"]}
    found = run_module(
        "oncall_info", people=[{"name": "bob", "slack": "U0BOB"}], at="2026-11-10T12:00:00.000000Z", ahead=5,
        copies=str(tmp_path / "copies"),
        oncall={"primary": {"ical": str(path)}, "secondary": {"layers": [layer, {**layer, "people": ["BOB"]}]}},
    )  # fmt: skip
    primary, secondary = found["steps"]
    assert (primary["person"], primary["why"]) == ("", "zoe is not in runbook_people")
    assert [(gap["step"], gap["start"]) for gap in found["gaps"]] == [("primary", "2026-11-10T12:00:00.000000Z")]
    assert (secondary["person"], secondary["why"]) == ("bob", "")
    assert "a rotation names zoe, who is not in runbook_people" in found["problems"]


def test_who_is_in_the_inventory_and_cannot_be_reached_is_said_to_be_so(tmp_path):
    path = tmp_path / "team.ics"
    path.write_bytes(calendar([*WHOLE, "SUMMARY:Zoe on call"]))
    found = run_module(
        "oncall_info",
        people=[{"name": "bob", "slack": "U0BOB"}, {"name": "Zoe on call", "login": "zz", "slack": "@zoe"}],
        at="2026-11-10T12:00:00.000000Z", ahead=5, copies=str(tmp_path / "copies"),
        oncall={"primary": {"ical": str(path)},
                "secondary": {"layers": [{"zone": "UTC", "starts": "2026-01-05", "people": ["zz"]}]}},
    )  # fmt: skip
    assert [row["why"] for row in found["steps"]] == ["Zoe on call cannot be reached", "zz cannot be reached"]
    for text in ("a rotation names zz, who cannot", "primary: the feed names 'Zoe on call', who cannot"):
        assert f"{text} be reached" in found["problems"]
