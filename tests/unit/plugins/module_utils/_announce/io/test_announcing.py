from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import _without_past_promise
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
