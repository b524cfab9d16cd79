# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots taken and gone back to: look, plan, refuse or act, go forward again where the old does not come up. I/O."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any, Sequence

from .._domain.fleet import short, standing
from .._domain.plan import Item, Plan
from .._domain.project import Project, Source, project_dict
from .._domain.releases import (
    FILE,
    LAST_GOOD,
    TAG,
    Rollback,
    Snapshot,
    Step,
    differing,
    file_for,
    goal,
    plan_rollback,
    protecting,
    snapshot_of,
)
from .._errors import ActFailed, InputError, PreflightError, RunbookError
from . import git
from .commands import run
from .fleet import Fleet, alone
from .order import Order, Site, again, check_approved, evidence, site_of
from .snapshots import Snapshots, made


def take(order: Order, folder: str, label: str, keep: int) -> dict[str, Any]:
    """What compose_snapshot returns; see its documentation."""
    with site_of(order, []) as site:
        store = Snapshots(folder, site.project.name)
        there = store.newest_first()
        snapshot = _snapshot(site, label)
        images = protecting(snapshot)
        missing = [
            f"{repository}:{tag}" for repository, tag in images.values() if not site.engine.image(f"{repository}:{tag}")
        ]
        newer = not there or not there[0].same_as(snapshot)
        told = there[0] if there and not newer else snapshot
        actions = [Item(f"snapshot@{snapshot.name}", "what runs now", "record")] if newer else []
        actions += [Item(name, "keeps the image from being pruned", "tag") for name in missing]
        result = {
            "changed": bool(actions),
            "plan": {**Plan("snapshot", tuple(actions)).as_dict(), "late": len(actions), "leaves": 0,
                     "what": "snapshots to take", "nothing": "what runs is recorded already"},
            "snapshot": told.told(),
            "path": str(store.path_of(told)),
            "protected": sorted(f"{repository}:{tag}" for repository, tag in images.values()),
            "unread": store.unread,
            "diff": {"before": "", "after": "".join(f"{item.action} {item.target}\n" for item in actions)},
            "undo": {"reversible": False, "why": "a snapshot changes nothing that runs"},
        }  # fmt: skip
        if not order.rehearsal and actions:
            store.protect(site.engine, snapshot)
            if newer:
                store.keep(snapshot)
                kept = [snapshot, *there][:keep]
                # The last good one is never forgotten: it is what a rollback goes to.
                good = next((one for one in [snapshot, *there] if one.good), None)
                kept += [good] if good is not None and good not in kept else []
                store.forget(site.engine, kept, [one for one in there if one not in kept])
        return result


def _snapshot(site: Site, label: str) -> Snapshot:
    created = made(site.engine, {one.image for one in site.project.containers})
    return snapshot_of(site.project, created, git.state(site.project.source.directory), label)


def roll_back(
    order: Order, folder: str, to: str, services: Sequence[str], patterns: Sequence[str], accept_migrations: bool
) -> dict[str, Any]:
    """What compose_rollback returns; see its documentation."""
    with site_of(order, services) as site:
        fleet = Fleet(site.engine, site.compose, site.project, order.terms)
        store = Snapshots(folder, site.project.name)
        first = plan(site, store, to, services, patterns, accept_migrations)
        rollback = first.narrowed_to(order.only)
        check_approved(first.plan.targets, rollback.plan.targets, order.only)
        names = [one.service for one in rollback.steps]
        before = standing(site.project, names)
        present = _snapshot(site, "")
        images = {one.image for one in rollback.steps} | {one.former for one in rollback.steps}
        stopped = [one for name in names for one in site.project.replicas(name)]
        result: dict[str, Any] = {
            "changed": bool(rollback.plan.actions),
            "plan": rollback.as_dict(),
            "goal": rollback.goal.told(),
            "before": before,
            "after": before,
            "done": [],
            "left": len(rollback.steps),
            "seconds": None,
            "next_up": _next_up(store, rollback),
            "diff": rollback.diff(made(site.engine, images)),
            "undo": _undo(site.project, present, names),
            "evidence": evidence(site, stopped, project_dict(site.project, names)) if names else {},
        }
        if order.rehearsal or not rollback.steps:
            return result
        with alone(site.project.name):
            began = time.monotonic()
            # What is gone back from is kept for the way forward, and is no good state to come back to by itself.
            store.protect(site.engine, present)
            store.keep(replace(present, good=False))
            Switching(site, fleet, store, rollback).carry_out()
            for one in store.newest_first():
                if one.good and not _differs(one, site.project, names):
                    store.keep(replace(one, good=False))
        later = again(site)
        result.update(
            after=standing(later, names),
            done=fleet.said,
            seconds=round(time.monotonic() - began, 2),
            left=sum(
                any(one.image != step.image or not one.well for one in later.replicas(step.service))
                for step in rollback.steps
            ),
        )
        return result


def plan(
    site: Site, store: Snapshots, to: str, services: Sequence[str], patterns: Sequence[str], accept_migrations: bool
) -> Rollback:
    folder = site.project.source.directory
    there = store.newest_first()
    revision = git.resolve(folder, to) if to != LAST_GOOD else ""
    wanted, why = goal(to, there, site.project, services, revision)
    if wanted is None:
        unread = f" {len(store.unread)} could not be read ({store.unread[0]})." if store.unread else ""
        have = f" There are: {', '.join(one.name for one in there[:5])}." if there else " There is no snapshot at all."
        raise InputError(
            f"Cannot go back to {to}: {why}.{have}{unread} Snapshots are taken by compose_snapshot before every deploy."
            " Nothing was done."
        )
    unknown = [name for name in services if name not in wanted.services]
    if unknown:
        raise InputError(
            f"{', '.join(unknown)} did not run at {wanted.name}, so there is nothing to go back to. Nothing was done."
        )
    present = {one.image: site.engine.image(one.image) is not None for one in wanted.services.values()}
    now = git.state(folder).get("revision", "")
    running = next((one.revision for one in there if not _differs(one, site.project, list(one.services))), now)
    migrations = git.changed(folder, wanted.revision, running, patterns)
    found = plan_rollback(
        site.project, wanted, services, present=present, migrations=migrations, accept_migrations=accept_migrations
    )
    if found.refusals:
        raise PreflightError(
            f"{site.project.name} was not rolled back to {wanted.name}: {'; '.join(found.refusals)}. Nothing was done.",
            reasons=list(found.refusals),
        )
    return found


def _differs(snapshot: Snapshot, project: Project, services: Sequence[str]) -> bool:
    """Whether it records other images for these services than ran at the first look."""
    return bool(differing(snapshot, project, services)) or not set(services) <= set(snapshot.services)


def _undo(project: Project, present: Snapshot, services: Sequence[str]) -> dict[str, Any]:
    if not services:
        return {"reversible": False, "why": "nothing is to be taken back"}
    options = {"project": project.name, "to": present.name, "services": list(services), "accept_migrations": True}
    return {"reversible": True, "module": "compose_rollback", "options": options}


def _next_up(store: Snapshots, rollback: Rollback) -> str:
    """What the next plain `up` does with it."""
    by_file = [one.service for one in rollback.steps if one.how == FILE]
    if not by_file:
        tags = sorted({one.reference for one in rollback.steps})
        return f"stays: {', '.join(tags)} is the old image again, until it is built or pulled anew" if tags else ""
    return (
        f"rolls {', '.join(by_file)} forward again, since the files ask for the newer configuration; to stay, put the"
        f" files right, or use --file {store.folder / f'back-to-{rollback.goal.name}.json'}"
    )


class Switching:
    """Services to other images, one replica after the other, the new one first where both can be."""

    def __init__(self, site: Site, fleet: Fleet, store: Snapshots, rollback: Rollback) -> None:
        self.site, self.fleet, self.store, self.rollback = site, fleet, store, rollback

    def carry_out(self) -> None:
        """Back; where a service does not come up with the old image, everything goes forward again."""
        done: list[Step] = []
        for step in self.rollback.steps:
            try:
                done.append(step)
                self.switch(step)
            except RunbookError as error:
                raise ActFailed(
                    f"{step.service} does not come up with the image {short(step.image)}: {error}"
                    f" {self._forward(done)}",
                    **{**error.details, "done": self.fleet.said},
                ) from None

    def _forward(self, done: Sequence[Step]) -> str:
        said = []
        for step in reversed(done):
            try:
                self.switch(replace(step, image=step.former, former=step.image), forward=True)
                said.append(step.service)
            except RunbookError as error:
                return f"To go forward again failed too, at {step.service}: {error} A person is needed now."
        return f"{', '.join(said)} went forward again to what ran before."

    def switch(self, step: Step, forward: bool = False) -> None:
        source = None
        if step.how == TAG:
            repository, dummy, tag = _tag_of(step.reference)
            self.site.engine.tag(step.image, repository, tag)
        elif not forward:
            source = self._file()
        spec = self.site.project.spec(step.service)
        while True:
            replicas = self.fleet.now(step.service)
            old = [one for one in replicas if one.image != step.image]
            if not old:
                return
            one = sorted(old, key=lambda each: (each.well, -each.number))[0]
            room = spec is None or spec.most is None or spec.most > len(replicas)
            if room:
                self.fleet.grow(step.service, 1, source)
                self.fleet.reload_proxy()
                self.fleet.remove(one)
            else:
                self.fleet.remove(one)
                self.fleet.grow(step.service, 1, source)
                self.fleet.give_back(step.service)

    def _file(self) -> Source:
        """The old configuration, rendered, as the only file."""
        source = self.site.project.source
        rendered = run(
            [*self.site.compose.of(source), "--profile", "*", "config", "--format", "json"], 60,
            self.site.compose.environment,
        )  # fmt: skip
        whole = json.loads(rendered.out) if rendered.ok else {}
        images = {one.service: one.image for one in self.rollback.steps}
        path = self.store.write(
            self.store.folder / f"back-to-{self.rollback.goal.name}.json",
            file_for(self.rollback.goal, images, whole.get("networks"), whole.get("volumes")),
        )
        return replace(source, files=(str(path),), env_files=(), profiles=())


def _tag_of(reference: str) -> tuple[str, str, str]:
    """``registry:5000/app:latest`` into repository and tag; the port of a registry is no tag."""
    head, colon, tail = reference.rpartition(":")
    if colon and "/" not in tail:
        return head, colon, tail
    return reference, ":", "latest"
