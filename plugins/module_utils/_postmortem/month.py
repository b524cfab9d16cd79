# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All incidents of a month: how many, how long, which causes came again, how acts worked. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Iterable, Sequence, TypedDict

from .._incident.action_items import ActionItem, is_overdue
from .._incident.event import EventReport
from .._incident.hash_chain import Verification
from .._incident.severity import severity_of
from .milestones import SPANS
from .page.document import said
from .postmortem import facts_of
from .story import numbered, seconds_at

REPEAT_DAYS = 90
UNKNOWN = "unknown"  # the cause of an incident without any; two of them have none in common
_DAY = 86400.0


class IncidentOfMonth(TypedDict):
    """An incident in one row. ``durations``: seconds by name, null where missing; ``verified``: whether its log is
    what was written."""

    id: str
    opened_at: str
    severity: str
    cause: str
    durations: dict[str, float | None]
    verified: bool


class DurationOfMonth(TypedDict):
    """A duration over the incidents that have it. All null where none has; ``missing``: incidents without it."""

    n: int
    median: float | None
    worst: float | None
    worst_incident: str
    missing: int


class Repeat(TypedDict):
    """An incident whose cause another had before, at most 90 days earlier."""

    id: str
    cause: str
    before: str
    days: float


class OpenItem(TypedDict):
    """An action item that is open."""

    incident: str
    key: str
    text: str
    owner: str
    due: str
    overdue: bool


class BudgetOfMonth(TypedDict):
    """An error budget over the incidents that measured it. ``used``: requests that failed in them; the worst is the one
    that took most of the budget; ``missing``: incidents without a figure."""

    name: str
    n: int
    used: int
    worst_percent: float | None
    worst_incident: str
    missing: int


class TwiceProposed(TypedDict):
    """What several incidents propose."""

    rule: str
    subject: str
    incidents: list[str]


class MonthFacts(TypedDict):
    """The facts of a month. ``unread``: logs that could not be read, with the reason."""

    month: str
    incidents: list[IncidentOfMonth]
    by_severity: dict[str, int]
    by_cause: dict[str, int]
    durations: dict[str, DurationOfMonth]
    repeats: list[Repeat]
    budgets: list[BudgetOfMonth]
    acts: dict[str, dict[str, int]]
    proposed_again: list[TwiceProposed]
    open_items: list[OpenItem]
    unread: list[str]


class MonthReport(MonthFacts):
    """What incident_report returns. ``paths``: of the pages, also where check mode has not written them."""

    paths: list[str]
    lines: list[str]


@dataclass(frozen=True)
class Folded:
    """One log, folded."""

    row: IncidentOfMonth
    opened: float
    acts: Sequence[tuple[str, str]]
    proposed: Sequence[tuple[str, str]]
    items: Sequence[ActionItem]
    budgets: Sequence[tuple[str, int, float | None]] = ()


def folded(incident: str, events: Sequence[EventReport], verification: Verification) -> Folded | None:
    """One incident; None where no event says when it began."""
    events = numbered(events)
    opened = seconds_at(events[0]["at"]) if events else None
    if opened is None:
        return None
    facts = facts_of(events, verification)
    return Folded(
        {
            "id": incident,
            "opened_at": events[0]["at"],
            "severity": severity_of(events),
            "cause": said(cause_of(events)).text,
            "durations": {name: each.seconds for name, each in facts.durations.items()},
            "verified": verification["first_break"] is None,
        },
        opened,
        [(act.name, act.outcome_word or "no outcome") for act in facts.acts if act.is_done],
        [(each.rule, said(each.subject).text) for each in facts.proposals],
        facts.items,
        [
            (said(row["name"]).text, row["used"], row["used_percent"])
            for row in (facts.measured.budgets if facts.measured else ())
            if row["used"] is not None
        ],
    )


def cause_of(events: Sequence[EventReport]) -> str:
    """The last cause that was diagnosed, else the kind of incident."""
    for event in reversed(events):
        if event["kind"] == "diagnosed" and event["note"].get("cause"):
            return str(event["note"]["cause"])
    return str(events[0]["note"].get("scenario") or UNKNOWN)


def month_facts(month: str, incidents: Iterable[Folded], unread: Sequence[str], today: str) -> MonthFacts:
    """``month`` as 2026-11, ``today`` as 2026-11-23; ``incidents``: also those of the months before, for repeats and
    for action items that are open."""
    known = sorted(incidents, key=lambda each: (each.opened, each.row["id"]))
    mine = [each for each in known if each.row["opened_at"].startswith(month)]
    rows = [each.row for each in mine]
    acts: dict[str, Counter[str]] = {}
    for each in mine:
        for name, outcome in each.acts:
            acts.setdefault(said(name).text, Counter())[outcome] += 1
    return {
        "month": month,
        "incidents": rows,
        "by_severity": dict(sorted(Counter(row["severity"] for row in rows).items())),
        "by_cause": dict(Counter(row["cause"] for row in rows).most_common()),
        "durations": {name: _duration(name, rows) for name in SPANS},
        "repeats": _repeats(mine, known),
        "budgets": _budgets(mine),
        "acts": {name: dict(sorted(outcomes.items())) for name, outcomes in sorted(acts.items())},
        "proposed_again": _again(mine),
        "open_items": [_open(each.row["id"], item, today) for each in known for item in each.items if item["open"]],
        "unread": list(unread),
    }


def _duration(name: str, rows: Sequence[IncidentOfMonth]) -> DurationOfMonth:
    found = [(seconds, row["id"]) for row in rows for seconds in [row["durations"][name]] if seconds is not None]
    if not found:
        return {"n": 0, "median": None, "worst": None, "worst_incident": "", "missing": len(rows)}
    worst, incident = max(found)
    return {
        "n": len(found),
        "median": round(median(seconds for seconds, dummy in found), 3),
        "worst": worst,
        "worst_incident": incident,
        "missing": len(rows) - len(found),
    }


def _budgets(mine: Sequence[Folded]) -> list[BudgetOfMonth]:
    found: list[BudgetOfMonth] = []
    for name in sorted({name for each in mine for name, dummy, dummy2 in each.budgets}):
        rows = [(percent, used, each.row["id"]) for each in mine for own, used, percent in each.budgets if own == name]
        shares = [(percent, incident) for percent, dummy, incident in rows if percent is not None]
        worst, incident = max(shares, default=(None, ""))
        found.append(
            {
                "name": name, "n": len(rows), "used": sum(used for dummy, used, dummy2 in rows),
                "worst_percent": worst, "worst_incident": incident, "missing": len(mine) - len(rows),
            }
        )  # fmt: skip
    return found


def _repeats(mine: Sequence[Folded], known: Sequence[Folded]) -> list[Repeat]:
    """Each incident with the nearest one before it of the same cause."""
    found: list[Repeat] = []
    last: dict[str, Folded] = {}
    ids = {each.row["id"] for each in mine}
    for each in known:
        cause = each.row["cause"]
        before = None if cause == UNKNOWN else last.get(cause)
        if before is not None and each.row["id"] in ids and each.opened - before.opened <= REPEAT_DAYS * _DAY:
            days = round((each.opened - before.opened) / _DAY, 1)
            found.append({"id": each.row["id"], "cause": cause, "before": before.row["id"], "days": days})
        last[cause] = each
    return found


def _again(mine: Sequence[Folded]) -> list[TwiceProposed]:
    by_subject: dict[tuple[str, str], list[str]] = {}
    for each in mine:
        for key in dict.fromkeys(each.proposed):
            by_subject.setdefault(key, []).append(each.row["id"])
    return [
        {"rule": rule, "subject": subject, "incidents": ids}
        for (rule, subject), ids in by_subject.items()
        if len(ids) > 1
    ]


def _open(incident: str, item: ActionItem, today: str) -> OpenItem:
    return {
        "incident": incident,
        "key": said(item["key"]).text,
        "text": said(item["text"]).text,
        "owner": said(item["owner"]).text,
        "due": said(item["due"]).text,
        "overdue": is_overdue(item, today),
    }
