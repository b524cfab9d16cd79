# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the proxies in front know of the replicas: by their processes, and by their configuration. I/O."""

from __future__ import annotations

from typing import Sequence

from ...._system.io.procfs import ages_of
from ...container import Container
from ...io.engine import Engine
from ...project import Project
from ...proxy import (
    MARGIN,
    StaleProxy,
    finds_addresses,
    haproxy_files,
    is_among,
    may_be_behind,
    names_haproxy_resolves_once,
    names_of,
    names_resolved_once,
    nginx_of,
    seconds_since_reload,
    unknown_to,
)

_CONFIGURATION = 2_000_000  # characters of it that are read


def unknown_replicas(
    engine: Engine, project: Project, proxy: Container, services: Sequence[str]
) -> tuple[float | None, dict[str, list[Container]]]:
    """The seconds since a proxy read its configuration (None: not known), and by service the replicas that were started
    since, as far as it asks for their addresses only then."""
    processes, margin = engine.processes(proxy.id), MARGIN
    if finds_addresses(processes):
        return None, {}
    nginx = nginx_of(processes)
    if engine.login.local:
        ages = ages_of([int(process["pid"]) for process in processes], project.now)
        processes = [{**process, "seconds": str(ages.get(int(process["pid"]), "?"))} for process in processes]
        margin = 0.0
    since = seconds_since_reload(processes)
    missing = {}
    for service in services:
        if service == proxy.service or not may_be_behind(project, service, proxy):
            continue
        replicas = [(replica, replica.uptime(project.now)) for replica in project.replicas(service) if replica.healthy]
        later = unknown_to(since, replicas, margin)
        if later:
            missing[service] = later
    files = haproxy_files(processes)
    hosts = _hosts(engine, proxy, nginx, files) if missing else None
    if hosts is not None:
        networks = {network for container in project.containers for network, dummy in container.networks}
        missing = {
            name: later for name, later in missing.items() if is_among(names_of(project, name, later), hosts, networks)
        }
    return since, missing


def _hosts(engine: Engine, proxy: Container, nginx: Sequence[str], haproxy: Sequence[str]) -> frozenset[str] | None:
    """The names that a proxy asks for once; None where its configuration cannot be read, or is not understood."""
    if not (nginx or haproxy):
        return None
    code, output = engine.execute(proxy.id, nginx or ("cat", *haproxy), _CONFIGURATION)
    if code:
        return None
    return names_resolved_once(output) if nginx else names_haproxy_resolves_once(output)


def stale_of(engine: Engine, project: Project, service: str) -> list[StaleProxy]:
    """What the containers of the proxy ``service`` do not know, of each service that may be behind it."""
    stale: list[StaleProxy] = []
    for proxy in project.replicas(service):
        names = project.service_names if proxy.running else []
        since, missing = unknown_replicas(engine, project, proxy, names) if names else (None, {})
        for name, replicas in missing.items():
            if since is None:
                continue
            later = [replica.name for replica in replicas]
            stale.append({"proxy": proxy.name, "service": name, "seconds": round(since, 1), "replicas": later})
    return stale
