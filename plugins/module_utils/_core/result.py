# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way to act, and what every act returns. Pure: the act, its look and the clock are given.

A mitigation makes a plan, which is a `PlannedAct`, and hands it to `carry_out`, which narrows it to what was approved,
refuses a stale approval, and acts or, in check mode, does not. There is no other call of `Act.act`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Iterable, Mapping, Protocol, Sequence, TypedDict, TypeVar, cast

from .approval import ANY_TARGET, TargetForm, require_standing, require_targets
from .plan import Diff, Plan, PlanDict

P = TypeVar("P", bound="PlannedAct")
P_contra = TypeVar("P_contra", bound="PlannedAct", contravariant=True)
# What takes nothing back, because nothing was done.
NOTHING_DONE: dict[str, Any] = {"reversible": False, "why": "nothing was done"}


class Missed(TypedDict):
    """An approved target that was not acted on, since it had changed when its turn came."""

    target: str
    reason: str


class ActResult(TypedDict):
    """What every mitigation returns; the RETURN of each module says the same of these keys (a contract test)."""

    changed: bool
    plan: PlanDict
    done: list[str]
    missed: list[Missed]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    remaining: int
    seconds: float | None
    undo: dict[str, Any]
    evidence: dict[str, Any]
    diff: Diff


class PlannedAct(Protocol):
    """A plan with all that it rests on. Whatever depends on what was approved is derived from ``plan``."""

    plan: Plan

    def narrowed_to(self: P, only: Iterable[str] | None) -> P:
        """The same act on approved targets alone; None: on all."""
        return cast(P, replace(cast(Any, self), plan=self.plan.narrowed_to(only)))

    def as_dict(self) -> PlanDict: ...

    def diff(self) -> Diff: ...


@dataclass(frozen=True)
class Before:
    """How things stand before the act. ``left``: how many are not as they should be; ``undo``: how to take it back."""

    state: Mapping[str, Any]
    left: int
    undo: dict[str, Any]
    evidence: dict[str, Any]


@dataclass(frozen=True)
class After:
    """What came of the act. ``touched``: something was changed though nothing is done (a session that does not end)."""

    done: list[str]
    state: Mapping[str, Any]
    left: int
    missed: list[Missed] = field(default_factory=list)
    touched: bool = False


class Act(Protocol[P_contra]):
    """How a planned act is carried out."""

    def look(self, planned: P_contra) -> Before:
        """What the act is about to change. Refuses (RunbookError) what would break; the same in check mode."""

    def act(self, planned: P_contra) -> After:
        """Carry out every action of the plan, each if its target is still what the plan saw."""


def carry_out(
    planned: P,
    only: Sequence[str] | None,
    check_mode: bool,
    act: Act[P],
    clock: Callable[[], float],
    form: TargetForm = ANY_TARGET,
) -> ActResult:
    """Act on what is both planned and approved, or say what would be done. ``only`` None: no approval is asked for."""
    require_targets(only, form)
    kept = planned.narrowed_to(only)
    require_standing(planned.plan, kept.plan, planned.as_dict()["affected_before"], only)
    before = act.look(kept)
    acts = bool(kept.plan.actions) and not check_mode
    began = clock()
    after = act.act(kept) if acts else After([], before.state, before.left)
    return {
        "changed": bool(after.done or after.touched) if acts else bool(kept.plan.actions),
        "plan": kept.as_dict(),
        "done": after.done,
        "missed": after.missed,
        "before": before.state,
        "after": after.state,
        "remaining": after.left,
        "seconds": round(clock() - began, 2) if acts else None,
        "undo": before.undo if kept.plan.actions else NOTHING_DONE,
        "evidence": before.evidence,
        "diff": kept.diff(),
    }
