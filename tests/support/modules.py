"""Run a module of the collection as Ansible does, in a process of its own, and read its answer.

Most of a module's time is the start of Python and its imports. A server (`support.module_server`) has both behind it
and forks: each call still has a process, a working directory, signals and name spaces of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from typing import Any

from support.servers import ROOT

_STARTING = threading.Lock()
_SERVERS: dict[int, socket.socket] = {}
_USED: list[float] = []


def run_module(name: str, /, check: bool = False, own_process: bool = False, **options: Any) -> dict[str, Any]:
    """The JSON that the module printed; a traceback in its place is an error of the test.

    ``own_process``: start Python anew, where the start itself, its imports or its memory are the subject.
    """
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check, "_ansible_diff": True}}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".collections")}
    run = _started if own_process else _forked
    returncode, stdout, stderr = run(name, json.dumps(arguments), environment)
    line = stdout.strip().splitlines()[-1] if stdout.strip() else ""
    try:
        result: dict[str, Any] = json.loads(line)
    except ValueError:
        raise AssertionError(f"{name} answered no JSON: {stdout}\n{stderr}") from None
    result["rc"] = returncode
    return result


def processor_seconds() -> float:
    """What the modules that have ended used of the processor, as the kernel counted it; none of ``own_process``."""
    return sum(_USED)


def _started(name: str, arguments: str, environment: dict[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"ansible_collections.pafar.runbook.plugins.modules.{name}"],
        input=arguments, capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def _forked(name: str, arguments: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """One call is one connection: the request goes there, and the answer comes when the module has ended."""
    own_end, its = socket.socketpair()
    with own_end, its:
        with _STARTING:
            socket.send_fds(_server(), [b"."], [its.fileno()])
        its.close()
        request = {"module": name, "arguments": arguments, "environment": environment, "folder": os.getcwd()}
        with own_end.makefile("rwb") as stream:
            stream.write(json.dumps(request).encode() + b"\n")
            stream.flush()
            line = stream.readline()
    if not line:
        raise AssertionError(f"{name}: the process that runs modules ended")
    answer = json.loads(line)
    _USED.append(answer["processor_seconds"])
    return answer["returncode"], answer["stdout"], answer["stderr"]


def _server() -> socket.socket:
    """The control connection of this process's server, which ends when that connection does."""
    if os.getpid() not in _SERVERS:
        own_end, its = socket.socketpair()
        argv = [sys.executable, "-W", "ignore", "-m", "support.module_server", str(its.fileno())]
        path = os.pathsep.join([str(ROOT / ".collections"), str(ROOT / "tests")])
        process = subprocess.Popen(
            argv, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}
        )
        its.close()
        _SERVERS[os.getpid()] = own_end
        atexit.register(_stop, own_end, process)
    return _SERVERS[os.getpid()]


def _stop(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    process.wait()
