"""A busy container is restarted unasked where its health check fails, too, or the site says so."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._resources.cpu_verdict import (
    CpuRules,
    cores_are_short,
    verdict_on,
)
from ansible_collections.pafar.runbook.plugins.module_utils._resources.memory_verdict import SHORT, STEADY, UNCERTAIN
from ansible_collections.pafar.runbook.plugins.module_utils._system.counters import HostReport

from support.reports import container_use, host, process, resources


@pytest.mark.parametrize(
    ("used", "facts", "more", "state", "why"),
    [
        pytest.param(0.95, {"cpu": 1.5}, {}, UNCERTAIN, "it may serve its requests", id="it uses up the host"),
        pytest.param(
            0.95, {"cpu": 1.5}, {"status": "Up 3 hours (healthy)"}, UNCERTAIN, "nothing shows", id="it serves many"
        ),
        pytest.param(
            0.95, {"cpu": 1.5}, {"status": "Up 3 hours (unhealthy)"}, SHORT, "its health check fails", id="it is broken"
        ),
        pytest.param(
            0.95, {"cpu": 1.5}, {"health": "unhealthy"}, SHORT, "its health check fails", id="by compose_info"
        ),
        pytest.param(
            0.95,
            {"cpu": 1.5},
            {"status": "Up 3 hours (unhealthy)", "health": "unknown"},
            UNCERTAIN,
            "nothing shows",
            id="a check that could not be carried out",
        ),
        pytest.param(
            0.3,
            {"cpu": 1.0},
            {"whole": True, "status": "Up 3 hours (unhealthy)", "health": "unknown"},
            UNCERTAIN,
            "a whole core",
            id="a check that was cut off beside a process that may spin",
        ),
        pytest.param(0.95, {"cpu": 0.6}, {"busiest": 3.0}, STEADY, "much less than the busiest", id="another one does"),
        pytest.param(0.95, {"cpu": 1.5}, {"status": "Up 12 seconds"}, UNCERTAIN, "it may be starting", id="it starts"),
        pytest.param(0.95, {"cpu": 1.5}, {"status": "Up 12 minutes"}, UNCERTAIN, "nothing shows", id="it has started"),
        pytest.param(0.3, {"cpu": 0.6}, {}, STEADY, "cores idle", id="cores are idle"),
        pytest.param(0.3, {"cpu": 1.0}, {"whole": True}, UNCERTAIN, "a whole core", id="a process that may spin"),
        pytest.param(
            0.3,
            {"cpu": 1.0},
            {"whole": True, "status": "Up 3 hours (unhealthy)"},
            SHORT,
            "its health check fails",
            id="it spins and answers no more",
        ),
        pytest.param(
            0.3, {"cpu": 0.6}, {"status": "Up 3 hours (unhealthy)"}, STEADY, "idle", id="sick of another cause"
        ),
        pytest.param(0.3, {"cpu": 0.5, "throttled": 0.6}, {}, UNCERTAIN, "its own limit slows it", id="throttled"),
    ],
)
def test_who_is_restarted_for_a_busy_host(used, facts, more, state, why):
    container = container_use("shop-web-1", **facts)
    container["status"] = more.get("status", "Up 3 hours")
    reading = resources(reading=host(memory=0.5, cpu=used, load=1.0))["host"]
    processes = [process("python", "shop-web-1", 0.98)] if more.get("whole") else []
    health = {"shop-web-1": more["health"]} if "health" in more else {}
    verdict = verdict_on(container, reading, processes, more.get("busiest", facts["cpu"]), health=health)
    assert verdict.state == state
    assert why in verdict.why


@pytest.mark.parametrize(
    ("rules", "used", "facts", "busiest", "state"),
    [
        pytest.param(CpuRules(idle=1), 0.3, {"cpu": 0.6}, 0.6, SHORT, id="idle cores do not count"),
        pytest.param(CpuRules(of_busiest=0), 0.95, {"cpu": 0.4}, 3.0, SHORT, id="whatever the busiest uses"),
        pytest.param(
            CpuRules(warm_up=0), 0.95, {"cpu": 1.5, "status": "Up 3 seconds"}, 1.5, SHORT, id="also a new one"
        ),
        pytest.param(CpuRules(warm_up=600), 0.95, {"cpu": 1.5, "status": "Up 9 minutes"}, 1.5, UNCERTAIN, id="longer"),
        pytest.param(CpuRules(), 0.95, {"cpu": 1.5, "status": "Up 2 minutes (healthy)"}, 1.5, SHORT, id="two minutes"),
        pytest.param(CpuRules(), 0.95, {"cpu": 1.5, "status": "Up About a minute"}, 1.5, UNCERTAIN, id="a minute"),
        pytest.param(CpuRules(), 0.95, {"cpu": 1.5, "status": "Up About an hour"}, 1.5, SHORT, id="an hour"),
    ],
)
def test_a_site_says_what_idle_busiest_and_new_are(rules, used, facts, busiest, state):
    container = container_use("shop-web-1", cpu=facts["cpu"])
    container["status"] = facts.get("status", "Up 3 hours")
    reading = resources(reading=host(memory=0.5, cpu=used, load=1.0))["host"]
    assert verdict_on(container, reading, [], busiest, rules._replace(restart_busiest=True)).state == state
    assert verdict_on(container, reading, [], busiest, rules).state != SHORT


def pressed(used: float, some: float, cores: int = 8) -> HostReport:
    report = resources(reading=host(memory=0.5, cpu=used, load=1.0, cores=cores))["host"]
    stall = {"avg10": some, "avg60": some, "avg300": some}
    return {**report, "pressure": {"cpu": {"some": stall}}}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("used", "some", "short"),
    [
        pytest.param(0.08, 62.0, False, id="threads of a container wait for its quota"),
        pytest.param(0.13, 90.0, False, id="ten threads share the one processor of their cpuset"),
        pytest.param(0.5, 62.0, False, id="half of the cores are idle"),
        pytest.param(0.78, 62.0, True, id="nearly all are used, and work waits"),
        pytest.param(0.78, 5.0, False, id="nearly all are used, and none waits"),
        pytest.param(0.85, 0.0, True, id="all are used"),
    ],
)
def test_pressure_counts_only_where_the_cores_are_used(used, some, short):
    assert cores_are_short(pressed(used, some)) is short


@pytest.mark.parametrize(
    ("used", "facts", "state"),
    [
        pytest.param(0.08, {"cpu": 0.6}, STEADY, id="an idle host"),
        pytest.param(0.08, {"cpu": 0.6, "throttled": 0.6}, UNCERTAIN, id="it waits for its own limit"),
        pytest.param(0.6, {"cpu": 3.0}, UNCERTAIN, id="what the work waits for is not known"),
        pytest.param(0.6, {"cpu": 1.0}, STEADY, id="another one uses three times as much"),
    ],
)
def test_pressure_alone_restarts_no_container_unasked(used, facts, state):
    container = container_use("shop-web-1", **facts)
    container["status"] = "Up 3 hours (unhealthy)" if state != UNCERTAIN or "throttled" not in facts else "Up 3 hours"
    rules = CpuRules(restart_busiest=True)
    assert verdict_on(container, pressed(used, 62.0), [], max(facts["cpu"], 3.0 * (used > 0.5)), rules).state == state
