# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The incident log: one append-only file of JSON lines per incident, evidence in files beside it. I/O.

Several hosts and operators may write at the same time: the file is locked, and the lines of one call are written at
once, each with its place in the chain. Evidence is on the disk before the event that names it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Sequence, Union

from ..._core.errors import InputError, LogError
from ..._core.text import printable, shortened
from ..event import Event, EventReport, EvidenceFile, WrittenReport, read_events, usable_id, why_unusable
from ..hash_chain import Head, digest_of, head_at, read_event, sealed
from .folder import has_log, log_paths, remedy
from .share import OWNER_ALONE, Share, sync_folder

_WIDE = 120  # characters of an id that is none, in its refusal
_BLOCK = 65536  # bytes read at once from the end of a log
OPENING = ".opening.lock"  # held while a new incident gets its first events
_GIVING = 0.5  # seconds within which a login that lives has given a file that it made to the group
# Events that depend on what the log says: asked with its events while no one else can write. What it raises is raised.
Decide = Callable[[Sequence[EventReport]], Sequence[Event]]
_Events = Union[Sequence[Event], Decide]
NOTHING: WrittenReport = {
    "path": "", "id": "", "joined": False, "why": "", "opened": False, "evidence": None, "intended": "",
    "head": {"seq": 0, "hash": ""},
}  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """A log at one moment. ``torn``: lines that could not be read; ``size``: in bytes; ``last``: SHA-256 of the last
    line, an event or not."""

    events: list[EventReport]
    torn: int
    head: Head
    size: int
    last: str


class _End(NamedTuple):
    """The end of a log: its last line, the number of the last event, and whether the last line is incomplete."""

    line: bytes
    seq: int
    is_torn: bool


def append(
    directory: str,
    incident_id: str,
    opening: Callable[[], Event],
    events: _Events,
    evidence: dict[str, Any] | None,
    share: Share = OWNER_ALONE,
    *,
    create: bool = True,
    about: Sequence[bytes] = (),
    joins: Callable[[Path], tuple[str, str]] | None = None,
) -> WrittenReport:
    """Write ``events`` to the incident's file; a new file begins with the ``opening`` event. Where none are to be
    written, nothing is.

    Evidence becomes ``<id>.evidence/<nnn>-<host>.json``; the event of kind ``evidence`` carries its
    name, size and SHA-256. Returns the paths, and the head of the log after it. Without ``create`` an incident that
    does not exist stays so, and nothing is written. ``joins``: asked before a new file is made, with the folder locked,
    for the id of an incident that the events belong to, and why; empty: none. ``about``: of the log only lines with one
    of these are read for what ``events`` decides; empty: all.
    """
    if not usable_id(incident_id):
        raise InputError(f"{why_unusable(incident_id)} Nothing was written.")
    folder = Path(directory).expanduser()
    path = folder / f"{incident_id}.jsonl"
    if not create and not has_log(path):
        return NOTHING
    try:
        share.folder(folder, parents=True)
        if joins is None or has_log(path):
            return _locked_write(path, opening, events, evidence, share, about)
        with _opens(folder, share):
            other, why = ("", "") if has_log(path) else joins(folder)
            path = folder / f"{other}.jsonl" if other else path
            written = _locked_write(path, opening, events, evidence, share, about)
            return {**written, "joined": bool(other), "why": why}
    except OSError as error:
        raise LogError(
            f"Could not write to the incident log {path}: {error.strerror or error}. {remedy(path, error)}",
            path=str(path),
        ) from None


@contextmanager
def _opens(folder: Path, share: Share) -> Iterator[None]:
    """Be the only one who opens an incident: of two with one scope the second one must see the first one's."""
    handle = _opening_lock(folder, share)
    try:
        yield
    finally:
        os.close(handle)


def _opening_lock(folder: Path, share: Share) -> int:
    """The lock of the folder, held."""
    path = folder / OPENING
    while True:
        handle = _lock_file(path, share)
        try:
            _as_folder(handle, folder)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_at(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # it was replaced meanwhile


def _lock_file(path: Path, share: Share) -> int:
    """One that is closed to this login, in a folder that is not, is of a login that was killed before it could give it
    to the group. It was never held, and another one takes its place."""
    try:
        return share.opened(path)
    except PermissionError:
        place = path.parent.stat()
        with suppress(FileNotFoundError):
            closed = path.stat()
            if not place.st_mode & 0o020 or closed.st_mode & 0o020:
                raise
            time.sleep(_GIVING)
            if os.path.samestat(closed, path.stat()) and not path.stat().st_mode & 0o020:
                path.unlink()
    return share.opened(path)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _as_folder(handle: int, folder: Path) -> None:
    """The lock can be taken by every login that may write the folder, not by its first one alone."""
    place, own = folder.stat(), os.fstat(handle)
    if place.st_mode & 0o020 and own.st_uid == os.geteuid() and not own.st_mode & 0o020:
        os.fchown(handle, -1, place.st_gid)
        os.fchmod(handle, 0o660)


def _locked_write(
    path: Path,
    opening: Callable[[], Event],
    events: _Events,
    evidence: dict[str, Any] | None,
    share: Share,
    about: Sequence[bytes],
) -> WrittenReport:
    handle = share.opened(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return _write(handle, path, opening, events, evidence, share, about)
    finally:
        os.close(handle)


def read(directory: str, incident_id: str) -> tuple[list[EventReport], int]:
    """The incident's events in order, and how many lines could not be read."""
    found = snapshot(directory, incident_id)
    return found.events, found.torn


def snapshot(directory: str, incident_id: str) -> Snapshot:
    """The incident's log as it is now, all of it from one reading."""
    folder = Path(directory).expanduser()
    path = folder / f"{incident_id}.jsonl"
    if not usable_id(incident_id) or not has_log(path):
        raise missing_incident(folder, incident_id)
    try:
        return _snapshot(path.read_bytes())
    except OSError as error:
        raise LogError(f"Could not read {path}: {error.strerror or error}.", path=str(path)) from None


def _snapshot(data: bytes) -> Snapshot:
    lines = data.split(b"\n")
    if not lines[-1]:
        del lines[-1]
    events, torn = read_events(lines)
    event = next((line for line in reversed(lines) if read_event(line) is not None), b"")
    seq = (events[-1]["seq"] or len(events)) if events else 0
    return Snapshot(events, torn, head_at(seq, event), len(data), digest_of(lines[-1]) if lines else "")


def missing_incident(folder: Path, incident_id: str) -> InputError:
    """The refusal for an incident that is not in the log, with those that are."""
    known = [path.stem for path in log_paths(folder)[-3:]]
    return InputError(
        f"There is no incident {shortened(printable(incident_id), _WIDE)!r} in {folder}."
        + (f" The last ones are: {', '.join(known)}." if known else " The log is empty.")
        + " Set incident_id to one of the log. Nothing was done."
    )


def ids(directory: str) -> list[str]:
    """The ids of all incidents of the log, the one that was written last first; none if there is no log."""
    folder = Path(directory).expanduser()
    try:
        written = {path.stem: path.stat().st_mtime for path in log_paths(folder) if has_log(path)}
    except OSError as error:
        raise LogError(f"Could not read {folder}: {error.strerror or error}.", path=str(folder)) from None
    return sorted(written, key=lambda name: (written[name], name), reverse=True)


def _write(
    handle: int,
    path: Path,
    opening: Callable[[], Event],
    events: _Events,
    evidence: dict[str, Any] | None,
    share: Share,
    about: Sequence[bytes],
) -> WrittenReport:
    size = os.fstat(handle).st_size
    end = _end(handle, size)
    chosen = events(_events_of(handle, size, about)) if callable(events) else events
    # Also behind a first write that was interrupted: without its opening an incident has no hosts and no messages.
    opens = not end.seq
    written: list[Event] = [opening()] if opens else []
    kept = None
    for event in chosen:
        if event.kind == "evidence" and evidence is not None:
            kept = _keep(path, event, evidence, share)
            written.append(replace(event, note={**event.note, **kept}))
        else:
            written.append(event)
    if not written:
        return NOTHING
    lines: list[bytes] = []
    before = end.line
    for seq, event in enumerate(written, end.seq + 1):
        before = sealed(event.as_dict(), seq, digest_of(before))
        lines.append(before)
    # An interrupted write (full disk, power) left half a line: begin on a line of our own.
    data = (b"\n" if end.is_torn else b"") + b"".join(line + b"\n" for line in lines)
    _write_whole(handle, data)
    intended = [event.as_dict()["at"] for event in chosen if event.kind == "intended"]
    return {
        "path": str(path),
        "id": path.stem,
        "joined": False,
        "why": "",
        "opened": opens,
        "evidence": kept,
        "intended": intended[-1] if intended else "",
        "head": head_at(end.seq + len(lines), before),
    }


def _events_of(handle: int, size: int, about: Sequence[bytes]) -> list[EventReport]:
    data = b""
    while len(data) < size:
        block = os.pread(handle, size - len(data), len(data))
        if not block:
            break
        data += block
    lines = data.split(b"\n")
    return read_events([line for line in lines if any(word in line for word in about)] if about else lines)[0]


def _end(handle: int, size: int) -> _End:
    """Read from the end of the file until an event with a number is there; a log without any is counted."""
    length = min(size, _BLOCK)
    while True:
        data = os.pread(handle, length, size - length)
        is_torn = bool(data) and not data.endswith(b"\n")
        lines = (data if is_torn else data[:-1]).split(b"\n")
        complete = lines if length == size else lines[1:]  # the first one may begin before this block
        numbers = (event.get("seq") for event in map(read_event, reversed(complete)) if event is not None)
        # A line that was written by hand may have any number; the next event must have one.
        seq = next((number for number in numbers if isinstance(number, int) and number > 0), None)
        if length == size:
            events = sum(read_event(line) is not None for line in lines)
            return _End(lines[-1], events if seq is None else seq, is_torn)
        if seq is not None:
            return _End(lines[-1], seq, is_torn)
        length = min(size, length * 8)


def _keep(path: Path, event: Event, evidence: dict[str, Any], share: Share) -> EvidenceFile:
    folder = path.with_suffix(".evidence")
    share.folder(folder)
    host = "".join(c if c.isalnum() or c in "._-" else "_" for c in event.host) or "host"
    data = json.dumps(evidence, indent=1, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")
    handle, target = _new_file(folder, host)
    try:
        share.file(handle, writable=False)
        _write_whole(handle, data)
    finally:
        os.close(handle)
    sync_folder(folder)
    return {
        "file": f"{folder.name}/{target.name}",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _new_file(folder: Path, host: str) -> tuple[int, Path]:
    """A file with the next number, behind all that are there, also where some were removed."""
    numbers = [path.name.partition("-")[0] for path in folder.iterdir()]
    number = max([len(numbers), *(int(number) for number in numbers if number.isdecimal())]) + 1
    while True:
        target = folder / f"{number:03d}-{host}.json"
        try:
            return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), target
        except FileExistsError:
            number += 1


def _write_whole(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)
