# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A page before it is Markdown or HTML: sections of sentences, tables and passages. Pure.

What the collection computed is a ``Said``: a text and the events that hold its figures and times. What a person wrote
is a ``Passage``, whose characters are never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Sequence, Union

from ..._core.redaction import redacted
from ..._core.text import shortened

_LONGEST = 500  # characters of a foreign text in a sentence or a cell


class Said(NamedTuple):
    """A text, and the numbers of the events that hold its figures and times. Made by `said`."""

    text: str
    cites: tuple[int, ...] = ()


class Paragraph(NamedTuple):
    """Sentences of one paragraph."""

    parts: tuple[Said, ...]


class Bullets(NamedTuple):
    """One line each."""

    items: tuple[Said, ...]


class Row(NamedTuple):
    """``seq``: of the event that this row is, to which citations link; 0 where it is none."""

    cells: tuple[Said, ...]
    seq: int = 0


class Table(NamedTuple):
    """``head``: a title for each column."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]


class Passage(NamedTuple):
    """What a person wrote. ``hidden``: whether something that looks like a secret was replaced in it."""

    text: str
    by: str
    at: str
    seq: int
    hidden: bool = False


class Prompt(NamedTuple):
    """A question to the people of the incident, which no passage answers yet."""

    text: str


class Definitions(NamedTuple):
    """Names and what each means. Their figures are rules and not measured."""

    items: tuple[tuple[str, str], ...]


class Mark(NamedTuple):
    """An event in the chart. ``seconds``: since 1970."""

    seconds: float
    lane: str
    seq: int
    text: str


class Chart(NamedTuple):
    """The timeline; its figures are in the table below it. ``first`` and ``last``: its ends, in words."""

    title: str
    marks: tuple[Mark, ...]
    first: Said
    last: Said


class Line(NamedTuple):
    """A series. ``points``: one for each time of its chart, None where it has no value; ``is_apart``: nothing is known
    between the points, so that no line joins them."""

    name: str
    points: tuple[float | None, ...]
    is_apart: bool = False


class Moment(NamedTuple):
    """A time that charts mark: detected, plan, act or recovery. ``seq``: its event."""

    seconds: float
    word: str
    seq: int


class SeriesChart(NamedTuple):
    """Series over time; its figures are in a table. ``number``: of the chart on its page; ``times`` in seconds since
    1970; ``impact``: its beginning and end, None where one is not known; ``first`` and ``last``: of the times, in
    words."""

    number: int
    title: Said
    times: tuple[float, ...]
    lines: tuple[Line, ...]
    marks: tuple[Moment, ...]
    impact: tuple[float, float] | None
    first: Said
    last: Said


Block = Union[Paragraph, Bullets, Table, Passage, Prompt, Definitions, Chart, SeriesChart]


@dataclass(frozen=True)
class Section:
    """``name``: for links and for the section of a passage."""

    name: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """``warning``: what comes before everything else, empty where the log is what was written; ``about``: below the
    title."""

    title: str
    warning: str
    about: Sequence[Said]
    sections: Sequence[Section]


def said(text: str, *cites: int) -> Said:
    """A text of the page, on one line, without secrets and of a bounded length."""
    return Said(_clean(text), tuple(dict.fromkeys(cites)))


# Names of hosts and people come again and again, and what an event says stands in the chart and in the table.
@lru_cache(maxsize=16384)
def _clean(text: str) -> str:
    return shortened(redacted(text), _LONGEST)


def paragraph(text: str, *cites: int) -> Paragraph:
    """One sentence as a paragraph."""
    return Paragraph((said(text, *cites),))


def digest(text: str, *cites: int) -> Said:
    """A hash or a name of a file, whole."""
    kept = text if text and all(letter in "0123456789abcdef" for letter in text) and len(text) <= 64 else redacted(text)
    return Said(kept, cites)
