# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an incident suggests to change, each by a rule and with the events that it rests on. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from .._incident.event import EventReport
from .milestones import DETECTED, REPORTS, Milestone
from .mitigations import Mitigation
from .story import listed, of_dict

LIMIT, UNCHANGED, BY_HAND, USER_FIRST, NO_EVIDENCE, NOT_REACHED = (
    "limit_held", "act_without_effect", "act_by_hand", "noticed_by_user_first", "evidence_not_kept", "not_reached",
)  # fmt: skip
_OVER_LIMIT = "allowed without approval"  # of the gate's reason
_NOT_ARRIVED = ("failed", "refused")  # states of a message at the end of the log
_NOT_TRIED = ("passed_over", "not_invited")  # templates of messages about a person to whom none was sent
_MOST_CITED = 10  # messages of one contact


class Proposal(NamedTuple):
    """``subject``: what it is about, by which the same proposal is recognised in another incident."""

    rule: str
    subject: str
    text: str
    cites: tuple[int, ...]


def proposals(events: Sequence[EventReport], acts: Sequence[Mitigation], times: dict[str, Milestone]) -> list[Proposal]:
    """In the order of the rules, and within a rule in that of the events."""
    return [
        *_limits(acts),
        *_without_effect(acts),
        *_by_hand(events),
        *_user_first(events, times),
        *_no_evidence(acts),
        *_not_reached(events),
    ]


def _limits(acts: Sequence[Mitigation]) -> list[Proposal]:
    found = []
    for act in acts:
        reasons = [str(reason) for reason in listed(act.held["note"], "reasons")] if act.held else []
        over = [reason for reason in reasons if _OVER_LIMIT in reason]
        if act.held and over and act.is_done:
            later = [event["seq"] for event in (act.approved, act.intended, act.act) if event]
            text = (
                f"The limit of {act.name} held a plan that was carried out later: {over[0]}. Consider a higher limit."
            )
            found.append(Proposal(LIMIT, act.name, text, (act.held["seq"], *later)))
    return found


def _without_effect(acts: Sequence[Mitigation]) -> list[Proposal]:
    found = []
    for act in acts:
        if act.outcome and act.outcome_word in ("unchanged", "worse"):
            note = act.outcome["note"]
            counts = f"{note.get('before')} before, {note.get('after')} after"
            text = (
                f"{act.name} on {act.host}: {act.outcome_word} ({counts}). Consider another first step for this cause."
            )
            cites = [event["seq"] for event in (act.act, act.outcome) if event]
            found.append(Proposal(UNCHANGED, act.name, text, tuple(cites)))
    return found


def _by_hand(events: Sequence[EventReport]) -> list[Proposal]:
    return [
        Proposal(
            BY_HAND,
            str(event["note"]["text"]),
            f"A step was done by hand: {event['note']['text']}. Consider a step of the runbook for it.",
            (event["seq"],),
        )
        for event in events
        if event["kind"] == "noted" and event["note"].get("text") and event["note"].get("done_at")
    ]


def _user_first(events: Sequence[EventReport], times: dict[str, Milestone]) -> list[Proposal]:
    detected = times[DETECTED]
    report = next(
        (
            event
            for event in events
            if event["kind"] in REPORTS and event["note"].get("reported_by") and detected.cites == (event["seq"],)
        ),
        None,
    )
    if report is None:
        return []
    alerts = [event for event in events if event["kind"] == "alert"]
    reporter = report["note"]["reported_by"]
    if alerts:
        text = f"{reporter} noticed it before the first alert. Consider an alert that fires earlier."
        return [Proposal(USER_FIRST, "alert", text, (report["seq"], alerts[0]["seq"]))]
    text = f"{reporter} noticed it, and no alert belongs to the incident. Consider an alert for it."
    return [Proposal(USER_FIRST, "alert", text, (report["seq"],))]


def _no_evidence(acts: Sequence[Mitigation]) -> list[Proposal]:
    found = []
    for act in acts:
        event = act.intended or act.act
        kept = bool(act.evidence and act.evidence["note"].get("sha256"))
        if event is not None and not kept:
            text = f"No evidence was kept before {act.name} acted on {act.host}. Find out why it could not be kept."
            cites = (event["seq"], act.evidence["seq"]) if act.evidence else (event["seq"],)
            found.append(Proposal(NO_EVIDENCE, act.name, text, cites))
    return found


def _not_reached(events: Sequence[EventReport]) -> list[Proposal]:
    """Each contact that no message reached in the end, and each person who could not be paged or invited. A message
    that was tried again and arrived, or was followed by one that did, has reached its contact."""
    notes: dict[str, dict[str, Any]] = {}
    seqs: dict[str, list[tuple[int, bool]]] = {}  # with whether the event says what the message is
    failed: dict[str, list[str]] = {}  # keys of messages by contact, since one has arrived there
    for event in events:
        if event["kind"] != "message":
            continue
        key = str(event["note"].get("key", ""))
        note = notes.setdefault(key, {})
        note.update({"reason": "", **event["note"]})
        says_what = any(name in event["note"] for name in ("channel", "values", "template", "audience"))
        kept = [seq for seq, is_kept in seqs.get(key, ()) if is_kept]
        seqs[key] = [*((seq, True) for seq in kept), (event["seq"], says_what)]  # what it is, and its end
        if note.get("state") in _NOT_ARRIVED:
            failed[_contact(note)] = [*(each for each in failed.get(_contact(note), ()) if each != key), key]
        elif note.get("state") == "sent":
            failed.pop(_contact(note), None)
    about = {_contact(note, True): [key] for key, note in notes.items() if note.get("template") in _NOT_TRIED}
    return [
        Proposal(
            NOT_REACHED,
            contact,
            f"{words.rstrip('.: ')}. Correct the contact, the rotation or the channel.",
            tuple(dict.fromkeys(seq for key in keys[-_MOST_CITED:] for seq, dummy in seqs[key])),
        )
        for contact, keys, words in (
            *((each, keys, _why_not_arrived(each, notes[keys[-1]])) for each, keys in failed.items()),
            *((each, keys, _why_not_tried(notes[keys[-1]])) for each, keys in about.items()),
        )
    ]


def _contact(note: Mapping[str, Any], is_about: bool = False) -> str:
    """The channel, and to whom, where that is one person or address. ``is_about``: the person, or the step of the
    rotation, that the message is about."""
    values = of_dict(note, "values")
    channel, template = str(note.get("channel", "")), note.get("template")
    if is_about and template == "passed_over":
        return str(values.get("step") or channel)
    who = values.get("to") or ""
    if is_about:
        who = values.get("person")
    elif note.get("audience") == "person" and not who:
        who = values.get("before" if template == "shift_leaves" else "person") or values.get("place")
    return f"{channel} to {who}" if who else channel


def _why_not_arrived(contact: str, note: Mapping[str, Any]) -> str:
    return f"A message by {contact} did not arrive: {note.get('reason') or 'no reason is recorded'}"


def _why_not_tried(note: Mapping[str, Any]) -> str:
    values = of_dict(note, "values")
    if note.get("template") == "passed_over":
        return f"The {values.get('step', 'step')} was passed over when people were paged: {values.get('why', '')}"
    return f"{values.get('person', '')} was not invited to the channel: no Slack id in runbook_people"
