# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of which git revision what runs was made. Pure.

The checkout says it only between a deployment and the next one: with a pull it is ahead of what runs, until the new
images run. A revision that is too new hides the migrations that the next `up` brings.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..project import Project
from ..release import ReleaseSnapshot

_OTHER_REFERENCE = "image: runs "  # the files name another image than the container runs
_OTHER_IMAGE = "image: "  # the same name means another image by now


def of_what_runs(project: Project, head: Mapping[str, Any], moves: Sequence[tuple[float, str, str]]) -> dict[str, Any]:
    """Revision, dirty and subject of the checkout; {} where what runs may be of another revision.

    ``head``: the checkout now; ``moves``: when it came to which revision, newest first.
    """
    running = [container for container in project.containers if container.running]
    if not head or any(
        _is_other_image(project, difference, container.service)
        for container in running
        for difference in project.drift(container)
    ):
        return {}
    return dict(head) if _was_there(project, head, moves) else {}


def _was_there(project: Project, head: Mapping[str, Any], moves: Sequence[tuple[float, str, str]]) -> bool:
    """Whether the checkout was at its present revision when the newest container was created. A checkout that was made
    anew since does not know it; then the revision must be the older one of both."""
    created = [container.created for container in project.containers if container.created]
    if not created:
        return False
    newest = max(created).timestamp()
    then = next((revision for at, revision, dummy in moves if at <= newest), None)
    if then is not None:
        return bool(then == head["revision"])
    committed = head.get("committed")
    return committed is not None and committed <= newest


def _is_other_image(project: Project, difference: str, service: str) -> bool:
    """A newer image of a database was pulled, which says nothing of the checkout."""
    if difference.startswith(_OTHER_REFERENCE):
        return True
    return difference.startswith(_OTHER_IMAGE) and not project.stateful(service)


def recorded_for(snapshot: ReleaseSnapshot, snapshots: Sequence[ReleaseSnapshot], services: Sequence[str]) -> str:
    """The revision of a snapshot, or the oldest one that was recorded with the same images of these services (all, if
    none is named); empty where there is none. ``snapshots`` newest first."""
    if snapshot.revision:
        return snapshot.revision
    names = services or list(snapshot.services)
    same = [other.revision for other in snapshots if other.revision and _same_images(snapshot, other, names)]
    return same[-1] if same else ""


def _same_images(snapshot: ReleaseSnapshot, other: ReleaseSnapshot, services: Sequence[str]) -> bool:
    pairs = [(snapshot.services.get(name), other.services.get(name)) for name in services]
    return bool(pairs) and all(
        one is not None and beside is not None and one.image == beside.image and not (one.mixed or beside.mixed)
        for one, beside in pairs
    )
