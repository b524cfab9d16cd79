# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kinds of records as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import CARE, DIM, PLAIN, TOP, WIDE, Line
from .._core.text import shortened

if TYPE_CHECKING:
    from .records import LogReport


def of_log(result: LogReport) -> list[Line]:
    """What was not read comes first; then how many kinds of error there are, the new ones first."""
    number, sources = len(result["entries"]), len(result["sources"])
    head = f"{number} records of {sources} logs, {result['scanned_bytes'] // 1024:,} KiB read"
    notes = [
        # What begins with the path of its file is not named twice: the reason would be cut off.
        note if note.startswith("/") and note.startswith(source["source"]) else f"{source['source']}: {note}"
        for source in result["sources"]
        for note in ([source["problem"]] if source["problem"] else source["left_out"])
    ]
    unread = sum(bool(source["problem"] or source["left_out"]) for source in result["sources"])
    lines: list[Line] = [(DIM, head)]
    if notes:
        lines = [(CARE, f"not everything is known ({unread} of {sources} logs: {shortened(notes[0], WIDE)}): {head}")]
    elif result["more"]:
        lines = [(CARE, f"older matching records exist or were not read: the last {head}")]
    for signature in result["signatures"][:TOP]:
        kind = CARE if signature["new"] else PLAIN
        lines.append(
            (kind, f"{signature['count']}x {'new: ' if signature['new'] else ''}{shortened(signature['text'], WIDE)}")
        )
    return lines + [(CARE, note) for note in notes[:TOP]]
