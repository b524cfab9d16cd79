# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the compose files ask for, from the model that `docker compose config --format json` renders. Pure.

Profiles, extends, several files, anchors, env files and interpolation are Compose's own work and are done by then.
Field names: the Compose Specification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from .container import Container

_VERSION = "com.docker.compose.version"  # label of the version that made a container
UPDATED = " (`docker update`)"  # at the end of a difference that is in no file


@dataclass(frozen=True)
class Spec:
    """One service as the files have it. ``image`` is the reference that it runs, also where it is built.

    ``optional``: those of ``needs`` without which it does (``required: false``).
    """

    name: str
    wanted: int
    image: str
    built: bool
    container_name: str = ""
    published: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    memory: int = 0
    cpus: float = 0.0
    checked: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def most(self) -> int | None:
        """How many replicas the host's ports allow; None where nothing limits them."""
        room = [span_of(port) for port in self.published]
        return 1 if self.container_name else min(room) if room else None


@dataclass(frozen=True)
class Model:
    """The rendered files of one project."""

    name: str
    services: Mapping[str, Spec]
    shared: Mapping[str, Any] = field(default_factory=dict)  # networks, volumes, secrets, configs

    def needed_by(self, service: str, optional: bool = True) -> list[str]:
        """All services that this one depends on, directly or not; without those that are ``optional``, where that is
        False."""
        dependencies: list[str] = []
        left = [service]
        while left:
            spec = self.services.get(left.pop())
            for name in spec.needs if spec else ():
                meant = optional or (spec is not None and name not in spec.optional)
                if meant and name not in dependencies and name in self.services:
                    dependencies.append(name)
                    left.append(name)
        return dependencies

    def in_order(self, names: Iterable[str]) -> list[str]:
        """These services, each after those that it depends on."""
        return in_order(names, {name: spec.needs for name, spec in self.services.items()})


def in_order(names: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """These services, each after those that it depends on; ``needs``: by service."""
    services, ordered = sorted(names), []

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in ordered or name in path:
            return
        for need in needs.get(name, ()):
            add(need, (*path, name))
        ordered.append(name)

    for name in services:
        add(name, ())
    return [name for name in ordered if name in services]


def model_of(rendered: Mapping[str, Any], project: str) -> Model:
    """From the JSON of `docker compose config`."""
    services = {name: _spec_of(project, name, raw or {}) for name, raw in (rendered.get("services") or {}).items()}
    shared = {kind: rendered[kind] for kind in ("networks", "volumes", "secrets", "configs") if rendered.get(kind)}
    return Model(str(rendered.get("name") or project), services, shared)


def _spec_of(project: str, name: str, raw: Mapping[str, Any]) -> Spec:
    deploy = raw.get("deploy") or {}
    replicas = raw.get("scale")
    replicas = deploy.get("replicas", 1) if replicas is None else replicas
    replicas = 0 if raw.get("provider") else replicas  # another program gives the service, and no container is made
    depends = raw.get("depends_on") or {}
    needs = [*depends, *_owners(raw)]
    given = depends.items() if isinstance(depends, Mapping) else ()
    optional = [name for name, how in given if isinstance(how, Mapping) and how.get("required") is False]
    limits = (deploy.get("resources") or {}).get("limits") or {}
    check = raw.get("healthcheck") or {}
    return Spec(
        name=name,
        wanted=int(replicas),
        image=str(raw.get("image") or f"{project}-{name}"),
        built=bool(raw.get("build")),
        container_name=str(raw.get("container_name") or ""),
        published=tuple(
            str(port["published"])
            for port in raw.get("ports") or ()
            if isinstance(port, Mapping) and str(port.get("published") or "0") != "0"
        ),
        needs=tuple(dict.fromkeys(needs)),
        optional=tuple(name for name in optional if name not in _owners(raw)),
        profiles=tuple(raw.get("profiles") or ()),
        memory=bytes_of(raw.get("mem_limit") or limits.get("memory") or 0),
        cpus=_cores_of(raw, limits),
        checked=_is_checked(check),
        raw=raw,
    )


def _cores_of(raw: Mapping[str, Any], limits: Mapping[str, Any]) -> float:
    """Cores that the files allow; 0 for no limit, and for what is no number."""
    quota, period = raw.get("cpu_quota") or 0, raw.get("cpu_period") or 100000
    try:
        return float(raw.get("cpus") or limits.get("cpus") or 0) or max(0.0, float(quota) / float(period))
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0


def _is_checked(check: Mapping[str, Any]) -> bool:
    """Whether the files give it a check. Both ``disable: true`` and ``test: ["NONE"]`` take that of the image away."""
    test = check.get("test") or ()
    return bool(test) and list(test[:1]) != ["NONE"] and not check.get("disable")


def _owners(raw: Mapping[str, Any]) -> list[str]:
    """Services whose namespaces or volumes a service uses; Compose starts them before it."""
    modes = [str(raw.get(key) or "") for key in ("network_mode", "pid", "ipc")]
    namespaces = [mode.partition(":")[2] for mode in modes if mode.startswith("service:")]
    volumes = [
        str(item).partition(":")[0] for item in raw.get("volumes_from") or () if not str(item).startswith("container:")
    ]
    return namespaces + volumes


def bytes_of(size: Any) -> int:
    """``64m``, ``"67108864"`` or 67108864; Compose renders one or another, by version.

    >>> bytes_of("64m")
    67108864
    """
    text = str(size).strip().lower().rstrip("b")
    factor = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}.get(text[-1:], 1)
    number = text.rstrip("kmgt")
    try:
        return int(float(number) * factor)
    except ValueError:
        return 0


def span_of(published: str) -> int:
    """How many host ports ``8080`` or ``8080-8089`` are."""
    first, dash, last = published.partition("-")
    return int(last) - int(first) + 1 if dash and first.isdigit() and last.isdigit() else 1


def ports_of(published: str) -> range:
    first, dash, last = published.partition("-")
    return range(int(first), int(last if dash else first) + 1) if first.isdigit() else range(0)


def drift(spec: Spec, container: Container, image_now: str, hash_now: str, hash_is_proof: bool) -> list[str]:
    """In what the container differs from the files and images as they are now; no values, since they may be secrets.

    ``image_now``: id that the service's image reference has now, or "" if none. ``hash_is_proof``: false where some
    service has an env_file, for which Compose prints another hash than it keeps (docker/compose#14001), and where
    another version of Compose made the container.
    """
    differences = []
    if image_now and container.image != image_now:
        differences.append(f"image: {container.image[7:19]}, {spec.image} is {image_now[7:19]} now")
    if hash_now and container.hash == hash_now:
        return [*differences, *_updated(spec, container)]
    named = list(_differences(spec, container))
    # Compose puts the owner's id into the configuration before it hashes, and prints the hash without it.
    if not named and hash_now and hash_is_proof and not _owners(spec.raw):
        named.append("configuration: its hash is another one, in something that was not compared")
    return differences + named


def is_made_by(version: Sequence[int], container: Container) -> bool:
    """Whether this version of Compose made a container, or that is not known. Another one takes the hash of other parts
    of the same files (docker/compose#11335), as does the one that Portainer brings along."""
    label = dict(container.labels).get(_VERSION)
    return not version or label is None or re.findall(r"\d+", label)[: len(version)] == list(map(str, version))


def _updated(spec: Spec, container: Container) -> Iterable[str]:
    """Limits that were changed while it ran: `docker update` leaves the hash as it is, and a fresh container loses
    them. An engine that cannot limit discards those of the files, which is no change."""
    if container.memory_limit and container.memory_limit != spec.memory:
        yield f"memory limit: {container.memory_limit}, the files say {spec.memory or 'none'}{UPDATED}"
    if container.cpus and abs(container.cpus - spec.cpus) > 0.01:
        yield f"cpus: {container.cpus:g}, the files say {spec.cpus or 'none'}{UPDATED}"


def updates_in(differences: Iterable[str]) -> list[str]:
    """Those that a fresh container loses, since they are in no file."""
    return [difference[: -len(UPDATED)] for difference in differences if difference.endswith(UPDATED)]


def _differences(spec: Spec, container: Container) -> Iterable[str]:
    raw = _plain(spec.raw)
    has = dict(item.partition("=")[::2] for item in container.environment)
    expected = {key: value for key, value in (raw.get("environment") or {}).items() if value is not None}
    other = sorted(key for key, value in expected.items() if has.get(key) != str(value))
    if other:
        yield f"environment: {', '.join(other[:8])}{' ...' if len(other) > 8 else ''}"
    if container.image_ref and spec.image != container.image_ref and not container.image_ref.startswith("sha256:"):
        yield f"image: runs {container.image_ref}, the files say {spec.image}"
    for key, is_now in (("command", container.command), ("entrypoint", container.entrypoint)):
        given = raw.get(key)
        if isinstance(given, (list, tuple)) and tuple(map(str, given)) != is_now:
            yield key
    if spec.memory != container.memory_limit:
        yield f"memory limit: {container.memory_limit or 'none'}, the files say {spec.memory or 'none'}"
    policy = _policy(raw)
    if policy != container.restart_policy:
        yield f"restart policy: {container.restart_policy}, the files say {policy}"
    labels = dict(container.labels)
    wrong = sorted(key for key, value in (raw.get("labels") or {}).items() if labels.get(key) != str(value))
    if wrong:
        yield f"labels: {', '.join(wrong[:8])}"
    if spec.published and container.ports and _other_ports(raw, container):
        yield "ports"
    test = (raw.get("healthcheck") or {}).get("test")
    if spec.checked and isinstance(test, (list, tuple)) and tuple(map(str, test)) != container.check.test:
        yield "healthcheck"
    lacking = _not_mounted(raw, container)
    if lacking:
        yield f"volumes: {', '.join(lacking[:8])}"


def _not_mounted(raw: Mapping[str, Any], container: Container) -> list[str]:
    """Targets of the volumes and bind mounts of the files that the container does not have. What it has beside them may
    be the image's own, or a secret."""
    has = {_parts(mount.target) for mount in container.mounts}
    asked = [str(volume.get("target") or "") for volume in raw.get("volumes") or () if _is_kept(volume)]
    return sorted(target for target in asked if _parts(target) not in has)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _is_kept(volume: Any) -> bool:
    return isinstance(volume, Mapping) and volume.get("type") in ("bind", "volume")


def _plain(raw: Any) -> Any:
    """As the container has it: Compose renders a dollar sign as two, so that it could be read again."""
    if isinstance(raw, str):
        return raw.replace("$$", "$")
    if isinstance(raw, Mapping):
        return {key: _plain(value) for key, value in raw.items()}
    return [_plain(item) for item in raw] if isinstance(raw, (list, tuple)) else raw


def _policy(raw: Mapping[str, Any]) -> str:
    """`restart`, or what `deploy.restart_policy` becomes (Compose: none, on-failure, any)."""
    given = str(raw.get("restart") or "").partition(":")[0]
    condition = str(((raw.get("deploy") or {}).get("restart_policy") or {}).get("condition") or "")
    return given or {"any": "always", "none": "no"}.get(condition, condition) or "no"


def _other_ports(raw: Mapping[str, Any], container: Container) -> bool:
    """Whether it publishes other ports than the files ask for. They may leave the choice to the engine, which makes it
    with the start."""
    asked = [
        (f"{port.get('target')}/{port.get('protocol', 'tcp')}", _choice_of(str(port.get("published") or "")))
        for port in raw.get("ports") or ()
        if isinstance(port, Mapping)
    ]
    has = {(port.target, port.published) for port in container.ports}
    unasked = any(not any(target == other and number in room for other, room in asked) for target, number in has)
    lacking = any(not any(target == other and number in room for other, number in has) for target, room in asked)
    return unasked or (container.running and lacking)


def _choice_of(published: str) -> range:
    """The host ports that ``8080``, ``8080-8089`` or nothing allow."""
    return ports_of(published) if published not in ("", "0") else range(65536)
