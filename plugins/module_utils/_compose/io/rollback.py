# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots taken and gone back to: look, plan, refuse or act, go forward again where the old does not come up. I/O."""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import dataclass, replace
from typing import Any, Sequence

from ..._core.errors import ActFailed, InputError, PreflightError, RunbookError
from ..._core.plan import Item, Plan
from ..._core.result import After, Before, carry_out
from ..._system.io import git
from ..project import Project
from ..project_ref import Source
from ..project_report import project_dict
from ..release import (
    FILE,
    LAST_GOOD,
    TAG,
    ReleaseSnapshot,
    Rollback,
    Step,
    differing,
    file_for,
    goal,
    plan_rollback,
    protecting,
    snapshot_of,
)
from ..replicas import service_states, short
from .replicas import ReplicaControl, exclusively
from .request import Context, Request, evidence, open_context, refresh
from .snapshots import Snapshots, made


def take(request: Request, folder: str, label: str, keep: int) -> dict[str, Any]:
    """What compose_snapshot returns; see its documentation."""
    with open_context(request, []) as context:
        store = Snapshots(folder, context.project.name)
        there = store.newest_first()
        snapshot = _snapshot(context, label)
        images = protecting(snapshot)
        missing = [
            f"{repository}:{tag}"
            for repository, tag in images.values()
            if not context.engine.image(f"{repository}:{tag}")
        ]
        newer = not there or not there[0].same_as(snapshot)
        reported = there[0] if there and not newer else snapshot
        actions = [Item(f"snapshot@{snapshot.name}", "what runs now", "record")] if newer else []
        actions += [Item(name, "keeps the image from being pruned", "tag") for name in missing]
        result = {
            "changed": bool(actions),
            "plan": {**Plan("snapshot", tuple(actions)).as_dict(), "affected_before": len(actions), "affected_after": 0,
                     "what": "snapshots to take", "no_action_reason": "what runs is recorded already"},
            "snapshot": reported.as_result(),
            "path": str(store.path_of(reported)),
            "protected": sorted(f"{repository}:{tag}" for repository, tag in images.values()),
            "unread": store.unread,
            "diff": {"before": "", "after": "".join(f"{item.action} {item.target}\n" for item in actions)},
            "undo": {"reversible": False, "why": "a snapshot changes nothing that runs"},
        }  # fmt: skip
        if not request.check_mode and actions:
            store.protect(context.engine, snapshot)
            if newer:
                store.keep(snapshot)
                kept = [snapshot, *there][:keep]
                # The last good one is never forgotten: it is what a rollback goes to.
                good = next((recorded for recorded in [snapshot, *there] if recorded.good), None)
                kept += [good] if good is not None and good not in kept else []
                store.forget(context.engine, kept, [snapshot for snapshot in there if snapshot not in kept])
        return result


def _snapshot(context: Context, label: str) -> ReleaseSnapshot:
    created = made(context.engine, {container.image for container in context.project.containers})
    return snapshot_of(context.project, created, git.state(context.project.source.directory), label)


def roll_back(
    request: Request, folder: str, to: str, services: Sequence[str], patterns: Sequence[str], accept_migrations: bool
) -> dict[str, Any]:
    """What compose_rollback returns: an ActResult, the snapshot that is gone back to, and what the next `up` does."""
    with open_context(request, services) as context:
        store = Snapshots(folder, context.project.name)
        planned = plan(context, store, to, services, patterns, accept_migrations)
        act = RollBack(
            context,
            ReplicaControl(context.engine, context.compose, context.project, request.rollout),
            store,
            to == LAST_GOOD,
        )
        result = carry_out(planned, request.only, request.check_mode, act, time.monotonic)
        return {**result, "goal": planned.goal.as_result(), "next_up": act.next_up}


@dataclass
class RollBack:
    """The act. ``marks``: what is gone back from is no good state to come back to. ``present``: what runs before it."""

    context: Context
    control: ReplicaControl
    store: Snapshots
    marks: bool
    next_up: str = ""
    present: ReleaseSnapshot | None = None

    def look(self, planned: Rollback) -> Before:
        names = [step.service for step in planned.steps]
        project = self.context.project
        stopped = [replica for name in names for replica in project.replicas(name)]
        self.next_up = _next_up(self.store, planned)
        self.present = present = _snapshot(self.context, "")
        if names:
            self.control.check_proxy(names)
        Switching(self.context, self.control, self.store, planned).check_file()
        return Before(
            state=service_states(project, names),
            left=len(planned.steps),
            undo=_undo(project, present, names, str(self.store.folder.parent)),
            evidence=evidence(self.context, stopped, project_dict(project, names)) if names else {},
        )

    def act(self, planned: Rollback) -> After:
        names = [step.service for step in planned.steps]
        with exclusively(self.context.project.name):
            # What is gone back from is kept for the way forward.
            if self.present is not None:
                self.store.protect(self.context.engine, self.present)
                self.store.keep(replace(self.present, good=False))
            Switching(self.context, self.control, self.store, planned).carry_out()
            # An undo, which goes forward, says nothing of what it leaves.
            for snapshot in self.store.newest_first() if self.marks else ():
                if snapshot.good and not _differs(snapshot, self.context.project, names):
                    self.store.keep(replace(snapshot, good=False))
        later = refresh(self.context)
        return After(
            done=self.control.acts_done,
            state=service_states(later, names),
            left=sum(
                any(replica.image != step.image or not replica.healthy for replica in later.replicas(step.service))
                for step in planned.steps
            ),
            touched=True,
        )


def plan(
    context: Context,
    store: Snapshots,
    to: str,
    services: Sequence[str],
    patterns: Sequence[str],
    accept_migrations: bool,
) -> Rollback:
    if not to.strip():
        raise InputError(
            "to is empty: say last_good, the name or label of a snapshot, or a git revision. Nothing was done."
        )
    folder = context.project.source.directory
    there = store.newest_first()
    revision = git.resolve(folder, to) if to != LAST_GOOD else ""
    target, why = goal(to, there, context.project, services, revision)
    if target is None:
        unread = f" {len(store.unread)} could not be read ({store.unread[0]})." if store.unread else ""
        have = (
            f" There are: {', '.join(snapshot.name for snapshot in there[:5])}."
            if there
            else " There is no snapshot at all."
        )
        raise InputError(
            f"Cannot go back to {to}: {why}.{have}{unread} Snapshots are taken by compose_snapshot before every deploy."
            " Nothing was done."
        )
    unknown = [name for name in services if name not in target.services]
    if unknown:
        raise InputError(
            f"{', '.join(unknown)} did not run at {target.name}, so there is nothing to go back to. Nothing was done."
        )
    present = {service.image: context.engine.image(service.image) is not None for service in target.services.values()}
    migrations = git.changed(
        folder, target.revision, _running_revision(context.project, there, services, folder), patterns
    )
    rollback_plan = plan_rollback(
        context.project,
        target,
        services,
        present=present,
        migrations=migrations,
        accept_migrations=accept_migrations,
        starts_dependencies=context.compose.starts_dependencies,
    )
    if rollback_plan.refusals:
        raise PreflightError(
            f"{context.project.name} was not rolled back to {target.name}: {'; '.join(rollback_plan.refusals)}."
            " Nothing was done.",
            reasons=list(rollback_plan.refusals),
        )
    images = {step.image for step in rollback_plan.steps} | {step.former for step in rollback_plan.steps}
    return replace(rollback_plan, created=made(context.engine, images))


def _running_revision(project: Project, there: Sequence[ReleaseSnapshot], services: Sequence[str], folder: str) -> str:
    """The revision of what runs: of a snapshot of the same images, else the newest of the checkout's recent past.

    The older revision may already be checked out by hand: then the checkout says nothing of what runs.
    """
    for snapshot in there:
        if snapshot.revision and not _differs(snapshot, project, list(services) or list(snapshot.services)):
            return snapshot.revision
    return git.furthest(folder)


def _differs(snapshot: ReleaseSnapshot, project: Project, services: Sequence[str]) -> bool:
    """Whether it records other images for these services than ran at the first look."""
    return bool(differing(snapshot, project, services)) or not set(services) <= set(snapshot.services)


def _undo(project: Project, present: ReleaseSnapshot, services: Sequence[str], folder: str) -> dict[str, Any]:
    if not services:
        return {"reversible": False, "why": "there is nothing to undo"}
    options = {
        "project": project.name,
        "to": present.name,
        "services": list(services),
        "state_dir": folder,
        "accept_migrations": True,
    }
    return {"reversible": True, "module": "compose_rollback", "options": options}


def _next_up(store: Snapshots, rollback: Rollback) -> str:
    """What the next plain `up` does with it."""
    by_file = [step.service for step in rollback.steps if step.how == FILE]
    if not by_file:
        tags = sorted({step.reference for step in rollback.steps})
        return f"stays: {', '.join(tags)} is the old image again, until it is built or pulled again" if tags else ""
    return (
        f"rolls {', '.join(by_file)} forward again, since the files ask for the newer configuration; to stay, put the"
        f" files right, or use --file {store.folder / f'back-to-{rollback.goal.name}.json'}"
    )


class Switching:
    """Services to other images, one replica after the other, the new one first where both can be."""

    def __init__(self, context: Context, control: ReplicaControl, store: Snapshots, rollback: Rollback) -> None:
        self.context, self.control, self.store, self.rollback = context, control, store, rollback
        self.counts = {step.service: len(context.project.replicas(step.service)) for step in rollback.steps}

    def check_file(self) -> None:
        """Where the old configuration is needed, Compose must understand it before anything stops."""
        if not any(step.how == FILE for step in self.rollback.steps):
            return
        with tempfile.TemporaryDirectory(prefix="pafar-runbook-") as folder:
            path = os.path.join(folder, "compose.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self._old_files(), file)
            self.context.compose.render(replace(self.context.project.source, files=(path,), env_files=(), profiles=()))

    def _old_files(self) -> dict[str, Any]:
        project = self.context.project
        running = {name: replicas[0].image for name in project.service_names if (replicas := project.replicas(name))}
        return file_for(self.rollback.goal, running)

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
                    f" {self.counts[step.service]} replicas now: {error} A person is needed now."
                )
        return f"{', '.join(problems)} went forward again to what ran before."

    def switch(self, step: Step, source: Source | None) -> None:
        """Every replica on this image, as many as there were. ``source``: other files than the project's own."""
        if step.how == TAG:
            repository, tag = _tag_of(step.reference)
            self.context.engine.tag(step.image, repository, tag)
        desired = self.counts[step.service]
        for dummy in range(2 * desired + 1):  # each round brings one more of the right image, or ends in an error
            replicas = self.control.now(step.service)
            old = [replica for replica in replicas if replica.image != step.image]
            if not old and len(replicas) >= desired:
                return
            if len(replicas) < desired:
                self.control.add_replicas(step.service, 1, source, step.image)
                self.control.give_back(step.service)
                continue
            outgoing = sorted(old, key=lambda replica: (replica.healthy, -replica.number))[0]
            if self._room(step.service, len(replicas)):
                self.control.add_replicas(step.service, 1, source, step.image)
                self.control.reload_proxy()
                self.control.remove(outgoing)
            else:
                # The proxy would not find the name of a service without replicas.
                self.control.remove(outgoing, tell_proxy=False)
        raise ActFailed(f"{step.service} did not come to run {short(step.image)} in {desired} replicas.")

    def _room(self, service: str, replicas: int) -> bool:
        """Whether old and new can be side by side: not on one port or name, and never on the same data."""
        spec = self.context.project.spec(service)
        narrow = spec is not None and spec.most is not None and spec.most <= replicas
        return not narrow and not self.context.project.stateful(service)

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
