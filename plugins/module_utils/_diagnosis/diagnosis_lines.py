# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Causes and top consumers as a few lines of text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import CARE, DIM, GOOD, PLAIN, SHOWN, Line, first_line

if TYPE_CHECKING:
    from .cause import DiagnosisReport
    from .top_consumers import ConsumersReport


def of_diagnosis(result: DiagnosisReport) -> list[Line]:
    """The causes with their evidence, then the advice."""
    kind = CARE if result["cause"] else GOOD
    first, *others = result["lines"][:SHOWN] or ["no cause was found among those that are looked for"]
    lines = [first_line(kind, first, result["unread"]), *((kind, line) for line in others)]
    for cause in result["causes"][:1]:
        lines += [(DIM, f"    {text}") for text in cause["evidence"][1:4]]
    lines += [(PLAIN, f"advice: {advice}") for advice in result["advice"][:SHOWN]]
    lines += [
        (DIM, f"role setting that prevents it: {setting['role']}, {setting['setting']} = {setting['value']}")
        for setting in result["role_settings"]
    ]
    return [*lines, (PLAIN, result["scale"])] if result["scale"] else lines


def of_top_consumers(result: ConsumersReport) -> list[Line]:
    """The top consumers, then the advice."""
    lines = [(CARE if result["services"] or result["sessions"] else DIM, line) for line in result["lines"][:SHOWN]]
    return lines + [(PLAIN, f"advice: {advice}") for advice in result["advice"][:SHOWN]]
