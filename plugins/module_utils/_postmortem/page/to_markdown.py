# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A document as Markdown (CommonMark with tables); passages are in blocks of plain text. Pure."""

from __future__ import annotations

import re
from typing import Callable, Mapping

from ..._core.text import in_markdown
from .document import Bullets, Chart, Definitions, Document, Paragraph, Passage, Prompt, Said, SeriesChart, Table

_FENCES = re.compile(r"~+")


def to_markdown(document: Document) -> str:
    """The page. The same facts as in HTML, without the charts, whose numbers are in tables."""
    parts = [f"**{in_markdown(document.warning)}**\n"] if document.warning else []
    parts.append(f"# {in_markdown(document.title)}\n")
    parts.append("".join(f"- {_said(each)}\n" for each in document.about))
    for section in document.sections:
        parts.append(f"## {in_markdown(section.title)}\n")
        parts += [_BLOCKS[type(block).__name__](block) for block in section.blocks]
    return "\n".join(part for part in parts if part)


def _said(part: Said) -> str:
    cites = " ".join(f"#{seq}" for seq in part.cites)
    return f"{in_markdown(part.text)} ({cites})" if cites else in_markdown(part.text)


def _paragraph(block: Paragraph) -> str:
    return " ".join(_said(part) for part in block.parts) + "\n"


def _bullets(block: Bullets) -> str:
    return "".join(f"- {_said(part)}\n" for part in block.items)


def _table(block: Table) -> str:
    numbered = any(row.seq for row in block.rows)
    head = ("event",) * numbered + block.head
    lines = [f"**{in_markdown(block.caption)}**", ""]  # of several tables of one section each has its own
    lines += [f"| {' | '.join(in_markdown(name) for name in head)} |", "| --- " * len(head) + "|"]
    for row in block.rows:
        cells = [in_markdown(cell.text) for cell in row.cells] if row.seq else [_said(cell) for cell in row.cells]
        lines.append(f"| {' | '.join(([f'#{row.seq}'] if row.seq else []) + cells)} |")
    return "\n".join(lines) + "\n"


def _passage(block: Passage) -> str:
    """In a block whose fence is longer than any in the passage, so that every character is there as it was written."""
    fence = "~" * max(3, 1 + max(map(len, _FENCES.findall(block.text)), default=0))
    note = " A text that looks like a secret is hidden here; the log has it." if block.hidden else ""
    who = f"{block.by} {block.at}".strip()
    return f"{fence}text\n{block.text}\n{fence}\n\n{in_markdown(who)} (#{block.seq}){note}\n"


def _prompt(block: Prompt) -> str:
    return f"*To be written: {in_markdown(block.text)}*\n"


def _definitions(block: Definitions) -> str:
    return "".join(f"- **{in_markdown(name)}**: {in_markdown(text)}\n" for name, text in block.items)


def _chart(block: Chart) -> str:  # noqa: ARG001
    return ""


def _series(block: SeriesChart) -> str:
    return f"- {_said(block.title)}: the chart is on the HTML page, and its numbers are at the end of this one.\n"


_BLOCKS: Mapping[str, Callable[..., str]] = {
    "Paragraph": _paragraph,
    "Bullets": _bullets,
    "Table": _table,
    "Passage": _passage,
    "Prompt": _prompt,
    "Definitions": _definitions,
    "Chart": _chart,
    "SeriesChart": _series,
}
