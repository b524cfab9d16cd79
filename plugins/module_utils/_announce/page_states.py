# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the status page may say of an incident, and since which event. Pure.

The page goes on only as the facts allow: *identified* needs a diagnosis, *monitoring* an act, or a recovery that was
verified without one, *resolved* a verification that held for the soak time with no act, no worse verification, no plan
that found the same fault again and no reopening after it, and no fault of the incident that is open. An act after which
nothing is better takes *monitoring* back. A person goes on without them by a reason, which is in the event. The states
are those of Atlassian Statuspage, which Cachet has too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from .._incident.event import EventReport, kept_at
from .._incident.phase import ENDED, NOT_BETTER, is_found_again
from .._lifecycle.incident_alerts import FiringAgain
from .._lifecycle.open_faults import OpenFaults
from .operator_messages import target_of

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = "investigating", "identified", "monitoring", "resolved"
STATES = (INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED)
OPERATIONAL = "operational"
_RELAPSE = timedelta(days=1)  # within which the incident on the page is opened again
PUBLIC = ("public", "status page", "status_page", "customers")


class Diagnosis(NamedTuple):
    """``scenario``: of the run that made it, empty where the log does not say; ``target``: as the name of a provider,
    empty where the cause has none."""

    scenario: str
    cause: str
    target: str = ""


@dataclass(frozen=True)
class PageState:
    """A state that the page is to have. ``seq``: of the event that led to it; ``text``: what a person wrote for it,
    else empty; ``cause``: diagnosed, empty where it is not known; ``round``: a relapse more than a day after the end is
    another incident on the page, with the next number; ``acted``: whether an act was carried out since it was opened
    for the last time, else a symptom that is gone went by itself; ``diagnoses``: the last one of each scenario and host
    since then, since runs of several join one incident; ``taken_back``: causes in place of which these were diagnosed;
    ``corrects``: the one of them for which this state is published once more, empty where it was reached; ``opens``: a
    person has named the state."""

    state: str
    seq: int
    text: str = ""
    cause: str = ""
    round: int = 1
    acted: bool = False
    diagnoses: tuple[Diagnosis, ...] = ()
    taken_back: tuple[str, ...] = ()
    corrects: str = ""
    opens: bool = False


def page_states(events: Sequence[EventReport], now: datetime, soak: timedelta, posts_itself: bool) -> list[PageState]:
    """The states in their order, one for each change. ``posts_itself``: the first one does not wait for a person."""
    reader = _Reader(posts_itself)
    for event in events:
        reader.end_soak(kept_at(event), soak)
        reader.read(event)
    reader.end_soak(now, soak)
    return reader.states


def allowed_states(events: Sequence[EventReport], now: datetime, soak: timedelta) -> tuple[str, ...]:
    """The states that a person may name without a reason: those up to the one that the page has by the log."""
    states = page_states(events, now, soak, posts_itself=True)
    return STATES[: STATES.index(states[-1].state) + 1] if states else ()


def keys_to_tell(names: Sequence[str], known: Iterable[str], rest: str = "") -> list[str]:
    """A key for each state, empty where it is not told any more: one that is in the log keeps its key, and what is new
    before it, as after a change of the site's settings, is out of date. ``names``: of the states in order, each with
    its place, state and number; ``known``: keys of the log; ``rest``: behind the key, for one recipient.

    >>> keys_to_tell(["page/identified/2", "page/monitoring/3", "page/resolved/4"], ["page/monitoring/3.1"])
    ['', 'page/monitoring/3.1', 'page/resolved/4.3']
    """
    there: dict[str, list[str]] = {}
    for key in known:
        name, dot, number = (key[: -len(rest)] if rest else key).rpartition(".")
        if dot and number.isdecimal() and key.endswith(rest):
            there.setdefault(name, []).append(key)
    found = [there[name].pop(0) if there.get(name) else "" for name in names]
    last = max((place for place, key in enumerate(found) if key), default=-1)
    return [key or (f"{names[place]}.{place + 1}{rest}" if place > last else "") for place, key in enumerate(found)]


class _Reader:
    def __init__(self, posts_itself: bool) -> None:
        self.states: list[PageState] = []
        self.is_public = self.posts_itself = posts_itself
        self.reached = self.known = INVESTIGATING  # known: what it goes back to after an act that did not help
        self.cause = ""
        self.diagnosed: dict[tuple[str, str], Diagnosis] = {}  # by host and scenario, the last one
        self.found: dict[tuple[str, str], set[str]] = {}  # the same with all causes of each
        self.taken_back: list[str] = []  # causes in place of which others were diagnosed
        self.round = 1
        self.has_acted = False
        self.resolved_at: datetime | None = None
        self.recovered: dict[tuple[str, str], EventReport] = {}  # by host and mitigation, the last verification
        self.acted: set[tuple[str, str]] = set()  # acts since their last verification
        self.before: dict[tuple[str, str], EventReport] = {}  # the verification before an act that is not known yet
        self.found_again: set[tuple[str, str]] = set()  # what was verified, and was planned again since
        self.alerts = FiringAgain()
        self.is_ended = False  # a person has said so
        self.spoken_at: datetime | None = None  # when a person wrote for the public after the facts had ended it
        self.faults = OpenFaults()

    def read(self, event: EventReport) -> None:
        kind, note = event["kind"], event["note"]
        self.alerts.read(event)
        self.faults.read(event)
        if kind == "opened":
            self._to(INVESTIGATING, event)
        elif kind == "diagnosed" and note.get("cause"):
            self._diagnosed(event)
        elif kind in ("intended", "mitigated"):
            self._begun(event)
            if kind == "mitigated":
                self._carried_out(event)
        elif note.get("intended") and kind in ("noted", "reconciled"):
            self._ended(event)
        elif is_found_again(event):
            if _act(event) in self.recovered or _act(event) in self.before:
                self.found_again.add(_act(event))
            if not self.is_ended:
                self._back_to_work(event)
        elif kind == "verified":
            self._verified(event)
        elif kind == "phase":
            self._phase(event)
        elif kind == "update" and str(note.get("audience", "")).lower() in PUBLIC:
            self._said(event)

    def _diagnosed(self, event: EventReport) -> None:
        self.cause, scenario = str(event["note"]["cause"]), str(event["note"].get("scenario") or "")
        before = self.diagnosed.get((event["host"], scenario))
        self.diagnosed[event["host"], scenario] = Diagnosis(scenario, self.cause, target_of(event, self.cause))
        self.found[event["host"], scenario] = _causes(event)
        causes = {each for found in self.found.values() for each in found}
        former = before.cause if before is not None and before.cause not in causes else ""
        self.taken_back = [each for each in dict.fromkeys([*self.taken_back, former]) if each and each not in causes]
        self.known = IDENTIFIED
        was = self.reached
        if was == RESOLVED and not self.is_ended:  # what the facts had ended
            self._to(IDENTIFIED, event)
        self._forward(IDENTIFIED, event)
        if former and was == self.reached and was in (IDENTIFIED, MONITORING):
            self._to(was, event, corrects=former)

    def _verified(self, event: EventReport) -> None:
        outcome = event["note"].get("outcome")
        self.acted.discard(_act(event))
        self.found_again.discard(_act(event))
        self.recovered[_act(event)] = event
        if outcome != "recovered":
            self._back_to_work(event)
        elif not self._is_there():
            self._forward(MONITORING, event)  # where nothing was done, the symptom went by itself
        if outcome in NOT_BETTER and self.reached == MONITORING:
            self._to(self.known, event)

    def _begun(self, event: EventReport) -> None:
        self.acted.add(_act(event))
        last = self.recovered.pop(_act(event), None)
        if last is not None:
            self.before[_act(event)] = last

    def _carried_out(self, event: EventReport) -> None:
        self.before.pop(_act(event), None)
        self.has_acted = True
        self._back_to_work(event)
        self._forward(MONITORING, event)

    def _ended(self, event: EventReport) -> None:
        """An act of which a later event says what became of it: one that was not carried out changes nothing."""
        note = event["note"]
        if note.get("gone"):
            self._carried_out(event)
        elif not note.get("unknown"):
            self.acted.discard(_act(event))
            last = self.before.pop(_act(event), None)
            if last is not None:
                self.recovered[_act(event)] = last

    def _phase(self, event: EventReport) -> None:
        phase, reason = event["note"].get("phase"), event["note"].get("reason")
        self.is_ended = phase in ENDED
        if phase == "open":
            self.found_again.clear()
            self.alerts.verified()
            # What had recovered must be verified anew; what had not is still not.
            self.recovered, self.before = _not_recovered(self.recovered), _not_recovered(self.before)
            # The cause of then may be another one now: it is known again by a diagnosis.
            self.known, self.has_acted, self.cause = INVESTIGATING, False, ""
            self.diagnosed.clear()
            self.found.clear()
            self.taken_back.clear()
            self._to(INVESTIGATING, event)
        elif phase in (IDENTIFIED, MONITORING):
            self.known = IDENTIFIED if phase == IDENTIFIED else self.known
            self._forward(phase, event)
        elif phase == RESOLVED and reason:
            self._forward(RESOLVED, event)

    def _said(self, event: EventReport) -> None:
        named = str(event["note"].get("status") or "")
        # A person names the state with the text; resolved is for `incident_resolve`, which asks for a reason.
        state = named if named in STATES[:3] else self.reached
        if self.reached == RESOLVED and not self.is_ended:
            # What is written after the facts have ended it may say that it goes on: that is not published as resolved.
            self.spoken_at = kept_at(event)
            if named in STATES[:3]:  # a person knows better than what was verified before
                self.recovered = _not_recovered(self.recovered)
            state = state if named in STATES[:3] else MONITORING
        self._to(state, event, str(event["note"].get("text", "")), is_said=True, opens=named in STATES[:3])

    def _back_to_work(self, event: EventReport) -> None:
        """What is not over is not resolved."""
        if self.reached == RESOLVED:
            self._to(INVESTIGATING, event)

    def end_soak(self, now: datetime, soak: timedelta) -> None:
        """Resolved, where every act was verified and all recoveries are older than the soak time, no alert of the
        incident has fired again within it, and no fault of it is open, unless a person has resolved the incident
        since."""
        if self.reached == RESOLVED or not self.recovered or self.acted or self._is_there():
            return
        last = max(self.recovered.values(), key=lambda event: (kept_at(event), event["seq"]))
        over = all(event["note"].get("outcome") == "recovered" for event in self.recovered.values())
        held = [kept_at(event) for event in (last, self.alerts.ended) if event is not None]
        held += [self.spoken_at] if self.spoken_at else []
        if over and now - max(held) >= soak:
            self._to(RESOLVED, last)

    def _is_there(self) -> bool:
        """Whether a fault of the incident is known to be there, by a plan, an alert or what was found."""
        return bool(self.found_again or self.alerts.now or self.faults.now)

    def _forward(self, state: str, event: EventReport) -> None:
        if STATES.index(state) > STATES.index(self.reached):
            self._to(state, event)

    def _to(self, state: str, event: EventReport, text: str = "", *, is_said: bool = False, **more: Any) -> None:
        """``is_said``: by a person, for the public. Another incident on the page waits for that anew. ``more``: of the
        state."""
        at = kept_at(event)
        if state != RESOLVED:
            if self.resolved_at is not None and at - self.resolved_at > _RELAPSE:
                self.round += 1
                self.is_public = self.posts_itself
            self.resolved_at = None
        elif self.resolved_at is None:
            self.resolved_at = at
        self.reached = state
        self.is_public = self.is_public or is_said
        if self.is_public:
            diagnoses, taken_back = tuple(dict.fromkeys(self.diagnosed.values())), tuple(self.taken_back)
            told = PageState(state, event["seq"], text, self.cause, self.round, self.has_acted, diagnoses, taken_back)
            self.states.append(replace(told, **more))


def _not_recovered(verified: Mapping[tuple[str, str], EventReport]) -> dict[tuple[str, str], EventReport]:
    return {act: last for act, last in verified.items() if last["note"].get("outcome") != "recovered"}


def _causes(event: EventReport) -> set[str]:
    """All causes of a diagnosis: which of them is the heaviest may change, and takes none of them back."""
    listed = event["note"].get("causes")
    rows = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return {str(event["note"]["cause"]), *(str(each.get("cause")) for each in rows)}


def _act(event: EventReport) -> tuple[str, str]:
    return event["host"], str(event["note"].get("mitigation", ""))
