# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of probes as the few lines that a person reads. Pure."""

from __future__ import annotations

from .._core.console import CARE, DIM, GOOD, SHOWN, Line
from .endpoint import ReachedReport


def of_probes(result: ReachedReport) -> list[Line]:
    """What fails, and in which layer first; how many paths are healthy."""
    number = len(result["matrix"])
    lines = [(CARE, text) for text in result["lines"][:SHOWN]]
    return [
        *lines,
        (
            GOOD if result["healthy"] else DIM,
            f"{sum(row['state'] == 'up' for row in result['matrix'])} of {number} paths are healthy",
        ),
    ]
