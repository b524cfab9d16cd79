"""Readings of a host and its containers as a report, and what is short."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._resources.resource_report import (
    ContainerName,
    Growing,
    containers_of,
    pressing,
    resources_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._system.counters import HostReading, OomKill, Usage

MIB = 2**20
NAME: ContainerName = {"name": "shop-web-1", "project": "shop", "service": "web", "state": "running", "status": "Up"}


def usage(at, cpu, **more):
    fields = {
        "memory": 100 * MIB, "working_set": 50 * MIB, "limit": 200 * MIB, "oom_kills": 0, "throttled_periods": 0,
        "periods": 0, "throttled": 0.0, "cpu_quota": None, "pids": 3, **more,
    }  # fmt: skip
    return Usage(at=at, cpu=cpu, **fields)


def used(first, last, *, samples=(), killed=(), now_is=10_000.0):
    """The only container of a host."""
    readings = ({"a" * 64: first}, {"a" * 64: last})
    (container,) = containers_of(readings, {"a" * 64: NAME}, {"a" * 64: samples}, killed, now_is)
    return container


def host(busy=0.0, available=0.5, **more):
    """Two readings ten seconds apart on two cores."""
    fields = {
        "memory": {"MemTotal": 1000 * MIB, "MemAvailable": int(available * 1000) * MIB}, "load": (0.5, 0.4, 0.3),
        "cores": 2, "pressure": {}, "oom_kills": 0, **more,
    }  # fmt: skip
    first = HostReading(at=0.0, busy=100.0, idle=100.0, uptime=1.0, **fields)
    return first, HostReading(at=10.0, busy=100.0 + 20 * busy, idle=100.0 + 20 * (1 - busy), uptime=11.0, **fields)


def findings(*containers, **more):
    return resources_dict(host(**more), list(containers))["findings"]


def test_a_container_without_a_name_or_a_first_reading_is_listed_by_its_id():
    """It was started between the two readings, after the engine was asked for its containers."""
    (container,) = containers_of(({}, {"b" * 64: usage(1, 5.0)}), {}, {}, (), 0.0)
    assert (container["name"], container["project"], container["cpu"]) == ("b" * 12, "", 0.0)
    assert container["leak"] is None


def test_a_container_that_ended_between_the_readings_is_left_out():
    assert containers_of(({"a" * 64: usage(0, 0.0)}, {}), {}, {}, (), 0.0) == []


def test_the_nearest_to_its_limit_comes_first():
    last = {
        "1": usage(1, 0.0, limit=None),
        "2": usage(1, 1.0, limit=None),
        "3": usage(1, 0.0),
        "4": usage(1, 0.0, limit=51 * MIB),
    }
    first = {id: usage(0, 0.0) for id in last}
    assert [container["id"] for container in containers_of((first, last), {}, {}, (), 0.0)] == ["4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("first", "last", "share"),
    [((0, 0), (10, 9), 0.9), ((0, 5), (10, 5), 0.0), ((0, 0), (10, 20), 1.0), ((10, 0), (10, 5), None)],
)
def test_how_much_of_the_growth_is_files_in_memory(first, last, share):
    readings = [
        {"a" * 64: usage(at, 0.0, working_set=(50 + need) * MIB, files=files * MIB)}
        for at, (need, files) in ((0, first), (1, last))
    ]
    growing = {"a" * 64: Growing(age=900.0)}
    (container,) = containers_of((readings[0], readings[1]), {"a" * 64: NAME}, {}, (), 0.0, growing)
    assert container["in_files"] == share
    (container,) = containers_of((readings[0], readings[1]), {"a" * 64: NAME}, {}, (), 0.0)
    assert container["in_files"] is None, "it was not sampled"


def test_reclaimable_file_pages_fill_no_limit():
    container = used(usage(0, 0.0), usage(1, 0.0, working_set=190 * MIB, reclaimable=150 * MIB))
    assert (container["memory_share"], container["reclaimable"]) == (0.2, 150 * MIB)
    assert findings(container) == []


def kill(at: float, container: str = "a" * 64, exhausted: str = "container") -> OomKill:
    return {"container": container, "task": "gunicorn", "pid": 7, "exhausted": exhausted, "at": at}


@pytest.mark.parametrize(
    ("killed", "ooms", "own", "age"),
    [
        pytest.param([kill(9_000.0), kill(9_900.0)], None, 2, 100.0, id="its own limit"),
        pytest.param([kill(9_000.0, exhausted="host")], None, 0, 1000.0, id="the host"),
        pytest.param([kill(9_000.0, exhausted="group")], None, 0, 1000.0, id="a slice around it"),
        pytest.param([kill(9_000.0, exhausted="")], None, None, 1000.0, id="not known"),
        pytest.param([kill(7_000.0), kill(9_900.0, exhausted="host")], None, 1, 3000.0,
                     id="the age is of the one for its own limit"),
        pytest.param([kill(9_000.0, exhausted="host"), kill(9_100.0, exhausted="")], None, None, 900.0,
                     id="one is not known"),
        pytest.param([kill(1.0), kill(9_000.0, exhausted="host")], None, 0, 1000.0, id="its own, long ago"),
        pytest.param([], (4, 5), 2, 0.0, id="without the kernel's log: it reached its limit meanwhile"),
        pytest.param([], (4, 4), 0, 0.0, id="without the kernel's log: it did not"),
        pytest.param([], None, None, 0.0, id="without the kernel's log, cgroup v1"),
    ],
)  # fmt: skip
def test_how_many_kills_were_for_its_own_limit(killed, ooms, own, age):
    before, after = ooms or (None, None)
    kills = (0, 0) if killed else (1, 3)
    container = used(
        usage(0, 0.0, oom_kills=kills[0], ooms=before), usage(1, 0.0, oom_kills=kills[1], ooms=after), killed=killed
    )
    assert (container["oom_own"], container["oom_age"]) == (own, age)


@pytest.mark.parametrize(
    ("exhausted", "words"),
    [("host", "because the host ran out of memory"), ("group", "because a group of containers that it is in")],
)
def test_a_kill_for_another_ones_memory_is_named_with_what_ran_out(exhausted, words):
    container = used(usage(0, 0.0), usage(1, 0.0), killed=[kill(9_000.0, exhausted=exhausted)])
    assert any(words in text for text in findings(container))
    own = used(usage(0, 0.0), usage(1, 0.0), killed=[kill(9_000.0)])
    assert not any("because" in text for text in findings(own))


@pytest.mark.parametrize(
    ("killed", "recent"),
    [
        pytest.param([], 2, id="the kernel's log is closed: kills between the readings"),
        pytest.param([kill(9_000.0), kill(6_401.0), kill(6_400.0)], 2, id="within the last hour"),
        pytest.param([kill(9_000.0, "b" * 64)], 2, id="of another container"),
        pytest.param([kill(1.0)], 0, id="long ago"),
    ],
)
def test_recent_kills(killed, recent):
    assert used(usage(0, 0.0, oom_kills=1), usage(1, 0.0, oom_kills=3), killed=killed)["oom_recent"] == recent


def test_of_many_kills_the_last_five_are_reported():
    container = used(usage(0, 0.0), usage(1, 0.0), killed=[kill(float(at)) for at in range(9_000, 9_008)])
    assert [victim["at"] for victim in container["oom_killed"]] == [9_003.0, 9_004.0, 9_005.0, 9_006.0, 9_007.0]
    assert container["oom_recent"] == 8


def test_an_idle_host_is_short_of_nothing():
    assert findings(used(usage(0, 0.0), usage(10, 1.0))) == []


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        pytest.param({"available": 0.099}, "the host has 99 MiB of memory left (10%)", id="memory"),
        pytest.param({"read_only_after_errors": ("/data",)}, "/data is mounted read-only, as its option"
                     " errors=remount-ro does after an error of the disk; see dmesg", id="read-only"),
        pytest.param({"not_answering": ("/mnt",)}, "/mnt does not answer: what opens a file there waits, as on NFS"
                     " whose server is gone", id="no answer"),
        pytest.param({"busy": 0.9}, "the host's 2 cores are 90% busy, load 0.5", id="cpu"),
        pytest.param({"pressure": {"io": {"full": {"avg10": 10.0}, "some": {"avg10": 50.0}}}},
                     "all processes waited for io 10 % of the last ten seconds", id="full pressure"),
        pytest.param({"pressure": {"cpu": {"some": {"avg10": 30.0}}}},
                     "some work waited for cpu 30 % of the last ten seconds", id="some pressure"),
    ],
)  # fmt: skip
def test_what_a_host_is_short_of(more, finding):
    assert findings(**more) == [finding]


def test_pressure_below_the_bounds_is_no_finding():
    assert findings(pressure={"io": {"full": {"avg10": 9.9}, "some": {"avg10": 29.9}}}) == []


@pytest.mark.parametrize(
    ("used_share", "inodes", "number"), [(0.9, None, 1), (0.89, None, 0), (0.5, 0.9, 1), (0.95, 0.95, 2)]
)
def test_file_systems_that_are_nearly_full(used_share, inodes, number):
    disk = {"mount": "/var", "device": "sda", "kind": "ext4", "size": 1, "free": 5 * MIB, "used_share": used_share,
            "inodes_used_share": inodes}  # fmt: skip
    texts = findings(filesystems=(disk,))
    assert len(texts) == number
    assert all(text.startswith("/var ") for text in texts)


@pytest.mark.parametrize(
    ("last", "finding"),
    [
        pytest.param({"working_set": 180 * MIB}, "shop-web-1 uses 180 of 200 MiB (90%)", id="near its limit"),
        pytest.param({"cpu": 9.0}, "shop-web-1 uses 0.90 cores", id="cpu"),
        pytest.param({"periods": 100, "throttled_periods": 25},
                     "shop-web-1 was held back by its CPU limit 25% of the time", id="throttled"),
        pytest.param({"oom_kills": 2},
                     "the kernel killed 2 processes of shop-web-1 (out of memory), 2 during the sample",
                     id="killed"),
    ],
)  # fmt: skip
def test_what_a_container_is_short_of(last, finding):
    assert findings(used(usage(0, 0.0), usage(10, **{"cpu": 0.0, **last}))) == [finding]


def test_growth_is_a_finding_where_the_limit_is_near():
    samples = [(float(at), (100.0 + 5 * at) * MIB) for at in range(11)]
    container = used(usage(0, 0.0), usage(10, 0.0, working_set=150 * MIB), samples=samples)
    assert findings(container) == ["shop-web-1 grows by 5.0 MiB/s, its limit is 10 s away"]
    unlimited = used(usage(0, 0.0), usage(10, 0.0, working_set=150 * MIB, limit=None), samples=samples)
    assert findings(unlimited) == []


def test_the_processes_that_were_killed_are_named_once():
    container = used(usage(0, 0.0), usage(10, 0.0), killed=[kill(9_000.0), kill(9_001.0)])
    text = "the kernel killed 2 processes of shop-web-1 (out of memory) (gunicorn)"
    assert pressing(resources_dict(host(), [])["host"], [container]) == [text]
