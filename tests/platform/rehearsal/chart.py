"""A game day as a picture, from its row of the table alone: what users felt, or what else the fault is. Pure.

A fault without failing requests has a picture of the thing itself: how long users wait, or the space that is missing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from rehearsal.series import Balance, balance

WIDTH, PLOT = 900, 182
LEFT, RIGHT, TOP = 62, 12, 112
SERVED, FAILED, COST, SAVED = "#2f7d4f", "#c0392b", "#b36b00", "#2b5f9e"
INK, FAINT, PAPER = "#222222", "#6f6f6f", "#ffffff"
ROWS, LETTER = 4, 6.6  # of the words above the bars; pixels for a letter
LINE = 17  # pixels of a line of the caption
CAPTION = 128  # letters of such a line
FONT = "font-family='DejaVu Sans, ui-sans-serif, system-ui, sans-serif'"
MOMENTS = {
    "inject": "the fault is injected",
    "felt": "users feel it",
    "check": "the runbook with --check",
    "real": "the runbook for real",
    "act": "it acts",
    "back": "users are served again",
}
# Red and green are one colour for some people: what failed is hatched as well, and so is what the act cost.
HATCHES = "".join(
    f"<pattern id='{name}' width='6' height='6' patternUnits='userSpaceOnUse' patternTransform='rotate({angle})'>"
    f"<rect width='6' height='6' fill='{colour}'/><line x1='0' y1='0' x2='0' y2='6' stroke='{PAPER}' stroke-width='2'/>"
    "</pattern>"
    for name, colour, angle in (("failed", FAILED, 45), ("cost", COST, 135))
)


class Measure(NamedTuple):
    """What a fault is where no request fails: its name with the unit, values by their moment, and what they show."""

    axis: str
    values: list[tuple[str, float]]
    caption: str


def draw(row: dict[str, Any]) -> str:
    """The picture as SVG; empty where nothing was recorded that it could show."""
    measure, series = measured(row), row.get("series") or {}
    if measure:
        return framed(row, bars(measure))
    if not any(series.get("failed", ())):
        return ""
    return framed(row, seconds(series), balance(series))


def measured(row: dict[str, Any]) -> Measure | None:
    """How long users waited, or the space that was missing; None where the fault is neither."""
    slow, missing = row.get("latency_ms") or {}, row.get("missing_mib") or {}
    failed = (row.get("series") or {}).get("failed")
    beside = " No request failed." if failed and not any(failed) else ""
    if slow and None not in (slow["before"], slow["during"], slow["after"]):
        values = [("before the fault", slow["before"]), ("during it", slow["during"]), ("after the act", slow["after"])]
        words = (
            f"Four in five users who {slow['kind']} were answered within {slow['before']:g} ms before the fault,"
            f" {slow['during']:g} ms during it, and {slow['after']:g} ms after the act.{beside}"
        )
        return Measure("milliseconds", values, words)
    if missing:
        values = [("before the act", missing["before"]), ("after the act", missing["after"])]
        words = (
            f"The disk had {missing['before']:g} MiB less free space than wanted before the act, and"
            f" {missing['after']:g} MiB less after it.{beside}"
        )
        return Measure("MiB of free space missing", values, words)
    return None


def caption(row: dict[str, Any]) -> str:
    """What the picture shows, in one or two sentences; its text for those who do not see it."""
    measure = measured(row)
    if measure:
        return measure.caption
    found = balance(row.get("series") or {})
    if found is None:
        return "Requests were not served again, or the runbook did not act."
    after = row["series"]["moments"]["back"] - row["series"]["moments"]["act"]
    failed = f"{found.failed_before:g} requests failed per second" if found.failed_before else "No request failed"
    text = f"{failed} before the act; users were served again {after:.1f} s after it."
    cost = f"{found.cost} requests" if found.cost else "no request"
    if found.failed_before:
        return f"{text} The act cost {cost}, and saved {found.saved} in the {found.watched} s after the recovery."
    return f"{text} What the fault harms is not a request; the act cost {cost}."


def framed(row: dict[str, Any], inner: Sequence[str], found: Balance | None = None) -> str:
    """Title, picture, what the act cost beside what it saved, and the caption."""
    words = caption(row)
    title = f"{row.get('fault') or ''}, mitigated by {row.get('playbook') or ''}"
    bottom = TOP + PLOT + 44
    compared = [] if found is None else comparison(found, bottom)
    bottom += 44 if compared else 0
    lines = textwrap.wrap(words, CAPTION)
    height = bottom + LINE * len(lines) + 8
    label = escape(f"{title}. {words}", {chr(39): "&#39;"})
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}'"
            f" role='img' aria-label='{label}'>",
            f"<defs>{HATCHES}</defs>",
            f"<rect width='{WIDTH}' height='{height}' fill='{PAPER}'/>",
            text(LEFT, 20, title, 14, INK, weight="600"),
            *inner,
            *compared,
            *(text(LEFT, bottom + LINE * (number + 1) - 4, line, 12, INK) for number, line in enumerate(lines)),
            "</svg>\n",
        ]
    )


def seconds(series: dict[str, Any]) -> list[str]:
    """Requests of each second, and what happened when."""
    served, failed = series["served"], series["failed"]
    first: int = series["first"]
    span, most = len(served), max(map(sum, zip(served, failed, strict=True)))
    wide: float = WIDTH - LEFT - RIGHT

    def x(at: float) -> float:
        return LEFT + (at - first) / span * wide

    def column(second: int, below: int, count: int, fill: str) -> str:
        high = count / most * PLOT
        top = TOP + PLOT - below / most * PLOT - high
        return (
            f"<rect x='{x(first + second):.1f}' y='{top:.1f}' width='{wide / span - 1:.1f}' height='{high:.1f}'"
            f" fill='{fill}'/>"
        )

    columns = [column(second, 0, count, SERVED) for second, count in enumerate(served) if count]
    columns += [column(second, served[second], count, "url(#failed)") for second, count in enumerate(failed) if count]
    ticks = [
        text(x(second), TOP + PLOT + 16, str(second), 11, FAINT, "middle")
        for second in range(-(-first // 5) * 5, first + span + 1, 5)
    ]
    moments = [(at, MOMENTS[name]) for name, at in series["moments"].items()]
    return [
        legend(),
        *columns,
        *upward("requests per second", str(most)),
        *ticks,
        text(WIDTH - RIGHT, TOP + PLOT + 32, "seconds since the fault was injected", 11, FAINT, "end"),
        *flags(sorted(moments), x),
    ]


def bars(measure: Measure) -> list[str]:
    """A bar for each value, with its number."""
    most = max(value for dummy, value in measure.values) or 1
    step = (WIDTH - LEFT - RIGHT) / len(measure.values)
    lines = upward(measure.axis, f"{most:g}")
    for number, (moment, value) in enumerate(measure.values):
        middle, high = LEFT + step * (number + 0.5), value / most * PLOT
        fill = "url(#failed)" if value == most else SERVED
        lines += [
            f"<rect x='{middle - 60:.1f}' y='{TOP + PLOT - high:.1f}' width='120' height='{high:.1f}' fill='{fill}'/>",
            text(middle, TOP + PLOT - high - 6, f"{value:g}", 13, INK, "middle", "600"),
            text(middle, TOP + PLOT + 18, moment, 12, INK, "middle"),
        ]
    return lines


def comparison(found: Balance, top: float) -> list[str]:
    """What the act cost beside what it saved, in one scale; nothing where it did neither."""
    most = max(found.cost, found.saved)
    if not most:
        return []
    begins, wide = LEFT + 170, WIDTH - LEFT - RIGHT - 300
    lines = []
    rows = (
        ("the act cost", found.cost, "url(#cost)", "requests"),
        (f"it saved, in {found.watched} s", found.saved, SAVED, "requests"),
    )
    for number, (words, count, fill, unit) in enumerate(rows):
        place = top - 6 + 20 * number
        lines += [
            text(begins - 8, place + 11, words, 12, INK, "end"),
            f"<rect x='{begins}' y='{place}' width='{max(1.0, count / most * wide):.1f}' height='13' fill='{fill}'/>",
            text(begins + count / most * wide + 8, place + 11, f"{count} {unit}", 12, INK),
        ]
    return lines


def text(x: float, y: float, words: str, size: int, colour: str, anchor: str = "start", weight: str = "400") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' text-anchor='{anchor}'"
        f" font-weight='{weight}' {FONT}>{escape(words)}</text>"
    )


def legend() -> str:
    place = WIDTH - RIGHT - 160
    return (
        f"<rect x='{place}' y='10' width='11' height='11' fill='{SERVED}'/>"
        + text(place + 16, 20, "served", 12, INK)
        + f"<rect x='{place + 80}' y='10' width='11' height='11' fill='url(#failed)'/>"
        + text(place + 96, 20, "failed", 12, INK)
    )


def upward(words: str, highest: str) -> list[str]:
    """The axis of the counts with its unit, from zero to the highest."""
    middle = TOP + PLOT / 2
    return [
        text(LEFT - 6, TOP + PLOT + 4, "0", 11, FAINT, "end"),
        text(LEFT - 6, TOP + 4, highest, 11, FAINT, "end"),
        f"<g transform='rotate(-90 16 {middle:.0f})'>{text(16, middle, words, 11, FAINT, 'middle')}</g>",
        f"<line x1='{LEFT}' y1='{TOP + PLOT}' x2='{WIDTH - RIGHT}' y2='{TOP + PLOT}' stroke='{FAINT}'/>",
    ]


def flags(happened: Sequence[tuple[float, str]], x: Callable[[float], float]) -> list[str]:
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
            f"<line x1='{place:.1f}' y1='{high - 10}' x2='{place:.1f}' y2='{TOP + PLOT}' stroke='{INK}'"
            " stroke-dasharray='2 3'/>"
        )
        lines.append(text(place + (-5 if right else 5), high, words, 12, INK, "end" if right else "start"))
    return lines
