# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A document as one HTML page that loads nothing and runs nothing. Pure."""

from __future__ import annotations

import re
from typing import Callable, Mapping

from ..._core.text import in_html, printable
from .document import (
    Bullets,
    Chart,
    Definitions,
    Document,
    Paragraph,
    Passage,
    Prompt,
    Said,
    Section,
    SeriesChart,
    Table,
)
from .series_chart import series_drawn
from .style import POLICY, STYLE
from .timeline_chart import drawn

# Not allowed in HTML, whatever their form; a carriage return would become a line feed.
_NO_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def to_html(document: Document) -> str:
    """The page. Citations link to the rows of events that it has."""
    rows = {row.seq for section in document.sections for row in _rows(section) if row.seq}
    lines = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{in_html(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">',
        f"<title>{_text(document.title)}</title><style>{STYLE}</style></head><body><main>",
        f'<p class="warning" role="alert"><strong>{_text(document.warning)}</strong></p>' if document.warning else "",
        f"<h1>{_text(document.title)}</h1>",
        "<ul>" + "".join(f"<li>{_said(each, rows)}</li>" for each in document.about) + "</ul>",
    ]
    for section in document.sections:
        lines.append(f'<section id="{in_html(section.name)}"><h2>{_text(section.title)}</h2>')
        lines += [_BLOCKS[type(block).__name__](block, rows) for block in section.blocks]
        lines.append("</section>")
    return "\n".join(line for line in [*lines, "</main></body></html>"] if line) + "\n"


def _rows(section: Section) -> list:  # type: ignore[type-arg]
    return [row for block in section.blocks if isinstance(block, Table) for row in block.rows]


def _text(text: str) -> str:
    return in_html(printable(text))


def _said(part: Said, rows: set[int], tag: str = "span") -> str:
    if not part.cites:
        return _text(part.text) if tag == "span" else f"<{tag}>{_text(part.text)}</{tag}>"
    cites = " ".join(map(str, part.cites))
    links = " ".join(f'<a href="#e{seq}">#{seq}</a>' if seq in rows else f"#{seq}" for seq in part.cites)
    return f'<{tag} data-cites="{cites}"><span>{_text(part.text)}</span> <small class="cite">{links}</small></{tag}>'


def _paragraph(block: Paragraph, rows: set[int]) -> str:
    return "<p>" + " ".join(_said(part, rows) for part in block.parts) + "</p>"


def _bullets(block: Bullets, rows: set[int]) -> str:
    return "<ul>" + "".join(_said(part, rows, "li") for part in block.items) + "</ul>"


def _table(block: Table, rows: set[int]) -> str:
    numbered = any(row.seq for row in block.rows)
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in ("event",) * numbered + block.head)
    lines = [
        f'<div class="wide" tabindex="0" role="region" aria-label="{_text(block.caption)}">',
        f"<table><caption>{_text(block.caption)}</caption><thead><tr>{head}</tr></thead><tbody>",
    ]
    for row in block.rows:
        if row.seq:  # the row is the event: it needs no further citation
            cells = "".join(f"<td>{_text(cell.text)}</td>" for cell in row.cells)
            number = f'<th scope="row"><a href="#e{row.seq}">#{row.seq}</a></th>'
            lines.append(f'<tr id="e{row.seq}">{number}{cells}</tr>')
        else:
            lines.append("<tr>" + "".join(_said(cell, rows, "td") for cell in row.cells) + "</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def _passage(block: Passage, rows: set[int]) -> str:
    """Every character that HTML can have is there; those that it cannot are replaced by U+FFFD."""
    text = in_html(_NO_HTML.sub("\ufffd", block.text)).replace("\r", "&#13;")
    who = " ".join(word for word in (printable(block.by), printable(block.at)) if word)
    link = f'<a href="#e{block.seq}">#{block.seq}</a>' if block.seq in rows else f"#{block.seq}"
    note = " A text that looks like a secret is hidden here; the log has it." if block.hidden else ""
    # HTML drops a line feed that follows <pre>.
    return (
        f'<figure class="written"><pre data-written="{block.seq}">\n{text}</pre><figcaption'
        f' data-cites="{block.seq}">{in_html(who)} <small class="cite">{link}</small>{note}</figcaption></figure>'
    )


def _prompt(block: Prompt, rows: set[int]) -> str:  # noqa: ARG001
    return f'<p class="prompt">{_text(block.text)}</p>'


def _definitions(block: Definitions, rows: set[int]) -> str:  # noqa: ARG001
    items = "".join(f"<dt>{_text(name)}</dt><dd>{_text(text)}</dd>" for name, text in block.items)
    return f'<dl class="definitions">{items}</dl>'


def _chart(block: Chart, rows: set[int]) -> str:  # noqa: ARG001
    return drawn(block)


def _series(block: SeriesChart, rows: set[int]) -> str:  # noqa: ARG001
    return f'<figure class="chart">{series_drawn(block)}</figure>'


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
