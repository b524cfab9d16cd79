"""Which backups may go, and what a disk is filled with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk import retention
from ansible_collections.pafar.runbook.plugins.module_utils._disk.backup import Dump
from ansible_collections.pafar.runbook.plugins.module_utils._disk.contents import Contents
from ansible_collections.pafar.runbook.plugins.module_utils._disk.retention import Rule
from ansible_collections.pafar.runbook.plugins.module_utils._disk.series import Backup

DAY = 86400.0
NOW = 1_800_000_000.0
WHOLE = b"--\n-- PostgreSQL database dump complete\n--\n"


def series(*states: str, size: int = 1000) -> tuple[list[Backup], dict[str, Dump]]:
    """Newest first, a day apart: `good`, `torn`, `small` or `gone`."""
    backups, dumps = [], {}
    for number, state in enumerate(states):
        name, mine = f"b{number}", 10 if state == "small" else size
        backups.append(Backup(name, mine, mine, NOW - DAY * number - 60, number, 0))
        tail = b"" if state == "torn" else WHOLE
        dumps[name] = Dump(name, mine, 0.0, b"--", tail, "it cannot be read" if state == "gone" else "")
    return backups, dumps


def judged(*states: str, keep: int = 2, max_age: float = DAY) -> tuple[list[str], retention.Retention, list[str]]:
    backups, dumps = series(*states)
    looked = []

    def read(backup: Backup) -> Dump:
        looked.append(backup.name)
        return dumps[backup.name]

    decision = retention.judge(backups, Rule(keep, max_age), NOW, read)
    return [backup.name for backup in decision.go], decision, looked


@pytest.mark.parametrize(
    ("states", "go"),
    [
        (("good",) * 4, ["b3", "b2"]),
        (("torn", "good", "good", "good"), ["b3"]),
        (("small", "good", "torn", "good", "good"), ["b4"]),
        (("good", "torn", "torn", "torn"), []),
        (("torn",) * 4, []),
        (("good", "good"), []),
        (("gone", "good", "good", "torn"), ["b3"]),
        ((), []),
    ],
)
def test_what_goes(states, go):
    assert judged(*states, max_age=10 * DAY)[0] == go


def test_nothing_goes_while_the_newest_valid_one_is_too_old():
    go, decision, dummy = judged("torn", "torn", "good", "good", "good", "good", max_age=DAY)
    assert go == []
    assert "b2" in decision.refused
    assert "2 days" not in decision.refused or "allowed" in decision.refused


GB = 10**9
ARCHIVE = b"PGDMP"


def nights(*sizes: int, every: float = DAY, head: bytes = b"--") -> tuple[list[Backup], dict[str, Dump]]:
    """Whole dumps, the newest first, of these sizes."""
    backups = [Backup(f"b{place}", size, size, NOW - every * place - 60, 1, 0) for place, size in enumerate(sizes)]
    return backups, {backup.name: Dump(backup.name, backup.size, 0.0, head, WHOLE) for backup in backups}


def judge(nightly: tuple[list[Backup], dict[str, Dump]], keep: int, max_age: float = 30 * DAY) -> retention.Retention:
    backups, dumps = nightly
    return retention.judge(backups, Rule(keep, max_age), NOW, lambda backup: dumps[backup.name])


@pytest.mark.parametrize("keep", [1, 3, 7])
def test_dumps_of_the_wrong_database_push_out_no_good_ones(keep):
    """However many there are by now: the middle of all is one of theirs."""
    decision = judge(nights(*[1000] * 8, *[GB] * 7), keep)
    assert decision.go == ()
    assert f"the newest {keep} are all small beside older ones" in decision.refused
    assert "1,000,000,000 are usual" in decision.stay["b0"]


def test_a_database_that_shrank_is_told_as_that_and_not_as_a_job_that_stopped():
    decision = judge(nights(*[400] * 20, *[1000] * 10), 7, max_age=10 * DAY)
    assert decision.go == ()
    assert "the newest 20 are all small beside older ones" in decision.refused


def test_empty_files_are_a_job_that_stopped():
    backups, dumps = nights(0, *[1000] * 4)
    dumps["b0"] = Dump("b0", 0, 0.0, b"", b"")
    decision = judge((backups, dumps), 1, max_age=0.5 * DAY)
    assert "the newest valid backup, b1, is" in decision.refused


def test_a_few_small_ones_do_not_count_and_hinder_nothing():
    decision = judge(nights(GB, 1000, 1000, GB, GB, GB), 3)
    assert [backup.name for backup in decision.go] == ["b5"]


def test_a_big_one_that_is_torn_measures_nothing():
    backups, dumps = nights(1000, 1000, 1000, GB)
    dumps["b3"] = Dump("b3", GB, 0.0, b"--", b"INSERT")
    assert [backup.name for backup in judge((backups, dumps), 2).go] == ["b3", "b2"]
    dumps["b3"] = Dump("b3", GB, 0.0, problem="it cannot be read")
    assert judge((backups, dumps), 2).go == ()


def test_a_date_that_is_still_to_come_is_none():
    backups, dumps = nights(*[1000] * 4)
    ahead = Backup("ahead", 1000, 1000, NOW + 999 * DAY, 1, 0)
    dumps["ahead"] = Dump("ahead", 1000, 0.0, b"--", WHOLE)
    decision = judge(([ahead, *backups], dumps), 2)
    assert [backup.name for backup in decision.go] == ["b3", "b2"]
    assert decision.stay["ahead"] == "its date is in the future, so it is none"
    old = [Backup(backup.name, backup.size, backup.blocks, backup.at - 9 * DAY, 1, 0) for backup in backups]
    assert "the newest valid backup, b0, is 9 days" in judge(([ahead, *old], dumps), 2, DAY).refused
    zone = Backup("ahead", 1000, 1000, NOW + 0.9 * DAY, 1, 0)
    assert [backup.name for backup in judge(([zone, *backups], dumps), 2).go] == ["b3", "b2", "b1"]


def test_nothing_goes_on_the_strength_of_custom_archives():
    decision = judge(nights(*[GB] * 6, head=ARCHIVE), 2)
    assert decision.go == ()
    assert "of a custom archive only the header can be checked" in decision.refused
    assert "cannot be judged" in decision.stay["b0"]


def test_what_there_was_no_time_for_is_spared_and_said():
    backups, dumps = nights(*[GB] * 5)
    affected = {name: Dump(name, GB, 0.0, problem="there was no time") for name in dumps}
    decision = judge((backups, {**dumps, **{name: affected[name] for name in ("b1", "b2", "b3", "b4")}}), 2)
    assert decision.go == ()
    why = "only 1 of the 2 backups that must stay are valid; 4 could not be checked (there was no time)"
    assert decision.refused.endswith(why)


def test_no_more_is_read_than_must_be():
    assert judged(*("good",) * 50)[2] == ["b0", "b1"]


# -- what is in them


def filled(*contents: Contents | None) -> tuple[list[Backup], dict[str, Dump]]:
    backups, dumps = nights(*[1000] * len(contents))
    for backup, content in zip(backups, contents, strict=True):
        dumps[backup.name] = Dump(backup.name, 1000, 0.0, b"--", WHOLE, contents=content)
    return backups, dumps


FULL = Contents(3, 100, frozenset({"a", "b", "c"}), ("shop",), statements=9)
OTHER = Contents(3, 100, frozenset({"x", "y", "z"}), ("crm",), statements=9)
EMPTY = Contents(statements=9)
ROLES = Contents(roles=4, statements=9)


@pytest.mark.parametrize(
    ("newest", "why"),
    [
        ([EMPTY] * 3, "not one is valid"),
        ([Contents(3, 0, FULL.names, statements=9)] * 3, "not one is valid"),
        ([OTHER] * 3, "of b0, it lacks 3 of the 3 tables in b5 (a, b, c)"),
        ([ROLES] * 3, "of b0, it holds roles alone, and b5 3 tables"),
        ([Contents(3, 20, FULL.names, statements=9)] * 3, "of b0, it holds 20 rows, and b5 100"),
    ],
)
def test_dumps_of_nothing_or_of_another_database_push_out_no_good_ones(newest, why):
    """Of the same size, and whole to the last line."""
    backups, dumps = filled(*newest, *[FULL] * 3)
    if "valid" in why:
        backups = backups[:3]
    decision = judge((backups, dumps), 2)
    assert decision.go == ()
    assert decision.refused.startswith(why)


def test_empty_ones_count_for_nothing():
    decision = judge(filled(EMPTY, FULL, EMPTY, FULL, FULL), 2)
    assert [backup.name for backup in decision.go] == ["b4"]
    assert "cannot be trusted (it holds no table)" in decision.stay["b0"]


def test_the_database_that_the_site_names():
    backups, dumps = filled(OTHER, OTHER, FULL, FULL, FULL)
    decision = retention.judge(backups, Rule(2, 9 * DAY, None, "shop"), NOW, lambda backup: dumps[backup.name])
    assert [backup.name for backup in decision.go] == ["b4"]
    assert "is of crm, not of shop" in decision.stay["b0"]


@pytest.mark.parametrize(("between", "size", "go"), [(FULL, 1100, 0), (FULL, 1000, 5), (OTHER, 1100, 5)])
def test_of_those_that_would_go_both_sides_of_a_leap_in_size_are_compared(between, size, go):
    """Weeks of the wrong database, before and after the right one."""
    backups, dumps = filled(*[OTHER] * 3, OTHER, *[between] * 3, OTHER)
    backups = [replace(backup, size=size if 4 <= place < 7 else 1000) for place, backup in enumerate(backups)]
    decision = judge((backups, dumps), 3)
    assert len(decision.go) == go
    assert go or decision.refused.startswith("of b0, it lacks 3 of the 3 tables in b4")


@pytest.mark.parametrize(
    ("states", "keep", "days", "stay"),
    [
        ("ROORRRR", 2, None, [0, 1, 2, 3]),
        ("ROORRRR", 3, None, [0, 1, 2, 3, 4]),
        ("RRROORR", 2, 3, [0, 1, 2, 3, 4, 5, 6]),
        ("RORRRRR", 1, 3, [0, 1, 2, 3, 4]),
        ("ORRRRRR", 2, None, [0, 1, 2, 3, 4, 5, 6]),
        ("RRRRRRR", 2, None, [0, 1]),
    ],
)
def test_nights_of_another_database_do_not_count_for_those_that_stay(states, keep, days, stay):
    backups, dumps = filled(*[{"R": FULL, "O": OTHER}[state] for state in states])
    rule = Rule(keep, 30 * DAY, {"day": days} if days else None)
    decision = retention.judge(backups, rule, NOW, lambda backup: dumps[backup.name])
    gone = {backup.name for backup in decision.go}
    assert [place for place in range(7) if f"b{place}" not in gone] == stay
    if states[0] == "O":
        assert decision.refused.startswith("of b0, it lacks 3 of the 3 tables in b1")


def test_roles_alone_are_a_series_of_their_own():
    assert [backup.name for backup in judge(filled(*[ROLES] * 4), 2).go] == ["b3", "b2"]


def data_of(*tables: str) -> Contents:
    """A dump of the data alone, of these tables."""
    return Contents(0, 50, frozenset(tables), statements=9)


@pytest.mark.parametrize(
    "tables",
    [
        lambda night: [f"public.events_{night}"],
        lambda night: [f"public.events_{night}", "public.schema_migrations"],
        lambda night: [f"tenant_{night}.users", f"tenant_{night}.orders"],
    ],
)
def test_dumps_of_other_tables_each_night_do_not_replace_each_other(tables):
    decision = judge(filled(*(data_of(*tables(night)) for night in range(6))), 2)
    assert decision.go == ()
    assert decision.refused.startswith("of b0, it lacks ")


def test_dumps_of_the_data_of_the_same_tables_replace_each_other():
    nightly = filled(*[data_of("public.a", "public.b", f"public.log_{night}") for night in range(4)])
    assert [backup.name for backup in judge(nightly, 2).go] == ["b3", "b2"]
    assert [backup.name for backup in judge(filled(*[data_of("public.a")] * 4), 2).go] == ["b3", "b2"]


def test_dumps_of_the_rows_of_one_day_do_not_replace_each_other():
    of_days = [replace(data_of("a"), condition=f"day='2026-11-{28 - night}'") for night in range(4)]
    assert judge(filled(*of_days), 2).refused.startswith(
        "of b0, it holds the rows where day='2026-11-28', and b2 those"
    )
    of_all = [replace(data_of("a"), condition="deleted=0")] * 4
    assert [backup.name for backup in judge(filled(*of_all), 2).go] == ["b3", "b2"]


@pytest.mark.parametrize(
    ("unread", "go"),
    [(("b3",), ["b5", "b4"]), (("b5",), ["b4", "b3"]), (("b3", "b4"), ["b5"]), (("b3", "b4", "b5"), []), ((), "all")],
)
def test_what_could_not_be_read_stays_and_the_next_is_compared(unread, go):
    backups, dumps = filled(*[FULL] * 6)
    for name in unread:
        dumps[name] = Dump(name, 1000, 0.0, problem="there was no time to look into all of it")
    decision = judge((backups, dumps), 3)
    assert [backup.name for backup in decision.go] == (["b5", "b4", "b3"] if go == "all" else go)
    assert all("cannot be judged (there was no time" in decision.stay[name] for name in unread)
    for name in set(dumps) - set(unread) - {"b0", "b1", "b2"}:
        dumps[name] = Dump(name, 1000, 0.0, b"--", WHOLE, contents=OTHER)
    decision = judge((backups, dumps), 3)
    assert decision.go == ()
    assert ("lacks 3 of the 3 tables" in decision.refused) == (len(unread) < 3)


@pytest.mark.parametrize("closed", [{"b3"}, {"b2", "b4"}, {"b4"}, set()])
def test_what_not_even_its_beginning_can_be_read_of_stays(closed):
    backups, dumps = nights(*[1000] * 5)
    decision = retention.judge(
        backups,
        Rule(2, 30 * DAY),
        NOW,
        lambda backup: dumps[backup.name],
        lambda backup: "it cannot be read (Permission denied)" if backup.name in closed else "",
    )
    assert [backup.name for backup in decision.go] == [name for name in ("b4", "b3", "b2") if name not in closed]
    assert all("Permission denied" in decision.stay[name] for name in closed)


# -- days, weeks, months


def kept_by(ages: list[float], keep: int, bad: tuple[int, ...] = (), **periods: int) -> list[int]:
    """Places of those that stay, of whole dumps of these ages in days."""
    backups = [Backup(f"b{place}", 9, 9, NOW - DAY * age, 1, 0) for place, age in enumerate(ages)]
    rule = Rule(keep, 999 * DAY, periods or None)

    def read(backup: Backup) -> Dump:
        return Dump(backup.name, 9, 0.0, b"--", b"" if int(backup.name[1:]) in bad else WHOLE)

    going = {backup.name for backup in retention.judge(backups, rule, NOW, read).go}
    return [place for place, backup in enumerate(backups) if backup.name not in going]


def test_of_each_period_the_newest_stays():
    daily = [float(day) for day in range(120)]
    kept = kept_by(daily, 3, day=4, week=0, month=0)
    assert kept == [0, 1, 2, 3, 4, 5, 6]
    months = kept_by(daily, 1, month=3)
    assert len(months) == 4
    assert len({int((NOW - DAY * place) // (DAY * 30)) for place in months}) > 2


@pytest.mark.parametrize(("east", "clocks"), [(7200.0, (0.0, -7200.0)), (0.0, (0.0, 0.0, -7200.0))])
def test_of_names_with_a_zone_or_an_epoch_the_newest_of_each_day_by_either_clock_stays(east, clocks):
    """23:50 of the 4th in UTC is 01:50 of the 5th in the name."""
    noon = 1_800_014_400.0 - 12 * 3600  # 2027-01-15 00:00 UTC
    moments = {"a": 12.0, "b": 11.0, "c": -0.2, "d": -1.0, "e": -3.0, "f": -5.0}
    backups = [
        Backup(name, 9, 9, noon + 3600 * hours, 1, 0, noon + 3600 * (hours + 2), False, east, clocks)
        for name, hours in moments.items()
    ]
    decision = retention.judge(
        backups, Rule(1, 999 * DAY, {"day": 2}), noon + DAY, lambda backup: Dump(backup.name, 9, 0.0, b"--", WHOLE)
    )
    assert [backup.name for backup in decision.go] == ["f", "d", "b"]
    assert (decision.stay["c"], decision.stay["e"]) == ("the newest valid one of its day",) * 2


def test_a_torn_one_does_not_fill_its_period():
    twice_a_day = [half / 2 for half in range(20)]
    kept = kept_by(twice_a_day, 1, bad=(2, 3, 4), day=3)
    assert [place for place in kept if place in (2, 3, 4)] == []
    assert len(kept) == 4


@pytest.mark.parametrize("older", [[30.0 * month for month in range(1, 13)], [7.0 * week for week in range(2, 7)]])
def test_archives_that_lie_far_apart_stay_where_the_site_sets_no_periods(older):
    ages = [float(day) for day in range(8)] + [age for age in older if age > 8]
    kept = kept_by(ages, 7)
    assert kept == [*range(7), *range(8, len(ages))]
    assert kept_by(ages, 7, month=0) == list(range(7))


def test_a_gap_of_a_few_nights_makes_no_archive():
    assert kept_by([0.0, 1.0, 2.0, 5.0, 6.0, 9.0, 30.0], 3) == [0, 1, 2]


def test_what_one_entry_keeps_no_other_removes():
    assert retention.agreed([({1, 2, 3}, {4}), ({4, 5}, {2})]) == {1, 3, 5}
    assert retention.agreed([]) == set()
