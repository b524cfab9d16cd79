# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import BAD, CARE, DIM, GOOD, PLAIN, Line, first_line

if TYPE_CHECKING:
    from .check import PreflightReport

_READINESS = {True: (GOOD, "ready"), False: (BAD, "NOT READY"), None: (CARE, "unknown")}


def of_preflight(result: PreflightReport) -> list[Line]:
    """A table: ready or not, what was found, and under what is not ready its remedy."""
    unread = [check["check"] for check in result["checks"] if check["ready"] is None]
    ready = sum(check["ready"] is True for check in result["checks"])
    lines = [first_line(DIM, f"{ready} of {len(result['checks'])} checks are ready", unread)] if unread else []
    for check in result["checks"]:
        kind, word = _READINESS[check["ready"]]
        lines.append((kind, f"{word:<9} {check['check']}: {check['found']}"))
        if check["remedy"]:
            lines.append((PLAIN, f"          remedy: {check['remedy']}"))
    return lines
