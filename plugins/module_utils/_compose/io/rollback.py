# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots taken and gone back to: look, plan, refuse or act, go forward again where the old does not come up. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from ..._core.errors import InputError, PreflightError
from ..._core.plan import Item, Plan
from ..._core.result import After, Before, carry_out
from ..._core.text import some
from ..._system.io import git
from ..acts.io.acting import acting, drop_record, new_record
from ..acts.io.image_change import Switching
from ..acts.io.written import kept_by
from ..acts.recovery import Recovery, cut_off, recovery_of
from ..acts.release_goal import LAST_GOOD, further_back, goal, left_for
from ..acts.running_revision import as_first_recorded, of_what_runs, recorded_for
from ..acts.wish import ROLLBACK, ActRecord, Wish
from ..project import Project
from ..project_report import is_well, project_dict
from ..release import (
    FILE,
    ReleaseSnapshot,
    Rollback,
    differing,
    keepers,
    plan_rollback,
    protecting,
    snapshot_of,
    who_else,
)
from ..replicas import service_states
from .replicas import ReplicaControl
from .request import Context, Request, evidence, on_its_engine, open_context, refresh
from .snapshots import Snapshots, made

_MOVES = 5000  # of the checkout that are read: some tools reset it to the same revision every minute


def take(request: Request, folder: str, label: str, keep: int) -> dict[str, Any]:
    """What compose_snapshot returns; see its documentation."""
    with open_context(request, []) as context:
        store = Snapshots(folder, context.project.name)
        there = store.newest_first()
        snapshot = _snapshot(context, label, there)
        images = protecting(snapshot)
        missing = [
            f"{repository}:{tag}"
            for repository, tag in images.values()
            if not context.engine.image(f"{repository}:{tag}")
        ]
        unkept = [name for name in keepers(snapshot).values() if not context.engine.keeps(name)]
        newer = not there or not there[0].same_as(snapshot)
        reported = there[0] if there and not newer else snapshot
        actions = [Item(f"snapshot@{snapshot.name}", "what runs now", "record")] if newer else []
        actions += [Item(name, "keeps the image from being pruned", "tag") for name in missing]
        actions += [Item(name, "keeps the image from `docker image prune --all`", "keep") for name in unkept]
        result = {
            "changed": bool(actions),
            "plan": {**Plan("snapshot", tuple(actions)).as_dict(), "affected_before": len(actions), "affected_after": 0,
                     "what": "snapshots to take", "no_action_reason": "what runs is recorded already"},
            "snapshot": reported.as_result(),
            "path": str(store.path_of(reported)),
            "protected": sorted(f"{repository}:{tag}" for repository, tag in images.values()),
            "not_kept": [],
            "unread": store.unread,
            "diff": {"before": "", "after": "".join(f"{item.action} {item.target}\n" for item in actions)},
            "undo": {"reversible": False, "why": "a snapshot changes nothing that runs"},
            "engine": context.project.endpoint.as_dict(),
        }  # fmt: skip
        if not request.check_mode and actions:
            result["not_kept"] = store.protect(context.engine, snapshot)
            if newer:
                store.keep(snapshot)
                kept = [snapshot, *there][:keep]
                # The last good one is never forgotten: it is what a rollback goes to.
                good = next((recorded for recorded in [snapshot, *there] if recorded.good), None)
                kept += [good] if good is not None and good not in kept else []
                store.forget(context.engine, kept, [snapshot for snapshot in there if snapshot not in kept])
        return result


def _snapshot(context: Context, label: str, there: Sequence[ReleaseSnapshot]) -> ReleaseSnapshot:
    created = made(context.engine, {container.image for container in context.project.containers})
    folder = context.project.source.directory
    head = of_what_runs(context.project, git.state(folder), git.moves(folder, _MOVES))
    return as_first_recorded(snapshot_of(context.project, created, head, label), there)


def roll_back(
    request: Request, folder: str, to: str, services: Sequence[str], patterns: Sequence[str], accept_migrations: bool
) -> dict[str, Any]:
    """What compose_rollback returns: an ActResult, the snapshot that is gone back to, and what the next `up` does."""
    with open_context(request, services) as context:
        store = Snapshots(folder, context.project.name)
        given = {"to": to, "services": sorted(services)}
        former = cut_off(context.project, ROLLBACK, request.rollout.stable, given, services or None)
        recoveries = _recoveries(context.project, former, request.rollout.stable)
        again = former.goal if former and recoveries and former.same(ROLLBACK, given) else ""
        planned = plan(context, store, again or to, services, patterns, accept_migrations, recoveries)
        act = RollBack(
            context,
            ReplicaControl(context.engine, context.compose, context.project, request.rollout),
            store,
            to == LAST_GOOD,
            given,
            former if former and former.goal == planned.goal.name else None,
        )
        result = carry_out(planned, request.only, request.check_mode, act, time.monotonic)
        if again and not planned.plan.actions and not request.check_mode:
            act.mark(list(former.wishes) if former else [])
            drop_record(context.engine, context.project.name, former)  # it had reached what it wanted
        final = {**on_its_engine(result, context), "goal": planned.goal.as_result(), "next_up": act.next_up}
        act.control.finish()
        return final


def _recoveries(project: Project, former: ActRecord | None, stable: float) -> dict[str, Recovery]:
    """By service, what a rollback that was cut off has left of it."""
    states = {name: recovery_of(project, name, former, stable) for name in former.wishes} if former else {}
    return {name: state for name, state in states.items() if state is not None}


@dataclass
class RollBack:
    """The act. ``marks``: what is gone back from is no good state to come back to. ``present``: what runs before it.

    ``given``: its options; ``former``: the record of an act to the same goal that was cut off, which it completes.
    """

    context: Context
    control: ReplicaControl
    store: Snapshots
    marks: bool
    given: Mapping[str, Any]
    former: ActRecord | None
    next_up: str = ""
    present: ReleaseSnapshot | None = None

    def look(self, planned: Rollback) -> Before:
        names = [step.service for step in planned.steps]
        project = self.context.project
        stopped = [replica for name in names for replica in project.replicas(name)]
        listed = self.context.engine.labelled() if planned.steps else []
        self.next_up = _next_up(self.store, planned, who_else(project, planned.steps, listed))
        self.present = present = self._before() or _snapshot(self.context, "", self.store.newest_first())
        if names:
            self.control.check_proxy(names)
        Switching(self.context, self.control, self.store, planned).check_file()
        return Before(
            state=service_states(project, names),
            left=len(planned.steps) + len(planned.undrained),
            undo=_undo(project, present, names, str(self.store.folder.parent)),
            evidence=evidence(self.context, stopped, project_dict(project, names)) if names else {},
        )

    def act(self, planned: Rollback) -> After:
        names = [step.service for step in planned.steps]
        with acting(self.control, self._record(planned), self.former):
            for container, state in planned.undrained:
                self.control.undrain(container, state)
            # What is gone back from is kept for the way forward; where only a drain rule is removed, nothing is.
            if self.present is not None and planned.steps:
                self.store.protect(self.context.engine, self.present)
                self.store.keep(replace(self.present, good=False))
            Switching(self.context, self.control, self.store, planned).carry_out()
            self.mark(names)
        later = refresh(self.context)
        return After(
            done=self.control.acts_done,
            state=service_states(later, names),
            left=sum(
                any(
                    replica.image != step.image or not is_well(later, self.control.as_before(replica))
                    for replica in later.replicas(step.service)
                )
                for step in planned.steps
            ),
            touched=True,
        )

    def mark(self, services: Sequence[str]) -> None:
        """What was gone back from is no good state of these services; an undo, which goes forward, says nothing of what
        it leaves."""
        for snapshot in self.store.newest_first() if self.marks else ():
            was_good = snapshot.good or snapshot.left
            if was_good and self.present and _same_images(snapshot, self.present, services):
                self.store.keep(snapshot.left_by(services))

    def _before(self) -> ReleaseSnapshot | None:
        """What ran before the act that is completed; None where there is none."""
        if self.former is None:
            return None
        return next((kept for kept in self.store.newest_first() if kept.name == self.former.present), None)

    def _record(self, planned: Rollback) -> ActRecord:
        """The image and the number of replicas of each service, and what was there before."""
        wishes = {}
        for step in planned.steps:
            replicas = self.context.project.replicas(step.service)
            recovery = planned.recoveries.get(step.service)
            wishes[step.service] = Wish(
                replicas=planned.count(step.service),
                known=recovery.wish.known if recovery else tuple(replica.id for replica in replicas),
                leaving=tuple(replica.id for replica in replicas if replica.image != step.image),
                image=step.image,
                former=step.former,
            )
        present = self.present.name if self.present else ""
        return new_record(ROLLBACK, self.given, wishes, self.former, planned.goal.name, present)


def _same_images(snapshot: ReleaseSnapshot, present: ReleaseSnapshot, services: Sequence[str]) -> bool:
    """Whether both record the same one image for each of these services; of none of them nothing is the same."""
    both = [(snapshot.services.get(name), present.services.get(name)) for name in services]
    return bool(both) and all(one and other and one.image == other.image and not other.mixed for one, other in both)


def plan(
    context: Context,
    store: Snapshots,
    to: str,
    services: Sequence[str],
    patterns: Sequence[str],
    accept_migrations: bool,
    recoveries: Mapping[str, Recovery],
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
    then, running = (
        recorded_for(target, there, services),
        _running_revision(context.project, there, services, folder),
    )
    migrations = git.changed(folder, then, running, patterns)
    if not (then or running):
        migrations = []  # there was no checkout, and is none: nothing can be compared
    rollback_plan = plan_rollback(
        context.project,
        target,
        services,
        present=present,
        migrations=migrations,
        accept_migrations=accept_migrations,
        starts_dependencies=context.compose.starts_dependencies,
        recoveries={name: state for name, state in recoveries.items() if not services or name in services},
        kept=kept_by(context.engine, context.project, target, target.services),
    )
    if rollback_plan.refusals:
        raise PreflightError(
            f"{context.project.name} was not rolled back to {target.name}: {'; '.join(rollback_plan.refusals)}."
            " Nothing was done.",
            reasons=list(rollback_plan.refusals),
        )
    if to == LAST_GOOD and not rollback_plan.plan.actions:
        older, newer = further_back(target, there, context.project), left_for(target, there, context.project)
        more = f"; to go back further, say to which snapshot: {', '.join(older[:3])}" if older else ""
        more += f"; newer and left for it, so that to go there is no rollback: {', '.join(newer[:3])}" if newer else ""
        rollback_plan = replace(rollback_plan, nothing=rollback_plan.nothing + more)
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


def _next_up(store: Snapshots, rollback: Rollback, others: Sequence[str]) -> str:
    """What the next plain `up` does with it. ``others``: who shares a tag that is moved."""
    by_file = [step.service for step in rollback.steps if step.how == FILE]
    if not by_file:
        tags = sorted({step.reference for step in rollback.steps})
        also = f"; who has the same tag goes back with its own next `up`: {some(others)}" if others else ""
        return (
            f"stays: {', '.join(tags)} is the old image again, until it is built or pulled again{also}" if tags else ""
        )
    return (
        f"rolls {', '.join(by_file)} forward again, since the files ask for the newer configuration; to stay, put the"
        f" files right, or use --file {store.folder / f'back-to-{rollback.goal.name}.json'}"
    )
