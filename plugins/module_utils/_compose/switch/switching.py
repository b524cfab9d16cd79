# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Named containers to start or to stop: the plan, and what speaks against it. Pure.

Nothing else is touched: a container whose namespaces others live in is stopped only with them, and one that lives in a
namespace of another is started only when that one runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Iterable, Sequence

from ..._core.plan import Diff, Item, Plan, PlanDict, diff_of, none_left, plan_dict
from ..._core.result import NOTHING_DONE, PlannedAct
from ..acts.singleton import why_single
from ..container import STATES, Container
from ..project import Project
from ..project_report import on_purpose
from ..replicas import line_of
from ..restart import OTHER, names_of

STARTED, STOPPED = "started", "stopped"
START, STOP = "start", "stop"
_STOPPABLE = ("running", "restarting", "paused")
_STARTABLE = ("exited", "created")


@dataclass(frozen=True)
class Switching(PlannedAct):
    """The plan; ``every`` holds each container that it could concern, in order."""

    project: Project
    wanted: str
    plan: Plan
    every: tuple[Container, ...]
    refusals: tuple[str, ...] = ()
    others: int = 0  # containers that have taken the name of one that was meant

    @property
    def order(self) -> tuple[Container, ...]:
        """Those that the plan does concern."""
        return tuple(container for container in self.every if container.target in self.plan.targets)

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(container.service for container in self.every))

    def as_dict(self) -> PlanDict:
        nothing = f"nothing to do: every container that is named is {self.wanted} already"
        affected = len(self.every) + self.others
        why, what = none_left(affected, nothing), f"containers that are not {self.wanted}"
        return plan_dict(self.plan, affected, what, why, leaves=self.others)

    def diff(self) -> Diff:
        names = {container.id for container in self.order}
        before = [line_of(self.project, container) for container in self.every]
        after = [
            f"{container.name}: {self.wanted}" if container.id in names else line_of(self.project, container)
            for container in self.every
        ]
        return diff_of("containers", before, after)

    def undo(self) -> dict[str, Any]:
        """The other way for the same containers, and for none that has taken the name of one since.

        One that the engine itself starts again needs no undo.
        """
        names = [f"{container.name}@{container.short}" for container in self.order]
        if not names:
            return NOTHING_DONE
        other = STOPPED if self.wanted == STARTED else STARTED
        options = {"project": self.project.name, "containers": names, "state": other}
        return {"reversible": True, "module": "compose_switch", "options": options}


def plan_switch(project: Project, names: Sequence[str], wanted: str, singletons: Collection[str] = ()) -> Switching:
    """``names`` of containers of the project, or targets of an earlier look; ``wanted``: started or stopped.

    ``singletons``: those of the site. Started in the order of what they depend on, and stopped in the opposite one.
    """
    named = [container for container in project.containers if container.name in names_of(names)]
    services = project.in_order({container.service for container in named})
    ordered = sorted(named, key=lambda container: (services.index(container.service), bool(container.shares)))
    if wanted == STOPPED:
        ordered.reverse()
    actions, excluded, order = [], [], []
    refusals: list[str] = []
    others = 0
    for container in ordered:
        who = {"who": container.name, "service": container.service}
        meant = any(container.is_given(given) for given in names)
        why = _left_alone(container, wanted) if meant else OTHER
        others += not meant
        if why:
            excluded.append(Item(container.target, why, "", who))
            continue
        against = _against_start if wanted == STARTED else _against_stop
        refusals += against(project, container, ordered)
        if wanted == STARTED:
            refusals += _against_second(project, container, ordered, singletons)
        reason = "; ".join(["it was named", *_remarks(project, container, wanted, ordered)])
        actions.append(Item(container.target, reason, START if wanted == STARTED else STOP, who))
        order.append(container)
    plan = Plan(START if wanted == STARTED else STOP, tuple(actions), tuple(excluded))
    return Switching(project, wanted, plan, tuple(order), tuple(dict.fromkeys(refusals)), others)


def _left_alone(container: Container, wanted: str) -> str:
    """Why nothing is to be done for it, in a clause; empty where something is."""
    if container.state not in STATES:
        return ""
    if wanted == STOPPED:
        return "" if container.state in _STOPPABLE else f"is {container.state}, and does not run"
    return "" if container.state in (*_STARTABLE, "paused", "dead", "removing") else f"is {container.state} already"


def _unknown_state(container: Container) -> str:
    """Of an engine that has states that Docker has not, in a clause; empty for a state that is known."""
    known = container.state in STATES
    return "" if known else f"is in the state {container.state or '(none)'}, which is not known"


def _against_start(project: Project, container: Container, together: Sequence[Container]) -> Iterable[str]:
    if container.state not in _STARTABLE:
        state = _unknown_state(container) or on_purpose(container) or f"is {container.state}"
        yield f"{container.name} {state}, and cannot be started"
    absent = project.absent_owner(container, together)
    if absent:
        yield f"{container.name} {absent}: start that one, too"


def _against_second(
    project: Project, container: Container, together: Sequence[Container], singletons: Collection[str]
) -> Iterable[str]:
    why = why_single(project, container.service, singletons)
    others = [other for other in project.replicas(container.service) if other.id != container.id]
    beside = next((other for other in others if other.running or other in together), None)
    if why and beside is not None:
        yield f"{container.name} would run beside {beside.name}: {why}"


def _against_stop(project: Project, container: Container, together: Sequence[Container]) -> Iterable[str]:
    if _unknown_state(container):
        yield f"{container.name} {_unknown_state(container)}: whether it runs is unknown"
    if container.state == "paused":
        yield f"{container.name} {on_purpose(container)}, and could not end in order"
    for sharer in project.sharers(container):
        if sharer.running and sharer not in together:
            yield f"{sharer.name} lives in a namespace of {container.name} and would lose it: name it, too"


def _remarks(project: Project, container: Container, wanted: str, together: Sequence[Container]) -> Iterable[str]:
    """What a person should know before it is done."""
    if wanted == STARTED:
        if container.done:
            yield "it is a job that has ended, and runs again"
        down = [
            need for need in project.needs_of(container) if not any(other.running for other in project.replicas(need))
        ]
        if down:
            yield f"{', '.join(down)}, which it depends on, does not run"
        return
    staying = [other for other in project.replicas(container.service) if other.running and other not in together]
    if not staying:
        yield f"no other replica of {container.service} runs"
        running = [other for other in project.containers if other.running]
        users = sorted({other.service for other in running if container.service in project.needs_of(other)})
        if users:
            yield f"{', '.join(users)} depends on it"
    if container.restart_policy == "always":
        yield "its restart policy is always: the engine starts it again when the engine itself is started"
