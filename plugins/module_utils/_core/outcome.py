# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of an act, from the same count before and after it. Pure."""

from __future__ import annotations

from typing import TypedDict

OUTCOMES = ("recovered", "improved", "unchanged", "worse")


class OutcomeCounts(TypedDict):
    """An outcome from counts. ``kept``: whether the act reached the planned result."""

    outcome: str
    kept: bool
    before: int
    after: int
    seconds_to_recovery: float | None


class OutcomeReport(OutcomeCounts):
    """What the module outcome returns. ``what`` was counted; empty: sessions that wait too long."""

    what: str


def outcome_of(before: int, after: int, planned_left: int, seconds: float | None, stopped: str = "") -> OutcomeCounts:
    """The outcome from counts of sessions that wait too long.

    ``planned_left``: how many the plan leaves waiting. ``seconds``: until every other session was released, None if
    one still waits. ``stopped``: why the act ended early; then it is no recovery, even if no session waits too long
    yet. ``kept``: whether the act reached the planned result.
    """
    if after > before:
        outcome = "worse"
    elif after == 0 and seconds is not None and not stopped:
        outcome = "recovered"
    elif after < before:
        outcome = "improved"
    else:
        outcome = "unchanged"
    kept = outcome in ("recovered", "improved") and seconds is not None and after <= planned_left and not stopped
    return {"outcome": outcome, "kept": kept, "before": before, "after": after, "seconds_to_recovery": seconds}
