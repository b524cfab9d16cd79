# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which containers a restart leaves alone, and why. Pure."""

from __future__ import annotations

from typing import Mapping, Sequence

from ..container import STATES, Container
from ..health import HEALTHY
from ..project import LONG, Project
from ..project_report import lost_namespace, note_of, on_purpose
from .falls import falls
from .singleton import serves
from .starting import is_starting, not_ready, waits_for


def set_apart_since(container: Container, containers: Sequence[str]) -> str:
    """How a container that is given by a target with its start was stopped or paused on purpose since then, in a
    clause; empty where it was not. ``containers``: names and targets."""
    given = [each for each in containers if container.is_given(each)]
    seen_to_run = bool(given) and all("/" in each for each in given)
    return f"{on_purpose(container)}, since it was looked at" if seen_to_run and on_purpose(container) else ""


def why_excluded(
    project: Project,
    container: Container,
    problem: str,
    unhealthy_only: bool,
    named: bool,
    together: Sequence[Container] = (),
    left: Mapping[str, str] | None = None,
) -> str:
    """Why a container is left alone, in a clause; empty where it is not. ``together``: those that are restarted before
    it. ``left``: by id, why another one is left alone, or waits for an approval."""
    if project.done(container):
        return (
            "has ended without an error, as a job does: playbooks/container_start_stop.yml starts it again by its name"
        )
    if container.state in ("removing", "dead"):
        return f"is {container.state}: the engine removes it, and a restart cannot bring it back"
    unasked = "" if named else _unasked(project, container, problem) or _no_help(project, container)
    if problem and not named and not unasked:
        unasked = waits_for(project, container, {other.id for other in together} - set(left or {}), left)
    if unasked:
        return unasked
    absent = project.absent_owner(container, together)
    if absent:
        return f"{absent}: it could not be started again"
    apart = _against_sharers(project, container) or _useless(project, container, together)
    if apart:
        return apart
    if unhealthy_only and not problem:
        return note_of(project, container) or "is healthy"
    return ""


def may_be_job(project: Project, container: Container) -> str:
    """Why a container that runs may be a job, whose work a restart would begin again, in a clause; empty where it
    serves, is started again by the engine when it ends, has passed a health check, or runs for so long that it is a
    service."""
    once = container.restart_policy in ("no", "", "on-failure") and container.uptime(project.now) < LONG
    # The check of its image, which may be another program's where it has never passed.
    passes = container.health == HEALTHY or container.check.has_passed(container.uptime(project.now))
    if not (once and container.running) or passes or serves(project, container.service):
        return ""
    return (
        f"whether it is a job, whose work a restart begins again, is unknown (restart policy"
        f" {container.restart_policy or 'no'}, and it serves nothing that is known)"
    )


def _against_sharers(project: Project, container: Container) -> str:
    """Whom its restart would leave without a namespace, and cannot be restarted along, in a clause: one that is paused.
    Empty where there is none, and for one that is itself paused, which is not restarted."""
    paused = [sharer for sharer in project.sharers(container) if sharer.state == "paused"]
    if not paused or container.state == "paused":
        return ""
    shared = project.shared_by(paused[0], container)
    return f"{paused[0].name}, which is paused, lives in its {shared} and would lose it: unpause or stop that one first"


def _useless(project: Project, container: Container, together: Sequence[Container]) -> str:
    """Where a container lives in a namespace that its owner has lost in its turn, and the owner is not restarted before
    it, in a clause: it would find no other one. Empty elsewhere."""
    for kind, id in container.shares:
        owner = project.owner_of(id)
        if owner is not None and owner not in together and kind in dict(owner.shares):
            lost = lost_namespace(project, owner)
            if lost:
                return f"lives in the {kind} of {owner.name}, which {lost}: restart that one, and this one goes along"
    return ""


def _unasked(project: Project, container: Container, problem: str) -> str:
    """Why a container is left alone whose service is not named, in a clause; empty where it is not."""
    if project.stranger(container):
        return f"{project.stranger(container)}; it is restarted only when its service is named"
    if container.state not in STATES:
        return note_of(project, container)
    if on_purpose(container):
        how = "unpaused" if container.state == "paused" else "started"
        return f"{on_purpose(container)}; it is {how} only when its service is named"
    if container.state == "created":
        return "was never started; it is started only when its service is named"
    if container.state == "exited":
        return f"{_why_exited(project, container)}; it is started only when its service is named"
    busy = "is a job that runs, and another service waits for its end" if project.works(container) else ""
    busy = busy or ("" if problem else is_starting(project, container))
    if busy:
        return f"{busy}; it is restarted only when its service is named"
    starts = not_ready(project, container)
    if starts:
        return f"{starts}: a restart begins that again; it is restarted only when its service is named"
    if project.ends_well_at_once(container) and not serves(project, container.service):
        return (
            "ends without an error each time, and the engine starts it again: whether it is a job that repeats is"
            " unknown; it is replaced only when its service is named"
        )
    if project.unclear_loop(container):
        return (
            "restarts again and again, and its last exit code is not known: whether it is a job that repeats is unknown"
        )
    return ""


def _no_help(project: Project, container: Container) -> str:
    fallen = "" if lost_namespace(project, container) else falls(project, container)
    return f"{fallen}; it is restarted only when its service is named" if fallen else ""


def _why_exited(project: Project, container: Container) -> str:
    """Why the engine does not start it again, in a clause."""
    if container.stopped_by_engine:
        return "was stopped by the engine when that was itself started again, and has not been started since"
    if container.error:
        return f"could not be started by the engine ({container.error})"
    if container.restarts:
        return f"was started again {container.restarts} times by the engine, which then gave up"
    if project.fell(container):
        return f"ended without an error and without a request, though {project.fell(container)} needs it"
    policy = container.restart_policy
    if container.ended_by_itself and policy in ("always", "unless-stopped"):
        return f"ended without a request; a signal before, as for a reload, keeps the engine from its policy {policy}"
    return (
        f"has ended, and whether it is a job is unknown (restart policy {policy}: the engine does not start it again)"
    )
