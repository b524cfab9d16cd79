"""What is done on this host to a process of a container, where the engine names one that may be on another host."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import docker
import pytest
import requests
from ansible_collections.pafar.runbook.plugins.module_utils._compose.endpoint.engine_endpoint import EngineEndpoint
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine_containers import ContainerCalls
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine_transport import EngineLogin
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import PrivilegeError

from ..facts import inspected


def calls(pid, address, local=True):
    """An engine with one container, whose process has that number; ``address``: of the container."""
    inspection = inspected()
    inspection["State"] = {**inspection["State"], "Pid": pid, "Running": True}
    inspection["NetworkSettings"] = {**inspection["NetworkSettings"], "Networks": {"x": {"IPAddress": address}}}
    made = object.__new__(ContainerCalls)
    made.login = EngineLogin(EngineEndpoint("unix:///run/docker.sock" if local else "tcp://10.0.0.7:2376"))
    made._docker, made._requests = docker, requests
    made.api = SimpleNamespace(
        containers=lambda **dummy: [{"Id": inspection["Id"], "Labels": inspection["Config"]["Labels"]}],
        inspect_container=lambda dummy: inspection,
        exec_create=lambda *dummy: {"Id": "e"},
        exec_start=lambda *dummy, detach: b"" if detach else b"x",
        exec_inspect=lambda dummy: {"Running": True, "Pid": pid},
    )
    return made, inspection["Id"]


@pytest.fixture
def process():
    with subprocess.Popen(["sleep", "60"]) as sleeping:
        yield sleeping
        sleeping.kill()


@pytest.mark.parametrize(
    ("address", "local", "killed"),
    [
        pytest.param("127.0.0.1", True, True, id="of the container, by its address"),
        pytest.param("10.99.0.7", True, False, id="behind a forwarded socket"),
        pytest.param("127.0.0.1", False, False, id="by the network"),
    ],
)
def test_a_command_that_does_not_end_is_killed_only_where_its_process_is_known(process, address, local, killed):
    engine, id = calls(process.pid, address, local)
    assert engine.execute_within(id, ["sleep", "60"], 0.0) is None
    if killed:
        assert process.wait(5) == -9
    else:
        assert process.poll() is None


@pytest.mark.parametrize(
    ("address", "local", "known"),
    [("127.0.0.1", True, True), ("10.99.0.7", True, False), ("127.0.0.1", False, False)],
)
def test_files_of_a_container_are_looked_for_only_where_its_process_is_known(process, address, local, known):
    """Else those of this host would be taken for them, and old backups removed."""
    engine, dummy = calls(process.pid, address, local)
    if known:
        assert engine.root_of("shop", "web") == f"/proc/{process.pid}/root"
    else:
        with pytest.raises(PrivilegeError, match=r"another machine, so the files of shop-web-1 cannot be read"):
            engine.root_of("shop", "web")
