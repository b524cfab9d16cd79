# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The services of a project as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import CARE, DIM, GOOD, SHOWN, Line, first_line
from .._core.text import counted
from .endpoint.engine_endpoint import SOCKET

if TYPE_CHECKING:
    from .project_report import ProjectReport


def of_services(result: ProjectReport) -> list[Line]:
    """How many of the project's containers are healthy, and what is wrong with the others."""
    services = result["services"]
    running = sum(service["running"] for service in services.values())
    healthy = sum(service["healthy"] for service in services.values())
    head = (
        f"{result['project']['name']}: {counted(len(services), 'service')},"
        f" {counted(running, 'container runs', 'containers run')}, {healthy} are healthy"
    )
    unknown = sum(service["unknown"] for service in services.values())
    unread = [f"the health of {counted(unknown, 'container')}"] if unknown else []
    if not result["project"]["readable"]:
        unread.append("its files could not be read")
    lines = [first_line(DIM, head, unread)]
    engine = result["engine"]
    if engine["address"] != SOCKET:
        chosen = f"context {engine['context']}, {engine['chosen_by']}" if engine["context"] else engine["chosen_by"]
        lines.append((DIM, f"    on the engine at {engine['address']} ({chosen})"))
    if not result["project"]["readable"]:
        lines.append((CARE, result["project"]["why_unreadable"]))
    lines += [
        (
            CARE,
            f"{entry['proxy']} read its configuration {entry['seconds']:.0f} s ago, before"
            f" {', '.join(entry['replicas'])} of {entry['service']} started: it may not know the address",
        )
        for entry in result["stale_proxies"][:SHOWN]
    ]
    lines += [(CARE, text) for text in result["problem"][:SHOWN]]
    for service in services.values():
        for container in service["containers"]:
            if container["problem"] and container["log"]:
                lines += [(DIM, f"    {container['name']} said: {line[:160]}") for line in container["log"][-3:]]
    if not (result["problem"] or result["stale_proxies"] or unread):
        lines.append((GOOD, "every service is healthy"))
    return lines
