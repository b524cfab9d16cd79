# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Causes and top consumers as the few lines that a person reads. Pure."""

from __future__ import annotations

from .._core.console import CARE, DIM, GOOD, PLAIN, SHOWN, Line
from .cause import DiagnosisReport
from .top_consumers import HogsReport


def of_diagnosis(result: DiagnosisReport) -> list[Line]:
    """The causes with their evidence, then what a person should know."""
    lines = [(CARE if result["cause"] else GOOD, one) for one in result["lines"][:SHOWN]]
    for one in result["causes"][:1]:
        lines += [(DIM, f"    {text}") for text in one["evidence"][1:4]]
    lines += [(PLAIN, f"advice: {one}") for one in result["advice"][:SHOWN]]
    lines += [
        (DIM, f"a guard against it: role {one['role']}, {one['setting']} = {one['value']}")
        for one in result["role_settings"]
    ]
    return [*lines, (PLAIN, result["scale"])] if result["scale"] else lines


def of_top_consumers(result: HogsReport) -> list[Line]:
    """Who is behind it, and what a person should know."""
    lines = [(CARE if result["services"] or result["sessions"] else DIM, one) for one in result["lines"][:SHOWN]]
    return lines + [(PLAIN, f"advice: {one}") for one in result["advice"][:SHOWN]]
