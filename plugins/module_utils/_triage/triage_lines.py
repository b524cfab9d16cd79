# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A triage as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import BAD, CARE, DIM, GOOD, PLAIN, SHOWN, TOP, Line, first_line
from .._core.text import counted

if TYPE_CHECKING:
    from .sign import TriageReport


def of_triage(result: TriageReport) -> list[Line]:
    """How severe, by what, and what to run next."""
    severity = result["severity"]
    kind = {"P0": BAD, "P1": BAD, "P3": GOOD}.get(severity, CARE)
    lines = [first_line(kind, f"proposed severity {severity}", result["unread"])]
    for sign in result["signs"][:SHOWN]:
        where = f"{sign['host']}: " if sign["host"] else ""
        lines.append((CARE if sign["severity"] != "P3" else DIM, f"{sign['severity']} {where}{sign['text']}"))
    left_out = result["signs"][SHOWN:]
    if left_out:
        kind = DIM if all(sign["severity"] == "P3" for sign in left_out) else CARE
        lines.append((kind, f"and {counted(len(left_out), 'more sign', 'more signs')}, see the page"))
    if result["next"]:
        lines.append((PLAIN, f"next: ansible-playbook {result['next']} --check --diff"))
    lines += [(CARE, f"no playbook mitigates: {text}") for text in result["unplayed"][:TOP]]
    return lines
