from __future__ import annotations

from datetime import timedelta

from ansible_collections.pafar.runbook.plugins.module_utils._announce.claim import claim
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message

from support.incident_events import START, event, opened

A, B = Message("a", "slack", "note", {"text": "x"}), Message("b", "page", "page", {}, "page")


def as_events(found, seq=2):
    return [event("message", 0, seq=seq + number, **note) for number, note in enumerate(found.notes)]


def test_what_is_wanted_is_queued_once_and_taken_once():
    found = claim([opened()], [A, B], START)
    assert [(note["key"], note["state"]) for note in found.notes] == [
        ("a", "queued"), ("b", "queued"), ("a", "sending"), ("b", "sending"),
    ]  # fmt: skip
    assert [(entry.message, entry.tries) for entry in found.taken] == [(A, 1), (B, 1)]
    again = claim([opened(), *as_events(found)], [A, B], START + timedelta(seconds=1))
    assert (again.notes, again.taken) == ([], [])
    assert [entry.message.key for entry in again.left] == ["a", "b"]


def test_channels_that_are_not_asked_for_are_queued_and_left():
    found = claim([opened()], [A, B], START, ["page"])
    assert [entry.message.key for entry in found.taken] == ["b"]
    assert [note["state"] for note in found.notes] == ["queued", "queued", "sending"]


def test_references_of_what_was_sent_go_with_what_is_taken():
    first = claim([opened()], [A], START)
    sent = event("message", 0, seq=9, key="a", state="sent", reference="C1/7")
    later = claim([opened(), *as_events(first), sent], [A, B], START)
    assert later.sent == {"a": "C1/7"}
    assert [entry.message.key for entry in later.taken] == ["b"]
