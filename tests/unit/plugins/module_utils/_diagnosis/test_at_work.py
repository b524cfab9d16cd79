"""What a diagnosis may have restarted for what it does while it runs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.network import diagnose_network
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.owner import at_work

from support.reports import container

from .endpoint_facts import BACKEND, SERVICES, WORKER, down, row, service

NOTE = "has not passed its health check yet, and runs for 9 s"


def starting(name):
    found = service(name)
    found["containers"][0].update({"health": "starting", "note": NOTE})
    return found


@pytest.mark.parametrize(
    ("more", "meant"),
    [
        pytest.param({"state": "running", "health": "healthy"}, True, id="healthy"),
        pytest.param({"state": "running", "health": "none"}, True, id="without a check"),
        pytest.param({"state": "running", "health": "starting"}, False, id="starts"),
        pytest.param({"state": "paused", "health": "healthy"}, False, id="paused"),
        pytest.param({"state": "exited", "health": "none"}, False, id="ended"),
        pytest.param({"state": "created", "health": "none"}, False, id="never started"),
    ],
)
def test_only_what_runs_and_does_not_start(more, meant):
    replica: Any = {**container("pafar-web-1"), **more}
    assert at_work([replica]) == ([replica["target"]] if meant else [])


def test_one_that_starts_again_and_again_is_meant():
    one = container("pafar-web-1", "loops: the engine restarted it 9 times")
    one["health"] = "starting"
    assert at_work([one]) == [one["target"]]


def test_a_port_that_nothing_listens_on_yet_is_no_ground_for_a_restart():
    refused = [down(BACKEND, "redis", "tcp", "redis:6379: connection refused"), down(WORKER, "redis", "tcp", "refused")]
    services = {**SERVICES, "redis": starting("redis")}
    found = diagnose_network(refused, services).as_dict()
    assert (found["cause"], found["mitigation"], found["rules"]) == ("not_listening", "", {})
    assert NOTE in found["causes"][0]["evidence"][0]
    runs = diagnose_network(refused, SERVICES).as_dict()
    assert runs["rules"]["which"] == "running", "what is stopped or paused until the act is left so"


def test_one_that_reaches_nothing_yet_is_left_to_start():
    services = {**SERVICES, "backend": starting("backend")}
    found = diagnose_network([down(BACKEND, "redis"), row(WORKER, "redis")], services).as_dict()
    assert (found["cause"], found["mitigation"]) == ("network_cut", "")
    rows = [down(BACKEND, "redis"), down(WORKER, "redis"), row("pafar-nginx-1", "redis")]
    both = diagnose_network(rows, services).as_dict()
    assert both["mitigation"] == "restart_services"
    assert both["rules"]["services"] == ["worker"]
