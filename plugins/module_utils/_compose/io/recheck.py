# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a container that the engine calls unhealthy once more, where the engine's own check says little. I/O.

Three kinds: a check that was cut off at its time limit, which on a busy host says nothing about the container, is run
with three times the limit; one that ended at a limit of its own says nothing on a busy host, either; and where a check
has failed since the start, the container is asked what the check asks, or else for any answer. A server that has
refused the check's login since the start has answered already.
"""

from __future__ import annotations

import http.client
import os
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from ..._core.errors import EngineError
from ..._system.counters import parse_pressure
from ..._system.io.kernel_files import read
from ..checked.foreign import why_foreign
from ..checked.means import refused
from ..checked.question import Question, fails, question_of, what_answers
from ..container import Container
from ..drain.io.namespace import is_process_of
from ..drain.io.ports import ports_of
from ..health import BUSY, NOT_RUN, UNHEALTHY, UNKNOWN
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
        clauses = pool.map(lambda container: _why(engine, project, container), doubtful)
        reasons = dict(zip((container.id for container in doubtful), clauses))
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
    check = container.check
    return check.at_limit or check.gave_up or check.always_failed(container.uptime(project.now))


def _why(engine: Engine, project: Project, container: Container) -> str:
    """Why the engine's word says nothing, in a clause; empty where the container is unhealthy by this, too."""
    check, here = container.check, engine.login.local and is_process_of(container)
    if check.at_limit and check.argv:
        clause = _why_not_in_time(engine, container)
        if clause:
            return clause
    if check.gave_up and here and _busy():
        return f"it ended at a limit of its own, and {BUSY} ({check.shown or 'no output'})"
    failed = check.program_failed or not check.always_failed(container.uptime(project.now))
    login = "" if failed else refused(check.output, check.test)
    if login:
        return f"it has failed since the start, while the server answers and refuses what the check gives it: {login}"
    return "" if failed else (_answered(container) if here else "") or why_foreign(project, container)


def _why_not_in_time(engine: Engine, container: Container) -> str:
    """The same of a check that was cut off at its time limit, by another run."""
    check = container.check
    seconds = min(_LONGER * check.timeout, _LONGEST)
    try:
        code = engine.execute_within(container.id, check.argv, seconds)
    except EngineError as error:
        return f"it could not be run: {error}"
    if code == 0:
        return f"it passes within {seconds:g} s and is cut off at its limit of {check.timeout:g} s"
    if code in NOT_RUN:
        return f"it could not be run once more (exit {code})"
    if code is not None:
        return ""
    if not (engine.login.local and is_process_of(container)):
        return f"it does not end within {seconds:g} s, and whether its host has more work than cores is not known here"
    return f"it does not end within {seconds:g} s, and {BUSY}" if _busy() else ""


def _busy() -> bool:
    stall = parse_pressure(read("/proc/pressure/cpu")).get("some")
    if stall is not None and stall["avg10"] >= _BUSY_STALL:
        return True
    return os.getloadavg()[0] >= _BUSY_LOAD * (os.cpu_count() or 1)


def _answered(container: Container) -> str:
    """What the container answers, in a clause, where its check has failed since the start; empty where that fails, too.

    Its own question counts. Another answer counts only where that is not known, or no process listens on its port.
    """
    address = next((address for dummy, address in container.networks if address), "")
    question = question_of(container.check.test, container.environment, (container.service, container.name))
    ports = sorted(ports_of(container.pid))
    if not address:
        return ""
    if question is not None and question.port in ports:
        return what_answers(question, _status(address, question))
    if question is not None and str(question.port) in {port.target.partition("/")[0] for port in container.ports}:
        return ""  # the program is to listen there: it is published
    for port in ports[:4]:
        status = _status(address, Question(port, host=f"{address}:{port}"))
        if status is not None and not fails(status):
            asks = f" and asks on port {question.port}" if question else ""
            answers = f"the container answers requests on port {port} (HTTP {status})"
            return f"it has failed since the start{asks}, while {answers}"
    return ""


def _status(address: str, question: Question) -> int | None:
    """The status of an answer; None where none comes."""
    connection: http.client.HTTPConnection
    if question.secure:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(address, question.port, timeout=_ANSWER, context=context)
    else:
        connection = http.client.HTTPConnection(address, question.port, timeout=_ANSWER)
    try:
        connection.request(question.method, question.path, headers={"Host": question.host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        with suppress(OSError):
            connection.close()
