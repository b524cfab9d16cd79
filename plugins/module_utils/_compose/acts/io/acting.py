# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The frame of every act on a project: one run at a time, its wish recorded, ended in order by every signal. I/O."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from typing import Any, Iterator, Mapping

from ...._core.errors import BusyError, EngineError, RunbookError
from ...._system.io import identity
from ...._system.io.kernel_files import read
from ...io.engine import Engine
from ...io.replicas import ReplicaControl
from ...lock.io.engine_lock import exclusively, held
from ..recovery import left_open
from ..wish import ActRecord, Wish
from .act_store import ActStore, OpenRecord

_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
_GLANCE = 0.2


def new_record(
    module: str,
    given: Mapping[str, Any],
    wishes: Mapping[str, Wish],
    former: ActRecord | None = None,
    goal: str = "",
    present: str = "",
) -> ActRecord:
    """The record of an act of this process. ``former``: that of an act which it completes, and so has begun with."""
    ahead = former.ahead if former else timedelta(0)
    now = datetime.now(timezone.utc) + ahead
    begun = former.at if former else now
    return ActRecord(module, begun, now, identity.own(), given, wishes, goal, present, ahead=ahead)


def drop_record(engine: Engine, project: str, record: ActRecord | None) -> None:
    """Of an act that was cut off after it had reached what it wanted. While another run acts it stays for the next."""
    if record is not None:
        with suppress(BusyError, EngineError), held(engine, project):
            ActStore(engine, project).remove(record.id)


@contextmanager
def acting(control: ReplicaControl, record: ActRecord, former: ActRecord | None) -> Iterator[None]:
    """Act on the project. The record stays until ``control.finish``, and where the act failed between two states.

    ``former``: that of an act which is completed.
    """
    name = control.project.name
    with exclusively(control.engine, name), stoppable():
        opened = OpenRecord(ActStore(control.engine, name), record)
        recorded = _begun(control, opened)
        if former is not None:
            when, pid = former.at.strftime("%H:%M:%S"), former.owner.pid
            control.acts_done.append(f"took up {former.module} of {when} UTC (pid {pid}), which was cut off")
        try:
            yield
        except RunbookError:
            if recorded and _settled(control, record):
                opened.end()
            raise
        if recorded:
            control.finish = opened.end


def _begun(control: ReplicaControl, opened: OpenRecord) -> bool:
    """An act that cannot be recorded is carried out all the same, and says so."""
    try:
        opened.begin(lambda older: left_open(control.project, older, control.rollout.stable))
    except EngineError as error:
        control.acts_done.append(f"the act was not recorded, so that one that is cut off cannot be completed: {error}")
        return False
    control.step = opened.step
    return True


def _settled(control: ReplicaControl, record: ActRecord) -> bool:
    """Whether a failed act left each service as it was, or with the replicas that it wanted."""
    with suppress(EngineError):
        for service, wish in record.wishes.items():
            present = {container.id for container in control.now(service)}
            if present != set(wish.known) and len(present) != wish.replicas:
                return False
        return True
    return False


@contextmanager
def stoppable() -> Iterator[None]:
    """Asked to stop by SIGHUP, SIGINT, SIGQUIT or SIGTERM, the act ends as by an error: what it began is undone."""
    former = {name: signal.signal(name, _stop) for name in _SIGNALS}
    try:
        yield
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)


def _stop(number: int, _frame: Any) -> None:
    for name in _SIGNALS:  # what is undone now is not to be cut off in its turn
        signal.signal(name, signal.SIG_IGN)
    raise SystemExit(128 + number)


def wait_for_compose(project: str, seconds: float) -> bool:
    """Wait for a `docker compose up` that a run which was killed has left running; raises BusyError where it stays.

    Returns whether there was one.
    """
    deadline, waited = time.monotonic() + seconds, False
    while True:
        pids = _at_work(project)
        if not pids:
            return waited
        waited = True
        if time.monotonic() > deadline:
            raise BusyError(
                f"A `docker compose up` of the project {project} is running (process {pids[0]}), which an earlier run"
                " began. Nothing was done. Wait until it ends, or end it, then run this again."
            )
        time.sleep(_GLANCE)


def _at_work(project: str) -> list[int]:
    """Processes of the one form in which these modules call `up`, and whose run is gone."""
    pids = []
    for name in os.listdir("/proc"):
        words = read(f"/proc/{name}/cmdline").split("\0") if name.isdigit() else []
        if "up" in words and "--no-recreate" in words and _value_of("--project-name", words) == project:
            pids.append(int(name))
    return pids


def _value_of(option: str, words: list[str]) -> str:
    place = words.index(option) + 1 if option in words else len(words)
    return words[place] if place < len(words) else ""
