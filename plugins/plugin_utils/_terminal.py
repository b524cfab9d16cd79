# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the terminal is like, and where the run was started.

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
