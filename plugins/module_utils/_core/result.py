# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way to act, and what every act returns. Pure: the act, its read of the state and the clock are given.

A mitigation makes a plan, which is a `PlannedAct`, and hands it to `carry_out`, which narrows it to what was approved,
refuses a stale approval, and acts or, in check mode, does not. There is no other call of `Act.act`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Iterable, Mapping, Protocol, Sequence, TypedDict, TypeVar, cast

from .approval import ANY_TARGET, TargetForm, require_current, require_targets
from .errors import BusyError, RunbookError
from .plan import Diff, Plan, PlanDict

P = TypeVar("P", bound="PlannedAct")
P_contra = TypeVar("P_contra", bound="PlannedAct", contravariant=True)
# The undo of an act that did nothing.
NOTHING_DONE: dict[str, Any] = {"reversible": False, "why": "nothing was done"}


class NotDone(TypedDict):
    """An approved target that was not acted on: it had changed before its action, or the present plan excludes it."""

    target: str
    reason: str


class ActResult(TypedDict):
    """What every mitigation returns; the RETURN of each module says the same of these keys (a contract test)."""

    changed: bool
    plan: PlanDict
    done: list[str]
    not_done: list[NotDone]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    remaining: int
    seconds: float | None
    undo: dict[str, Any]
    evidence: dict[str, Any]
    diff: Diff


class PlannedAct(Protocol):
    """A plan with the facts it is based on. What depends on the approval is derived from ``plan``."""

    plan: Plan

    def narrowed_to(self: P, only: Iterable[str] | None) -> P:
        """The same act on approved targets alone; None: on all."""
        return cast(P, replace(cast(Any, self), plan=self.plan.narrowed_to(only)))

    def as_dict(self) -> PlanDict: ...

    def diff(self) -> Diff: ...


@dataclass(frozen=True)
class Before:
    """The state before the act. ``left``: how many things have the problem; ``undo``: how to undo the act."""

    state: Mapping[str, Any]
    left: int
    undo: dict[str, Any]
    evidence: dict[str, Any]


@dataclass(frozen=True)
class After:
    """The result of the act. ``touched``: something changed though ``done`` is empty (a session was only signalled)."""

    done: list[str]
    state: Mapping[str, Any]
    left: int
    not_done: list[NotDone] = field(default_factory=list)
    touched: bool = False


class Act(Protocol[P_contra]):
    """How a planned act is carried out."""

    def look(self, planned: P_contra) -> Before:
        """The state that the act will change. Raises RunbookError for an act that would fail, also in check mode."""

    def act(self, planned: P_contra) -> After:
        """Carry out every action of the plan whose target is still the same as in the plan."""


def carry_out(
    planned: P,
    only: Sequence[str] | None,
    check_mode: bool,
    act: Act[P],
    clock: Callable[[], float],
    form: TargetForm = ANY_TARGET,
    by_person: bool = True,
) -> ActResult:
    """Act on targets that are both planned and approved; in check mode only plan. ``only`` None: the whole plan.

    ``by_person``: whether a person approved ``only``. A plan that a gate hands on by itself may have become needless,
    which is no error.
    """
    require_targets(only, form)
    kept = planned.narrowed_to(only)
    require_current(planned.plan, kept.plan, planned.as_dict()["affected_before"], only, by_person)
    before = act.look(kept)
    acts = bool(kept.plan.actions) and not check_mode
    began = clock()
    after = _begin(act, kept) if acts else After([], before.state, before.left)
    excluded = _approved_but_excluded(kept.plan, only) if acts and by_person else []
    return {
        "changed": bool(after.done or after.touched) if acts else bool(kept.plan.actions),
        "plan": kept.as_dict(),
        "done": after.done,
        "not_done": [*after.not_done, *excluded],
        "before": before.state,
        "after": after.state,
        "remaining": after.left,
        "seconds": round(clock() - began, 2) if acts else None,
        "undo": before.undo if kept.plan.actions else NOTHING_DONE,
        "evidence": before.evidence,
        "diff": kept.diff(),
    }


def _approved_but_excluded(kept: Plan, only: Sequence[str] | None) -> list[NotDone]:
    """What a person approved and the present plan does not do, for example since its bound is smaller by now."""
    return [NotDone(target=item.target, reason=item.reason) for item in kept.excluded if item.target in set(only or ())]


def _begin(act: Act[P], planned: P) -> After:
    """Act. A failure on the way says that the act had begun: its outcome is then unknown to the record."""
    try:
        return act.act(planned)
    except RunbookError as error:
        error.details["begun"] = not isinstance(error, BusyError)
        raise
