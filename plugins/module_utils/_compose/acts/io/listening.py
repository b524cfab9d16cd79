# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What containers listen on, and whether two replicas of a service may run at a time by that. I/O; the rule is
`acts.singleton`'s."""

from __future__ import annotations

from typing import Iterable

from ...._system.io.kernel_files import read
from ...container import Container
from ...drain.io.namespace import is_process_of
from ...drain.io.ports import ports_of
from ...io.engine import Engine
from ...project import Project
from ..singleton import HOST, why_unclear


def why_two_are_unclear(engine: Engine, project: Project, service: str) -> str:
    """Why it is not known, in a clause; empty where it is. What another namespace listens on says nothing of it."""
    replicas = [replica for replica in project.replicas(service) if replica.running and replica.pid]
    known = engine.login.local and bool(replicas) and all(map(_can_be_asked, replicas))
    listens = any(ports_of(replica.pid) for replica in replicas) if known else None
    return why_unclear(project, service, listens)


def listening(engine: Engine, containers: Iterable[Container]) -> dict[str, tuple[int, ...]]:
    """By the id of each container that runs, the TCP ports on which it listens for connections from outside; those of
    which that is not known are left out."""
    asked = [one for one in containers if one.running and one.pid] if engine.login.local else []
    return {one.id: tuple(sorted(ports_of(one.pid))) for one in asked if _can_be_asked(one)}


def on_this_host(engine: Engine, containers: Iterable[Container]) -> bool:
    """Whether the engine's containers use the memory and the disks of this host: not where it is reached by the
    network, and not where none of those that run is a process here (a forwarded socket, or a machine of its own)."""
    shown = [one for one in containers if one.running and one.pid and any(address for dummy, address in one.networks)]
    return engine.login.local and (not shown or any(map(is_process_of, shown)))


def _can_be_asked(replica: Container) -> bool:
    """Whether the sockets of its own network can be read here: its process is on this host, and may be read."""
    own = bool(replica.networks) and HOST not in dict(replica.networks)
    return own and is_process_of(replica) and bool(read(f"/proc/{replica.pid}/net/sockstat"))
