# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carrying out a plan to end sessions by rule, as a machine of transitions. Pure: the driver acts and answers.

It speaks the language of ``rounds``, without waiters: signal all, watch them go, terminate who holds on after a
cancel, look once more. Invariant: it signals targets of the plan alone, each at most twice, and each signal is guarded
by the state in which the plan saw it.
"""

from __future__ import annotations

from typing import Any, Generator

from ..._core.plan import Item
from ..locks.price import CANCEL, TERMINATE
from ..locks.rounds import Observation, Outcome, Patience, Remeasure, Signal, Step, Watch, record_results
from ..session import Holder
from .excess_plan import CHOSEN, Excess


def ending(first: Excess, patience: Patience) -> Generator[Step, Any, Outcome]:
    """Carry ``first`` out, in one round: sessions that come after it belong to another plan. A cancel that an
    operator chose stays one, also where the statement continues."""
    done = Outcome(rounds=1, after=first.snapshot)
    hit: dict[str, tuple[Item, Holder, str]] = {}
    for item, named in first.targets:
        chosen = item.detail["rule"] == CHOSEN
        # A terminated session goes whatever it does by then, if it is the same backend.
        session = named._replace(xact_start=None, state_change=None) if chosen and item.action == TERMINATE else named
        if (yield Signal(session, item.action, None, chosen=chosen)):
            hit[item.target] = (item, session, item.action)
        else:
            done.not_done.append({"target": item.target, "reason": "it had changed before the act"})
    if hit:
        cancelled = any(action == CANCEL for dummy, dummy2, action in hit.values())
        observation: Observation = yield Watch((), _targets(hit), patience.grace if cancelled else patience.timeout)
        for target, (item, holder, action) in list(hit.items()):
            escalates = action == CANCEL and item.detail["rule"] != CHOSEN
            if escalates and target in observation.standing and (yield Signal(holder, TERMINATE, None)):
                hit[target] = (item, holder, TERMINATE)
        if observation.standing and any(item.detail["rule"] != CHOSEN for item, dummy, dummy2 in hit.values()):
            observation = yield Watch((), _targets(hit), patience.timeout)
        record_results(hit, observation, done)
        if not observation.standing:
            done.seconds_to_recovery = round(observation.seconds, 3)
        done.after = (yield Remeasure((), 0)).snapshot
    return done


def _targets(hit: dict[str, tuple[Item, Holder, str]]) -> tuple[tuple[Holder, str], ...]:
    return tuple((session, action) for dummy, session, action in hit.values())
