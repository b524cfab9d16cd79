# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One `up` for more replicas of a service: what it has changed, and how that is undone where it fails. I/O.

What it has done to the replicas that were there is looked up, and never taken from what it was asked for: it may have
stopped them for a network that it wanted to create again.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ...._core.errors import ActFailed, ComposeError, EngineError, RunbookError
from ...._core.redaction import redacted_lines
from ...container import Container


class Up:
    """``control``: the acts of the run; ``before``: the containers of the service before; ``add``: how many more."""

    def __init__(self, control: Any, service: str, before: Sequence[Container], add: int) -> None:
        self.control, self.service, self.add = control, service, add
        self.before: Mapping[str, Container] = {container.id: container for container in before}
        self._stopped: list[Container] | None = None  # by the `up`; None: not looked yet

    def look(self) -> list[Container]:
        """Behind an `up` that went well: the containers that it has made; raises where it has stopped one that ran.

        What it stops it has taken out of a network. One that ended in its network has ended for a reason of its own, or
        a person has stopped it.
        """
        present = self.control.now(self.service)
        self._stopped = [container for container in self._not_running(present) if self._left(container)]
        if self._stopped:
            names = ", ".join(container.name for container in self._stopped)
            raise ComposeError(f"{names} ran before the `docker compose up` of {self.service}, and not after it.")
        return [container for container in present if container.id not in self.before]

    def undo(self, error: BaseException, keep: bool) -> None:
        """Remove what it has made, unless that is to be kept, and start again what it has stopped.

        Nothing where others came or went, since another run is active.
        """
        present = self.control.now(self.service)
        made = [container for container in present if container.id not in self.before]
        if self._stopped is None:
            self._stopped = self._not_running(present)
        others = len(made) > self.add or set(self.before) - {container.id for container in present}
        if others and keep:
            return
        if others:
            raise ActFailed(
                f"{self.service} could not be given more replicas: {error} Its containers were changed by another run"
                " in the meantime (a deploy?), so nothing was removed: check the containers, and which deploy is"
                " running."
            ) from None
        debris = [] if keep else made
        logs = {container.name: redacted_lines(self.control.engine.log(container.id, 40)) for container in debris}
        for added in debris:
            self.control.engine.remove(added.id)
        again = [self._start(container) for container in self._stopped]
        if isinstance(error, RunbookError) and not keep:
            kept = f"{len(debris)} new containers were removed again" if debris else "no container was left behind"
            last_lines = [line for lines in logs.values() for line in lines[-3:]][-3:]
            last = f" Its log ended: {' | '.join(last_lines)}" if last_lines else ""
            raise ActFailed(
                f"{self.service} could not be given more replicas: {error} {kept}; {self._rest(again)}.{last}",
                logs=logs,
            ) from None

    def _not_running(self, present: Sequence[Container]) -> list[Container]:
        """Those that ran before and do not; one that the engine starts again by itself is none."""
        ran = {id for id, container in self.before.items() if container.running}
        return [container for container in present if container.id in ran and container.state == "exited"]

    def _left(self, container: Container) -> list[str]:
        """Networks in which it was before."""
        return sorted(set(dict(self.before[container.id].networks)) - set(dict(container.networks)))

    def _start(self, container: Container) -> str:
        """What became of one that was stopped, in a clause. It is first put back into the networks that it had."""
        engine = self.control.engine
        try:
            for network in self._left(container):
                engine.connect(container.id, network, self._aliases(container, network))
            engine.start(container.id)
        except EngineError as error:
            return f"{container.name} does not start again ({str(error).rstrip('.')}): a person is needed now"
        return f"{container.name} was started again"

    def _aliases(self, container: Container, network: str) -> list[str]:
        """The names that it has in a network, as Compose gives them."""
        spec, model = self.control.project.spec(self.service), self.control.project.model
        networks = (model.shared.get("networks") or {}) if model else {}
        own = (spec.raw.get("networks") or {}) if spec else {}
        given = [((own[key] or {}).get("aliases") or []) for key in own
                 if (networks.get(key) or {}).get("name") == network]  # fmt: skip
        return [container.name, self.service, *(alias for aliases in given for alias in aliases)]

    def _rest(self, again: Sequence[str]) -> str:
        """What is known of those that were there, in clauses."""
        if again:
            return "; ".join(again)
        changed = [
            f"{container.name} is {container.state} now"
            for container in self.control.now(self.service)
            if container.id in self.before and not _same(container, self.before[container.id])
        ]
        if changed:
            return "; ".join([*changed, f"{len(self.before) - len(changed)} others are untouched"])
        return f"the {len(self.before)} that were there are untouched"


def _same(container: Container, before: Container) -> bool:
    return (container.state, container.started) == (before.state, before.started)
