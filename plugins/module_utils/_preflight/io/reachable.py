# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the people of a site can be reached, and whether a person is on call in the next month. I/O."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping, Sequence

from ..._core.text import counted
from ..._oncall.escalation import escalation_of
from ..._oncall.io.load import load_roster
from ..._oncall.io.time_zones import is_zone
from ..._oncall.people import PAGED_BY, people_of
from ..._oncall.roster import OnCallReport, OnCallRow, not_paged, report_of
from ..check import Check

_AHEAD = timedelta(days=30)
_COPIES = "~/.local/state/pafar-runbook/feeds"
_TIMEOUT = 5.0  # seconds


def reachable(params: Mapping[str, Any]) -> list[Check]:
    """A check of the people, and one of each step of `runbook_oncall`."""
    people, problems = people_of(params["people"], is_zone)
    cure = "correct runbook_people in the inventory"
    ready = bool(people) and not problems
    checks = [
        Check(
            "people can be reached", ready, "; ".join(problems) or f"{counted(len(people), 'person', 'people')}", cure
        )
    ]
    if not params["oncall"]:
        return checks
    now = datetime.now(timezone.utc)
    given = {"people": params["people"], "oncall": params["oncall"], "copies": _COPIES, "timeout": _TIMEOUT}
    roster = load_roster(given, now, now + _AHEAD)
    ways = [way for way in PAGED_BY if way in params["channels"]] if params["channels"] else list(PAGED_BY)
    if ways:
        roster.problems.extend(not_paged(roster, ways, now, _AHEAD))
    report = report_of(roster, now, _AHEAD)
    cure = "correct runbook_oncall in the inventory"
    wrong = escalation_of(params["escalate_after"] or {})[1]
    if wrong:
        cure_of_it = "correct incident_escalate_after in the inventory"
        checks.append(Check("steps are paged after minutes", False, "; ".join(wrong), cure_of_it))
    if roster.refused:
        checks.append(Check("rotations are written as they must be", False, "; ".join(roster.refused), cure))
    for row in report["steps"]:
        checks.append(_of_step(row, report, [text for text in roster.problems if text.startswith(f"{row['step']}: ")]))
    strangers = [text for text in roster.problems if text.startswith("a rotation names")]
    if strangers:
        checks.append(
            Check("rotations name known people", False, "; ".join(strangers), "add or correct them in runbook_people")
        )
    return checks


def _of_step(row: OnCallRow, report: OnCallReport, problems: Sequence[str]) -> Check:
    """Whether a step has one person at each moment, from a feed that can be read."""
    step = row["step"]
    holes = [f"no person from {each['start']} until {each['end']}" for each in report["gaps"] if each["step"] == step]
    double = [
        f"{' and '.join(each['people'])} from {each['start']} until {each['end']}"
        for each in report["overlaps"]
        if each["step"] == step
    ]
    found = [*holes[:3], *double[:3], *problems, *([row["why"]] if row["why"] and not holes else [])]
    words = "; ".join(dict.fromkeys(found)) or f"{row['person']} until {row['until']}"
    return Check(f"{step} is on call for 30 days", not found, words, f"correct runbook_oncall.{step}, or its feed")
