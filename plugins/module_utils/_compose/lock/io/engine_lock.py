# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes the lock of a compose project in its engine, renews it, and gives it back. I/O."""

from __future__ import annotations

import os
import pwd
import random
import signal
import socket
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from typing import Any, Iterator

from ...._core.errors import BusyError, EngineError
from ...._core.times import moment
from ...io.engine_transport import Transport, refusal_in
from ..engine_lock import CONTENDS, PROJECT_LABEL, RENEWAL, Claim, Owner, alive, busy, claim_of, holds

_ENDED = ("Z", "X")  # a process that was killed and is not reaped yet
_PAUSE = (0.1, 0.5)  # seconds between two tries, at random, so that two runs do not meet again


@contextmanager
def exclusively(engine: Transport, project: str) -> Iterator[None]:
    """Be the only run that acts on this project of this engine, whatever user starts another one and from where.

    Asked to stop (SIGTERM), the act ends as by an error, so that what it began is undone.
    """
    former = signal.signal(signal.SIGTERM, _stop)
    try:
        with held(engine, project):
            yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _stop(*_args: Any) -> None:
    raise SystemExit(143)


@contextmanager
def held(engine: Transport, project: str) -> Iterator[None]:
    """Be the only run that acts on this project of this engine; raises BusyError where another one acts."""
    claims = _Claims(engine, project, _myself())
    try:
        _acquire(claims)
        stop = threading.Event()
        renewal = threading.Thread(target=claims.renew_until, args=(stop,), daemon=True)
        renewal.start()
        try:
            yield
        finally:
            stop.set()
            renewal.join()
    finally:
        claims.withdraw()


def _acquire(claims: _Claims) -> None:
    deadline = time.monotonic() + CONTENDS
    while True:
        mine = claims.make()
        others = claims.living_others(mine)
        if not others:
            return
        claims.withdraw()
        other = next((claim for claim in others if holds(claim, mine)), None)
        if other is not None or time.monotonic() > deadline:
            raise BusyError(busy(claims.project, other or others[0]))
        time.sleep(random.uniform(*_PAUSE))


def living(engine: Transport, project: str) -> list[Claim]:
    """The claims of runs that live, by the clock of the engine."""
    with engine.call("read the locks of"):
        networks = engine.api.networks(filters={"label": f"{PROJECT_LABEL}={project}"})
        claims = [claim_of(network) for network in networks]
        now = moment(engine.api.info().get("SystemTime")) if claims else None
    mine = _myself()
    return [claim for claim in claims if alive(claim, now, _runs(claim.owner, mine))]


class _Claims:
    """The claims of one run on one project. Those of dead runs are removed when they are met."""

    def __init__(self, engine: Transport, project: str, owner: Owner) -> None:
        self.engine, self.project, self.owner = engine, project, owner
        self.own: list[str] = []  # ids of networks, the newest last

    def make(self) -> Claim:
        """Make a claim, and return it as the engine has it."""
        name = f"{PROJECT_LABEL}.{self.project}.{uuid.uuid4().hex[:12]}"
        wanted = {"Name": name, "ConfigOnly": True, "Labels": self.owner.labels(self.project)}
        api = self.engine.api
        with self.engine.call("take the lock of", f"the project {self.project}"):
            answer = api.post(f"{api.base_url}/v{api.api_version}/networks/create", json=wanted, timeout=api.timeout)
            if answer.status_code != 201:
                raise EngineError(
                    f"Could not take the lock of the project {self.project}: the engine at {self.engine.login.where}"
                    f" refused: {refusal_in(answer)}. An act on its containers needs the right to make a network."
                    " Nothing was done.",
                    status=answer.status_code,
                )
            id = str(answer.json()["Id"])
            self.own.append(id)
            return claim_of(api.inspect_network(id))

    def living_others(self, mine: Claim) -> list[Claim]:
        with self.engine.call("read the locks of"):
            networks = self.engine.api.networks(filters={"label": f"{PROJECT_LABEL}={self.project}"})
        others = [claim for claim in map(claim_of, networks) if claim.owner.nonce != self.owner.nonce]
        living = [claim for claim in others if alive(claim, mine.at, _runs(claim.owner, self.owner))]
        for dead in others:
            if dead not in living:
                self._remove(dead.id)
        return living

    def renew_until(self, stop: threading.Event) -> None:
        """A fresh claim before the old one ends; an engine that does not answer lets no other run act either."""
        while not stop.wait(RENEWAL):
            with suppress(EngineError):
                self.make()
                for id in self.own[:-1]:
                    self._remove(id)
                    self.own.remove(id)

    def withdraw(self) -> None:
        while self.own:
            self._remove(self.own.pop())

    def _remove(self, id: str) -> None:
        """Remove a claim; one that cannot be removed expires."""
        with suppress(EngineError), self.engine.call("remove", "a lock"):
            self.engine.api.remove_network(id)


def _myself() -> Owner:
    return Owner(uuid.uuid4().hex, socket.gethostname(), _boot(), os.getpid(), _begun(os.getpid()), _user())


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _boot() -> str:
    """Where a process id of this run counts; another boot or another namespace of processes has another value."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _begun(pid: int) -> str:
    """When a process began, in clock ticks since the boot; empty where that cannot be read."""
    return _stat(pid)[1]


def _stat(pid: int) -> tuple[str, str]:
    """State and start of a process: fields 3 and 22 of /proc/PID/stat (proc(5)); empty where they cannot be read."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""


def _runs(owner: Owner, mine: Owner) -> bool | None:
    """Whether its process runs; None where it is not of this boot and namespace, so that it cannot be looked up."""
    if not owner.boot or owner.boot != mine.boot or not owner.pid:
        return None
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, as another user
    state, begun = _stat(owner.pid)
    if begun and owner.begun:
        return begun == owner.begun and state not in _ENDED
    return None  # hidden from this user: another process may have the number by now
