# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a connection breaks: at who asks, at who is asked, between them, or outside. Pure.

A matrix of sources and targets tells these apart: one source that reaches nothing is cut off itself; a target that
nobody reaches is down; one that some reach is cut off from the others alone. What fails inside is restarted, and
nothing else.
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from .._compose.project import ServiceReport
from .._core.text import some
from .._endpoints.endpoint import DEGRADED, DOWN, FLAPPING, KEY, THEIRS, UNKNOWN, UP, ProbeReport, lines_of
from .cause import Cause, Detail, Diagnosis, Rules, diagnosis, joined

DNS, CUT, TARGET, REFUSED, EGRESS, PROVIDER, KEYS, SICK, SLOW, SERVICE = (
    "dns_failure", "network_cut", "target_down", "not_listening", "no_way_out", "their_fault", "key_refused",
    "target_sick", "target_degraded", "service_sick",
)  # fmt: skip
RESTART = "restart_services"
_BELOW = ("dns", "tcp")
_HERE = ("127.0.0.1", "localhost", "::1", "[::1]", "0.0.0.0")
Row = ProbeReport
Services = Mapping[str, ServiceReport]


def diagnose_network(matrix: Sequence[Row], services: Services) -> Diagnosis:
    """``matrix``: of endpoint_probe_info; ``services``: those of compose_info."""
    causes = causes_of(matrix, services)
    lines = lines_of(matrix) or ["everything is reached from everywhere"]
    return diagnosis(causes, lines[:1] if causes else lines, _advice(causes))


def causes_of(matrix: Sequence[Row], services: Services) -> list[Cause]:
    """The heaviest first."""
    known = [row for row in matrix if row["state"] != UNKNOWN]
    causes = [*_resolvers(known, services), *_resolver_outside(known, services)]
    silent = {source for one in causes for source in one.detail["sources"]}
    unresolved = {target for one in causes for target in one.detail.get("unresolved", ())}
    for target in dict.fromkeys(row["target"] for row in known if row["target"] not in unresolved):
        rows = [row for row in known if row["target"] == target and row["source"] not in silent]
        causes += _of_target(target, rows, known, services)
    return sorted(joined([*causes, *_unhealthy_nearby(known, causes, services)]), key=lambda one: -one.weight)


def _resolvers(rows: Sequence[Row], services: Services) -> list[Cause]:
    """Sources for which no name is resolved at all."""
    mute = []
    for source in dict.fromkeys(row["source"] for row in rows):
        mine = [row for row in rows if row["source"] == source]
        if all(row["state"] in (DOWN, FLAPPING) and row["layer"] == "dns" for row in mine):
            asked = {row["target"] for row in mine}
            others = [row for row in rows if row["target"] in asked and row["layer"] != "dns"]
            # Names of ours need nobody outside; one name alone, which nobody else asks for, proves nothing of who asks.
            ours = any(_service_at(row["address"], services) for row in mine)
            if (ours and len(mine) > 1) or others:
                mute.append((source, mine[0]["why"]))
    if not mute:
        return []
    sources = [source for source, dummy in mute]
    text = f"{', '.join(sources)} cannot resolve any name: {mute[0][1]}"
    return [_restarting(DNS, 3.0, text, sources, services)]


def _resolver_outside(rows: Sequence[Row], services: Services) -> list[Cause]:
    """Names outside are resolved from nowhere, while ours are, or nobody asks for ours: who resolves them is mute."""
    outside = [row for row in rows if not _service_at(row["address"], services)]
    targets = list(dict.fromkeys(row["target"] for row in outside))
    if not outside or not all(row["state"] in (DOWN, FLAPPING) and row["layer"] == "dns" for row in outside):
        return []
    if all(row["layer"] == "dns" and row["state"] != UP for row in rows) and len(rows) > len(outside):
        return []  # nothing is resolved at all, which is told by source
    text = f"{', '.join(targets)} cannot be resolved from {some(_sources(outside))}: {outside[0]['why']}"
    return [Cause(DNS, 2.0, (text,), "", {}, {"target": targets[0], "sources": [], "unresolved": targets})]


def _unhealthy_nearby(rows: Sequence[Row], causes: Sequence[Cause], services: Services) -> list[Cause]:
    """Services of ours that are sick while something is not reached: their public names lead here by ways unknown."""
    unexplained = [row for row in rows if row["state"] in (DOWN, FLAPPING) and row["fault_of"] not in (KEY, THEIRS)]
    if not unexplained:
        return []
    told = {name for one in causes for name in one.rules.get("services", ())}
    found = []
    for name, service in services.items():
        unhealthy = [one for one in service["containers"] if one["problem"]]
        if not unhealthy or name in told:
            continue
        text = f"{unhealthy[0]['name']} {unhealthy[0]['problem']}"
        detail: Detail = {"target": name, "sources": []}
        # What has ended may have been stopped by somebody, or be a job that failed: a person says whether it is to run.
        meant = [one["name"] for one in unhealthy if one["state"] != "exited"]
        rules: Rules = {"services": [name], "containers": meant, "which": "all"} if meant else {}
        found.append(Cause(SERVICE, 1.6 if meant else 1.2, (text,), RESTART if meant else "", rules, detail))
    return found


def _service_at(address: str, services: Services) -> str:
    """The service of ours that an address leads to, by its name or by a port that it publishes; empty for none."""
    host, dummy, port = address.rpartition(":")
    if host in services:
        return host
    if host not in _HERE:
        return ""
    for name, service in services.items():
        for one in service["containers"]:
            if any(re.match(rf"\S*:{port}->", published) for published in one["ports"]):
                return str(name)
    return ""


def _of_target(target: str, rows: Sequence[Row], every: Sequence[Row], services: Services) -> list[Cause]:
    bad = [row for row in rows if row["state"] in (DOWN, FLAPPING, DEGRADED)]
    well = [row for row in rows if row["state"] == UP]
    if not bad:
        return []
    first = bad[0]
    text = f"{target} is {first['state']} from {some(_sources(bad))} ({first['layer']}): {first['why']}"
    text += f"; from {some(_sources(well))} it is well" if well else ""
    if first["fault_of"] == KEY:
        return [Cause(KEYS, 1.5, (text,), "", {}, {"target": target, "sources": []})]
    if first["fault_of"] == THEIRS and first["layer"] not in _BELOW:
        return [Cause(PROVIDER, 1.4, (text,), "", {}, {"target": target, "sources": []})]
    service = _service_at(first["address"], services)
    if not service:
        return [_outside(target, text, bad, well, every, services)]
    return [_inside(target, text, service, bad, well, services)]


def _inside(target: str, text: str, service: str, bad: Sequence[Row], well: Sequence[Row], services: Services) -> Cause:
    """The target is a service of ours."""
    found = services[service]
    unhealthy = [one for one in found["containers"] if one["problem"]]
    detail: Detail = {"target": target, "sources": []}
    if not found["running"] or (unhealthy and not well):
        why = (
            f"{text}. {unhealthy[0]['name']} {unhealthy[0]['problem']}"
            if unhealthy
            else f"{text}. No container of {service} runs"
        )
        meant = [one["name"] for one in unhealthy or found["containers"]]
        rules: Rules = {"services": [service], "containers": meant, "which": "all"} if meant else {}
        return Cause(TARGET, 2.5, (why,), RESTART if meant else "", rules, detail)
    cut = [row for row in bad if row["layer"] in _BELOW]
    if cut and "refused" in cut[0]["why"] and not well:
        why = f"{text}. {service} runs and nobody listens there"
        rules = {"services": [service], "containers": [one["name"] for one in found["containers"]], "which": "all"}
        return Cause(REFUSED, 2.0, (why,), RESTART, rules, detail)
    if cut:
        # Restarting who asks harms less than restarting who is asked, and gives it a network anew.
        return _restarting(CUT, 2.2, text, [row["source"] for row in cut], services, target)
    if bad[0]["state"] == DEGRADED:
        return Cause(SLOW, 0.8, (text,), "", {}, detail)
    return Cause(SICK, 1.8, (text,), "", {}, detail)


def _outside(
    target: str, text: str, bad: Sequence[Row], well: Sequence[Row], every: Sequence[Row], services: Services
) -> Cause:
    """The target is none of ours."""
    if bad[0]["layer"] not in _BELOW:
        return Cause(
            SLOW if bad[0]["state"] == DEGRADED else SICK, 0.9, (text,), "", {}, {"target": target, "sources": []}
        )
    if well:
        name = DNS if all(row["layer"] == "dns" for row in bad) else CUT
        return _restarting(name, 1.9, text, [row["source"] for row in bad], services, target)
    external = {row["target"] for row in every if not _service_at(row["address"], services)}
    reached = {row["target"] for row in every if row["target"] in external and row["layer"] not in _BELOW}
    alone = bool(reached) or len(external) < 2
    name, weight = (PROVIDER, 1.3) if alone else (EGRESS, 1.7)
    return Cause(name, weight, (text,), "", {}, {"target": target, "sources": []})


def _restarting(
    name: str, weight: float, text: str, sources: Sequence[str], services: Services, target: str = ""
) -> Cause:
    """Relieved by restarting the services whose containers ask in vain; the host is nobody's to restart."""
    owners = {source: service_of(source, services) for source in sources}
    mine = [source for source in owners if owners[source]]
    detail: Detail = {"sources": list(sources), "target": target}
    if not mine:
        return Cause(name, weight, (text,), "", {}, detail)
    # Those alone that ask in vain: their replicas beside them are well, and serve meanwhile.
    rules: Rules = {"services": sorted({owners[source] for source in mine}), "containers": mine, "which": "all"}
    return Cause(name, weight, (text,), RESTART, rules, detail)


def service_of(container: str, services: Services) -> str:
    """Whose container it is; empty for the host."""
    for name, service in services.items():
        if any(one["name"] == container for one in service["containers"]):
            return name
    return ""


def _sources(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(str(row["source"]) for row in rows))


_WHO = {
    KEYS: "whoever administers the provider's account can say why the key of {target} is refused, and make a new one",
    PROVIDER: "nobody here can mend {target}: see the provider's status page, and tell them what is measured above",
    EGRESS: "nothing outside is reached from here: look at the host's firewall, gateway and proxy, then ask the"
    " provider of the line",
    SERVICE: "{target} is sick; if it was stopped and is meant to run: playbooks/service_restart.yml -e"
    ' \'{{"restart_services_services": ["{target}"]}}\'',
    SLOW: "{target} answers, but not as it should: see its own log",
    SICK: "{target} is reached and does not serve: see its own log, and its runbook",
}


_RESOLVER = (
    "whoever runs the resolver of this host can say why {target} is not resolved: look at /etc/resolv.conf and, where"
    " it runs, systemd-resolved (resolvectl status); if it is that one name alone, its owner's DNS is at fault"
)


def _advice(causes: Sequence[Cause]) -> list[str]:
    mute = [", ".join(one.detail["unresolved"]) for one in causes if one.detail.get("unresolved")]
    said = [_RESOLVER.format(target=targets) for targets in mute]
    said += [_WHO[one.name].format(target=one.detail["target"]) for one in causes if one.name in _WHO]
    return list(dict.fromkeys(said))
