# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The statements that take most as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._core.console import CARE, DIM, PLAIN, TOP, WIDE, Line, first_line
from ..._core.text import counted, shortened

if TYPE_CHECKING:
    from .statements import WorkloadReport


def of_statements(result: WorkloadReport) -> list[Line]:
    """What the server spends its time on, the most first; or why that is unknown."""
    window = result["window"]
    unread = [*([] if result["available"] else [result["why"]]), *result["notes"]]
    last = f"in the last {window['seconds']:g} s"
    about = "since the last reset of the counters, not now" if window["lifetime"] else last
    waits = ", ".join(f"{number:g} {kind}" for kind, number in result["waits"].items())
    head = f"{counted(len(result['statements']), 'statement')} {about}; active sessions: {waits or 'none'}"
    lines = [first_line(DIM, head, unread)]
    lines += [] if result["available"] else [(CARE, f"remedy: {result['remedy']}")]
    for statement in result["statements"][:TOP]:
        locked = f", {statement['lock_share']:.0%} of it waiting for locks" if statement["lock_share"] else ""
        mean = f", {statement['mean_ms']:g} ms each" if statement["mean_ms"] is not None else ""
        runs = f", {len(statement['running'])} running" if statement["running"] else ""
        share = f"{statement['share']:.0%} ({statement['seconds']:.1f} s{mean}{locked}{runs})"
        lines.append((PLAIN, f"{share}: {shortened(statement['statement'], WIDE)}"))
    return lines + [(CARE, note) for note in result["notes"]]
