# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which folders and files hold the space of a disk, and whose they are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from .._core.units import MIB
from .._system.counters import Filesystem
from .reclaim import FEW_INODES, Explained, Goal, explained, format_bytes

FOLDER = "folder"
_MOST = 5  # folders and files that are shown
_LEFT = 16 * MIB
_FULL = 0.95  # used share of a file system
_LEAST = 0.05  # of what is used: less explains nothing
_MAIN = 0.8  # of a folder: where one of its folders holds so much, that one is shown
_DATA, _WAL, _ARCHIVE, _TABLESPACE = "data directory", "write-ahead log", "archive of write-ahead log", "tablespace"


@dataclass(frozen=True)
class Owner:
    """What uses a folder, the nearest above or below it. ``path``: where on the host; ``inside``: in its container."""

    path: str
    name: str
    inside: str = ""


def place_on_host(path: str, mounts: Iterable[Mapping[str, Any]]) -> str | None:
    """Where on the host a folder of a container lies, by its mounts; empty: in none of them, None: it is not known.

    >>> place_on_host("/backups/daily", [{"Source": "/srv/b", "Destination": "/backups"}])
    '/srv/b/daily'
    """
    above = [
        mount
        for mount in mounts
        for inside in [str(mount.get("Destination") or "").rstrip("/")]
        if inside and (path == inside or path.startswith(inside + "/"))
    ]
    if not above:
        return ""
    mount = max(above, key=lambda mount: len(str(mount["Destination"])))
    source = str(mount.get("Source") or "")
    return source.rstrip("/") + path[len(str(mount["Destination"]).rstrip("/")) :] if source.startswith("/") else None


def fullest_of(systems: Sequence[Filesystem], goal: Goal) -> str:
    """Where the fullest file system is mounted, by bytes or by inodes; of those that miss the goal, if any does.

    Of several that are full it is the root file system, else the largest. One that is smaller than a goal in bytes
    never meets it, and is short only if it is full.
    """
    short = [system for system in systems if _is_short(system, goal)]
    ordered = sorted(short or systems, key=lambda system: (-_used(system), system["mount"] != "/", -system["size"]))
    return ordered[0]["mount"] if ordered else "/"


def _used(system: Filesystem) -> float:
    """Used share; all of it where there is no room for a file of write-ahead log: a database stands then, however large
    its disk is."""
    if system["free"] < min(_LEFT, system["size"] / 10):
        return 1.0
    return max(system["used_share"], system["inodes_used_share"] or 0.0)


def _is_short(system: Filesystem, goal: Goal) -> bool:
    if (system["inodes_used_share"] or 0.0) >= FEW_INODES:
        return True
    if goal.bytes:
        return system["free"] < goal.bytes and (goal.bytes < system["size"] or system["used_share"] > _FULL)
    return 1 - system["used_share"] < goal.share


def biggest(own: Mapping[str, int], files: Sequence[tuple[int, str]], root: str, used: int) -> list[tuple[int, str]]:
    """Folders and files that hold most, as (bytes, path), each as far down as one of them holds nearly all.

    ``own``: bytes of the files directly in each folder; ``files``: the biggest ones.
    """
    totals: dict[str, int] = {}
    for folder, size in own.items():
        above = folder
        while True:
            totals[above] = totals.get(above, 0) + size
            if above == root or "/" not in above.strip("/"):
                break
            above = above.rpartition("/")[0] or "/"
    inner: dict[str, int] = {}
    for folder, size in totals.items():
        above = folder.rpartition("/")[0] or "/"
        if folder != root:
            inner[above] = max(inner.get(above, 0), size)
    least = max(1, _LEAST * used)
    kept = [
        (size, folder)
        for folder, size in totals.items()
        if size >= least and inner.get(folder, 0) < _MAIN * size and folder != root
    ]
    kept += [(size, path) for size, path in files if size >= least]
    kept.sort(key=lambda pair: (-pair[0], pair[1]))
    # A folder of which a file that is shown holds nearly all explains nothing more.
    return [
        (size, path)
        for size, path in kept
        if not any(file.startswith(path.rstrip("/") + "/") and held >= _MAIN * size for held, file in files)
    ][:_MOST]


@dataclass(frozen=True)
class ServerFolders:
    """Folders of PostgreSQL: data directories, those of its write-ahead log, and archives of that."""

    data: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()


def explain(
    places: Iterable[tuple[int, str]], owners: Sequence[Owner], servers: ServerFolders, whole: bool
) -> list[Explained]:
    """One entry for each place. ``whole``: all was counted."""
    counted = "" if whole else ", of what could be counted in time"
    entries = []
    for size, path in places:
        owner, kind = _owner_of(path, owners), _kind_of(path, servers)
        whose = f", of {owner.name}" + (f" ({owner.inside})" if owner.inside else "") if owner else ""
        what = f" ({kind} of PostgreSQL)" if kind else ""
        entries.append(
            explained(FOLDER, f"{path}{what} holds {format_bytes(size)}{whose}{counted}", size, _remedy(kind))
        )
    return entries


def _owner_of(path: str, owners: Sequence[Owner]) -> Owner | None:
    """The nearest above it, else one that lies in it."""
    above = [owner for owner in owners if path == owner.path or path.startswith(owner.path.rstrip("/") + "/")]
    below = [owner for owner in owners if owner.path.startswith(path.rstrip("/") + "/")]
    return max(above, key=lambda owner: len(owner.path), default=None) or next(iter(below), None)


def _kind_of(path: str, servers: ServerFolders) -> str:
    for kind, folders in ((_WAL, servers.logs), (_ARCHIVE, servers.archives), (_DATA, servers.data)):
        if any(path == folder or path.startswith(f"{folder}/") for folder in folders):
            return kind
    return _TABLESPACE if "/PG_" in f"{path}/" and path.rpartition("/PG_")[2][:2].isdigit() else ""


def _remedy(kind: str) -> str:
    if kind == _WAL:
        return (
            "never remove files of pg_wal by hand: find what keeps it (an inactive replication slot, archive_command,"
            " wal_keep_size), or extend the disk; then the server starts again"
        )
    if kind == _ARCHIVE:
        return (
            "keep what the oldest base backup that stays needs: pg_archivecleanup FOLDER SEGMENT removes what is older"
            " than that segment; check that base backups are made"
        )
    if kind:
        return "extend the disk, or drop what is not needed with SQL; never remove files of a data directory by hand"
    return "check with its owner what of it may go"
