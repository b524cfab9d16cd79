from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.announce_lines import of_announced
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import (
    Announcing,
    _without_past_promise,
)
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
