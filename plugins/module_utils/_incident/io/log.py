# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The incident log: one append-only file of JSON lines per incident, evidence in files beside it. I/O.

Several hosts and operators may write at the same time: the file is locked, and a line is written at once. Evidence is
on the disk before the event that names it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Callable, Sequence

from ..._core.errors import InputError, LogError
from ..event import Event, EventReport, EvidenceFile, WrittenReport, read_events, usable_id


def append(
    directory: str,
    incident_id: str,
    opening: Callable[[], Event],
    events: Sequence[Event],
    evidence: dict[str, Any] | None,
) -> WrittenReport:
    """Write ``events`` to the incident's file; a new file begins with the ``opening`` event.

    Evidence becomes ``<id>.evidence/<nnn>-<host>.json``; the event of kind ``evidence`` carries its
    name, size and SHA-256. Returns the paths.
    """
    if not usable_id(incident_id):
        raise InputError(
            f"{incident_id!r} is no valid incident id: use letters, digits, '.', '_' and '-', at most 100 characters. "
            "Nothing was written."
        )
    folder = Path(directory).expanduser()
    path = folder / f"{incident_id}.jsonl"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            return _write(handle, path, opening, events, evidence)
        finally:
            os.close(handle)
    except OSError as error:
        raise LogError(
            f"Could not write to the incident log {path}: {error.strerror or error}. Check the folder's owner "
            "and the disk, or set runbook_incident_log to a folder that can be written.",
            path=str(path),
        ) from None


def read(directory: str, incident_id: str) -> tuple[list[EventReport], int]:
    """The incident's events in order, and how many lines could not be read."""
    path = Path(directory).expanduser() / f"{incident_id}.jsonl"
    if not usable_id(incident_id) or not path.is_file():
        known = sorted(file.stem for file in path.parent.glob("*.jsonl"))[-3:] if path.parent.is_dir() else []
        raise InputError(
            f"There is no incident {incident_id!r} in {path.parent}."
            + (f" The last ones are: {', '.join(known)}." if known else " The log is empty.")
            + " Set incident_id to one of the log. Nothing was done."
        )
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return read_events(file)
    except OSError as error:
        raise LogError(f"Could not read {path}: {error.strerror or error}.", path=str(path)) from None


def _write(
    handle: int,
    path: Path,
    opening: Callable[[], Event],
    events: Sequence[Event],
    evidence: dict[str, Any] | None,
) -> WrittenReport:
    size = os.fstat(handle).st_size
    lines = [] if size else [opening().as_line()]
    kept = None
    for event in events:
        if event.kind == "evidence" and evidence is not None:
            kept = _keep(path, event, evidence)
            note = {**event.note, **kept}
            lines.append(Event(event.kind, event.at, event.by, event.host, note).as_line())
        else:
            lines.append(event.as_line())
    # An interrupted write (full disk, power) left half a line: begin on a line of our own.
    torn = size and os.pread(handle, 1, size - 1) != b"\n"
    data = ("\n" if torn else "") + "".join(line + "\n" for line in lines)
    _write_whole(handle, data.encode())
    intended = [event.as_dict()["at"] for event in events if event.kind == "intended"]
    return {"path": str(path), "opened": not size, "evidence": kept, "intended": intended[-1] if intended else ""}


def _keep(path: Path, event: Event, evidence: dict[str, Any]) -> EvidenceFile:
    folder = path.with_suffix(".evidence")
    folder.mkdir(mode=0o700, exist_ok=True)
    number = len(list(folder.iterdir())) + 1
    host = "".join(c if c.isalnum() or c in "._-" else "_" for c in event.host) or "host"
    target = folder / f"{number:03d}-{host}.json"
    data = json.dumps(evidence, indent=1, ensure_ascii=False).encode()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _write_whole(handle, data)
    finally:
        os.close(handle)
    return {
        "file": f"{folder.name}/{target.name}",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _write_whole(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)
