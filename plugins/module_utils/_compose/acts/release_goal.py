# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""To which recorded release a rollback goes. Pure."""

from __future__ import annotations

from typing import Sequence

from ..project import Project
from ..release import ReleaseSnapshot, differing

LAST_GOOD = "last_good"


def goal(
    name: str, snapshots: Sequence[ReleaseSnapshot], project: Project, services: Sequence[str], revision: str
) -> tuple[ReleaseSnapshot | None, str]:
    """The snapshot that is meant, or why there is none. ``snapshots`` newest first; ``revision``: what git says it is.

    The last good one is the newest good one of which something does not run any more: what runs is no goal, unless it
    was gone back to: the same rollback again goes no further back.
    """
    if name == LAST_GOOD:
        good = [snapshot for snapshot in snapshots if snapshot.good]
        for candidate in good if not is_back(snapshots, project, services) else ():
            if differing(candidate, project, services):
                return candidate, ""
        if good:
            return good[0], ""
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


def is_back(snapshots: Sequence[ReleaseSnapshot], project: Project, services: Sequence[str]) -> bool:
    """Whether what runs is the newest good one, and a newer one was left for it, which is not good and does not run.

    ``snapshots`` newest first.
    """
    for snapshot in snapshots:
        runs = not differing(snapshot, project, services)
        if snapshot.good:
            return False
        if not runs:
            good = next((older for older in snapshots if older.good), None)
            return good is not None and not differing(good, project, services)
    return False


def further_back(goal: ReleaseSnapshot, snapshots: Sequence[ReleaseSnapshot], project: Project) -> list[str]:
    """Names of good ones that are older than ``goal`` and do not run, the newest first."""
    return [
        snapshot.label or snapshot.name
        for snapshot in snapshots
        if snapshot.good and snapshot.at < goal.at and differing(snapshot, project, ())
    ]
