"""What in a name may be a moment."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk import moments

DAY = 86400.0
NOV_26 = 1_795_651_200.0  # 2026-11-26 00:00 UTC


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("shop-2026-11-26.sql", "y-m-d"),
        ("shop_2026_11_26_02h00m.sql", "y-m-d"),
        ("20261126-1001.sql", "ymd"),
        ("x.26.11.2026.tar", "d-m-y"),
        ("x-11-26-2026.tar", "m-d-y"),
        ("26112026.tar", "dmy"),
        ("x-261126.tar", "yymmdd"),
        ("x-26Nov2026.tar", "d-mon-y"),
        ("x-November-26-2026.tar", "mon-d-y"),
    ],
)
def test_a_valid_date_is_one(name, form):
    dates = {moment.key[0]: moment for moment in moments.moments_in(name)}
    assert dates[form].at == NOV_26
    assert dates[form].span == DAY


@pytest.mark.parametrize(
    "name",
    ["10000001.sql", "20261301.sql", "20260230.sql", "2026-13-01.sql", "120261126.sql", "202611261.sql", "a.sql"],
)
def test_what_is_no_date_is_a_number(name):
    assert not [moment for moment in moments.moments_in(name) if moment.key[0] in ("ymd", "y-m-d")]


def test_an_epoch_and_a_moment_to_the_second():
    (epoch,) = moments.moments_in("db-1795651200.sql")
    assert (epoch.key, epoch.at) == (("epoch", 0), NOV_26)
    exact = [moment for moment in moments.moments_in("db1_20261126020304.sql") if moment.key == ("ymdhms", 1)]
    assert exact[0].at == NOV_26 + 7384


@pytest.mark.parametrize(("hours", "agrees"), [(-20, False), (-10, True), (2, True), (49, True), (60, False)])
def test_a_file_that_was_changed_on_that_day_agrees_with_its_date(hours, agrees):
    date = moments.moments_in("20261126")[0]
    assert date.agrees(NOV_26 + 3600 * hours) is agrees


@pytest.mark.parametrize(
    ("behind", "seconds", "certain"),
    [
        ("T0637.sql", 23820, True),
        ("T06:37:01Z.sql", 23821, True),
        ("_06h37m.sql", 23820, True),
        (" 06:37.sql", 23820, True),
        ("_0637.sql", 23820, False),
        ("-063701.sql", 23821, False),
        ("_06-37.sql", 23820, False),
        (" 06:37 AM.sql", 23820, True),
        (" 06:37:01 PM.sql", 23821 + 43200, True),
        ("T123701am.sql", 2221, True),
        (" 12:37 p.m..sql", 45420, True),
        ("_06-37-pm.sql", 23820 + 43200, False),
        ("T063701_pm.sql", 23821 + 43200, False),
        # No half of a day: a clock of 24 hours, a zone, or a longer word.
        ("T143701_pm.sql", 52621, True),
        ("T063701Z_pm.sql", 23821, True),
        ("_06h37m_pmt.sql", 23820, True),
    ],
)
def test_a_time_behind_a_date(behind, seconds, certain):
    name = f"shop-2026-11-26{behind}"
    time = moments.time_behind(name, moments.moments_in(name)[0])
    assert (time.seconds, time.certain) == (seconds, certain)


@pytest.mark.parametrize("behind", ["-5432.sql", ".sql", "-12.sql", "-10001.sql", "_shop.sql"])
def test_no_time(behind):
    name = f"shop-2026-11-26{behind}"
    assert moments.time_behind(name, moments.moments_in(name)[0]) is None


def test_days_of_the_week():
    assert list(moments.weekdays_in("shop.Thursday.sql")) == [(5, 13, 3)]
    assert list(moments.weekdays_in("monitor-sunny.sql")) == []
    assert moments.weekday_of(NOV_26) == 3
    assert moments.shape_of("shop-2026-11-26.Thursday.sql") == moments.shape_of("shop-2025-01-03.Friday.sql")


@pytest.mark.parametrize("half", ["AM", " PM", "_pm"])
def test_digits_that_touch_a_date_are_of_no_clock_of_24_hours_before_a_half_of_the_day(half):
    forms = {moment.key[0] for moment in moments.moments_in(f"db-20261126020304{half}.sql")}
    assert not forms & {"ymdhms", "ymdhm", "ymdh"}
