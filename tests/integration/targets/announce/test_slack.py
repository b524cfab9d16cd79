"""Slack as its API really is: names that are taken, rights that are missing, channels that a person has archived."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, InDoubt, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message

from support.channels.server import EFFECT_CLOSED, EFFECT_CUT, EFFECT_HTML, EFFECT_SILENT, HTML, STATUS, Answer, Fault
from support.channels.slack import Slack
from support.channels.slack_parts import BASE, CHANNEL, NAME, NOTE, adapter, thread


@pytest.fixture
def slack():
    with Slack() as server:
        yield server


def test_a_channel_is_made_and_who_cannot_be_invited_is_named(slack):
    made = adapter(slack).send(CHANNEL, thread())
    assert made == Delivered(slack.room(NAME).id, "not invited: user_not_found")
    assert slack.room(NAME).members == {slack.bot, "U1"}, "who is known is not kept out"


@pytest.mark.parametrize("is_archived", [False, True])
def test_a_name_that_another_has_gets_a_number(slack, is_archived):
    slack.add(NAME, creator="U1", is_archived=is_archived)
    adapter(slack).send(CHANNEL, thread())
    assert slack.room(f"{NAME}-2").creator == slack.bot


def test_our_own_channel_that_a_person_has_archived_is_left_so_and_another_is_made(slack):
    """A bot cannot unarchive one."""
    first = adapter(slack).send(CHANNEL, thread("a"))
    slack.room(NAME).is_archived = True
    again = adapter(slack).send(CHANNEL, thread("a"))
    assert isinstance(again, Delivered)
    assert (again.reference, first.reference) == (slack.room(f"{NAME}-2").id, slack.room(NAME).id)
    assert slack.room(NAME).is_archived


def test_two_incidents_of_one_minute_have_a_channel_each_and_one_that_died_finds_its_own(slack):
    first = adapter(slack).send(CHANNEL, thread("a"))
    second = adapter(slack).send(CHANNEL, thread("b"))
    assert [room.name for room in slack.rooms[1:]] == [NAME, f"{NAME}-2"]
    assert adapter(slack).find(CHANNEL, thread("a")) == first.reference
    assert adapter(slack).find(CHANNEL, thread("b")) == second.reference
    again = adapter(slack).send(CHANNEL, thread("a"))
    assert again.reference == first.reference, "made before the run died"
    assert len(slack.rooms) == 3
    assert [len(room.messages) for room in slack.rooms] == [0, 1, 1], "each has the line that says whose it is"


def test_a_channel_without_a_line_of_anyone_is_taken_by_who_comes_first(slack):
    """Its run died between making it and writing to it."""
    room = slack.add(NAME, creator=slack.bot)
    room.members.add(slack.bot)
    assert adapter(slack).send(CHANNEL, thread("b")).reference == room.id
    assert adapter(slack).send(CHANNEL, thread("a")).reference != room.id


@pytest.mark.parametrize(
    "error", ["restricted_action", "missing_scope", "user_is_ultra_restricted", "too_many_convos_for_team", "any_other"]
)  # fmt: skip
def test_without_the_right_to_make_channels_the_standing_one_has_it(slack, error):
    slack.refusals["conversations.create"] = error
    made = adapter(slack).send(CHANNEL, thread())
    assert made == Delivered("", f"no channel of its own ({error}): it is in #pafar-incidents")
    adapter(slack).send(NOTE, thread(channel=""))
    assert [message["text"] for message in slack.room("pafar-incidents").messages] == ["ada: moved it\nIncident i"]


@pytest.mark.parametrize("kind", [STATUS, EFFECT_CLOSED])
def test_a_fault_of_the_one_call_that_makes_channels_keeps_nothing_from_the_standing_one_for_long(slack, kind):
    """While a list of the channels is answered: where nothing is, the channel is waited for."""
    slack.fault_for = lambda request: Fault(kind, 503) if request.path.endswith("conversations.create") else None
    for tries, is_given_up in ((1, False), (3, False), (4, True)):
        place = thread()
        place.asks, place.tries = tries > 1, tries
        chat = adapter(slack)
        found = chat.find(CHANNEL, place) if place.asks else None
        made = Delivered(found) if found else chat.send(CHANNEL, place)
        assert isinstance(made, Delivered if is_given_up else InDoubt), made
    if kind == STATUS:
        assert made.note.startswith("no channel of its own (Slack: HTTP 503")
    else:
        assert made.reference == slack.room(NAME).id, "it was made by the first one"


@pytest.mark.parametrize("method", ["conversations.list", "conversations.history"])
def test_without_the_right_to_look_all_is_told_all_the_same(slack, method):
    slack.refusals[method] = "missing_scope"
    slack.room("pafar-incidents").members.add(slack.bot)
    made = adapter(slack).send(CHANNEL, thread())
    place = thread(channel=made.reference)
    assert adapter(slack).find(CHANNEL, thread()) in (None, made.reference)
    for message in (NOTE, STANDING):
        assert isinstance(adapter(slack).send(message, place), Delivered)
    assert said(slack)[NAME][1:] == said(slack)["pafar-incidents"] == ["ada: moved it"]
    chat = adapter(slack)
    assert chat.find(STANDING, place) is None, "it cannot be asked for, and keeps nothing behind it up"
    place.asks = True
    assert chat.send(STANDING, place).note.startswith("perhaps twice")


def test_without_the_right_to_private_channels_a_public_one_is_found(slack, monkeypatch):
    listed = slack._conversations_list
    refused = Answer(200, {"ok": False, "error": "missing_scope", "needed": "groups:read"})
    monkeypatch.setattr(
        slack, "_conversations_list", lambda fields: refused if "private" in fields["types"] else listed(fields)
    )
    assert adapter(slack).send(STANDING, thread()).reference.startswith(slack.room("pafar-incidents").id)


def test_a_standing_channel_that_is_named_by_its_id_is_looked_for_in_no_list(slack):
    room = slack.room("pafar-incidents")
    room.id = "C0123ABCD"
    assert adapter(slack, standing_channel=room.id).send(STANDING, thread()).reference.startswith(room.id)
    assert not [each for each in slack.requests if each.path.endswith("conversations.list")]


def test_a_channel_that_is_for_reading_gives_way_to_the_incident_s_own(slack, monkeypatch):
    made = adapter(slack).send(CHANNEL, thread())
    taken, room = slack._chat_postMessage, slack.room("pafar-incidents")
    refused = Answer(200, {"ok": False, "error": "restricted_action_read_only_channel"})
    monkeypatch.setattr(
        slack, "_chat_postMessage", lambda fields: refused if fields["channel"] == room.id else taken(fields)
    )
    assert adapter(slack).send(STANDING, thread(channel=made.reference)).reference.startswith(made.reference)


def test_what_was_said_before_the_incident_is_not_looked_through(slack):
    """The standing channel has the messages of years."""
    slack.began = 1_700_000_000
    old = Message("slack/note/1", "slack", "note", {**NOTE.values, **BASE})
    for dummy in range(40):
        adapter(slack).send(old, thread("old"))
    slack.requests.clear()
    mine = Message("slack/note/8", "slack", "note", {**NOTE.values, **BASE})
    assert adapter(slack).find(mine, thread()) is None
    assert len([each for each in slack.requests if each.path.endswith("conversations.history")]) == 1
    slack.began = 1_800_000_000
    sent = adapter(slack).send(mine, thread())
    assert adapter(slack).find(mine, thread()) == sent.reference


def test_a_channel_that_a_person_has_archived_is_replaced_by_the_standing_one(slack):
    made = adapter(slack).send(CHANNEL, thread())
    slack.room(NAME).is_archived = True
    slack.room(NAME).members.discard(slack.bot)
    sent = adapter(slack).send(NOTE, thread(channel=made.reference))
    assert sent.reference.startswith(slack.room("pafar-incidents").id)
    assert sent.note.endswith("did not take it (archived, or the bot was removed): it is in #pafar-incidents")
    assert adapter(slack).find(NOTE, thread(channel=made.reference)) == sent.reference
    assert adapter(slack).send(NOTE, thread(channel="")).note == "", "it has none of its own"


def test_a_list_that_never_ends_ends_with_the_time(slack, monkeypatch):
    page = Answer(200, {"ok": True, "channels": [], "response_metadata": {"next_cursor": "1"}})
    monkeypatch.setattr(slack, "_conversations_list", lambda _fields: page)
    place = thread()
    place.deadline = ticks() + 0.5
    sent = adapter(slack).send(STANDING, place)
    assert sent == NotDelivered("no time was left for conversations.list")


STANDING = Message("slack/standing/opened", "slack", "note", {**NOTE.values, "place": "standing"})


def said(slack):
    return {room.name: [message["text"].splitlines()[0] for message in room.messages] for room in slack.rooms}


@pytest.mark.parametrize("state", ["renamed", "archived", "closed to the bot"])
def test_without_the_standing_channel_the_incident_s_own_has_everything(slack, state):
    made = adapter(slack).send(CHANNEL, thread())
    room = slack.room("pafar-incidents")
    room.name = "incidents" if state == "renamed" else room.name
    room.is_archived = state == "archived"
    if state == "closed to the bot":
        slack.refusals["conversations.join"] = "method_not_supported_for_channel_type"
        room.members.discard(slack.bot)
    for message in (NOTE, STANDING):
        sent = adapter(slack).send(message, thread(channel=made.reference))
        assert isinstance(sent, Delivered)
        assert ("the standing channel #pafar-incidents did not take it" in sent.note) is (message is STANDING)
        assert adapter(slack).find(message, thread(channel=made.reference)) == sent.reference
    assert said(slack)[NAME][1:] == ["ada: moved it"] * 2
    waits = adapter(slack).send(STANDING, thread(channel=""))
    assert isinstance(waits, NotDelivered), "it has no other place"
    assert not waits.forever


def test_a_message_in_doubt_whose_channel_cannot_be_read_is_perhaps_there_twice(slack):
    made = adapter(slack).send(CHANNEL, thread())
    slack.room(NAME).members.discard(slack.bot)
    place = thread(channel=made.reference)
    assert adapter(slack).find(NOTE, place) is None
    place.asks = True
    assert adapter(slack).send(NOTE, place).note.startswith("perhaps twice")
    place.asks = False
    assert "twice" not in adapter(slack).send(NOTE, place).note


def test_a_message_in_doubt_is_found_by_its_key(slack):
    made = adapter(slack).send(CHANNEL, thread())
    faults = [Fault(EFFECT_CLOSED)]
    slack.fault_for = lambda request: faults.pop() if faults and "postMessage" in request.path else None
    assert isinstance(adapter(slack).send(NOTE, thread(channel=made.reference)), InDoubt)
    for number in range(40):  # more than one page of the history
        other = Message(f"slack/note/{number + 10}", "slack", "note", NOTE.values)
        adapter(slack).send(other, thread(channel=made.reference))
    assert adapter(slack).find(NOTE, thread(channel=made.reference)).startswith(made.reference)
    assert adapter(slack).find(NOTE, thread("other", channel=made.reference)) is None


def test_what_belongs_to_a_message_that_had_arrived_is_made_up_for(slack):
    """Its sender died, or had no answer, before people were invited and the links pinned."""
    slack.fault_for = lambda request: Fault(EFFECT_CLOSED) if "postMessage" in request.path else None
    assert isinstance(adapter(slack).send(CHANNEL, thread()), InDoubt)
    room = slack.room(NAME)
    assert room.members == {slack.bot}
    links = Message(
        "slack/links", "slack", "links", {**BASE, "place": "incident", "links": {"x": "http://x"}, "pin": True}
    )
    assert isinstance(adapter(slack).send(links, thread(channel=room.id)), InDoubt)
    slack.fault_for = lambda _request: None
    assert adapter(slack).find(CHANNEL, thread()) == room.id
    assert adapter(slack).find(links, thread(channel=room.id)) is not None
    assert room.members == {slack.bot, "U1"}
    assert room.pins == [room.messages[1]["ts"]]
    assert len(room.messages) == 2


@pytest.mark.parametrize("kind", [EFFECT_CLOSED, EFFECT_CUT, EFFECT_HTML, EFFECT_SILENT, HTML])
def test_what_is_no_answer_of_slack_is_in_doubt_and_never_a_refusal(slack, kind):
    slack.fault_for = lambda request: Fault(kind) if "postMessage" in request.path else None
    place = thread()
    adapter(slack).find(NOTE, place)  # the standing channel is known, so that the time is for the message
    place.deadline = ticks() + 2
    assert isinstance(adapter(slack).send(NOTE, place), InDoubt)
    slack.fault_for = lambda _request: None
    assert (adapter(slack).find(NOTE, thread()) is None) is (kind == HTML)


@pytest.mark.parametrize("error", ["internal_error", "fatal_error", "request_timeout", "service_unavailable"])
def test_an_error_of_which_slack_does_not_say_that_nothing_was_done_is_in_doubt(slack, error):
    slack.refusals["chat.postMessage"] = error
    assert adapter(slack).send(NOTE, thread()) == InDoubt(f"Slack: {error}")


def test_a_rate_limit_says_how_long_to_wait_and_a_server_s_error_is_in_doubt(slack):
    limited = Fault(STATUS, 429, {"Retry-After": "42"})
    slack.fault_for = lambda request: limited if "postMessage" in request.path else None
    assert adapter(slack).send(NOTE, thread()) == NotDelivered("Slack: rate limited", 42.0)
    slack.fault_for = lambda request: Fault(STATUS, 503) if "postMessage" in request.path else None
    assert isinstance(adapter(slack).send(NOTE, thread()), InDoubt)


@pytest.mark.parametrize(("error", "forever"), [("no_text", True), ("missing_scope", False)])
def test_what_is_the_fault_of_one_message_keeps_no_other_up(slack, error, forever):
    slack.refusals["chat.postMessage"] = error
    assert adapter(slack).send(NOTE, thread()) == NotDelivered(f"Slack: {error}", forever=forever)
    values = {**BASE, "place": "U404", "step": "primary"}
    direct = Message("call/primary/slack", "slack", "page", values, audience="person")
    assert adapter(slack).send(direct, thread()) == NotDelivered("Slack: user_not_found", forever=True)


def test_a_token_that_is_none_is_said_without_it(slack):
    refused = adapter(slack, token="xoxb-wrong").send(NOTE, thread())
    assert refused == NotDelivered("Slack: invalid_auth")


LONG = Message("slack/note/8", "slack", "note", {**NOTE.values, "text": "a <word> & " * 1000})


def test_what_is_too_long_is_cut_and_the_whole_is_a_file_of_its_thread(slack):
    """A message of its own, which is in the log with the other: a run that dies before it is added owes it."""
    place = thread()
    sent = adapter(slack).send(LONG, place)
    room = slack.room("pafar-incidents")
    assert len(room.messages[0]["text"]) <= 3000
    assert sent.note == "it was cut, and the whole text goes into its thread"
    (file,) = place.take_owed()
    assert (file.key, file.template, file.channel) == ("slack/note/8/file", "file", "slack")
    assert adapter(slack).find(file, place) is None
    added = adapter(slack).send(file, place)
    assert room.files == [(room.messages[0]["ts"], "whole.txt")]
    assert slack.texts[added.reference] == f"ada: {'a <word> & ' * 1000}".strip(), "a file has no mark-up"
    assert adapter(slack).find(file, place) == added.reference
    assert adapter(slack).find(LONG, place) == sent.reference
    assert place.take_owed() == [file], "it is owed by who finds the message, too"
    adapter(slack).send(NOTE, place)
    assert place.take_owed() == []


@pytest.mark.parametrize("odd", [Message(NOTE.key, "slack", "held", {}), Message(NOTE.key, "slack", "newer", {})])
def test_a_message_of_another_version_is_found_again_although_no_text_can_be_made_of_it(slack, odd):
    place = thread()
    sent = adapter(slack).send(NOTE, place)
    assert adapter(slack).find(odd, place) == sent.reference
    assert place.take_owed() == []


@pytest.mark.parametrize("kind", [EFFECT_CLOSED, EFFECT_CUT, EFFECT_HTML, HTML])
@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "/upload/", "files.completeUploadExternal"])
def test_a_file_of_which_nothing_is_known_is_asked_for_and_added_once(slack, kind, step):
    place = thread()
    adapter(slack).send(LONG, place)
    (file,) = place.take_owed()
    slack.fault_for = lambda request: Fault(kind) if step in request.path else None
    adapter(slack).send(file, place)
    slack.fault_for = lambda _request: None
    place.asks = True
    if adapter(slack).find(file, place) is None:
        assert isinstance(adapter(slack).send(file, place), Delivered)
    assert len(slack.room("pafar-incidents").files) == 1


@pytest.mark.parametrize(
    ("method", "error", "forever"),
    [
        ("files.completeUploadExternal", "channel_not_found", True),
        ("files.getUploadURLExternal", "missing_scope", False),
    ],
)
def test_a_file_that_is_refused_waits_where_a_person_can_help(slack, method, error, forever):
    place = thread()
    adapter(slack).send(LONG, place)
    (file,) = place.take_owed()
    slack.refusals[method] = error
    assert adapter(slack).send(file, place) == NotDelivered(f"Slack: {error}", forever=forever)


def test_a_file_whose_message_a_person_has_deleted_or_whose_thread_has_another_file_is_not_there(slack):
    place = thread()
    adapter(slack).send(LONG, place)
    (file,) = place.take_owed()
    room = slack.room("pafar-incidents")
    room.replies.append(
        {"thread_ts": room.messages[0]["ts"], "user": "U1", "files": [{"id": "F9", "name": "whole.txt"}]}
    )
    assert adapter(slack).find(file, place) is None, "a person's"
    room.messages.clear()
    assert adapter(slack).find(file, place) is None


def test_an_archive_is_done_once_and_the_standing_channel_is_never_archived(slack):
    made = adapter(slack).send(CHANNEL, thread())
    archive = Message("slack/archive/9", "slack", "archive", {"place": "incident"})
    for dummy in range(2):
        assert adapter(slack).send(archive, thread(channel=made.reference)).note == ""
    assert slack.room(NAME).is_archived
    adapter(slack).send(archive, thread(channel=""))
    assert not slack.room("pafar-incidents").is_archived


def invite(person, user):
    values = {**BASE, "place": "incident", "person": person, "user": user, "why": "paged as primary"}
    return Message(f"slack/invite/{user}", "slack", "invite", values)


def test_a_person_who_is_paged_is_invited_once_and_who_cannot_be_is_named(slack):
    made = adapter(slack).send(CHANNEL, thread())
    place = thread(channel=made.reference)
    for dummy in range(2):  # the same again, after a run that died
        assert adapter(slack).send(invite("bob", "U2"), place) == Delivered(made.reference)
    assert slack.room(NAME).members == {slack.bot, "U1", "U2"}
    assert adapter(slack).send(invite("zoe", "U404"), place).note == "zoe was not invited: user_not_found"
    assert adapter(slack).send(invite("bob", "U2"), thread(channel="")).note.startswith("bob was not invited: the inci")
    slack.room(NAME).is_archived = True
    assert adapter(slack).send(invite("ada", "U1"), place).note == ""
    slack.users = ("U1", "U2", "U3")
    assert adapter(slack).send(invite("eve", "U3"), place).note == "eve was not invited: is_archived"


@pytest.mark.parametrize(
    ("asked", "after"), [("3600", 3600.0), ("Mon, 01 Jan 2024 11:00:00 GMT", 0.0), ("later", 1.0), ("", 1.0)]
)
def test_an_invitation_waits_for_a_rate_limit_and_a_token_that_is_none(slack, asked, after):
    made = adapter(slack).send(CHANNEL, thread())
    limited = Fault(STATUS, 429, {"Retry-After": asked})
    slack.fault_for = lambda request: limited if "invite" in request.path else None
    sent = adapter(slack).send(invite("bob", "U2"), thread(channel=made.reference))
    assert sent == NotDelivered("Slack: rate limited", after)
    slack.fault_for = lambda _request: None
    slack.refusals["conversations.invite"] = "token_revoked"
    assert isinstance(adapter(slack).send(invite("bob", "U2"), thread(channel=made.reference)), NotDelivered)
