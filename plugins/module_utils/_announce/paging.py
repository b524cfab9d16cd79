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
from .._incident.phase import ENDED, acknowledgements, phase_of
from .._incident.severity import severity_of
from .._incident.stamps import is_stamp, moment_of, stamp
from .._lifecycle.deadlines import update_due
from .._lifecycle.roles import roles_of
from .outbox import Message
from .settings import MAIL, SLACK

AFTER: Mapping[str, tuple[float, ...]] = {"P0": (0, 5, 10), "P1": (0, 15, 30)}  # minutes, by step
_NEWS = timedelta(hours=1)  # within which a change of shift is announced


class Answerer(TypedDict):
    """Who answers a step now. ``person`` empty: no person, and ``why``; ``since`` and ``until``: of the person's time,
    empty where not known; ``before``: the person of the time before, empty if there was none."""

    step: str
    person: str
    slack: str
    mail: str
    why: str
    since: str
    until: str
    before: str
    before_slack: str
    before_mail: str


def answerer_of(row: Mapping[str, Any]) -> Answerer:
    """A row of the option ``answerers``; what it does not have is empty."""

    def text(name: str) -> str:
        return str(row.get(name) or "")

    return {
        "step": text("step"), "person": text("person"), "slack": text("slack"), "mail": text("mail"),
        "why": text("why"), "since": text("since"), "until": text("until"), "before": text("before"),
        "before_slack": text("before_slack"), "before_mail": text("before_mail"),
    }  # fmt: skip


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
    return phase_of(events) in ENDED or bool(acknowledgements(events))


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
    ways = {"slack": answerer["slack"], "mail": answerer["mail"]}
    return found + _to_person(step, "page", ways, channels, values, "You are paged")


def shift_changes(
    events: Sequence[EventReport],
    answerers: Sequence[Answerer],
    channels: Mapping[str, Any],
    base: Mapping[str, Any],
    now: datetime,
) -> list[Message]:
    """To the person whose shift has ended while the incident is open, and to the one whose shift has begun, once for
    each change. After an hour it is no news any more."""
    opened = next((event for event in events if event["kind"] == "opened"), None)
    if opened is None or phase_of(events) in ENDED:
        return []
    found: list[Message] = []
    for answerer in answerers:
        since = answerer["since"]
        if not answerer["person"] or not answerer["before"] or not is_stamp(since) or since <= opened["at"]:
            continue
        if not timedelta(0) <= now - moment_of(since) <= _NEWS:
            continue
        held = [role.replace("_", " ") for role, person in roles_of(events).items() if person == answerer["before"]]
        values = {
            **base, "step": answerer["step"], "person": answerer["person"], "before": answerer["before"],
            "roles": ", ".join(held), "since": since, "place": "incident", "phase": phase_of(events),
        }  # fmt: skip
        leaves = {"slack": answerer["before_slack"], "mail": answerer["before_mail"]}
        comes = {"slack": answerer["slack"], "mail": answerer["mail"]}
        key = f"{answerer['step']}/{since}"
        if SLACK in channels:
            found.append(Message(f"slack/shift/{key}", SLACK, "shift_changed", values))
        found += _to_person(f"leaves/{key}", "shift_leaves", leaves, channels, values, "Your shift has ended")
        found += _to_person(f"comes/{key}", "shift_comes", comes, channels, values, "Your shift has begun")
    return found


def _to_person(
    key: str,
    template: str,
    ways: Mapping[str, str],
    channels: Mapping[str, Any],
    values: Mapping[str, Any],
    title: str,
) -> list[Message]:
    """A message to one person by each of the ways that the site has; never into a channel that all read."""
    found = []
    if SLACK in channels and ways["slack"]:
        direct = {**values, "place": ways["slack"]}
        found.append(Message(f"call/{key}/slack", SLACK, template, direct, audience="person", lane=key))
    if MAIL in channels and ways["mail"]:
        mail = {**values, "to": ways["mail"], "state": "page", "title": f"{title}: {values['scenario']}"}
        found.append(Message(f"call/{key}/mail", MAIL, template, mail, audience="person", lane=f"call {key}"))
    return found


def reminders(events: Sequence[EventReport], base: Mapping[str, Any], now: datetime) -> list[Message]:
    """That an update is overdue, once for each time that it was due."""
    severity = severity_of(events)
    due = update_due(events, severity) if phase_of(events) not in ENDED else None
    if due is None or now < due + timedelta(minutes=1):
        return []
    values = {**base, "due": stamp(due), "late": span((now - due).total_seconds()), "place": "incident"}
    return [Message(f"slack/overdue/{stamp(due)}", SLACK, "overdue", values, "overdue")]
