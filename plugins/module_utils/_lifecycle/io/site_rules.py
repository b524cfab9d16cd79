# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's rules by which something is due. I/O: the rules of time zones are files of the host."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from ..._core.errors import InputError
from ..deadlines import IN_UTC, BusinessHours, OutsideUpdates, outside_updates
from .business_hours import business_hours


class DueRules(NamedTuple):
    """``outside``: for updates to the public; ``hours``: in which the site works; ``problems``: what is wrong with
    them, a sentence each."""

    outside: OutsideUpdates
    hours: BusinessHours
    problems: list[str]


def due_rules(hours: Any, public_every: Any, public_scenarios: Sequence[Any]) -> DueRules:
    """One that is misspelt has its default: it keeps no person from acknowledging, or from seeing where an incident
    stands."""
    outside, working, problems = outside_updates({}, public_scenarios), IN_UTC, []
    try:
        outside = outside_updates(public_every, public_scenarios)
    except InputError as error:
        problems.append(f"{error} Those of the default count.")
    try:
        working = business_hours(hours)
    except InputError as error:
        problems.append(f"{error} Those of UTC count.")
    return DueRules(outside, working, problems)
