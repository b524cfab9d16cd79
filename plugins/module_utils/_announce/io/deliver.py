# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends what a run has taken from the outbox, all channels beside each other, within a budget of time. I/O.

Nothing here holds up a mitigation: when the time is over, what was not tried is given back, and what is on its way
stays `sending` in the log, so that a later run asks for it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Callable, Collection, Mapping, Sequence

from ..._core.errors import RunbookError
from ..delivery import Delivered, Delivery, InDoubt, NotDelivered, NotTried, result_note
from ..outbox import IN_DOUBT, QUEUED, SENDING, Entry, Message, queued_note
from ..settings import PAGE
from .channel import Channel, Pauses, Thread, ticks, why_of
from .http_call import Answered

_ARRIVED = "it had arrived before"
_PART = 0.05  # seconds after which it is looked for what is to be appended at once
_LONG = 3600.0
_LEAST = 0.3  # seconds without which a message is not begun


@dataclass
class Results:
    """``notes``: of the events to append, in the order in which messages were sent; ``kept``: those that were appended
    while others were sent; ``differences``: what other sides show; ``unfinished``: keys of messages that were on their
    way when the time was over."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    at_once: list[dict[str, Any]] = field(
        default_factory=list
    )  # of the notes those that are not to wait for the others


def deliver(
    taken: Sequence[Entry],
    sent: Mapping[str, str],
    channel: Callable[[str], Channel],
    incident: str,
    silence: float,
    clock: Callable[[], datetime],
    *,
    elsewhere: Mapping[str, str] | None = None,
    on_page: Mapping[str, str] | None = None,
    set_by_us: Mapping[str, Collection[str]] | None = None,
    pauses: Pauses | None = None,
    until: float = float("inf"),
    keep: Callable[[list[dict[str, Any]]], bool] | None = None,
) -> Results:
    """``taken``: in order; ``sent``: references by key; ``channel``: by its name, may raise RunbookError; ``silence``:
    seconds that a channel may be silent, all of them at the same time; ``clock``: the present time in UTC;
    ``elsewhere``: states of the page's components by other incidents; ``on_page``: those that its own last post has
    set; ``set_by_us``: all that this run and its incidents have set; ``pauses``: that were asked for in this run;
    ``until``: of ``ticks``, when the time of all channels is over; ``keep``: appends notes at once, and says whether it
    could.

    What became of a message on a channel that cannot be asked is appended while the others are on their way: a run that
    was killed after it would have it go out twice. It is done in this thread, since a connection has only one user.

    A channel that answers goes on ``until`` then: what it takes is worth the time, silence is not.
    """
    began = ticks()
    results, lock = Results(), threading.Lock()
    lanes: dict[tuple[str, str], list[Entry]] = {}
    for entry in taken:
        lanes.setdefault((entry.message.channel, entry.message.lane), []).append(entry)
    running: list[tuple[_Lane, threading.Thread]] = []
    for (name, dummy), entries in lanes.items():
        try:
            thread = Thread(incident, dict(sent), min(began + silence, until), silence=silence, latest=until)
            thread.elsewhere, thread.on_page, thread.set_by_us = elsewhere or {}, on_page or {}, set_by_us or {}
            thread.pauses = pauses if pauses is not None else thread.pauses
            lane = _Lane(channel(name), entries, thread, results, lock, clock)
        except RunbookError as error:
            results.notes += _not_sent(entries, str(error), clock())
            continue
        running.append((lane, threading.Thread(target=lane.run, name=f"announce {name}", daemon=True)))
    for pair in running:
        pair[1].start()
    kept: list[dict[str, Any]] = []
    for lane, worker in running:
        while worker.is_alive() and ticks() < lane.thread.deadline:
            worker.join(min(_PART if keep else _LONG, max(0.0, lane.thread.deadline - ticks())))
            if keep and any(each.is_alive() for dummy, each in running):  # else all of it is appended now
                _keep_at_once(results, lock, kept, keep)
    with lock:  # what a lane has in its hands may still arrive; it takes up nothing more
        known = {note["key"] for note in results.notes}
        for lane, worker in running:
            lane.thread.is_over = True
            results.notes += [each for each in lane.not_begun(clock()) if each["key"] not in known]
        known = {note["key"] for note in results.notes}
        done = {id(note) for note in kept}
        over = Results([each for each in results.notes if id(each) not in done], kept, list(results.differences))
    over.unfinished = [entry.message.key for entry in taken if entry.message.key not in known]
    return over


def _keep_at_once(
    results: Results, lock: threading.Lock, kept: list[dict[str, Any]], keep: Callable[[list[dict[str, Any]]], bool]
) -> None:
    """What could not be appended waits for the end, with the rest."""
    with lock:
        notes, results.at_once = results.at_once, []
    if notes and keep(notes):
        kept += notes


def _not_sent(entries: Sequence[Entry], why: str, now: datetime) -> list[dict[str, Any]]:
    return [result_note(entry, NotTried() if entry.asks else NotDelivered(why), now) for entry in entries]


def _owed_notes(owed: Sequence[Message], asks: bool) -> list[dict[str, Any]]:
    """``asks``: the message to which they belong may have been another run's, and so may they."""
    doubt = "a run that was cut off may have sent it"
    return [
        note
        for message in owed
        for note in (queued_note(message), {"key": message.key, "state": IN_DOUBT, "reason": doubt})
        if asks or note["state"] == QUEUED
    ]


@dataclass
class _Lane:
    """The messages of one channel and lane, in order."""

    channel: Channel
    entries: Sequence[Entry]
    thread: Thread
    results: Results
    lock: threading.Lock
    clock: Callable[[], datetime]
    begun: int = 0  # entries

    def not_begun(self, now: datetime) -> list[dict[str, Any]]:
        return [result_note(entry, NotTried(), now) for entry in self.entries[self.begun :]]

    def run(self) -> None:
        goes_on = True
        for number, entry in enumerate(self.entries):
            if goes_on and number and self.channel.gap:
                pause = min(self.channel.gap, max(0.0, self.thread.latest - ticks()))
                self.thread.goes_on(pause=pause)
                time.sleep(pause)
            delivery: Delivery = self._one(entry) if goes_on and self._begins(number) else NotTried()
            goes_on = goes_on and isinstance(delivery, Delivered)
            if isinstance(delivery, NotDelivered) and delivery.forever:
                goes_on = True  # what it will never take keeps nothing up
            if isinstance(delivery, Delivered):
                self._is_told(entry, delivery.reference)
                self.thread.goes_on()
            owed = self.thread.take_owed()
            # Together: of a message that is in the log as sent no other run looks for what belongs to it.
            at_once = isinstance(delivery, (Delivered, InDoubt)) and not self.channel.can_ask
            self._keep(result_note(entry, delivery, self.clock()), *_owed_notes(owed, entry.asks), at_once=at_once)
            for message in owed:
                self._send_owed(message, entry.asks)
        differences = self._differences() if goes_on and self._has_time() else []
        with self.lock:
            self.results.differences += differences

    def _keep(self, *notes: dict[str, Any], at_once: bool = False) -> None:
        with self.lock:
            self.results.notes += notes
            self.results.at_once += notes if at_once else ()

    def _send_owed(self, message: Message, asks: bool) -> None:
        if not self._has_time():
            return  # it is queued
        self._keep({"key": message.key, "state": SENDING})
        own = Entry(message, SENDING, self.clock(), asks=asks, tries=1)
        self._keep(result_note(own, self._one(own), self.clock()))

    def _is_told(self, entry: Entry, reference: str) -> None:
        self.thread.references[entry.message.key] = reference
        if entry.message.channel == PAGE:
            self.thread.on_page = entry.message.values.get("components") or {}

    def _arrived_before(self, entry: Entry, reference: str) -> Delivered:
        """A page that was written by a run that said no more is read back by this one."""
        if entry.message.channel != PAGE:
            return Delivered(reference, _ARRIVED)
        self._is_told(entry, reference)
        differences = self._differences()
        return Delivered(reference, "; ".join([_ARRIVED, *differences]), not differences)

    def _differences(self) -> list[str]:
        try:
            return self.channel.differences(self.thread)
        except Exception as error:  # an answer of another form than that of the API
            return [f"what it shows could not be read: {why_of(error)}"]

    def _begins(self, number: int) -> bool:
        """Whether there is time for this entry; from then on it may arrive."""
        with self.lock:
            if self._has_time():
                self.begun = number + 1
            return self.begun > number

    def _has_time(self) -> bool:
        return not self.thread.is_over and self.thread.deadline - ticks() >= _LEAST

    def _one(self, entry: Entry) -> Delivery:
        try:
            if entry.asks:
                found = self.channel.find(entry.message, self.thread)
                if found is not None:
                    return self._arrived_before(entry, found)
        except Exception as error:  # no answer, or one of another form than that of the API
            why = str(error) if isinstance(error, Answered) else why_of(error)
            again_after = getattr(error.delivery, "again_after", None) if isinstance(error, Answered) else None
            return InDoubt(f"whether it had arrived could not be asked: {why}", again_after=again_after)
        self.thread.asks, self.thread.tries = entry.asks, entry.tries
        try:
            delivery = self.channel.send(entry.message, self.thread)
        except Answered as answer:
            delivery = answer.delivery
        except RunbookError as error:  # values that no text can be made of, as a later version may have queued them
            delivery = NotDelivered(str(error), forever=True)
        except Exception as error:  # a fault of an adapter or of a library must not lose a message
            delivery = InDoubt(why_of(error))
        if isinstance(delivery, Delivered) and entry.asks and entry.message.channel == "mail":
            return Delivered(delivery.reference, "perhaps twice: the server's reply to the first one was lost")
        return delivery
