"""When a container that was started counts as up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.readiness import (
    FAILED,
    READY,
    WAITING,
    Readiness,
    longest_wait,
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


@pytest.mark.parametrize(
    ("check", "seconds"),
    [
        pytest.param({}, 120, id="a usual check"),
        pytest.param({"interval": 30, "start_period": 100}, 120, id="that says something in time"),
        pytest.param({"interval": 300, "limit": 5}, 305, id="that runs every five minutes"),
        pytest.param({"interval": 10, "start_period": 180, "limit": 5}, 185, id="of one that starts slowly"),
        pytest.param({"interval": 3600}, 900, id="that runs once an hour"),
        pytest.param({"interval": 300, "health": "healthy"}, 120, id="that has said something"),
        pytest.param({"interval": 300, "health": None}, 120, id="no check"),
    ],
)
def test_a_check_is_waited_for_until_it_can_have_said_something(check, seconds):
    assert longest_wait(container(**{"health": "starting", "up": 2, **check}), 120) == seconds


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ({"interval": 5, "exits": []}, "its health check says starting"),
        ({"interval": 300, "exits": []}, "has not run yet (it runs every 300 s), so that its health is unknown"),
        ({"interval": 300, "exits": [1]}, "its health check says starting"),
    ],
)
def test_what_is_waited_for(check, reason):
    assert readiness(container(health="starting", up=2, **check), NOW, 10).reason.endswith(reason)
