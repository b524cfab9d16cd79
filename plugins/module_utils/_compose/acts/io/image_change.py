# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services to other images and back again, one replica after the other. I/O; the plan is `_compose.release`'s."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from typing import Any, Sequence

from ...._core.errors import ActFailed, PreflightError, RunbookError
from ...._core.text import counted
from ...io.replicas import ReplicaControl
from ...io.request import Context
from ...io.snapshots import Snapshots
from ...project_ref import Source
from ...release import FILE, TAG, Rollback, Step
from ...replicas import short
from ..networks import differing_networks
from ..old_files import file_for


class Switching:
    """Services to other images, one replica after the other, the new one first where both can be."""

    def __init__(self, context: Context, control: ReplicaControl, store: Snapshots, rollback: Rollback) -> None:
        self.context, self.control, self.store, self.rollback = context, control, store, rollback
        self.counts = {step.service: rollback.count(step.service) for step in rollback.steps}

    def check_file(self) -> None:
        """Where the old configuration is needed, Compose must understand it before anything stops, and its networks
        must be those that are there."""
        services = [step.service for step in self.rollback.steps if step.how == FILE]
        if not services:
            return
        project, compose = self.context.project, self.context.compose
        with tempfile.TemporaryDirectory(prefix="pafar-runbook-") as folder:
            path = os.path.join(folder, "compose.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self._old_files(), file)
            model, dummy = compose.render(replace(project.source, files=(path,), env_files=(), profiles=()))
        networks = self.context.engine.networks()
        old = replace(
            project,
            model=model,
            differing_networks=differing_networks(model, project.name, networks, compose.version),
        )
        against = [f"{name}: in its old configuration {why}" for name in services for why in old.against_networks(name)]
        if against:
            raise PreflightError(
                f"{project.name} was not rolled back to {self.rollback.goal.name}: {'; '.join(against)}."
                " Nothing was done.",
                reasons=against,
            )

    def _old_files(self) -> dict[str, Any]:
        project = self.context.project
        running = {name: replicas[0].image for name in project.service_names if (replicas := project.replicas(name))}
        names = [step.service for step in self.rollback.steps]
        return file_for(self.rollback.goal, running, names, project.model)

    def carry_out(self) -> None:
        """Back; where a service does not come up with the old image, everything goes forward again."""
        done: list[Step] = []
        for step in self.rollback.steps:
            try:
                done.append(step)
                self.switch(step, self._source_of(step))
            except RunbookError as error:
                raise ActFailed(
                    f"{step.service} does not come up with the image {short(step.image)}: {error}"
                    f" {self._forward(done)}",
                    **{**error.details, "done": self.control.acts_done},
                ) from None

    def _forward(self, done: Sequence[Step]) -> str:
        problems = []
        for step in reversed(done):
            try:
                self.switch(replace(step, image=step.former, former=step.image), None)
                problems.append(step.service)
            except RunbookError as error:
                there = len(self.control.now(step.service))
                return (
                    f"To go forward again failed too, at {step.service}, which has {there} of"
                    f" {counted(self.counts[step.service], 'replica')} now: {error} A person is needed now."
                )
        return f"{', '.join(problems)} went forward again to what ran before."

    def switch(self, step: Step, source: Source | None) -> None:
        """Every replica on this image, as many as there were. ``source``: other files than the project's own."""
        if step.how == TAG:
            repository, tag = _tag_of(step.reference)
            self.context.engine.tag(step.image, repository, tag)
        desired = self.counts[step.service]
        recovery = self.rollback.recoveries.get(step.service)
        self.control.remove_all(recovery.debris if recovery else ())
        for dummy in range(2 * desired + len(self.control.now(step.service)) + 1):  # each round is one step nearer
            replicas = self.control.now(step.service)
            old = [replica for replica in replicas if replica.image != step.image]
            if not old and len(replicas) == desired:
                return
            outgoing = sorted(old or replicas, key=lambda replica: (replica.healthy, -replica.number))[:1]
            if len(replicas) > desired:
                self.control.remove(outgoing[0])
            elif len(replicas) < desired:
                self.control.add_replicas(step.service, 1, source, step.image)
                self.control.give_back(step.service)
            elif self._room(step.service, len(replicas)):
                self.control.add_replicas(step.service, 1, source, step.image)
                self.control.reload_proxy(step.service)
            else:
                # The proxy would not find the name of a service without replicas.
                self.control.note_unclear(outgoing[0])
                self.control.remove(outgoing[0], tell_proxy=False)
        raise ActFailed(f"{step.service} did not come to run {short(step.image)} in {counted(desired, 'replica')}.")

    def _room(self, service: str, replicas: int) -> bool:
        """Whether old and new can be side by side: not on one port or name, and never on the same data, or where a
        replica must have stopped before another one takes its place."""
        spec = self.context.project.spec(service)
        narrow = spec is not None and spec.most is not None and spec.most <= replicas
        keeps = self.context.project.stateful(service) or (replicas == 1 and bool(self.rollback.kept.get(service)))
        return not narrow and not keeps and not self.control.stops_first(service)

    def _source_of(self, step: Step) -> Source | None:
        """The old configuration, rendered, as the only file; where it is the same, the project's own."""
        if step.how == TAG:
            return None
        path = self.store.folder / f"back-to-{self.rollback.goal.name}.json"
        self.store.write(path, self._old_files())
        return replace(self.context.project.source, files=(str(path),), env_files=(), profiles=())


def _tag_of(reference: str) -> tuple[str, str]:
    """``registry:5000/app:latest`` into repository and tag; the port of a registry is no tag."""
    head, colon, tail = reference.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (reference, "latest")
