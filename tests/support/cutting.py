"""A module that is cut off while it acts: started in a process of its own, and ended by a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rehearsal import engine
from support.servers import ROOT
from support.shop import LONGEST, Shop

SIGNALS = (signal.SIGKILL, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
QUICK = {"stable": 2, "pause": 0.2, "ready_timeout": LONGEST, "compose_timeout": 5 * LONGEST, "engine_timeout": LONGEST}


@contextmanager
def running(name: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The module, as Ansible starts it, in a session of its own."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"ansible_collections.pafar.runbook.plugins.modules.{name}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
    )  # fmt: skip
    assert process.stdin
    quick = {"engine_timeout": LONGEST} if name == "compose_snapshot" else QUICK
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**quick, **options}}).encode())
    process.stdin.close()
    process.stdin = None
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(what: str, true: Callable[[], Any], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait for an event; not longer than the process lives."""
    deadline = time.monotonic() + LONGEST
    while not true():
        assert process is None or process.poll() is None, f"the module ended before {what}: {process.communicate()}"
        assert time.monotonic() < deadline, f"{what} did not come to pass"
        time.sleep(0.02)


def pid_of(container: str) -> int:
    return int(engine.inspect("container", [container])[0]["State"]["Pid"])


def refuses(container: str, pid: int = 0) -> bool:
    """Whether a drain rule stands in the container's network."""
    listing = subprocess.run(
        ["nsenter", "--target", str(pid or pid_of(container)), "--net", "iptables", "-S", "INPUT"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "REJECT" in listing.stdout


def records(shop: Shop) -> list[str]:
    """Names of the records of acts on this project."""
    listed = ["docker", "network", "ls", "--filter", f"label=pafar.runbook.act={shop.project}", "--format", "{{.Name}}"]
    return engine.run(listed).stdout.split()


def forget(shop: Shop) -> None:
    """Remove the records of acts on this project."""
    for name in records(shop):
        engine.run(["docker", "network", "rm", name], check=False)
