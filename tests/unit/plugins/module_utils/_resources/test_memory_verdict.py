"""A container that is full is not short of memory: what grows, was killed or stalls is."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._resources.memory_verdict import (
    SHORT,
    STEADY,
    UNCERTAIN,
    verdict_on,
)

from support.reports import container_use, growth, host, resources, steady

SLOW = {**growth(2000.0, 65536)}


@pytest.mark.parametrize(
    ("facts", "state", "why"),
    [
        pytest.param({}, None, "", id="calm"),
        pytest.param({"leak": growth(40.0)}, None, "", id="everything grows for some seconds"),
        pytest.param({"memory_share": 0.95, "leak": steady()}, STEADY, "was steady for 10 s", id="full for months"),
        pytest.param({"memory_share": 0.95, "leak": steady(), "memory_stall": 0.0}, STEADY, "steady for 10 s",
                     id="full, and nothing waits"),
        pytest.param({"memory_share": 0.95, "leak": steady(), "memory_stall": 25.0}, SHORT,
                     "waited for memory 25 %", id="full, and all work waits"),
        pytest.param({"memory_share": 0.95}, UNCERTAIN, "was not measured", id="one look at an engine elsewhere"),
        pytest.param({"memory_share": 0.95, "leak": SLOW}, UNCERTAIN, "64 KiB/s", id="full, and grows slowly"),
        pytest.param({"memory_share": 0.7, "leak": growth(40.0)}, SHORT, "reaches its limit in 40 s", id="a leak"),
        pytest.param({"memory_share": 0.7, "leak": growth(40.0), "refills": 0.2, "age": 9000.0}, SHORT,
                     "reaches its limit", id="a leak in one of several processes"),
        pytest.param({"memory_share": 0.7, "leak": growth(40.0), "refills": 1.0}, UNCERTAIN, "may be freed again",
                     id="a heap between two collections"),
        pytest.param({"memory_share": 0.7, "leak": growth(40.0), "age": 20.0}, UNCERTAIN, "started 20 s ago",
                     id="caches that fill after the start"),
        pytest.param({"memory_share": 0.7, "leak": growth(40.0), "in_files": 0.9}, UNCERTAIN, "a restart deletes",
                     id="uploads in a tmpfs"),
        pytest.param({"memory_share": 0.7, "leak": growth(40.0), "in_files": 0.1}, SHORT, "reaches its limit",
                     id="a leak beside a few files in memory"),
        pytest.param({"memory_share": 0.7, "leak": SLOW}, STEADY, "reach it in 33 min",
                     id="a slow leak, far from its limit"),
        pytest.param({"memory_share": 0.7, "leak": {**SLOW, "seconds_to_limit": 5000.0}}, None, "", id="hours away"),
        pytest.param({"memory_share": 0.3, "leak": SLOW}, None, "", id="slow growth below half of the limit"),
        pytest.param({"memory_share": 0.7, "leak": SLOW, "refills": 0.9}, None, "", id="slow growth of a heap"),
        pytest.param({"oom_recent": 4, "oom_own": 4, "oom_age": 30.0}, SHORT, "lost 4 processes", id="killed just now"),
        pytest.param({"oom_recent": 4, "oom_own": 4}, SHORT, "lost 4 processes", id="killed, at an unknown time"),
        pytest.param({"oom_recent": 1, "oom_own": 1, "oom_age": 3000.0, "memory_share": 0.7}, SHORT, "lost 1",
                     id="and still high"),
        pytest.param({"oom_recent": 1, "oom_own": 1, "oom_age": 3000.0, "leak": growth(900.0, 20000)}, STEADY,
                     "the last 50 min ago", id="and it grows as everything does"),
        pytest.param({"oom_recent": 1, "oom_own": 1, "oom_age": 3000.0, "leak": growth(100.0)}, SHORT, "lost 1",
                     id="and the next one is minutes away"),
        pytest.param({"oom_recent": 1, "oom_own": 1, "oom_age": 3000.0}, STEADY, "the last 50 min ago, and uses 10%",
                     id="one large request an hour ago"),
        pytest.param({"oom_recent": 1, "oom_own": 1, "oom_age": 30.0, "oom_kills": 0}, STEADY,
                     "was started again since", id="killed in a run before this one"),
        pytest.param({"oom_recent": 1, "oom_own": 0, "oom_age": 300.0}, STEADY, "its own limit was not reached",
                     id="the host ran out of memory"),
        pytest.param({"oom_recent": 2, "oom_own": 0, "memory_share": 0.7}, STEADY, "the host or a group that it is in",
                     id="and its use is high"),
        pytest.param({"oom_recent": 1, "oom_own": 0, "leak": growth(40.0), "memory_share": 0.7}, SHORT,
                     "reaches its limit in 40 s", id="and it leaks"),
        pytest.param({"oom_recent": 3, "oom_own": 1, "oom_age": 300.0}, SHORT, "lost 3 processes",
                     id="one of three for its own limit"),
        pytest.param({"oom_recent": 1, "oom_age": 300.0}, UNCERTAIN, "is not known",
                     id="killed, and it is not known why"),
        pytest.param({"oom_recent": 1, "memory_share": 0.7}, UNCERTAIN, "is not known", id="and its use is high"),
        pytest.param({"oom_recent": 1, "oom_age": 3000.0}, STEADY, "the last 50 min ago", id="not known, an hour ago"),
    ],
)  # fmt: skip
def test_what_the_counters_show(facts, state, why):
    verdict = verdict_on(container_use("shop-web-1", **facts), 0.9)
    assert (verdict and verdict.state) == state
    assert verdict is None or why in verdict.why


@pytest.mark.parametrize(
    ("available", "facts", "state"),
    [
        pytest.param(100, {}, SHORT, id="the host is full in 100 s"),
        pytest.param(100, {"limit": 2**40}, SHORT, id="a limit above the memory of the host"),
        pytest.param(100, {"age": 20.0}, UNCERTAIN, id="it was just started"),
        pytest.param(400, {}, None, id="the host is full in 400 s"),
        pytest.param(100, {"limit": 500 * 2**20}, None, id="its own limit stops it"),
        pytest.param(100, {"leak": steady()}, None, id="it does not grow"),
    ],
)
def test_without_a_limit_the_memory_of_the_host_is_the_limit(available, facts, state):
    memory = resources(reading=host(memory=available / 1000, total=1000 * 2**20))["host"]["memory"]
    leaks = {**growth(0.0), "seconds_to_limit": None}
    container = container_use("shop-web-1", **{"limit": None, "memory_share": None, "leak": leaks, **facts})
    verdict = verdict_on(container, 0.9, memory)
    assert (verdict and verdict.state) == state
