# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""To which recorded release a rollback goes. Pure."""

from __future__ import annotations

from typing import Sequence

from ..project import Project
from ..release import ReleaseSnapshot, differing
from .left_alone import left_alone

LAST_GOOD = "last_good"


def goal(
    name: str, snapshots: Sequence[ReleaseSnapshot], project: Project, services: Sequence[str], revision: str
) -> tuple[ReleaseSnapshot | None, str]:
    """The snapshot that is meant, or why there is none. ``snapshots`` newest first; ``revision``: what git says it is.

    The last good one is the newest good one of which something does not run any more, and to which no service would go
    forward. Where what runs was gone back to, by a rollback or by hand, it is that: it goes no further back by itself,
    and to no release that was left.
    """
    if name == LAST_GOOD:
        good = [snapshot for snapshot in snapshots if snapshot.good_for(services)]
        returned = gone_back_to(snapshots, project, services)
        if returned is not None:
            return returned, ""
        for candidate in good:
            changed = to_change(candidate, project, services)
            if changed and not any(_goes_forward(one, candidate, good, project) for one in changed):
                return candidate, ""
        if good:
            return good[0], ""  # it runs
        return (
            None,
            f"no snapshot of {project.name} was taken while every service was healthy and ran what its files ask for",
        )
    for candidate in snapshots:
        if name in (candidate.name, candidate.label):
            return candidate, ""
    if revision:
        for candidate in sorted(
            (snapshot for snapshot in snapshots if snapshot.revision == revision), key=lambda snapshot: snapshot.dirty
        ):
            return candidate, ""
        return (
            None,
            f"no snapshot of {project.name} was taken at {revision[:12]}, so its images are not known",
        )
    return None, f"{name} is no snapshot of {project.name} and no revision of its git checkout"


def to_change(snapshot: ReleaseSnapshot, project: Project, services: Sequence[str]) -> list[str]:
    """Services that a rollback to ``snapshot`` would exchange. What it leaves alone says nothing of the release: a
    database whose image is a newer one, a job, what was stopped on purpose."""
    return [
        name
        for name in differing(snapshot, project, services)
        if name in services or not (project.stateful(name) or left_alone(project, name))
    ]


def gone_back_to(
    snapshots: Sequence[ReleaseSnapshot], project: Project, services: Sequence[str]
) -> ReleaseSnapshot | None:
    """The newest good one that runs, where one was left for it: one that does not run is newer than it, or than
    another one of the same images. ``snapshots`` newest first."""
    was_left = False
    good = [snapshot for snapshot in snapshots if snapshot.good_for(services)]
    running = [snapshot for snapshot in good if not to_change(snapshot, project, services)]
    for snapshot in snapshots:
        if to_change(snapshot, project, services):
            was_left = True
        elif snapshot in good and was_left:
            return running[0]
    return None


def _goes_forward(service: str, goal: ReleaseSnapshot, good: Sequence[ReleaseSnapshot], project: Project) -> bool:
    """Whether what runs of a service was recorded before ``goal``: then it was gone back to, and the image of ``goal``
    was left for it. ``good``: snapshots, newest first."""
    images = {replica.image for replica in project.replicas(service)}
    recorded = [(snapshot, snapshot.services.get(service)) for snapshot in good[good.index(goal) + 1 :]]
    return any(one is not None and images == {one.image} for dummy, one in recorded)


def further_back(goal: ReleaseSnapshot, snapshots: Sequence[ReleaseSnapshot], project: Project) -> list[str]:
    """Names of good ones that are older than ``goal`` and do not run, the newest first."""
    return [
        snapshot.label or snapshot.name
        for snapshot in snapshots
        if snapshot.good and snapshot.at < goal.at and to_change(snapshot, project, ())
    ]


def left_for(goal: ReleaseSnapshot, snapshots: Sequence[ReleaseSnapshot], project: Project) -> list[str]:
    """Names of good ones that are newer than ``goal`` and do not run, the newest first."""
    return [
        snapshot.label or snapshot.name
        for snapshot in snapshots
        if snapshot.good and snapshot.at > goal.at and to_change(snapshot, project, ())
    ]
