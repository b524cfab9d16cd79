# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine keeps and nothing runs from: build cache, dangling images, exited containers. I/O.

Asking for it walks every image and volume and may take minutes, so it is asked for once, and only where it is needed.
"""

from __future__ import annotations

import os
import re
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from ..._compose.container import PROJECT, SERVICE, Container, container_of
from ..._compose.io.engine import Engine
from ..._compose.io.snapshots import Snapshots
from ..._core.plan import unspaced
from ..._core.text import some, span
from ..._core.times import moment
from ..reclaim import CACHE, CONTAINERS, IMAGES, Find, format_bytes, repository_of
from .image_pins import digests_in, image_pins
from .schedules import Schedules, schedules

_ENDED = ("exited", "dead")
_AGAIN = 5.0  # seconds between making and starting a container, beyond which it was started again
_ID = 12  # characters of an id by which a container may be named


def build_cache(used: Mapping[str, Any]) -> list[Find]:
    """All that no build is using: it can be made again."""
    free = [record for record in used.get("BuildCache") or () if not record.get("InUse") and not record.get("Shared")]
    size = sum(int(record.get("Size") or 0) for record in free)
    if not free:
        return []
    reason = f"{len(free)} layers of former builds; the next build takes longer"
    return [Find(CACHE, "build_cache", "build cache", size, reason, "prune")]


def dangling_images(engine: Engine, used: Mapping[str, Any], releases: str, age: float, notes: list[str]) -> list[Find]:
    """Images without a tag that are older than ``age`` seconds; what a rollback may need or a digest names is excluded.

    ``notes``: what could not be examined is added there.
    """
    sizes = {image["Id"]: image for image in used.get("Images") or ()}
    needed, references, unread = _recorded(releases)
    containers = engine.labelled()
    running = {str(container.get("ImageID")) for container in containers}
    pins = image_pins(containers, releases)
    if pins.missing:
        notes.append(f"which images {some(sorted(pins.missing))} name by digest is not known: not on this host")
    tagged = _tagged(used, containers)
    pulled = _repositories(engine, containers, references)
    images = []
    for id in engine.dangling():
        known = engine.image(id)
        if known is not None and not known.get("RepoTags"):
            images.append((_made(known), id, known))
    last_of: set[tuple[str, str]] = set()
    finds = []
    for at, id, known in sorted(images, reverse=True, key=lambda candidate: candidate[0]):
        labels = (known.get("Config") or {}).get("Labels") or {}
        service = str(labels.get(SERVICE) or "")
        # What was built says whose it is; what was pulled has the name of its repository alone.
        repositories = {repository_of(name) for name in known.get("RepoDigests") or ()} & pulled
        owners = {("", name) for name in repositories}
        owners |= {(str(labels.get(PROJECT) or ""), service)} if service else set()
        of = service or ", ".join(sorted(repositories))
        old = time.time() - at
        why = ""
        if id in running:
            why = "a container was made of it"
        elif id in needed:
            why = "a recorded release needs it to be rolled back to"
        elif pins.names(id, known.get("RepoDigests") or ()):
            why = "a compose file, a container or a record names it by its digest"
        elif unread:
            why = f"a recorded release cannot be read ({unread[0]}), and may need it"
        elif pins.unread and known.get("RepoDigests"):
            why = f"whether a compose file names it by its digest is not known ({pins.unread[0]})"
        elif pins.missing and _by_digest_alone(known, tagged):
            why = f"it was pulled by its digest, which {sorted(pins.missing)[0]} may name: that is not on this host"
        elif owners - last_of:
            why = f"the last image of {of} before the present one: a rollback may need it"
        elif old < age:
            why = f"it is {span(old)} old, and younger ones than {span(age)} stay"
        last_of |= owners if id not in running else set()  # what runs is the present one
        size = int(known.get("Size") or 0) - max(0, int((sizes.get(id) or {}).get("SharedSize") or 0))
        who = f"image {id.partition(':')[2][:12]}" + (f" of {unspaced(of)}" if of else "")
        reason = f"no name, no container, {span(old)} old"
        target = f"image:{id.partition(':')[2][:12]}"
        finds.append(Find(IMAGES, target, who, max(0, size), reason, "remove", why, {"id": id}))
    return finds


def _tagged(used: Mapping[str, Any], containers: Sequence[Mapping[str, Any]]) -> set[str]:
    """Repositories of which an image has a tag, or a container was made: of others none was replaced by a newer one."""
    names = {str(container.get("Image") or "") for container in containers}
    ids = {str(container.get("ImageID")) for container in containers}
    for image in used.get("Images") or ():
        names.update(image.get("RepoTags") or ())
        names.update((image.get("RepoDigests") or ()) if image.get("Id") in ids else ())
    return {repository_of(name) for name in names} - {"", "<none>"}


def _by_digest_alone(image: Mapping[str, Any], tagged: set[str]) -> bool:
    repositories = {repository_of(name) for name in image.get("RepoDigests") or ()} - {"", "<none>"}
    return bool(repositories) and not repositories & tagged


def _repositories(engine: Engine, containers: Sequence[Mapping[str, Any]], references: set[str]) -> set[str]:
    """Where the images of compose services come from: by the names they have, had when recorded, or were pulled by."""
    mine = [container for container in containers if (container.get("Labels") or {}).get(PROJECT)]
    names = {*references, *(str(listed.get("Image") or "") for listed in mine)}
    for id in {str(listed.get("ImageID")) for listed in mine}:
        known = engine.image(id) or {}
        names |= {*(known.get("RepoTags") or ()), *(known.get("RepoDigests") or ())}
    return {repository_of(name) for name in names} - {""}


def _recorded(folder: str) -> tuple[set[str], set[str], list[str]]:
    """Images that recorded releases need, the names these had, and the records that cannot be read."""
    root = Path(folder).expanduser()
    needed: set[str] = set()
    references: set[str] = set()
    unread: list[str] = []
    try:
        projects = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    except FileNotFoundError:
        return needed, references, unread
    except OSError as error:
        return needed, references, [f"{root}: {error.strerror}"]
    for project in projects:
        kept = Snapshots(folder, project)
        for snapshot in kept.newest_first():
            for service in snapshot.services.values():
                needed |= {service.image, *service.mixed}
            references |= {service.reference for service in snapshot.services.values()}
        unread += kept.unread
    return needed, references, unread


def _made(image: Mapping[str, Any]) -> float:
    """When it was made or last named, whichever is later: what was fetched is older than its stay here."""
    times = [image.get("Created"), (image.get("Metadata") or {}).get("LastTagTime")]
    known = [time_made for time_made in (moment(str(text or "")) for text in times) if time_made is not None]
    return max((time_made.timestamp() for time_made in known), default=time.time())


def exited_containers(engine: Engine, used: Mapping[str, Any], device: int, age: float, project: str) -> list[Find]:
    """Containers that ended without an error, long ago, and that are not started again."""
    finds = []
    users = _users(engine)
    scheduled = schedules()
    for listed in used.get("Containers") or ():
        if listed.get("State") not in _ENDED or (project and (listed.get("Labels") or {}).get(PROJECT) != project):
            continue
        raw = engine.inspected(listed["Id"])
        if raw is None:
            continue
        container = container_of(raw)
        size = int(listed.get("SizeRw") or 0) + _log_size(raw, device)
        ended = _ended(raw)
        old = time.time() - ended.timestamp() if ended else 0.0
        finds.append(
            Find(
                CONTAINERS,
                f"container:{container.short}/{int(ended.timestamp()) if ended else 0}",
                f"container {unspaced(container.name)}",
                size,
                f"ended well {span(old)} ago" if ended else "ended",
                "remove",
                _why_kept(raw, container, old, age) or _why_needed(raw, container, users, scheduled),
                {"id": container.id, "ended": ended.isoformat() if ended else ""},
            )
        )
    return finds


def _ended(raw: Mapping[str, Any]) -> datetime | None:
    return moment(str((raw.get("State") or {}).get("FinishedAt") or ""))


def _log_size(raw: Mapping[str, Any], device: int) -> int:
    try:
        figures = os.stat(str(raw.get("LogPath") or ""), follow_symlinks=False)
    except OSError:
        return 0
    return figures.st_blocks * 512 if figures.st_dev == device else 0


def _why_kept(raw: Mapping[str, Any], container: Container, old: float, age: float) -> str:
    labels = (raw.get("Config") or {}).get("Labels") or {}
    policy = str(((raw.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name") or "no")
    if labels.get(SERVICE) and str(labels.get("com.docker.compose.oneoff")) != "True":
        return f"it is {labels[SERVICE]}'s own, which an `up` starts again"
    if container.exit_code != 0:
        return f"it ended with exit code {container.exit_code}, and is evidence of that"
    if policy not in ("no", ""):
        return f"it is to be restarted ({policy})"
    return f"it ended {span(old)} ago, and younger ones than {span(age)} stay" if old < age else ""


def _users(engine: Engine) -> dict[str, str]:
    """Id and name of each container of which another uses the volumes, the network or another namespace: by whom."""
    users: dict[str, str] = {}
    for listed in engine.labelled():
        raw = engine.inspected(listed["Id"]) or {}
        settings = raw.get("HostConfig") or {}
        name = str(raw.get("Name") or "").lstrip("/")
        uses = [str(volumes).partition(":")[0] for volumes in settings.get("VolumesFrom") or ()]
        for mode in ("NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode"):
            kind, dummy, other = str(settings.get(mode) or "").partition(":")
            uses += [other] if kind == "container" else []
        uses += [str(link).partition(":")[0] for link in settings.get("Links") or ()]
        users.update({other.lstrip("/"): name for other in uses if other})
    return users


def _why_needed(raw: Mapping[str, Any], container: Container, users: Mapping[str, str], scheduled: Schedules) -> str:
    """Why an ended container is needed although nothing runs in it."""
    for key, user in users.items():
        if user != container.name and (key == container.name or (len(key) >= _ID and container.id.startswith(key))):
            return f"{user} uses its volumes or its network, or is linked to it"
    volumes = [mount for mount in raw.get("Mounts") or () if mount.get("Type") == "volume" and _anonymous(mount)]
    if volumes:
        return f"its volume {str(volumes[0].get('Name'))[:12]} has no name: without it nothing shows whose data that is"
    created, started = (
        moment(str(raw.get("Created") or "")),
        moment(str((raw.get("State") or {}).get("StartedAt") or "")),
    )
    if created and started and (started - created).total_seconds() > _AGAIN:
        return "it was started again since it was made: a job may start it once more"
    if scheduled.names(container.name, container.short):
        return "cron, a unit of systemd or a script of these names it"
    if scheduled.unread:
        return f"not all that jobs start is known ({scheduled.unread}): one may start it"
    return ""


def _anonymous(mount: Mapping[str, Any]) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{64}", str(mount.get("Name") or "")))


def prune_cache(engine: Engine) -> str:
    freed = engine.prune_builds()
    return f"pruned the build cache, {format_bytes(freed)}"


def remove_image(engine: Engine, handle: Mapping[str, Any]) -> bool:
    """Whether it went; one that has got a name or a container since stays."""
    known = engine.image(handle["id"])
    if known is None or known.get("RepoTags"):
        return False
    named = digests_in(" ".join((str(handle["id"]), *(known.get("RepoDigests") or ()))))
    for container in engine.labelled():
        if named & digests_in(f"{container.get('ImageID')} {container.get('Image')}"):
            return False
    return engine.remove_image(handle["id"])


def remove_container(engine: Engine, handle: Mapping[str, Any]) -> bool:
    """Whether it went; one that ran again since stays."""
    raw = engine.inspected(handle["id"])
    if raw is None or (raw.get("State") or {}).get("Status") not in _ENDED:
        return False
    ended = _ended(raw)
    if (ended.isoformat() if ended else "") != handle["ended"]:
        return False
    container = container_of(raw)
    if _why_needed(raw, container, _users(engine), Schedules("")):
        return False
    return engine.remove_stopped(handle["id"])


def volumes(used: Mapping[str, Any], most: int = 3) -> list[tuple[str, int]]:
    """The biggest, which are never freed here."""
    sized: Iterable[tuple[str, int]] = (
        (str(volume["Name"]), int((volume.get("UsageData") or {}).get("Size") or 0))
        for volume in used.get("Volumes") or ()
    )
    return sorted((pair for pair in sized if pair[1] > 0), key=lambda pair: -pair[1])[:most]
