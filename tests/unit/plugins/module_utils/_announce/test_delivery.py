from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import (
    Delivered,
    InDoubt,
    NotDelivered,
    NotTried,
    may_wait,
    result_note,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Entry, Message, queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.incident_events import START

ENTRY = Entry(Message("a", "slack", "note"), "sending", START, tries=2)


@pytest.mark.parametrize(
    ("delivery", "note"),
    [
        (Delivered("C1/7"), {"state": "sent", "reference": "C1/7"}),
        (Delivered("", "not pinned"), {"state": "sent", "reason": "not pinned"}),
        (Delivered("p1", agrees=True), {"state": "sent", "reference": "p1", "agrees": True}),
        (Delivered("p1", "it is red", False),
         {"state": "sent", "reference": "p1", "reason": "it is red", "agrees": False}),
        (InDoubt("cut"), {"state": "in_doubt", "reason": "cut", "next_at": "2026-11-27T10:01:00.000000Z"}),
        (InDoubt("cut", is_copied=True),
         {"state": "in_doubt", "reason": "cut", "next_at": "2026-11-27T10:10:00.000000Z"}),
        (NotDelivered("busy", 90.0), {"state": "failed", "reason": "busy", "next_at": "2026-11-27T10:01:30.000000Z"}),
        (NotDelivered("bad", forever=True), {"state": "refused", "reason": "bad"}),
        (NotTried(), {"state": "queued"}),
    ],
)  # fmt: skip
def test_what_became_of_a_message_is_kept(delivery, note):
    assert result_note(ENTRY, delivery, START) == {"key": "a", **note}


@pytest.mark.parametrize(("tries", "seconds"), [(1, 30), (2, 600), (3, 600), (4, 3600), (7, 3600)])
def test_copies_of_what_cannot_be_asked_for_are_further_and_further_apart(tries, seconds):
    note = result_note(replace(ENTRY, tries=tries), InDoubt("cut", is_copied=True), START)
    assert note["next_at"] == stamp(START + timedelta(seconds=seconds))
    page = replace(ENTRY, tries=2, message=replace(ENTRY.message, audience="person"))
    assert result_note(page, InDoubt("cut", is_copied=True), START)["next_at"] == stamp(START + timedelta(seconds=60))


def test_copies_end_and_what_is_not_known_of_them_is_said():
    note = result_note(replace(ENTRY, tries=8), InDoubt("no reply", is_copied=True), START)
    assert note["state"] == "refused"
    assert note["reason"].startswith("8 copies went out, and of none is it known whether it arrived; no other follows")
    person = replace(ENTRY, tries=8, message=replace(ENTRY.message, audience="person"))
    assert result_note(person, InDoubt("no reply", is_copied=True), START)["state"] == "in_doubt"
    assert result_note(replace(ENTRY, tries=8), InDoubt("no reply"), START)["state"] == "in_doubt", "it can be asked"


def test_a_result_names_the_run_that_had_the_message():
    assert result_note(replace(ENTRY, claim=3), NotTried(), START) == {"key": "a", "claim": 3, "state": "queued"}


def test_what_may_have_arrived_and_was_not_tried_stays_in_doubt():
    asked = Entry(ENTRY.message, "sending", START, reason="cut", asks=True)
    assert result_note(asked, NotTried(), START) == {"key": "a", "state": "in_doubt", "reason": "cut", "untried": True}


def test_what_the_other_side_said_is_kept_without_secrets():
    note = result_note(ENTRY, NotDelivered("invalid token=xoxb-123456789012-abcdefghijkl"), START)
    assert "xoxb-1234" not in note["reason"]


@pytest.mark.parametrize(
    ("message", "minutes"),
    [
        (Message("a", "slack", "note"), 60),
        (Message("a", "page", "page"), 60),
        (Message("call/a/slack", "slack", "page", audience="person"), 5),
        (Message("pager/trigger/1", "pager", "page_person"), 5),
    ],
)
@pytest.mark.parametrize("delivery", [NotDelivered("busy", 1e9), InDoubt("busy", again_after=float("inf"))])
def test_a_page_does_not_wait_for_whatever_the_other_side_asks(message, minutes, delivery):
    again = stamp(START + timedelta(minutes=minutes))
    assert result_note(replace(ENTRY, message=message), delivery, START)["next_at"] == again


OLD = Message("page/investigating/1.1", "page", "page", thing="state")
NEW = Message("page/resolved/4.4", "page", "page", thing="state")
OTHER = Message("mail/identified/a@z", "mail", "mail", thing="state", lane="a@z")
NOTE = Message("slack/note/3", "slack", "note")


def log(*notes):
    events = [{"kind": "opened", "note": {"scenario": "s"}}, *({"kind": "message", "note": note} for note in notes)]
    return b"\n".join(json.dumps(event).encode() for event in events)


def state(message, word):
    return {"key": message.key, "state": word}


@pytest.mark.parametrize(
    ("notes", "waits"),
    [
        ([], False),
        ([queued_note(NOTE)], True),
        ([queued_note(NOTE), state(NOTE, "sending")], True),
        ([queued_note(NOTE), state(NOTE, "sending"), state(NOTE, "failed")], True),
        ([queued_note(NOTE), state(NOTE, "in_doubt")], True),
        ([queued_note(NOTE), state(NOTE, "sent")], False),
        ([queued_note(NOTE), state(NOTE, "refused")], False),
        ([queued_note(NOTE), state(NOTE, "sent"), state(NOTE, "failed")], False),  # a late word of a run that lost it
        ([queued_note(OLD), queued_note(NEW), state(NEW, "sent")], False),
        ([queued_note(OLD), queued_note(NEW)], True),
        ([queued_note(OLD), queued_note(OTHER), state(OTHER, "sent")], True),
    ],
)
def test_what_was_not_delivered_waits_unless_a_newer_state_of_its_thing_was_queued(notes, waits):
    assert may_wait(log(*notes)) is waits


@pytest.mark.parametrize(
    "line", [b"{", b'{"kind": "message"}', b'{"kind": "message", "note": 7}', b"[" * 9000, b"\xff"]
)
def test_a_line_that_is_no_event_is_passed_over(line):
    line = line if b"message" in line else line + b'"kind": "message"'
    assert may_wait(line) is False
    assert may_wait(line + b"\n" + log(queued_note(NOTE))) is True
