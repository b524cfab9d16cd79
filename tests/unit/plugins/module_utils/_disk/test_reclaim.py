"""What holds the space of a disk, what is freed of it, and in which order."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk import reclaim as reclaiming
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import (
    Find,
    Goal,
    Room,
    enough,
    explained,
    format_bytes,
    goal_of,
    mib,
    reclaim_items,
    repository_of,
    who_closes,
)


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("20%", Goal(share=0.2)), (" 0.5 % ", Goal(share=0.005)), ("10G", Goal(bytes=10 * 2**30)),
        ("512MiB", Goal(bytes=512 * 2**20)), ("1.5t", Goal(bytes=3 * 2**39)), ("4096", Goal(bytes=4096)),
        ("100%", None), ("0", None), ("-5%", None), ("much", None), ("10 X", None), ("", None),
        ("9" * 400, None), ("9" * 308 + "T", None), ("9" * 400 + "%", None), (str(2**63), None),
    ],
)  # fmt: skip
def test_what_is_to_be_free(text, goal):
    assert goal_of(text) == goal


def find(kind: str, size: int, excluded: str = "") -> Find:
    return Find(kind, f"{kind}:{size}", kind, size, "because", "remove", excluded)


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
    assert {item.target for item in plan.excluded} == {"journald:100000000", "backups:1000000000"}


def test_what_must_stay_is_spared_with_its_reason_and_small_things_are_not_told():
    plan = reclaiming.plan_reclaim([find("backups", 10**9, "the newest"), find("container_logs", 1000)], 10**10)
    assert plan.actions == ()
    assert [item.reason for item in plan.excluded] == ["the newest"]


def test_what_is_missing():
    room = Room("/", 10, 90)
    assert room.missing(Goal(share=0.2)) == 10
    assert room.missing(Goal(bytes=10)) == 0
    assert room.missing(Goal(bytes=11)) == 1
    told = reclaiming.Reclaiming(reclaiming.plan_reclaim([], 10), room, Goal(share=0.2)).as_dict()
    assert told["affected_before"] == 1
    assert told["no_action_reason"].startswith("nothing here may be freed")


def test_backups_stay_in_the_order_in_which_they_were_given():
    backups = [find("backups", 10**8), find("backups", 10**9)]
    assert reclaiming.in_order(backups, reclaiming.KINDS) == backups
    assert reclaiming.in_order(backups, ("journald",)) == [], "a kind that is not asked for is left out"


def test_excluded_space_does_not_count_as_enough():
    finds = [find("journald", 10**8), find("backups", 10**9, "the newest")]
    assert enough(finds, 10**8)
    assert not enough(finds, 10**8 + 1)


def reclaimed(finds, goal, room):
    return reclaiming.Reclaiming(reclaiming.plan_reclaim(finds, room.missing(goal)), room, goal)


def test_a_plan_reports_mebibytes_and_exact_bytes():
    act = reclaimed([find("journald", 3 * 2**20)], Goal(bytes=5 * 2**20), Room("/", 2**20, 9 * 2**20))
    report = act.as_dict()
    assert (report["affected_before"], report["affected_after"], report["frees_bytes"]) == (4, 1, 3 * 2**20)
    assert report["what"] == "MiB missing until 5.0 MiB of / are free"
    assert report["no_action_reason"] == ""
    assert act.diff()["before"] == "journald, 3.0 MiB (journald:3145728)\n"
    assert reclaim_items(act.plan)[0]["bytes"] == 3 * 2**20


def test_a_plan_without_need_frees_nothing():
    act = reclaimed([find("journald", 10**9)], Goal(share=0.1), Room("/var", 30, 70))
    assert act.plan.actions == ()
    assert act.as_dict()["no_action_reason"].startswith("nothing to do: 30 B (30%) of /var are free")


@pytest.mark.parametrize(("free", "said"), [(2, "no bytes are missing (30 B (30%) of /var are free), but 98% of"),
                                            (50, "nothing to do")])  # fmt: skip
def test_a_plan_without_need_of_bytes_does_not_call_inodes_enough(free, said):
    act = reclaimed([], Goal(share=0.1), Room("/var", 30, 70, free, 100))
    assert act.as_dict()["no_action_reason"].startswith(said)


def test_a_file_system_without_a_number_of_inodes():
    assert Room("/", 25, 75).as_dict() == {
        "mount": "/", "free_bytes": 25, "used_bytes": 75, "free_share": 0.25, "inodes_used_share": None,
    }  # fmt: skip
    assert Room("/", 25, 75, 1, 4).as_dict()["inodes_used_share"] == 0.75
    assert Room("/", 0, 0).share == 0.0


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("redis", "redis"), ("redis:7", "redis"), ("docker.io/library/redis:7", "redis"),
        ("index.docker.io/pafar/app", "pafar/app"), ("localhost:5000/pafar/app:1", "localhost:5000/pafar/app"),
        ("redis@sha256:" + "a" * 64, "redis"), ("sha256:" + "a" * 64, ""),
    ],
)  # fmt: skip
def test_the_repository_of_an_image(reference, repository):
    assert repository_of(reference) == repository


@pytest.mark.parametrize(
    ("holders", "services"),
    [
        pytest.param([("shop", "web"), ("shop", "api"), ("shop", "web")], ["api", "web"], id="of the project"),
        pytest.param([("shop", "web"), ("other", "web")], [], id="another project too"),
        pytest.param([("shop", "web"), ("shop", "")], [], id="no service"),
        pytest.param([("", "")], [], id="a process of the host"),
    ],
)
def test_services_whose_restart_closes_a_file(holders, services):
    assert who_closes(holders, "shop") == services
    assert who_closes(holders, "") == []


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536 * 1024, "1.5 MiB"), (2**30, "1.0 GiB"),
        (5 * 2**40, "5.0 TiB"), (2**50, "1024.0 TiB"),
    ],
)  # fmt: skip
def test_sizes_in_text(size, text):
    assert format_bytes(size) == text


def test_mebibytes_are_rounded_up():
    assert [mib(size) for size in (0, 1, 2**20, 2**20 + 1)] == [0, 1, 1, 2]


def test_space_that_no_process_holds():
    entry = explained("volume", "the volume db", 5, "check it")
    assert (entry["kind"], entry["bytes"], entry["pids"], entry["services"]) == ("volume", 5, [], [])
