# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the acts on replicas have in common: how things stand, in dicts and in lines for a diff. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Iterable

from .._core.plan import Item
from .container import Container
from .drain.command import IN_PROXY
from .health import UNKNOWN
from .project import Project
from .project_report import healthy_of


@dataclass(frozen=True)
class RolloutOptions:
    """How an act is carried out. Seconds; ``grace`` None: as the container itself has it (10 by default)."""

    ready_timeout: float = 120.0
    stable: float = 10.0
    grace: int | None = None
    drain: bool = True
    drain_timeout: float = 10.0
    drain_wait: float = 3.0  # for which a drained replica stays, so that every worker of a proxy meets it
    drain_command: tuple[str, ...] = ()
    drain_undo: tuple[str, ...] = ()
    drain_in: str = "replica"
    singletons: tuple[str, ...] = ()
    pause: float = 11.0
    proxy: str = ""
    proxy_reload: tuple[str, ...] = ("nginx", "-s", "reload")
    proxy_test: tuple[str, ...] = ("nginx", "-t", "-q")

    @property
    def drains_in_proxy(self) -> bool:
        """Whether the command of the drain runs in the proxy, which sends no requests to the replica until its undo."""
        return bool(self.drain_command) and self.drain_in == IN_PROXY


def line_of(project: Project, container: Container) -> str:
    """``pafar-backend-1  healthy  image fd54a4e22bb7``"""
    state = container.health if container.running and container.checked else container.state
    loops = ", loops" if project.loops(container) else ""
    return f"{container.name}  {state}{loops}  image {short(container.image)}"


def short(image: str) -> str:
    """The twelve digits by which people know an image."""
    return image.partition(":")[2][:12] or image[:12]


def what_first(replica: Container) -> str:
    """What to do with one that does not run, before others are started beside it."""
    if replica.state in ("dead", "removing"):
        return "remove it first (docker rm), since it cannot be started again"
    if replica.state == "paused":
        return "let it continue (docker unpause) or remove it first"
    return "start it (playbooks/container_start_stop.yml) or remove it first"


def is_apart(replica: Container, own: Collection[Container]) -> bool:
    """Whether a person or a job paused or stopped it, perhaps for what is in its layer and its log."""
    return replica.state == "paused" or (replica.stopped and replica not in own)


def why_first(project: Project, container: Container) -> str:
    """Why a replica goes before others where there are too many, in words."""
    if project.loops(container):
        return "loops"
    if not container.running:
        return f"is {container.state}"
    if not container.healthy and container.health != UNKNOWN:
        return f"is {container.health}"
    return "differs from the files" if project.drift(container) else "excess, the highest number"


def service_states(project: Project, services: Iterable[str]) -> dict[str, Any]:
    """The services as they are: ``before`` and ``after`` of every act."""
    return {
        name: {
            "running": sum(replica.running for replica in project.replicas(name)),
            "healthy": len(healthy_of(project, name)),
            "replicas": [
                {
                    "name": replica.name,
                    "id": replica.short,
                    "state": replica.state,
                    "health": replica.health,
                    "image": short(replica.image),
                    "started_at": replica.started.isoformat() if replica.started else None,
                }
                for replica in project.replicas(name)
            ],
        }
        for name in services
    }


def reload_item(proxy: Container, service: str, since: float) -> Item:
    """Reloading the proxy as an action of a plan."""
    return Item(
        f"{proxy.name}:reload@{proxy.short}",
        f"read its configuration {since:.0f} s ago and does not know all replicas of {service}",
        "reload",
        {"who": proxy.name, "service": proxy.service},
    )
