# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was measured, as parts of the page: requests, error budgets, charts and their numbers. Pure."""

from __future__ import annotations

from typing import Sequence

from ..._impact.impact_report import ChartRow
from ..milestones import DETECTED, VERIFIED, Milestone
from ..mitigations import Mitigation
from ..page.document import Block, Bullets, Definitions, Line, Moment, Paragraph, Row, Said, SeriesChart, Table, said
from ..story import recorded_at, shown
from .measurement import Measured

_BY = {
    "series": "by what was counted",
    "alert": "by the first alert and the verified recovery, since the counters do not show it",
    "person": "as a person wrote it",
}
MEANS = (
    ("asked, failed, slow", "Differences of counters between the readings that cover the impact. A request may be both"
     " failed and slow; it is counted when it ends."),
    ("error budget", "Requests that may fail: those that were asked in the days of the objective, times the share that"
     " its target leaves. Of days that Prometheus no longer has nothing is estimated."),
    ("impact, by what was counted", "From the first to the last pair of readings between which more failed or was slow"
     " than five times what the objective allows, three times what was usual before, and a hundredth."),
)  # fmt: skip


def impact_blocks(measured: Measured | None) -> list[Block]:
    """Requests, budgets and business; what is not known is said."""
    if measured is None:
        return [Paragraph((said("Requests that failed or were slow: not known, since none were measured."),))]
    seq = measured.seq
    by = _BY.get(measured.by, "")
    span = f"Counted from {shown(measured.starts)} until {shown(measured.ends)}"
    blocks: list[Block] = [Paragraph((said(f"{span}{f', {by}' if by else ''}. Source: {measured.source}.", seq),))]
    blocks += _table("Requests", ("kind", "asked", "failed", "share that failed", "slow"), _requests(measured))
    head = (
        "objective",
        "may fail",
        "failed in this incident",
        "of the budget",
        "failed in all",
        "of the budget in all",
    )
    blocks += _table("Error budgets, in requests", head, _budgets(measured))
    blocks += _table("Business", ("what", "during the impact", "as long before"), _business(measured))
    missing = tuple(said(f"Missing: {sentence}", seq) for sentence in measured.missing)
    return blocks + ([Bullets(missing)] if missing else [])


def _table(caption: str, head: tuple[str, ...], rows: Sequence[Row]) -> list[Block]:
    return [Table(caption, head, tuple(rows))] if rows else []


def _requests(measured: Measured) -> list[Row]:
    rows = []
    for row in measured.requests:
        limit = f" (over {row['limit']:g} s)" if row["limit"] is not None else ""
        cells = (
            row["name"], _known(row["asked"]), _known(row["failed"]), _percent(row["failed_percent"]),
            f"{_known(row['slow'])}{limit if row['slow'] is not None else ''}",
        )  # fmt: skip
        rows.append(_cited(cells, measured.seq))
    return rows


def _budgets(measured: Measured) -> list[Row]:
    rows = []
    for row in measured.budgets:
        days = f"{row['of_days']:g}" + (f" of {row['days']:g}" if row["of_days"] != row["days"] else "")
        cells = (
            f"{row['name']}: {row['target']:g} % over {days} days", f"{row['budget']:.10g} of {row['asked']}",
            _known(row["used"]), _percent(row["used_percent"]), _known(row["failed"]), _percent(row["failed_percent"]),
        )  # fmt: skip
        rows.append(_cited(cells, measured.seq))
    return rows


def _business(measured: Measured) -> list[Row]:
    return [
        _cited((row["name"], _known(row["during"]), _known(row["before"])), measured.seq) for row in measured.business
    ]


def _cited(cells: Sequence[str], seq: int) -> Row:
    return Row(tuple(said(cell, seq) for cell in cells))


def _known(number: int | None) -> str:
    return "missing" if number is None else str(number)


def _percent(number: float | None) -> str:
    return "missing" if number is None else f"{number:.10g} %"


def moments(times: dict[str, Milestone], acts: Sequence[Mitigation]) -> list[Moment]:
    """What the charts mark: detected, each plan, each act, and the recovery."""
    found = []
    detected, recovered = times[DETECTED], times[VERIFIED]
    if detected.seconds is not None:
        found.append(Moment(detected.seconds, "detected", detected.cites[0]))
    for act in acts:
        for word, event in (("plan", act.held), ("act", act.intended or act.act)):
            seconds = recorded_at(event) if event else None
            if event is not None and seconds is not None:
                found.append(Moment(seconds, word, event["seq"]))
    if recovered.seconds is not None:
        found.append(Moment(recovered.seconds, "recovery", recovered.cites[0]))
    return found


def charts(measured: Measured | None, marks: Sequence[Moment]) -> list[Block]:
    """A chart for each question of the site. Their numbers are in `numbers`."""
    if measured is None or not measured.charts:
        return []
    first, last = measured.times[0], measured.times[-1]
    within = tuple(mark for mark in marks if first <= mark.seconds <= last)
    return [
        SeriesChart(
            number,
            said(_titled(row), measured.seq),
            tuple(measured.times),
            tuple(Line(said(line["name"]).text, tuple(line["points"])) for line in row["lines"]),
            within,
            (measured.starts, measured.ends),
            said(shown(first), measured.seq),
            said(shown(last), measured.seq),
        )
        for number, row in enumerate(measured.charts, 1)
    ]


def _titled(row: ChartRow) -> str:
    return f"{row['name']} ({row['unit']})" if row["unit"] else row["name"]


def numbers(measured: Measured | None) -> list[Block]:
    """The numbers of the charts, a table for each."""
    if measured is None:
        return []
    blocks: list[Block] = []
    for row in measured.charts:
        names = tuple(said(line["name"]).text for line in row["lines"])
        rows = []
        for place, time in enumerate(measured.times):
            values = (line["points"][place] for line in row["lines"])
            cells = (shown(time), *("none" if value is None else f"{value:.10g}" for value in values))
            rows.append(Row(tuple(Said(cell, (measured.seq,)) for cell in cells)))
        blocks.append(Table(f"{said(_titled(row)).text}, UTC", ("when", *names), tuple(rows)))
        if row["left_out"]:
            text = f"{row['left_out']} further series of {said(row['name']).text} are not in the chart."
            blocks.append(Paragraph((said(text, measured.seq),)))
    return blocks


def definitions() -> Definitions:
    """What the words of the measured parts mean."""
    return Definitions(MEANS)
