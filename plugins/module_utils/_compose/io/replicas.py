# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Acts on the replicas of one project, one at a time: start, drain, stop, restart, and reload the proxy. I/O.

Every act looks at its container again just before, and waits for what it started by the rules of readiness.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from typing import Callable, ContextManager, Iterable, Sequence

from ..._core.errors import ActFailed, ComposeError, PreflightError
from ..._core.redaction import redacted
from ..._core.result import NotDone
from ..acts.io.listening import why_two_are_unclear
from ..acts.io.more_replicas import Up
from ..acts.singleton import stops_first, why_single
from ..container import Container
from ..drain.io import rule
from ..drain.io.drain import let_in, out_of_service
from ..drain.io.proxies import unknown_replicas
from ..drain.leftover import Drained
from ..health import HEALTHY, STARTING, UNCHECKED, UNHEALTHY, UNKNOWN
from ..project import Project
from ..project_ref import Source
from ..proxy import may_be_behind, names_of, only_missing_names, why_not_tested, workers
from ..readiness import FAILED, READY, Readiness, longest_wait, readiness
from ..replicas import RolloutOptions, short
from ..scale import dependencies
from .compose_cli import Compose
from .engine import Engine

_GLANCE = 0.25  # seconds between two looks at what is being waited for
_TEST, _SHOWN = 50_000, 500  # characters of what a proxy's test says that are read, and that are shown
_RELOADED = 5.0  # seconds within which a reloaded proxy has new workers
CHANGED = "it has changed since the plan"  # why a target was left alone


class ReplicaControl:
    """Acts for one run; ``acts_done`` collects what was done, a sentence each. ``step``: called before each step.

    ``finish``: to be called last, when the result is ready: until then the act counts as cut off if the run ends.
    """

    def __init__(self, engine: Engine, compose: Compose, project: Project, rollout: RolloutOptions) -> None:
        self.engine, self.compose, self.project, self.rollout = engine, compose, project, rollout
        self.acts_done: list[str] = []
        self._unclear: dict[str, str] = {}
        self.step: Callable[[], None] = lambda: None
        self.finish: Callable[[], None] = lambda: None

    def single(self, service: str) -> str:
        """Why there must never be two replicas of it; empty where there may."""
        return why_single(self.project, service, self.rollout.singletons)

    def stops_first(self, service: str) -> bool:
        """Whether a replica must have stopped before another one takes its place, also where that is not known."""
        return self.must_stop_first(service) or bool(self.unclear(service))

    def must_stop_first(self, service: str) -> bool:
        return stops_first(self.project, service, self.rollout.singletons)

    def unclear(self, service: str) -> str:
        """Why it is not known whether two of a service may run at a time, before an act; empty where it is."""
        if service not in self._unclear:
            is_proxy = service == self.rollout.proxy
            self._unclear[service] = "" if is_proxy else why_two_are_unclear(self.engine, self.project, service)
        return self._unclear[service]

    # -- the proxy

    def proxies(self) -> list[Container]:
        return (
            [replica for replica in self.project.replicas(self.rollout.proxy) if replica.running]
            if self.rollout.proxy
            else []
        )

    def stale_proxies(self, service: str) -> tuple[list[tuple[Container, float]], list[Container]]:
        """Proxies that read their configuration before a replica was started, and those replicas."""
        stale, unknown = [], {}
        for proxy in self.proxies():
            since, later = unknown_replicas(self.engine, self.project, proxy, [service])
            missing = later.get(service, [])
            if missing and since is not None:
                stale.append((proxy, since))
                unknown.update({container.id: container for container in missing})
        return stale, list(unknown.values())

    def in_front_of(self, service: str) -> list[Container]:
        """Proxies that may send requests to a service."""
        return [proxy for proxy in self.proxies() if may_be_behind(self.project, service, proxy)]

    def reload_proxy(self, service: str) -> None:
        """Make every proxy in front of a service read its configuration again; one whose configuration is broken is
        left as it is."""
        for proxy in self.in_front_of(service):
            if self.rollout.proxy_test:
                code, output = self._test(proxy)
                if code:
                    raise ActFailed(
                        f"{proxy.name} was not reloaded, since {self._why_not(code, output)}."
                        " It continues with the old one, and new replicas get no traffic until the error is corrected."
                    )
            before = {worker["pid"] for worker in workers(self.engine.processes(proxy.id))}
            code, output = self.engine.execute(proxy.id, self.rollout.proxy_reload)
            if code:
                raise ActFailed(f"{proxy.name} could not be reloaded (exit {code}): {redacted(output)}.")
            deadline = time.monotonic() + _RELOADED
            while before and before & {worker["pid"] for worker in workers(self.engine.processes(proxy.id))}:
                if time.monotonic() > deadline:
                    self.acts_done.append(f"{proxy.name} was reloaded, but its workers are the old ones")
                    break
                time.sleep(0.05)
            else:
                self.acts_done.append(f"reloaded {proxy.name}")

    # -- replicas

    def add_replicas(
        self, service: str, add: int, source: Source | None = None, image: str = "", keep: bool = False
    ) -> list[Container]:
        """Start ``add`` more and wait until they are up; if they do not come up they are removed again.

        ``source``: other files than the project's own; ``image``: what they must run, by id; ``keep``: also those that
        do not come up.
        """
        before = self.now(service)
        against = list(dependencies(self.project, service, self.compose.starts_dependencies))
        if self.single(service) and len(before) + add > 1:
            against.append(self.single(service))
        if against:
            raise PreflightError(f"{service} could not be given a new replica: {'; '.join(against)}.")
        self.step()
        pins = {name: len(self.project.replicas(name)) for name in self._needs(service)}
        up = Up(self, service, before, add)
        try:
            self.compose.up(source or self.project.source, service, len(before) + add, pins)
            fresh = up.look()
            if len(fresh) < add:
                raise ComposeError(f"`docker compose up` started {len(fresh)} of {add} replicas of {service}.")
            other = next((container for container in fresh if image and container.image != image), None)
            if other is not None:
                raise ActFailed(
                    f"{other.name} runs the image {short(other.image)} and not {short(image)}: the image was built or"
                    " pulled in the meantime."
                )
            self.await_ready(fresh)
        except BaseException as error:
            up.undo(error, keep)
            raise
        self.acts_done += [f"started {container.name}" for container in fresh]
        return fresh

    def _needs(self, service: str) -> list[str]:
        return self.project.model.needed_by(service) if self.project.model else []

    def now(self, service: str) -> list[Container]:
        containers = self.engine.containers(self.project.name)
        return [container for container in containers if container.service == service and not container.one_off]

    def await_ready(self, waited: Sequence[Container]) -> None:
        """Until all are up; raises with the reason at the first that is not, or when time is over."""
        began = time.monotonic()
        verdicts: dict[str, Readiness] = {}
        left = {container.id: container for container in waited}
        while left:
            for id, pending in list(left.items()):
                now = datetime.now(timezone.utc)
                may_end = self.project.may_end(pending.service)
                present = self._seen(id)
                status = readiness(present, now, self.rollout.stable, verdicts.get(id), may_end)
                verdicts[id] = status
                if status.status == READY:
                    del left[id]
                elif status.status == FAILED:
                    raise ActFailed(f"{pending.name} did not come up: {status.reason}.")
                usual = self.rollout.ready_timeout
                limit = longest_wait(present, usual) if present else usual
                if id in left and time.monotonic() - began > limit:
                    raise ActFailed(f"{pending.name} did not come up within {limit:g} s: {status.reason}.")
            if left:
                time.sleep(_GLANCE)

    def _seen(self, id: str) -> Container | None:
        present = self.engine.container(id)
        return self.as_before(present) if present is not None else None

    def as_before(self, container: Container) -> Container:
        """What the check of a service says that said nothing before the act says nothing now, either."""
        if container.health not in (UNHEALTHY, STARTING):
            return container
        known = [replica.health for replica in self.project.replicas(container.service) if replica.running]
        return replace(container, health=UNKNOWN) if known and set(known) == {UNKNOWN} else container

    def still(self, container: Container) -> bool:
        """Whether it is still what the plan saw."""
        present = self.engine.container(container.id)
        return present is not None and present.target == container.target

    def taken_out(self, replica: Container) -> ContextManager[None]:
        """Drained for what is done to it inside, and let in again if it runs on because that failed.

        A replica that is the only healthy one is not drained: nothing else could answer.
        """
        others = [
            container for container in self.now(replica.service) if container.id != replica.id and container.healthy
        ]
        if not self.rollout.drain or not replica.running or not others:
            return nullcontext()
        beside = self.project.sharers(replica, ("network",))
        if not self.rollout.drain_command and (beside or any(kind == "network" for kind, dummy in replica.shares)):
            with_whom = beside[0].name if beside else "another container"
            self.acts_done.append(f"{replica.name} was not drained: it shares its network with {with_whom}")
            return nullcontext()
        return out_of_service(self.engine, self.rollout, replica, self.proxies(), self.acts_done.append)

    def undrain(self, container: Container, state: Drained) -> None:
        """Remove a drain rule that another run left."""
        if not rule.remove(container, state):
            raise ActFailed(f"The drain rule of {container.name} could not be removed; a restart of it would.")
        self.acts_done.append(f"removed the drain rule of {container.name}, which a run that ended had left")

    def remove(self, container: Container, tell_proxy: bool = True) -> None:
        """Drain, stop, reload the proxy, remove. A failed reload does not stop the act.

        What has stopped has no address: until the proxy is reloaded, a request that it sends there waits for
        the proxy's time to connect.
        """
        self.step()
        with self.taken_out(container):
            self._unpause(container)
            self.engine.stop(container.id, self.grace(container))
        if tell_proxy:
            try:
                self.reload_proxy(container.service)
            except ActFailed as error:
                self.acts_done.append(str(error))
        self.engine.remove(container.id)
        self.acts_done.append(f"removed {container.name}")

    def remove_all(self, replicas: Iterable[Container]) -> list[NotDone]:
        """Those that are still as the plan saw them; returns the others."""
        not_done = []
        for replica in replicas:
            if self.still(replica):
                self.remove(replica)
            else:
                not_done.append(NotDone(target=replica.target, reason=CHANGED))
        return not_done

    def restart(self, container: Container) -> None:
        """Drain, restart, wait until it is up, and have the proxy give it traffic again."""
        self.step()
        with self.taken_out(container):
            self._unpause(container)
            self.engine.restart(container.id, self.grace(container))
            if self.rollout.drains_in_proxy:  # which would send it requests before it answers
                self.await_ready([container])
        if container.running:
            self.await_ready([container])
        else:
            self._admit(container)
        self.acts_done.append(f"restarted {container.name}")
        self.give_back(container.service)

    def start(self, container: Container) -> None:
        """Start one that was stopped, and wait until it is up."""
        self.engine.start(container.id)
        self._admit(container)
        self.acts_done.append(f"started {container.name}")

    def _admit(self, container: Container) -> None:
        """Wait until it is up, and undo the drain by which it was stopped. What a command left in the replica may fail
        its check, so that it goes first; a proxy gets the replica when it is up, or when that is waited for no more."""
        if not self.rollout.drains_in_proxy:
            self.let_in(container)
        try:
            self.await_ready([container])
        finally:
            if self.rollout.drains_in_proxy:
                self.let_in(container)

    def let_in(self, container: Container) -> None:
        """Undo the drain by which it was stopped: what the site's command left in its files or in a proxy is still
        there when it is started."""
        if self.rollout.drain_command:
            let_in(self.engine, self.rollout, container, self.proxies())

    def _unpause(self, container: Container) -> None:
        """A process that is paused cannot stop by itself."""
        if container.state == "paused":
            self.engine.unpause(container.id)

    def unpause(self, container: Container) -> None:
        """Let its processes continue, and wait until it is healthy: the runs of its check that the pause cut off have
        failed, so that it may begin as unhealthy."""
        self.engine.unpause(container.id)
        self.acts_done.append(f"unpaused {container.name}")
        deadline = time.monotonic() + self.rollout.ready_timeout
        while True:
            present = self.engine.container(container.id)
            if present is not None and present.running and present.health in (HEALTHY, UNCHECKED, UNKNOWN):
                return
            if present is None or time.monotonic() > deadline:
                state = f"is {present.state} and {present.health}" if present else "is gone"
                raise ActFailed(f"{container.name} was unpaused and {state}.")
            time.sleep(_GLANCE)

    def introduce(self, service: str) -> None:
        """Before a replica goes, the proxy must know the others: else it loses the only one that it knows."""
        if self.stale_proxies(service)[0]:
            self.reload_proxy(service)

    def check_proxy(self, services: Iterable[str]) -> None:
        """Refuse an act on these services whose proxy could not be reloaded after it. Where none of a service runs its
        name leads nowhere, which fails the proxy's test and is what the act mends."""
        services = list(services)
        concerned = {proxy.id: proxy for service in services for proxy in self.in_front_of(service)}
        for proxy in concerned.values() if self.rollout.proxy_test else ():
            code, output = self._test(proxy)
            names = only_missing_names(output) if code else frozenset()
            away = {name for service in services if names for name in self._names_if_away(service)}
            if code and not (names and names <= away):
                raise PreflightError(
                    f"{proxy.name} could not be reloaded after the act, since {self._why_not(code, output)}."
                    " Put that right, or give no proxy. Nothing was done."
                )

    def _test(self, proxy: Container) -> tuple[int, str]:
        return self.engine.execute(proxy.id, self.rollout.proxy_test, _TEST)

    def _why_not(self, code: int, output: str) -> str:
        """Why a test failed, in a clause."""
        not_tested = why_not_tested(code, output)
        if not_tested:
            return (
                f"its test (`{' '.join(self.rollout.proxy_test)}`) could not be carried out in it:"
                f" {redacted(not_tested)[-_SHOWN:]}. `proxy_test` and `proxy_reload` (runbook_proxy_test,"
                " runbook_proxy_reload) must be commands of this proxy; one that finds replicas automatically is not to"
                " be named as the proxy"
            )
        return f"its configuration has an error: {redacted(output)[-_SHOWN:]}"

    def _names_if_away(self, service: str) -> frozenset[str]:
        """The names of a service; none where a replica runs. One that loops, or was started just now, may not stay."""
        now, replicas = datetime.now(timezone.utc), self.now(service)
        stays = any(
            replica.running and not self.project.loops(replica) and replica.uptime(now) >= self.rollout.stable
            for replica in replicas
        )
        return frozenset() if stays else names_of(self.project, service, replicas)

    def give_back(self, service: str) -> None:
        """With a proxy to reload it has the replica at once; without, it gets the time to look again by itself."""
        if self.in_front_of(service):
            self.reload_proxy(service)
        elif len(self.project.replicas(service)) > 1:
            time.sleep(self.rollout.pause)

    def replace(self, container: Container) -> Container:
        """A fresh one beside it; when that is up the old one goes. Where there must not be two, the old one goes first:
        then the fresh one stays also when it does not come up."""
        if self.stops_first(container.service):
            self.note_unclear(container)
            self.remove(container, tell_proxy=False)
            fresh = self.add_replicas(container.service, 1, keep=True)[0]
            self.give_back(container.service)
            return fresh
        fresh = self.add_replicas(container.service, 1)[0]
        self.reload_proxy(container.service)
        self.remove(container)
        return fresh

    def note_unclear(self, container: Container) -> None:
        """Say why a replica goes before another one takes its place, where that is not known to be needed."""
        if self.unclear(container.service) and not self.must_stop_first(container.service):
            why = self.unclear(container.service)
            self.acts_done.append(f"{container.name} goes before another one takes its place: {why}")

    def grace(self, container: Container) -> int:
        return container.stop_timeout if self.rollout.grace is None else self.rollout.grace
