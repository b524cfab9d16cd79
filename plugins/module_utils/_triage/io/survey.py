# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One look at everything that a host can tell, its parts beside each other. I/O.

A part that fails says why and takes nothing from the others: in an incident something always fails.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any, Callable, Iterable, Mapping, Sequence

from ..._compose.container import moment
from ..._compose.io import git
from ..._compose.project_ref import Source
from ..._core.errors import RunbookError
from ..._core.redaction import redacted

_DAY = 86400.0
_COMMITS = 5
_TOGETHER = 120.0  # seconds between what was made, one after the other, in one deployment
Part = Callable[..., Mapping[str, Any]]
FIRST = "services"


def survey(parts: Mapping[str, Part], after: Mapping[str, Part], here: Mapping[str, Part]) -> dict[str, Any]:
    """What each part says. Those of ``after`` are given what ``services`` said, or {}.

    ``here`` are asked in this very thread, which may enter other networks, the others beside it; every thread is
    started before, so that none begins in somebody else's network.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(parts) + len(after))) as pool:
        asked = {name: pool.submit(_told, part) for name, part in parts.items()}
        first = asked.get(FIRST)
        later = {name: pool.submit(_after, part, first) for name, part in after.items()}
        found = {name: _told(part) for name, part in here.items()}
        return {**{name: one.result() for name, one in (*asked.items(), *later.items())}, **found}


def _after(part: Part, first: Future[dict[str, Any]] | None) -> dict[str, Any]:
    return _told(part, first.result() if first else {})


def _told(part: Part, *given: Any) -> dict[str, Any]:
    began = time.monotonic()
    try:
        return {**part(*given), "seconds": round(time.monotonic() - began, 2)}
    except RunbookError as error:
        return {"trouble_reading": str(error), "error": type(error).__name__}


def changes(services: Mapping[str, Any], given: Source) -> dict[str, Any]:
    """What is another than a day ago, the newest first: commits, images, containers made anew, files.

    ``services``: what compose_info returns; where it could not be asked, the checkout and the files are those that
    were ``given``. ``unknown``: what could not be looked at, which is not the same as nothing.
    """
    now = time.time()
    found, unknown = [], []
    project = services.get("project") or {"files": given.files, "env_files": given.env_files}
    folder = str(project.get("directory") or given.directory or _beside(project["files"]))
    if "services" in services:
        found += _of_services(services["services"], now)
    else:
        unknown.append("containers and images could not be looked at")
    if folder:
        moves = _of_git(folder, now)
        found += moves
        if not moves and os.path.exists(os.path.join(folder, ".git")):
            unknown.append(f"git does not tell where the checkout {folder} was moved")
    else:
        unknown.append(
            "the checkout and the files could not be looked at: their folder is not known, give it as project_directory"
        )
    files = [*project["files"], *project["env_files"], *([os.path.join(folder, ".env")] if folder else [])]
    for path in dict.fromkeys(files):
        try:
            found.append({"age": now - os.stat(path).st_mtime, "what": f"{path} was written", "deploys": False})
        except FileNotFoundError:
            continue
        except OSError as error:
            unknown.append(f"{path} could not be looked at: {error.strerror}")
    young = [{**one, "age": round(one["age"])} for one in found if 0 <= one["age"] < _DAY]
    return {"changes": sorted(young, key=lambda one: one["age"]), "unknown": unknown}


def _beside(files: Sequence[str]) -> str:
    """The folder that Compose takes where none is said: that of the first file."""
    return os.path.dirname(files[0]) if files else ""


def _of_git(folder: str, now: float) -> list[dict[str, Any]]:
    """When the checkout was moved, and to which commit; the reflog knows, the commit's own date does not."""
    return [
        {"age": now - at, "what": f"checked out {revision[:12]}: {redacted(subject)[:100]}", "deploys": True}
        for at, revision, subject in git.moves(folder, _COMMITS)
    ]


def _of_services(services: Mapping[str, Any], now: float) -> list[dict[str, Any]]:
    made: list[tuple[float, str]] = []
    built: dict[str, tuple[float, set[str]]] = {}
    found = []
    for name, service in services.items():
        made.append((max((_at(one["created_at"]) for one in service["containers"]), default=0.0), name))
        for one in service["containers"]:
            image = one["image"].partition(":")[2][:12]
            built.setdefault(image, (_at(one["image_made_at"]), set()))[1].add(name)
        drifted = sorted({text for one in service["containers"] for text in one["drift"]})
        if drifted:
            text = f"{name} runs otherwise than its files ask: {drifted[0]}"
            found.append({"age": 0.0, "what": text, "deploys": False})
    images = [(at, f"{', '.join(sorted(names))} ({image})") for image, (at, names) in built.items()]
    for what, them, joint in (("containers were made: ", made, ", "), ("images were built: ", images, "; ")):
        for at, which in _together(them):
            found.append({"age": now - at, "what": what + joint.join(sorted(which)), "deploys": True})
    return found


def _together(moments: Iterable[tuple[float, str]]) -> list[tuple[float, list[str]]]:
    """What belongs to one deployment, each with the time of its newest; what has no time (0) is left out."""
    groups: list[tuple[float, list[str]]] = []
    for at, what in sorted(one for one in moments if one[0]):
        if groups and at - groups[-1][0] <= _TOGETHER:
            groups[-1] = (at, [*groups[-1][1], what])
        else:
            groups.append((at, [what]))
    return groups


def last_deploy(found: Mapping[str, Any]) -> str:
    """When something was last deployed within a day, as log_tail takes it; empty where nothing was."""
    ages = [one["age"] for one in found["changes"] if one["deploys"]]
    if not ages:
        return ""
    return datetime.fromtimestamp(time.time() - min(ages), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(text: Any) -> float:
    found = moment(str(text or ""))
    return found.timestamp() if found else 0.0
