# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container that fails its health check may still start, load its data or recover. Pure.

A restart begins that again. Two things say so: what its check says (the answer of PostgreSQL or Redis is in it), and
its state: no run of the check has passed since it was started. A start has a limit, a recovery has none: it takes as
long as there are data to read again.
"""

from __future__ import annotations

from ..container import Container
from ..health import UNHEALTHY
from ..project import Project

STARTS = 120.0  # seconds behind its start period in which a container that keeps no data may still start


def not_ready(project: Project, container: Container) -> str:
    """Why a container that is unhealthy may still start or recover, in a clause; empty where nothing says so."""
    if not (container.running and container.health == UNHEALTHY):
        return ""
    check, uptime = container.check, container.uptime(project.now)
    said = check.why_not_ready()
    if said:
        return f"says that it is not ready yet ({said})"
    if not check.always_failed(uptime):
        return ""
    since = f"has not passed its health check since its start {uptime:.0f} s ago"
    if project.stateful(container.service):
        return f"{since}, keeps data, and may still load or recover them"
    return f"{since}, and may still start" if uptime < check.start_period + STARTS else ""


def waits_for(project: Project, container: Container) -> str:
    """Where a service that it depends on may still start or recover, in a clause; empty where none does."""
    needs = {*project.needs_of(container), *(project.model.needed_by(container.service) if project.model else ())}
    others = (other for need in sorted(needs) for other in project.replicas(need))
    other = next((other for other in others if not_ready(project, other)), None)
    if other is None:
        return ""
    return f"depends on {other.name}, which {not_ready(project, other)}; it is restarted only when its service is named"
