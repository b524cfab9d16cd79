"""Connections of a replica that is drained, and where they are not known."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.io import drain, namespace
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.io.drain import open_connections
from ansible_collections.pafar.runbook.plugins.module_utils._compose.replicas import RolloutOptions

from ...facts import container


def here(**more):
    """A replica whose process is this one, as the engine of another machine may name it, too."""
    return replace(container(), pid=os.getpid(), networks=(("shop_default", "172.18.0.9"),), **more)


@pytest.fixture
def own(monkeypatch):
    """The process is the replica's by its control group."""
    monkeypatch.setattr(drain, "is_process_of", lambda dummy: True)


def test_they_are_counted_where_the_process_is_on_this_host(own):
    assert open_connections(here(), local=True) is not None
    with socket.create_server(("0.0.0.0", 0)) as server:
        before = open_connections(here(), local=True)
        with socket.create_connection(("127.0.0.2", server.getsockname()[1]), source_address=("127.0.0.3", 0)):
            assert open_connections(here(), local=True) == before + 1


@pytest.mark.parametrize(
    ("local", "replica"),
    [
        pytest.param(False, here(), id="an engine by the network"),
        pytest.param(True, here(), id="a forwarded socket, with the pid of a process of this host"),
        pytest.param(True, replace(here(), pid=2**22 + 1), id="no process of that pid"),
    ],
)
def test_they_are_unknown_where_it_is_not(local, replica):
    assert open_connections(replica, local) is None


def test_where_they_are_unknown_the_whole_time_is_waited(monkeypatch):
    passed: list[float] = []
    monkeypatch.setattr(time, "sleep", passed.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(passed))
    rollout = RolloutOptions(drain_wait=1.0, drain_timeout=4.0)
    assert drain._wait(here(), rollout, local=False) is None
    assert sum(passed) >= 4.0


def test_what_is_said_of_a_network_that_cannot_be_entered():
    """The process of that pid may be any one of this host."""
    if os.geteuid():
        pytest.skip("only root may look into a namespace")
    said = {}
    for name, networks in (("elsewhere", (("shop_default", "172.18.0.9"),)), ("host", (("host", ""),))):
        with (
            pytest.raises(namespace.Unusable) as refusal,
            namespace.namespace_of(replace(here(), networks=networks)),
        ):
            pass
        said[name] = str(refusal.value)
    assert said == {"elsewhere": "its process is not on this host", "host": "it uses the network of the host"}
