# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions ended by rule: look, plan, refuse or act in one round. I/O; the plan is `excess.plan`'s."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Collection, Mapping, Sequence

from ...._core.errors import RunbookError
from ...._core.result import After, Before, NotDone, carry_out
from ...activity_report import activity_result, with_background
from ...background.background_report import BackgroundReport
from ...background.io.backends import observe_poolers
from ...background.io.background import collect_background
from ...background.io.pgbouncer import from_its_address
from ...background.pgbouncer import sessions_of
from ...exclusions import Exclusions
from ...io.condition import with_condition
from ...io.connection import Login
from ...io.server import Postgres
from ...io.snapshot import read_snapshot
from ...io.terminate import Ending
from ...locks.io.unblock import NEVER_UNDONE
from ...locks.io.watch import read_watched
from ...locks.rounds import Outcome, Patience
from ...refusals import check_visible
from ...session import SESSION_TARGET
from ...snapshot import MIN_WAITERS, Snapshot
from ...sql_text import without_literals
from ..chosen import Chosen, HeldLock, plan_chosen
from ..dead_rows import RowKeeper
from ..excess_plan import (
    Bounds,
    Excess,
    Known,
    Rules,
    plan_ending,
    standing,
)
from ..excess_rounds import ending
from ..process_facts import busy_of, copies_of, dead_clients_of, measured, why_room


@dataclass(frozen=True)
class Look:
    """What a plan reports beside itself. ``also``: subjects of the background, None: no facts at all; ``measure``:
    rules whose sessions are measured in this look (busy, dead_clients). Times in seconds."""

    also: Sequence[str] | None = None
    measure: Collection[str] = ()
    pooler: Login | None = None
    interval: float = 1.0
    min_waiting: float = 30.0
    min_waiters: int = MIN_WAITERS


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
    look: Look = Look(),
    chosen: Chosen | None = None,
) -> dict[str, Any]:
    """What pg_end_sessions returns: an ActResult, what became of the sessions, and the plan in its two parts.
    ``chosen``: the one session to end, in place of all that the rules name."""
    subjects = {*(look.also or ()), *(["processes"] if look.measure else [])}
    snapshot = _snapshot(postgres, look, subjects)
    background = collect_background(postgres, snapshot, subjects, look.pooler, look.interval)
    if rules.idle is not None:
        snapshot = snapshot.with_poolers({**observe_poolers(snapshot), **_through_pooler(look, snapshot, background)})
    facts = _facts(snapshot, exclusions, rules, look, rows, background)
    try:
        check_visible(snapshot)
    except RunbookError as error:
        error.details["facts"] = facts  # what could be seen is shown all the same
        raise
    rules = _measured(rules, look, snapshot, background)
    act = EndSessions(Ending(postgres), exclusions, rules, bounds, patience, parts, rows, chosen)
    planned = act.judge(snapshot)
    result = carry_out(planned, only, check_mode, act, time.monotonic, SESSION_TARGET)
    kept, outcome = planned.narrowed_to(only), act.outcome
    return {
        **result,
        "facts": facts,
        "measured": {
            "busy": [{"pid": pid, "cpu": cpu} for pid, cpu in rules.busy.items()],
            "dead_clients": [{"target": target, "reason": why} for target, why in rules.dead_clients.items()],
        },
        "affected": sorted(kept.affected),
        "parts": {"harmless": kept.part(True).as_dict(), "others": kept.part(False).as_dict()},
        "acted_on": outcome.acted_on,
        "still_present": outcome.still_present,
        "seconds_to_recovery": outcome.seconds_to_recovery,
        "about": list(kept.about),
    }


def _snapshot(postgres: Postgres, look: Look, subjects: Collection[str]) -> Snapshot:
    """The snapshot of the plan; where it serves the facts too, with what pg_activity_info reads for them."""
    if look.also is None:
        return read_snapshot(postgres)
    # Clients that fail and come back are seen in further looks only, as by the playbook for lock contention.
    watched = read_watched(postgres, look.min_waiting, look.min_waiters, quiet=True)
    return with_condition(postgres, watched, disks="processes" in subjects)


def _facts(
    snapshot: Snapshot, exclusions: Exclusions, rules: Rules, look: Look, rows: int, background: BackgroundReport
) -> Mapping[str, Any]:
    """What pg_activity_info would have returned, from the snapshot of the plan; empty where nothing was asked for."""
    if look.also is None:
        return {}
    report = activity_result(
        snapshot,
        exclusions,
        statements="normalized",
        rows=rows,
        min_waiting=look.min_waiting,
        min_waiters=look.min_waiters,
        long_running=rules.min_running,
    )
    return with_background(report, background)


def _measured(rules: Rules, look: Look, snapshot: Snapshot, background: BackgroundReport) -> Rules:
    """The rules with what this look has measured."""
    processes = background.get("processes")
    if processes is None:
        return rules
    if "dead_clients" in look.measure:
        rules = replace(rules, dead_clients={**rules.dead_clients, **dead_clients_of(processes["dead_clients"])})
    if "busy" in look.measure:
        uses, cores = processes["sessions"], processes["cores"]
        copies = measured(copies_of(uses, cores, _long_statements(snapshot, rules.min_running)))
        # What was passed in was measured by a run that had a reason of its own.
        room = "" if rules.busy else why_room(processes)
        rules = replace(
            rules, busy={**rules.busy, **copies, **measured(busy_of(uses, cores))}, room=room, copies=frozenset(copies)
        )
    return rules


def _long_statements(snapshot: Snapshot, seconds: float) -> dict[int, str]:
    """What has run for so long, by pid."""
    return {
        session.pid: without_literals(session.query)
        for session in snapshot.client_sessions()
        if session.state == "active" and session.seconds_in_state(snapshot.now) >= seconds
    }


def _through_pooler(look: Look, snapshot: Snapshot, background: BackgroundReport) -> dict[int, str]:
    """Sessions of the pooler that the site names, by pid."""
    report = background.get("pooler")
    if report is None or look.pooler is None:
        return {}
    return sessions_of(report) if report["reachable"] else from_its_address(look.pooler, snapshot)


@dataclass
class EndSessions:
    """The act. ``parts``: which sessions the plan is made of, those that do nothing, of all others, or of both."""

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
        known = Known(
            self.ending.keepers() if self.rules.idle is not None else {},
            self.ending.horizon() if self.rules.idle_in_transaction is not None else {},
            [RowKeeper(*row) for row in self.ending.row_keepers()] if self.rules.holds_back else [],
        )
        whole = plan_ending(snapshot, self.exclusions, self.rules, self.bounds, known)
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
            not_done=[NotDone(target=entry["target"], reason=entry["reason"]) for entry in outcome.not_done],
            touched=bool(outcome.still_present),
        )
