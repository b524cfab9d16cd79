# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the status page may say of an incident, and since which event. Pure.

The page goes on only as the facts allow: *identified* needs a diagnosis, *monitoring* an act, *resolved* a verification
that held for the soak time with no act, no worse verification and no reopening after it. A person goes on without them
by a reason, which is in the event. The states are those of Atlassian Statuspage, which Cachet has too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Sequence

from .._incident.event import EventReport, kept_at

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = "investigating", "identified", "monitoring", "resolved"
STATES = (INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED)
_RELAPSE = timedelta(days=1)  # within which the incident on the page is opened again
PUBLIC = ("public", "status page", "status_page", "customers")


@dataclass(frozen=True)
class PageState:
    """A state that the page is to have. ``seq``: of the event that led to it; ``text``: what a person wrote for it,
    else empty; ``cause``: diagnosed, empty where it is not known; ``round``: a relapse more than a day after the end is
    another incident on the page, with the next number."""

    state: str
    seq: int
    text: str = ""
    cause: str = ""
    round: int = 1


def page_states(events: Sequence[EventReport], now: datetime, soak: timedelta, posts_itself: bool) -> list[PageState]:
    """The states in their order, one for each change. ``posts_itself``: the first one does not wait for a person."""
    reader = _Reader(posts_itself)
    for event in events:
        reader.end_soak(kept_at(event), soak)
        reader.read(event)
    reader.end_soak(now, soak)
    return reader.states


class _Reader:
    def __init__(self, posts_itself: bool) -> None:
        self.states: list[PageState] = []
        self.is_public = posts_itself
        self.reached = INVESTIGATING
        self.cause = ""
        self.round = 1
        self.resolved_at: datetime | None = None
        self.recovered: dict[tuple[str, str], EventReport] = {}  # by host and mitigation, the last verification
        self.acted: set[tuple[str, str]] = set()  # acts since their last verification

    def read(self, event: EventReport) -> None:
        kind, note = event["kind"], event["note"]
        if kind == "opened":
            self._to(INVESTIGATING, event)
        elif kind == "diagnosed" and note.get("cause"):
            self.cause = str(note["cause"])
            self._forward(IDENTIFIED, event)
        elif kind in ("intended", "mitigated"):
            self.acted.add(_act(event))
            self.recovered.pop(_act(event), None)
            if kind == "mitigated":
                self._back_to_work(event)
                self._forward(MONITORING, event)
        elif kind == "verified":
            self.acted.discard(_act(event))
            self.recovered.pop(_act(event), None)  # in the order in which they were written
            self.recovered[_act(event)] = event
            if note.get("outcome") != "recovered":
                self._back_to_work(event)
        elif kind == "phase":
            self._phase(event)
        elif kind == "update" and str(note.get("audience", "")).lower() in PUBLIC:
            self._said(event)

    def _phase(self, event: EventReport) -> None:
        phase, reason = event["note"].get("phase"), event["note"].get("reason")
        if phase == "open":
            # What had recovered must be verified anew; what had not is still not.
            self.recovered = {
                act: last for act, last in self.recovered.items() if last["note"].get("outcome") != "recovered"
            }
            self._to(INVESTIGATING, event)
        elif phase in (IDENTIFIED, MONITORING):
            self._forward(phase, event)
        elif phase == RESOLVED and reason:
            self._forward(RESOLVED, event)

    def _said(self, event: EventReport) -> None:
        self.is_public = True
        state = str(event["note"].get("status") or self.reached)
        # A person names the state with the text; resolved is for `incident_resolve`, which asks for a reason.
        state = state if state in STATES[:3] else self.reached
        self.reached = state
        self.states.append(PageState(state, event["seq"], str(event["note"].get("text", "")), self.cause, self.round))

    def _back_to_work(self, event: EventReport) -> None:
        """What is not over is not resolved."""
        if self.reached == RESOLVED:
            self._to(INVESTIGATING, event)

    def end_soak(self, now: datetime, soak: timedelta) -> None:
        """Resolved, where every act was verified and all recoveries are older than the soak time."""
        if self.reached == RESOLVED or not self.recovered or self.acted:
            return
        last = list(self.recovered.values())[-1]
        over = all(event["note"].get("outcome") == "recovered" for event in self.recovered.values())
        if over and now - kept_at(last) >= soak:
            self._to(RESOLVED, last)

    def _forward(self, state: str, event: EventReport) -> None:
        if STATES.index(state) > STATES.index(self.reached):
            self._to(state, event)

    def _to(self, state: str, event: EventReport) -> None:
        at = kept_at(event)
        self.round += self.resolved_at is not None and at - self.resolved_at > _RELAPSE
        self.resolved_at = at if state == RESOLVED else None
        self.reached = state
        if self.is_public:
            self.states.append(PageState(state, event["seq"], cause=self.cause, round=self.round))


def _act(event: EventReport) -> tuple[str, str]:
    return event["host"], str(event["note"].get("mitigation", ""))
