# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Series over time as SVG, readable in black and white: a pattern of dashes and a form for each line, hatching for the
time of the impact, and a letter for each mark. Pure."""

from __future__ import annotations

from typing import Callable, Sequence

from ..._core.text import in_html, printable, shortened
from .document import Line, Moment, SeriesChart

_WIDTH, _LEFT, _RIGHT, _TOP, _HIGH, _LEGEND = 960, 70, 20, 40, 160, 20
_DASHES = ("", "9 4", "2 4", "12 3 2 3")
_APART = 16  # pixels between the letters of marks
_MARK_APART = 2  # pixels between marks of one kind; those that are nearer share a place, and the timeline has them all
_ROWS = (6, 20)  # pixels above the chart of a letter, and of one that has no room beside the last
_EACH = 10  # points between the forms on a line
LETTERS = {"detected": "D", "plan": "P", "act": "A", "recovery": "R"}


def series_drawn(chart: SeriesChart) -> str:
    """The figure. Its axis goes from the least to the largest value, and has zero."""
    values = [value for line in chart.lines for value in line.points if value is not None]
    low, high = min(0.0, *values), max(0.0, *values)
    high = high if high > low else low + 1.0
    start, end = chart.times[0], max(chart.times[-1], chart.times[0] + 1.0)
    bottom = _TOP + _HIGH
    height = bottom + 24 + _LEGEND * len(chart.lines) + _LEGEND

    def x(seconds: float) -> float:
        return _LEFT + (min(max(seconds, start), end) - start) / (end - start) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * _HIGH

    title = in_html(printable(chart.title.text))
    cites = " ".join(map(str, chart.title.cites))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="group" font-size="12"'
        f' font-family="ui-sans-serif,system-ui,sans-serif" fill="#111"'
        f' aria-label="{title}: the numbers are in a table">',
        f'<defs><pattern id="impact-{chart.number}" width="7" height="7" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path d="M0 0v7" stroke="#999" stroke-width="1.5"/></pattern></defs>',
        f'<text x="4" y="14" font-weight="bold" data-cites="{cites}">{title}</text>',
        *_impact(chart, x),
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{_WIDTH - _RIGHT}" fill="none" stroke="#111"/>',
    ]
    counted = {value for line in chart.lines for value in line.points}
    for value in (high, low):
        cited = f'data-cites="{cites}"' if value in counted else 'class="axis"'
        lines.append(f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" {cited}>{value:.10g}</text>')
    for said, place, anchor in ((chart.first, _LEFT, "start"), (chart.last, _WIDTH - _RIGHT, "end")):
        lines.append(
            f'<text x="{place}" y="{bottom + 16}" text-anchor="{anchor}" data-cites="{cites}">{in_html(said.text)}'
            "</text>"
        )
    for place, line in enumerate(chart.lines):
        heights = [None if value is None else y(value) for value in line.points]
        across = [x(time) for time in chart.times]
        lines += _stems(place, across, heights, bottom) if line.is_apart else _line(place, across, heights)
        lines += _legend(line, place, bottom + 24 + _LEGEND * place, cites)
    lines += _marks(chart.marks, x, bottom)
    letters = ", ".join(f"{letter} {word}" for word, letter in LETTERS.items())
    hatched = "hatched: the impact; " if chart.impact else ""
    lines.append(f'<text x="{_LEFT}" y="{height - 6}">{hatched}{letters}</text>')
    return "\n".join([*lines, "</svg>"])


def _impact(chart: SeriesChart, x: Callable[[float], float]) -> list[str]:
    if chart.impact is None:
        return []
    begins, ends = map(x, chart.impact)
    return [
        f'<rect x="{begins:.1f}" y="{_TOP}" width="{max(1.0, ends - begins):.1f}" height="{_HIGH}"'
        f' fill="url(#impact-{chart.number})"/>'
    ]


def _line(place: int, xs: Sequence[float], ys: Sequence[float | None]) -> list[str]:
    """A path with a gap where there is no value, and a form now and then by which it is known."""
    path, forms, is_drawn = "", [], False
    dots = 0
    for across, down in zip(xs, ys):
        if down is None:
            is_drawn = False
            continue
        path += f"{'L' if is_drawn else 'M'}{across:.1f} {down:.1f}"
        is_drawn = True
        if dots % _EACH == place * 2:
            forms.append(_form(place, across, down))
        dots += 1
    dashes = f' stroke-dasharray="{_DASHES[place]}"' if _DASHES[place] else ""
    return [f'<path d="{path}" fill="none" stroke="#111" stroke-width="2"{dashes}/>', *forms]


def _stems(place: int, xs: Sequence[float], ys: Sequence[float | None], bottom: int) -> list[str]:
    """A form for each value, on a stem from the axis: what was between them is not known."""
    points = [(across, down) for across, down in zip(xs, ys) if down is not None]
    stems = "".join(f"M{across:.1f} {bottom}V{down:.1f}" for across, down in points)
    return [
        f'<path d="{stems}" fill="none" stroke="#111" stroke-width="2"/>',
        *(_form(place, *each) for each in points),
    ]


def _legend(line: Line, place: int, top: int, cites: str) -> list[str]:
    dashes = f' stroke-dasharray="{_DASHES[place]}"' if _DASHES[place] else ""
    name = in_html(shortened(printable(line.name), 100))
    stroke = f"M{_LEFT + 30} {top + 16}v-8" if line.is_apart else f"M{_LEFT} {top + 8}h60"
    return [
        f'<path d="{stroke}" stroke="#111" stroke-width="2" fill="none"{dashes}/>',
        _form(place, _LEFT + 30, top + 8),
        f'<text x="{_LEFT + 70}" y="{top + 12}" data-cites="{cites}">{name}</text>',
    ]


def _form(place: int, x: float, y: float) -> str:
    """Circle, square, triangle, diamond: they differ in form, not in colour."""
    forms = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#fff" stroke="#111"/>',
        f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="#fff" stroke="#111"/>',
        f'<path d="M{x - 4:.1f} {y + 4:.1f}h8l-4-8z" fill="#111"/>',
        f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5-5z" fill="#111"/>',
    )
    return forms[place]


def _marks(marks: Sequence[Moment], x: Callable[[float], float], bottom: int) -> list[str]:
    lines: list[str] = []
    ends = [-1e9] * len(_ROWS)
    last: dict[str, float] = {}
    for mark in sorted(marks, key=lambda each: each.seconds):
        across = x(mark.seconds)
        if across - last.get(mark.word, -1e9) < _MARK_APART:
            continue
        last[mark.word] = across
        letter = ""
        row = next((place for place, end in enumerate(ends) if across - end >= _APART), None)
        if row is not None:
            ends[row] = across
            shown = LETTERS.get(mark.word, "?")
            letter = f'<text x="{across:.1f}" y="{_TOP - _ROWS[row]}" text-anchor="middle">{shown}</text>'
        lines.append(
            f'<a href="#e{mark.seq}" data-cites="{mark.seq}"><title>{in_html(mark.word)} #{mark.seq}</title>'
            f'<path d="M{across:.1f} {_TOP}V{bottom}" stroke="#111" stroke-dasharray="3 3"/>{letter}</a>'
        )
    return lines
