# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of which git revision what runs was made. Pure.

The checkout says it only between a deployment and the next one: with a pull it is ahead of what runs, until the new
images run. A revision that is too new hides the migrations that the next `up` brings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from ..project import Project
from ..release import ReleaseSnapshot

_OTHER_REFERENCE = "image: runs "  # the files name another image than the container runs
_OTHER_IMAGE = "image: "  # the same name means another image by now


def of_what_runs(project: Project, head: Mapping[str, Any], moves: Sequence[tuple[float, str, str]]) -> dict[str, Any]:
    """Revision, dirty and subject of the checkout when what runs was made; {} where that is not known.

    ``head``: the checkout now; ``moves``: when it came to which revision, newest first, with the subject.
    """
    running = [container for container in project.containers if container.running]
    if not head or any(
        _is_other_image(project, difference, container.service)
        for container in running
        for difference in project.drift(container)
    ):
        return {}
    deployed = _deployed(project)
    if deployed is None:
        return {}
    then = next(((revision, subject) for at, revision, subject in moves if at <= deployed), None)
    if then is None:
        # A checkout that was made anew since does not know it; then its revision must be the older one of both.
        committed = head.get("committed")
        return dict(head) if committed is not None and committed <= deployed else {}
    # It may have moved on without a new image: a commit of documentation, or of another stack in the same repository.
    revision, subject = then
    return dict(head) if revision == head["revision"] else {**head, "revision": revision, "subject": subject}


def _deployed(project: Project) -> float | None:
    """When the newest image came to run, in seconds since 1970; None where no container says it.

    The oldest container of an image says when it came; a replica that was added since, or a one-off run, has the same
    old image, whatever was pulled in between.
    """
    first: dict[str, float] = {}
    for container in project.containers:
        if container.created and not container.one_off and not _foreign(project, container.service):
            created = container.created.timestamp()
            first[container.image] = min(created, first.get(container.image, created))
    return max(first.values()) if first else None


def _foreign(project: Project, service: str) -> bool:
    """Whether its image is known to be no work of the checkout: a database, a cache or a proxy beside services that are
    built from it. Where nothing is built, one that is not built may be one's own; a service that runs an image which
    another one builds is dated with that image."""
    specs = project.model.services if project.model else {}
    built = {name for name, spec in specs.items() if spec.raw.get("build")}
    images = {container.image for container in project.containers if container.service in built}
    return bool(images) and not any(replica.image in images for replica in project.replicas(service))


def _is_other_image(project: Project, difference: str, service: str) -> bool:
    """A newer image of a database was pulled, which says nothing of the checkout."""
    if difference.startswith(_OTHER_REFERENCE):
        return True
    return difference.startswith(_OTHER_IMAGE) and not project.stateful(service)


def as_first_recorded(snapshot: ReleaseSnapshot, snapshots: Sequence[ReleaseSnapshot]) -> ReleaseSnapshot:
    """With the revision that the same images had in the same configuration when they were first recorded. After a
    rollback their containers are new, and the checkout is where the release was that was left. ``snapshots`` newest
    first."""
    if not snapshot.revision:
        return snapshot
    same = [other for other in snapshots if other.revision and _same_release(snapshot, other)]
    if not same or same[-1].revision == snapshot.revision:
        return snapshot
    return replace(snapshot, revision=same[-1].revision, dirty=same[-1].dirty, subject=same[-1].subject)


def _same_release(snapshot: ReleaseSnapshot, other: ReleaseSnapshot) -> bool:
    built = _built(snapshot)
    hashes = [
        {name: one.hash for name, one in each.services.items() if name in (built or each.services)}
        for each in (snapshot, other)
    ]
    return hashes[0] == hashes[1] and _same_images(snapshot, other, built or list(snapshot.services))


def recorded_for(snapshot: ReleaseSnapshot, snapshots: Sequence[ReleaseSnapshot], services: Sequence[str]) -> str:
    """The oldest revision that was recorded with the images that a snapshot has of these services (all, if none is
    named), else its own; empty where there is none. ``snapshots`` newest first.

    Its own may be too new: containers that were made anew of an old image, after a pull without a build.
    """
    names = services or _built(snapshot) or list(snapshot.services)
    same = [other.revision for other in snapshots if other.revision and _same_images(snapshot, other, names)]
    return same[-1] if same else snapshot.revision


def _built(snapshot: ReleaseSnapshot) -> list[str]:
    """The services that were built from the checkout, by the files of that moment: a newer image of any other one, as
    of a proxy, makes no other release of the code."""
    specs = (snapshot.config or {}).get("services") or {}
    return [name for name in snapshot.services if (specs.get(name) or {}).get("build")]


def _same_images(snapshot: ReleaseSnapshot, other: ReleaseSnapshot, services: Sequence[str]) -> bool:
    pairs = [(snapshot.services.get(name), other.services.get(name)) for name in services]
    return bool(pairs) and all(
        one is not None and beside is not None and one.image == beside.image and not (one.mixed or beside.mixed)
        for one, beside in pairs
    )
