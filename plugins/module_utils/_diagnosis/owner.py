# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which service the address of a row is of, which of its containers asks, and which are at work. Pure."""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from .._compose.acts.falls import FALLS
from .._compose.health import STARTING
from .._compose.project_report import ContainerReport, ServiceReport
from .._endpoints.endpoint import ProbeReport
from .._endpoints.reached import BELOW
from .cause import Rules

_NETWORK_OF = "network of "  # how a container's ``shares`` begin where it uses the network of another one
_HERE = ("127.0.0.1", "localhost", "::1", "[::1]", "0.0.0.0")
IDLE = ("exited", "created")  # states in which a container is started only by a person's decision
_NOT_AT_WORK = ("exited", "created", "paused")  # a person or a job decides when these run again
Services = Mapping[str, ServiceReport]


def is_apart(row: ProbeReport, services: Services) -> bool:
    """Whether a source has no network in common with the service that it asks for by name, or asks for an address
    outside from internal networks alone: no restart gives it another one."""
    target = row["address"].rpartition(":")[0]
    owner = service_of(row["source"], services)
    members = services[owner]["containers"] if owner else []
    source = next((member for member in members if member["name"] == row["source"]), None)
    if source is None or row["layer"] not in BELOW:
        return False
    if target not in services:
        return source["internal"] and not service_at(row, services)
    own = _networks_of(source, services)
    others = {network for member in services[target]["containers"] for network in _networks_of(member, services)}
    return bool(own and others) and not own & others


def _networks_of(member: ContainerReport, services: Services) -> set[str]:
    """Its networks; where it uses that of another container of the project, those of that one."""
    owners = [share[len(_NETWORK_OF) :] for share in member["shares"] if share.startswith(_NETWORK_OF)]
    every = [other for service in services.values() for other in service["containers"]]
    meant = [member, *(other for other in every if other["name"] in owners)]
    return {network for other in meant for network in other["networks"]}


def service_at(row: ProbeReport, services: Services) -> str:
    """The service behind an address: by its name, a container's address, or a port that is published on this host;
    empty for none. From a container its loopback address leads to itself."""
    host, dummy, port = row["address"].rpartition(":")
    if host in services:
        return host
    here = service_of(row["source"], services)
    if host in _HERE and here:
        return here
    connected = row["layers"].get("tcp")
    address = connected.get("address", "") if connected else ""
    for name, service in services.items():
        for container in service["containers"]:
            if address and address in container["networks"].values():
                return str(name)
    if host not in _HERE and not (connected and connected.get("own")):
        return ""
    for name, service in services.items():
        for container in service["containers"]:
            if any(re.match(rf"\S*:{port}->", published) for published in container["ports"]):
                return str(name)
    return ""


def is_declared(row: ProbeReport, service: ServiceReport) -> bool:
    """Whether the port of a target is one that the service publishes, so that it is meant to listen on it."""
    port = row["address"].rpartition(":")[2]
    published = [text for container in service["containers"] for text in container["ports"]]
    return any(re.search(rf"->{port}(/|$)|:{port}->", text) for text in published)


def service_of(container: str, services: Services) -> str:
    """The service of a container; empty for the host."""
    for name, service in services.items():
        if any(member["name"] == container for member in service["containers"]):
            return name
    return ""


def at_work(containers: Sequence[ContainerReport]) -> list[str]:
    """Targets of those that run, as far as they do not start: until its health check has passed, one that listens on no
    port or reaches nothing may be about to, and a restart begins that again. One with a problem of its own may not be.
    """
    return [
        container["target"]
        for container in containers
        if container["state"] not in _NOT_AT_WORK and (container["health"] != STARTING or container["problem"])
    ]


def may_help(container: ContainerReport) -> bool:
    """Whether a restart may help a container with a problem: not one that falls every few minutes. One that ended
    without an error, and publishes no port, may have been ended by a person inside."""
    problem = container["problem"]
    ended_well = container["exit_code"] == 0 and container["exit_meaning"] in problem and not container["ports"]
    return bool(problem) and not (ended_well or problem.startswith(FALLS))


def rules_of(service: str, containers: Sequence[ContainerReport]) -> Rules:
    """How these containers of a service are restarted, none for none: what runs by the rules of what no person has
    named, since what it depends on may be paused or stopped on purpose; what does not run is started."""
    idle = any(container["state"] in IDLE for container in containers)
    targets = [container["target"] for container in containers]
    return {"services": [service], "containers": targets, "which": "all" if idle else "running"} if targets else {}
