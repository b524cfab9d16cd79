"""A game day as a picture: how many were served and how many not, second by second, and what happened when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from rehearsal.platform import Request, felt

WIDTH, HEIGHT = 900, 320
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 104, 34
BEFORE, AFTER = 6, 10  # seconds shown before the fault and after users were back
SERVED, FAILED, INK, FAINT, PAPER = "#2f7d4f", "#c0392b", "#222222", "#8a8a8a", "#ffffff"
ROWS, LETTER = 4, 6.6  # of the words above the bars; pixels for a letter
FONT = "font-family='ui-sans-serif, system-ui, sans-serif'"


def marks(parts: dict[str, dict[str, Any]]) -> list[tuple[float, str]]:
    """What happened when, in order."""
    moments = [
        (parts["inject"].get("at"), "the fault is injected"),
        (parts["symptom"].get("felt"), "users feel it"),
        (parts["check"].get("began"), "the runbook with --check"),
        (parts["real"].get("began"), "the runbook for real"),
        (parts["relief"].get("act"), "it acts"),
        (parts["relief"].get("back"), "users are served again"),
    ]
    return [(at, text) for at, text in moments if at]


def draw(parts: dict[str, dict[str, Any]], requests: Sequence[Request]) -> str:
    """The picture as SVG; an empty one where there is nothing to show."""
    happened = marks(parts)
    if not happened or not requests:
        return f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}'/>"
    start = happened[0][0] - BEFORE
    span = int(happened[-1][0] + AFTER - start)
    seconds = Counter(
        (int(felt(request) - start), request.outcome == "ok")
        for request in requests
        if 0 <= felt(request) - start < span
    )
    most = max(seconds[second, True] + seconds[second, False] for second in range(span))
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(at: float) -> float:
        return LEFT + (at - start) / span * wide

    def y(count: int) -> float:
        return TOP + high - count / most * high

    def column(second: int, below: int, count: int, colour: str) -> str:
        place, size, top = x(start + second), wide / span - 1, y(below + count)
        return f"<rect x='{place:.1f}' y='{top:.1f}' width='{size:.1f}' height='{y(below) - top:.1f}' fill='{colour}'/>"

    bars = [column(second, 0, count, SERVED) for (second, good), count in sorted(seconds.items()) if good]
    bars += [
        column(second, seconds[second, True], count, FAILED)
        for (second, good), count in sorted(seconds.items())
        if not good
    ]
    title = f"{parts['begin'].get('fault', '')}, relieved by {parts['begin'].get('playbook', '')}"
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' viewBox='0 0 {WIDTH} {HEIGHT}'"
            f" role='img' aria-label='{escape(title, {chr(39): '&#39;'})}'>",
            f"<rect width='{WIDTH}' height='{HEIGHT}' fill='{PAPER}'/>",
            text(LEFT, 20, title, 14, INK, weight="600"),
            legend(),
            *bars,
            *axes(span, most, happened[0][0], x, y),
            *flags(happened, x),
            "</svg>\n",
        ]
    )


def text(x: float, y: float, words: str, size: int, colour: str, anchor: str = "start", weight: str = "400") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' text-anchor='{anchor}'"
        f" font-weight='{weight}' {FONT}>{escape(words)}</text>"
    )


def legend() -> str:
    place = WIDTH - RIGHT - 250
    return (
        f"<rect x='{place}' y='10' width='11' height='11' fill='{SERVED}'/>"
        + text(place + 16, 20, "served, each second", 12, INK)
        + f"<rect x='{place + 150}' y='10' width='11' height='11' fill='{FAILED}'/>"
        + text(place + 166, 20, "not served", 12, INK)
    )


def axes(span: int, most: int, zero: float, x: Any, y: Any) -> list[str]:
    """Requests a second upwards, seconds since the fault to the right."""
    lines = [text(LEFT - 6, y(count) + 4, str(count), 11, FAINT, "end") for count in (0, most)]
    for second in range(-BEFORE // 5 * 5 + 5, span - BEFORE + 1, 5):
        lines.append(text(x(zero + second), HEIGHT - BOTTOM + 16, f"{second} s", 11, FAINT, "middle"))
    lines.append(f"<line x1='{LEFT}' y1='{y(0)}' x2='{WIDTH - RIGHT}' y2='{y(0)}' stroke='{FAINT}'/>")
    return lines


def flags(happened: list[tuple[float, str]], x: Any) -> list[str]:
    """A line at each moment, its words above the bars, on the first row where they do not run into earlier ones."""
    lines, ends = [], [0.0] * ROWS
    for at, words in happened:
        place, wide = x(at), len(words) * LETTER + 10
        right = place + wide > WIDTH
        begins = place - wide if right else place
        row = next((number for number, end in enumerate(ends) if end <= begins), ROWS - 1)
        ends[row] = begins + wide
        high = TOP - 10 - (ROWS - 1 - row) * 15
        lines.append(
            f"<line x1='{place:.1f}' y1='{high - 10}' x2='{place:.1f}' y2='{HEIGHT - BOTTOM}' stroke='{INK}'"
            " stroke-dasharray='2 3'/>"
        )
        lines.append(text(place + (-5 if right else 5), high, words, 12, INK, "end" if right else "start"))
    return lines
