# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host and its containers use as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import CARE, DIM, SHOWN, Line
from .._core.text import counted

if TYPE_CHECKING:
    from .resource_report import HostResources


def of_resources(result: HostResources) -> list[Line]:
    """What is short, or that nothing is."""
    host = result["host"]
    text = f"{host['cores']} cores {host['cpu_used']:.0%} busy, {host['memory']['available'] // 2**20} MiB available"
    lines = [(DIM, f"{text}, {counted(len(result['containers']), 'container')}")]
    return lines + [(CARE, finding) for finding in result["findings"][:SHOWN]]
