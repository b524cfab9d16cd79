# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was recorded, and what can be undone, as a few lines of text. Pure."""

from __future__ import annotations

from .._core.console import CARE, DIM, PLAIN, Line
from .event import IncidentReport, WrittenReport
from .hash_chain import head_text


def of_record(result: WrittenReport) -> list[Line]:
    """Where the incident and its evidence are kept."""
    kept = result["evidence"]
    if kept:
        text = f"evidence kept before the act: {kept['file']} ({kept['bytes']} bytes, sha256 {kept['sha256'][:12]})"
        return [(DIM, text)]
    if not result["path"]:
        return []
    head = head_text(result["head"])
    return [(DIM, f"incident log: {result['path']}" + (f" (head {head})" if head else ""))]


def of_incident(result: IncidentReport) -> list[Line]:
    """Acts without an outcome, and the act that can be undone, or why there is none, where that was asked for."""
    lines = [
        (CARE, f"{act['mitigation']} of {act['at']} on {act['host']} has no outcome: its run was cut off")
        for act in result["unfinished"]
    ]
    if result["approved"]:
        return lines + [
            (PLAIN, f"approved: {plan['mitigation']}, plan {plan['digest'][:12]}, held since {plan['at']}")
            for plan in result["approved"]
        ]
    undoable = result["undoable"]
    if undoable:
        text = f"the last act that can be undone is {undoable['mitigation']} of {undoable['at']}"
        lines.append((PLAIN, text))
    elif result["why_not"]:
        lines.append((CARE, f"nothing can be undone: {result['why_not']}"))
    return lines
