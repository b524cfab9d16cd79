"""Rates, leaks, and the kernel's own words."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._system.counters import (
    Usage,
    container_id_of,
    leak,
    parse_oom,
    parse_pairs,
    parse_pressure,
    rates,
    slope,
    will_fill,
)

ID = "0de3eac72834" + "0" * 52
KILL = (
    "6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/docker/"
    f"{ID},task_memcg=/docker/{ID},task=gunicorn: wo,pid=4711,uid=0"
)


def usage(at, cpu, **more):
    fields = {
        "memory": 100, "working_set": 50, "limit": 200, "oom_kills": 1, "throttled_periods": 0, "periods": 0,
        "throttled": 0.0, "cpu_quota": None, "pids": 3, **more,
    }  # fmt: skip
    return Usage(at=at, cpu=cpu, **fields)


def test_rates_of_two_readings():
    found = rates(usage(0, 1.0, periods=10), usage(2, 2.0, periods=20, throttled_periods=5, oom_kills=3, cpu_quota=1.0))
    assert (found.cpu, found.cpu_of_quota, found.throttled) == (0.5, 0.5, 0.5)
    assert (found.oom_kills, found.oom_kills_now, found.memory_share) == (3, 2, 0.25)
    assert rates(usage(0, 1), usage(0, 1)).cpu == 0


def test_a_leak_is_seen_through_noise_and_outliers():
    samples = [(at / 2, 1e6 * at + (3e5 if at % 2 else 0)) for at in range(20)]
    samples[7] = (3.5, 9e9)
    found = leak(samples, int(1e8))
    assert found["grows"] is True
    assert abs(found["bytes_per_second"] - 2e6) < 2e5
    assert 35 < found["seconds_to_limit"] < 45
    assert will_fill(found, 0.6)
    assert not will_fill(found, 0.1), "everything grows for some seconds"


def test_what_is_steady_is_no_leak():
    assert leak([(0, 5), (1, 5), (2, 5)], 10)["grows"] is False
    assert leak([(0, 5)], 10) is None
    assert slope([(1, 1), (1, 2), (1, 3)]) is None


def test_the_kernels_files():
    assert parse_pairs("MemTotal:  10 kB\nnr_throttled 7\nx\n") == {"MemTotal": 10240, "nr_throttled": 7}
    assert parse_pressure("some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n")["some"]["avg10"] == 1.5
    assert parse_oom([KILL, "6,1,2,-;other"]) == [
        {"container": ID, "task": "gunicorn: wo", "pid": 4711, "exhausted": "container"}
    ]
    assert container_id_of(f"0::/system.slice/docker-{ID}.scope\n") == ID
    assert container_id_of("0::/init.scope") == ""


@pytest.mark.parametrize(
    ("constraint", "full", "group", "exhausted"),
    [
        ("CONSTRAINT_MEMCG", f"oom_memcg=/docker/{ID}", f"/docker/{ID}", "container"),
        ("CONSTRAINT_MEMCG", f"oom_memcg=/system.slice/docker-{ID}.scope", f"/system.slice/docker-{ID}.scope/init",
         "container"),
        # A group inside of the container with a limit of its own.
        ("CONSTRAINT_MEMCG", f"oom_memcg=/docker/{ID}/pool", f"/docker/{ID}/pool", "container"),
        # A slice or a pod around it; another container, such as the one in which this one's engine runs.
        ("CONSTRAINT_MEMCG", "oom_memcg=/shop.slice", f"/shop.slice/docker-{ID}.scope", "group"),
        ("CONSTRAINT_MEMCG", f"oom_memcg=/docker/{'b' * 64}", f"/docker/{'b' * 64}/docker/{ID}", "group"),
        ("CONSTRAINT_NONE", "global_oom", f"/docker/{ID}", "host"),
        ("CONSTRAINT_CPUSET", "global_oom", f"/docker/{ID}", "host"),
        ("CONSTRAINT_MEMORY_POLICY", "global_oom", f"/docker/{ID}", "host"),
        ("CONSTRAINT_MEMCG", "mems_allowed=0", f"/docker/{ID}", ""),
    ],
)  # fmt: skip
def test_what_ran_out_of_memory_is_read_from_the_line(constraint, full, group, exhausted):
    line = (
        f"3,1,2,-;oom-kill:constraint={constraint},nodemask=(null),cpuset={ID},mems_allowed=0,{full},"
        f"task_memcg={group},task=python,pid=9,uid=0"
    )
    assert parse_oom([line]) == [{"container": ID, "task": "python", "pid": 9, "exhausted": exhausted}]


def test_a_line_without_its_constraint_proves_nothing():
    assert parse_oom([f"3,1,2,-;oom-kill:task_memcg=/docker/{ID},task=x,pid=9"])[0]["exhausted"] == ""
