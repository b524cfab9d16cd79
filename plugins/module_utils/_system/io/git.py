# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The git checkout of a deployment: only ever read. I/O."""

from __future__ import annotations

import os
from typing import Any, Sequence

from .commands import run

_SECONDS = 20.0


def _git(folder: str, *words: str) -> str | None:
    """What git says; None where it fails, there is no checkout, or no git."""
    # The checkout may belong to another user than the one who looks; that is no reason not to read it.
    words = ("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C", folder, *words)
    done = run(words, _SECONDS, {**os.environ, "GIT_OPTIONAL_LOCKS": "0"})  # not even the index is refreshed
    return done.out.strip() if done.ok else None


def state(folder: str) -> dict[str, Any]:
    """``revision``, ``dirty``, ``subject`` and ``committed``, in seconds since 1970; {} where there is no checkout."""
    revision = _git(folder, "rev-parse", "--verify", "HEAD") if folder else None
    if not revision:
        return {}
    committed, dummy, subject = (_git(folder, "log", "-1", "--format=%ct%x00%s") or "").partition("\0")
    return {
        "revision": revision,
        "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no")),
        "subject": subject,
        "committed": float(committed) if committed.isdigit() else None,
    }


def furthest(folder: str) -> str:
    """The newest commit among where the checkout is and was: what runs is at most as new."""
    if not folder:
        return ""
    commits = (_git(folder, "reflog", "show", "-n", "50", "--format=%H", "HEAD") or "").split()
    if not commits:
        return str(state(folder).get("revision", ""))
    return (_git(folder, "rev-list", "--no-walk=sorted", "-n", "1", *commits) or "").strip()


def resolve(folder: str, name: str) -> str:
    """The full id of a commit; empty where the name is none."""
    if not folder or name.startswith("-"):
        return ""
    return _git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") or ""


def changed(folder: str, former: str, other: str, patterns: Sequence[str]) -> list[str] | None:
    """Files that match a pattern (git's own, with ** for folders) and differ between two commits. None: not known."""
    if not patterns:
        return []
    if not (folder and former and other):
        return None
    globs = [f":(top,glob){pattern}" for pattern in patterns]
    output = _git(folder, "diff", "--name-only", former, other, "--", *globs)
    return None if output is None else output.splitlines()


def moves(folder: str, most: int) -> list[tuple[float, str, str]]:
    """When the checkout was last moved (seconds since 1970), to which commit, and that commit's subject."""
    output = _git(folder, "log", "--walk-reflogs", "-n", str(most), "--format=%gd%x00%H%x00%s", "--date=unix", "HEAD")
    checkouts = []
    for line in (output or "").splitlines() if folder else ():
        where, dummy, rest = line.partition("\0")
        revision, dummy, subject = rest.partition("\0")
        at = where.rpartition("@{")[2].rstrip("}")
        if at.isdigit():
            checkouts.append((float(at), revision, subject))
    return checkouts
