# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom an incident pages, and when: step after step until a person acknowledges it. Pure.

A page is a message of the outbox like any other, and its key is the step: a tick that is late, runs twice or is killed
pages no person twice. A step without a person is passed over at once, and that is said.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Mapping, Sequence, TypedDict

from .._core.text import span
from .._incident.event import EventReport
from .._incident.scope import phase_of
from .._incident.severity import severity_of
from .._incident.stamps import moment_of, stamp
from .._lifecycle.deadlines import update_due
from .outbox import Message
from .settings import MAIL, SLACK

AFTER: Mapping[str, tuple[float, ...]] = {"P0": (0, 5, 10), "P1": (0, 15, 30)}  # minutes, by step
_ENDED = ("resolved", "closed")


class Answerer(TypedDict):
    """Who answers a step now. ``person`` empty: no person, and ``why``."""

    step: str
    person: str
    slack: str
    mail: str
    why: str


def pages(
    events: Sequence[EventReport],
    answerers: Sequence[Answerer],
    after: Mapping[str, Sequence[float]],
    channels: Mapping[str, Any],
    base: Mapping[str, Any],
    now: datetime,
) -> list[Message]:
    """The pages that are due by now. ``after``: minutes of each step by severity; ``base``: values of every message."""
    opened = next((event for event in events if event["kind"] == "opened"), None)
    severity = severity_of(events)
    if opened is None or severity not in after or _is_answered(events):
        return []
    waits = list(after[severity])
    age = (now - moment_of(opened["at"])).total_seconds() / 60
    found: list[Message] = []
    rank = 0  # of the steps that have a person: one without costs no time
    for answerer in answerers:
        if rank >= len(waits) or age < waits[rank]:
            break
        found += _of_step(answerer, channels, {**base, "severity": severity})
        rank += bool(answerer["person"])
    return found


def _is_answered(events: Sequence[EventReport]) -> bool:
    """Acknowledged since it was opened for the last time, or over."""
    last = 0
    for number, event in enumerate(events):
        if event["kind"] == "phase" and event["note"].get("phase") == "open":
            last = number
    return phase_of(events) in _ENDED or any(event["kind"] == "acknowledged" for event in events[last:])


def _of_step(answerer: Answerer, channels: Mapping[str, Any], base: Mapping[str, Any]) -> list[Message]:
    step = answerer["step"]
    values = {**base, "step": step, "person": answerer["person"], "why": answerer["why"], "place": "incident"}
    if not answerer["person"]:
        said = Message(f"slack/passed_over/{step}", SLACK, "passed_over", values)
        return [said] if SLACK in channels else []
    found = []
    if SLACK in channels:
        # A message of its own to the person where the id is known, and a line in the channel for all.
        found.append(Message(f"slack/paged/{step}", SLACK, "paged", values))
        if answerer["slack"]:
            direct = {**values, "place": answerer["slack"]}
            found.append(Message(f"call/{step}/slack", SLACK, "page", direct, audience="person", lane=step))
    if MAIL in channels and answerer["mail"]:
        mail = {**values, "to": answerer["mail"], "state": "page", "title": f"You are paged: {base['scenario']}"}
        found.append(Message(f"call/{step}/mail", MAIL, "page", mail, audience="person", lane=f"call {step}"))
    return found


def reminders(events: Sequence[EventReport], base: Mapping[str, Any], now: datetime) -> list[Message]:
    """That an update is overdue, once for each time that it was due."""
    severity = severity_of(events)
    due = update_due(events, severity) if phase_of(events) not in _ENDED else None
    if due is None or now < due + timedelta(minutes=1):
        return []
    values = {**base, "due": stamp(due), "late": span((now - due).total_seconds()), "place": "incident"}
    return [Message(f"slack/overdue/{stamp(due)}", SLACK, "overdue", values, "overdue")]
