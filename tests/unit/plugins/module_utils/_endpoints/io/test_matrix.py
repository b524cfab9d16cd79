"""From which containers an endpoint is tried here."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import UNKNOWN, Target
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.matrix import (
    ELSEWHERE,
    NOWHERE,
    Trying,
    _pid_of,
    _row,
)
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.namespaces import Place

REPLICA = container_of(
    {"Id": "a" * 64, "Name": "/shop-web-1", "State": {"Status": "running"}, "Config": {"Labels": {}}}
)
GONE = 2**22 + 1


@pytest.mark.parametrize(
    ("pid", "address", "meant"),
    [
        pytest.param(os.getpid(), "127.0.0.1", os.getpid(), id="its process is on this host, by its address"),
        pytest.param(os.getpid(), "10.99.0.7", ELSEWHERE, id="behind a forwarded socket, the number of another one"),
        pytest.param(GONE, "10.99.0.7", GONE, id="it has ended"),
        pytest.param(os.getpid(), "", os.getpid(), id="it has no address by which that is known"),
    ],
)
def test_the_number_of_a_process_is_not_taken_for_that_of_this_host(pid, address, meant):
    assert _pid_of(replace(REPLICA, pid=pid, networks=(("shop_default", address),))) == meant


@pytest.mark.parametrize(("pid", "why"), [(NOWHERE, "no container of it runs"), (ELSEWHERE, "is not on this host")])
def test_what_cannot_be_tried_is_unknown(pid, why):
    row = _row(Place("shop-web-1", "web", pid), Target("db", "tcp", "db", 5432), "", "", Trying(1, 0.0, 1.0))
    assert (row["state"], why in row["why"]) == (UNKNOWN, True)
