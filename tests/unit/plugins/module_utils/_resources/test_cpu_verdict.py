"""A busy container is restarted unasked where its health check fails, too, or the site says so."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._resources.cpu_verdict import CpuRules, verdict_on
from ansible_collections.pafar.runbook.plugins.module_utils._resources.memory_verdict import SHORT, STEADY, UNCERTAIN

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
