# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a connection breaks: at the source, at the target, between them, or outside. Pure.

A matrix of sources and targets distinguishes these: a source that reaches no target is cut off itself; a target that no
source reaches is down; a target that some sources reach is cut off from the others. Only services of this project are
restarted.
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from .._compose.project_report import ContainerReport, ServiceReport
from .._compose.proxy import StaleProxy
from .._core.text import some
from .._endpoints.answerer import NO_BACKEND
from .._endpoints.endpoint import (
    DEGRADED,
    DOWN,
    FLAPPING,
    KEY,
    THEIRS,
    UNKNOWN,
    UP,
    LayerReport,
    ProbeReport,
)
from .._endpoints.reached import lines_of, unknown_of
from .._endpoints.request_id import for_support, request_id_at
from .cause import Cause, Detail, Diagnosis, Rules, diagnosis, joined

DNS, CUT, TARGET, REFUSED, EGRESS, PROVIDER, KEYS, NOT_SERVING, SLOW, SERVICE, STALE, NO_SERVICE = (
    "dns_failure", "network_cut", "target_down", "not_listening", "no_egress", "provider_fault", "key_refused",
    "target_unhealthy", "target_degraded", "service_unhealthy", "stale_proxy", "no_backend",
)  # fmt: skip
ASLEEP, ELSEWHERE, APART = "stopped_on_purpose", "other_port", "no_common_network"  # nothing to restart
RESTART, SCALE = "restart_services", "scale_services"
_NO_BACKEND = (502, 503, 504)
_BELOW = ("dns", "tcp")
_NETWORK_OF = "network of "  # how a container's ``shares`` begin where it uses the network of another one
_IDLE = ("exited", "created")  # states in which a container is started only by a person's decision
_HERE = ("127.0.0.1", "localhost", "::1", "[::1]", "0.0.0.0")
Row = ProbeReport
Services = Mapping[str, ServiceReport]


def diagnose_network(matrix: Sequence[Row], services: Services, stale: Sequence[StaleProxy] = ()) -> Diagnosis:
    """``matrix``: of endpoint_probe_info; ``services`` and ``stale`` (its stale proxies): of compose_info."""
    causes = causes_of(matrix, services, stale)
    lines = lines_of(matrix) or ["every source reaches every target"]
    return diagnosis(causes, lines[:1] if causes else lines, _advice(causes), unread=unknown_of(matrix))


def causes_of(matrix: Sequence[Row], services: Services, stale: Sequence[StaleProxy] = ()) -> list[Cause]:
    """The heaviest first."""
    known = [row for row in matrix if row["state"] != UNKNOWN]
    apart = [row for row in known if row["state"] in (DOWN, FLAPPING) and _is_apart(row, services)]
    known = [row for row in known if row not in apart]
    causes = [*map(_without_network, apart), *_resolvers(known, services), *_resolver_outside(known, services)]
    silent = {source for cause in causes for source in cause.detail["sources"]}
    unresolved = {target for cause in causes for target in cause.detail.get("unresolved", ())}
    for target in dict.fromkeys(row["target"] for row in known if row["target"] not in unresolved):
        rows = [row for row in known if row["target"] == target and row["source"] not in silent]
        causes += _of_target(target, rows, known, services, stale)
    return sorted(joined([*causes, *_unhealthy_nearby(known, causes, services)]), key=lambda cause: -cause.weight)


def _resolvers(rows: Sequence[Row], services: Services) -> list[Cause]:
    """Sources for which no name is resolved at all."""
    unresolving = []
    for source in dict.fromkeys(row["source"] for row in rows):
        from_source = [row for row in rows if row["source"] == source]
        if all(row["state"] in (DOWN, FLAPPING) and row["layer"] == "dns" for row in from_source):
            asked = {row["target"] for row in from_source}
            others = [row for row in rows if row["target"] in asked and row["layer"] != "dns"]
            # Names of our services need no outside resolver; a single name that no other source resolves proves nothing
            # about the source.
            ours = any(_service_at(row, services) for row in from_source)
            if (ours and len(from_source) > 1) or others:
                unresolving.append((source, from_source[0]["why"]))
    if not unresolving:
        return []
    sources = [source for source, dummy in unresolving]
    text = f"{', '.join(sources)} cannot resolve any name: {unresolving[0][1]}"
    return [_restarting(DNS, 3.0, text, sources, services)]


def _resolver_outside(rows: Sequence[Row], services: Services) -> list[Cause]:
    """No source resolves names outside, while ours resolve, or no source resolves ours: the outer resolver fails."""
    outside = [row for row in rows if not _service_at(row, services)]
    targets = list(dict.fromkeys(row["target"] for row in outside))
    if not outside or not all(row["state"] in (DOWN, FLAPPING) and row["layer"] == "dns" for row in outside):
        return []
    if all(row["layer"] == "dns" and row["state"] != UP for row in rows) and len(rows) > len(outside):
        return []  # no name is resolved at all, which is reported by source
    text = f"{', '.join(targets)} cannot be resolved from {some(_sources(outside))}: {outside[0]['why']}"
    return [Cause(DNS, 2.0, (text,), "", {}, {"target": targets[0], "sources": [], "unresolved": targets})]


def _is_apart(row: Row, services: Services) -> bool:
    """Whether a source has no network in common with the service that it asks for by name, or asks for an address
    outside from internal networks alone: no restart gives it another one."""
    target = row["address"].rpartition(":")[0]
    owner = service_of(row["source"], services)
    members = services[owner]["containers"] if owner else []
    source = next((member for member in members if member["name"] == row["source"]), None)
    if source is None or row["layer"] not in _BELOW:
        return False
    if target not in services:
        return source["internal"] and not _service_at(row, services)
    own = _networks_of(source, services)
    others = {network for member in services[target]["containers"] for network in _networks_of(member, services)}
    return bool(own and others) and not own & others


def _networks_of(member: ContainerReport, services: Services) -> set[str]:
    """Its networks; where it uses that of another container of the project, those of that one."""
    owners = [share.removeprefix(_NETWORK_OF) for share in member["shares"] if share.startswith(_NETWORK_OF)]
    every = [other for service in services.values() for other in service["containers"]]
    meant = [member, *(other for other in every if other["name"] in owners)]
    return {network for other in meant for network in other["networks"]}


def _without_network(row: Row) -> Cause:
    text = f"{row['source']} has no network in common with {row['target']}, and cannot reach it"
    return Cause(APART, 0.7, (text,), "", {}, {"sources": [], "target": row["target"], "service": row["source"]})


def _unhealthy_nearby(rows: Sequence[Row], causes: Sequence[Cause], services: Services) -> list[Cause]:
    """Unhealthy services of ours while a target is not reached: the path of their public names is not known."""
    unexplained = [row for row in rows if row["state"] in (DOWN, FLAPPING) and row["fault_of"] not in (KEY, THEIRS)]
    if not unexplained:
        return []
    reported = {name for cause in causes for name in cause.rules.get("services", ())}
    nearby = []
    for name, service in services.items():
        unhealthy = [container for container in service["containers"] if container["problem"]]
        if not unhealthy or name in reported:
            continue
        text = f"{unhealthy[0]['name']} {unhealthy[0]['problem']}"
        detail: Detail = {"target": name, "sources": []}
        # An exited container may have been stopped on purpose, or be a failed job: the operator decides whether it
        # runs.
        meant = [container["target"] for container in unhealthy if container["state"] not in _IDLE]
        rules: Rules = {"services": [name], "containers": meant, "which": "all"} if meant else {}
        nearby.append(Cause(SERVICE, 1.6 if meant else 1.2, (text,), RESTART if meant else "", rules, detail))
    return nearby


def _service_at(row: Row, services: Services) -> str:
    """The service behind an address: by its name, a container's address, or a port that is published on this host;
    empty for none. From a container its loopback address leads to itself."""
    host, dummy, port = row["address"].rpartition(":")
    if host in services:
        return host
    here = service_of(row["source"], services)
    if host in _HERE and here:
        return here
    connected = row["layers"].get("tcp")
    address = connected.get("address", "") if connected else ""
    for name, service in services.items():
        for container in service["containers"]:
            if address and address in container["networks"].values():
                return str(name)
    if host not in _HERE and not (connected and connected.get("own")):
        return ""
    for name, service in services.items():
        for container in service["containers"]:
            if any(re.match(rf"\S*:{port}->", published) for published in container["ports"]):
                return str(name)
    return ""


def _of_target(
    target: str, rows: Sequence[Row], every: Sequence[Row], services: Services, stale: Sequence[StaleProxy]
) -> list[Cause]:
    failing = [row for row in rows if row["state"] in (DOWN, FLAPPING, DEGRADED)]
    reaching = [row for row in rows if row["state"] == UP]
    if not failing:
        return []
    first = failing[0]
    text = f"{target} is {first['state']} from {some(_sources(failing))} ({first['layer']}): {first['why']}"
    text += f"; from {some(_sources(reaching))} it is up" if reaching else ""
    if first["fault_of"] == KEY:
        return [Cause(KEYS, 1.5, (text,), "", {}, {"target": target, "sources": []})]
    # Whose the address is comes before what it answers: a service of this project is never another's fault.
    service = _service_at(first, services)
    if service and _without_backend(first):
        return [_at_proxy(target, text, service, services, stale)]
    if service:
        return [_inside(target, text, service, failing, reaching, services)]
    if first["fault_of"] == THEIRS and first["layer"] not in _BELOW:
        ids = for_support(request_id_at(row) for row in failing)
        return [Cause(PROVIDER, 1.4, (text, *ids), "", {}, {"target": target, "sources": []})]
    return [_outside(target, text, failing, reaching, every, services)]


def _without_backend(row: Row) -> bool:
    """Whether a proxy answered that reaches no backend."""
    answer = row["layers"].get("protocol") or LayerReport(ok=False, ms=0.0, said="")
    return answer.get("answered_by", "") == NO_BACKEND or answer.get("status", 0) in _NO_BACKEND


def _at_proxy(target: str, text: str, proxy: str, services: Services, stale: Sequence[StaleProxy]) -> Cause:
    """A proxy of ours answers in place of its backend: the addresses that it knows may be those of containers gone.

    What is wrong with a service behind it is a cause of its own, and a heavier one.
    """
    names = [container["name"] for container in services[proxy]["containers"]]
    of_proxy = [entry for entry in stale if entry["proxy"] in names]
    behind = services[proxy]["needs"]
    likely = [entry for entry in of_proxy if entry["service"] in behind] or of_proxy
    detail: Detail = {"target": target, "sources": [], "service": proxy}
    if not likely:
        return Cause(NO_SERVICE, 1.5, (text,), "", {}, detail)
    entry = likely[0]
    why = (
        f"{text}. {entry['proxy']} read its configuration {entry['seconds']:.0f} s ago, before"
        f" {some(entry['replicas'])} was started, and does not know the address: it must be reloaded"
    )
    rules: Rules = {"services": [entry["service"]], "replicas": "+0", "proxy": proxy}
    return Cause(STALE, 2.1, (why,), SCALE, rules, detail)


def _inside(
    target: str, text: str, service: str, failing: Sequence[Row], reaching: Sequence[Row], services: Services
) -> Cause:
    """The target is a service of ours."""
    target_service = services[service]
    unhealthy = to_restart(target_service)
    detail: Detail = {"target": target, "sources": []}
    if not target_service["running"] or (unhealthy and not reaching):
        if not unhealthy and target_service["containers"]:
            return Cause(ASLEEP, 2.5, (f"{text}. {aside(target_service)}",), "", {}, {**detail, "service": service})
        why = (
            f"{text}. {unhealthy[0]['name']} {unhealthy[0]['problem']}"
            if unhealthy
            else f"{text}. No container of {service} runs"
        )
        meant = [container["target"] for container in unhealthy]
        rules: Rules = {"services": [service], "containers": meant, "which": "all"} if meant else {}
        return Cause(TARGET, 2.5, (why,), RESTART if meant else "", rules, detail)
    cut = [row for row in failing if row["layer"] in _BELOW and row["state"] != DEGRADED]
    if cut and "refused" in cut[0]["why"] and not reaching:
        why = f"{text}. {service} runs, and no process listens on that port"
        passing = [container for container in target_service["containers"] if container["health"] == "healthy"]
        if passing:  # what listens where its own check looks is not brought to another port by a restart
            why += f"; its own health check passes ({passing[0]['name']})"
            return Cause(ELSEWHERE, 2.0, (why,), "", {}, {**detail, "service": service})
        other = next((container for container in target_service["containers"] if container["listens"]), None)
        if other and not _is_declared(failing[0], target_service):
            numbers = some([str(number) for number in other["listens"] or ()])
            why = f"{text}. {other['name']} listens on {numbers}, and not on that port, which it does not publish"
            return Cause(ELSEWHERE, 2.0, (why,), "", {}, {**detail, "service": service})
        rules = {
            "services": [service],
            "containers": [
                container["target"]
                for container in target_service["containers"]
                if container["state"] not in (*_IDLE, "paused")
            ],
            "which": "all",
        }
        return Cause(REFUSED, 2.0, (why,), RESTART, rules, detail)
    if cut:
        # Restarting the source harms less than restarting the target, and attaches it to its network again.
        return _restarting(CUT, 2.2, text, [row["source"] for row in cut], services, target)
    if failing[0]["state"] == DEGRADED:
        return Cause(SLOW, 0.8, (text,), "", {}, detail)
    return Cause(NOT_SERVING, 1.8, (text,), "", {}, detail)


def _is_declared(row: Row, service: ServiceReport) -> bool:
    """Whether the port of a target is one that the service publishes, so that it is meant to listen on it."""
    port = row["address"].rpartition(":")[2]
    published = [text for container in service["containers"] for text in container["ports"]]
    return any(re.search(rf"->{port}(/|$)|:{port}->", text) for text in published)


def _outside(
    target: str, text: str, failing: Sequence[Row], reaching: Sequence[Row], every: Sequence[Row], services: Services
) -> Cause:
    """The target is no service of ours, as far as its address shows."""
    text += "; its address is of no service of this project"
    if failing[0]["layer"] not in _BELOW or failing[0]["state"] == DEGRADED:
        return Cause(
            SLOW if failing[0]["state"] == DEGRADED else NOT_SERVING,
            0.9,
            (text,),
            "",
            {},
            {"target": target, "sources": []},
        )
    if reaching:
        name = DNS if all(row["layer"] == "dns" for row in failing) else CUT
        return _restarting(name, 1.9, text, [row["source"] for row in failing], services, target)
    external = {row["target"] for row in every if not _service_at(row, services)}
    reached = {row["target"] for row in every if row["target"] in external and row["layer"] not in _BELOW}
    alone = bool(reached) or len(external) < 2
    name, weight = (PROVIDER, 1.3) if alone else (EGRESS, 1.7)
    return Cause(name, weight, (text,), "", {}, {"target": target, "sources": []})


def _restarting(
    name: str, weight: float, text: str, sources: Sequence[str], services: Services, target: str = ""
) -> Cause:
    """Mitigated by a restart of the services whose containers do not reach the target; the host is never restarted."""
    owners = {source: service_of(source, services) for source in sources}
    containers = [source for source in owners if owners[source]]
    detail: Detail = {"sources": list(sources), "target": target}
    if not containers:
        return Cause(name, weight, (text,), "", {}, detail)
    # Only the replicas that do not reach the target: the others are healthy and serve meanwhile.
    rules: Rules = {
        "services": sorted({owners[source] for source in containers}),
        "containers": [
            member["target"]
            for source in containers
            for member in services[owners[source]]["containers"]
            if member["name"] == source
        ],
        "which": "all",
    }
    return Cause(name, weight, (text,), RESTART, rules, detail)


def to_restart(service: ServiceReport) -> list[ContainerReport]:
    """Its containers with a problem, as far as a restart may be meant for them. While others of the service run, one
    that has exited may have been stopped on purpose, and one that was never started left so."""
    return [
        container
        for container in service["containers"]
        if container["problem"] and not (service["running"] and container["state"] in _IDLE)
    ]


def aside(service: ServiceReport) -> str:
    """Where no container of a service runs, and none has a problem: how each was put into its state, in a clause."""
    return "; ".join(
        f"{container['name']} {container['note'] or container['state']}" for container in service["containers"]
    )


def service_of(container: str, services: Services) -> str:
    """The service of a container; empty for the host."""
    for name, service in services.items():
        if any(member["name"] == container for member in service["containers"]):
            return name
    return ""


def _sources(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(str(row["source"]) for row in rows))


_WHO = {
    KEYS: "ask the administrator of the provider's account why the key of {target} is refused, and for a new key",
    PROVIDER: "only its provider can repair {target}: see its status page, and report the measurements above",
    EGRESS: "no external target is reached from here: check the host's firewall, gateway and proxy, then ask the"
    " internet provider",
    SERVICE: "{target} is unhealthy; if it was stopped and should run: playbooks/service_restart.yml -e"
    ' \'{{"restart_services_services": ["{target}"]}}\'',
    ASLEEP: "{service} was stopped or paused on purpose, or has ended: if it should run:"
    ' playbooks/container_start_stop.yml -e \'{{"switch_containers_containers": [CONTAINER],'
    ' "switch_containers_state": "started"}}\' (`docker unpause` for a paused one)',
    ELSEWHERE: "{service} refuses this port, and is healthy or listens on another one: compare the port of {target} in"
    " runbook_endpoints, and the address on which it listens (127.0.0.1 is its own container alone)",
    APART: "{service} shares no network with {target}: where it should, compare `networks` in the compose files (docker"
    " network connect NETWORK {service} attaches it until it is created again); where it should not, give the target"
    " the `sources` that use it",
    SLOW: "{target} answers, but is degraded: see its own log",
    NOT_SERVING: "{target} is reached, but does not answer correctly: see its own log, and its runbook",
    NO_SERVICE: "the proxy {service} answers for {target}, but reaches no backend: check its log for the address of"
    " the backend, and the state of that service",
}


_RESOLVER = (
    "the resolver of this host does not resolve {target}: check /etc/resolv.conf and, where it runs, systemd-resolved"
    " (resolvectl status), or ask its administrator; if only this name fails, its owner's DNS is at fault"
)


def _advice(causes: Sequence[Cause]) -> list[str]:
    unresolving = [", ".join(cause.detail["unresolved"]) for cause in causes if cause.detail.get("unresolved")]
    sentences = [_RESOLVER.format(target=targets) for targets in unresolving]
    sentences += [
        _WHO[cause.name].format(target=cause.detail["target"], service=cause.detail.get("service", ""))
        for cause in causes
        if cause.name in _WHO
    ]
    return list(dict.fromkeys(sentences))
