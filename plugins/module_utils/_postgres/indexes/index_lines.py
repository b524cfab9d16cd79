# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Index advice as the few lines that a person reads. Pure."""

from __future__ import annotations

from ..._core.console import CARE, DIM, PLAIN, TOP, Line
from .indexes_report import BuildProgress, IndexesReport


def of_indexes(result: IndexesReport) -> list[Line]:
    """A build at work with how far it is, else the advice with its statements."""
    if result["building"]:
        return [(PLAIN, _progress(one)) for one in result["building"]]
    lines = []
    for one in result["advice"][:TOP]:
        lines.append((CARE if one["proved"] else PLAIN, one["statement"] or f"{one['schema']}.{one['table']}"))
        lines.append((DIM, f"    {one['why']}; about {one['size_bytes'] // 2**20} MiB"))
    for kind in ("invalid", "duplicates", "unused"):
        lines += [(DIM, f"{one['index']}: {one['why']}") for one in result[kind][:3]]
    return lines + [(DIM, note) for note in result["notes"][:TOP]]


def _progress(one: BuildProgress) -> str:
    share = f", {one['share_done']:.0%}" if one["share_done"] is not None else ""
    behind = f", behind pid {one['waits_for']}" if one["waits_for"] else ""
    return f"index of {one['table']}: {one['phase']}{share}{behind}"
