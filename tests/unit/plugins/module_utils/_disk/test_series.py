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
