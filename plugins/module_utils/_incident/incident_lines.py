# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was recorded, and what can be undone, as a few lines of text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from .._core.console import BAD, CARE, DIM, PLAIN, Line
from .._core.text import span
from .hash_chain import Head, break_text, head_text
from .scope import NOT_THERE

if TYPE_CHECKING:
    from .event import IncidentReport, WrittenReport


def of_record(result: WrittenReport) -> list[Line]:
    """Where the incident and its evidence are kept."""
    kept = result["evidence"]
    if result.get("joined"):
        joined = f"joins the incident {result['id']}, which another run has opened in the meantime: {result['why']}"
        return [(PLAIN, joined), *of_record({**result, "joined": False})]
    if kept:
        text = f"evidence kept: {kept['file']} ({kept['bytes']} bytes, sha256 {kept['sha256'][:12]})"
        return [(DIM, text + with_head(result["head"]))]
    if not result["path"]:
        return []
    return [(DIM, f"incident log: {result['path']}{with_head(result['head'])}")]


def with_head(head: Head) -> str:
    """The head of a log that was written, to stand behind what was; empty where nothing was."""
    text = head_text(head)
    return f" (head {text})" if text else ""


def of_opening(result: Mapping[str, Any]) -> list[Line]:
    """The incident that is joined and why, what was wrong with its log, and why no incident was looked for."""
    lines = [(PLAIN, f"joins the incident {result['id']}: {result['why']}")] if result["joined"] else []
    if result["why"] == NOT_THERE:
        lines.append((PLAIN, f"the incident {result['id']} begins with the first record: {NOT_THERE}"))
    lines += [(CARE, _under_way(act)) for act in result["under_way"]]
    if result["problem"]:
        lines.append((CARE, f"the incident log could not be read: {result['problem']}"))
    if result["first_break"]:
        lines.append((BAD, f"the log of the incident {result['id']} is {broken_in(result)}"))
    return lines


def _under_way(act: Mapping[str, Any]) -> str:
    whose = act["by"] or "another run"
    return (
        f"{act['mitigation']} on {act['host']}, begun {span(act['seconds_ago'])} ago by {whose}, has no outcome yet:"
        " its run is active, or may be, so that it is not completed here"
    )


def broken_in(result: Mapping[str, Any]) -> str:
    """The first break of the log of an incident that was opened, in words; empty if there is none."""
    return break_text(result["first_break"]) if result.get("first_break") else ""


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
