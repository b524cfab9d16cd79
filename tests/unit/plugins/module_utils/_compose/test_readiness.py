"""When a container that was started counts as up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.readiness import (
    FAILED,
    READY,
    WAITING,
    Readiness,
    readiness,
)

from .facts import NOW, container

PORTS = {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        pytest.param(None, FAILED, id="gone"),
        pytest.param(container(health="starting", up=2), WAITING, id="its check has not said yet"),
        pytest.param(container(health="unhealthy"), FAILED, id="its check fails"),
        pytest.param(container(health=None, up=3), WAITING, id="unchecked and young"),
        pytest.param(container(health=None, up=11), READY, id="unchecked and steady"),
        pytest.param(container(health="starting", restarts=2, up=1), FAILED, id="a crash loop that looks alive"),
        pytest.param(container(state="restarting", restarts=1), WAITING, id="restarted once"),
        pytest.param(container(state="exited", policy="no", exit_code=1), FAILED, id="ended"),
        pytest.param(container(state="paused"), FAILED, id="paused"),
        pytest.param(container(state="exited", policy="no"), READY, id="a job that ended"),
        pytest.param(container(state="exited", policy="on-failure"), READY, id="a job that is run again when it fails"),
        pytest.param(container(state="exited", policy="on-failure", exit_code=4), FAILED, id="given up by the engine"),
        pytest.param(container(state="exited", policy="always", error="port is taken"), FAILED, id="could not start"),
        pytest.param(container(state="exited", policy="no", ports=PORTS), FAILED, id="a service that ended"),
    ],
)
def test_verdicts(seen, status):
    assert readiness(seen, NOW, 10).status == status


@pytest.mark.parametrize("policy", ["no", "on-failure"])
def test_what_is_no_job_is_not_ready_when_it_has_ended(policy):
    assert readiness(container(state="exited", policy=policy), NOW, 10, job=False).status == FAILED


def test_healthy_must_be_seen_twice():
    first = readiness(container(), NOW, 10)
    assert first.status == WAITING
    assert readiness(container(), NOW + timedelta(seconds=0.5), 10, first).status == WAITING
    assert readiness(container(), NOW + timedelta(seconds=1), 10, first).status == READY
    lapsed = Readiness(WAITING, "", None)
    assert readiness(container(), NOW + timedelta(seconds=9), 10, lapsed).status == WAITING
