from __future__ import annotations

import sys
import time
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.announce_lines import of_announced
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import (
    Announcing,
    _without_past_promise,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.incident_events import START


@pytest.mark.parametrize(
    ("promise", "kept"),
    [
        (stamp(START + timedelta(minutes=1)), True), (stamp(START), False), (stamp(START - timedelta(hours=1)), False),
        ("", True), ("soon", True),
    ],
)  # fmt: skip
def test_a_message_that_is_sent_late_promises_no_time_that_is_over(promise, kept):
    given = {"next_at": promise, "text": "x"}
    assert _without_past_promise(given, START) == {"next_at": promise if kept else "", "text": "x"}
    assert given["next_at"] == promise, "what is in the log stays as it is"


def test_a_missing_library_is_said_once_and_not_of_each_message(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "slack_sdk", None)
    opening = {"scenario": "disk_space", "severity": "P1", "hosts": ["db1"]}
    events = [{"kind": "noted", "note": {"text": f"note {number}"}} for number in range(9)]
    identity = {"log": str(tmp_path), "id": "i", "by": "ada", "host": "db1", "at": stamp(START)}
    record({**identity, "opening": opening, "events": events}, False, now=START)
    given = {"log": str(tmp_path), "ids": ["i"], "by": "run", "at": stamp(START), "group": "", "lease": 90.0}
    for minutes, waits in ((0, False), (0.2, True), (2, False)):
        announcing, now = Announcing({"slack": {"token": "x"}}, {}), START + timedelta(minutes=minutes)
        report = take_messages({**given, "settings": announcing.public, "channels": None}, False, lambda: now)  # noqa: B023

        def append(incident, events):
            record({**identity, "id": incident, "at": stamp(now), "events": events}, False, now=now)  # noqa: B023

        found = announcing.sent(report, append, 5.0, lambda: now)  # noqa: B023
        assert (len(found["messages"]) == 0) is waits
        for lines in (found["lines"], [text for dummy, text in of_announced(dict(found))]):
            assert str(lines).count("slack_sdk is missing") == 1, lines


class Slow:
    """A channel that takes each message after some seconds. ``began``: the key and time (``ticks``) of each."""

    gap = 0.0
    can_ask = True

    def __init__(self, seconds):
        self.seconds, self.began = seconds, []

    def find(self, message, thread):  # noqa: ARG002
        return None

    def send(self, message, thread):  # noqa: ARG002
        self.began.append(ticks())
        time.sleep(self.seconds)
        return Delivered(message.key)

    def differences(self, thread):  # noqa: ARG002
        return []


def announced_to(slow, log, budget, incidents=2, **sent_with):
    """The states of the messages of some incidents to a channel, by incident, and when the run began (``ticks``)."""
    opening = {"scenario": "disk_space", "severity": "P1", "hosts": ["db1"]}
    events = [{"kind": "noted", "note": {"text": f"note {number}"}} for number in range(9)]
    names = [f"i{number}" for number in range(incidents)]
    for name in names:
        identity = {"log": str(log), "id": name, "by": "ada", "host": "db1", "at": stamp(START)}
        record({**identity, "opening": opening, "events": events}, False, now=START)
    announcing = Announcing({"slack": {"token": "x"}}, {})
    announcing.channels["slack"] = slow
    given = {"log": str(log), "ids": names, "by": "run", "at": stamp(START), "group": "", "lease": 90.0}
    report = take_messages({**given, "settings": announcing.public, "channels": None}, False, lambda: START)
    began = ticks()
    found = announcing.sent(report, lambda *_words: None, budget, lambda: START, **sent_with)
    states = {name: [row["state"] for row in found["messages"] if row["incident"] == name] for name in names}
    return states, began


def test_the_budget_is_of_all_channels_and_incidents_together_also_where_they_answer(tmp_path):
    slow = Slow(0.5)
    states, began = announced_to(slow, tmp_path, 8.0)
    assert max(slow.began) < began + 8.0, "nothing begins after it"
    for each in states.values():
        assert {"sent", "queued"} <= set(each) <= {"sent", "sending", "queued"}, "each has its part"
        assert each.count("sending") <= 1, "what was on its way"


def test_what_no_time_was_left_for_is_given_back(tmp_path):
    states, dummy = announced_to(Slow(0.5), tmp_path, 0.0)
    assert {state for each in states.values() for state in each} == {"queued"}


def test_where_another_run_may_send_it_nothing_is_said_of_it(tmp_path):
    slow = Slow(0.5)
    states, dummy = announced_to(slow, tmp_path, 60.0, until=ticks() - 1)
    assert ({state for each in states.values() for state in each}, slow.began) == ({"sending"}, [])


def test_a_silent_channel_costs_a_part_of_the_budget(tmp_path):
    slow = Slow(120)
    states, began = announced_to(slow, tmp_path, 24.0)
    assert ticks() < began + 20.0, "a quarter and what a busy machine adds"
    assert len(slow.began) == 2, "of each incident one message"
    for each in states.values():
        assert (each.count("sending"), each.count("queued")) == (1, len(each) - 1)


@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_a_pause_of_ours_is_no_silence_of_the_channel(tmp_path, gap):
    slow = Slow(0.0)
    slow.gap = gap
    states, dummy = announced_to(slow, tmp_path, 4.8, incidents=1)
    assert states["i0"].count("sent") >= (3 if gap else len(states["i0"]))


def test_each_of_several_incidents_has_its_part_where_the_channel_answers(tmp_path):
    states, dummy = announced_to(Slow(0.02), tmp_path, 40.0, incidents=8)
    for each in states.values():
        assert set(each) == {"sent"}


@pytest.mark.parametrize("budget", [0.8, 1.2])
def test_a_short_budget_sends_something(tmp_path, budget):
    states, dummy = announced_to(Slow(0.0), tmp_path, budget, incidents=1)
    assert "sent" in states["i0"]
