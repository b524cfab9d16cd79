from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.roles import roles_of
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.standing import (
    acts_of,
    is_open,
    lines_of_status,
    status_of,
)

HEAD: Any = {"seq": 9, "hash": "ab12cd34ef56"}


def event(kind, seq=1, host="web1", by="ada", **note) -> Any:
    at = f"2026-11-27T10:00:{seq:02d}.000000Z"
    return {"seq": seq, "at": at, "kind": kind, "by": by, "host": host, "note": note, "logged": ""}


OPENED = event("opened", scenario="service_restart", severity="unknown")
ACTED = event("mitigated", 3, mitigation="restart_services", done=["restarted web-1"], intended="x")
VERIFIED = event("verified", 4, mitigation="restart_services", outcome="recovered", seconds_to_recovery=2.0)


def role(action, person="ada", name="incident_commander") -> Any:
    return event("role", role=name, person=person, action=action)


@pytest.mark.parametrize(
    ("events", "lead"),
    [
        ([role("taken")], "ada"),
        ([role("taken"), role("offered", "bob")], "ada"),
        ([role("taken"), role("offered", "bob"), role("accepted", "bob")], "bob"),
        ([role("taken"), role("left")], ""),
        ([role("taken"), role("left", "bob")], "ada"),
        ([role("taken", name="technical_lead")], ""),
    ],
)
def test_an_offered_role_moves_when_it_is_accepted(events, lead):
    assert roles_of(events).get("incident_commander", "") == lead


def test_an_act_has_the_outcome_that_was_verified_after_it_on_the_same_host():
    other = event("mitigated", 5, host="web2", mitigation="restart_services", done=["restarted web-2"])
    rows = acts_of([OPENED, ACTED, VERIFIED, other])
    assert [(row["host"], row["outcome"], row["seconds_to_recovery"]) for row in rows] == [
        ("web1", "recovered", 2.0),
        ("web2", "", None),
    ]


def test_an_act_that_was_cut_off_is_one_where_its_target_is_gone():
    gone = event("reconciled", 5, mitigation="x", intended="t", gone=["a"], unknown=[], lines=["a is gone"])
    standing = event("reconciled", 6, mitigation="x", intended="t", gone=[], unknown=[], lines=["a stands"])
    assert [row["seq"] for row in acts_of([gone, standing])] == [5]


def test_what_a_line_that_was_written_by_hand_says_was_done_is_nothing():
    by_hand = event("mitigated", 5, mitigation="x", lines=7)
    assert acts_of([by_hand])[0]["done"] == []


def test_one_status_from_all_events():
    held = event("held", 5, mitigation="scale_services", plan={"digest": "d" * 64, "actions": [{"target": "t"}]},
                 reasons=["3 actions are planned"])  # fmt: skip
    events = [
        OPENED, event("diagnosed", 2, cause="leak", causes=[{"cause": "leak"}]), ACTED, VERIFIED, held,
        event("acknowledged", 6, by="bob"), role("taken", "eve"), event("phase", 7, phase="monitoring"),
        event("intended", 8, mitigation="y", actions=[]),
    ]  # fmt: skip
    status = status_of("i", events, 1, HEAD)
    assert (status["phase"], status["lead"], status["acknowledged_by"], status["causes"]) == (
        "monitoring", "eve", "bob", ["leak"],
    )  # fmt: skip
    assert (status["events"], status["torn"], status["unfinished"], len(status["held"])) == (9, 1, 1, 1)
    report: Any = {
        "incidents": [status],
        "closed": 2,
        "first_break": None,
        "checklist": [],
        "unread": ["x: y"],
        "timeline": [],
    }
    lines = lines_of_status(report, False)
    assert lines[0] == "i: monitoring, severity unknown, led by eve"
    assert lines[2] == "    incident commander: eve; technical lead: none; communications lead: none"
    assert "    2026-11-27 10:00 UTC restart_services on web1: restarted web-1: recovered after 2.0 s" in lines
    assert "    held on web1: scale_services, plan dddddddddddd: t" in lines
    assert lines[-2:] == ["2 incidents have ended", "not read: x: y"]


@pytest.mark.parametrize(
    ("phase", "still"), [("open", True), ("monitoring", True), ("resolved", False), ("closed", False)]
)
def test_resolved_and_closed_incidents_have_ended(phase, still):
    assert is_open(status_of("i", [OPENED, event("phase", phase=phase)], 0, HEAD)) == still


def test_an_empty_log_is_said_to_have_nothing():
    report: Any = {"incidents": [], "closed": 0, "first_break": None, "checklist": [], "unread": [], "timeline": []}
    assert lines_of_status(report, False) == ["no incident is open", "no incident has ended"]
    assert status_of("i", [], 0, {"seq": 0, "hash": ""})["opened_at"] == ""
