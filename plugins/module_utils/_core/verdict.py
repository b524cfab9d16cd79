# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Did it help? The question of the facts, asked again after the act. Pure."""

from __future__ import annotations

from typing import TypedDict

VERDICTS = ("recovered", "improved", "unchanged", "worse")


class OutcomeCounts(TypedDict):
    """A verdict from counts. ``kept``: whether the plan kept its word."""

    verdict: str
    kept: bool
    before: int
    after: int
    seconds_to_relief: float | None


class OutcomeReport(OutcomeCounts):
    """What the module verdict returns. ``what`` was counted; empty: sessions that wait too long."""

    what: str


def relief(before: int, after: int, promised_left: int, seconds: float | None, stopped: str = "") -> OutcomeCounts:
    """A verdict from counts of those who wait too long.

    ``promised_left``: how many the plan said it would leave waiting. ``seconds``: until everybody who
    was promised relief had it, None if somebody still waits. ``stopped``: why the act ended early; then it
    is no recovery, though nobody may wait too long yet. ``kept``: whether the plan kept its word.
    """
    if after > before:
        verdict = "worse"
    elif after == 0 and seconds is not None and not stopped:
        verdict = "recovered"
    elif after < before:
        verdict = "improved"
    else:
        verdict = "unchanged"
    kept = verdict in ("recovered", "improved") and seconds is not None and after <= promised_left and not stopped
    return {"verdict": verdict, "kept": kept, "before": before, "after": after, "seconds_to_relief": seconds}
