# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every channel has. I/O is in the channels themselves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Collection, Mapping, Protocol
from urllib.parse import urlsplit

from ..delivery import Delivery, NotDelivered
from ..outbox import Message
from ..page_states import OPERATIONAL, RESOLVED
from ..pages.page_components import worst_of
from .http_call import Answered, request

_LEAST = 0.2  # seconds that a request has at least
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def ticks() -> float:
    """Seconds of a monotonic clock that counts the time of suspend, too, as the lease does (CLOCK_BOOTTIME)."""
    return time.clock_gettime(_CLOCK)


@dataclass
class Pauses:
    """What other sides have asked for, by the place that it is about, for all incidents of a run: ``until``, by
    ``ticks``, nothing is asked there; ``last``: when something was posted there."""

    until: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)

    def require_over(self, place: str) -> None:
        """Raises Answered while it is to be left alone: surely not sent, and not before that is over."""
        left = self.until.get(place, 0.0) - ticks()
        if left > 0:
            raise Answered(NotDelivered(f"{place} has asked to be left alone for a while", left))

    def keep(self, place: str, delivery: Delivery) -> None:
        """What an answer asks for."""
        asked_for = getattr(delivery, "again_after", None)
        if asked_for:
            self.until[place] = ticks() + asked_for

    def wait(self, place: str, gap: float, until: float) -> None:
        """Until ``gap`` seconds after the last post there, at most ``until``, by ``ticks``."""
        now = ticks()
        due = self.last.get(place, now - gap) + gap
        if due > now:
            time.sleep(max(0.0, min(due, until) - now))
        self.last[place] = ticks()


@dataclass
class Thread:
    """What an incident has on a channel already. ``references``: of the messages that were sent, by key, which
    grows while messages are sent; ``deadline``: until when a request may last, by ``ticks``; ``asks``: the message
    that is sent may have arrived before; ``tries``: how often it was tried, with this one; ``elsewhere``: states of
    the page's components by other incidents; ``on_page``: those that its own last post has set; ``set_by_us``: all
    that posts of this run and the last ones of its incidents have set, by component; ``silence``: seconds more for a
    channel that has taken something, until ``latest``; ``is_over``: the run has given it up; ``owed``: messages that
    the one that is sent, or was found, calls for; ``pauses``: of the run."""

    incident: str
    references: dict[str, str] = field(default_factory=dict)
    deadline: float = 0.0
    asks: bool = False
    tries: int = 0
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    on_page: Mapping[str, str] = field(default_factory=dict)
    set_by_us: Mapping[str, Collection[str]] = field(default_factory=dict)
    silence: float = 0.0
    latest: float = float("inf")
    is_over: bool = False
    owed: list[Message] = field(default_factory=list)
    pauses: Pauses = field(default_factory=Pauses)

    def take_owed(self) -> list[Message]:
        """What belongs to the message that has arrived, and is sent as a message of its own."""
        owed, self.owed = self.owed, []
        return owed

    def left(self, what: str = "it") -> float:
        """Seconds that a request may last. Raises Answered where the time is over: the run has given it up, and
        another run may have the message, and send it too."""
        left = self.deadline - ticks()
        if self.is_over or left <= 0:
            raise Answered(NotDelivered(f"no time was left for {what}"))
        return max(_LEAST, left)

    def goes_on(self, silences: float = 1, pause: float = 0.0) -> None:
        """The other side has taken something. ``silences``: for which it may be silent now; ``pause``: seconds in which
        nothing is asked of it."""
        if self.deadline > ticks():
            self.deadline = max(self.deadline, min(self.latest, ticks() + pause + silences * self.silence))

    def set_before(self) -> list[dict[str, str]]:
        """``set_by_us``, as states by component."""
        return [{component: state} for component, states in self.set_by_us.items() for state in states]

    def last(self, prefix: str) -> str:
        """The newest reference of a key that begins so; empty without one."""
        found = [reference for key, reference in self.references.items() if key.startswith(prefix) and reference]
        return found[-1] if found else ""


class Channel(Protocol):
    """A way to tell people. ``gap``: seconds between two messages that it asks for."""

    gap: float

    @property
    def can_ask(self) -> bool:
        """Whether the other side can be asked for each message, or takes it again as the same."""

    def find(self, message: Message, thread: Thread) -> str | None:
        """The reference of a message that may have arrived before, with all that belongs to it; None where it surely
        did not, or where sending it again is the same message to the other side. Raises Answered where that cannot be
        found out."""

    def send(self, message: Message, thread: Thread) -> Delivery:
        """Send it once. Every failure is a Delivery."""

    def differences(self, thread: Thread) -> list[str]:
        """What the other side shows and the log does not say, a sentence each."""


def why_of(error: Exception) -> str:
    """In words that a person can use: what an adapter did not find in an answer is of another form than its API has."""
    if isinstance(error, (AttributeError, KeyError, IndexError, TypeError, ValueError)):
        return f"the answer has another form than that of the API ({type(error).__name__}: {error})"
    return f"{type(error).__name__}: {error}"


def asked(
    thread: Thread, method: str, url: str, headers: Mapping[str, str], body: Any = None, *, needs_json: bool = True
) -> Any:
    """The answer to a request, within the time of the thread. Raises Answered."""
    place = urlsplit(url).netloc
    thread.pauses.require_over(place)
    try:
        answer = request(method, url, headers, body, thread.left(), needs_json=needs_json)
    except Answered as refused:
        thread.pauses.keep(place, refused.delivery)
        raise
    if method != "GET":
        thread.goes_on()
    return answer


def identity(key: str, thread: Thread) -> str:
    """The name by which an incident is found again on a page: of its rounds each has one of its own."""
    dummy, dash, number = key.partition("/")[0].partition("-")
    return f"{thread.incident}#{number}" if dash else thread.incident


def with_others(components: Mapping[str, str], thread: Thread) -> dict[str, str]:
    """The states of components, none of them better than another incident has it on the page."""
    return {each: worst_of([state, thread.elsewhere.get(each, OPERATIONAL)]) for each, state in components.items()}


def components_after(state: str, thread: Thread) -> dict[str, str]:
    """The components that an incident in this state leaves on the page: once it is resolved, as others have them. Those
    that it never affected are no affair of it."""
    own = dict.fromkeys(thread.on_page, OPERATIONAL) if state == RESOLVED else thread.on_page
    return with_others(own, thread)
