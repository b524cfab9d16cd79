"""Which backups may go, and what a disk is filled with."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._domain import reclaiming, retention
from ansible_collections.pafar.runbook.plugins.module_utils._domain.preflight import Dump
from ansible_collections.pafar.runbook.plugins.module_utils._domain.reclaiming import Find, Goal, Room, goal_of
from ansible_collections.pafar.runbook.plugins.module_utils._domain.retention import Backup

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


def judged(*states: str, keep: int = 2, max_age: float = DAY) -> tuple[list[str], retention.Verdict, list[str]]:
    backups, dumps = series(*states)
    looked = []

    def read(one: Backup) -> Dump:
        looked.append(one.name)
        return dumps[one.name]

    verdict = retention.judge(backups, keep, max_age, NOW, read)
    return [one.name for one in verdict.go], verdict, looked


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
    go, verdict, dummy = judged("torn", "torn", "good", "good", "good", "good", max_age=DAY)
    assert go == []
    assert "b2" in verdict.refused
    assert "2 days" not in verdict.refused or "allowed" in verdict.refused


def test_no_more_is_read_than_must_be():
    assert judged(*("good",) * 50)[2] == ["b0", "b1"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pafar-2026-11-24T0200.sql.gz", "pafar-#.sql.gz"),
        ("pafar_20261124_020000.dump", "pafar_#.dump"),
        ("shard1-20261124.sql", "shard1-#.sql"),
        ("shard2-20261124.sql", "shard2-#.sql"),
        ("db-1795488004.sql", "db-#.sql"),
        ("backup.3.sql", "backup.3.sql"),
    ],
)
def test_those_of_one_database_belong_together(name, kind):
    assert retention.series_of(name) == kind


def test_a_date_in_the_name_counts_where_the_change_is_another_days():
    at = retention.moment_of("pafar-2026-11-01T0200.sql.gz", NOW)
    assert at == pytest.approx(1_793_498_400, abs=1)
    assert retention.moment_of("pafar-9999-99-99.sql", NOW) == NOW
    assert retention.moment_of("pafar.sql", NOW) == NOW


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("20%", Goal(share=0.2)), (" 0.5 % ", Goal(share=0.005)), ("10G", Goal(bytes=10 * 2**30)),
        ("512MiB", Goal(bytes=512 * 2**20)), ("1.5t", Goal(bytes=3 * 2**39)), ("4096", Goal(bytes=4096)),
        ("100%", None), ("0", None), ("-5%", None), ("much", None), ("10 X", None), ("", None),
    ],
)  # fmt: skip
def test_what_is_to_be_free(text, goal):
    assert goal_of(text) == goal


def find(kind: str, size: int, spared: str = "") -> Find:
    return Find(kind, f"{kind}:{size}", kind, size, "because", "remove", spared)


def test_the_least_harm_first_and_no_more_than_needed():
    found = [
        find("backups", 10**9),
        find("container_logs", 10**8),
        find("container_logs", 10**9),
        find("journald", 10**8),
    ]
    ordered = reclaiming.in_order(found, reclaiming.KINDS)
    assert [one.target for one in ordered] == [
        "container_logs:1000000000", "container_logs:100000000", "journald:100000000", "backups:1000000000"
    ]  # fmt: skip
    plan = reclaiming.plan_reclaim(ordered, 1_050_000_000)
    assert [item.target for item in plan.actions] == ["container_logs:1000000000", "container_logs:100000000"]
    assert {item.target for item in plan.spared} == {"journald:100000000", "backups:1000000000"}


def test_what_must_stay_is_spared_with_its_reason_and_small_things_are_not_told():
    plan = reclaiming.plan_reclaim([find("backups", 10**9, "the newest"), find("container_logs", 1000)], 10**10)
    assert plan.actions == ()
    assert [item.reason for item in plan.spared] == ["the newest"]


def test_what_is_missing():
    room = Room("/", 10, 90)
    assert room.missing(Goal(share=0.2)) == 10
    assert room.missing(Goal(bytes=10)) == 0
    assert room.missing(Goal(bytes=11)) == 1
    told = reclaiming.as_dict(reclaiming.plan_reclaim([], 10), room, Goal(share=0.2), 10)
    assert told["late"] == 1
    assert told["nothing"].startswith("nothing here may be freed")
