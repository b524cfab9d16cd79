"""Dates of logs: whole texts, numbers, zones; the forms of lines are in test_forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import (
    Zone,
    date_of,
    of_number,
    unclear_zone,
    whole_date,
)

AT = 1795488004.0  # 2026-11-24 02:40:04 UTC
HERE = Zone(0.0, AT)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-24T02:40:04Z", AT), ("24/Nov/2026:02:40:04 +0000", AT), ("Tue, 24 Nov 2026 02:40:04 GMT", AT),
        ("1795488004", AT), ("1795488004123", AT + 0.123), ("Nov 24 02:40:04", AT), ("20261124T024004Z", AT),
        ("2026-11-24", None), ("02:40:04", None), ("of 2026-11-24T02:40:04Z", None), ("12345", None), ("", None),
        ("2026-13-24T02:40:04Z", None), ("2026-11-24T25:40:04Z", None),
    ],
)  # fmt: skip
def test_a_text_that_is_a_date_and_nothing_else(text, at):
    assert whole_date(text, HERE) == (pytest.approx(at) if at is not None else None)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("CET", 1), ("CEST", 2), ("EST", -5), ("JST", 9), ("UTC", 0), ("-03", -3), ("+0530", 5.5), ("SGT", 8),
        ("PKT", 5), ("WIB", 7), ("SAST", 2), ("EAT", 3), ("NPT", 5.75), ("BRT", -3), ("BST", 1), ("PST", -8),
    ],
)  # fmt: skip
def test_zones_that_a_line_names(zone, hours):
    assert date_of(f"2026-11-24 02:40:04 {zone} [7] LOG:  x", HERE) == AT - 3600 * hours


def own(name, hours):
    return Zone(0.0, AT, None, lambda shown, dummy: 3600.0 * hours if shown == name else None)


@pytest.mark.parametrize(
    "line", ["2026-11-24 02:40:04.123 {} [7] LOG:  x", "2026-11-24 02:40:04 {} x", "24 Nov 2026 02:40:04 {}"]
)
@pytest.mark.parametrize(("name", "hours"), [("CST", 8), ("CST", -6), ("IST", 5.5), ("IST", 1), ("AST", -4)])
def test_a_zone_of_several_is_that_of_the_host_or_not_known(name, hours, line):
    shown = line.format(name)
    assert date_of(shown, own(name, hours)) == pytest.approx(AT - 3600 * hours, abs=0.2)
    assert date_of(shown, own("CET", 1)) is None
    assert unclear_zone(shown) == name
    # What no zone of that name has is another one.
    assert date_of(shown, own(name, 3.5)) is None
    # Whether a line says a time is asked without a zone.
    assert date_of(shown, Zone()) is not None


def test_pst_is_of_america_but_on_a_host_of_the_philippines():
    line = "2026-11-24 02:40:04 PST [7] LOG:  x"
    assert (date_of(line, own("CET", 1)), date_of(line, own("PST", 8))) == (AT + 8 * 3600, AT - 8 * 3600)


@pytest.mark.parametrize(
    "line", ["2026-11-24 02:40:04 CET x", "2026-11-24 02:40:04 LIST x", "x in CST", "02:40:04 IST=1"]
)
def test_a_line_without_such_a_zone_has_no_unclear_one(line):
    assert unclear_zone(line) == ""


def test_a_word_that_is_no_zone_leaves_the_time_as_it_is_meant():
    assert date_of("2026-11-24 02:40:04 INFO x", Zone(3600.0, AT)) == AT - 3600


def test_a_place_is_looked_up_where_the_line_names_one():
    zone = Zone(0.0, AT, None, lambda place, clock: clock * 0 + 7200.0 if place == "Africa/Cairo" else None)
    assert date_of("[24-Nov-2026 02:40:04 Africa/Cairo] PHP Warning:  x", zone) == AT - 7200
    assert date_of("[24-Nov-2026 02:40:04 No/Where] PHP Warning:  x", zone) == AT


@pytest.mark.parametrize(
    "line", ["at 2026-11-24 02:40:04 it failed", "11/24/2026 02:40:04 x", "02:40:04 x", "[12345.678901] x"]
)
def test_what_is_no_date_of_the_line_is_none(line):
    assert date_of(line, HERE) is None


@pytest.mark.parametrize(
    "line",
    [
        "user 7 paid, date=2026-11-23T00:00:00Z", 'level=info msg="trip booked" date=2026-12-24T10:00:00Z',
        'level=info msg="trip booked" time=2026-01-05T10:00:00Z', "payment of ts=1795400000 failed",
    ],
)  # fmt: skip
def test_a_date_that_a_line_speaks_of_is_none_of_its_own(line):
    assert date_of(line, HERE) is None


@pytest.mark.parametrize(
    "line",
    [
        "level=info caller=x.go:7 ts=2026-11-24T02:40:04Z msg=x", "user=a,db=b,time=2026-11-24 02:40:04 UTC LOG:  x",
        "<6>[app] level=info time=2026-11-24T02:40:04Z", "level=info msg=x time=2026-11-24T02:40:04Z",
        "Nov 24 02:40:04 web app[7]: upstream said [01/Nov/2026:09:00:00 +0000] x",
        "Nov 24 02:40:04 web nginx: 10.0.0.9 - - [24/Nov/2026:02:40:04 +0000] x",
        "shop.example 10.0.0.9 - ana [24/Nov/2026:02:40:04 +0000] x",
    ],
)  # fmt: skip
def test_the_time_of_a_line_stands_before_what_it_speaks_of(line):
    assert date_of(line, HERE) == AT


@pytest.mark.parametrize("text", ["PM|ERROR|x", "PM; x", "PM> x", "PM) x", "PM x"])
def test_the_half_of_the_day_counts_whatever_stands_behind_it(text):
    assert date_of(f"Nov 23 10:00:00 {text}", HERE) == AT - 4 * 3600 - 40 * 60 - 4
    assert date_of("Nov 23 10:00:00 pm-01 x", HERE) == AT - 16 * 3600 - 40 * 60 - 4


@pytest.mark.parametrize(("number", "at"), [(12, None), (1795488004, AT), (1795488004000000000, AT), (-1, None)])
def test_numbers_that_are_moments(number, at):
    assert of_number(number) == at


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("2026-11-24 02:40:04 PM ERROR x", 14), ("2026/11/24 2:40:04 AM ERROR x", 2), ("2026-11-24 12:40:04 am x", 0),
        ("2026-11-24T02:40:04.000 p.m. x", 14), ("24.11.2026, 2:40:04 PM x", 14), ("Nov 24 2026 02:40:04PM x", 14),
        ("24/Nov/2026 02:40:04 PM x", 14), ("[2026-11-24 02:40:04 PM] x", 14), ("2026-11-24 14:40:04 PM x", 14),
        ("2026-11-24 02:40:04 PMC x", 2), ("2026-11-24 02:40:04 AMQP x", 2), ("2026-11-24 12:40:04 PM x", 12),
    ],
)  # fmt: skip
def test_clocks_of_twelve_hours(line, hour):
    assert date_of(line, HERE) == AT + 3600 * (hour - 2)


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("Tue Nov 24 2026 02:40:04 GMT+0100 (Central European Standard Time) x", 1), ("2026-11-24 02:40:04 UTC+2 x", 2),
        ("2026-11-24T02:40:04.000 GMT-05:30 x", -5.5), ("2026-11-24 02:40:04 UTC-3 [7] LOG:  x", -3),
        ("24/Nov/2026:02:40:04 GMT+1 x", 1), ("Nov 24 2026 02:40:04 CET x", 1), ("2026-11-24 02:40:04 UTC x", 0),
        ("11/24/2026 2:40:04 AM +01:00 x", 1), ("2026-11-24 02:40:04 GMT +0100 x", 0),
    ],
)  # fmt: skip
def test_offsets_behind_utc_and_gmt(line, hours):
    assert date_of(line, HERE) == AT - 3600 * hours


@pytest.mark.parametrize("zone", [Zone(3600.0, AT), Zone(0.0, AT, lambda dummy: 3600.0), Zone(0.0, AT)])
def test_iis_writes_utc_whatever_the_clock_of_the_host_shows(zone):
    line = "2026-11-24 02:40:04 10.0.0.1 GET /x - 443 - 10.0.0.9 Mozilla/5.0 - 200 0 0 15"
    assert date_of(line, zone) == AT
    assert date_of("2026-11-24 02:40:04 10.0.0.1 asked for /x", zone) == AT - zone.east(0.0)


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("Tue Nov 24 02:40:04 UTC 2026 ERROR x", AT), ("Mon Nov 23 21:40:04 EST 2026: ERROR x", AT),
        ("Tue Nov 24 02:40:04 AM UTC 2026 ERROR x", AT), ("Tue Nov 24 02:40:04 PM UTC 2026 x", AT + 43_200),
        ("Tue Nov 24 02:40:04 2026 x", AT), ("Tue Nov 24 05:40:04 +03 2026 x", AT),
        ("Tue 24 Nov 02:40:04 GMT 2026 x", AT), ("Tue 24 Nov 2026 02:40:04 AM UTC x", AT),
        ("Tue Nov 24 02:40:04 UTC 2020 x", 1606185604.0), ("Nov 24 02:40:04 AM ERROR x", AT),
        ("Nov 23 02:40:04 PM ERROR x", AT - 43_200), ("Tue Nov 24 02:40:04 host app[1]: x", AT),
        ("Nov 24 02:40:04 2001 app: x", AT), ("Nov 24 02:40:04 amos app: x", AT),
        ("Nov 24 02:40:04 pm-01 sshd[1]: x", AT), ("Nov 24 02:40:04 am.example app: x", AT),
    ],
)  # fmt: skip
def test_a_year_at_the_end_and_a_half_of_the_day(line, at):
    assert date_of(line, HERE) == pytest.approx(at)


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("05/11/2026, 10:00:00 pm x", "2026-11-05"), ("05/11/2026, 10:00:00 PM x", "2026-05-11"),
        ("11/23/2026, 10:00:00 PM x", "2026-11-23"), ("23/11/2026 10:00:00 pm x", "2026-11-23"),
        ("05/11/2026 10:00:00 pm x", None), ("11/23/2026 10:00:00 pm x", "2026-11-23"),
        ("23/11/2026 10:00:00 PM x", "2026-11-23"), ("12/11/2026 10:00:00 PM x", "2026-11-12"),
        ("11/12/2026 10:00:00 pm x", "2026-11-12"),
        ("12/30/2026 10:00:00 PM x", None), ("13/13/2026 10:00:00 PM x", None),
    ],
)  # fmt: skip
def test_which_of_two_numbers_is_the_month(line, date):
    """By what the country of AM and am writes first, unless that is no date, or one that is still to come."""
    at = date_of(line, HERE)
    assert (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d") if at is not None else None) == date
