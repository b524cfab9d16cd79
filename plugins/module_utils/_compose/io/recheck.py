# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a container that the engine calls unhealthy once more, where the engine's own check says little. I/O.

Two kinds: a check that was cut off at its time limit, which on a busy host says nothing about the container, is run
with three times the limit; and where a check has failed since the start, the container is asked for an answer.
"""

from __future__ import annotations

import http.client
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..._core.errors import EngineError
from ..._system.counters import parse_pressure
from ..._system.io.kernel_files import read
from ..container import Container
from ..drain.io.ports import ports_of
from ..health import UNHEALTHY, UNKNOWN
from ..project import Project
from .engine import Engine

_LONGER = 3.0  # times the limit of the check
_LONGEST = 30.0  # seconds for one run
_ANSWER = 2.0  # seconds for an answer to a request
_AT_ONCE = 8
_BUSY_LOAD, _BUSY_STALL = 2.0, 60.0  # runnable processes per core; per cent of the time in which some wait for a core


def recheck(engine: Engine, project: Project) -> Project:
    """The project, with ``unknown`` as the health of each container of which a check says nothing."""
    doubtful = [
        container
        for container in project.containers
        if container.running and container.health == UNHEALTHY and _says_little(project, container)
    ]
    if not doubtful:
        return project
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        reasons = dict(zip((container.id for container in doubtful), pool.map(lambda one: _why(engine, one), doubtful)))
    return replace(
        project,
        containers=tuple(
            replace(container, health=UNKNOWN, health_output=reasons[container.id])
            if reasons.get(container.id)
            else container
            for container in project.containers
        ),
    )


def _says_little(project: Project, container: Container) -> bool:
    return container.check.at_limit or container.check.always_failed(container.uptime(project.now))


def _why(engine: Engine, container: Container) -> str:
    """Why the engine's word says nothing, in a clause; empty where the container is unhealthy by this, too."""
    check = container.check
    if check.at_limit and check.argv:
        seconds = min(_LONGER * check.timeout, _LONGEST)
        try:
            code = engine.execute_within(container.id, check.argv, seconds)
        except EngineError as error:
            return f"it could not be run: {error}"
        if code == 0:
            return f"it passes within {seconds:g} s and is cut off at its limit of {check.timeout:g} s"
        if code is None and _busy():
            return f"it does not end within {seconds:g} s, and this host has more work than cores"
        return ""
    answer = _answer(container) if engine.login.local else ""
    return f"it has failed since the start, while the container answers {answer}" if answer else ""


def _busy() -> bool:
    stall = parse_pressure(read("/proc/pressure/cpu")).get("some")
    if stall is not None and stall["avg10"] >= _BUSY_STALL:
        return True
    return os.getloadavg()[0] >= _BUSY_LOAD * (os.cpu_count() or 1)


def _answer(container: Container) -> str:
    """An answer to an HTTP request that is no failure of the server, in words; empty where none comes."""
    address = next((address for dummy, address in container.networks if address), "")
    for port in sorted(ports_of(container.pid))[:4] if address else ():
        connection = http.client.HTTPConnection(address, port, timeout=_ANSWER)
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException, ValueError):
            continue
        finally:
            connection.close()
        if status < 500:
            return f"requests on port {port} (HTTP {status})"
    return ""
