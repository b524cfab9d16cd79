# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions ended by rule: look, plan, refuse or act in one round. I/O; the plan is `excess.plan`'s."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Collection, Sequence

from ...._core.result import After, Before, NotDone, carry_out
from ...exclusions import Exclusions
from ...io.server import Postgres
from ...io.snapshot import read_snapshot
from ...io.terminate import Ending
from ...locks.io.unblock import NEVER_UNDONE
from ...locks.rounds import Outcome, Patience
from ...refusals import check_visible
from ...session import SESSION_TARGET
from ...snapshot import Snapshot
from ..chosen import Chosen, HeldLock, plan_chosen
from ..excess_plan import Bounds, Excess, Rules, plan_ending, standing
from ..excess_rounds import ending


def end_sessions(
    postgres: Postgres,
    exclusions: Exclusions,
    rules: Rules,
    bounds: Bounds,
    patience: Patience,
    *,
    parts: Collection[str],
    rows: int,
    only: Sequence[str] | None,
    check_mode: bool,
    chosen: Chosen | None = None,
) -> dict[str, Any]:
    """What pg_end_sessions returns: an ActResult, what became of the sessions, and the plan in its two parts.
    ``chosen``: the one session to end, in place of all that the rules name."""
    act = EndSessions(Ending(postgres), exclusions, rules, bounds, patience, parts, rows, chosen)
    snapshot = read_snapshot(postgres)
    check_visible(snapshot)
    planned = act.judge(snapshot)
    result = carry_out(planned, only, check_mode, act, time.monotonic, SESSION_TARGET)
    kept, outcome = planned.narrowed_to(only), act.outcome
    return {
        **result,
        "affected": sorted(kept.affected),
        "parts": {"harmless": kept.part(True).as_dict(), "others": kept.part(False).as_dict()},
        "acted_on": outcome.acted_on,
        "still_present": outcome.still_present,
        "seconds_to_recovery": outcome.seconds_to_recovery,
        "about": list(kept.about),
    }


@dataclass
class EndSessions:
    """The act. ``parts``: of whom the plan is made, of those who do nothing, of all others, or of both."""

    ending: Ending
    exclusions: Exclusions
    rules: Rules
    bounds: Bounds
    patience: Patience
    parts: Collection[str]
    rows: int
    chosen: Chosen | None = None
    outcome: Outcome = field(default_factory=Outcome)

    def judge(self, snapshot: Snapshot, *_unused: Any) -> Excess:
        if self.chosen:
            held = [HeldLock(*lock) for lock in self.ending.held(self.chosen.pid)]
            planned = plan_chosen(snapshot, self.exclusions, self.chosen, held)
            # From now on it is this very session, which is gone after the act.
            self.chosen = self.chosen.of(snapshot.sessions.get(self.chosen.pid))
            return planned
        keeps = self.ending.keepers() if self.rules.idle is not None else {}
        whole = plan_ending(snapshot, self.exclusions, self.rules, self.bounds, keeps)
        return whole if len(set(self.parts)) == 2 else whole.part("harmless" in self.parts)

    def look(self, planned: Excess) -> Before:
        return Before(
            state=standing(planned.snapshot),
            left=len(planned.plan.actions),
            undo=NEVER_UNDONE,
            evidence=planned.evidence(self.rows),
        )

    def act(self, planned: Excess) -> After:
        self.ending.claim()
        self.outcome = outcome = self.ending.carry_out(ending(planned, self.patience), self.judge)
        return After(
            done=outcome.sentences,
            state=standing(outcome.after or planned.snapshot),
            left=len(outcome.still_present),
            not_done=[NotDone(target=one["target"], reason=one["reason"]) for one in outcome.not_done],
            touched=bool(outcome.still_present),
        )
