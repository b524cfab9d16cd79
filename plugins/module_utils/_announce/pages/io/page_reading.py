# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the status page back, after a write and in every run: a person may have changed it since. I/O.

A page allows few calls, so that a run reads it once for all incidents: which ones it lists as open, and its components.
Some of those that it does not list, though they are, are read by themselves: they were ended there, or removed.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Callable, Collection, Mapping, NamedTuple, Protocol, Sequence

from ...._core.errors import RunbookError
from ...delivery import Delivery, NotDelivered
from ...io.channel import Channel, Thread, components_after, ticks, why_of
from ...io.http_call import Answered
from ...page_states import OPERATIONAL, RESOLVED
from ...report import EndedOnPage, OutboxOfIncident
from ..page_differences import GONE, NOT_OPEN, component_differences, state_difference
from ..page_keys import last_on_page, told_on_page

_FEW = 2  # incidents that are read one by one: no more calls than a list, and shorter answers
_ALONE = 5  # incidents at most that are read by themselves beside a list
_LEAST = 0.3  # seconds without which it is not begun
_LATE = "the status page could not be read back: it did not answer in time"
_OF_CONTENT = (400, 422)  # status by which a page refuses what a post says
_TRIES = 6  # of a text that it refuses: about 20 minutes, in which the site may correct its templates


class Page(Channel, Protocol):
    """A channel that shows states."""

    settings: Mapping[str, Any]

    def state(self, reference: str, thread: Thread) -> str:
        """The state of an incident on the page, in the words of ``STATES``; GONE where the page has it no more. Raises
        Answered."""

    def open_states(self, references: Collection[str], thread: Thread) -> dict[str, str]:
        """The states of all incidents that the page does not show as resolved, by reference; of those that are older
        than all of ``references`` some may be missing. Raises Answered."""

    def component_states(self, components: Collection[str], thread: Thread) -> dict[str, str]:
        """The states of these components, without those that the page does not have. Raises Answered."""


def differences_of(page: Page, thread: Thread) -> list[str]:
    """Between the last message of an incident that was sent and the page."""
    state, reference = last_on_page(thread.references)
    if not reference:
        return []
    return read_back(page, state, reference, components_after(state, thread), thread)


def read_back(page: Page, told: str, reference: str, components: Mapping[str, str], thread: Thread) -> list[str]:
    """``told``: the state that the page took last; ``components``: the states that they should have there."""
    try:
        difference = state_difference(told, page.state(reference, thread))
        shown = page.component_states(list(components), thread) if components else {}
    except Answered as answer:
        return [f"the page could not be read back: {answer}"]
    return [*([difference] if difference else []), *component_differences(components, shown)]


class _Told(NamedTuple):
    """An incident of the page. ``name``: of ours."""

    name: str
    state: str
    reference: str


class PageReading:
    """``page``: makes the channel, may raise RunbookError; ``incidents``: those that write nothing to the page in this
    run; ``ended``: older ones, which ended there, by incident."""

    def __init__(
        self,
        page: Callable[[], Page],
        incidents: Sequence[OutboxOfIncident],
        ended: Mapping[str, EndedOnPage],
    ) -> None:
        self.page, self.incidents, self.ended = page, incidents, ended
        self.told = [_Told(each["id"], *told) for each in incidents for told in told_on_page(each["references"])]
        self.told += [_Told(name, RESOLVED, each) for name, found in ended.items() for each in found["references"]]
        self.found: list[str] = []
        self.deadline = 0.0
        self.worker: threading.Thread | None = None

    def start(self, budget: float, is_silent: bool = False) -> PageReading:
        """``budget``: seconds for all of it; ``is_silent``: the page has left what was sent to it without an answer."""
        if self.told and is_silent:
            self.found = [_LATE]
        elif self.told and budget < _LEAST:
            self.found = ["the status page was not read back: no time was left for it"]
        elif self.told:
            self.deadline = ticks() + budget
            # The time of a request does not bound how long a name is resolved.
            self.worker = threading.Thread(target=self._read, name="read the page back", daemon=True)
            self.worker.start()
        return self

    def join(self) -> list[str]:
        """The differences, a sentence each; what the time was too short for is named."""
        if self.worker is None:
            return self.found
        self.worker.join(max(0.0, self.deadline - ticks()))
        return [*self.found, *([_LATE] if self.worker.is_alive() else [])]

    def _read(self) -> None:
        thread = Thread("", deadline=self.deadline)
        try:
            page = self.page()
            open_there = self._open_states(page, thread) if len(self.told) > _FEW else None
            self._compare_components(page, open_there, thread)
        except Exception as error:  # no answer, or one of another form than that of the API
            self.found.append(f"the status page could not be read back: {_why(error)}")
            return
        alone = 0
        for name, state, reference in self.told:
            try:
                if open_there is None or (reference not in open_there and state != RESOLVED and alone < _ALONE):
                    alone += 1
                    shown = self._state(page, reference, open_there is not None, thread)
                else:
                    shown = open_there.get(reference, NOT_OPEN)
                difference = state_difference(state, shown)
            except Exception as error:  # it keeps none of the others from being compared
                difference = f"the page could not be read back: {_why(error)}"
            self.found += [f"{name}: {difference}"] if difference else []

    def _open_states(self, page: Page, thread: Thread) -> dict[str, str]:
        return page.open_states([each.reference for each in self.told], thread)

    def _state(self, page: Page, reference: str, is_listed: bool, thread: Thread) -> str:
        """``is_listed``: whether the page has given its list. Where it has not, the address may be that of another
        page: no incident is on it then, and no list either."""
        shown = page.state(reference, thread)
        if shown == GONE and not is_listed:
            self._open_states(page, thread)
        return shown

    def _compare_components(self, page: Page, open_there: Mapping[str, str] | None, thread: Thread) -> None:
        wanted = {each["id"]: self._wanted(each) for each in self.incidents}
        known = {each for states in wanted.values() for each in states}
        left = _left_by_older(self.ended, known)
        components = [*known, *left]
        shown = page.component_states(components, thread) if components else {}
        named: set[str] = set()
        for name, states in wanted.items():
            differences = [each for each in component_differences(states, shown) if each not in named]
            named.update(differences)  # by the first of the incidents that have it
            self.found += [f"{name}: {each}" for each in differences]
        red = {each: left[each][shown[each]] for each in left if shown.get(each) in left[each]}
        # By now a person may have an incident of their own there.
        open_there = self._open_states(page, thread) if red and open_there is None else open_there
        if open_there and set(open_there) - {each.reference for each in self.told}:
            return
        for component, name in red.items():
            (difference,) = component_differences({component: OPERATIONAL}, shown)
            self.found.append(f"{name}: {difference}")

    @staticmethod
    def _wanted(incident: OutboxOfIncident) -> dict[str, str]:
        """The components as they should be, by the last post of an incident and by the others."""
        state = last_on_page(incident["references"])[0]
        thread = Thread(incident["id"], elsewhere=incident["components"], on_page=incident["on_page"])
        return components_after(state, thread) if state else {}


def _left_by_older(ended: Mapping[str, EndedOnPage], known: Collection[str]) -> dict[str, dict[str, str]]:
    """The states in which older incidents may have left components, each with the newest that has set it, by component;
    without those that are compared anyway. Ids that are made begin with their day."""
    found: dict[str, dict[str, str]] = {}
    for name in sorted(ended, reverse=True):
        for component, states in ended[name]["components"].items():
            for state in states if component not in known else ():
                if state != OPERATIONAL:
                    found.setdefault(component, {}).setdefault(state, name)
    return found


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, (Answered, RunbookError)) else why_of(error)


def of_refusal(answer: Answered, values: Mapping[str, Any]) -> Delivery:
    """What became of a post that was not taken. The text of a person stays as it is: where the page refuses it again
    and again, it is given up, so that the states after it are published."""
    found = answer.delivery
    if isinstance(found, NotDelivered) and answer.status in _OF_CONTENT and values.get("text"):
        return replace(found, at_most=_TRIES)
    return found
