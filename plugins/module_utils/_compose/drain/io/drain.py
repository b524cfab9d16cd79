# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a replica out of service without losing a request: it finishes what it has and gets nothing new. I/O.

Two ways, the first that there is:

- The site's command (``drain_command``), in the replica or in its proxies, and its undo. It needs neither root nor
  iptables.
- A rule in the replica's own network namespace, which answers every new TCP connection from outside with a reset. A
  proxy takes that as "try the next one" before it has sent anything; established connections stay open. It needs root,
  nsenter and iptables. The rule ends with the namespace, when the container stops.

Neither outlasts this process: a watchdog undoes it when this process ends; the rule also has a time at which the kernel
ends it, and a mark by which a later run finds it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Callable, Iterator, Protocol, Sequence

from ...._core.errors import EngineError, RunbookError
from ...._core.redaction import redacted
from ...._core.text import counted
from ...._system.io.kernel_files import read
from ...container import Container
from ...health import STARTING
from ...io.engine import Engine, engine
from ...readiness import longest_wait
from ...replicas import RolloutOptions
from ..command import command_for
from ..rule import Mark
from .namespace import Namespace, Unusable, is_process_of, namespace_of, strangers
from .ports import connections
from .rule import accept, new_mark, refuse
from .watchdog import Watchdog

_GLANCE = 0.1
_UNKNOWN = "its sockets cannot be read here, and whether connections were still open is not known"
_MARGIN = 15.0  # seconds beyond what draining and stopping may take, after which it is undone in any case


class Way(Protocol):
    """How one replica is drained."""

    def begin(self) -> str:
        """Give it nothing new. Returns why that cannot be, or an empty string."""

    def let_in(self) -> None:
        """Undo it: the replica runs on."""

    def finish(self) -> None:
        """The replica was stopped, or started again."""


@contextmanager
def out_of_service(
    engine: Engine,
    rollout: RolloutOptions,
    replica: Container,
    proxies: Sequence[Container],
    note: Callable[[str], None],
) -> Iterator[None]:
    """Drained for what is done to it inside; let in again where that failed. ``note`` gets what could not be done."""
    grace = replica.stop_timeout if rollout.grace is None else rollout.grace
    bound = max(rollout.drain_timeout, rollout.drain_wait) + grace + _MARGIN
    ways: list[Way] = [ByRule(replica, bound)]
    if rollout.drain_command:
        if rollout.drains_in_proxy:  # until it is up again
            bound += longest_wait(replace(replica, health=STARTING), rollout.ready_timeout)
        ways.insert(0, ByCommand(engine, rollout, replica, _places(rollout, replica, proxies), bound))
    begun: list[Way] = []
    try:
        for way in ways:
            begun.append(way)
            problem = way.begin()
            if not problem:
                left = _wait(replica, rollout, engine.login.local)
                if left is None:
                    note(f"{replica.name}: {_UNKNOWN} after {rollout.drain_timeout:g} s")
                elif left:
                    still = counted(left, "connection was", "connections were")
                    note(f"{replica.name} was not drained: {still} still open after {rollout.drain_timeout:g} s")
                break
            note(f"{replica.name} was not drained{' by drain_command' if way is not ways[-1] else ''}: {problem}")
            begun.remove(way)
            way.let_in()
        yield
    except BaseException:
        for way in begun:
            with suppress(RunbookError):
                way.let_in()
        raise
    for way in begun:
        way.finish()


def _wait(replica: Container, rollout: RolloutOptions, local: bool) -> int | None:
    """Until no connection is left and ``drain_wait`` seconds went. Returns how many were still open; None: not known,
    and then the whole time went."""
    began = time.monotonic()
    while time.monotonic() - began < max(rollout.drain_timeout, rollout.drain_wait):
        if time.monotonic() - began >= rollout.drain_wait and open_connections(replica, local) == 0:
            return 0
        time.sleep(_GLANCE)
    return open_connections(replica, local)


def open_connections(replica: Container, local: bool) -> int | None:
    """Of a replica, from outside; None where its sockets cannot be read here: its process is on another host, as where
    the engine is reached by a network or by a forwarded socket, or in a machine of its own."""
    known = local and is_process_of(replica) and bool(read(f"/proc/{replica.pid}/net/sockstat"))
    return connections(replica.pid) if known else None


class ByRule:
    """By a rule in its network namespace, which stays open here so that no other can be meant."""

    def __init__(self, replica: Container, bound: float) -> None:
        self.replica, self.bound = replica, bound
        self._stack = ExitStack()
        self._entered: tuple[Namespace, Mark] | None = None
        self._watchdog: Watchdog | None = None

    def begin(self) -> str:
        try:
            namespace = self._stack.enter_context(namespace_of(self.replica))
        except Unusable as reason:
            return str(reason)
        others = strangers(self.replica)
        if others:
            return f"process {others[0]} of another container lives in its network"
        self._entered = entered = namespace, new_mark(self.replica, self.bound)
        self._watchdog = Watchdog(lambda: _accept(*entered), self.bound, [namespace.handle])
        return refuse(*entered)

    def let_in(self) -> None:
        if self._entered:
            accept(*self._entered)
        self.finish()

    def finish(self) -> None:
        if self._watchdog:
            self._watchdog.dismiss()
        self._watchdog = self._entered = None
        self._stack.close()


def let_in(engine: Engine, rollout: RolloutOptions, replica: Container, proxies: Sequence[Container]) -> None:
    """Undo the site's command for a replica that was drained, stopped, and started again since."""
    _undo(engine, rollout, replica, _places(rollout, replica, proxies))


def _places(rollout: RolloutOptions, replica: Container, proxies: Sequence[Container]) -> Sequence[Container]:
    """Where the site's command is carried out."""
    return proxies if rollout.drains_in_proxy else [replica]


def _accept(namespace: Namespace, mark: Mark) -> None:
    accept(namespace, mark)


class ByCommand:
    """By the site's command, in the replica or in each of its proxies."""

    def __init__(
        self, engine: Engine, rollout: RolloutOptions, replica: Container, places: Sequence[Container], bound: float
    ) -> None:
        self.engine, self.rollout, self.replica, self.places, self.bound = engine, rollout, replica, places, bound
        self._watchdog: Watchdog | None = None

    def begin(self) -> str:
        if not self.places:
            return "no proxy runs in which the command could be carried out"
        self._watchdog = Watchdog(self._undo_alone, self.bound)
        for place in self.places:
            code, output = self.engine.execute(place.id, command_for(self.rollout.drain_command, self.replica, place))
            if code:
                return f"the command failed in {place.name} (exit {code}): {redacted(output.strip())}"
        return ""

    def let_in(self) -> None:
        _undo(self.engine, self.rollout, self.replica, self.places)
        self._dismiss()

    def finish(self) -> None:
        """A replica that was started again has kept its files, and a proxy its state."""
        _undo(self.engine, self.rollout, self.replica, self.places)
        self._dismiss()

    def _undo_alone(self) -> None:
        with engine(self.engine.login) as opened:
            _undo(opened, self.rollout, self.replica, self.places)

    def _dismiss(self) -> None:
        if self._watchdog:
            self._watchdog.dismiss()
        self._watchdog = None


def _undo(engine: Engine, rollout: RolloutOptions, replica: Container, places: Sequence[Container]) -> None:
    """Where it still runs: what is gone cannot be drained."""
    for place in places if rollout.drain_undo else ():
        present = engine.container(place.id)
        if present is not None and present.running:
            with suppress(EngineError):
                engine.execute(place.id, command_for(rollout.drain_undo, replica, present))
