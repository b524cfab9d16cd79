# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backups by retention. I/O."""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any, Collection, Mapping, Sequence

from ..._compose.container import PROJECT, SERVICE
from ..._compose.io.engine import Engine
from ..._core.errors import HostError, RunbookError
from ..._core.plan import unspaced
from ..._core.text import some, span
from ..._system.io.mounted import Silent, silent_mounts
from ..._system.io.safe_folder import folder
from ..base_backup import is_history, is_segment
from ..chains import Label, why_chained, why_named
from ..holders import place_on_host
from ..other_forms import is_beside, is_no_backup, is_unfinished
from ..reclaim import BACKUPS, Find
from ..retention import Retention, Rule, agreed, judge
from ..series import Backup, Series, series_of
from .backup_files import backup_in, closed_folder, is_backup_folder, label_of, why_unread

_ORDER = re.compile(r"\d\d([-_.])\d\d\1\d{4}")  # a date that begins with the day or with the month


@dataclass(frozen=True)
class Kept:
    """Where backups lie, and which must stay. ``dated_by_name``: a date in a name counts, copied or not."""

    path: str
    pattern: str = "*.sql.gz"
    rule: Rule = field(default_factory=Rule)
    service: str = ""
    project: str = ""
    dated_by_name: bool = False

    @property
    def where(self) -> str:
        return f"{self.service}:{self.path}" if self.service else self.path

    def root(self, engine: Engine | None) -> str:
        """Where the container's files begin; empty on the host itself."""
        if not self.service:
            return ""
        if engine is None:
            raise HostError(f"The backups in {self.where} lie in a container, and the engine could not be asked.")
        return engine.root_of(self.project, self.service)


@dataclass
class _Judged:
    """What one entry makes of its files. By inode: ``go``, with when they were made, and ``stay``."""

    kept: Kept
    go: dict[int, tuple[float, Find]] = field(default_factory=dict)
    stay: dict[int, Find] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Labels:
    """Base backups of a folder, by name; ``unread``: the first of which that is not known, with the reason."""

    known: dict[str, Label] = field(default_factory=dict)
    unread: str = ""


def backups(
    engine: Engine | None, places: Sequence[Kept], device: int, deadline: float
) -> tuple[list[Find], list[str]]:
    """What may go, the oldest first, and notes on what could not be judged, until then (monotonic) at the latest.

    What one entry keeps no other removes, also where their folders are one by another path; nor what an entry may keep
    that cannot be judged. What incremental base backups of any of these folders need stays in all of them.
    """
    entries, notes = [], []
    mounted = silent_mounts()
    labels = [_labels(engine, kept, deadline, mounted) for kept in places]
    unjudged: list[Kept] = []
    for kept, own in zip(places, labels):
        try:
            _answers(kept, mounted)
            entries.append(_judged(engine, kept, device, deadline, own.known, labels, mounted))
            notes += entries[-1].notes
        except RunbookError as error:
            notes.append(str(error))
            unjudged.append(kept)
        except FileNotFoundError as error:
            notes.append(f"the backups in {kept.where} cannot be read ({error.strerror})")
        except OSError as error:
            notes.append(f"the backups in {kept.where} cannot be read ({error.strerror})")
            unjudged.append(kept)
    for entry in entries:
        _spare(engine, entry, unjudged, mounted)
    stay: dict[int, Find] = {}
    for entry in entries:
        for inode, find in entry.stay.items():
            stay.setdefault(inode, find)
    going = agreed((entry.go, entry.stay) for entry in entries)
    go = {inode: pair for entry in entries for inode, pair in entry.go.items() if inode in going}
    oldest_first = [find for dummy, find in sorted(go.values(), key=lambda pair: pair[0])]
    return [*oldest_first, *stay.values()], notes


def _answers(kept: Kept, mounted: Silent) -> None:
    """Raises HostError where the folder lies on a file system that lets all wait that ask it."""
    silent = "" if kept.service else mounted.behind(kept.path)
    if silent:
        raise HostError(f"the backups in {kept.where} cannot be read: {silent} does not answer")


def _labels(engine: Engine | None, kept: Kept, deadline: float, mounted: Silent) -> _Labels:
    """Of each base backup in a folder, whatever its name."""
    labels = _Labels()
    try:
        _answers(kept, mounted)
        with folder(kept.root(engine), kept.path) as handle:
            inside = mounted.inside("" if kept.service else kept.path)
            closed = closed_folder(handle, inside)
            labels.unread = f"{kept.where}/{closed}" if closed else ""
            for backup in listed(handle, "*", inside):
                if is_segment(backup.name):
                    continue
                label, why = label_of(handle, backup, deadline)
                if label is not None:
                    labels.known[backup.name] = label
                if why and not labels.unread:
                    labels.unread = f"{kept.where}/{backup.name}: {why}"
    except FileNotFoundError:
        pass
    except (RunbookError, OSError) as error:
        labels.unread = f"{kept.where} could not be read ({error})"
    return labels


def _spare(engine: Engine | None, entry: _Judged, unjudged: Sequence[Kept], mounted: Silent) -> None:
    """Keep what an entry that cannot be judged may keep: a file that it names, in the same folder."""
    for kept in unjudged:
        silent = not kept.service and mounted.behind(kept.path)
        if (kept.path if silent else _on_host(engine, kept)) != _on_host(engine, entry.kept):
            continue
        for inode, (dummy, find) in list(entry.go.items()):
            if fnmatch(str(find.handle["name"]), kept.pattern):
                why = f"the entry of {kept.where} could not be judged, and may keep it"
                entry.stay[inode] = replace(find, excluded=why)


def _on_host(engine: Engine | None, kept: Kept) -> str:
    """Where on the host the folder of an entry is, or a name of its own in no mount of a container.

    Where that is not known, of a container's folder its own path: it is often mounted at the same one.
    """
    if not kept.service:
        return os.path.realpath(kept.path)
    try:
        containers = engine.labelled() if engine is not None else []
    except RunbookError:
        return kept.path
    mine = [
        container
        for container in containers
        for labels in [container.get("Labels") or {}]
        if labels.get(SERVICE) == kept.service and kept.project in ("", labels.get(PROJECT))
    ]
    places = {place_on_host(kept.path, container.get("Mounts") or ()) for container in mine}
    place = places.pop() if len(places) == 1 else None
    return f"{kept.project}/{kept.where}" if place == "" else os.path.realpath(place or kept.path)


def _judged(
    engine: Engine | None,
    kept: Kept,
    device: int,
    deadline: float,
    known: Mapping[str, Label],
    labels: Sequence[_Labels],
    mounted: Silent,
) -> _Judged:
    """``known``: the base backups of this folder; ``labels``: those of every folder."""
    root, judged = kept.root(engine), _Judged(kept)
    every_label = [label for of_folder in labels for label in of_folder.known.values()]
    unread = next((of_folder.unread for of_folder in labels if of_folder.unread), "")
    with folder(root, kept.path) as handle:
        if os.fstat(handle).st_dev != device:
            judged.notes.append(f"the backups in {kept.where} lie on another file system")
            return judged
        files = listed(handle, kept.pattern, mounted.inside("" if kept.service else kept.path))
        segments = sum(is_segment(backup.name) for backup in files)
        if not files:
            judged.notes.append(f"there is no backup of the form {kept.pattern} in {kept.where}")
        unfinished = sorted(name for name in os.listdir(handle) if fnmatch(name, kept.pattern) and is_unfinished(name))
        if unfinished:
            judged.notes.append(f"{some(unfinished)} in {kept.where} stay: their names say that they are not finished")
        if segments:
            judged.notes.append(f"{segments} segments of write-ahead log in {kept.where} stay: base backups need them")
        linked = _linked(handle, root, kept.path, mounted)
        every = in_series([backup for backup in files if not is_segment(backup.name)], kept.dated_by_name)
        refused: dict[str, list[str]] = {}
        for series in every:
            own = {backup.name: known[backup.name] for backup in series.backups if backup.name in known}
            chained = why_chained(own, every_label, unread) or why_named(series.name, [other.name for other in every])
            retention = (
                Retention((), {}, chained)
                if chained
                else judge(
                    series.backups,
                    kept.rule,
                    time.time(),
                    lambda backup: backup_in(handle, backup, 0.0, deadline),
                    lambda backup: why_unread(handle, backup, deadline),
                )
            )
            in_turn = series.replaced and series.backups[0].named is None  # what replaces it removes it too
            if retention.refused and not (series.unsure or in_turn):
                refused.setdefault(retention.refused, []).append(series.name)
            if retention.note:
                judged.notes.append(f"of {kept.where} ({series.name}) {retention.note}")
            going = {backup.name for backup in retention.go}
            for backup in series.backups:
                why = "" if backup.name in going else retention.stay.get(backup.name) or retention.refused
                why = why or ("a link beside it points to it" if backup.name in linked else "")
                find = _find(kept, root, backup, why, retention.valid)
                if why:
                    judged.stay[backup.inode] = find
                else:
                    judged.go[backup.inode] = (backup.order[0], find)
        judged.notes += [f"no backup of {kept.where} ({some(names)}) may go: {why}" for why, names in refused.items()]
        judged.notes += _unsure(kept, every)
    return judged


def _linked(handle: int, root: str, path: str, mounted: Silent) -> set[str]:
    """Names of files to which a link in the same folder points: it is kept under another name as well."""
    names: set[str] = set()
    with os.scandir(handle) as entries:
        for entry in entries:
            if entry.is_symlink():
                try:
                    folder_of, name = os.path.split(os.readlink(entry.name, dir_fd=handle))
                except FileNotFoundError:
                    continue  # gone since
                if _is_here(handle, root, path, folder_of, mounted):
                    names.add(name)
    return names


def _is_here(handle: int, root: str, path: str, folder_of: str, mounted: Silent) -> bool:
    """Whether a link's folder is the opened one, by its words or, on the host itself, by another path to it."""
    place = os.path.normpath(os.path.join(path, folder_of))
    if root or place == os.path.normpath(path) or mounted.behind(place):
        return place == os.path.normpath(path)
    try:
        return os.path.samestat(os.stat(place), os.fstat(handle))
    except OSError:
        return False


def listed(handle: int, pattern: str, silent: Collection[str] = ()) -> list[Backup]:
    """The files and folders of an opened folder that have such names; links are none, nor those that are ``silent``.

    A checksum or signature of another file is none, nor is what is still being written, nor a history beside segments
    of write-ahead log, nor what a name like README.txt says to be none.
    """
    backups_there = []
    names = set(os.listdir(handle)) - set(silent)
    with os.scandir(handle) as entries:
        for entry in entries:
            if entry.name not in names or not fnmatch(entry.name, pattern):
                continue
            if is_beside(entry.name, names) or is_unfinished(entry.name) or is_history(entry.name):
                continue
            if is_no_backup(entry.name, pattern):
                continue
            try:
                figures = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone since
            if not (stat.S_ISREG(figures.st_mode) or stat.S_ISDIR(figures.st_mode)):
                continue
            is_folder = stat.S_ISDIR(figures.st_mode)
            if is_folder and not is_backup_folder(handle, entry.name):
                continue
            blocks = figures.st_blocks * 512 if figures.st_nlink == 1 and not is_folder else 0
            size = 0 if is_folder else figures.st_size
            backups_there.append(
                Backup(
                    entry.name,
                    size,
                    blocks,
                    figures.st_mtime,
                    figures.st_ino,
                    figures.st_mtime_ns,
                    None,
                    is_folder,
                )
            )
    return backups_there


def in_series(backups_there: Sequence[Backup], dated_by_name: bool) -> list[Series]:
    """By the names and times of all of them; times in names may be of UTC or of this host's zone."""
    zones = sorted({0.0, float(-time.timezone), float(-time.altzone)})
    return series_of(backups_there, dated_by_name, zones)


def _unsure(kept: Kept, every: Sequence[Series]) -> list[str]:
    """Where it is not certain what is one series: one note for all that may be."""
    families: dict[str, list[str]] = {}
    for series in every:
        if series.unsure:
            families.setdefault(series.family, []).extend(series.unsure)
    notes = []
    for family, parts in families.items():
        shown = sorted(set(parts))
        if len(shown) < 2:
            continue
        why = "since the files were changed at other times; where they are dates, set dated_by: name in the entry"
        why += " of backups"
        if any(_ORDER.fullmatch(part) for part in shown):
            why = "since either of two numbers may be the day: have the job write YYYY-MM-DD"
        notes.append(
            f"no backup of {kept.where} ({family}) may go for another of these: whether {some(shown, 3)} are dates,"
            f" times or names is not certain, {why}"
        )
    return notes


def _find(kept: Kept, root: str, backup: Backup, why: str, valid: Sequence[Backup]) -> Find:
    old = span(max(0.0, time.time() - backup.at))
    return Find(
        BACKUPS,
        f"backup:{unspaced(kept.where)}/{unspaced(backup.name)}@{backup.inode}-{backup.size}-{backup.changed}",
        f"backup {kept.where}/{backup.name}",
        backup.blocks,
        f"{old} old, and {kept.rule.keep} newer ones are valid",
        "delete",
        why,
        {
            "root": root,
            "path": kept.path,
            "name": backup.name,
            "is": _identity(backup),
            "valid": [(newer.name, _identity(newer)) for newer in valid],
        },
    )


def _identity(backup: Backup) -> tuple[int, int, int]:
    return backup.inode, backup.size, backup.changed


def delete(handle: Mapping[str, Any]) -> bool:
    """Delete one backup that is still the very file, if those for which it may go are still there; whether it went."""
    try:
        with folder(handle["root"], handle["path"]) as place:
            for name, identity in [*handle["valid"], (handle["name"], handle["is"])]:
                figures = os.stat(name, dir_fd=place, follow_symlinks=False)
                size = 0 if stat.S_ISDIR(figures.st_mode) else figures.st_size
                if (figures.st_ino, size, figures.st_mtime_ns) != identity:
                    return False
            os.unlink(handle["name"], dir_fd=place)
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise HostError(
            f"The backup {handle['path']}/{handle['name']} could not be deleted: {error.strerror}."
        ) from None
