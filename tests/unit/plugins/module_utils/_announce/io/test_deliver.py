"""Channels that answer otherwise than their API says, and runs that are slow: what becomes of each message."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.deliver import deliver
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.http_call import Answered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.slack import Slack
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Entry, Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.statuspage import Statuspage
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError, LogError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.incident_events import START


class Chat:
    """A channel that takes its time for each message, and in which a call may fail by an error of any kind."""

    gap = 0.0
    can_ask = True

    def __init__(self, seconds=0.0, find=None, send=None, differences=None):
        self.seconds, self.errors, self.sent = seconds, {"find": find, "send": send, "differences": differences}, []
        self.began: list[float] = []  # by ``ticks``, of each message

    def _fails(self, name):
        if self.errors[name]:
            raise self.errors[name]

    def find(self, message, thread):  # noqa: ARG002
        self._fails("find")

    def send(self, message, thread):  # noqa: ARG002
        self._fails("send")
        self.began.append(ticks())
        time.sleep(self.seconds)
        self.sent.append(message.key)
        return Delivered(message.key)

    def differences(self, thread):  # noqa: ARG002
        self._fails("differences")
        return []


def delivered(chat, keys="abc", silence=5.0, asks=False, **options):
    entries = [Entry(Message(key, "slack", "note", {}), "sending", START, asks=asks) for key in keys]
    return deliver(entries, {}, lambda _name: chat, "i", silence, lambda: START, **options)


def states(results):
    return {note["key"]: note["state"] for note in results.notes}


@pytest.mark.parametrize("error", [AttributeError("'str' object has no attribute 'get'"), KeyError("id"), TypeError()])
def test_an_answer_of_another_form_leaves_no_message_on_its_way(error):
    """A message whose fate is not written down would be asked for again by every run, and never be more than that."""
    assert states(delivered(Chat(find=error), asks=True)) == dict.fromkeys("abc", "in_doubt")
    assert states(delivered(Chat(send=error))) == {"a": "in_doubt", "b": "queued", "c": "queued"}
    results = delivered(Chat(differences=error))
    assert states(results) == dict.fromkeys("abc", "sent")
    assert "could not be read" in results.differences[0]


class Board(Chat):
    """A page on which a run that was killed has written, and that shows something else, or does not answer."""

    def __init__(self, shows):
        super().__init__()
        self.shows = shows

    def find(self, message, thread):  # noqa: ARG002
        return "p1"

    def differences(self, thread):
        assert thread.references["a"] == "p1"
        if isinstance(self.shows, Exception):
            raise self.shows
        return self.shows


@pytest.mark.parametrize(
    ("shows", "agrees", "why"),
    [([], True, ""), (["the page says monitoring"], False, "the page says monitoring"),
     (KeyError("id"), False, "what it shows could not be read")],
)  # fmt: skip
def test_a_post_that_had_arrived_before_is_read_back(shows, agrees, why):
    entry = Entry(Message("a", "page", "page", {}), "sending", START, asks=True)
    (note,) = deliver([entry], {}, lambda _name: Board(shows), "i", 5.0, lambda: START).notes
    assert (note["state"], note["agrees"]) == ("sent", agrees)
    assert note["reason"].startswith("it had arrived before")
    assert why in note["reason"]


def test_a_message_of_which_no_text_can_be_made_keeps_nothing_behind_it_up():
    assert states(delivered(Chat(send=InputError("the template")), "ab")) == {"a": "refused", "b": "refused"}


def test_a_slow_channel_takes_nothing_up_when_another_run_may_have_it():
    chat = Chat(seconds=0.2)
    results = delivered(chat, "abcdefghij", silence=2.0, until=ticks() + 1.0)
    assert 1 <= len(chat.sent) <= 5
    assert states(results) == {key: "sent" if key in chat.sent else "queued" for key in "abcdefghij"}


def test_a_channel_that_asks_for_a_gap_has_it_between_two_messages():
    """Slack takes one message a second and channel, Statuspage one request a second."""
    chat = Chat()
    chat.gap = 0.2
    assert states(delivered(chat, "abc")) == dict.fromkeys("abc", "sent")
    assert all(after - before >= 0.2 for before, after in itertools.pairwise(chat.began))
    assert (Slack.gap, Statuspage.gap) == (1.0, 1.0)


class Owing(Chat):
    """A chat in which the message ``a`` calls for another one, and that is out of time behind it where asked to."""

    def __init__(self, seconds=0.0, is_there=False, ends=False):
        super().__init__(seconds)
        self.is_there, self.ends = is_there, ends

    def find(self, message, thread):
        if message.key == "a" and self.is_there:
            thread.owed.append(FILE)
        return message.key if message.key == "a" and self.is_there else None

    def send(self, message, thread):
        if message.key == "a":
            thread.owed.append(FILE)
        sent = super().send(message, thread)
        if self.ends and message.key == "a":
            thread.deadline = ticks() - 1
        return sent


FILE = Message("a/file", "slack", "file", {"name": "x"}, lane="a/file")


@pytest.mark.parametrize(
    ("options", "asks", "became"),
    [
        ({}, False, ["queued", "sending", "sent"]),
        ({"ends": True}, False, ["queued"]),
        ({"is_there": True}, True, ["queued", "in_doubt", "sending", "sent"]),
        ({"ends": True}, True, ["queued", "in_doubt"]),
    ],
)
def test_what_belongs_to_a_message_is_in_the_log_with_it_and_sent_where_there_is_time(options, asks, became):
    chat = Owing(**options)
    notes = delivered(chat, "ab", asks=asks).notes
    own = [note["key"] for note in notes].index("a")
    assert notes[own]["state"] == "sent"
    assert notes[own + 1]["state"] == "queued", "no run can find the one as sent, and not the other"
    assert [note["state"] for note in notes if note["key"] == "a/file"] == became
    assert ("a/file" in chat.sent) is (became[-1] == "sent")


def taken(key, template, **values):
    return {
        "key": key, "channel": "slack", "lane": "", "thing": "", "audience": "inside", "template": template,
        "values": values, "asks": False, "tries": 1, "claim": 1, "reason": "",
    }  # fmt: skip


def announcing(chat, **templates):
    found = Announcing({"slack": {"token": "x"}}, {"slack": templates})
    found.channels["slack"] = chat
    return found


@pytest.mark.parametrize("templates", [["x"], "x", 5])
def test_templates_that_are_no_dictionary_are_named_and_keep_nothing_up(templates):
    site = Announcing({"slack": {"token": "x"}}, templates)
    site.channels["slack"] = chat = Chat()
    found = site.sent(reported(taken("a", "note", text="x", by="ada", done_at="")), lambda _id, _events: None, 5.0)
    assert chat.sent == ["a"]
    assert found["left"] == ["runbook_announce_templates is no dictionary of channels, and left out"]


def reported(*messages):
    incident = {
        "id": "i", "messages": list(messages), "references": {}, "path": "", "waiting": 0, "lines": [],
        "head": {"seq": 0, "hash": ""},
        "components": {}, "on_page": {},
    }  # fmt: skip
    return {"incidents": [incident], "lines": []}


def test_of_what_was_taken_too_long_ago_nothing_is_sent_and_nothing_is_written():
    chat, written = Chat(), []
    report = reported(taken("a", "note", text="x", by="ada", done_at=""))
    found = announcing(chat).sent(report, lambda _id, events: written.extend(events), 5.0, until=ticks() - 1)
    assert (chat.sent, written) == ([], [])
    assert [row["state"] for row in found["messages"]] == ["sending"]


def test_a_log_that_cannot_be_written_keeps_the_messages_of_no_other_incident_up():
    chat, note = Chat(), {"text": "x", "by": "ada", "done_at": ""}
    (first,), (second,) = (reported(taken(key, "note", **note))["incidents"] for key in "ab")
    written = []

    def append(incident, _events):
        if incident == "full":
            raise LogError("No space left on device")
        written.append(incident)

    with pytest.raises(LogError, match="No space left"):
        announcing(chat).sent({"incidents": [{**first, "id": "full"}, {**second, "id": "j"}], "lines": []}, append, 5.0)
    assert (chat.sent, written) == (["a", "b"], ["j"])


def test_a_template_of_the_site_that_fails_is_named_and_keeps_nothing_up():
    """Neither in what is shown nor in what is sent: an incident behind it may page a person."""
    report = reported(taken("a", "note", text="x", by="ada", done_at=""), taken("b", "note", of="another version"))
    site = announcing(Chat(), note="{{ nothing }}")
    for found in (site.shown(report, 1.0), site.sent(report, lambda _id, _events: None, 5.0)):
        assert found["messages"][0]["text"] == "ada: x"
        assert "could not be rendered" in found["messages"][1]["text"]
        assert "slack.note could not be rendered: 'nothing' is undefined. The text of the coll" in found["lines"][-1]


def test_what_is_wrong_with_the_settings_is_in_every_report_and_a_channel_that_is_right_is_used():
    found = Announcing({"slack": {"token": "x"}, "mail": {"host": "x"}}, {"slak": {}, "slack": ["note"]})
    found.channels["slack"] = chat = Chat()
    report = reported(taken("a", "note", text="x", by="ada", done_at=""))
    assert set(found.public) == {"slack"}
    sent = found.sent(report, lambda _id, _events: None, 5.0)
    assert chat.sent == ["a"]
    assert [problem.partition(" ")[0] for problem in sent["left"]] == [
        "runbook_announce.mail", "runbook_announce_templates:", "runbook_announce_templates.slack",
    ]  # fmt: skip
    assert sent["lines"][-3:] == sent["left"]


class Copied(Chat):
    """A channel that cannot be asked."""

    can_ask = False


def delivered_beside(first, kept, seconds=1.0):
    """What a run of two channels leaves to append, of which the second one takes its time."""
    began = ticks()

    def keep(notes):
        kept.append((ticks() - began, [note["key"] for note in notes]))
        return True

    chats = {"mail": first, "slack": Chat(seconds)}
    entries = [Entry(Message(f"{name}/1", name, "note", {}), "sending", START, tries=1) for name in chats]
    return deliver(entries, {}, lambda name: chats[name], "i", 5.0, lambda: START, keep=keep)


@pytest.mark.parametrize("chat", [Copied(), Copied(send=TypeError()), Copied(0.3)])
def test_what_became_of_a_message_that_cannot_be_asked_for_is_kept_before_the_others_have_ended(chat):
    """A run that was killed while a slow channel had its time would have had each mail go out twice."""
    kept: list[Any] = []
    results = delivered_beside(chat, kept)
    ((after, keys),) = kept
    assert (after < 0.9, keys) == (True, ["mail/1"])
    assert [note["key"] for note in results.notes] == ["slack/1"]
    assert [note["key"] for note in results.kept] == ["mail/1"]
    assert not results.unfinished


def test_all_else_is_kept_together_at_the_end():
    kept: list[Any] = []
    refused = Copied(send=Answered(NotDelivered("no connection")))
    for chat, seconds in ((Chat(), 0.5), (refused, 0.5), (Copied(), 0.0)):
        results = delivered_beside(chat, kept, seconds)
        assert sorted(note["key"] for note in (*results.notes, *results.kept)) == ["mail/1", "slack/1"]
    assert not kept or kept[0][0] < 0.1


def test_what_could_not_be_kept_at_once_is_kept_with_the_rest():
    chats = {"mail": Copied(), "slack": Chat(0.4)}
    entries = [Entry(Message(f"{name}/1", name, "note", {}), "sending", START, tries=1) for name in chats]
    results = deliver(entries, {}, lambda name: chats[name], "i", 5.0, lambda: START, keep=lambda _notes: False)
    assert sorted(note["key"] for note in results.notes) == ["mail/1", "slack/1"]


@pytest.mark.parametrize(("asked", "seconds"), [(120.0, 120), (None, 30), (5.0, 30)])
def test_a_channel_that_is_not_to_be_asked_for_a_while_is_left_alone_so_long(asked, seconds):
    chat = Chat(find=Answered(NotDelivered("Slack: rate limited", asked)))
    (note,) = delivered(chat, "a", asks=True).notes
    assert (note["state"], note["next_at"]) == ("in_doubt", stamp(START + timedelta(seconds=seconds)))
