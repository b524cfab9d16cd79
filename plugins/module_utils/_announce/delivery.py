# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of a message that was handed to a channel. Pure.

The difference that matters is between *surely not delivered*, which is tried again, and *in doubt*, which is asked for
first: a client library that treats both alike posts twice.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Union

from .._core.redaction import redacted
from .._core.text import shortened
from .._incident.stamps import stamp
from .outbox import FAILED, FINAL, IN_DOUBT, QUEUED, REFUSED, SENT, Entry, calls_a_person, retry_after

# Seconds between copies where the other side cannot be asked: after the second one, and after more. A server that takes
# each and always answers too late would send them without an end.
_COPIES = {1: 0.0, 2: 600.0, 3: 600.0}
_MORE_COPIES = 3600.0
_MOST_COPIES = 8
# For so long after the last event of an incident its messages are tried and named, also where no run came in between.
KEPT = timedelta(days=14)
_IN_LOG = re.compile(rb'"kind": ?"message"')


@dataclass(frozen=True)
class Delivered:
    """``reference``: what the other side calls it; ``note``: what a person should know of it, else empty; ``agrees``:
    whether the other side was read back and shows it, None where that is not asked of a channel."""

    reference: str = ""
    note: str = ""
    agrees: bool | None = None


@dataclass(frozen=True)
class NotDelivered:
    """Surely not. ``again_after``: seconds that the other side asks for; ``forever``: it will never take this one;
    ``at_most``: tries after which it is taken as such, 0 for any number."""

    reason: str
    again_after: float | None = None
    forever: bool = False
    at_most: int = 0


@dataclass(frozen=True)
class InDoubt:
    """The request went out, and whether it took effect is not known. ``is_copied``: the other side cannot be asked, so
    that the next try is another copy; ``again_after``: seconds until which it does not want to be asked."""

    reason: str
    is_copied: bool = False
    again_after: float | None = None


@dataclass(frozen=True)
class NotTried:
    """Given back: a message before it was not delivered, or no time was left."""


Delivery = Union[Delivered, NotDelivered, InDoubt, NotTried]


def result_note(entry: Entry, delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The note of the event that keeps what became of a message."""
    key = {"key": entry.message.key, **({"claim": entry.claim} if entry.claim else {})}
    if isinstance(delivery, Delivered):
        kept = {"reference": delivery.reference, "reason": _words(delivery.note)}
        read_back = {} if delivery.agrees is None else {"agrees": delivery.agrees}
        return {**key, "state": SENT, **{name: value for name, value in kept.items() if value}, **read_back}
    if isinstance(delivery, NotTried):
        # What may have arrived before is asked for also the next time.
        doubt = {**key, "state": IN_DOUBT, "reason": entry.reason, "untried": True}
        return doubt if entry.asks else {**key, "state": QUEUED}
    if isinstance(delivery, InDoubt):
        # A person who is paged may have been reached by none of them.
        is_spared = delivery.is_copied and entry.message.audience != "person"
        if is_spared and entry.tries >= _MOST_COPIES:
            none = f"{entry.tries} copies went out, and of none is it known whether it arrived; no other follows"
            return {**key, "state": REFUSED, "reason": _words(f"{none}: {delivery.reason}")}
        apart = _COPIES.get(entry.tries, _MORE_COPIES) if is_spared else delivery.again_after
        again = stamp(now + retry_after(entry.tries, apart, pages=not is_spared and calls_a_person(entry.message)))
        return {**key, "state": IN_DOUBT, "reason": _words(delivery.reason), "next_at": again}
    if delivery.forever or 0 < delivery.at_most <= entry.tries:
        return {**key, "state": REFUSED, "reason": _words(delivery.reason)}
    again = stamp(now + retry_after(entry.tries, delivery.again_after, pages=calls_a_person(entry.message)))
    return {**key, "state": FAILED, "reason": _words(delivery.reason), "next_at": again}


def _words(text: str) -> str:
    """What the other side said, for the log."""
    return shortened(redacted(text), 300)


def may_wait(log: bytes) -> bool:
    """Whether a message of an incident's log was not delivered, and no newer state of its thing was queued. Some of
    these wait no more, since an event has made them wrong: that is for who reads the whole log. Here only the lines of
    messages are parsed.

    >>> queued = b'{"kind": "message", "note": {"key": "mail/a", "state": "queued", "thing": ""}}'
    >>> sent = b'{"kind": "message", "note": {"key": "mail/a", "state": "sent"}}'
    >>> may_wait(queued), may_wait(queued + b"\\n" + sent), may_wait(b"")
    (True, False, False)
    """
    states: dict[str, str] = {}
    things: dict[str, tuple[str, str, str]] = {}
    for line in log.splitlines() if _IN_LOG.search(log) else ():
        try:
            event = json.loads(line) if _IN_LOG.search(line) else {}
            note = event["note"] if event else {}
            key, state = str(note.get("key") or ""), str(note.get("state") or "")
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            continue  # a line that was written by hand
        if not key or states.get(key) in FINAL:
            continue
        states[key] = state
        if note.get("thing"):
            things[key] = (str(note.get("channel")), str(note.get("lane")), str(note["thing"]))
    newest = {thing: key for key, thing in things.items()}
    return any(
        state not in FINAL and newest.get(things.get(key, ("", "", "")), key) == key for key, state in states.items()
    )
