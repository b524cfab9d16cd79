# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container that fails its health check may still start, load its data or recover. Pure.

A restart begins that again. Two things say so: what its check says (the answer of PostgreSQL or Redis is in it), and
its state: no run of the check has passed since it was started. A start has a limit, a recovery has none: it takes as
long as there are data to read again.
"""

from __future__ import annotations

import re
from typing import Collection, Mapping

from ..container import Container
from ..health import STARTING, UNHEALTHY
from ..project import Project
from ..project_report import is_well, lost_namespace, note_of, on_purpose
from .reached_names import is_in_settings, is_named, is_not_reached, is_spoken_of

STARTS = 120.0  # seconds behind its start period in which a container that keeps no data may still start
_LONGEST_START = 900.0  # seconds, for a check that runs seldom
_ROUNDS = 2  # times the failures after which it is unhealthy, in which it may still start
# Where images keep or load data outside of the places that are known to hold what must not be lost.
_LOADED = re.compile(
    r"(?i)/(?:[a-z]*data|databases?|db|mssql|models?|indexe?s|huggingface|couchdb|elasticsearch|opensearch|redis|mongo)(?:/|$)"
)


def not_ready(project: Project, container: Container) -> str:
    """Why a container that is unhealthy may still start or recover, in a clause; empty where nothing says so."""
    if not (container.running and container.health == UNHEALTHY):
        return ""
    check, uptime = container.check, container.uptime(project.now)
    said = check.why_not_ready()
    if said:
        return f"says that it is not ready yet ({said})"
    if container.started is None:
        return "may still start, since when it was started is unknown"
    always = check.always_failed(uptime)
    if check.has_passed(uptime):
        return ""
    has = "has not" if always else "may not have"
    since = f"{has} passed its health check since its start {uptime:.0f} s ago"
    if _keeps_data(project, container):
        return f"{since}, keeps data, and may still load or recover them"
    rounds = _ROUNDS * check.retries * check.interval
    may_start = always and uptime < check.start_period + min(max(STARTS, rounds), _LONGEST_START)
    return f"{since}, and may still start" if may_start else ""


def is_starting(project: Project, container: Container) -> str:
    """Where a container has not passed its health check yet, and the engine does not call it unhealthy either, in a
    clause; empty elsewhere."""
    starts = container.running and container.health == STARTING
    return f"has not passed its health check yet, and runs for {container.uptime(project.now):.0f} s" if starts else ""


def waits_for(
    project: Project, container: Container, planned: Collection[str] = (), left: Mapping[str, str] | None = None
) -> str:
    """Where none is healthy of a service that it depends on, directly or not, and none of that is restarted before it,
    in a clause: its own restart helps nothing. Empty where it is not so, and for one that lost the network of another:
    whatever that one does, nothing but its own restart gives it the new network. Many files say nothing of what depends
    on what: a service that a failing check names, or that by its log was not reached, is one that it depends on.

    ``planned``: ids of those that are restarted before it; ``left``: by id, why another one is left alone.
    """
    if lost_namespace(project, container):
        return ""
    needs = dict.fromkeys(sorted(_needs_of(project, container)), "depends on")
    for how, services in (
        ("has a check that names", _named_by_check(project, container)),
        ("has a log that names", _named_by_log(project, container)),
    ):
        needs.update(dict.fromkeys((name for name in services if name not in needs), how))
    return _first_apart(
        project, container, needs, planned, left or {}, "; it is restarted only when its service is named"
    )


def may_wait_for(
    project: Project, container: Container, planned: Collection[str] = (), left: Mapping[str, str] | None = None
) -> str:
    """The same of a service whose address is in its settings, or of whose kind its failing check speaks: whether it
    needs that one is not known."""
    if lost_namespace(project, container):
        return ""
    others = [other for other in project.containers if other.service != container.service]
    failing = container.check.output if container.running and container.health == UNHEALTHY else ""
    spoken = {other.service for other in others if is_spoken_of(other, failing)}
    named = {other.service for other in others if is_in_settings(other, container.environment)}
    needs = dict.fromkeys(sorted(spoken), "its check speaks of what may be")
    needs.update(dict.fromkeys(sorted(named), "its settings name"))
    apart = _first_apart(project, container, needs, planned, left or {})
    return f"whether its own restart helps is unknown: {apart}" if apart else ""


def _first_apart(
    project: Project,
    container: Container,
    needs: Mapping[str, str],
    planned: Collection[str],
    left: Mapping[str, str],
    then: str = "",
) -> str:
    """Which of these services does not serve, and why, in a clause. ``needs``: how each is known, by service; ``then``:
    what follows where it is set apart or starts."""
    for need, how in needs.items():
        others = project.replicas(need) if need != container.service else []
        if any(_serves(project, other) or other.id in planned for other in others):
            continue
        for other in others:
            if _is_older(project, other, container):
                continue
            why = not_ready(project, other) or on_purpose(other) or _starting(project, other)
            if why:
                return f"{how} {other.name}, which {why}{then}"
            if other.id in left:
                return f"{how} {other.name}, which is left alone: {left[other.id]}"
            if not other.running:
                return f"{how} {other.name}, which {note_of(project, other) or f'is {other.state}'}"
    return ""


def _named_by_check(project: Project, container: Container) -> list[str]:
    """The services that a failing check names."""
    if not (container.running and container.health == UNHEALTHY):
        return []
    return sorted({other.service for other in project.containers if is_named(other, container.check.output)})


def _named_by_log(project: Project, container: Container) -> list[str]:
    """The services that the last lines of its log say were not reached."""
    lines = project.logs.get(container.id, ())
    return sorted({other.service for other in project.containers if is_not_reached(other, lines)})


def _keeps_data(project: Project, container: Container) -> bool:
    return project.stateful(container.service) or any(
        mount.writable and _LOADED.search(mount.target) for mount in container.mounts
    )


def _needs_of(project: Project, container: Container) -> set[str]:
    """The services that it depends on, directly or not: by the files, and by the labels of what is there. Without those
    that it does without, by the files."""
    needs = set(project.model.needed_by(container.service, optional=False) if project.model else ())
    spec = project.spec(container.service)
    open_ = [need for need in project.needs_of(container) if not (spec and need in spec.optional)]
    while open_:
        need = open_.pop()
        if need not in needs:
            needs.add(need)
            open_ += [further for replica in project.replicas(need) for further in project.needs_of(replica)]
    return needs


def _serves(project: Project, container: Container) -> bool:
    """Whether it is healthy, or a job that is done. One that ended well may be a service that was stopped."""
    return is_well(project, container) and not on_purpose(container) and (project.done(container) or not container.done)


def _is_older(project: Project, other: Container, container: Container) -> bool:
    """Whether another one had ended before this one was started, which has passed its check since then all the same."""
    if other.running or other.finished is None or container.started is None or other.finished >= container.started:
        return False
    return container.check.has_passed(container.uptime(project.now))


def _starting(project: Project, container: Container) -> str:
    starts = container.running and container.health == STARTING
    if starts and container.uptime(project.now) < container.check.first_word + STARTS:
        return "has not passed its health check yet"
    return ""
