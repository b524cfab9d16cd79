# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host and its containers use, told; for whoever asks. I/O."""

from __future__ import annotations

from typing import Any

from ..._compose.io.engine_transport import EngineLogin
from ..._system.counters import top
from ..._system.io.procfs import placed
from ..resource_report import containers_of, resources_dict
from .sample import read_resources


def used(
    login: EngineLogin, interval: float, window: float, project: str, processes: int, alone: bool = False
) -> dict[str, Any]:
    """What host_resources_info returns; see its documentation. ``project`` empty: of all containers.

    ``alone``: also of a host on which no engine answers.
    """
    seen = read_resources(login, interval, window, alone)
    containers = containers_of(seen.usage, seen.names, seen.samples, seen.killed, seen.at)
    kept = [one for one in containers if project in ("", one["project"])]
    busiest = top(*seen.processes, seen.host[1].at - seen.host[0].at, processes)
    for each in busiest:
        where = placed(seen.processes[1][each["pid"]])
        name = seen.names.get(where.container, {}).get("name", where.container[:12])
        each.update(inside_pid=where.inside, container=name)
    stopped = [
        {"id": id, **one}
        for id, one in seen.names.items()
        if one["state"] not in ("running", "paused") and project in ("", one["project"])
    ]
    told = resources_dict(seen.host, kept)
    return {"source": seen.source, "processes": busiest, "stopped": stopped, **told}
