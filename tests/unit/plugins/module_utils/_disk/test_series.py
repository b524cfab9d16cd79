"""Which backups are one series: two databases are never taken for one."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.series import Backup, Series, series_of

DAY = 86400.0
NOW = 1_795_700_000.0


def form(pattern: str, days: float) -> str:
    return time.strftime(pattern, time.gmtime(NOW - DAY * days))


def files(names: Mapping[str, float]) -> list[Backup]:
    """Name to days since the last change."""
    return [
        Backup(name, 1, 1, NOW - DAY * days, place, int((NOW - DAY * days) * 1e9))
        for place, (name, days) in enumerate(names.items())
    ]


def grouped(names: Mapping[str, float], **options: object) -> dict[str, list[str]]:
    return {series.name: [backup.name for backup in series.backups] for series in all_of(names, **options)}


def all_of(names: Mapping[str, float], **options: object) -> list[Series]:
    return series_of(files(names), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [("10000001", "10000002"), ("1001", "1002"), ("5432", "5433"), ("2025", "2026")])
@pytest.mark.parametrize("place", ["{n}_{d}", "{d}-{n}", "{d}_{n}_shop", "tenant-{n}-{d}", "{d}T0200-{n}"])
@pytest.mark.parametrize("date", ["%Y%m%d", "%Y-%m-%d"])
def test_numbers_that_differ_among_files_of_one_day_are_names(number, place, date):
    names = {place.format(n=n, d=form(date, days)): days for n in number for days in range(5)}
    assert sorted(map(len, grouped(names).values())) == [5, 5]


@pytest.mark.parametrize("numbers", [("0101", "0102", "2359"), ("010101", "235959"), ("1001", "1002")])
@pytest.mark.parametrize("options", [{}, {"dated_by_name": True}])
def test_numbers_that_touch_the_date_are_names_where_no_change_follows_them_as_times(numbers, options):
    names = {f"{form('%Y%m%d', days)}{n}.sql.gz": days for n in numbers for days in range(5)}
    assert all(len(backups) == 1 for backups in grouped(names, **options).values())


def test_times_that_touch_the_date_and_that_the_changes_follow():
    twice = {f"db-{form('%Y%m%d%H%M', days)}.sql.gz": days for days in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)}
    assert [len(backups) for backups in grouped(twice).values()] == [6]
    of_several = {f"db{n}-{form('%Y%m%d%H%M%S', days)}.sql.gz": days for n in range(3) for days in range(4)}
    assert sorted(map(len, grouped(of_several).values())) == [4, 4, 4]


@pytest.mark.parametrize(
    "number", [("20260101", "20260102"), ("1795000000", "1795000001"), ("2026-01-01", "2026-01-02")]
)
def test_so_are_customers_whose_numbers_look_like_dates_or_epochs(number):
    names = {f"{n}_{form('%Y%m%d', days)}.sql": days for n in number for days in range(5)}
    assert sorted(map(len, grouped(names).values())) == [5, 5]
    alone = {f"customer-{n}.sql": 0.1 for n in number if "-" not in n}
    assert all(len(backups) == 1 for backups in grouped(alone).values())


def test_epochs_that_the_changes_follow_are_moments_and_copied_ones_are_not():
    names = {f"db-{int(NOW - DAY * days)}.sql": float(days) for days in range(6)}
    assert list(grouped(names)) == ["db-#.sql"]
    (series,) = all_of(names, zones=(0.0, 3600.0))
    assert {backup.clocks for backup in series.backups} == {(0.0, 0.0, 3600.0)}
    copied = {name: 0.01 * days for days, name in enumerate(names)}
    every = all_of(copied)
    assert len(every) == 6
    assert {series.family for series in every} == {"db-?.sql"}
    assert all(series.unsure for series in every)
    assert list(grouped(copied, dated_by_name=True)) == ["db-#.sql"]


def test_a_date_by_its_form_outlives_copying():
    names = {f"shop-{form('%Y-%m-%d', days)}.sql": 0.0 for days in range(4)}
    (series,) = all_of(names)
    assert [backup.name for backup in series.backups] == list(names)
    assert series.backups[3].at < NOW - 2 * DAY
    assert len(grouped({f"shop-{form('%Y%m%d', days)}.sql": 0.0 for days in range(9)})) == 9


@pytest.mark.parametrize("minutes", [[3, 17, 9, 44], [0, 0, 0, 0]])
def test_times_that_the_changes_follow(minutes):
    ages = [days + 0.5 - minute / 1440 for days, minute in enumerate(minutes)]
    names = {f"shop_{form('%Y%m%d_%H%M', age)}.sql": age - 0.01 for age in ages}
    assert len(grouped(names)) == 1
    several = {f"shop_{form('%Y%m%d_%H%M', hours / 24)}.sql": hours / 24 for hours in range(0, 72, 6)}
    assert len(grouped(several)) == 1


def test_a_time_that_no_change_follows_may_be_a_name():
    names = {f"shop_{form('%Y%m%d', days)}_{1001 + days}.sql": days + 0.4 for days in range(4)}
    every = all_of(names)
    assert len(every) == 4
    assert len({series.family for series in every}) == 1


def test_a_partition_of_a_day_is_no_backup_of_another():
    names = {f"events_{form('%Y_%m_%d', days + 1)}_{form('%Y%m%d', days)}.sql": float(days) for days in range(5)}
    assert len(grouped(names)) == 5
    copied = dict.fromkeys(names, 0.0)
    assert len(grouped(copied)) == 5


def test_a_day_of_the_week_beside_its_date():
    names = {f"shop_{form('%Y-%m-%d_06h25m.%A', days)}.sql.gz": float(days) for days in range(9)}
    assert list(grouped(names)) == ["shop_#.sql.gz"]
    databases = {f"{base}-{form('%Y%m%d', days)}.sql": float(days) for base in ("sun", "mon") for days in range(4)}
    assert sorted(map(len, grouped(databases).values())) == [4, 4]


@pytest.mark.parametrize(
    ("names", "family"),
    [
        ({f"shop-{number}.sql": number + 0.1 for number in range(4)}, "shop-#.sql"),
        ({f"shop.sql.{number}": float(number) for number in range(1, 4)}, "shop.sql.#"),
        ({f"shop-{form('%a', days)}.sql": days + 0.01 for days in range(7)}, "shop-#.sql"),
        ({f"shop-{form('%Y-%m', 31 * months)}.sql": 31.0 * months for months in range(4)}, "shop-#.sql"),
    ],
)
def test_files_that_replace_each_other_in_turn_are_one_family(names, family):
    every = all_of(names)
    assert len(every) == len(names)
    assert {(series.family, series.replaced) for series in every} == {(family, True)}


def test_shards_that_are_numbered_are_no_such_family():
    every = all_of({f"shard-{number}.sql": 9.0 if number == 2 else 0.1 for number in range(1, 5)})
    assert {series.family for series in every} == {f"shard-{number}.sql" for number in range(1, 5)}


def test_an_invalid_date_among_them_makes_all_of_them_numbers():
    names = {f"c-{n}.sql": 0.1 for n in ("20261125", "20261199", "20261126")}
    assert len(grouped(names)) == 3


@pytest.mark.parametrize(
    "names",
    [
        {f"shop-{100 + n}.sql.gz": 7.0 - n for n in range(8)},
        {f"pre-{form('%Y%m%d%H%M%S', days)}-{n * 7919:07x}.sql.gz": days for n, days in enumerate((0.0, 1, 4, 9))},
        {f"{form('%Y-%m-%d', days)}_{41 - days:.0f}.sql.gz": float(days) for days in range(4)},
    ],
)
def test_running_numbers_and_commits_may_be_one_series_or_not(names):
    every = all_of(names)
    assert len(every) == len(names), "nothing goes for another of them"
    assert len({series.family for series in every}) == 1
    assert all(series.unsure and not series.replaced for series in every)


def test_numbers_of_one_day_are_names_and_not_in_doubt():
    every = all_of({f"shop-{number}.sql.gz": 0.1 for number in (1001, 1002, 1003)})
    assert not any(series.unsure for series in every)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("part-2026-11-{p}_{dmy}.sql", "at once"),
        ("part-2026-11-{p}_{dmy0}.sql", "at once"),
        ("orders_p2026_{p}_{dmy}.sql", "at once"),
        ("part-2026-11-{p}-{number}.sql", "at once"),
        ("part-2026-11-{p}-{number}.sql", "each day"),
        ("2611{p}-{iso}.sql", "at once"),
        ("shop-11-{p}-{iso}.sql", "at once"),
    ],
)
def test_of_two_dates_in_a_name_none_is_taken_where_the_changes_do_not_tell_which(name, changed):
    """The date in a database's name, and one that is written in another form, or is no date at all."""
    names, database = {}, {}
    for days in range(9):
        for place in ("10", "11") if "orders" in name or "number" in name else ("25", "26"):
            filled = name.format(
                p=place, dmy=form("%d-%m-%Y", days), dmy0=form("%d%m%Y", days), iso=form("%Y-%m-%d", days),
                number=4000 - days,
            )  # fmt: skip
            names[filled] = 0.0 if changed == "at once" else float(days)
            database[filled] = place
    for backups in grouped(names).values():
        assert len({database[backup] for backup in backups}) == 1, backups


def test_the_one_date_of_copies_is_taken_also_beside_a_number_and_a_time():
    names = {f"shop_{n}-{form('%Y-%m-%d_0230', days)}.sql": 0.0 for n in (2024, 2025) for days in range(9)}
    assert sorted(map(len, grouped(names).values())) == [9, 9]


# -- hours, instants with a zone, and days before months

HOURS = [hours / 24 for hours in range(30)]


@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d-%H", "%Y-%m-%d_%H", "%Y%m%d-%H", "%Y%m%dT%H", "%Y-%m-%dT%H", "%d-%m-%Y-%H"]
)
@pytest.mark.parametrize("every", [1, 3, 6])
def test_hours_alone_that_every_change_follows(pattern, every):
    names = {f"shop-{form(pattern, age * every)}.sql.gz": age * every for age in HOURS}
    assert [len(backups) for backups in grouped(names).values()] == [30]
    of_two = {f"{base}-{form(pattern, age)}.sql.gz": age for base in ("shop", "crm") for age in HOURS}
    assert sorted(len(backups) for backups in grouped(of_two).values()) == [30, 30]


@pytest.mark.parametrize(
    "names",
    [
        {f"shop-{form('%Y%m%d', days)}-{n:02}.sql": days + n / 100 for n in range(1, 13) for days in range(4)},
        {f"shop-{form('%Y%m%d', days)}-{n:02}.sql": days + 0.1 for n in (2, 8, 20) for days in range(4)},
        # Three shards, of which each is dumped at the hour of its number.
        {f"shop-{form('%Y%m%d-%H', days + n / 3)}.sql": days + n / 3 for n in range(3) for days in range(4)},
        {f"shop-{form('%Y%m%d', days)}{n:02}.sql": days + 0.1 for n in (2, 8, 14, 20) for days in range(4)},
        # Copied: nothing shows that they are hours.
        {f"shop-{form('%Y%m%d-%H', age)}.sql": 0.0 for age in HOURS},
        {f"shop-{form('%Y%m%d%H', age)}.sql": 0.0 for age in HOURS},
    ],
)
def test_two_digits_that_may_be_shards_are_no_hours(names):
    for backups in grouped(names).values():
        assert len({name[-6:-4] for name in backups}) == 1


@pytest.mark.parametrize(
    "name",
    [
        "shop-%Y-%m-%dT%H:%M:%S.{ms}Z.sql.gz",
        "shop-%Y-%m-%dT%H:%M:%S.{ms}+00:00.sql.gz",
        "shop-%Y-%m-%dT%H:%M:%S,{ms}4711+0000.sql.gz",
        "shop-%Y-%m-%dT%H-%M-%S-{ms}Z.sql.gz",
        "shop-%Y-%m-%dT%H-%M-%S.{ms}Z.sql.gz",
        "shop-%Y%m%dT%H%M%S.{ms}Z.sql.gz",
        "shop-%Y-%m-%d_%H-%M-%SZ.sql.gz",
        "shop %Y-%m-%d %H:%M:%S +0000.sql.gz",
    ],
)
@pytest.mark.parametrize("copied", [False, True])
def test_a_time_to_the_second_with_its_zone_is_one_in_any_form(name, copied):
    names = {form(name.format(ms=f"{number * 37 % 1000:03}"), age): 0.0 if copied else age
             for number, age in enumerate(HOURS)}  # fmt: skip
    (series,) = all_of(names)
    assert [backup.name for backup in series.backups] == list(names)


def test_a_zone_orders_backups_across_its_change():
    """02:30 in summer comes before 02:10 in winter."""
    names = {"s-2026-10-25T02:10:00+01:00.sql": 0.0, "s-2026-10-25T02:30:00+02:00.sql": 0.0,
             "s-2026-10-25T01:59:00+02:00.sql": 0.0, "s-2026-10-24T20:00:00-05:00.sql": 0.0}  # fmt: skip
    (series,) = all_of(names)
    assert [backup.name[13:24] for backup in series.backups] == [
        "02:10:00+01", "20:00:00-05", "02:30:00+02", "01:59:00+02",
    ]  # fmt: skip
    assert [backup.east / 3600 for backup in series.backups] == [1, -5, 2, 2]
    assert series.backups[0].at == 1792890600.0


def test_a_minus_and_four_digits_may_be_a_number():
    names = {f"shop-{form('%Y%m%dT%H%M%S', age)}-{n}.sql": age for n in ("0500", "0800") for age in HOURS[:9]}
    assert sorted(map(len, grouped(names).values())) == [9, 9]


def test_a_fraction_without_a_zone_may_be_a_number_unless_the_site_states_a_moment():
    names = {f"s-{form('%Y-%m-%dT%H:%M:%S', age)}.{number * 37 + 100}.sql": age for number, age in enumerate(HOURS[:9])}
    every = all_of(names)
    assert len(every) == 9
    assert all(series.unsure for series in every)
    assert list(grouped(names, dated_by_name=True)) == ["s-#.sql"]
    parts = {f"s-{form('%Y-%m-%dT%H:%M:%S', age)}.{number:03}.sql": age for number in (1, 2) for age in HOURS[:4]}
    assert list(grouped(parts, dated_by_name=True)) == ["s-#.001.sql", "s-#.002.sql"]


@pytest.mark.parametrize("pattern", ["%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d_%m_%Y", "%d-%m-%Y_%H-%M"])
def test_day_and_month_as_the_whole_series_shows_their_order(pattern):
    """Also of copies, if some day is beyond the twelfth."""
    ages = [float(days) for days in range(25)]
    (series,) = all_of({f"shop-{form(pattern, age)}.sql": age for age in ages})
    assert [backup.name for backup in series.backups] == [f"shop-{form(pattern, age)}.sql" for age in ages]
    if "%H" not in pattern:
        (copied,) = all_of({f"shop-{form(pattern, age)}.sql": 0.0 for age in ages})
        assert [backup.name for backup in copied.backups] == [backup.name for backup in series.backups]


@pytest.mark.parametrize(
    "names",
    [
        # From the 2nd to the 9th of November, or the 11th of eight months.
        {f"shop-{form('%d-%m-%Y', 17.0 + days)}.sql": 0.0 for days in range(8)},
        {f"shop-{form('%d-%m-%Y', 17.0 + days)}.sql": 100.0 + days for days in range(8)},
        # Of one database both orders are written.
        {f"shop-{form(pattern, days)}.sql": days for pattern in ("%d-%m-%Y", "%m-%d-%Y") for days in (18.0, 20.0)},
        # What another database shows is not shown of this one.
        {f"db{n}-{form('%d-%m-%Y', days)}.sql": 0.0 for n in (1, 2) for days in ((0.0, 1.0, 2.0), (18.0, 19.0))[n - 1]},
        {**{f"db1-{form('%d-%m-%Y', days)}.sql": days for days in map(float, range(17, 25))},
         **{f"db2-{form('%m-%d-%Y', days)}.sql": days for days in (18.0, 19.0, 20.0)}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("by_name", [False, True])
def test_dates_of_which_day_and_month_are_not_certain_replace_none(names, by_name):
    every = all_of(names, dated_by_name=by_name)
    assert len(every) == len(names)
    assert all(series.unsure for series in every)
    assert all(backup.named is None for series in every for backup in series.backups)


@pytest.mark.parametrize("days", [1.0, 7.0])
@pytest.mark.parametrize("name", ["{a}-{b}", "{a}_to_{b}", "from_{a}_until_{b}"])
@pytest.mark.parametrize("date", ["%Y%m%d", "%Y-%m-%d", "%d-%m-%Y"])
@pytest.mark.parametrize("copied", [False, True])
def test_what_goes_from_a_date_to_another_replaces_none(days, name, date, copied):
    dates = {days * n: name.format(a=form(date, days * (n + 1)), b=form(date, days * n)) for n in range(12)}
    names = {f"shop_{dated}.sql": 0.0 if copied else age for age, dated in dates.items()}
    assert all(len(backups) == 1 for backups in grouped(names).values())
    assert all(len(backups) == 1 for backups in grouped(names, dated_by_name=True).values())


def test_a_date_that_may_begin_with_the_day_or_end_with_it_is_none():
    """26-11-2026-01-02: with 01:02 behind it, or a number before 2026-01-02."""
    names = {f"{form('%d-%m-%Y', 8.0 * days)}-01-{n:02}.sql": 0.0 for n in (2, 3) for days in range(4)}
    for backups in grouped(names).values():
        assert len({name[-6:] for name in backups}) == 1


@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M%p", "%Y%m%dT%I%M%S%p", "%Y-%m-%d_%I-%M-%p"]
)
def test_a_clock_of_twelve_hours_orders_backups_as_they_were_made(pattern):
    names = {f"shop-{form(pattern, age)}.sql": age for age in HOURS}
    assert list(grouped(names).values()) == [list(names)]


@pytest.mark.parametrize("moment", ["%Y-W%V", "%d-Mei-%Y", "%m%d", "%a", "%Y%j"])
def test_customers_who_are_called_by_a_date_are_apart_beside_a_moment_that_is_not_read(moment):
    names = {f"{customer}.{form(moment, days)}.sql": days
             for customer in ("2024-05-11", "2023-01-30", "2022-12-01") for days in (0.0, 1.0, 8.0)}  # fmt: skip
    assert all(len({name[:10] for name in backups}) == 1 for backups in grouped(names).values())


def test_digits_before_a_dot_and_a_digit_may_be_of_a_release_where_no_change_follows_them():
    names = {f"{form('%Y%m%d-16', days)}.{release}.sql": 0.0 for days in range(4) for release in ("10.1", "15.3")}
    assert sorted(map(len, grouped(names, dated_by_name=True).values())) == [4, 4]
    times = {f"{form('%Y%m%d-%H.%M', 1.1 * days)}.sql": 0.0 for days in range(9)}
    assert [len(backups) for backups in grouped(times, dated_by_name=True).values()] == [9]
    native = {f"{form('%Y%m%d-%H.%M', 6 * age)}.1.sql": 6 * age for age in HOURS}
    assert [len(backups) for backups in grouped(native).values()] == [30]
