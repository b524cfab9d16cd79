# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Endpoints tried from many places at once, a few times each. I/O."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Mapping, Sequence

from ..._compose.container import Container
from ..._compose.drain.io.namespace import is_process_of
from ..._compose.io.engine import engine
from ..._compose.io.engine_transport import EngineLogin
from ..._compose.io.observe import observe
from ..._compose.project import Project
from ..._compose.project_ref import Source
from ..._core.errors import PrivilegeError
from ..endpoint import HOST, Attempt, ProbeReport, Target, row_of, unknown_row
from ..reached import ReachedReport, reached_report
from .namespaces import Place, inside, require_entry
from .probe import attempt

_MOST = 64  # threads
_ADDRESSES = 8  # of one name that are tried beyond the attempts asked for
NOWHERE, ELSEWHERE = -1, -2  # the process id of a source that does not run, and of one that is on another machine
_WHY = {
    NOWHERE: "no container of it runs, so nothing can be tried from there",
    ELSEWHERE: "its process is not on this host (a forwarded socket, or a machine of its own): run this there",
}


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


def probe_report(
    login: EngineLogin,
    source: Source,
    sources: Sequence[str],
    targets: Sequence[Target],
    keys: Mapping[str, Key],
    how: Trying,
) -> ReachedReport:
    """What endpoint_probe_info returns: the rows, the same in lines, and whether all are up."""
    return reached_report(probe(login, source, sources, targets, keys, how))


def probe(
    login: EngineLogin,
    project: Source,
    sources: Sequence[str],
    targets: Sequence[Target],
    keys: Mapping[str, Key],
    how: Trying,
) -> list[ProbeReport]:
    """The matrix, a row for each source and target.

    What cannot be tried, since its key or its source is not there, is unknown; the rest is tried all the same.
    """
    places_asked = list(dict.fromkeys([*sources, *(source for target in targets for source in target.sources)]))
    services = [source_name for source_name in places_asked if source_name != HOST]
    places = {HOST: [Place(HOST, environment=dict(os.environ))]}
    key_values = {name: key.value for name, key in keys.items()}
    missing: dict[str, str] = {}
    kept = {name: key for name, key in keys.items() if key.variable}
    if services or kept:
        with engine(login) as opened:
            observed = observe(opened, None, project, lines=0)
        if services:
            places.update(_places(login, observed, services))
        for name, key in kept.items():
            key_values[name], missing[name] = _value(key, observed)
    if any(place.pid and place.pid != ELSEWHERE for listed in places.values() for place in listed):
        require_entry()
    jobs = [
        (place, target)
        for target in targets
        for source in (target.sources or tuple(sources))
        for place in _meant(places, source)
    ]

    def row(job: tuple[Place, Target]) -> ProbeReport:
        place, target = job
        return _row(place, target, key_values.get(target.key, ""), missing.get(target.key, ""), how)

    with ThreadPoolExecutor(max_workers=min(_MOST, max(1, len(jobs)))) as pool:
        return list(pool.map(row, jobs))


def _meant(places: Mapping[str, list[Place]], source: str) -> list[Place]:
    if source == "*":
        return [place for name, listed in places.items() if name != HOST for place in listed]
    return places.get(source, [])


def _places(login: EngineLogin, observed: Project, services: Sequence[str]) -> dict[str, list[Place]]:
    """The running containers of each service; ``*`` for all."""
    if not login.local:
        raise PrivilegeError(
            f"The engine at {login.where} is on another machine, so the networks of its containers cannot be"
            " entered from here. Run this on its own host, or try from the host alone (sources: [host])."
            " Nothing was done."
        )
    places: dict[str, list[Place]] = {}
    for name in observed.service_names if "*" in services else services:
        replicas = [replica for replica in observed.replicas(name) if replica.running and replica.pid]
        places[name] = [
            Place(replica.name, name, _pid_of(replica), dict(pair.partition("=")[::2] for pair in replica.environment))
            for replica in replicas
        ] or [Place(name, name, NOWHERE)]
    return places


def _pid_of(replica: Container) -> int:
    """Of its process; where the engine is on another machine, that number may be that of any process of this host. One
    that has ended since is found when its network is entered."""
    has_address = any(address for dummy, address in replica.networks)
    there = has_address and os.path.exists(f"/proc/{replica.pid}") and not is_process_of(replica)
    return ELSEWHERE if there else replica.pid


def _value(key: Key, observed: Project) -> tuple[str, str]:
    """A key as the service has it, or why there is none; a stopped container still shows its environment."""
    listed = sorted(observed.replicas(key.service), key=lambda replica: not replica.running)
    pairs = (pair.partition("=") for container in listed for pair in container.environment)
    value = next((value for name, dummy, value in pairs if name == key.variable), "")
    if not listed:
        known = ", ".join(observed.service_names) or "none"
        return "", f"its key is in {key.service}, of which there is no container (there are: {known})"
    if not value:
        return "", f"its key is not there: no container of {key.service} has the variable {key.variable}"
    if not value.isascii() or any(sign in value for sign in "\r\n"):
        return "", f"its key cannot be used: the variable {key.variable} of {key.service} holds what no key does"
    return value, ""


def _row(place: Place, target: Target, key: str, missing: str, how: Trying) -> ProbeReport:
    if place.pid in _WHY:
        return unknown_row(place.name, target, _WHY[place.pid])
    if missing:
        return unknown_row(place.name, target, missing)
    made: list[Attempt] = []
    try:
        with inside(place):
            number = 0
            # Each attempt takes another address of the name, and each address is tried once at least.
            while number < max(how.attempts, min(_ADDRESSES, made[0].live if made else 0)):
                if number:
                    time.sleep(how.pause)
                made.append(attempt(place, target, key, how.timeout, number))
                number += 1
    except OSError as error:
        return unknown_row(place.name, target, f"its network could not be entered ({error.strerror})")
    return row_of(place.name, target, made)
