# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds space and is not freed here, as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import CARE, DIM, PLAIN, SHOWN, TOP, Line, first_line

if TYPE_CHECKING:
    from .reclaim import ReclaimFacts


def of_unread(result: ReclaimFacts) -> list[Line]:
    """The first line, before the plan, where something could not be examined; else none."""
    room = result["before"]
    head = f"{room['mount']} is {1 - room['free_share']:.0%} full"
    return [first_line(DIM, head, result["notes"])] if result["notes"] else []


def of_explained(result: ReclaimFacts) -> list[Line]:
    """What holds space and is not freed here, with its remedy; what could not be examined."""
    lines = []
    for entry in result["explained"][:TOP]:
        lines.append((CARE, entry["what"]))
        lines.append((PLAIN, f"    remedy: {entry['remedy']}"))
    return lines + [(DIM, note) for note in result["notes"][:SHOWN]]
