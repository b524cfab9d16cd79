# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The matrix of probes as the few lines that a person reads. Pure."""

from __future__ import annotations

from .._core.console import CARE, DIM, GOOD, SHOWN, Line, first_line
from .endpoint import UP
from .reached import ReachedReport, unread_of


def of_probes(result: ReachedReport) -> list[Line]:
    """How many paths are healthy, and what fails, in which layer first; what is unknown is said in the first line."""
    matrix = result["matrix"]
    healthy = sum(row["state"] == UP for row in matrix)
    head = f"{healthy} of {len(matrix)} paths are healthy"
    lines = [first_line(GOOD if result["healthy"] else DIM, head, unread_of(matrix))]
    return lines + [(CARE, text) for text in result["lines"][:SHOWN]]
