"""What a container listens on is asked of its own process alone."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.io import listening

from ...facts import container, project

UNREAD, NONE = "no port, no health check", "listens on no port"


@pytest.mark.parametrize(
    ("local", "own", "networks", "ports", "said"),
    [
        pytest.param(True, True, "shop_default", {80}, "", id="it listens"),
        pytest.param(True, True, "shop_default", set(), NONE, id="it does not"),
        pytest.param(True, False, "shop_default", set(), UNREAD, id="its process is on another host"),
        pytest.param(False, True, "shop_default", set(), UNREAD, id="the engine is on another machine"),
        pytest.param(True, True, "host", {80}, UNREAD, id="the ports of the host are not its own"),
        pytest.param(True, True, "", {80}, UNREAD, id="it lives in the network of another one"),
    ],
)
def test_who_is_asked(monkeypatch, local, own, networks, ports, said):
    monkeypatch.setattr(listening, "is_process_of", lambda _container: own)
    monkeypatch.setattr(listening, "ports_of", lambda _pid: frozenset(ports))
    engine: Any = SimpleNamespace(login=SimpleNamespace(local=local))
    names = ((networks, "10.0.0.2"),) if networks else ()
    found = project(replace(container(), pid=os.getpid(), networks=names))
    why = listening.why_two_are_unclear(engine, found, "web")
    assert said in why
    assert bool(said) == bool(why)


@pytest.mark.parametrize(
    ("local", "replicas", "here"),
    [
        pytest.param(True, [("10.0.0.2", True)], True, id="its process is here"),
        pytest.param(True, [("10.0.0.2", False)], False, id="behind a forwarded socket"),
        pytest.param(True, [("10.0.0.2", False), ("10.0.0.3", True)], True, id="one was started again just now"),
        pytest.param(True, [("", False)], True, id="none has an address by which that is known"),
        pytest.param(True, [], True, id="none runs"),
        pytest.param(False, [("10.0.0.2", True)], False, id="by the network"),
    ],
)
def test_whether_the_containers_use_this_host(monkeypatch, local, replicas, here):
    known = dict(replicas)
    monkeypatch.setattr(listening, "is_process_of", lambda one: known[one.networks[0][1]])
    engine: Any = SimpleNamespace(login=SimpleNamespace(local=local))
    containers = [replace(container(), pid=7, networks=(("shop_default", address),)) for address, dummy in replicas]
    assert listening.on_this_host(engine, containers) is here
