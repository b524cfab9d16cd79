# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One observation of a compose project: containers from the engine, the files from Compose. I/O."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Sequence

from ..._core.errors import ComposeError, ProjectUnknown
from ..._core.redaction import redacted_lines
from ..._core.times import moment
from ..._system.io.procfs import ages_of
from ..acts.falls import WINDOW
from ..acts.io.act_store import ActStore
from ..acts.io.listening import listening
from ..acts.networks import differing_networks
from ..acts.recovery import newest
from ..acts.stopping import ends_of, judged, may_be_stopped
from ..container import Container
from ..drain.io import rule
from ..health import UNHEALTHY
from ..project import Project, chosen, source_of
from ..project_ref import Source, profiles_in
from ..project_report import problem_of
from .compose_cli import Compose, mentions_env_file
from .engine import Engine, is_file, why_no_file
from .engine_process import engine_began
from .recheck import recheck

_WRITTEN = 6.0  # seconds after the end of a container within which the engine writes why it ended
_EXITS = 600.0  # seconds within which the last exit of a container that loops lies
LAST_LINES = 10  # of the log of an unhealthy container


def observe(
    engine: Engine, compose: Compose | None, given: Source, *, interval: float = 0.0, lines: int = LAST_LINES
) -> Project:
    """One look at the project that is meant.

    ``compose`` None: the files are not read. ``interval``: seconds until the second look at containers that may loop;
    0 for none. ``lines``: of the log of each unhealthy container.
    """
    everything = engine.containers(given.project)
    name = _project_name(engine, everything, given)
    mine = [container for container in everything if container.project == name and not container.one_off]
    now = datetime.now(timezone.utc)
    mine = _with_counts(engine, _with_stops(engine, mine, now), now)
    source = source_of(name, mine, given, is_file)
    source = source if source.profiles else replace(source, profiles=_profiles_of(source))
    made, tagged = _made(engine, {container.image for container in mine})
    project = Project(source, now, tuple(mine), made=made, tagged=tagged, endpoint=engine.login.endpoint)
    project = replace(project, drains=rule.find(mine), unfinished=newest(ActStore(engine, name).unfinished()))
    if compose is not None:
        project = _with_model(engine, compose, project)
    networks = engine.networks()
    if compose is not None and project.model is not None:
        differing = differing_networks(project.model, name, networks, compose.version)
        project = replace(project, differing_networks=differing)
    project = replace(
        project,
        outside=_outside(engine, mine),
        internal=frozenset(str(network["Name"]) for network in networks if network.get("Internal")),
        listening=listening(engine, mine),
    )
    if interval:
        project = _recheck_loops(engine, project, interval)
        project = recheck(engine, project)
    project = _with_exits(engine, _with_ends(engine, project))
    return _with_logs(engine, project, lines) if lines else project


def _with_stops(engine: Engine, containers: list[Container], now: datetime) -> list[Container]:
    """The containers, of which it is said who stopped them, as far as that is known."""
    if not any(may_be_stopped(container) for container in containers):
        return containers
    began = engine_began(engine.login.endpoint, now)
    seen = [replace(container, stopped_by_engine=container.ended_with(began)) for container in containers]
    asked = {container.id: container.finished for container in seen if may_be_stopped(container)}
    ends = [end.timestamp() for end in asked.values() if end is not None]
    events: list[dict[str, Any]] = []
    if ends:
        since = min(ends) - max(container.stop_timeout for container in seen if container.id in asked)
        events = engine.ends(tuple(asked), since, min(max(ends) + _WRITTEN, now.timestamp()))
    # The engine writes soon after an end that it was asked for: before that, its events say nothing of it.
    written = [end for end in ends if end <= now.timestamp() - _WRITTEN]
    known = engine.known_since() if events and written else None
    return [judged(container, began, events, known if _ended(container) in written else None) for container in seen]


def _ended(container: Container) -> float | None:
    return container.finished.timestamp() if container.finished else None


def _with_counts(engine: Engine, containers: list[Container], now: datetime) -> list[Container]:
    """The containers, of which it is said how far the times of a failing check can be relied on, where their processes
    are on this host: the engine counts failures anew when it is started itself, and its clock may have been set."""
    failing = [container for container in containers if container.running and container.health == UNHEALTHY]
    began = engine_began(engine.login.endpoint, now) if failing else None
    if began is None:
        return containers
    ages = ages_of([container.pid for container in failing], now)
    return [
        replace(container, check=container.check.timed(container.started, began, ages.get(container.pid), now))
        if container in failing
        else container
        for container in containers
    ]


def _profiles_of(source: Source) -> tuple[str, ...]:
    """Those that the site's env file makes active; none where it cannot be read."""
    profiles: tuple[str, ...] = ()
    for path in source.env_files or ([os.path.join(source.directory, ".env")] if source.directory else []):
        with suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            profiles = profiles_in(file.read()) or profiles
    return profiles


def _outside(engine: Engine, mine: Sequence[Container]) -> tuple[Container, ...]:
    """Containers of others that live in the network of one of these, and those of others that these live in.

    The engine's list shows of a stranger's namespaces the network alone.
    """
    known = {key for container in mine for key in (container.id, container.name)}
    listed = engine.labelled()
    modes = {row["Id"]: str((row.get("HostConfig") or {}).get("NetworkMode") or "") for row in listed}
    ids = {container.id for container in mine}
    hosts = {id: mode.partition(":")[2] for id, mode in modes.items() if mode.startswith("container:")}
    guests: list[str] = []
    while True:  # also those in the network of a guest
        more = [id for id, host in hosts.items() if id not in guests and (host in known or host in guests)]
        if not more:
            break
        guests += more
    left = [*guests, *(owner for container in mine for dummy, owner in container.shares if owner not in known)]
    strangers: dict[str, Container] = {}
    while left:
        stranger = engine.container(left.pop(0))
        if stranger is not None and stranger.id not in ids and stranger.id not in strangers:
            strangers[stranger.id] = stranger
            left += [owner for dummy, owner in stranger.shares if owner not in known]  # in whose namespaces these live
    return tuple(strangers.values())


def _made(engine: Engine, images: set[str]) -> tuple[dict[str, datetime], dict[str, datetime]]:
    """When each image was made, and when it was given its name; one that is gone, or that says nothing, is left out."""
    inspections = {image: engine.image(image) or {} for image in images}
    made = {image: moment(inspection.get("Created")) for image, inspection in inspections.items()}
    tagged = {
        image: moment((inspection.get("Metadata") or {}).get("LastTagTime"))
        for image, inspection in inspections.items()
    }
    return {id: at for id, at in made.items() if at}, {id: at for id, at in tagged.items() if at}


def _project_name(engine: Engine, containers: list[Container], given: Source) -> str:
    names = chosen(containers, given.project, given.directory, given.files)
    if len(names) == 1:
        return names[0]
    if not names and given.project and (given.files or given.directory):
        return given.project  # nothing of it runs yet; its files are known
    others = engine.containers() if given.project and not names else containers
    there = sorted({container.project for container in others})
    if not names:
        meant = given.project or ", ".join(given.files) or given.directory or "any"
        known = f"The engine has: {', '.join(there)}." if there else "The engine has no container of any project."
        raise ProjectUnknown(
            f"There is no container of the compose project {meant}. {known} Name it with `project`; a project that"
            " was never started also needs `files` and `project_directory`. Nothing was done."
        )
    raise ProjectUnknown(
        f"Several compose projects could be meant: {', '.join(names)}. Say which with `project`. Nothing was done."
    )


def _why_unreadable(missing: Sequence[str]) -> str:
    """``missing``: why each of the files that are missing cannot be had. With what to do where those do not say it."""
    which = "; ".join(missing) if missing else "its labels name no file (started from standard input?)"
    if any(why.endswith("is not on this host") for why in missing):
        return (
            f"{which}. It was started from another place or the files have moved: say where they are with `files` and"
            " `project_directory`."
        )
    if all("use become" in why for why in missing) and missing:
        return f"{which}."
    return f"{which}. Say with `files` and `project_directory` where a copy of them is."


def _with_model(engine: Engine, compose: Compose, project: Project) -> Project:
    source = project.source
    missing = [why for why in map(why_no_file, source.files) if why]
    if missing or not (source.files or source.directory):
        return replace(project, why_no_model=f"The files of {project.name} cannot be read: {_why_unreadable(missing)}")
    try:
        model, hashes = compose.render(source)
    except ComposeError as error:
        return replace(project, why_no_model=str(error))
    images = {}
    for spec in model.services.values():
        if spec.image not in images:
            images[spec.image] = (engine.image(spec.image) or {}).get("Id", "")
    proof = not mentions_env_file(source.files)
    rendered = replace(project, model=model, hashes=hashes, images=images, hash_is_proof=proof)
    return replace(rendered, compose_version=tuple(compose.version))


def _recheck_loops(engine: Engine, project: Project, interval: float) -> Project:
    """Only containers that have been restarted lately are worth the time."""
    doubtful = [
        container
        for container in project.containers
        if container.suspicious(project.now) and not container.loops(project.now)
    ]
    if not doubtful:
        return project
    time.sleep(interval)
    again = {container.id: engine.container(container.id) for container in doubtful}
    return replace(project, again={id: recheck for id, recheck in again.items() if recheck is not None})


def _with_ends(engine: Engine, project: Project) -> Project:
    """With the ends of those that run, of the time in which one that falls again and again is known by them."""
    running = [container for container in project.containers if container.running]
    if not running:
        return project
    now = project.now.timestamp()
    since = now - WINDOW - max(container.stop_timeout for container in running)
    events = engine.ends([container.id for container in running], since, now)
    # How far its events reach matters for what it restarted itself alone.
    reach = engine.known_since() if any(container.restarts > 1 for container in running) else 0.0
    ends = {container.id: ends_of(container, events) for container in running}
    return replace(project, ends=ends, events_since=reach)


def _with_exits(engine: Engine, project: Project) -> Project:
    """What those ended with that loop, and were started again just when we looked."""
    again = [container.id for container in project.containers if container.running and project.loops(container)]
    if not again:
        return project
    now = project.now.timestamp()
    return replace(project, exits=engine.exits(again, now - _EXITS, now))


def _with_logs(engine: Engine, project: Project, lines: int) -> Project:
    unhealthy = [container for container in project.containers if problem_of(project, container)]
    return replace(project, logs={container.id: _worded(engine.log(container.id, lines)) for container in unhealthy})


def _worded(lines: list[str]) -> tuple[str, ...]:
    """Without secrets, and without lines that hold nothing but their time."""
    return tuple(redacted_lines(line for line in lines if line.partition(" ")[2].strip()))
