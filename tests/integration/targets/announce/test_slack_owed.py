"""What belongs to a message of Slack and was not answered: invitations and pins, as messages of their own."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.deliver import deliver
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.slack import Slack as Adapter
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Entry, Message, due, entries_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.played import Channels, Played
from support.channels.server import EFFECT_CLOSED, STATUS, Fault
from support.channels.slack import Slack
from support.incident_events import START, event

NAME = "incident-2026-11-23-1456"
BASE = {"incident": "i", "scenario": "x", "severity": "P1", "hosts": "db1", "opened_at": "2026-11-23T14:56:00.000000Z"}
CHANNEL = Message("slack/channel", "slack", "channel", {**BASE, "name": NAME, "invite": ["U1", "U2"]})
LINKS = Message("slack/links", "slack", "links", {**BASE, "place": "incident", "links": {"x": "http://x"}, "pin": True})
LIMITED = Fault(STATUS, 429, {"Retry-After": "77"})


@pytest.fixture
def slack():
    with Slack() as server:
        yield server


def adapter(slack):
    settings = settings_of({"slack": {"token": slack.token, "api": slack.api}})["slack"]
    made = Adapter(settings, Texts("slack"))
    made.gap = 0.0
    return made


def run(slack, messages, references=None, silence=3.0):
    entries = [Entry(message, "sending", START, tries=1) for message in messages]
    return deliver(entries, references or {}, lambda _name: adapter(slack), "i", silence, lambda: START).notes


def waiting(notes):
    """The messages that a later run sends, of what a run has written."""
    first = [{"key": each.key, "state": "queued", "channel": "slack"} for each in (CHANNEL, LINKS)]
    events = [event("message", 0, **note) for note in (*first, *notes)]
    return [entry for entry in entries_of(events) if entry.state not in ("queued", "sent")]


@pytest.mark.parametrize("fault", [LIMITED, Fault(EFFECT_CLOSED), Fault(STATUS, 503)])
@pytest.mark.parametrize("path", ["conversations.invite", "pins.add"])
def test_what_was_not_answered_is_tried_again(slack, path, fault):
    """People were never invited, and links never pinned, after one answer that there were too many calls."""
    slack.fault_for = lambda request: fault if path in request.path else None
    notes = run(slack, [CHANNEL, LINKS])
    left = waiting(notes)
    owed = ["slack/invite/U1", "slack/invite/U2"] if "invite" in path else ["slack/links/pin"]
    assert [entry.message.key for entry in left] == owed
    assert not due(left, START), "not at once"
    assert {note["state"] for note in notes if note["key"] in ("slack/channel", "slack/links")} == {"sent"}
    if fault is LIMITED:
        # Less what has gone by since the first of them was told so.
        assert all(0 < (entry.next_at - START).total_seconds() <= 77.0 for entry in left)
        assert any((entry.next_at - START).total_seconds() > 30 for entry in left), "more than without a limit"
    slack.fault_for = lambda _request: None
    room = slack.room(NAME)
    again = run(slack, [entry.message for entry in left], {"slack/channel": room.id})
    assert {note["state"] for note in again} == {"sent"}
    assert set(room.members) >= {"U1", "U2"}
    assert room.pins == [room.messages[1]["ts"]]
    assert len(room.messages) == 2, "and nothing is said twice"


def test_what_is_answered_or_refused_owes_nothing(slack):
    slack.refusals["pins.add"] = "missing_scope"
    slack.refusals["conversations.invite"] = "cant_invite"
    notes = run(slack, [CHANNEL, LINKS])
    assert [note["key"] for note in notes] == ["slack/channel", "slack/links"]
    assert [note["reason"] for note in notes] == ["not invited: cant_invite", "not pinned: Slack: missing_scope"]


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("handed_over", {"task": "Mitigation | Restart", "message": "{words}"}),
        ("severity", {"severity": "P0", "before": "P1", "reason": "{words}"}),
        ("noted", {"text": "{words}"}), ("diagnosed", {"cause": "row", "lines": ["{words}"]}),
        ("role", {"role": "incident_commander", "action": "taken", "person": "ada", "handover": "{lines}"}),
    ],
)  # fmt: skip
def test_a_long_text_of_the_log_is_whole_in_the_file_without_its_secrets(tmp_path, kind, note):
    """It was cut after 2000 characters before it was queued, so that no channel had the rest, and no file."""
    words = "the step failed, password=hunter2hunter2 " + " ".join(f"word{number}" for number in range(1000))
    lines = "\n".join(f"the step {number} failed, in many words that a person has written" for number in range(99))
    with Channels() as channels:
        played = Played(channels, 1, tmp_path)
        given = {name: value.format(words=words, lines=lines) if isinstance(value, str) else [words]
                 for name, value in note.items()}  # fmt: skip
        played.write((kind, given))
        played.drain(silence=20.0)
        texts = list(channels.slack.texts.values())
        posts = [each["text"] for room in channels.slack.rooms for each in room.messages]
        mark, last = ("step 98", "step 97") if "{lines}" in note.values() else ("word999", "word998")
        assert texts, "the whole as a file"
        assert all(mark in text and last in text for text in texts)
        assert "hunter2" not in str(texts) + str(posts)
        assert max(map(len, posts)) <= 3000
        rooms = [room for room in channels.slack.rooms if room.files]
        assert all(len(room.files) == 1 for room in rooms), "once in each channel"


def test_the_line_of_a_channel_is_never_more_than_slack_takes(slack):
    """A block that is too long is refused for good, and the incident had no channel."""
    long = Message("slack/channel", "slack", "channel", {**CHANNEL.values, "hosts": "<a&b>, " * 900})
    notes = run(slack, [long])
    assert [note["state"] for note in notes] == ["sent"]
    assert len(slack.room(NAME).messages[0]["text"]) <= 3000
