"""A module in a process of its own, as root or as another user, who is in the group that may use the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from support.engine import socket_path
from support.servers import ROOT

# What is imported late is imported first: the other user may not be able to read this Python's libraries.
SELF = """
import _strptime, concurrent.futures.thread, encodings.ascii, encodings.idna, importlib, os, sys
import docker, requests
module = importlib.import_module(f"ansible_collections.pafar.runbook.plugins.modules.{sys.argv[1]}")
group, sys.argv = int(sys.argv[2]), sys.argv[:1]
module.main()
"""
MEMBER = SELF.replace("module.main()", "os.setgroups([group]); os.setgid(65534); os.setuid(65534); module.main()")


def started(name: str, member: bool, **options: Any) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", MEMBER if member else SELF, name, str(os.stat(socket_path()).st_gid)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".collections"), "HOME": "/tmp"},
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    process.stdin.close()
    process.stdin = None  # for `communicate`
    return process


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, errors = process.communicate()
    assert said, errors
    result: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return result


def run_as_member(name: str, /, **options: Any) -> dict[str, Any]:
    """The module's answer, as a user who is not root."""
    return answer(started(name, True, **options))
