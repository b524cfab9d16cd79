# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A judgement and what came of it, as the dicts that pg_kill_blocking returns. Pure."""

from __future__ import annotations

from typing import Any

from ..._core.times import stamp
from ..activity_report import blocker_dict, waiter_dict
from ..describe import who_is
from ..exclusions import Mercy
from .least_harm import Judgement
from .rounds import Outcome
from .tree import tree, waiting


def plan_dict(judged: Judgement) -> dict[str, Any]:
    """The plan with what it promises: ``frees`` waiters go on, ``leaves`` still wait."""
    return {
        **judged.plan.as_dict(),
        "late": len(judged.late),
        "frees": len(judged.freed),
        "leaves": judged.left,
    }


def plan_diff(judged: Judgement) -> dict[str, str]:
    """Before and after as Ansible's ``diff``: who is in the way now, and what becomes of each."""
    past = {"cancel": "statement cancelled (session terminated if it holds on)", "terminate": "session terminated"}
    before, after = [], []
    for item in judged.plan.actions:
        name = who_is(judged.picture, judged.keys[item.target])
        before.append(f"{name}: {item.reason}")
        fate = past.get(item.action, "rolled back")
        after.append(f"{name}: {fate}, frees {item.detail['frees']} of {len(judged.late)}")
    for item in judged.plan.spared:
        key = judged.keys.get(item.target)
        name = who_is(judged.picture, key) if key is not None else item.target
        line = f"{name}: stays, {item.reason}"
        before.append(line)
        after.append(line)
    before.append(f"{waiting(len(judged.late))} too long")
    after.append(f"{waiting(judged.left)} too long" if judged.left else "nobody waits too long")
    return {
        "before_header": "sessions in the way",
        "after_header": "after the plan",
        "before": "\n".join(before) + "\n" if judged.plan.actions else "",
        "after": "\n".join(after) + "\n" if judged.plan.actions else "",
    }


def evidence(judged: Judgement, mercy: Mercy, rows: int) -> dict[str, Any]:
    """What the act is about to destroy: the forest, the sessions in it, their statements without literals."""
    picture = judged.picture
    forest = picture.forest
    blockers = [*forest.roots, *forest.gates]
    waiters = picture.waiting_at_least(0)
    return {
        "at": stamp(picture.now),
        "server": dict(picture.server),
        "tree": tree(picture, mercy, rows=200, width=200),
        "plan": plan_dict(judged),
        "blockers": [blocker_dict(picture, key, mercy, "normalized") for key in blockers[:rows]],
        "waiters": [waiter_dict(picture, key, "normalized") for key in waiters[:rows]],
        "waiters_in_all": len(waiters),
    }


def kill_result(first: Judgement, mercy: Mercy, outcome: Outcome, *, rows: int, rehearsal: bool) -> dict[str, Any]:
    """What pg_kill_blocking returns; see its documentation."""
    before = len(first.picture.forest.waiters)
    after = outcome.after or first.picture
    return {
        "changed": bool(first.plan.actions) if rehearsal else bool(outcome.ended or outcome.stuck),
        "plan": plan_dict(first),
        "ended": outcome.ended,
        "stuck": outcome.stuck,
        "missed": outcome.missed,
        "waiters_before": before,
        "waiters_after": len(after.forest.waiters),
        "rounds": outcome.rounds,
        "seconds_to_relief": outcome.seconds_to_relief,
        "stopped": outcome.stopped,
        "evidence": evidence(first, mercy, rows),
        "diff": plan_diff(first),
    }
