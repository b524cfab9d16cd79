# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status of incidents, from their logs and from the index. I/O.

The index keeps the status of incidents that have ended. It is a cache and nothing else: an entry counts only while the
log has the size and the last line that it had, and the whole of it only while it is as it was written. It may be
deleted at any time; one that cannot be written is not.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Sequence

from ..._core.errors import RunbookError
from ..._incident.event import EventReport
from ..._incident.hash_chain import digest_of
from ..._incident.held import held_plans
from ..._incident.io.folder import log_paths
from ..._incident.io.log import snapshot
from ..._incident.io.verify import verify
from ..._incident.timeline import lines_of_timeline
from ..checklist import SiteRules, checklist_of
from ..deadlines import overdue
from ..standing import IncidentStatus, StatusReport, is_open, lines_of_status, status_of
from .site_rules import DueRules, due_rules

INDEX = ".index.json"
# The version of the collection that made the entries: another one may read the same events as another status. The
# number is of what changes within a version.
MADE_BY = "0.2.0"
_FORMAT = 3
# What a line that was written by hand may lead to: the incident is named as not read, and the others are shown.
_UNREADABLE = (OSError, RunbookError, TypeError, ValueError, KeyError, AttributeError)
_END = 65536  # bytes of the end of a log in which its last line is looked for


class _Mark(NamedTuple):
    """By which a log is known again: its size in bytes, and the SHA-256 of its last line."""

    size: int
    last: str


_EMPTY = _Mark(0, digest_of(b""))


def incident_status(
    log: str,
    id: str = "",
    closed: bool = False,
    index: bool = True,
    *,
    check_mode: bool = False,
    hours: Any = None,
    public_every: Any = None,
    public_scenarios: Sequence[str] = (),
    soak: float = 600,
) -> StatusReport:
    """What incident_status returns; see its documentation. ``check_mode``: the index is read and not written."""
    folder = Path(log).expanduser()
    working = due_rules(hours or {}, public_every or {}, public_scenarios)
    report: StatusReport = {
        "incidents": [], "closed": 0, "cached": 0, "timeline": [], "first_break": None, "checklist": [],
        "unread": [], "lines": [],
    }  # fmt: skip
    if id:
        status, events, dummy = _status(folder, id, working)
        report["incidents"], report["timeline"] = [status], lines_of_timeline(id, events, held_plans(events))
        report["first_break"] = verify(log, id, ())["incidents"][id]["first_break"]
        rules = SiteRules(datetime.now(timezone.utc), timedelta(seconds=soak), working.outside.scenarios)
        report["checklist"] = checklist_of(events, report["first_break"] is None, rules)
    else:
        _read_all(folder, report, closed, working, index=index, keeps=index and not check_mode)
    report["lines"] = [*lines_of_status(report, bool(id)), *working.problems]
    return report


def _read_all(folder: Path, report: StatusReport, closed: bool, working: DueRules, *, index: bool, keeps: bool) -> None:
    """``index``: whether the index is read; ``keeps``: whether it is written."""
    names = [path.stem for path in reversed(log_paths(folder))]
    known = _load(folder) if index else {}
    fresh: dict[str, Any] = {}
    for name in names:
        try:
            mark = _mark(folder / f"{name}.jsonl")
            if mark == _EMPTY:
                continue  # its first write was interrupted before it began
            entry = known.get(name)
            status = entry["status"] if entry and entry["mark"] == list(mark) else None
            report["cached"] += status is not None
            if status is None:
                status, dummy, mark = _status(folder, name, working)
                if not status["events"]:
                    report["unread"].append(f"{name}: no event could be read")
                    continue
        except _UNREADABLE as error:
            report["unread"].append(f"{name}: {getattr(error, 'strerror', None) or error}")
            continue
        if not is_open(status):
            report["closed"] += 1
            fresh[name] = {"mark": list(mark), "status": status}
        if closed or is_open(status):
            report["incidents"].append(status)
    report["incidents"].sort(key=lambda status: (status["last_at"], status["id"]), reverse=True)
    if keeps and fresh != known:
        _save(folder, fresh)


def _status(folder: Path, name: str, working: DueRules) -> tuple[IncidentStatus, list[EventReport], _Mark]:
    """The status, its events and the mark, all of one reading: the log may be written meanwhile."""
    found = snapshot(str(folder), name)
    status = status_of(name, found.events, found.torn, found.head)
    late = overdue(found.events, datetime.now(timezone.utc), working.hours, working.outside)
    return {**status, "overdue": late}, found.events, _Mark(found.size, found.last)


def _mark(path: Path) -> _Mark:
    if not path.is_file():
        return _Mark(0, "")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = min(size, _END)
        while True:
            data = os.pread(file.fileno(), length, size - length)
            lines = data.rstrip(b"\n").rsplit(b"\n", 1)
            if len(lines) == 2 or length == size:
                return _Mark(size, digest_of(lines[-1]))
            length = min(size, length * 8)


def _load(folder: Path) -> dict[str, Any]:
    """The entries of the index; none where there is no index, or none that is as this version has written it."""
    try:
        head, dummy, body = (folder / INDEX).read_bytes().partition(b"\n")
        entries = json.loads(body) if head == _head_of(body) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _head_of(body: bytes) -> bytes:
    """The first line of the index: who made it, the fields that a status has, and the hash of the rest."""
    fields = digest_of(" ".join(IncidentStatus.__annotations__).encode("ascii"))
    return f"{MADE_BY}/{_FORMAT} {fields[:16]} {digest_of(body)}".encode("ascii")


def _save(folder: Path, entries: Mapping[str, Any]) -> None:
    """Replace the index as a whole. It has the mode of the folder's files: a reader of the log can read it."""
    with suppress(OSError):
        handle, path = tempfile.mkstemp(prefix=INDEX, dir=str(folder))
        try:
            body = json.dumps(entries, separators=(",", ":")).encode("ascii")
            with os.fdopen(handle, "wb") as file:
                file.write(_head_of(body) + b"\n" + body)
            place = folder.stat()
            with suppress(OSError):
                os.chown(path, -1, place.st_gid)
                os.chmod(path, 0o660 if place.st_mode & 0o020 else 0o600)
            os.replace(path, folder / INDEX)
        except BaseException:
            os.unlink(path)
            raise
