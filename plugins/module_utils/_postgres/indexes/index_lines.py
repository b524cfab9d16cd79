# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Index advice as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._core.console import CARE, DIM, PLAIN, TOP, Line, first_line
from ..._core.text import counted

if TYPE_CHECKING:
    from .indexes_report import BuildProgress, IndexesReport


def of_indexes(result: IndexesReport) -> list[Line]:
    """A running index build with how far it is, else the advice with its statements."""
    if result["building"]:
        return [(PLAIN, _progress(build)) for build in result["building"]]
    lines = []
    if result["notes"]:
        lines.append(
            first_line(DIM, f"{counted(len(result['advice']), 'index is', 'indexes are')} advised", result["notes"])
        )
    for proposal in result["advice"][:TOP]:
        shown = proposal["statement"] or f"{proposal['schema']}.{proposal['table']}"
        lines.append((CARE if proposal["proved"] else PLAIN, shown))
        lines.append((DIM, f"    {proposal['why']}; about {proposal['size_bytes'] // 2**20} MiB"))
    for kind in ("invalid", "duplicates", "unused"):
        lines += [(DIM, f"{index['index']}: {index['why']}") for index in result[kind][:3]]
    return lines + [(DIM, note) for note in result["notes"][:TOP]]


def _progress(progress: BuildProgress) -> str:
    share = f", {progress['share_done']:.0%}" if progress["share_done"] is not None else ""
    behind = f", waits for pid {progress['waits_for']}" if progress["waits_for"] else ""
    return f"index of {progress['table']}: {progress['phase']}{share}{behind}"
