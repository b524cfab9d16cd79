# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the proxy in front knows the replicas that run. Pure.

A stock nginx resolves the name of its upstream once, when it reads its configuration: a replica that was started
later gets no traffic, and one that is gone still does, until it is reloaded (nginx, ngx_http_proxy_module).
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence, TypedDict

from .container import Container

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
MARGIN = 1.5  # seconds, where the age of a process is known in whole seconds


class StaleProxy(TypedDict):
    """A container of the proxy that read its configuration, ``seconds`` ago, before ``replicas`` of ``service``."""

    proxy: str
    service: str
    seconds: float
    replicas: list[str]


def workers(processes: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Those that serve: processes without children, and not on their way out."""
    parents = {process["ppid"] for process in processes}
    leaves = [process for process in processes if process["pid"] not in parents]
    return [process for process in leaves if "shutting down" not in process["command"]]


def seconds_since_reload(processes: Sequence[Mapping[str, str]]) -> float | None:
    """How long ago it read its configuration: as long as its oldest worker has served. None: not known.

    A worker that crashed is replaced without a new look at the configuration, so the oldest counts.
    """
    ages = [float(worker["seconds"]) for worker in workers(processes) if _NUMBER.fullmatch(worker["seconds"].strip())]
    return max(ages) if ages else None


def unknown_to(
    since_reload: float | None, replicas: Sequence[tuple[Container, float]], margin: float = MARGIN
) -> list[Container]:
    """Replicas (with their uptime) that were started after the proxy last looked.

    ``margin``: seconds by which the ages may be wrong; 0 where they come from the kernel.
    """
    if since_reload is None:
        return []
    return [replica for replica, uptime in replicas if replica.running and uptime + margin < since_reload]
