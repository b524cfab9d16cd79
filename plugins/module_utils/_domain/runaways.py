# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions whose statement runs away with the CPU: who of them may be ended. Pure.

The CPU is measured outside of the database, per process; a backend's pid in its own namespace is its session's. The
statement is cancelled first, which costs the application an error and no connection.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping

from .fleet import diff_of, plan_dict
from .mercy import Mercy
from .picture import Picture
from .plan import Item, Plan
from .sessions import Session
from .statements import span, without_literals
from .words import who_is

CANCEL = "cancel"


@dataclass(frozen=True)
class Runaways:
    """The plan, and the sessions behind its targets."""

    picture: Picture
    plan: Plan
    sessions: Mapping[str, Session]

    def narrowed_to(self, only: Iterable[str] | None) -> Runaways:
        return replace(self, plan=self.plan.narrowed_to(only))

    @property
    def victims(self) -> list[Session]:
        return [self.sessions[target] for target in self.plan.targets]

    def as_dict(self) -> dict[str, Any]:
        return plan_dict(
            self.plan, len(self.plan.actions), "statements that run away", "nothing to do: none of them runs away"
        )

    def diff(self) -> dict[str, str]:
        before = [f"{item.detail['who']}: {item.reason}" for item in self.plan.actions]
        after = [
            f"{item.detail['who']}: statement cancelled (session terminated if it goes on)"
            for item in self.plan.actions
        ]
        return diff_of("runaway statements", before, after)

    def evidence(self) -> dict[str, Any]:
        """Who ran what, without literals."""
        return {
            "server": dict(self.picture.server),
            "plan": self.as_dict(),
            "statements": {one.target: without_literals(one.query) for one in self.sessions.values()},
        }


def plan_runaways(
    picture: Picture, mercy: Mercy, cores: Mapping[int, float], min_running: float, max_sessions: int
) -> Runaways:
    """``cores``: CPU that each pid uses; ``min_running``: seconds for which its statement must have run."""
    seen = [picture.sessions[pid] for pid in cores if pid in picture.sessions]
    busiest = sorted(seen, key=lambda one: (-cores[one.pid], one.pid))
    actions: list[Item] = []
    spared: list[Item] = []
    for one in busiest:
        seconds, detail = one.seconds_in_state(picture.now), {"who": who_is(picture, one.pid), "pid": one.pid}
        why = mercy.why(one)
        if one.state != "active":
            why = why or f"is {one.state or 'not at work'} by now"
        elif seconds < min_running:
            why = why or f"its statement runs for {span(seconds)} only"
        elif len(actions) >= max_sessions:
            why = why or f"more than {max_sessions} are not ended in one go"
        if why:
            spared.append(Item(one.target, why, "", detail))
        else:
            reason = f"its statement runs for {span(seconds)} and uses {cores[one.pid]:.2f} cores"
            actions.append(Item(one.target, reason, CANCEL, detail))
    plan = Plan("end_sessions", tuple(actions), tuple(spared))
    return Runaways(picture, plan, {one.target: one for one in busiest})


def measured(busy: Iterable[Mapping[str, Any]]) -> dict[int, float]:
    """Cores by pid, from what somebody handed over; what is no measurement is left out."""
    found = {}
    for one in busy:
        try:
            found[int(one["pid"])] = float(one.get("cpu") or 0)
        except (KeyError, TypeError, ValueError):
            continue
    return found


def runaway_result(runaways: Runaways, outcome: Mapping[str, Any] | None) -> dict[str, Any]:
    """What pg_end_sessions returns; ``outcome`` None: nothing was done."""
    came = outcome or {"ended": [], "stuck": [], "missed": [], "seconds": None}
    return {
        "changed": bool(runaways.plan.actions) if outcome is None else bool(came["ended"] or came["stuck"]),
        "plan": runaways.as_dict(),
        "ended": list(came["ended"]),
        "stuck": list(came["stuck"]),
        "missed": [one["target"] for one in came["missed"]],
        "done": [f"{one['action']} {one['who']}" for one in came["ended"]],
        "left": len(runaways.plan.actions) if outcome is None else len(came["stuck"]),
        "seconds": came["seconds"],
        "undo": {"reversible": False, "why": "a statement that was ended does not come back"},
        "evidence": runaways.evidence(),
        "diff": runaways.diff(),
    }
