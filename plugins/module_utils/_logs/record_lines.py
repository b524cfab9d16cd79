# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kinds of records as the few lines that a person reads. Pure."""

from __future__ import annotations

from .._core.console import CARE, DIM, PLAIN, TOP, WIDE, Line
from .._core.text import shortened
from .records import LogReport


def of_log(result: LogReport) -> list[Line]:
    """How many kinds of error there are, the new ones first, and what was not read."""
    number, sources = len(result["entries"]), len(result["sources"])
    lines = [(DIM, f"{number} records of {sources} logs, {result['scanned_bytes'] // 1024:,} KiB read")]
    for signature in result["signatures"][:TOP]:
        kind = CARE if signature["new"] else PLAIN
        lines.append(
            (kind, f"{signature['count']}x {'new: ' if signature['new'] else ''}{shortened(signature['text'], WIDE)}")
        )
    return (
        lines
        + [(CARE, f"{source['source']}: {source['problem']}") for source in result["sources"] if source["problem"]][
            :TOP
        ]
    )
