# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a release keeps data in files of the host that its containers mount (bind mounts). Pure.

Such a mount may hold data, configuration, code or a socket, and its name does not say which. Its use does: what was
written since the release began is its data, which the older one may not understand (a migration of an SQLite file, for
example). Where that cannot be seen, it may be data. Places in which nothing is kept that must last are none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping, NamedTuple, Sequence

from ..project import Project

# Configuration, sockets, devices, logs and what may be removed at any time (Filesystem Hierarchy Standard).
_NO_DATA = ("/etc", "/run", "/var/run", "/tmp", "/var/tmp", "/var/log", "/var/cache", "/dev", "/proc", "/sys")
_NO_SOURCE = ("/run", "/var/run", "/dev", "/proc", "/sys")


class Bound(NamedTuple):
    """A bind mount that may hold data: where it is on the host, and in the container."""

    source: str
    target: str


def bound_data(project: Project, service: str) -> list[Bound]:
    """Those of a service that a container may write to: of its containers, or of the files where it has none."""
    replicas = project.replicas(service)
    mounts = [
        Bound(mount.source, mount.target)
        for replica in replicas
        for mount in replica.mounts
        if mount.kind == "bind" and mount.writable
    ]
    spec = project.spec(service)
    if not replicas and spec is not None:
        mounts = [Bound(*place) for place in _written_in_files(spec.raw) if place[0].startswith("/")]
    return sorted(
        {mount for mount in mounts if not (_is_in(mount.target, _NO_DATA) or _is_in(mount.source, _NO_SOURCE))}
    )


def release_began(project: Project, service: str, image: str, recorded: float) -> float:
    """Seconds since 1970 before which the release that runs has written nothing: when the one before it was
    ``recorded``, or its own image was made. ``image``: that of the one before it."""
    made: list[datetime] = [
        project.made[replica.image]
        for replica in project.replicas(service)
        if replica.image != image and replica.image in project.made
    ]
    return max(recorded, min(at.timestamp() for at in made)) if made else recorded


def why_kept(written: Mapping[Bound, bool | None]) -> str:
    """Why a service is taken to keep data in a bind mount, in a clause; empty where it keeps none. ``written``: whether
    something was written to each since the release began; None where that is not known."""
    for place, state in sorted(written.items()):
        if state is not False:
            how = "was written to by this release" if state else "may hold data of this release"
            return f"keeps data in {place.target} ({place.source} of the host), which {how}"
    return ""


def why_other_data(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    """Where the configuration of a service ``then`` keeps data in another place than that of ``now``, in a clause: a
    rollback to it would go back to what lies there. Empty where it does not, or where one of both is not known."""
    if then is None or now is None:
        return ""
    present = set(_written_in_files(now))
    for source, target in sorted(set(_written_in_files(then)) - present):
        if not (_is_in(target, _NO_DATA) or _is_in(source, _NO_SOURCE)):
            return f"had {source} at {target} then, and has it no more: its data of that time may lie there"
    return ""


def _written_in_files(raw: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Source and target of the volumes and bind mounts of a rendered service that it may write to."""
    volumes: Sequence[Any] = raw.get("volumes") or ()
    return [
        (str(volume["source"]), str(volume.get("target") or ""))
        for volume in volumes
        if isinstance(volume, Mapping)
        and volume.get("type") in ("bind", "volume")
        and volume.get("source")
        and not volume.get("read_only")
    ]


def _is_in(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)
