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
from .project import Project

# Of nginx and HAProxy where a name leads nowhere, which is all that a service without replicas does to their test.
_NO_NAME = re.compile(
    r"host not found in (?:upstream |resolver )?\"(?P<nginx>[^\":]+)|could not resolve address '(?P<haproxy>[^':]+)",
    re.I,
)
_ERROR = re.compile(r"\[(?:emerg|alert|crit|error|fatal)\]|\berrors?\b|\bfailed\b|\binvalid\b|\bunknown\b", re.I)
_SUMS_UP = re.compile(
    r"configuration file \S+ test failed|(?:fatal )?errors? found in configuration|failed to initiali[sz]e server", re.I
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
MARGIN = 1.5  # seconds, where the age of a process is known in whole seconds


class StaleProxy(TypedDict):
    """A container of the proxy that read its configuration, ``seconds`` ago, before ``replicas`` of ``service``."""

    proxy: str
    service: str
    seconds: float
    replicas: list[str]


def only_missing_names(output: str) -> frozenset[str]:
    """The names that a proxy's test did not find, if that is all that is wrong with its configuration; else none.

    >>> sorted(only_missing_names('nginx: [emerg] host not found in upstream "web:80" in /etc/nginx/nginx.conf:3'))
    ['web']
    """
    names = set()
    for line in output.splitlines():
        missing = _NO_NAME.search(line)
        if missing:
            names.add(missing["nginx"] or missing["haproxy"])
        elif _ERROR.search(line) and not _SUMS_UP.search(line):
            return frozenset()
    return frozenset(names)


def names_of(project: Project, service: str, replicas: Sequence[Container]) -> frozenset[str]:
    """By which a proxy may reach a service: its own, those of its containers, and its aliases in the files."""
    spec = project.spec(service)
    networks = spec.raw.get("networks") if spec else None
    aliases = [
        str(alias)
        for options in (networks.values() if isinstance(networks, Mapping) else ())
        if isinstance(options, Mapping)
        for alias in options.get("aliases") or ()
    ]
    return frozenset([service, *(replica.name for replica in replicas), *aliases])


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
