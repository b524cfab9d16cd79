# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A replica that refuses new connections because of a drain rule, and whose run it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from ..._core.plan import Item
from ..._system.identity import ENDED, RUNS, UNKNOWN
from ..container import Container
from .rule import Mark

UNDRAIN = "undrain"


class DrainReport(TypedDict):
    """A replica with a drain rule. ``run``: whether the run that set it ``runs``, has ``ended``, or ``unknown``.

    ``since``: when the rule was set; ``pid``: of that run; ``explanation``: all of it in a sentence.
    """

    container: str
    service: str
    since: str
    pid: int
    run: str
    explanation: str


@dataclass(frozen=True)
class Drained:
    """A container with a drain rule. ``run``: what is known of the process that set it."""

    mark: Mark
    run: str

    @property
    def left(self) -> bool:
        """Whether the rule was left behind: no run waits for it any more."""
        return self.run == ENDED

    @property
    def words(self) -> str:
        """What it means for the replica, in a clause."""
        since = f"since {self.mark.since_text}"
        if self.left:
            return (
                f"refuses new connections {since}: the run that drained it (pid {self.mark.owner.pid}) has ended and"
                " left its rule; the next restart, scaling or rollback of this project removes it"
            )
        if self.run == RUNS:
            return f"is being drained {since} by a run that is active (pid {self.mark.owner.pid})"
        return (
            f"refuses new connections {since} by a run on another host or in another container (pid"
            f" {self.mark.owner.pid} there); whether that run is still active is unknown"
        )


def drained(mark: Mark, run: str, now: float) -> Drained:
    """``run``: of the process that set the rule; one that cannot be seen has ended when the rule's time is over."""
    return Drained(mark, ENDED if run == UNKNOWN and now > mark.until else run)


def undrain_item(container: Container, state: Drained) -> Item:
    """Removing the rule as an action of a plan."""
    return Item(
        f"{container.name}:drain@{container.short}/{state.mark.since}",
        state.words,
        UNDRAIN,
        {"who": container.name, "service": container.service},
    )


def drain_report(container: Container, state: Drained) -> DrainReport:
    return {
        "container": container.name,
        "service": container.service,
        "since": state.mark.since_text,
        "pid": state.mark.owner.pid,
        "run": state.run,
        "explanation": f"{container.name} {state.words}",
    }
