from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import why_refused
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.user_report import (
    action_item,
    noted,
    opening_of,
)

from support.incident_events import START


def opening(**changed):
    given = {"text": "no booking can be paid", "reported_by": "support", "noticed_at": "09:30", "severity": "P1"}
    return opening_of(**{**given, **changed}, hosts=["web1"], site="s", now=START)


def test_it_opens_with_who_reported_what_and_since_when():
    note = opening()
    assert note["noticed_at"] == "2026-11-27T09:30:00.000000Z"
    assert (note["reported_by"], note["text"], note["hosts"]) == ("support", "no booking can be paid", ["web1"])
    assert why_refused("opened", {"id": "i", **note}) == ""


def test_that_no_alert_saw_it_is_an_action_item():
    item = action_item(opening())
    assert why_refused(item["kind"], item["note"]) == ""
    assert "no booking can be paid" in item["note"]["text"]
    assert item["note"]["state"] == "open"


def test_in_an_open_incident_it_is_a_note_with_who_and_when_and_nothing_that_was_done():
    event = noted(opening())
    assert why_refused(event["kind"], event["note"]) == ""
    assert event["note"] == {
        "text": "reported by support, noticed at 2026-11-27 09:30 UTC: no booking can be paid",
        "reported_by": "support", "noticed_at": "2026-11-27T09:30:00.000000Z",
    }  # fmt: skip
    assert noted(opening(noticed_at=""))["note"] == {
        "text": "reported by support: no booking can be paid", "reported_by": "support",
    }  # fmt: skip


def test_where_users_saw_it_is_kept_and_said():
    note = opening(where="the page of payments")
    assert note["where"] == "the page of payments"
    assert why_refused("opened", {"id": "i", **note}) == ""
    event = noted(note)
    assert why_refused(event["kind"], event["note"]) == ""
    assert event["note"]["where"] == "the page of payments"
    assert event["note"]["text"].startswith("reported by support, seen at the page of payments, noticed at 2026-11-27")
    assert "where" not in opening()


def test_without_a_time_none_is_claimed_and_without_a_severity_it_is_unknown():
    note = opening(noticed_at="", severity="")
    assert "noticed_at" not in note
    assert note["severity"] == "unknown"


@pytest.mark.parametrize(
    ("changed", "word"),
    [({"text": ""}, "text"), ({"where": "x" * 201}, "where"), ({"text": "x" * 5000}, "text"),
     ({"reported_by": ""}, "reported_by"),
     ({"noticed_at": "soon"}, "noticed_at"), ({"noticed_at": "2027-01-01T00:00:00Z"}, "noticed_at")],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_named(changed, word):
    with pytest.raises(InputError, match=word):
        opening(**changed)


def test_a_secret_in_a_report_is_hidden():
    assert "hunter2" not in str(opening(text="login with password=hunter2 fails", reported_by="token=hunter2"))
