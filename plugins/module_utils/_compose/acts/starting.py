# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container that fails its health check may still start, load its data or recover. Pure.

A restart begins that again. Two things say so: what its check says (the answer of PostgreSQL or Redis is in it), and
its state: no run of the check has passed since it was started. A start has a limit, a recovery has none: it takes as
long as there are data to read again.
"""

from __future__ import annotations

from ..container import Container
from ..health import STARTING, UNHEALTHY
from ..project import Project
from ..project_report import is_well, lost_namespace, on_purpose

STARTS = 120.0  # seconds behind its start period in which a container that keeps no data may still start


def not_ready(project: Project, container: Container) -> str:
    """Why a container that is unhealthy may still start or recover, in a clause; empty where nothing says so."""
    if not (container.running and container.health == UNHEALTHY):
        return ""
    check, uptime = container.check, container.uptime(project.now)
    said = check.why_not_ready()
    if said:
        return f"says that it is not ready yet ({said})"
    if container.started is None:
        return "may still start, since when it was started is unknown"
    if not check.always_failed(uptime):
        return ""
    since = f"has not passed its health check since its start {uptime:.0f} s ago"
    if project.stateful(container.service):
        return f"{since}, keeps data, and may still load or recover them"
    return f"{since}, and may still start" if uptime < check.start_period + STARTS else ""


def waits_for(project: Project, container: Container) -> str:
    """Where none is healthy of a service that it depends on, and one of that still starts or recovers, or was set apart
    on purpose, in a clause: its own restart helps nothing. Empty where it is not so, and for one that lost the network
    of another: whatever that one does, nothing but its own restart gives it the new network."""
    if lost_namespace(project, container):
        return ""
    needs = {*project.needs_of(container), *(project.model.needed_by(container.service) if project.model else ())}
    for need in sorted(needs - {container.service}):
        others = project.replicas(need)
        if any(is_well(project, other) and not on_purpose(other) for other in others):
            continue
        for other in others:
            why = not_ready(project, other) or on_purpose(other) or _starting(other)
            if why:
                return f"depends on {other.name}, which {why}; it is restarted only when its service is named"
    return ""


def _starting(container: Container) -> str:
    return "has not passed its health check yet" if container.running and container.health == STARTING else ""
