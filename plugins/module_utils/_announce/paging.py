# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom an incident pages, and when: step after step until a person acknowledges it; and who is invited into its
channel. Pure.

A page is a message of the outbox like any other, and its key is the step: a tick that is late, runs twice or is killed
pages no person twice. A step without a person is passed over at once, and that is said. Opened again, or raised again
after it paged no person, an incident is in another round, with keys of its own; minutes count from then on.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, Literal, Mapping, Sequence, TypedDict
from urllib.parse import quote

from .._core.text import shortened, span
from .._incident.event import EventReport, kept_at
from .._incident.phase import ENDED, acknowledgements, phase_of, rounds
from .._incident.severity import UNKNOWN, severity_changes, severity_of, severity_since
from .._incident.stamps import is_stamp, moment_of, stamp
from .._lifecycle.deadlines import (
    NO_RULE_OUTSIDE,
    OutsideUpdates,
    outside_due,
    raised_again,
    severity_began,
    update_due,
)
from .._lifecycle.log_recovery import recovery_of
from .._lifecycle.roles import roles_of
from .outbox import PERSON, QUEUED, REFUSED, Entry, Message, entries_of
from .settings import MAIL, PAGER, SLACK

_WAYS: tuple[Literal["slack", "mail"], ...] = (SLACK, MAIL)  # by which a person is paged
_TOLD, _BY_PAGER = "told/", "/pager"  # around the keys of what the responders must hear, where there is no Slack
_HOLDS = ("assigned", "taken", "accepted")
_LONGEST = 80  # characters of a name in a key
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


def within(answerers: Sequence[Answerer], channels: Mapping[str, Any]) -> list[Answerer]:
    """The answerers of a site with these channels: a step whose person none of them reaches has no person. A site
    without any way to page a person has its own pager, and they are left as they are."""
    ways: list[Literal["slack", "mail"]] = [way for way in _WAYS if way in channels]
    found: list[Answerer] = []
    for each in answerers:
        if not ways or not each["person"] or any(each[way] for way in ways):
            found.append(each)
        else:
            found.append({**each, "person": "", "why": f"{each['person']} has no {' and no '.join(ways)}"})
    return found


def pages(
    events: Sequence[EventReport],
    answerers: Sequence[Answerer],
    after: Mapping[str, Sequence[float]],
    channels: Mapping[str, Any],
    base: Mapping[str, Any],
    now: datetime,
) -> list[Message]:
    """The pages that are due by now. ``after``: minutes of each step by severity; ``base``: values of every message."""
    severity = severity_of(events)
    if _is_answered(events):
        return []
    due, number = _steps_due(events, severity, after, now), len(rounds(events)) + raised_again(events, after)
    again = f"-{number}" if number > 1 else ""
    found: list[Message] = []
    rank = 0  # of the steps that have a person: one without costs no time
    passed: list[str] = []
    said = entries_of(events)
    for each in within(answerers, channels):
        if rank >= due:
            break
        key = f"{each['step']}{again}"
        answerer = _whom_channels_take(each, key, said)
        values = {**base, "severity": severity, "passed": list(passed)}
        found += _of_step(answerer, key, channels, values)
        passed += [] if answerer["person"] else [f"{answerer['step']}: {answerer['why']}"]
        rank += bool(answerer["person"])
    return found


def _whom_channels_take(answerer: Answerer, key: str, said: Sequence[Entry]) -> Answerer:
    """Without a person, where every page to the person was refused for good, as where Slack has no such member: such a
    step is passed over as one without a person is."""
    own = [entry for entry in said if entry.message.key in {_call(key, way) for way in _WAYS}]
    if not answerer["person"] or not own or any(entry.state != REFUSED for entry in own):
        return answerer
    reasons = ", ".join(dict.fromkeys(entry.reason for entry in own if entry.reason))
    paged = own[0].message.values.get("person") or answerer["person"]
    return {**answerer, "person": "", "why": f"the page to {paged} was refused{f' ({reasons})' if reasons else ''}"}


def _call(key: str, way: str) -> str:
    return f"call/{key}/{way}"


def pages_since(events: Sequence[EventReport], severity: str, after: Mapping[str, Sequence[float]]) -> datetime | None:
    """Since when the minutes of its pages count; None where it pages no person. An incident of unknown severity may be
    the worst, unless the log shows that the fault is gone."""
    if severity != UNKNOWN:
        return severity_began(events, list(after))
    is_over = not events or not recovery_of(events).why_not
    return None if is_over or UNKNOWN not in after else kept_at(rounds(events)[-1])


def _steps_due(
    events: Sequence[EventReport], severity: str, after: Mapping[str, Sequence[float]], now: datetime
) -> int:
    """How many steps with a person are paged by now. An incident that was of unknown severity until it got the present
    one is paged no later than if it had stayed so."""
    began = pages_since(events, severity, after)
    if began is None or severity not in after:
        return 0
    counts = [(began, after[severity])]
    changes = severity_changes(events)
    if changes and severity_since(events, list(after)) is changes[0][1]:
        before = events[: events.index(changes[0][1])]
        waited = pages_since(before, UNKNOWN, after)
        if waited is not None and rounds(before)[-1] is rounds(events)[-1]:
            counts.append((waited, after[UNKNOWN]))
    # A clock that is ahead delays no page.
    ages = [(max(0.0, (now - since).total_seconds() / 60), waits) for since, waits in counts]
    return max(sum(wait <= age for wait in waits) for age, waits in ages)


def asks_pager(
    events: Sequence[EventReport], severity: str, after: Mapping[str, Sequence[float]], now: datetime
) -> bool:
    """Whether an incident of unknown severity has waited for as long as its first page waits."""
    began = pages_since(events, severity, after) if severity == UNKNOWN else None
    waits = after.get(UNKNOWN) or ()
    return bool(began and waits and not _is_answered(events) and now - began >= timedelta(minutes=waits[0]))


def not_paged(
    events: Sequence[EventReport], after: Mapping[str, Sequence[float]], channels: Mapping[str, Any]
) -> set[str]:
    """Of ``PERSON`` and ``PAGER`` those that the present severity does not page, as after it was lowered. What is not
    known may be the worst."""
    severity = severity_of(events)
    if severity == UNKNOWN:
        return set()
    found = set() if after.get(severity) else {PERSON}
    if PAGER in channels and severity not in channels[PAGER]["severities"]:
        found.add(PAGER)
    return found


def _is_answered(events: Sequence[EventReport]) -> bool:
    """Acknowledged since it was opened for the last time, or over."""
    return phase_of(events) in ENDED or bool(acknowledgements(events))


def _of_step(answerer: Answerer, key: str, channels: Mapping[str, Any], base: Mapping[str, Any]) -> list[Message]:
    step = answerer["step"]
    values = {**base, "step": step, "person": answerer["person"], "why": answerer["why"], "place": "incident"}
    if not answerer["person"]:
        return _told(f"passed_over/{key}", "passed_over", channels, values)
    found = []
    if SLACK in channels:
        # A message of its own to the person where the id is known, and a line in the channel for all.
        found.append(Message(f"slack/paged/{key}", SLACK, "paged", values))
    ways = {"slack": answerer["slack"], "mail": answerer["mail"]}
    return found + _to_person(key, "page", ways, channels, values, "You are paged")


def shift_changes(
    events: Sequence[EventReport],
    answerers: Sequence[Answerer],
    channels: Mapping[str, Any],
    base: Mapping[str, Any],
    now: datetime,
) -> list[Message]:
    """To the person whose shift has ended while the incident is open, and to the one whose shift has begun, once for
    each change, also where no person was before, or none comes. After an hour it is no news any more."""
    opened = next((event for event in events if event["kind"] == "opened"), None)
    if opened is None or phase_of(events) in ENDED:
        return []
    found: list[Message] = []
    for answerer in within(answerers, channels):
        since = answerer["since"]
        if not is_stamp(since) or since <= stamp(kept_at(opened)):
            continue
        if not (answerer["person"] or answerer["before"]) or answerer["person"] == answerer["before"]:
            continue
        if not timedelta(0) <= now - moment_of(since) <= _NEWS:
            continue
        held = [role.replace("_", " ") for role, person in roles_of(events).items() if person == answerer["before"]]
        values = {
            **base, "step": answerer["step"], "person": answerer["person"], "before": answerer["before"],
            "roles": ", ".join(held), "since": since, "place": "incident", "phase": phase_of(events),
            "why": answerer["why"],
        }  # fmt: skip
        leaves = {"slack": answerer["before_slack"], "mail": answerer["before_mail"]}
        comes, key = {"slack": answerer["slack"], "mail": answerer["mail"]}, f"{answerer['step']}/{since}"
        if SLACK in channels:
            found.append(Message(f"slack/shift/{key}", SLACK, "shift_changed", values))
        found += _to_person(f"leaves/{key}", "shift_leaves", leaves, channels, values, "Your shift has ended")
        if answerer["person"]:
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
        found.append(Message(_call(key, SLACK), SLACK, template, direct, audience="person", lane=key))
    if MAIL in channels and ways["mail"]:
        mail = {**values, "to": ways["mail"], "state": "page", "title": f"{title}: {values['scenario']}"}
        found.append(Message(_call(key, MAIL), MAIL, template, mail, audience="person", lane=f"call {key}"))
    return found


def _told(
    key: str,
    template: str,
    channels: Mapping[str, Any],
    values: Mapping[str, Any],
    to: Sequence[str] = (),
    *,
    thing: str = "",
) -> list[Message]:
    """What the responders must hear, in the incident's channel. A site without Slack has it by mail, to those who are
    named, else to those who work on incidents there; else by its pager, as an alert of its own, which ends with the
    incident; and without a pager by mail to the stakeholders, who may be outside."""
    if SLACK in channels:
        return [Message(f"slack/{key}", SLACK, template, {**values, "place": "incident"}, thing)]
    if MAIL in channels:
        options = channels[MAIL]
        names = ("approvers", "reviewers", *(() if PAGER in channels else ("to",)))
        rest: Sequence[str] = to or next((options[name] for name in names if options.get(name)), [])
        if rest or PAGER not in channels:
            return [
                Message(f"{_TOLD}{key}/{address}", MAIL, template, {**values, "to": address}, thing, lane=address)
                for address in dict.fromkeys(map(str, rest))
            ]
    if PAGER in channels:
        alert = {**values, "action": "trigger", "about": key}
        return [Message(f"{_TOLD}{key}{_BY_PAGER}", PAGER, template, alert, thing, lane="told")]
    return []


def told_over(events: Sequence[EventReport], queued: Sequence[str], base: Mapping[str, Any]) -> list[Message]:
    """The end of the alerts that the pager had beside that of the incident, when it is over. ``queued``: keys of the
    messages in the log."""
    keys = [key for key in queued if key.startswith(_TOLD) and key.endswith(_BY_PAGER)]
    return [
        Message(
            f"{key}/resolve",
            PAGER,
            "page_person",
            {**base, "action": "resolve", "about": key[len(_TOLD) : -len(_BY_PAGER)]},
            lane="told",
        )
        for key in (keys if phase_of(events) in ENDED else ())
    ]


def reminders(
    events: Sequence[EventReport],
    base: Mapping[str, Any],
    now: datetime,
    outside: OutsideUpdates = NO_RULE_OUTSIDE,
    channels: Mapping[str, Any] | None = None,
    *,
    people: Sequence[Mapping[str, Any]] = (),
) -> list[Message]:
    """That an update is overdue, inside or outside, once for each time that it was due. ``people``: of the site;
    without Slack those who hold a role are reminded. ``channels``: those of the site; None: Slack alone."""
    channels = {SLACK: {}} if channels is None else channels
    if phase_of(events) in ENDED:
        return []
    severity = severity_of(events)
    held = [_field_of(person, people, "mail") for person in roles_of(events).values()]
    found: list[Message] = []
    for template, due in (
        ("overdue", update_due(events, severity)),
        ("overdue_public", outside_due(events, severity, outside)),
    ):
        if due is not None and now >= due + timedelta(minutes=1):
            values = {**base, "due": stamp(due), "late": span((now - due).total_seconds())}
            to = [address for address in held if address]
            found += _told(f"{template}/{stamp(due)}", template, channels, values, to, thing=template)
    return found


def invitations(
    events: Sequence[EventReport],
    calls: Sequence[Message],
    people: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    base: Mapping[str, Any],
) -> list[Message]:
    """Who is invited beside the responders of the site: people who are paged, and people who hold a role. The key is
    the person's id in Slack, so that each is invited once, under whatever name; a person without one is named in the
    channel. ``calls``: messages that page people and are wanted by now; ``people``: those of the site; ``options``:
    settings of Slack, whose responders are invited with the channel."""
    if phase_of(events) in ENDED:
        return []
    responders = {str(user) for user in options["invite"]}
    found: dict[str, Message] = {}
    paged = _paged(events, calls)
    ids = {person.casefold(): known for person, known, dummy in paged if known}
    for person, known, why in [*paged, *_in_roles(events)]:
        user = known or _field_of(person, people, "slack") or ids.get(person.casefold(), "")
        values = {**base, "place": "incident", "person": person, "user": user, "why": why}
        if user and user not in responders:
            key = f"slack/invite/{user}"
            found.setdefault(key, Message(key, SLACK, "invite", values))
        elif not user:
            key = f"slack/not_invited/{_in_a_key(person)}"
            found.setdefault(key, Message(key, SLACK, "not_invited", values))
    return list(found.values())


def _paged(events: Sequence[EventReport], calls: Sequence[Message]) -> list[tuple[str, str, str]]:
    """Name, id in Slack and reason of everyone who was paged or is about to be. A page that is in the log stays the
    page of the person who was on call then."""
    noted = {
        str(event["note"].get("key")): event["note"]
        for event in events
        if event["kind"] == "message" and event["note"].get("state") == QUEUED and event["note"].get("template")
    }
    new = [message for message in calls if message.template == "page" and message.key not in noted]
    notes: list[Mapping[str, Any]] = [note for note in noted.values() if note["template"] == "page"]
    rows = [(note.get("channel"), note.get("values") or {}) for note in notes]
    rows += [(message.channel, message.values) for message in new]
    return [
        (
            str(values["person"]),
            str(values.get("place") or "") if channel == SLACK else "",
            f"paged as {values['step']}",
        )
        for channel, values in rows
        if values.get("person") and values.get("step")
    ]


def _in_roles(events: Sequence[EventReport]) -> list[tuple[str, str, str]]:
    notes = [event["note"] for event in events if event["kind"] == "role" and event["note"].get("action") in _HOLDS]
    return [(str(note["person"]), "", str(note.get("role")).replace("_", " ")) for note in notes if note.get("person")]


def _field_of(person: str, people: Sequence[Mapping[str, Any]], field: str) -> str:
    """The id in Slack or the mail of a person by name, login or user of AWX; empty where it is not known."""
    wanted = person.casefold()
    for each in people:
        logins = (login.strip() for own in ("login", "awx_user") for login in str(each.get(own) or "").split(","))
        if wanted in {name.casefold() for name in (" ".join(str(each.get("name") or "").split()), *logins)}:
            return str(each.get(field) or "").strip()
    return ""


def _in_a_key(person: str) -> str:
    """A name of any length as a part of a key."""
    whole = quote(person, safe="", errors="replace")
    digest = hashlib.sha256(person.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return whole if len(whole) <= _LONGEST else f"{shortened(whole, _LONGEST)}-{digest}"
