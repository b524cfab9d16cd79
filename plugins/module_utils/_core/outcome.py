# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Did it help? The question of the facts, asked again after the act. Pure."""

from __future__ import annotations

from typing import TypedDict

OUTCOMES = ("recovered", "improved", "unchanged", "worse")


class OutcomeCounts(TypedDict):
    """A verdict from counts. ``kept``: whether the plan kept its word."""

    outcome: str
    kept: bool
    before: int
    after: int
    seconds_to_recovery: float | None


class OutcomeReport(OutcomeCounts):
    """What the module verdict returns. ``what`` was counted; empty: sessions that wait too long."""

    what: str


def outcome_of(before: int, after: int, promised_left: int, seconds: float | None, stopped: str = "") -> OutcomeCounts:
    """A verdict from counts of those who wait too long.

    ``promised_left``: how many the plan said it would leave waiting. ``seconds``: until everybody who
    was promised relief had it, None if somebody still waits. ``stopped``: why the act ended early; then it
    is no recovery, though nobody may wait too long yet. ``kept``: whether the plan kept its word.
    """
    if after > before:
        outcome = "worse"
    elif after == 0 and seconds is not None and not stopped:
        outcome = "recovered"
    elif after < before:
        outcome = "improved"
    else:
        outcome = "unchanged"
    kept = outcome in ("recovered", "improved") and seconds is not None and after <= promised_left and not stopped
    return {"outcome": outcome, "kept": kept, "before": before, "after": after, "seconds_to_recovery": seconds}
