"""In which channel of Slack a message is: the incident's own one, or the standing one where the first has no place."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, InDoubt, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message

from support.channels.server import STATUS, Answer, Fault
from support.channels.slack import Slack
from support.channels.slack_parts import BASE, CHANNEL, NAME, NOTE, adapter, thread

STANDING = Message("slack/standing/opened", "slack", "note", {**NOTE.values, "place": "standing"})


@pytest.fixture
def slack():
    with Slack() as server:
        yield server


@pytest.mark.parametrize("error", ["invalid_auth", "token_expired", "org_login_required"])
def test_a_token_that_is_none_makes_the_channel_wait(slack, error):
    slack.refusals["conversations.create"] = error
    assert adapter(slack).send(CHANNEL, thread()) == NotDelivered(f"Slack: {error}")


def test_where_all_names_are_taken_the_standing_channel_has_it(slack):
    for number in range(20):
        slack.add(f"{NAME}-{number + 1}" if number else NAME, creator="U1")
    made = adapter(slack).send(CHANNEL, thread())
    assert made.note == f"no channel of its own (20 names that begin with {NAME} are taken): it is in #pafar-incidents"
    assert adapter(slack).send(NOTE, thread(channel="")).reference.startswith(slack.room("pafar-incidents").id)


def test_a_channel_that_may_not_be_written_to_is_replaced_by_the_standing_one(slack, monkeypatch):
    taken, standing = slack._chat_postMessage, slack.room("pafar-incidents")
    refused = Answer(200, {"ok": False, "error": "ekm_access_denied"})
    monkeypatch.setattr(
        slack, "_chat_postMessage", lambda fields: taken(fields) if fields["channel"] == standing.id else refused
    )
    made = adapter(slack).send(CHANNEL, thread())
    assert made == Delivered("", "no channel of its own (ekm_access_denied): it is in #pafar-incidents")
    own = slack.room(NAME).id
    assert adapter(slack).send(NOTE, thread(channel=own)).reference.startswith(standing.id)
    assert adapter(slack).send(STANDING, thread(channel=own)).reference.startswith(standing.id)


@pytest.mark.parametrize(
    "answer", [Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"}), Answer(500, {})]
)
def test_the_incident_s_own_channel_waits_for_no_list_of_channels(slack, monkeypatch, answer):
    """In a large workspace it takes long, and is limited."""
    made = adapter(slack).send(CHANNEL, thread())
    slack.requests.clear()
    monkeypatch.setattr(slack, "_conversations_list", lambda _fields: answer)
    topic = Message("slack/topic/1", "slack", "topic", {**BASE, "place": "incident", "phase": "open", "lead": "ada"})
    for message in (NOTE, topic):
        assert adapter(slack).send(message, thread(channel=made.reference)).reference.startswith(made.reference)
    assert adapter(slack).find(NOTE, thread(channel=made.reference)).startswith(made.reference)
    assert not [each for each in slack.requests if each.path.endswith("conversations.list")]
    assert not isinstance(adapter(slack).send(STANDING, thread(channel=made.reference)), Delivered), "it has to look"


@pytest.mark.parametrize(
    ("template", "method"),
    [
        ("topic", "conversations.setTopic"), ("archive", "conversations.archive"), ("pin", "pins.add"),
        ("invite", "conversations.invite"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("error", "waits"), [("token_expired", True), ("invalid_auth", True), ("missing_scope", False)]
)
def test_what_is_refused_for_the_token_s_sake_waits_and_is_done_later(slack, template, method, error, waits):
    """A channel that was to be archived while the token had expired was never archived."""
    own = adapter(slack).send(CHANNEL, thread()).reference
    posted = adapter(slack).send(NOTE, thread(channel=own)).reference
    values = {
        **BASE,
        "place": "incident",
        "phase": "open",
        "lead": "ada",
        "post": posted,
        "person": "bob",
        "user": "U2",
    }
    message = Message(f"slack/{template}/1", "slack", template, values)
    slack.refusals[method] = error
    sent = adapter(slack).send(message, thread(channel=own))
    assert isinstance(sent, NotDelivered) is waits
    assert error in (sent.reason if waits else sent.note)
    slack.refusals.clear()
    if waits:
        assert adapter(slack).send(message, thread(channel=own)).note == ""
        room = slack.room(NAME)
        done = {"topic": room.topic, "archive": room.is_archived, "pin": room.pins, "invite": "U2" in room.members}
        assert done[template]


def test_responders_are_invited_when_the_token_is_one_again(slack):
    slack.refusals["conversations.invite"] = "token_revoked"
    assert adapter(slack).send(CHANNEL, thread()) == NotDelivered("Slack: token_revoked")
    slack.refusals.clear()
    made = adapter(slack).send(CHANNEL, thread())
    assert made.reference == slack.room(NAME).id
    assert slack.room(NAME).members == {slack.bot, "U1"}
    assert len(slack.room(NAME).messages) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed(slack, status):
    """It would be another request, and take the token to another host."""
    own = adapter(slack).send(CHANNEL, thread()).reference
    with Slack() as other:
        fault = Fault(STATUS, status, {"Location": f"{other.api}chat.postMessage"})
        slack.fault_for = lambda request: fault if "postMessage" in request.path else None
        sent = adapter(slack).send(NOTE, thread(channel=own))
    assert isinstance(sent, InDoubt)
    assert f"HTTP {status}" in sent.reason
    assert other.requests == []
