# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an act that was cut off has left of a service, and what is missing to what it wanted. Pure.

Only what that run itself made or stopped while it lived is judged: what was created or stopped later is the work of
another, and where that is so its wish is no longer taken to be wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Collection, Iterable, Iterator, Mapping, TypedDict

from ..._core.text import counted
from ..._core.times import stamp
from ..._system.identity import ENDED, RUNS
from ..container import Container
from ..project import Project
from .wish import LASTS, ActRecord, Unfinished, Wish

# Within which the last step that a run began has had its effect: a container is made, one is stopped.
_MADE, _STOPPED = timedelta(seconds=120), timedelta(seconds=60)
_CLOCKS = timedelta(seconds=2)  # by which the clocks of the engine and of the run may differ


class UnfinishedReport(TypedDict):
    """An act that was cut off. ``run``: whether its process has ``ended``, or ``unknown``; ``pid``: of that process.

    ``services``: those on which it did not reach what it wanted; ``explanation``: all of it in a sentence.
    """

    module: str
    at: str
    pid: int
    run: str
    services: list[str]
    explanation: str


@dataclass(frozen=True)
class Recovery:
    """What is left of one service. ``debris``: started by that run and not ready, so it is to be removed.

    ``stopped``: stopped by that run and not started again. ``replaced``: to go, since another one is there for it.
    ``missing``: replicas to start. ``fresh``: started by that run and ready.
    """

    wish: Wish
    debris: tuple[Container, ...] = ()
    stopped: tuple[Container, ...] = ()
    replaced: tuple[Container, ...] = ()
    fresh: tuple[Container, ...] = ()
    missing: int = 0
    waiting: tuple[Container, ...] = ()  # not yet started again

    @property
    def reached(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.debris or self.stopped or self.replaced or self.missing or self.waiting)


def recovery_of(project: Project, service: str, record: ActRecord, stable: float) -> Recovery | None:
    """What ``record`` has left of a service; None where it says nothing of it any more.

    ``stable``: seconds without a restart after which a replica without a health check counts as ready.
    """
    wish = record.wishes.get(service)
    if wish is None or project.now - record.at > LASTS:
        return None
    replicas = project.replicas(service)
    made = [replica for replica in replicas if replica.id not in wish.known]
    if any(not _within(record, replica.created, _MADE) for replica in made):
        return None
    debris = tuple(one for one in made if not (_ready(one, project.now, stable) or _stopped_since(one, record)))
    fresh = tuple(replica for replica in made if replica not in debris)
    kept = [replica for replica in replicas if replica not in debris]
    by_id = {replica.id: replica for replica in kept}
    going = [by_id[id] for id in wish.leaving if id in by_id]
    restarting = [replica for replica in kept if replica.id in wish.restarting]
    excess = tuple(going[: max(0, len(kept) - wish.replicas)])
    ended = [one for one in (*restarting, *going) if one.state == "exited" and one not in excess]
    stopped = [replica for replica in ended if _within(record, replica.finished, _STOPPED)]
    before = record.at - _CLOCKS
    waiting = [one for one in restarting if one not in stopped and (one.started is None or one.started < before)]
    return Recovery(
        wish,
        debris,
        tuple(stopped),
        excess,
        fresh,
        max(0, wish.replicas - len(kept)),
        tuple(waiting),
    )


def _within(record: ActRecord, moment: datetime | None, effect: timedelta) -> bool:
    """Whether something came to pass while that run lived, or by the last step that it began."""
    return moment is not None and record.at - _CLOCKS <= moment <= record.seen + effect


def _ready(replica: Container, now: datetime, stable: float) -> bool:
    if replica.state == "paused":
        return True  # by a person, since
    return replica.healthy and (replica.checked or replica.uptime(now) >= stable)


def _stopped_since(replica: Container, record: ActRecord) -> bool:
    """By a person or another run: that act has made it, and neither stopped it nor left it behind."""
    return replica.stopped and replica.ran > 0 and not _within(record, replica.finished, _STOPPED)


def on_images(project: Project, service: str, wish: Wish) -> bool:
    """Whether every replica of a service runs the image that it is to run."""
    return not wish.image or {replica.image for replica in project.replicas(service)} <= {wish.image}


def left_open(project: Project, record: ActRecord, stable: float, services: Collection[str] | None = None) -> list[str]:
    """Services on which an act has not reached what it wanted; of ``services``, where they are said."""
    recoveries = {
        name: recovery_of(project, name, record, stable)
        for name in record.wishes
        if services is None or name in services
    }
    return [
        name
        for name, recovery in recoveries.items()
        if recovery is not None and not (recovery.reached and on_images(project, name, recovery.wish))
    ]


def newest(unfinished: Iterable[Unfinished]) -> tuple[Unfinished, ...]:
    """Of each act its last record: a run that was killed while it renewed its record has left two."""
    by_act: dict[tuple[str, datetime], Unfinished] = {}
    for entry in sorted(unfinished, key=lambda one: one.record.seen):
        by_act[entry.record.owner.text, entry.record.begun] = entry
    return tuple(by_act.values())


def cut_off(
    project: Project,
    module: str,
    stable: float,
    given: Mapping[str, Any] | None = None,
    services: Collection[str] | None = None,
) -> ActRecord | None:
    """The newest act of this kind that ended before it said so: one that left something open, or that has the options
    ``given``, also where it reached what it wanted, so that its step is not taken a second time. ``services``: with a
    wish for one of these; None: for any. What was cut off on others is left to a run that concerns them.

    One whose process cannot be seen from here counts, too: while it lives, its lock keeps every other run from acting.
    """
    records = [
        unfinished.record
        for unfinished in project.unfinished
        if unfinished.run != RUNS
        and unfinished.record.module == module
        and (services is None or set(services) & set(unfinished.record.wishes))
        and (
            left_open(project, unfinished.record, stable, services)
            or (given is not None and unfinished.record.same(module, given))
        )
    ]
    return max(records, key=lambda record: (record.at, record.seen), default=None)


def unfinished_reports(project: Project, stable: float) -> list[UnfinishedReport]:
    """Acts that were cut off and left something, the oldest first; active ones are none."""
    reports = [
        _report(project, unfinished, stable)
        for unfinished in sorted(project.unfinished, key=lambda unfinished: unfinished.record.at)
        if unfinished.run != RUNS
    ]
    return [report for report in reports if report["services"]]


def _report(project: Project, unfinished: Unfinished, stable: float) -> UnfinishedReport:
    record = unfinished.record
    services = left_open(project, record, stable)
    findings = [finding for name in services for finding in _findings(project, name, record, stable)]
    how = "was cut off" if unfinished.run == ENDED else "has not ended, and whether its process still runs is unknown"
    return {
        "module": record.module,
        "at": stamp(record.at),
        "pid": record.owner.pid,
        "run": unfinished.run,
        "services": services,
        "explanation": f"{record.module} of {record.at.strftime('%H:%M:%S')} UTC (pid {record.owner.pid}) {how}:"
        f" {'; '.join(findings)}. To complete it, run it again with the same options",
    }


def _findings(project: Project, service: str, record: ActRecord, stable: float) -> Iterator[str]:
    recovery = recovery_of(project, service, record, stable)
    if recovery is None:
        return
    wish, present = recovery.wish, len(project.replicas(service))
    if present != wish.replicas:
        yield f"{service} was to have {counted(wish.replicas, 'replica')} and has {present}"
    if not on_images(project, service, wish):
        yield f"{service} was to run the image {wish.image.partition(':')[2][:12]} alone"
    for replicas, words in (
        (recovery.debris, "started by it, not ready"),
        (recovery.stopped, "stopped by it, not started again"),
        (recovery.waiting, "to be started again, not yet done"),
    ):
        if replicas:
            yield f"{', '.join(replica.name for replica in replicas)}: {words}"
