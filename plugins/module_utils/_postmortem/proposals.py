# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an incident suggests to change, each by a rule and with the events that it rests on. Pure."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from .._incident.event import EventReport
from .milestones import DETECTED, REPORTS, Milestone
from .mitigations import Mitigation
from .story import in_words, listed

LIMIT, UNCHANGED, BY_HAND, USER_FIRST, NO_EVIDENCE, NOT_REACHED = (
    "limit_held", "act_without_effect", "act_by_hand", "noticed_by_user_first", "evidence_not_kept", "not_reached",
)  # fmt: skip
_OVER_LIMIT = "allowed without approval"  # of the gate's reason


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
    return [
        Proposal(
            NOT_REACHED,
            str(event["note"].get("channel", "")),
            f"A message did not arrive: {in_words(event)}. Correct the contact or the channel.",
            (event["seq"],),
        )
        for event in events
        if event["kind"] == "message" and event["note"].get("state") == "failed"
    ]
