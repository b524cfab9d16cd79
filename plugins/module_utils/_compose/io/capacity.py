# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands beside a project and could be in the way of more replicas: memory, ports, names, addresses. I/O."""

from __future__ import annotations

import ipaddress

from ..._system.io import cgroups
from ..._system.io import procfs as host
from ..acts.io.listening import on_this_host
from ..drain.io.ports import listening_ports
from ..project import Project
from ..scale import Bounds, Capacity
from .compose_cli import Compose
from .engine import Engine


def read_capacity(engine: Engine, compose: Compose, project: Project, service: str, bounds: Bounds) -> Capacity:
    """What there is room for; the host's memory and ports are unknown where the engine is elsewhere."""
    replicas = project.replicas(service)
    own = {replica.id for replica in replicas}
    listed = engine.labelled()
    names = {
        name.lstrip("/") for container in listed if container["Id"] not in own for name in container.get("Names") or ()
    }
    available: int | None = None
    kept = working_set = 0
    listening: frozenset[int] = frozenset(
        int(port["PublicPort"])
        for container in listed
        for port in container.get("Ports") or ()
        if port.get("PublicPort")
    )
    if on_this_host(engine, project.containers):
        memory = host.read_host(disks=False).memory
        available, kept = memory["MemAvailable"], int(memory["MemTotal"] * bounds.memory_reserve)
        usage = cgroups.read_all({id: group for id, group in cgroups.groups().items() if id in own})
        working_set = max((container_usage.working_set for container_usage in usage.values()), default=0)
        listening |= listening_ports()
    return Capacity(
        memory_available=available,
        memory_reserve=kept,
        working_set=working_set,
        listening=listening,
        names_taken=frozenset(names),
        addresses_free=_addresses(engine, {name for replica in replicas for name, dummy in replica.networks}),
        connections_free=bounds.connections_free,
        connections_per_replica=bounds.connections_per_replica,
        starts_dependencies=compose.starts_dependencies,
    )


def _addresses(engine: Engine, networks: set[str]) -> dict[str, int]:
    """Free IPv4 addresses of each network that the engine hands out itself."""
    addresses = {}
    for name in networks:
        network = engine.network(name)
        for pool in (network.get("IPAM") or {}).get("Config") or ():
            subnet = ipaddress.ip_network(pool.get("IPRange") or pool.get("Subnet") or "0.0.0.0/0", strict=False)
            if subnet.version == 4 and network.get("Driver") == "bridge":
                # Network, broadcast and gateway addresses are not assigned.
                addresses[name] = max(0, subnet.num_addresses - 3 - len(network.get("Containers") or ()))
    return addresses
