# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is another than a day ago on a host. I/O."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from typing import Sequence

from ..._compose.io.engine import engine
from ..._compose.io.engine_transport import EngineLogin
from ..._compose.project_ref import Source
from ..._core.errors import RunbookError
from ..._core.redaction import redacted
from ..._system.io import git
from ..changes import Change, ChangesReport, changes_of_services
from ..engine_events import changes_of_events, reach
from ..survey_report import ServicesPart

_DAY = 86400.0
_COMMITS = 5


def changes(services: ServicesPart | None, given: Source, login: EngineLogin | None = None) -> ChangesReport:
    """What is another than a day ago, the newest first: commits, images, containers made anew, files.

    ``services``: what compose_info returns; where it was not asked, or in vain, the checkout and the files are those
    that were ``given``. ``login``: the engine whose events are read; None: they are left out. ``unknown``: what could
    not be examined, which is not the same as nothing.
    """
    now = time.time()
    all_changes: list[Change] = []
    unknown: list[str] = []
    if services is not None and "trouble_reading" not in services:
        project = services["project"]
        composed, folder = [*project["files"], *project["env_files"]], project["directory"] or given.directory
        all_changes += changes_of_services(services["services"], now)
        if login is not None:
            happened, gap = _events(login, project["name"], now)
            all_changes += happened
            unknown += gap
    else:
        composed, folder = [*given.files, *given.env_files], given.directory or _beside(given.files)
        unknown.append("containers and images could not be examined")
    if folder:
        moves = _of_git(folder, now)
        all_changes += moves
        if not moves and os.path.exists(os.path.join(folder, ".git")):
            unknown.append(f"git does not show where the checkout {folder} was moved")
    else:
        unknown.append(
            "the checkout and the files could not be examined: their folder is not known, give it as project_directory"
        )
    files = [*composed, *([os.path.join(folder, ".env")] if folder else [])]
    for path in dict.fromkeys(files):
        try:
            all_changes.append({"age": now - os.stat(path).st_mtime, "what": f"{path} was written", "deploys": False})
        except FileNotFoundError:
            continue
        except OSError as error:
            unknown.append(f"{path} could not be examined: {error.strerror}")
    young: list[Change] = [
        {**change, "age": round(change["age"])} for change in all_changes if 0 <= change["age"] < _DAY
    ]
    return {"changes": sorted(young, key=lambda change: change["age"]), "unknown": unknown}


def _events(login: EngineLogin, project: str, now: float) -> tuple[list[Change], list[str]]:
    """What happened to the project's containers by the engine's events, and how far back these do not reach."""
    try:
        with engine(login) as opened:
            events = opened.events(now - _DAY, now)
    except RunbookError as error:
        return [], [f"the engine's events could not be read: {error}"]
    gap = reach(events, now - _DAY, now)
    return changes_of_events(events, project, now), [gap] if gap else []


def _beside(files: Sequence[str]) -> str:
    """The folder that Compose takes where none is said: that of the first file."""
    return os.path.dirname(files[0]) if files else ""


def _of_git(folder: str, now: float) -> list[Change]:
    """When the checkout was moved, and to which commit; the reflog knows, the commit's own date does not."""
    return [
        {"age": now - at, "what": f"checked out {revision[:12]}: {redacted(subject)[:100]}", "deploys": True}
        for at, revision, subject in git.moves(folder, _COMMITS)
    ]


def last_deploy(report: ChangesReport) -> str:
    """When something was last deployed within a day, as log_tail takes it; empty where nothing was."""
    ages = [change["age"] for change in report["changes"] if change["deploys"]]
    if not ages:
        return ""
    return datetime.fromtimestamp(time.time() - min(ages), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
