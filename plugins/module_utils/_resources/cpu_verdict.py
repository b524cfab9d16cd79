# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a busy container is to be restarted: a container that works is busy, too. Pure.

A restart helps where the host's cores are used up, and this container is what uses them. While cores are idle it slows
no other one: what spins looks like what encodes a film, unless its health check fails, too.
"""

from __future__ import annotations

import re
from typing import Sequence

from .._system.counters import BusyProcess, HostReport
from .memory_verdict import SHORT, STEADY, UNCERTAIN, Verdict
from .resource_report import PRESSED, SLOWED, ContainerUse

_SPARE = 0.2  # of the host's cores: with so many idle, no request waits for a processor
_MOST = 0.5  # times what the busiest one uses
_WHOLE = 0.9  # of a core, or of the limit
_UNHEALTHY = "(unhealthy)"  # in the engine's words
_YOUNG = re.compile(r"Up (?:Less than a second|\d+ seconds?|About a minute)", re.I)


def cores_are_short(host: HostReport) -> bool:
    """Whether work waits for a processor of the host."""
    some = host["pressure"].get("cpu", {}).get("some")
    return host["cpu_used"] > 1 - _SPARE or (some is not None and some["avg10"] >= 3 * PRESSED)


def verdict_on(container: ContainerUse, host: HostReport, processes: Sequence[BusyProcess], busiest: float) -> Verdict:
    """The verdict on a busy container. ``busiest``: the cores of the container or process that uses most."""
    uses = f"uses {container['cpu']:.2f} cores"
    if cores_are_short(host):
        if container["cpu"] < _MOST * busiest:
            return Verdict(STEADY, f"{uses}, much less than the busiest ({busiest:.2f})")
        if _YOUNG.match(container["status"]):
            return Verdict(UNCERTAIN, f"{uses}, but was started just now ({container['status']}): it may be starting")
        return Verdict(SHORT, uses)
    idle = f"the host has {(1 - host['cpu_used']) * host['cores']:.1f} of {host['cores']} cores idle"
    whole = any(process["container"] == container["name"] and process["cpu"] >= _WHOLE for process in processes)
    if whole or container["throttled"] >= SLOWED or (container["cpu_of_quota"] or 0) >= _WHOLE:
        what = "a process of it uses a whole core" if whole else "its own limit slows it"
        if _UNHEALTHY in container["status"]:
            return Verdict(SHORT, f"{uses}, {what}, and its health check fails")
        return Verdict(UNCERTAIN, f"{uses}, and {what}, but {idle}: it may be busy with its own work")
    return Verdict(STEADY, f"{uses}, and {idle}")
