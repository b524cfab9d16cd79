# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a log and its evidence are what was written. I/O; what a chain is is `hash_chain`'s."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Mapping, Sequence

from ..._core.errors import InputError, LogError
from ..event import usable_id
from ..hash_chain import Break, Chain, Head, Verification, VerifyReport, head_of, read_chain, verify_report
from .folder import has_log, log_paths
from .log import missing_incident

_BLOCK = 1 << 20


def verify(log: str, id: str, heads: Sequence[str]) -> VerifyReport:
    """What incident_verify returns; see its documentation. Raises InputError for what is no head."""
    read = [head_of(text) for text in heads]
    if None in read:
        wrong = heads[read.index(None)]
        raise InputError(f"heads: {wrong!r} is no head such as 17:ab12cd34ef56 (number and hash). Nothing was read.")
    present = [head for head in read if head is not None]
    if id:
        return verify_report({id: _named(Path(log).expanduser(), id, present)})
    if present:
        raise InputError("heads are those of one incident: name it with id. Nothing was read.")
    return _all(Path(log).expanduser())


def _named(folder: Path, incident_id: str, heads: Sequence[Head]) -> Verification:
    """The incident of this id. ``heads``: of it, kept elsewhere."""
    path = folder / f"{incident_id}.jsonl"
    if not usable_id(incident_id) or not has_log(path):
        raise missing_incident(folder, incident_id)
    return _verify(path, heads)


def _all(folder: Path) -> VerifyReport:
    """Each incident of the log. One that cannot be read keeps no other from being verified."""
    incidents: dict[str, Verification] = {}
    unread: list[str] = []
    for path in log_paths(folder):
        try:
            if has_log(path):
                incidents[path.stem] = _verify(path, ())
        except LogError as error:
            unread.append(f"{path.stem}: {error}")
    return verify_report(incidents, unread)


def _verify(path: Path, heads: Sequence[Head]) -> Verification:
    kept: list[tuple[int, int, Mapping[str, Any]]] = []

    def keep(event: dict[str, Any]) -> None:
        note = event.get("note")
        if event["kind"] == "evidence" and isinstance(note, Mapping) and "file" in note:
            kept.append((chain.lines, chain.seq, note))

    chain = Chain(heads, keep)
    try:
        with path.open("rb", buffering=_BLOCK) as file:
            read_chain(file, chain)
        breaks = [_of_evidence(path.parent, *entry) for entry in kept]
    except OSError as error:
        place = error.filename or path  # the log, or the evidence beside it
        raise LogError(f"Could not read {place}: {error.strerror or error}.", path=str(path)) from None
    found = [entry for entry in (*breaks, chain.first_break) if entry is not None]
    found.sort(key=lambda entry: (entry["line"] or chain.lines + 1, bool(entry["evidence"])))
    return {
        "head": chain.head,
        "lines": chain.lines,
        "chained": chain.chained,
        "torn": chain.torn,
        "not_checked": chain.not_checked,
        "evidence_files": len(kept),
        "first_break": found[0] if found else None,
    }


def _of_evidence(folder: Path, line: int, seq: int, note: Mapping[str, Any]) -> Break | None:
    """What is wrong with a file that an event names; None where it is what was kept."""
    name = str(note["file"])
    what = ""
    parts = Path(name).parts
    if len(parts) != 2 or ".." in parts or Path(name).is_absolute():
        what = "its name is none that was written"
    else:
        try:
            data = _digest(folder / name)
        except FileNotFoundError:
            what = "the file is missing"
        else:
            what = "" if data == note.get("sha256") else "the file was changed: its SHA-256 is another"
    return {"line": line, "seq": seq, "evidence": name, "what": what} if what else None


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            if not block:
                return digest.hexdigest()
            digest.update(block)
