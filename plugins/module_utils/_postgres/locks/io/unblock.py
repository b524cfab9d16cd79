# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Unblocking carried out: look, judge, refuse or act in rounds. I/O; the judgement is `locks.least_harm`'s."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Iterable, Sequence

from ...._core.errors import RunbookError
from ...._core.result import After, Before, NotDone, carry_out
from ...exclusions import Exclusions
from ...io.condition import with_condition
from ...io.server import Postgres
from ...io.terminate import Ending
from ...refusals import check_sight
from ...session import SESSION_TARGET
from ...snapshot import Snapshot
from ..kill_result import evidence, facts, standing
from ..least_harm import Judgement, judge
from ..price import Bounds
from ..rounds import Outcome, Patience, unblocking
from .watch import read_watched

NEVER_UNDONE = {"reversible": False, "why": "a terminated session or a cancelled statement cannot be restored"}


def unblock(
    postgres: Postgres,
    exclusions: Exclusions,
    bounds: Bounds,
    patience: Patience,
    *,
    follow: bool,
    rows: int,
    only: Sequence[str] | None,
    check_mode: bool,
) -> dict[str, Any]:
    """What pg_kill_blocking returns: an ActResult, and what became of the sessions. ``rows``: of the evidence."""
    ending = Ending(postgres)
    snapshot = read_watched(postgres, bounds.min_waiting, bounds.min_waiters, only or (), quiet=True)
    planned = judge(snapshot, exclusions, bounds, approved=only or ())
    report = facts(with_condition(postgres, planned.snapshot), exclusions, bounds.min_waiting) if check_mode else {}
    try:
        if planned.affected or not check_mode:
            ending.refuse_on_standby()
        check_sight(planned)
    except RunbookError as error:
        error.details["facts"] = report  # who waits is shown all the same
        raise
    act = Unblock(ending, exclusions, bounds, patience, None if follow else only, rows, only)
    result = carry_out(planned, only, check_mode, act, time.monotonic, SESSION_TARGET, by_person=not follow)
    outcome = act.outcome
    return {
        **result,
        "acted_on": outcome.acted_on,
        "still_present": outcome.still_present,
        "facts": report,
        "waiters_before": result["before"]["waiters"],
        "waiters_after": result["after"]["waiters"],
        "rounds": outcome.rounds,
        "seconds_to_recovery": outcome.seconds_to_recovery,
        "stopped": outcome.stopped,
    }


@dataclass
class Unblock:
    """The act. ``only``: targets that this run keeps to at first; ``approved``: those that later rounds keep to, too,
    None where no person approved any."""

    ending: Ending
    exclusions: Exclusions
    bounds: Bounds
    patience: Patience
    approved: Sequence[str] | None
    rows: int
    only: Sequence[str] | None = None
    outcome: Outcome = field(default_factory=Outcome)

    def look(self, planned: Judgement) -> Before:
        return Before(
            state=standing(planned.snapshot, self.bounds),
            left=len(planned.affected),
            undo=NEVER_UNDONE,
            evidence=evidence(planned, self.exclusions, self.rows),
        )

    def act(self, planned: Judgement) -> After:
        self.ending.claim()
        # Also of targets that needed none when the gate opened: fewer may wait now, or it may be active again.
        held = planned.need_approval if self.approved is None else ()
        planned = planned.without_approval() if held else planned
        steps = unblocking(planned, replace(self.patience, room=planned.up_to), self.exclusions.why)
        self.outcome = outcome = self.ending.carry_out(steps, partial(self._again, planned))
        after = outcome.after or planned.snapshot
        return After(
            done=outcome.sentences,
            state=standing(after, self.bounds, planned.moving(after)),
            left=planned.still_late(after),
            not_done=[
                *(NotDone(target=entry["target"], reason=entry["reason"]) for entry in outcome.not_done),
                *(
                    NotDone(target=item.target, reason=f"needs an approval: {item.detail['needs_approval']}")
                    for item in held
                ),
            ],
            touched=bool(outcome.still_present),
        )

    def _again(self, planned: Judgement, snapshot: Snapshot, affected: Iterable[Any], room: int) -> Judgement:
        """Later rounds serve only waiters that were over the limit at first, and none that began to wait since."""
        rest = replace(self.bounds, max_terminations=room, max_share=1.0)
        heirs = planned.heirs(snapshot)
        fresh = judge(snapshot, self.exclusions, rest, affected, self.approved or (), heirs)
        return fresh.without_approval() if self.approved is None else fresh.narrowed_to(self.approved)
