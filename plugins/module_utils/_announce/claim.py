# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which messages a run takes to send, as events of the log. Pure.

Decided while no one else can write the log, so that of two runs that drain one outbox each message is taken by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Sequence

from .._incident.event import EventReport
from .outbox import LEASE, SENDING, Entry, Message, due, entries_of, queued_note, references


@dataclass(frozen=True)
class Claim:
    """``notes``: of the events ``message`` to append; ``taken``: what is to be sent, in order; ``sent``: the references
    of what was sent before, by key; ``left``: entries that wait for a later run."""

    notes: list[dict[str, Any]]
    taken: list[Entry]
    sent: dict[str, str]
    left: list[Entry]


def claim(
    events: Sequence[EventReport],
    wanted: Sequence[Message],
    now: datetime,
    channels: Sequence[str] | None = None,
    lease: timedelta = LEASE,
) -> Claim:
    """Queue what is wanted and not in the log yet, and take what may go out now. ``channels``: of these alone."""
    entries = entries_of(events)
    known = {entry.message.key for entry in entries}
    new = [message for message in wanted if message.key not in known]
    notes = [queued_note(message) for message in new]
    queued = [_as_event(note, now, len(events) + number) for number, note in enumerate(notes, 1)]
    entries = entries_of([*(event for event in events if event["kind"] == "message"), *queued])
    taken = [entry for entry in due(entries, now, lease) if channels is None or entry.message.channel in channels]
    notes += [{"key": entry.message.key, "state": SENDING} for entry in taken]
    keys = {entry.message.key for entry in taken}
    left = [entry for entry in entries if entry.message.key not in keys]
    return Claim(notes, [replace(entry, tries=entry.tries + 1) for entry in taken], references(entries), left)


def _as_event(note: dict[str, Any], now: datetime, seq: int) -> EventReport:
    at = f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"
    return {"seq": seq, "at": at, "kind": "message", "by": "", "host": "", "note": note, "logged": ""}
