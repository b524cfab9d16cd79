# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the terminal is like, where the run was started, and where this collection is.

PRIVATE to this collection.
"""

from __future__ import annotations

import os
import sys


def width() -> int | None:
    """Columns of the terminal, or what COLUMNS says; None where the output goes elsewhere."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else None
    except (OSError, ValueError):
        return None


def from_here(path: str) -> str:
    """A path as it is typed in the folder in which the run was started."""
    here = os.getcwd()
    return os.path.relpath(path, here) if os.path.isabs(path) and f"{path}/".startswith(f"{here}/") else path


def exists(path: str) -> bool:
    """Whether a file or a folder is there."""
    return os.path.exists(os.path.expanduser(path))


def playbooks_here() -> str:
    """The folder of the playbooks of this collection, of which this file is."""
    plugins = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(os.path.dirname(plugins), "playbooks")


def imported_from() -> list[str]:
    """The folders in which Python finds what is imported."""
    return [*sys.path]
