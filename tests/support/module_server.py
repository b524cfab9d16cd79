"""A process that has Python and the collection's modules loaded, and forks one process for each call of a module.

python -m support.module_server FD        FD: the control connection of `support.modules`

It receives one connection per call. The fork of a call reads the request from it, forks the module's own process,
waits for its end, and answers with the exit status and what the module printed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
import tempfile
import time
from typing import Any

import ansible.module_utils.basic

from support.servers import ROOT

PACKAGE = "ansible_collections.pafar.runbook.plugins.modules"


def load() -> None:
    """Import every module, so that no call does it again."""
    for path in sorted((ROOT / "plugins/modules").glob("*.py")):
        importlib.import_module(f"{PACKAGE}.{path.stem}")
    gc.collect()
    gc.freeze()  # the forks share these objects' memory pages for longer


def serve(control: socket.socket) -> None:
    """Until the control connection ends. Forks are reaped, or their processor time would be in no account."""
    forked: set[int] = set()
    while True:
        message, handles, dummy_flags, dummy_address = socket.recv_fds(control, 1, 1)
        if not message:
            break
        pid = os.fork()
        if pid == 0:
            control.close()
            answer(socket.socket(fileno=handles[0]))
        os.close(handles[0])
        forked = {child for child in forked | {pid} if os.waitpid(child, os.WNOHANG)[0] == 0}
    for pid in forked:
        os.waitpid(pid, 0)


def answer(connection: socket.socket) -> None:
    """One call; does not return."""
    stream = connection.makefile("rwb")
    request = json.loads(stream.readline())
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        pid = os.fork()
        if pid == 0:
            stream.close()
            connection.close()
            become(request, stdout.fileno(), stderr.fileno())
        dummy, status, used = os.wait4(pid, 0)
        printed = []
        for file in (stdout, stderr):
            file.seek(0)
            printed.append(file.read().decode(errors="replace"))
    reply = {
        "returncode": os.waitstatus_to_exitcode(status),
        "stdout": printed[0],
        "stderr": printed[1],
        "processor_seconds": used.ru_utime + used.ru_stime,
    }
    stream.write(json.dumps(reply).encode() + b"\n")
    stream.flush()
    os._exit(0)


def become(request: dict[str, Any], stdout: int, stderr: int) -> None:
    """Run the module as `python -m` would; ends with SystemExit, and so by Python's own way out."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    sys.argv = [request["module"]]
    ansible.module_utils.basic._ANSIBLE_ARGS = request["arguments"].encode()
    ansible.module_utils.basic._ANSIBLE_PROFILE = "legacy"
    importlib.import_module(f"{PACKAGE}.{request['module']}").main()
    sys.exit(0)


if __name__ == "__main__":
    load()
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        serve(listening)
