"""The limits on connections, in a network of the test's own with twenty local ports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
import json, pathlib, socket, sys
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.sockets import read_limits
pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40019")
listening = socket.create_server(("127.0.0.1", 8080), backlog=64)
held = [socket.create_connection(("127.0.0.1", 8080)) for number in range(int(sys.argv[1]))]
print(json.dumps(read_limits()))
"""


def limits(connections: int) -> dict[str, Any]:
    """What is read with so many connections to one destination."""
    inside = 'ip link set lo up && exec "$0" -c "$1" "$2"'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", inside, sys.executable, SCRIPT, str(connections)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(
    os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")),
    reason="NOT RUN: limits on connections (a network of its own takes root, unshare and ip)",
)
@pytest.mark.parametrize(("connections", "to"), [(0, ""), (18, "127.0.0.1:8080"), (20, "127.0.0.1:8080")])
def test_local_ports_to_one_destination(connections: int, to: str) -> None:
    found = limits(connections)
    assert found["ports_limit"] == 20
    assert found["ports_to"] == to
    assert found["ports_used"] == connections if to else found["ports_used"] < 10
