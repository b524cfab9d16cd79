# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether two replicas of a service may run at a time, by what it listens on. I/O; the rule is `acts.singleton`'s."""

from __future__ import annotations

from ...drain.io.ports import ports_of
from ...io.engine import Engine
from ...project import Project
from ..singleton import why_unclear

_HOST = "host"  # the engine's network of a container with `network_mode: host`


def why_two_are_unclear(engine: Engine, project: Project, service: str) -> str:
    """Why it is not known, in a clause; empty where it is. What another namespace listens on says nothing of it."""
    replicas = [replica for replica in project.replicas(service) if replica.running and replica.pid]
    known = engine.login.local and bool(replicas)
    known = known and all(replica.networks and _HOST not in dict(replica.networks) for replica in replicas)
    listens = any(ports_of(replica.pid) for replica in replicas) if known else None
    return why_unclear(project, service, listens)
