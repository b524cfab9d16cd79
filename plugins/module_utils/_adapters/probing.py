# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Endpoints tried from many places at once, a few times each. I/O."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .._domain.endpoints import HOST, Attempt, Target, row_of, unknown_row
from .._domain.source import Source
from .._errors import InputError, PrivilegeError, ProjectUnknown
from .engine import Engine, EngineLogin, engine
from .namespaces import Place, inside, require_entry
from .observing import observe
from .probes import attempt

_MOST = 64  # threads


@dataclass(frozen=True)
class Key:
    """A secret, or the container's variable in which it is: what the service itself uses is what must be judged."""

    value: str = ""
    service: str = ""
    variable: str = ""


@dataclass(frozen=True)
class Trying:
    attempts: int
    pause: float
    timeout: float


def probe(
    login: EngineLogin,
    project: Source,
    sources: Sequence[str],
    targets: Sequence[Target],
    keys: Mapping[str, Key],
    how: Trying,
) -> list[dict[str, Any]]:
    """The matrix, a row for each source and target."""
    wanted = list(dict.fromkeys([*sources, *(one for target in targets for one in target.sources)]))
    services = [one for one in wanted if one != HOST]
    places = {HOST: [Place(HOST, environment=dict(os.environ))]}
    found = dict.fromkeys(keys, "")
    if services or any(key.variable for key in keys.values()):
        with engine(login) as opened:
            places.update(_places(opened, project, services))
            found = {name: _value(key, places, opened, project) for name, key in keys.items()}
    else:
        found = {name: key.value for name, key in keys.items()}
    if any(place.pid for listed in places.values() for place in listed):
        require_entry()
    asked = [
        (place, target)
        for target in targets
        for source in (target.sources or tuple(sources))
        for place in _meant(places, source)
    ]
    with ThreadPoolExecutor(max_workers=min(_MOST, max(1, len(asked)))) as pool:
        return list(pool.map(lambda one: _row(one[0], one[1], found.get(one[1].key, ""), how), asked))


def _meant(places: Mapping[str, list[Place]], source: str) -> list[Place]:
    if source == "*":
        return [place for name, listed in places.items() if name != HOST for place in listed]
    return places.get(source, [])


def _places(opened: Engine, project: Source, services: Sequence[str]) -> dict[str, list[Place]]:
    """The running containers of each service; ``*`` for all."""
    if not services:
        return {}
    if not opened.login.local:
        raise PrivilegeError(
            f"The engine at {opened.login.where} is on another machine, so the networks of its containers cannot be"
            " entered from here. Run this on its own host, or try from the host alone (sources: [host])."
            " Nothing was done."
        )
    seen = observe(opened, None, project, lines=0)
    names = seen.service_names if "*" in services else list(services)
    unknown = sorted(set(names) - set(seen.service_names))
    if unknown:
        raise ProjectUnknown(
            f"The project {seen.name} has no container of the service {', '.join(unknown)}. It has:"
            f" {', '.join(seen.service_names)}. Nothing was done."
        )
    found: dict[str, list[Place]] = {}
    for name in names:
        replicas = [one for one in seen.replicas(name) if one.running and one.pid]
        found[name] = [
            Place(one.name, name, one.pid, dict(pair.partition("=")[::2] for pair in one.environment))
            for one in replicas
        ] or [Place(name, name, -1)]
    return found


def _value(key: Key, places: Mapping[str, list[Place]], opened: Engine, project: Source) -> str:
    if not key.variable:
        return key.value
    listed = places.get(key.service) or _places(opened, project, [key.service]).get(key.service, [])
    value = next((one.environment[key.variable] for one in listed if key.variable in one.environment), "")
    if not value:
        raise InputError(
            f"No running container of {key.service} has the variable {key.variable}, from which a key was to be read."
            " Nothing was done."
        )
    if not value.isascii() or any(sign in value for sign in "\r\n"):
        raise InputError(f"The variable {key.variable} of {key.service} holds what no key does. Nothing was done.")
    return value


def _row(place: Place, target: Target, key: str, how: Trying) -> dict[str, Any]:
    if place.pid < 0:
        return unknown_row(place.name, target, "no container of it runs, so nothing can be tried from there")
    made: list[Attempt] = []
    try:
        with inside(place):
            for number in range(how.attempts):
                if number:
                    time.sleep(how.pause)
                made.append(attempt(place, target, key, how.timeout))
    except OSError as error:
        return unknown_row(place.name, target, f"its network could not be entered ({error.strerror})")
    return row_of(place.name, target, made)
