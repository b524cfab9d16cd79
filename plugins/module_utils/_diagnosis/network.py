# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a connection breaks: at the source, at the target, between them, or outside. Pure.

A matrix of sources and targets distinguishes these: a source that reaches no target is cut off itself; a target that no
source reaches is down; a target that some sources reach is cut off from the others. Only services of this project are
restarted, and only where no attempt made a connection: a target that is reached at times is named, and so is one that
refuses one source alone, or of which a name server says that there is none.
"""

from __future__ import annotations

from typing import Sequence

from .._compose.project_report import ContainerReport, ServiceReport
from .._compose.proxy import StaleProxy
from .._core.text import some
from .._endpoints.endpoint import DEGRADED, DOWN, FLAPPING, KEY, THEIRS, UNKNOWN, UP, LayerReport, ProbeReport
from .._endpoints.marks.mark import NO_BACKEND, PAGE
from .._endpoints.reached import (
    BELOW,
    is_connected,
    is_cut,
    is_handshake,
    is_late_name,
    is_limited,
    is_no_name,
    is_refused,
    is_unsteady,
    lines_of,
    unread_of,
)
from .._endpoints.request_id import for_support, request_id_at
from .cause import Cause, Detail, Diagnosis, Rules, diagnosis, joined
from .owner import IDLE, Services, at_work, is_apart, is_declared, may_help, rules_of, service_at, service_of

DNS, CUT, TARGET, REFUSED, EGRESS, PROVIDER, KEYS, NOT_SERVING, SLOW, SERVICE, STALE, NO_SERVICE = (
    "dns_failure", "network_cut", "target_down", "not_listening", "no_egress", "provider_fault", "key_refused",
    "target_unhealthy", "target_degraded", "service_unhealthy", "stale_proxy", "no_backend",
)  # fmt: skip
# Nothing to restart.
ASLEEP, ELSEWHERE, APART, FLAPS = "stopped_on_purpose", "other_port", "no_common_network", "target_flapping"
RESTART, SCALE = "restart_services", "scale_services"
_GATEWAY = (502, 504)  # which a proxy alone gives by its part; 503 is also an application's own
Row = ProbeReport


def diagnose_network(matrix: Sequence[Row], services: Services, stale: Sequence[StaleProxy] = ()) -> Diagnosis:
    """``matrix``: of endpoint_probe_info; ``services`` and ``stale`` (its stale proxies): of compose_info."""
    causes = causes_of(matrix, services, stale)
    lines = lines_of(matrix) or ["every source reaches every target"]
    return diagnosis(causes, lines[:1] if causes else lines, _advice(causes), unread=unread_of(matrix))


def causes_of(matrix: Sequence[Row], services: Services, stale: Sequence[StaleProxy] = ()) -> list[Cause]:
    """The heaviest first."""
    known = [row for row in matrix if row["state"] != UNKNOWN]
    apart = [row for row in known if row["state"] == DOWN and is_apart(row, services)]
    known = [row for row in known if row not in apart]
    causes = [*map(_without_network, apart), *_resolvers(known, services), *_resolver_outside(known, services)]
    silent = {source for cause in causes for source in cause.detail["sources"]}
    unresolved = {target for cause in causes for target in cause.detail.get("unresolved", ())}
    for target in dict.fromkeys(row["target"] for row in known if row["target"] not in unresolved):
        rows = [row for row in known if row["target"] == target and row["source"] not in silent]
        causes += _of_target(target, rows, known, services, stale)
    causes += _late_names(known)
    return sorted(joined([*causes, *_unhealthy_nearby(known, causes, services)]), key=lambda cause: -cause.weight)


def _resolvers(rows: Sequence[Row], services: Services) -> list[Cause]:
    """Sources for which no name is resolved at all."""
    unresolving = []
    for source in dict.fromkeys(row["source"] for row in rows):
        from_source = [row for row in rows if row["source"] == source]
        if all(row["state"] == DOWN and row["layer"] == "dns" for row in from_source):
            if any(is_no_name(row) and not _runs_at(row, services) for row in from_source):
                continue  # what knows that a name is missing resolves; of a service that does not run there is none
            asked = {row["target"] for row in from_source}
            others = [row for row in rows if row["target"] in asked and row["layer"] != "dns"]
            # Names of our services need no outside resolver; a single name that no other source resolves proves nothing
            # about the source.
            ours = any(service_at(row, services) for row in from_source)
            if (ours and len(from_source) > 1) or others:
                unresolving.append((source, from_source[0]["why"]))
    if not unresolving:
        return []
    sources = [source for source, dummy in unresolving]
    text = f"{', '.join(sources)} cannot resolve any name: {unresolving[0][1]}"
    return [_restarting(DNS, 3.0, text, sources, services)]


def _runs_at(row: Row, services: Services) -> bool:
    """Whether the address is of a service of ours that runs, so that its name is there."""
    service = service_at(row, services)
    return bool(service) and services[service]["running"] > 0


def _resolver_outside(rows: Sequence[Row], services: Services) -> list[Cause]:
    """No source resolves names outside, while ours resolve, or no source resolves ours: the outer resolver fails."""
    outside = [row for row in rows if not service_at(row, services)]
    targets = list(dict.fromkeys(row["target"] for row in outside))
    if not outside or not all(row["state"] in (DOWN, FLAPPING) and row["layer"] == "dns" for row in outside):
        return []
    if all(row["layer"] == "dns" and row["state"] != UP for row in rows) and len(rows) > len(outside):
        return []  # no name is resolved at all, which is reported by source
    cannot = "cannot be" if any(row["state"] == DOWN for row in outside) else "cannot always be"
    text = f"{', '.join(targets)} {cannot} resolved from {some(_sources(outside))}: {outside[0]['why']}"
    return [Cause(DNS, 2.0, (text,), "", {}, {"target": targets[0], "sources": [], "unresolved": targets})]


def _late_names(rows: Sequence[Row]) -> list[Cause]:
    """Names that a name server gives no answer to, and another does: one cause, whatever they are names of."""
    late = [row for row in rows if is_late_name(row)]
    targets = some(list(dict.fromkeys(row["target"] for row in late)))
    texts = [f"{targets}: reached from {some(_sources(late))}, and degraded (dns): {row['why']}" for row in late[:1]]
    detail: Detail = {"target": targets, "sources": [], "advice": _NAME_SERVERS}
    return [Cause(DNS, 0.9, (text,), "", {}, detail) for text in texts]


def _without_network(row: Row) -> Cause:
    text = f"{row['source']} has no network in common with {row['target']}, and cannot reach it"
    return Cause(APART, 0.7, (text,), "", {}, {"sources": [], "target": row["target"], "service": row["source"]})


def _unhealthy_nearby(rows: Sequence[Row], causes: Sequence[Cause], services: Services) -> list[Cause]:
    """Unhealthy services of ours while a target is not reached: the path of their public names is not known."""
    failing = [row for row in rows if row["state"] in (DOWN, FLAPPING) and not is_unsteady(row)]
    # A handshake with a provider that fails is no path of ours, whosever fault it is.
    unexplained = [row for row in failing if row["fault_of"] not in (KEY, THEIRS) and not is_handshake(row)]
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
        meant = [container for container in unhealthy if container["state"] not in IDLE]
        rules = rules_of(name, meant)
        nearby.append(Cause(SERVICE, 1.6 if meant else 1.2, (text,), RESTART if meant else "", rules, detail))
    return nearby


def _of_target(
    target: str, rows: Sequence[Row], every: Sequence[Row], services: Services, stale: Sequence[StaleProxy]
) -> list[Cause]:
    late = [row for row in rows if is_late_name(row)]  # reached: nothing is wrong with the target
    states = (DOWN, FLAPPING, DEGRADED, UP)
    by_state = {state: [row for row in rows if row["state"] == state and row not in late] for state in states}
    failing = [*by_state[DOWN], *by_state[FLAPPING], *by_state[DEGRADED]]
    reaching, by_state["degraded by a name server"] = [*by_state[UP], *late], late
    if not failing:
        return []
    first = failing[0]
    text = f"{target} is {first['state']} from {some(_sources(by_state.pop(first['state'])))}"
    text += f" ({first['layer']}): {first['why']}"
    text += "".join(f"; from {some(_sources(others))} it is {state}" for state, others in by_state.items() if others)
    if late and not by_state.get(UP) and all(row["layer"] == "dns" and not is_no_name(row) for row in failing):
        return [Cause(DNS, 1.2, (text,), "", {}, {"target": target, "sources": [], "advice": _NAME_SERVERS})]
    if first["fault_of"] == KEY:
        return [Cause(KEYS, 1.5, (text,), "", {}, {"target": target, "sources": []})]
    # Whose the address is comes before what it answers: a service of this project is never another's fault.
    service = service_at(first, services)
    if service and _without_backend(first, service, services, stale):
        return [_at_proxy(target, text, service, services, stale)]
    if service:
        return [_inside(target, text, service, failing, reaching, services)]
    if first["fault_of"] == THEIRS and first["layer"] not in BELOW:
        ids = for_support(request_id_at(row) for row in failing)
        return [Cause(PROVIDER, 1.4, (text, *ids), "", {}, {"target": target, "sources": []})]
    return [_outside(target, text, failing, reaching, every, services)]


def _without_backend(row: Row, service: str, services: Services, stale: Sequence[StaleProxy]) -> bool:
    """Whether a proxy answered that reaches no backend: by its own page, or where nothing of the answer is recognised,
    by the status that the site's proxy gives then. An application may answer with any status, 503 above all."""
    answer = row["layers"].get("protocol") or LayerReport(ok=False, ms=0.0, said="")
    who = answer.get("answered_by", "")
    unnamed = who in ("", PAGE) and answer.get("status", 0) in _GATEWAY
    return who == NO_BACKEND or (unnamed and bool(_stale_at(service, services, stale)))


def _stale_at(service: str, services: Services, stale: Sequence[StaleProxy]) -> list[StaleProxy]:
    """What the site's proxy does not know, where the service is that proxy."""
    names = [container["name"] for container in services[service]["containers"]]
    return [entry for entry in stale if entry["proxy"] in names]


def _at_proxy(target: str, text: str, proxy: str, services: Services, stale: Sequence[StaleProxy]) -> Cause:
    """A proxy of ours answers in place of its backend: the addresses that it knows may be those of containers gone.

    What is wrong with a service behind it is a cause of its own, and a heavier one. A service that it does not know,
    and on which it does not depend by the files, is not the one that is missing.
    """
    of_proxy = _stale_at(proxy, services, stale)
    behind = services[proxy]["needs"]
    likely = [entry for entry in of_proxy if not behind or entry["service"] in behind]
    detail: Detail = {"target": target, "sources": [], "service": proxy}
    if not likely:
        text += f". {proxy} does not know every replica of {of_proxy[0]['service']} either" if of_proxy else ""
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
        return Cause(TARGET, 2.5, (why,), RESTART if unhealthy else "", rules_of(service, unhealthy), detail)
    cut = [row for row in failing if is_cut(row)]
    unsteady = [row for row in failing if is_unsteady(row)]
    connected = reaching or [row for row in failing if is_connected(row)]
    lost = [row for row in cut if not is_refused(row)]
    if len(lost) < len(cut) and not connected:
        why = f"{text}. {service} runs, and no process listens on that port"
        passing = [container for container in target_service["containers"] if container["health"] == "healthy"]
        if passing:  # what listens where its own check looks is not brought to another port by a restart
            why += f"; its own health check passes ({passing[0]['name']})"
            return Cause(ELSEWHERE, 2.0, (why,), "", {}, {**detail, "service": service})
        other = next((container for container in target_service["containers"] if container["listens"]), None)
        if other and not is_declared(failing[0], target_service):
            numbers = some([str(number) for number in other["listens"] or ()])
            why = f"{text}. {other['name']} listens on {numbers}, and not on that port, which it does not publish"
            return Cause(ELSEWHERE, 2.0, (why,), "", {}, {**detail, "service": service})
        meant = at_work(target_service["containers"])
        rules: Rules = {"services": [service], "containers": meant, "which": "running"} if meant else {}
        why += "" if meant else f": {aside(target_service)}"
        return Cause(REFUSED, 2.0, (why,), RESTART if meant else "", rules, detail)
    if lost and (reaching or not unsteady):
        # Restarting the source harms less than restarting the target, and attaches it to its network again.
        return _restarting(CUT, 2.2, text, [row["source"] for row in lost], services, target)
    if unsteady:
        return _unsteady(target, text)
    if cut:
        return Cause(CUT, 1.2, (text,), "", {}, {**detail, "advice": _REFUSED_HERE.format(target=target)})
    if failing[0]["state"] == DEGRADED:
        return Cause(SLOW, 0.8, (text,), "", {}, detail)
    return Cause(NOT_SERVING, 1.8, (text,), "", {}, detail)


def _outside(
    target: str, text: str, failing: Sequence[Row], reaching: Sequence[Row], every: Sequence[Row], services: Services
) -> Cause:
    """The target is no service of ours, as far as its address shows."""
    text += "; its address is of no service of this project"
    cut = [row for row in failing if is_cut(row)]
    detail: Detail = {"target": target, "sources": []}
    if not cut and is_unsteady(failing[0]):
        return _unsteady(target, text)
    if not cut and is_handshake(failing[0]):
        detail["advice"] = _NO_HANDSHAKE.format(target=target)
    if not cut:
        return Cause(SLOW if failing[0]["state"] == DEGRADED else NOT_SERVING, 0.9, (text,), "", {}, detail)
    # What is slow, or fails elsewhere too, shows no path that works; what is limited there shows one that may do.
    limited = [row for row in failing if is_limited(row)]
    if not (reaching or limited) and any(map(is_unsteady, failing)):
        return _unsteady(target, text)
    if reaching or limited:
        name = DNS if all(row["layer"] == "dns" for row in cut) else CUT
        # What else the source reaches outside, a refusal that came back, and a name server that says that there is no
        # such name show that its own network works: a restart gives it no other.
        working = {row["source"] for row in every if is_connected(row) and not service_at(row, services)}
        lost = [row for row in cut if row["source"] not in working and not is_refused(row) and not is_no_name(row)]
        if lost and reaching:
            return _restarting(name, 1.9, text, [row["source"] for row in lost], services, target)
        advice = _LIMITED if lost else _NO_NAME_HERE if name == DNS else _REFUSED_HERE
        return Cause(name, 1.2, (text,), "", {}, {**detail, "advice": advice.format(target=target)})
    external = {row["target"] for row in every if not service_at(row, services)}
    reached = {row["target"] for row in every if row["target"] in external and is_connected(row)}
    alone = bool(reached) or len(external) < 2
    name, weight = (PROVIDER, 1.3) if alone else (EGRESS, 1.7)
    return Cause(name, weight, (text,), "", {}, detail)


def _unsteady(target: str, text: str) -> Cause:
    """Some attempts made a connection: container, network and resolver work, and no restart is justified."""
    detail: Detail = {"target": target, "sources": [], "advice": _UNSTEADY.format(target=target)}
    return Cause(FLAPS, 1.0, (text,), "", {}, detail)


def _restarting(
    name: str, weight: float, text: str, sources: Sequence[str], services: Services, target: str = ""
) -> Cause:
    """Mitigated by a restart of the services whose containers do not reach the target; the host is never restarted."""
    owners = {source: service_of(source, services) for source in sources}
    members = {
        source: at_work([member for member in services[owner]["containers"] if member["name"] == source])
        for source, owner in owners.items()
        if owner
    }
    meant = [target for targets in members.values() for target in targets]
    detail: Detail = {"sources": list(sources), "target": target}
    if not meant:
        return Cause(name, weight, (text,), "", {}, detail)
    # Only the replicas that do not reach the target: the others are healthy and serve meanwhile.
    restarted = sorted({owners[source] for source, targets in members.items() if targets})
    rules: Rules = {"services": restarted, "containers": meant, "which": "running"}
    return Cause(name, weight, (text,), RESTART, rules, detail)


def to_restart(service: ServiceReport) -> list[ContainerReport]:
    """Its containers with a problem, as far as a restart may be meant for them. While others of the service run, one
    that has exited may have been stopped on purpose, and one that was never started left so."""
    return [
        container
        for container in service["containers"]
        if may_help(container) and not (service["running"] and container["state"] in IDLE)
    ]


def aside(service: ServiceReport) -> str:
    """Where no container of a service runs, and none has a problem: how each was put into its state, in a clause."""
    return "; ".join(
        f"{container['name']} {container['note'] or container['state']}" for container in service["containers"]
    )


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
_LIMITED = "{target} is degraded wherever it is reached, and nothing is restarted for it: see why it is, first"
_UNSTEADY = (
    "{target} is reached at some attempts, and nothing is restarted for it: look for packets that are lost (ip -s link,"
    " mtr), one of several name servers that fails (/etc/resolv.conf), a listener whose queue is full (ss -ltn)"
)
_REFUSED_HERE = (
    "{target} is reached from elsewhere, and the network of the source works: compare the address that the name has at"
    " both (getent hosts), and look for a rule of a firewall for this one source"
)
_NO_HANDSHAKE = (
    "the handshake with {target} fails: compare this host's clock and its store of authorities, and look for a proxy"
    " that inspects TLS; where all are right, its provider can repair it"
)
_NO_NAME_HERE = (
    "the name of {target} is resolved elsewhere, and the resolver of the source works: compare their name servers and"
    " /etc/hosts, and ask the owner of the name"
)
_NAME_SERVERS = "a name server gives no answer: take it out of /etc/resolv.conf, or ask its administrator"
_RESOLVER = (
    "the resolver of this host does not resolve {target}: check /etc/resolv.conf and, where it runs, systemd-resolved"
    " (resolvectl status), or ask its administrator; if only this name fails, its owner's DNS is at fault"
)


def _advice(causes: Sequence[Cause]) -> list[str]:
    unresolving = [", ".join(cause.detail["unresolved"]) for cause in causes if cause.detail.get("unresolved")]
    sentences = [cause.detail["advice"] for cause in causes if "advice" in cause.detail]
    sentences += [_RESOLVER.format(target=targets) for targets in unresolving]
    sentences += [
        _WHO[cause.name].format(target=cause.detail["target"], service=cause.detail.get("service", ""))
        for cause in causes
        if cause.name in _WHO
    ]
    return list(dict.fromkeys(sentences))
