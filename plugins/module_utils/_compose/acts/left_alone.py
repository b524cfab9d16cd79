# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rollback leaves as it is, and what it cannot exchange, each with the reason. Pure."""

from __future__ import annotations

from typing import Collection, Iterable, Iterator, Mapping

from ..._core.plan import Item
from ..project import Project
from ..project_report import on_purpose
from ..replicas import short


def left_alone(project: Project, service: str) -> str:
    """Why a rollback leaves a service as it is, in a clause: a fresh container would start what was stopped, or carry
    out a job once more. Empty where it does not."""
    replicas = project.replicas(service)
    if all(replica.stopped for replica in replicas):
        return "was stopped on purpose"
    if replicas and all(project.stranger(replica) for replica in replicas):
        return project.stranger(replicas[0])
    if project.awaited(service):
        return "is a job, for whose end another service waits"
    return "has ended without an error, as a job does" if all(replica.done for replica in replicas) else ""


def other_services(project: Project, recorded: Mapping[str, str], services: Collection[str]) -> Iterator[Item]:
    """Services that a rollback does not concern although they are not as they were then. ``recorded``: by service, the
    image that it ran; ``services``: those that are named, and no others are rolled back; empty: all."""
    for name, image in sorted(recorded.items()):
        replicas = project.replicas(name)
        others = sorted({replica.image for replica in replicas} - {image})
        if services and name not in services and others:
            yield Item(f"{name}:{short(others[0])}->{short(image)}", "runs another image than then, and is not named")
        elif not services and not replicas:
            yield Item(name, "ran then and has no container now; a rollback makes none")
    for name in project.service_names if not services else ():
        if name not in recorded and any(replica.running for replica in project.replicas(name)):
            yield Item(name, "did not run then, so that there is nothing to go back to")


def against_exchange(project: Project, service: str, named: bool) -> Iterable[str]:
    """Why its containers cannot be exchanged for fresh ones; what was stopped is started if ``named``."""
    for replica in project.replicas(service):
        for sharer in project.sharers(replica):
            yield f"{sharer.name} lives in a namespace of {replica.name} and would lose it"
        if replica.state == "paused" or (replica.stopped and not named):
            yield f"{replica.name} {on_purpose(replica)}"
        drain = project.drains.get(replica.id)
        if drain is not None and not drain.left:
            yield f"{replica.name} {drain.words}"
