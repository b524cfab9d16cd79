# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services that must never have more replicas at a time than are wanted, or never more than one. Pure.

A scheduler that runs twice does everything twice. The files say it (``deploy.update_config.order: stop-first``), a
label of the container does, the site by its name, or its command. Of a single replica that serves no requests it is not
known: that it does nothing for some seconds harms less than a job that runs twice.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping

from ..container import NETWORK, Container
from ..model import Spec
from ..project import Project
from .scheduler import scheduler_in

LABEL = "pafar.runbook.singleton"
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_ROUTED = ("traefik.http.", "traefik.tcp.", "caddy", "nginx-proxy.")  # labels by which a proxy finds a service
_ADDRESSES = ("ipv4_address", "ipv6_address", "mac_address")
TOOL = "whether it is a tool that a person runs when it is needed, or a service that is to run, is unknown"
HOST = "host"  # the engine's network of a container with `network_mode: host`
_ROUTED_BY = ("VIRTUAL_HOST", "VIRTUAL_PORT", "LETSENCRYPT_HOST")  # and variables


def why_single(project: Project, service: str, named: Collection[str]) -> str:
    """Why there must never be two replicas of a service, in a clause; empty where there may.

    ``named``: the singletons of the site.
    """
    if service in named:
        return f"{service} is a singleton of this site, and must not run twice"
    said = _label_of(project, service)
    if said in _TRUE:
        return f"{service} has the label {LABEL}, and must not run twice"
    spec = project.spec(service)
    if spec is not None and spec.wanted == 1 and _stops_first(project, service):
        return f"{service} has the update order stop-first and one replica by its files, and must not run twice"
    address = _address_of(spec.raw) if spec is not None else ""
    if address:
        return f"{service} has {address} by its files, which a second one cannot have at the same time"
    if said in _FALSE or not _is_one(project, service):
        return ""
    network = _network_of(project, service)
    if network:
        return (
            f"{service} uses the network of {network}, where a second one would meet its ports; the label"
            f' {LABEL}: "false" says that two may run'
        )
    scheduler = _scheduler_of(project, service)
    if scheduler:
        return (
            f'{service} runs a scheduler ({scheduler}), and must not run twice; the label {LABEL}: "false" says that it'
            " may"
        )
    return ""


def stops_first(project: Project, service: str, named: Collection[str]) -> bool:
    """Whether a replica must have stopped before another one takes its place."""
    return bool(why_single(project, service, named)) or _stops_first(project, service)


def why_unclear(project: Project, service: str, listens: bool | None) -> str:
    """Why it is not known whether two of a service may run at a time, in a clause; empty where it serves requests, has
    several replicas, or a label says that they may.

    ``listens``: whether a replica listens for connections from outside; None: not known.
    """
    if not _is_one(project, service) or _label_of(project, service) in _FALSE:
        return ""
    if serves(project, service) if listens is None else listens:
        return ""
    hears = "listens on no port" if listens is False else "has no port, no health check and no route of a proxy"
    return f"{service} has one replica and {hears}: whether two may run at a time is not known"


def serves(project: Project, service: str, by_need: bool = True, by_check: bool = True) -> bool:
    """Whether a service may answer requests, by its files and its containers: it has a port or a health check (unless
    not ``by_check``), a proxy has its address, or another service needs it (unless not ``by_need``)."""
    spec, replicas = project.spec(service), project.replicas(service)
    raw = spec.raw if spec is not None else {}
    if _publishes(spec, replicas) or raw.get("expose") or (by_check and spec is not None and spec.checked):
        return True
    labels, names = _labels(raw.get("labels")), set(_environment(raw.get("environment")))
    for replica in replicas:
        labels.update(dict(replica.labels))
        names.update(item.partition("=")[0] for item in replica.environment)
    routed = any(name.lower().startswith(_ROUTED) for name in labels) or bool(names.intersection(_ROUTED_BY))
    if routed or not by_need:
        return routed
    if project.needed_by(service):
        return True
    # A job for whose end others wait answers none of them.
    others = [other for other in project.service_names if other != service and not project.awaited(service)]
    return any(service in _needs(project, other) for other in others)


def may_be_tool(project: Project, service: str) -> bool:
    """Whether a service that has no container, or one that was never started, may be a program which a person runs when
    it is needed (`docker compose run --rm`), and to which the files give no profile. Nothing says that it serves,
    nothing starts it again when it ends, no other service needs it, and another one is healthy without it."""
    spec, replicas = project.spec(service), project.replicas(service)
    raw = spec.raw if spec is not None else {}
    deploy = raw.get("deploy") or {}
    policies = {str(raw.get("restart") or "no"), *(replica.restart_policy for replica in replicas)}
    lasts = policies - {"no"} or deploy.get("restart_policy") or deploy.get("replicas")
    several = (spec is not None and spec.wanted > 1) or len(replicas) > 1
    began = any(replica.state != "created" or replica.error for replica in replicas)
    healthy = any(other.healthy and other.service != service for other in project.containers)
    if lasts or several or began or not healthy or project.awaited(service):
        return False
    return not (serves(project, service) or _scheduler_of(project, service))


def unused(project: Project, container: Container) -> bool:
    """Whether it was created and never started as such a program is, and not for the want of what it depends on."""
    if container.state != "created" or not may_be_tool(project, container.service):
        return False
    needs = [project.replicas(need) for need in project.needs_of(container)]
    return all(any(other.healthy or project.done(other) for other in others) for others in needs)


def _needs(project: Project, service: str) -> Collection[str]:
    spec = project.spec(service)
    found = set(spec.needs) if spec is not None else set()
    return found.union(*(replica.needs for replica in project.replicas(service)))


def _is_one(project: Project, service: str) -> bool:
    """Whether the files ask for one replica at most, or they are not known, and no second one runs."""
    wanted = project.wanted(service)
    running = [replica for replica in project.replicas(service) if replica.running]
    return (wanted is None or wanted <= 1) and len(running) <= 1


def _scheduler_of(project: Project, service: str) -> str:
    spec, replicas = project.spec(service), project.replicas(service)
    last_only = _publishes(spec, replicas) or bool(spec is not None and spec.raw.get("expose"))
    raw = spec.raw if spec is not None else {}
    commands = [((*_words(raw.get("entrypoint")), *_words(raw.get("command"))), _environment(raw.get("environment")))]
    for replica in replicas:
        environment = dict(item.partition("=")[::2] for item in replica.environment)
        commands.append(((*replica.entrypoint, *replica.command), environment))
    found = (scheduler_in(words, environment, last_only) for words, environment in commands)
    return next(filter(None, found), "")


def _publishes(spec: Spec | None, replicas: Collection[Container]) -> bool:
    return bool(spec is not None and spec.raw.get("ports")) or any(replica.publishes for replica in replicas)


def _address_of(raw: Mapping[str, Any]) -> str:
    """An address that the files give to every container of a service, in words; empty where they give none."""
    given = [raw, *(each for each in _mapping(raw.get("networks")).values() if isinstance(each, Mapping))]
    for key in _ADDRESSES:
        for each in given:
            if each.get(key):
                return f"the fixed {key} {each[key]}"
    return ""


def _network_of(project: Project, service: str) -> str:
    """Whose network a service uses in place of one of its own, in words; empty where it has its own."""
    spec, replicas = project.spec(service), project.replicas(service)
    kind, colon, name = str(spec.raw.get("network_mode") or "").partition(":") if spec is not None else ("", "", "")
    if kind == HOST or any(HOST in dict(replica.networks) for replica in replicas):
        return "the host"
    if colon and kind in ("service", "container"):
        return name
    owners = [owner for replica in replicas for shared, owner in replica.shares if shared == NETWORK]
    owner = project.owner_of(owners[0]) if owners else None
    return owner.name if owner else owners[0][:12] if owners else ""


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _label_of(project: Project, service: str) -> str:
    """What the label of a service says, of its containers or in the files; empty where there is none."""
    spec = project.spec(service)
    raw = spec.raw if spec is not None else {}
    every = [dict(replica.labels) for replica in project.replicas(service)]
    every += [_labels(raw.get("labels")), _labels((raw.get("deploy") or {}).get("labels"))]
    said = [labels[LABEL].strip().lower() for labels in every if LABEL in labels]
    return next((word for word in said if word in _TRUE), said[0] if said else "")


def _labels(given: Any) -> dict[str, str]:
    """Labels of the files, which may be a mapping or a list of ``name=value``."""
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    return dict(str(item).partition("=")[::2] for item in given or ())


def _environment(given: Any) -> dict[str, str]:
    return {name: value for name, value in _labels(given).items() if value != "None"}


def _words(given: Any) -> tuple[str, ...]:
    """A command of the files: a list, or one text."""
    return (given,) if isinstance(given, str) else tuple(map(str, given or ()))


def _stops_first(project: Project, service: str) -> bool:
    spec = project.spec(service)
    deploy = (spec.raw.get("deploy") or {}) if spec else {}
    return str((deploy.get("update_config") or {}).get("order") or "") == "stop-first"
