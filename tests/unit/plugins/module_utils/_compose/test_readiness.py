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
    ],
)
def test_verdicts(seen, status):
    assert readiness(seen, NOW, 10).status == status


def test_healthy_must_be_seen_twice():
    first = readiness(container(), NOW, 10)
    assert first.status == WAITING
    assert readiness(container(), NOW + timedelta(seconds=0.5), 10, first).status == WAITING
    assert readiness(container(), NOW + timedelta(seconds=1), 10, first).status == READY
    lapsed = Readiness(WAITING, "", None)
    assert readiness(container(), NOW + timedelta(seconds=9), 10, lapsed).status == WAITING
