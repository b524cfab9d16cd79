# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The timeline as SVG: one lane for each kind of event, a form for each lane, readable without colour. Pure."""

from __future__ import annotations

from ..._core.text import in_html, printable, shortened
from .document import Chart, Mark

LANES = ("noticed", "people", "planned", "done", "outcome", "said")
_WIDTH, _LEFT, _RIGHT, _TOP, _LANE = 960, 90, 20, 16, 34
_APART, _LABEL = 4, 26  # pixels between marks, and between their numbers


def drawn(chart: Chart) -> str:
    """The figure. Marks that would lie on another share its place; the table of events has them all."""
    if not chart.marks:
        return ""
    start, end = chart.marks[0].seconds, chart.marks[0].seconds
    for mark in chart.marks:
        start, end = min(start, mark.seconds), max(end, mark.seconds)
    height = _TOP + _LANE * len(LANES) + 24
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="group" font-size="12"'
        f' font-family="ui-sans-serif,system-ui,sans-serif" fill="#111" aria-label="{in_html(chart.title)}">',
        f"<title>{in_html(chart.title)}</title>",
    ]
    for place, lane in enumerate(LANES):
        y = _TOP + _LANE * place + _LANE // 2
        lines.append(f'<text x="4" y="{y + 4}">{lane}</text>')
        lines.append(f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="#777"/>')
        lines += _marks([mark for mark in chart.marks if mark.lane == lane], place, y, start, (end - start) or 1.0)
    y = height - 6
    for said, x, anchor in ((chart.first, _LEFT, "start"), (chart.last, _WIDTH - _RIGHT, "end")):
        cites = " ".join(map(str, said.cites))
        lines.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}" data-cites="{cites}">{in_html(said.text)}</text>')
    return "\n".join([*lines, "</svg>"])


def _marks(marks: list[Mark], lane: int, y: int, start: float, span: float) -> list[str]:
    lines: list[str] = []
    last_mark = last_label = -1e9
    for mark in sorted(marks, key=lambda each: (each.seconds, each.seq)):
        x = _LEFT + (mark.seconds - start) / span * (_WIDTH - _LEFT - _RIGHT)
        if x - last_mark < _APART:
            continue
        last_mark = x
        number = ""
        if x - last_label >= _LABEL:
            last_label = x
            number = f'<text x="{x:.1f}" y="{y - 8}" text-anchor="middle" font-size="10">#{mark.seq}</text>'
        title = in_html(shortened(printable(mark.text), 120))
        lines.append(
            f'<a href="#e{mark.seq}" data-cites="{mark.seq}"><title>#{mark.seq} {title}</title>'
            f"{_form(lane, x, y)}{number}</a>"
        )
    return lines


def _form(lane: int, x: float, y: int) -> str:
    """Circle, ring, square, filled triangle, diamond, bar: they differ in form, not in colour."""
    forms = (
        f'<circle cx="{x:.1f}" cy="{y}" r="5"/>',
        f'<circle cx="{x:.1f}" cy="{y}" r="4.5" fill="#fff" stroke="#111" stroke-width="2"/>',
        f'<rect x="{x - 5:.1f}" y="{y - 5}" width="10" height="10" fill="#fff" stroke="#111" stroke-width="2"/>',
        f'<path d="M{x - 6:.1f} {y + 5}h12l-6-11z"/>',
        f'<path d="M{x:.1f} {y - 7}l6 7l-6 7l-6-7z" fill="#fff" stroke="#111" stroke-width="2"/>',
        f'<rect x="{x - 1.5:.1f}" y="{y - 6}" width="3" height="12"/>',
    )
    return forms[lane]
