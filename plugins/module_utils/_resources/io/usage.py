# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host and its containers use, as a report. I/O."""

from __future__ import annotations

from ..._compose.io.engine_transport import EngineLogin
from ..._system.counters import top
from ..._system.io.procfs import placed, twins_of
from ..resource_report import ResourcesReport, StoppedContainer, containers_of, resources_dict
from .sample import read_resources

_SAME_START = 2.0  # seconds by which the starts of two processes may differ that one session could be


def used(login: EngineLogin, interval: float, window: float, project: str, processes: int) -> ResourcesReport:
    """What host_resources_info returns; see its documentation. ``project`` empty: of all containers."""
    sample = read_resources(login, interval, window)
    containers = containers_of(sample.usage, sample.names, sample.samples, sample.killed, sample.at, sample.growing)
    # Without the engine's names it is not known whose containers they are: none is left out.
    kept = [container for container in containers if sample.problem or project in ("", container["project"])]
    busiest = top(*sample.processes, sample.host[1].at - sample.host[0].at, processes)
    for process in busiest:
        where = placed(sample.processes[1][process["pid"]])
        known = sample.names.get(where.container)
        process["inside_pid"] = where.inside
        process["twins"] = twins_of(where, sample.processes[1].values(), _SAME_START)
        process["container"] = known["name"] if known else where.container[:12]
    stopped: list[StoppedContainer] = [
        {"id": id, **listed}
        for id, listed in sample.names.items()
        if listed["state"] not in ("running", "paused") and project in ("", listed["project"])
    ]
    report = resources_dict(sample.host, kept)
    return {
        "source": sample.source,
        "processes": busiest,
        "stopped": stopped,
        "engine": login.endpoint.as_dict(),
        "engine_problem": sample.problem,
        **report,
    }
