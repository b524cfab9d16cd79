# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the people of a site can be reached, and whether a person is on call in the next month. I/O."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from ..._core.errors import InputError
from ..._oncall.io.load import load_roster
from ..._oncall.io.time_zones import is_zone
from ..._oncall.people import people_of
from ..._oncall.roster import report_of
from ..check import Check

_AHEAD = timedelta(days=30)
_COPIES = "~/.local/state/pafar-runbook/feeds"
_TIMEOUT = 5.0  # seconds


def reachable(params: Mapping[str, Any]) -> list[Check]:
    """A check of the people, and one of each step of `runbook_oncall`."""
    people, problems = people_of(params["people"], is_zone)
    cure = "correct runbook_people in the inventory"
    checks = [Check("people can be reached", not problems, "; ".join(problems) or f"{len(people)} people", cure)]
    if not params["oncall"]:
        return checks
    now = datetime.now(timezone.utc)
    given = {"people": params["people"], "oncall": params["oncall"], "copies": _COPIES, "timeout": _TIMEOUT}
    try:
        roster = load_roster(given, now, now + _AHEAD)
    except InputError as error:
        return [*checks, Check("a person is on call", False, str(error), "correct runbook_oncall in the inventory")]
    report = report_of(roster, now, _AHEAD)
    for row in report["steps"]:
        step = row["step"]
        holes = [
            f"no person from {each['start']} until {each['end']}" for each in report["gaps"] if each["step"] == step
        ]
        wrong = [text for text in roster.problems if text.startswith(f"{step}: ")]
        found = [*holes[:3], *wrong, *([row["why"]] if row["why"] and not holes else [])]
        cure = f"correct runbook_oncall.{step}, or its feed"
        ready = not found
        words = "; ".join(dict.fromkeys(found)) or f"{row['person']} until {row['until']}"
        checks.append(Check(f"{step} is on call for 30 days", ready, words, cure))
    strangers = [text for text in roster.problems if text.startswith("a rotation names")]
    if strangers:
        checks.append(Check("rotations name known people", False, "; ".join(strangers), "add them to runbook_people"))
    return checks
