# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a log, and writes its pages beside it. I/O."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Mapping

from ..._core.errors import LogError
from ..._incident.io.log import read
from ..._incident.io.share import Share
from ..._incident.io.verify import verify
from ..postmortem import PostmortemReport, lines_of, postmortem
from ..public_view import PublicWords


def write_postmortem(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """What incident_postmortem returns; see its documentation. In check mode nothing is written."""
    log, incident = params["log"], params["id"]
    events, torn = read(log, incident)
    verification = verify(log, incident, params["heads"])["incidents"][incident]
    words = PublicWords(*(_texts(params[option]) for option in ("public_words", "public_requests")))
    facts, files = postmortem(incident, events, torn, verification, params["views"], words)
    folder = Path(log).expanduser() / f"{incident}.postmortem"
    changed = write_files(folder, files, Share(params["group"]), check_mode)
    paths = [str(folder / name) for name in files]
    report: PostmortemReport = {**facts, "paths": paths, "lines": lines_of(facts, paths)}
    return {"changed": changed, **report}


def _texts(given: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(text) for name, text in given.items()}


def write_files(folder: Path, files: Mapping[str, str], share: Share, check_mode: bool) -> bool:
    """Write what differs from what is there, and return whether anything does. A reader never sees half a file."""
    try:
        data = {folder / name: text.encode("utf-8", "backslashreplace") for name, text in files.items()}
        stale = {path: text for path, text in data.items() if not path.is_file() or path.read_bytes() != text}
        if stale and not check_mode:
            share.folder(folder)
            for path, text in stale.items():
                _replace(path, text, share)
    except OSError as error:
        raise LogError(
            f"Could not write the page {error.filename or folder}: {error.strerror or error}. The log itself was not"
            " touched. Check the owner of the folder and the disk.",
            path=str(folder),
        ) from None
    return bool(stale)


def _replace(path: Path, data: bytes, share: Share) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            share.file(handle, writable=True)
            while data:
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)
        os.replace(part, path)
    finally:
        if part.exists():
            part.unlink()
