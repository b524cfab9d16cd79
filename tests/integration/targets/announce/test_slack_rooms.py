"""The channel of an incident in Slack, where two runs make it at once, or the list does not have it yet."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, InDoubt
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread, ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.slack import Slack as Adapter
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.server import EFFECT_CLOSED, Fault
from support.channels.slack import Slack

NAME = "incident-2026-11-23-1456"
BASE = {"severity": "P1", "scenario": "s", "hosts": "db1", "opened_at": "2026-11-23T14:56:35.000000Z"}
STEPS = range(8)  # more than a run has requests until its line is written and looked at


@pytest.fixture
def slack():
    with Slack() as server:
        yield server


def opens(slack, incident, asks=False):
    settings = settings_of({"slack": {"token": slack.token, "api": slack.api}})["slack"]
    message = Message("slack/channel", "slack", "channel", {**BASE, "incident": incident, "name": NAME, "invite": []})
    adapter, thread = Adapter(settings, Texts("slack")), Thread(incident, {}, ticks() + 60, asks=asks)
    found = adapter.find(message, thread) if asks else None
    return Delivered(found) if found else adapter.send(message, thread)


def at_step(slack, number, does):
    """Do this before the request of this number is served."""
    left = [number]

    def fault(_request):
        left[0] -= 1
        return does() if left[0] == -1 else None

    slack.fault_for = fault


def lines(slack):
    """Of each channel its name, and the incidents whose lines it has."""
    return {
        room.name: [each["metadata"]["event_payload"]["incident"] for each in room.messages] for room in slack.rooms[1:]
    }


@pytest.mark.parametrize("step", STEPS)
def test_two_runs_at_once_have_one_channel_with_one_line(slack, step):
    others = []
    at_step(slack, step, lambda: others.append(opens(slack, "a")))
    mine = opens(slack, "a")
    assert lines(slack) == {NAME: ["a"]}
    assert {each.reference for each in (mine, *others)} == {slack.room(NAME).id}


@pytest.mark.parametrize("step", STEPS)
def test_two_incidents_of_one_minute_have_a_channel_each_whichever_is_first(slack, step):
    others = []
    at_step(slack, step, lambda: others.append(opens(slack, "b")))
    mine = opens(slack, "a").reference
    other = others[0].reference if others else opens(slack, "b").reference
    own = {room.id: [each["metadata"]["event_payload"]["incident"] for each in room.messages] for room in slack.rooms}
    assert (own[mine], own[other]) == (["a"], ["b"])
    assert set(lines(slack)) == {NAME, f"{NAME}-2"}, "and none that is of no incident"


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_was_cut_off_leaves_no_channel_without_an_incident(slack, step):
    at_step(slack, step, lambda: Fault(EFFECT_CLOSED))
    first = opens(slack, "a")
    again = first if isinstance(first, Delivered) else opens(slack, "a", asks=isinstance(first, InDoubt))
    assert again == Delivered(slack.room(NAME).id)
    assert lines(slack) == {NAME: ["a"]}


def test_a_channel_that_is_not_listed_yet_is_looked_for_before_another_is_made(slack):
    first = opens(slack, "a")
    slack.unlisted.add(NAME)
    waits = opens(slack, "a")
    assert isinstance(waits, InDoubt)
    assert waits.reason == f"Slack: there is a channel #{NAME}, which is not listed yet"
    slack.unlisted.clear()
    assert opens(slack, "a", asks=True) == first
    assert lines(slack) == {NAME: ["a"]}


def test_a_name_that_is_never_listed_is_a_private_channel_of_others(slack):
    slack.add(NAME, creator="U1")
    slack.unlisted.add(NAME)
    assert isinstance(opens(slack, "a"), InDoubt)
    assert opens(slack, "a", asks=True) == Delivered(slack.room(f"{NAME}-2").id)


@pytest.mark.parametrize("method", ["conversations.history", "chat.delete"])
def test_a_right_that_is_missing_costs_no_channel(slack, method):
    slack.refusals[method] = "missing_scope"
    assert opens(slack, "a") == Delivered(slack.room(NAME).id)
