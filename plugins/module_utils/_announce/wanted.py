# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which messages an incident calls for, from its events and the settings of the site. Pure.

A message is a consequence of an event, and has the number of that event in its key: the same log calls for the same
messages however often it is asked, and a run that was cut off is completed by the next one. What stands in the values
are texts of the log as they are; they are escaped where a message is written for its channel.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Callable, Mapping, Sequence

from .._incident.event import EventReport, kept_at
from .._incident.held import HELD
from .._incident.phase import ENDED, acknowledgements, phase_of, phases_of
from .._incident.severity import is_worse
from .._incident.stamps import moment_of, stamp
from .._lifecycle.deadlines import NO_RULE_OUTSIDE, UPDATE, OutsideUpdates
from .._lifecycle.roles import roles_of
from .._oncall.escalation import AFTER
from .chats.event_posts import POSTS
from .follow_up import follow_up_messages
from .incident_facts import IncidentFacts, cleaned, without_secrets
from .mails.mail_states import mail_states
from .operator_messages import by_mail, case_names, case_values, held_values, is_waiting
from .outbox import Message, entries_of
from .page_states import RESOLVED, PageState, keys_to_tell
from .pages.page_messages import page_messages, promised
from .pages.public_words import (
    cause_words,
    is_corrected,
    is_told,
    named_cause,
    resolution_words,
    title_words,
    words_of_mail,
)
from .paging import Answerer, asks_pager, invitations, pages, reminders, shift_changes, told_over
from .settings import MAIL, PAGE, PAGER, SLACK, TRACKER

_Rule = Callable[[IncidentFacts], "list[Message]"]
# What the standing channel has of an incident without a channel of its own: what a person must do, and what was done.
_NEWS = timedelta(hours=1)
_IN_STANDING = ("triage", "held", "mitigated", "reconciled", "verified", "handed_over", "update", "vendor", "severity")


def wanted(
    incident: str,
    events: Sequence[EventReport],
    settings: Mapping[str, Mapping[str, Any]],
    now: datetime,
    answerers: Sequence[Answerer] = (),
    after: Mapping[str, Sequence[float]] = AFTER,
    *,
    people: Sequence[Mapping[str, Any]] = (),
    outside: OutsideUpdates = NO_RULE_OUTSIDE,
    is_named: bool = True,
) -> list[Message]:
    """All messages that the incident calls for by now, of every configured channel, each channel's in order.

    ``answerers``: who is on call now, step by step; without them no person is paged. ``after``: minutes of each step.
    ``people``: those of the site, who are invited into the incident's channel; ``outside``: when the public is due.
    ``is_named``: it was asked for by its id; else one of which nothing was recorded lately has nothing to say of its
    course, which a channel that was configured since would get now.
    """
    story = IncidentFacts(incident, events, settings, now)
    if story.opening is None:
        return []
    if not is_named and story.is_over:
        return follow_ups(story)
    asks = asks_pager(events, story.worst, after, now)
    rules: dict[str, _Rule] = {
        SLACK: _slack, PAGE: page_messages, MAIL: _mail, PAGER: lambda each: _pager(each, asks), TRACKER: _tracker,
    }  # fmt: skip
    found = [message for channel, rule in rules.items() if channel in settings for message in rule(story)]
    found += follow_ups(story)
    calls: list[Message] = []
    if answerers:
        calls = pages(events, answerers, after, settings, story.base(), now)
        found += calls + shift_changes(events, answerers, settings, story.base(), now)
    found += reminders(events, story.base(), now, outside, settings, people=people)
    if PAGER in settings:
        found += told_over(events, story.queued, story.base())
    if SLACK in settings and _has_channel(story):
        found += invitations(events, calls, people, settings[SLACK], story.base())
    # Also what is not of the log, as why no person is on call, which a feed has said. What is queued stays as it is.
    queued = set(story.queued)
    return [
        message if message.key in queued else replace(message, values=without_secrets(message.values))
        for message in found
    ]


def follow_ups(story: IncidentFacts) -> list[Message]:
    """What an incident calls for after its end, also long after it."""
    events, settings, now = story.events, story.settings, story.now
    if TRACKER in settings and story.worst not in settings[TRACKER]["severities"]:
        settings = {name: options for name, options in settings.items() if name != TRACKER}
    found = follow_up_messages(events, settings, story.base(), now)
    return [replace(message, values=cleaned(message.values)) for message in found]


def channel_name(opened_at: str) -> str:
    """``incident-2026-11-23-1456``, in UTC, from the time of the opening."""
    return f"incident-{opened_at[:10]}-{opened_at[11:13]}{opened_at[14:16]}"


# --- the chat: the standing channel has a line for each incident, its own channel has all of it. Of one without a
# channel of its own, as where no severity is known, the standing channel has the plans, the acts and the updates. -----


def _slack(story: IncidentFacts) -> list[Message]:
    options = story.settings[SLACK]
    standing = _said(story, "slack/standing/opened", "opened", place="standing")
    if not _has_channel(story):
        return [standing, *_in_standing(story), *_ends(story, "standing")]
    name = channel_name(story.opened_at)
    opened = Message("slack/channel", SLACK, "channel", story.base(name=name, invite=list(options["invite"])))
    links = _said(story, "slack/links", "links", links=dict(options["links"]), pin=True)
    found = [opened, standing, links if options["links"] else None, *_topics(story)]
    for event in story.events:
        found += [*_posts(story, event), *_vendor(story, event)]
    found += [*_in_standing(story), *_ends(story, "standing"), *_archive(story)]
    return [message for message in found if message is not None]


def _in_standing(story: IncidentFacts) -> list[Message]:
    """Under keys of their own: should the incident get a channel, all of it is said there, too. Of one that has it,
    what makes its line here untrue: another severity, and that it was opened again. What is old and was never queued,
    as by a version before, is no news any more."""
    known, found = set(story.queued), []
    names = ("severity",) if _has_channel(story) else _IN_STANDING
    for event in story.events:
        is_news = story.now - kept_at(event) <= _NEWS
        for message in (*_posts(story, event), *_vendor(story, event)):
            key = message.key.replace("slack/", "slack/standing/", 1)
            is_meant = message.template in names or _is_reopened(event)
            if is_meant and (is_news or key in known):
                found.append(replace(message, key=key, values={**message.values, "place": "standing"}))
    return found


def _is_reopened(event: EventReport) -> bool:
    return event["kind"] == "phase" and event["note"].get("phase") == "open"


def _has_channel(story: IncidentFacts) -> bool:
    """Whether the incident is severe enough for a channel of its own."""
    return _at_least(story.worst, story.settings[SLACK]["channel_from"])


def _said(
    story: IncidentFacts, key: str, template: str, place: str = "incident", thing: str = "", **values: Any
) -> Message:
    return Message(key, SLACK, template, {"place": place, **story.base(**values)}, thing)


def _topics(story: IncidentFacts) -> list[Message]:
    """The topic as of now: severity, phase and who leads; only the newest one is set."""
    phase = phases_of(story.events)[-1]
    changes = [event for event in story.events if event["kind"] in ("opened", "severity", "role")]
    last = max(changes[-1]["seq"], phase.event["seq"])
    lead = roles_of(story.events).get("incident_commander", "")
    values = {"phase": phase.phase, "lead": lead or "no incident commander"}
    return [_said(story, f"slack/topic/{last}", "topic", thing="topic", **values)]


def _posts(story: IncidentFacts, event: EventReport) -> list[Message]:
    """What is said of an event in the incident's channel."""
    said = POSTS.get(event["kind"])
    template, values = said(event) if said else ("", {})
    if event["kind"] == HELD:
        template, values = HELD if is_waiting(event, story.events) else "", held_values(event, story.settings[SLACK])
    if not template:
        return []
    who = {"by": event["by"], "host": event["host"], "at": stamp(kept_at(event))}
    return [_said(story, f"slack/{template}/{event['seq']}", template, **who, **values)]


def _vendor(story: IncidentFacts, event: EventReport) -> list[Message]:
    cases = case_values(event, story.settings[SLACK])
    names = case_names(event, cases)
    return [_said(story, f"slack/vendor/{name}", "vendor", **values) for name, values in zip(names, cases)]


def _ends(story: IncidentFacts, place: str) -> list[Message]:
    ended = [event for event in story.events if event["kind"] == "phase" and event["note"].get("phase") == "resolved"]
    return [_said(story, f"slack/standing/resolved/{event['seq']}", "resolved", place=place) for event in ended]


def _archive(story: IncidentFacts) -> list[Message]:
    """After the incident has ended for long enough. One that was opened again is not over; its later end is another
    message, since the one before was struck."""
    phases = [event for event in story.events if event["kind"] == "phase"]
    if not phases or phases[-1]["note"].get("phase") not in ENDED:
        return []
    open_at = max((number for number, each in enumerate(phases) if each["note"].get("phase") not in ENDED), default=-1)
    first = phases[open_at + 1]
    waits = timedelta(seconds=float(story.settings[SLACK]["archive_after"]))
    if story.now - kept_at(phases[-1]) < waits:
        return []
    return [_said(story, f"slack/archive/{first['seq']}", "archive")]


# --- mail, pager, tracker ---------------------------------------------------------------------------------------------


def _mail(story: IncidentFacts) -> list[Message]:
    """To the approvers each plan that waits and each support case; to the stakeholders one at the opening, and one for
    every state that the facts reach and every update, unless a newer one is reached before it was sent."""
    options = story.settings[MAIL]
    of_operators = by_mail(story.events, options, story.base)
    return of_operators + (_states_by_mail(story, options) if story.worst in options["severities"] else [])


def _states_by_mail(story: IncidentFacts, options: Mapping[str, Any]) -> list[Message]:
    reached = mail_states(story.events, story.now, timedelta(seconds=float(options["soak"])))
    states = [each.state for each in reached]
    names = [f"mail/{state.state}/{state.seq}" for state in states]
    # A mail for each of them: one who refuses it keeps it from no other.
    keys = {address: keys_to_tell(names, story.queued, f"/{address}") for address in map(str, options["to"])}
    messages, words = [], words_of_mail(story.settings)
    queued = set(story.queued)
    named = {address: named_cause(entries_of(story.events), MAIL, address) for address in keys}
    for number, state in enumerate(states):
        values = story.base(
            state=state.state, title=title_words(words, story.scenario), text=state.text,
            cause=cause_words(words, state.cause), resolution=resolution_words(words, state),
            at=_since(story.events, states[: number + 1]), severity=_severity(story),
            next_at=_next_update(story, state), again=reached[number].is_update,
        )  # fmt: skip
        thing = "" if state.text else "mail"  # what a person wrote is sent whatever comes after it
        for address, own in keys.items():
            if own[number] and (own[number] in queued or is_told(words, state, named[address])):
                is_other = is_corrected(words, state, named[address])
                mail = {**values, "corrected": is_other, "to": address}
                messages.append(Message(own[number], MAIL, "mail", mail, thing, "stakeholders", address))
    return messages


def _since(events: Sequence[EventReport], states: Sequence[PageState]) -> str:
    """Since when the last of the states is so: texts of a person within one change nothing, and none begins before the
    one before it, as a recovery that holds again after a person said otherwise."""
    since, last = "", ("", 0)
    for state in states:
        if (state.state, state.round) != last:
            since, last = max(since, _at(events, state.seq)), (state.state, state.round)
    return since


def _severity(story: IncidentFacts) -> str:
    """P3 (was P0), where it was lowered."""
    if story.severity == story.worst or not story.severity:
        return story.worst
    return f"{story.severity} (was {story.worst})"


def _next_update(story: IncidentFacts, state: PageState) -> str:
    """Until when the next update is promised: what the person said, else by the severity; empty where the incident is
    over, or its severity has no interval."""
    promise = promised(story, state)
    if promise:
        return promise
    interval = UPDATE.get(story.severity)
    at = _at(story.events, state.seq)
    return "" if state.state == RESOLVED or interval is None or not at else stamp(moment_of(at) + interval)


def _at(events: Sequence[EventReport], seq: int) -> str:
    return next((stamp(kept_at(event)) for event in events if event["seq"] == seq), "")


def _pager(story: IncidentFacts, asks: bool) -> list[Message]:
    """``asks``: of a severity that is not known, it has waited for long enough. Who was asked hears of the end."""
    was_asked = any(key.startswith("pager/") for key in story.queued)
    if story.worst not in story.settings[PAGER]["severities"] and not asks and not was_asked:
        return []
    states = [("trigger", story.opening)]
    for event in story.events:
        if event["kind"] == "acknowledged":
            states.append(("acknowledge", event))
        elif event["kind"] == "phase" and event["note"].get("phase") in (*ENDED, "open"):
            states.append(("trigger" if event["note"]["phase"] == "open" else "resolve", event))
    messages, rounds = [], 0
    for action, event in _changes(states):
        rounds += action == "trigger"
        if event is not None:
            # A later round replaces nothing of an earlier one: while the pager has not heard of that one's end, a new
            # trigger is one more of an alert that was acknowledged, and calls no person.
            thing = "pager" if rounds < 2 else f"pager {rounds}"
            values = story.base(action=action)
            messages.append(Message(f"pager/{action}/{event['seq']}", PAGER, "page_person", values, thing))
    return messages


def _tracker(story: IncidentFacts) -> list[Message]:
    if story.worst not in story.settings[TRACKER]["severities"]:
        return []
    states = [("create", story.opening)]
    is_closed = False
    for event in story.events:
        if event["kind"] == "phase":
            was_closed, is_closed = is_closed, event["note"].get("phase") in ENDED
            change = "close" if is_closed else "reopen"
            states.append((change if is_closed != was_closed else "update", event))
        elif event["kind"] in ("severity", "diagnosed", "verified", "acknowledged"):
            states.append(("update", event))
    phase, answered = phase_of(story.events), acknowledgements(story.events)
    by = answered[0]["by"] if answered else ""
    messages = []
    for action, source in states:
        if source is not None:
            thing = "" if action == "create" else "issue"
            values = story.base(action=action, phase=phase, acknowledged_by=by)
            messages.append(Message(f"tracker/{action}/{source['seq']}", TRACKER, "issue", values, thing))
    return messages


def _changes(states: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Without repetitions of one state."""
    return [each for number, each in enumerate(states) if number == 0 or states[number - 1][0] != each[0]]


def _at_least(severity: str, least: str) -> bool:
    return severity == least or is_worse(severity, least)
