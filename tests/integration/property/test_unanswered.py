"""Pages to people, tick by tick: each step once at its time, none after the acknowledgement, none that is lost."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import kept_at
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import read

from support.channels.played import START, Channels, Played
from support.channels.server import EFFECT_CLOSED, HTML, REFUSED, Fault

PATIENCE = 120.0  # seconds of a run whose channels all answer at once: they go by on a busy machine alone
ANSWERERS = [
    {"step": "primary", "person": "ada", "slack": "U1", "mail": "", "why": ""},
    {"step": "secondary", "person": "bob", "slack": "U2", "mail": "", "why": ""},
    {"step": "escalation", "person": "eve", "slack": "", "mail": "eve@pafar.test", "why": ""},
]


@pytest.mark.parametrize(("acknowledged_at", "killed"), [(None, 0), (None, 1), (None, 2), (130, 0), (400, 2)])
def test_an_unanswered_p0_pages_each_step_once_at_its_time(channels, tmp_path, acknowledged_at, killed):
    """A tick every 20 seconds for a quarter of an hour; every third dies at some step, with 0 each one that pages."""
    channels.set_faults(random.Random("ticks"), 0.0)
    played = Played(channels, 20_000 + (acknowledged_at or 0) + killed, tmp_path)
    del played.settings["page"], played.settings["tracker"], played.settings["pager"]
    played.write(("severity", {"severity": "P0", "reason": "all bookings fail", "facts": ["x"]}))
    for tick in range(46):
        if acknowledged_at is not None and tick * 20 == acknowledged_at - acknowledged_at % 20:
            played.write(("acknowledged", {}))
        played.drain(played.chance.choice(("taken", "sent")) if tick % 3 == killed else "", answerers=ANSWERERS)
        played.now += timedelta(seconds=20)
    for dummy in range(10):
        played.now += timedelta(seconds=700)
        played.drain(silence=PATIENCE, answerers=ANSWERERS)
    queued = {
        event["note"]["key"]: (kept_at(event) - START).total_seconds() % 86400
        for event in read(played.log, played.id)[0]
        if event["kind"] == "message" and event["note"]["state"] == "queued" and event["note"]["key"].startswith("call")
    }
    expected = {"call/primary/slack": 0, "call/secondary/slack": 300, "call/escalation/mail": 600}
    wanted = {key: at for key, at in expected.items() if acknowledged_at is None or at < acknowledged_at}
    assert set(queued) == set(wanted)
    assert all(0 <= queued[key] - at < 20 for key, at in wanted.items()), "at its time, or at the next tick"
    said = Counter(
        message["metadata"]["event_payload"]["key"]
        for room in channels.slack.rooms
        for message in room.messages
        if message["metadata"]["event_payload"]["incident"] == played.id
    )
    assert [said[key] for key in wanted if key.endswith("slack")] == [1] * sum(key.endswith("slack") for key in wanted)
    assert max(said.values()) == 1


def pages_to(channels: Channels, played: Played, user: str) -> list[str]:
    """Keys of the messages of this incident in a person's conversation."""
    payloads = [
        message["metadata"]["event_payload"]
        for room in channels.slack.rooms
        for message in room.messages
        if room.name == f"dm-{user}"
    ]
    return [str(each["key"]) for each in payloads if each["incident"] == played.id]


@pytest.mark.parametrize(("kind", "arrived"), [(EFFECT_CLOSED, 1), (HTML, 0), (REFUSED, 0), ("taken", 0)])
def test_no_page_is_sent_after_the_acknowledgement_whatever_became_of_it(channels, tmp_path, kind, arrived):
    channels.set_faults(random.Random("doubt"), 0.0)
    played = Played(channels, 40_000 + (EFFECT_CLOSED, HTML, REFUSED, "taken").index(kind), tmp_path)
    played.write(("severity", {"severity": "P0", "reason": "x", "facts": ["y"]}))
    if kind != "taken":
        channels.slack.fault_for = lambda request: (
            Fault(kind) if "call/" in str(request.fields.get("metadata")) else None
        )
    played.drain("taken" if kind == "taken" else "", silence=PATIENCE, answerers=ANSWERERS)
    channels.set_faults(random.Random("doubt"), 0.0)
    played.write(("acknowledged", {}))
    for dummy in range(3):
        played.now += timedelta(seconds=700)
        played.drain(silence=PATIENCE, answerers=ANSWERERS)
    assert len(pages_to(channels, played, "U1")) == arrived
    assert pages_to(channels, played, "U2") == []
    played.write(("phase", {"phase": "closed", "reason": "x"}))
    played.write(("phase", {"phase": "open", "reason": "it is back"}))
    for dummy in range(2):
        played.drain(silence=PATIENCE, answerers=ANSWERERS)
    assert pages_to(channels, played, "U1")[arrived:] == ["call/primary-2/slack"], "it pages again, once"


@pytest.mark.parametrize("kind", [HTML, REFUSED, "taken"])
def test_a_page_that_waits_goes_out_while_the_severity_asks_for_it_and_is_never_lost(channels, tmp_path, kind):
    """The severity is lowered while the chat is out of reach, and raised again."""
    channels.set_faults(random.Random("lowered"), 0.0)
    played = Played(channels, 50_000 + (HTML, REFUSED, "taken").index(kind), tmp_path)
    before = Counter(channels.pager.triggered)
    rises = ("severity", {"severity": "P0", "reason": "x", "facts": ["y"]})
    played.write(rises)
    if kind != "taken":
        channels.slack.fault_for = lambda request: (
            Fault(kind) if "call/" in str(request.fields.get("metadata")) else None
        )
        channels.pager.fault_for = lambda _request: Fault(kind)
    played.drain("taken" if kind == "taken" else "", silence=PATIENCE, answerers=ANSWERERS)
    channels.set_faults(random.Random("lowered"), 0.0)
    played.write(("severity", {"severity": "P3", "before": "P0", "reason": "only the test site"}))
    for dummy in range(2):
        played.now += timedelta(seconds=700)
        played.drain(silence=PATIENCE, answerers=ANSWERERS)
    assert pages_to(channels, played, "U1") == []
    assert Counter(channels.pager.triggered) == before
    assert [entry for entry in played.entries() if entry.message.template == "severity" and entry.state == "sent"]
    played.write(("severity", {"severity": "P0", "before": "P3", "reason": "it is all of them"}))
    for dummy in range(2):
        played.now += timedelta(seconds=100)
        played.drain(silence=PATIENCE, answerers=ANSWERERS)
    assert pages_to(channels, played, "U1") == ["call/primary-2/slack"], "the page of the raise, once"
    assert channels.pager.triggered[played.id] == 1
