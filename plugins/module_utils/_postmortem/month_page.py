# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page of a month, in the style of a post-mortem. Pure."""

from __future__ import annotations

from typing import Sequence

from .._core.text import counted, some, span
from .milestones import SPANS
from .month import REPEAT_DAYS, MonthFacts
from .page.document import Block, Bullets, Definitions, Document, Row, Section, Table, paragraph, said

_NAMED = 5  # incidents that a sentence names


def month_document(facts: MonthFacts) -> Document:
    """Counts are those of the table of incidents, which is on the page."""
    broken = [row["id"] for row in facts["incidents"] if not row["verified"]]
    warnings = [f"{counted(len(broken), 'log DOES', 'logs DO')} NOT VERIFY: {some(broken, _NAMED)}."] if broken else []
    if facts["unread"]:
        warnings.append(f"{counted(len(facts['unread']), 'log')} could not be read: {some(facts['unread'], _NAMED)}.")
    number = len(facts["incidents"])
    return Document(
        f"Incidents of {facts['month']}",
        said(" ".join(warnings)).text,
        [said(f"{number} incident{'' if number == 1 else 's'} opened in this month (UTC)")],
        [
            Section("counts", "By severity and cause", _counts(facts)),
            Section("durations", "Times", [_durations(facts)]),
            Section("budgets", "Error budgets", [_budgets(facts)]),
            Section("repeats", f"Causes that came again within {REPEAT_DAYS} days", [_repeats(facts)]),
            Section("acts", "Acts and their outcomes", [_acts(facts)]),
            Section("proposals", "Proposed by more than one incident", [_again(facts)]),
            Section("action_items", "Action items that are open, of all months", [_items(facts)]),
            Section("incidents", "All incidents of the month", [_incidents(facts)]),
            Section("definitions", "Definitions", [_definitions()]),
        ],
    )


def month_lines(facts: MonthFacts, paths: Sequence[str]) -> list[str]:
    """The month in sentences."""
    broken = [row["id"] for row in facts["incidents"] if not row["verified"]]
    lines = [f"the log does not verify: {incident}" for incident in broken]
    lines += [f"could not be read: {each}" for each in facts["unread"]]
    severities = ", ".join(f"{severity} {number}" for severity, number in facts["by_severity"].items())
    lines.append(
        f"{facts['month']}: {counted(len(facts['incidents']), 'incident')}" + (f" ({severities})" if severities else "")
    )
    overdue = sum(item["overdue"] for item in facts["open_items"])
    lines.append(f"{len(facts['open_items'])} action items open, {overdue} of them overdue")
    return lines + [f"page: {path}" for path in paths]


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> Block:
    if not rows:
        return paragraph(empty)
    return Table(caption, tuple(head), tuple(Row(tuple(said(cell) for cell in row)) for row in rows))


def _counts(facts: MonthFacts) -> list[Block]:
    return [
        _table(title, (title, "incidents"), [(name, str(number)) for name, number in counts.items()], "None.")
        for title, counts in (("severity", facts["by_severity"]), ("cause", facts["by_cause"]))
    ]


def _seconds(seconds: float | None) -> str:
    return "missing" if seconds is None else span(seconds)


def _durations(facts: MonthFacts) -> Block:
    rows = [
        (
            name,
            str(each["n"]),
            _seconds(each["median"]),
            _seconds(each["worst"]),
            each["worst_incident"],
            str(each["missing"]),
        )
        for name, each in facts["durations"].items()
    ]
    head = ("what", "n", "median", "worst", "incident of the worst", "missing")
    return _table("Durations over the incidents that have them", head, rows, "None.")


def _budgets(facts: MonthFacts) -> Block:
    rows = [
        (
            each["name"],
            str(each["n"]),
            str(each["used"]),
            "missing" if each["worst_percent"] is None else f"{each['worst_percent']:.10g} %",
            each["worst_incident"],
            str(each["missing"]),
        )
        for each in facts["budgets"]
    ]
    head = ("objective", "n", "requests that failed", "most of the budget", "incident of the worst", "missing")
    return _table("Requests that failed in the incidents that measured them", head, rows, "None was measured.")


def _repeats(facts: MonthFacts) -> Block:
    rows = [(each["cause"], each["id"], each["before"], f"{each['days']:g}") for each in facts["repeats"]]
    return _table("Repeats", ("cause", "incident", "before it", "days between"), rows, "None.")


def _acts(facts: MonthFacts) -> Block:
    rows = [
        (name, str(sum(outcomes.values())), ", ".join(f"{outcome} {number}" for outcome, number in outcomes.items()))
        for name, outcomes in facts["acts"].items()
    ]
    return _table("Acts by mitigation", ("mitigation", "acts", "outcomes"), rows, "No act is recorded.")


def _again(facts: MonthFacts) -> Block:
    items = [
        said(f"{each['rule'].replace('_', ' ')}: {each['subject']} ({some(each['incidents'], _NAMED)})")
        for each in facts["proposed_again"]
    ]
    return Bullets(tuple(items)) if items else paragraph("None.")


def _items(facts: MonthFacts) -> Block:
    rows = [
        (
            item["key"],
            item["text"],
            item["owner"] or "missing",
            item["due"] or "missing",
            "overdue" if item["overdue"] else "open",
            item["incident"],
        )
        for item in facts["open_items"]
    ]
    return _table("Open action items", ("key", "what", "owner", "due", "state", "incident"), rows, "None is open.")


def _incidents(facts: MonthFacts) -> Block:
    rows = [
        (row["id"], row["opened_at"][:19].replace("T", " "), row["severity"], row["cause"])
        + tuple(_seconds(row["durations"][name]) for name in SPANS)
        for row in facts["incidents"]
    ]
    return _table("Incidents, UTC", ("incident", "opened", "severity", "cause", *SPANS), rows, "None.")


def _definitions() -> Definitions:
    durations = tuple((name, text) for name, (dummy, dummy2, text) in SPANS.items())
    note = "The log of the incident does not hold it. It is left out of median and worst, and never taken as zero."
    cause = "The last cause that was diagnosed; where there is none, the kind of incident."
    return Definitions((*durations, ("missing", note), ("cause", cause)))
