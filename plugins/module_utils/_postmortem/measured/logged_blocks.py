# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the plans and verifications in the log counted, as charts: they need no Prometheus, and show what was known at
the time. Pure."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from ..._incident.event import EventReport
from ..mitigations import Mitigation
from ..page.document import Block, Line, Moment, Row, SeriesChart, Table, said
from ..story import of_dict, recorded_at, shown

_MOST = 6  # charts
_FIRST = 101  # number of the first of these charts: those of a measurement have the small ones
AFFECTED = (
    "affected, by the log",
    "What a plan of a mitigation counted as affected before the act, and what the verification after it still counted.",
)


class Counted(NamedTuple):
    """One count of an event of the log. ``seconds``: since 1970."""

    seconds: float
    number: int
    seq: int


class Series(NamedTuple):
    """The counts of one mitigation on one host, in the order of time, two at least. ``what``: what was counted."""

    name: str
    host: str
    what: str
    counts: tuple[Counted, ...]

    @property
    def cites(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(count.seq for count in self.counts))

    @property
    def title(self) -> str:
        return f"{self.name} on {self.host}: {self.what or 'affected'}"


def logged_series(acts: Sequence[Mitigation]) -> list[Series]:
    """Of mitigations with a count before and one after an act, the first of them first."""
    found: dict[tuple[str, str], list[Counted]] = {}
    words: dict[tuple[str, str], str] = {}
    verified = set()
    for act in acts:
        key = act.name, act.host
        for event, numbers in (
            (act.held, of_dict(act.held["note"], "plan") if act.held else {}),
            (act.intended, act.intended["note"] if act.intended else {}),
        ):
            found.setdefault(key, []).extend(_count(event, numbers.get("affected_before")))
            words[key] = str(numbers.get("what") or words.get(key, ""))
        after = _count(act.outcome, act.outcome["note"].get("after") if act.outcome else None)
        found.setdefault(key, []).extend(after)
        verified |= {key} if after else set()
    rows = {key: sorted(set(counts)) for key, counts in found.items() if key in verified and len(set(counts)) > 1}
    return [Series(*key, words.get(key, ""), tuple(counts)) for key, counts in rows.items()][:_MOST]


def _count(event: EventReport | None, number: object) -> list[Counted]:
    seconds = recorded_at(event) if event else None
    if event is None or seconds is None or isinstance(number, bool) or not isinstance(number, int):
        return []
    return [Counted(seconds, number, event["seq"])]


def logged_charts(series: Sequence[Series], marks: Sequence[Moment], impact: tuple[float, float] | None) -> list[Block]:
    """A chart for each. ``impact``: its beginning and end, None where one of them is not known."""
    blocks: list[Block] = []
    for number, each in enumerate(series, _FIRST):
        first, last = each.counts[0], each.counts[-1]
        blocks.append(
            SeriesChart(
                number,
                said(each.title, *each.cites),
                tuple(count.seconds for count in each.counts),
                (Line("counted then", tuple(float(count.number) for count in each.counts), is_apart=True),),
                tuple(mark for mark in marks if first.seconds <= mark.seconds <= last.seconds),
                impact,
                said(shown(first.seconds), first.seq),
                said(shown(last.seconds), last.seq),
            )
        )
    return blocks


def logged_numbers(series: Sequence[Series]) -> list[Block]:
    """The numbers of these charts, a table for each."""
    return [
        Table(
            f"{said(each.title).text}, UTC",
            ("when", "number"),
            tuple(
                Row((said(shown(count.seconds), count.seq), said(str(count.number), count.seq)))
                for count in each.counts
            ),
        )
        for each in series
    ]


def known_impact(began: float | None, ended: float | None) -> tuple[float, float] | None:
    """Its beginning and end in seconds since 1970; None where one of them is missing."""
    return (began, ended) if began is not None and ended is not None and began <= ended else None
