from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.paging import (
    AFTER,
    answerer_of,
    pages,
    reminders,
    shift_changes,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.incident_events import START, event, opened, role

SETTINGS = settings_of({"slack": {"token": "x"}, "mail": {"host": "x", "sender": "y@z", "to": ["q@z"]}})
BASE = {"incident": "i", "scenario": "s", "hosts": "db1", "opened_at": "x"}
WHO: Any = (
    {"step": "primary", "person": "ada", "slack": "U1", "mail": "ada@z", "why": ""},
    {"step": "secondary", "person": "bob", "slack": "", "mail": "bob@z", "why": ""},
    {"step": "escalation", "person": "eve", "slack": "U3", "mail": "", "why": ""},
)
NO_ONE: Any = {"step": "primary", "person": "", "slack": "", "mail": "", "why": "no layer has a person at this time"}


def steps(events, minutes, who=WHO):
    found = pages(events, who, AFTER, SETTINGS, BASE, START + timedelta(minutes=minutes))
    return [message.key for message in found if message.key.startswith(("call", "slack/passed"))]


@pytest.mark.parametrize(
    ("severity", "minutes", "count"),
    [("P0", 0, 1), ("P0", 4.9, 1), ("P0", 5, 2), ("P0", 9.9, 2), ("P0", 10, 3), ("P1", 14.9, 1), ("P1", 15, 2),
     ("P1", 30, 3), ("P2", 99, 0), ("unknown", 99, 0)],
)  # fmt: skip
def test_each_step_is_paged_when_the_one_before_did_not_answer(severity, minutes, count):
    found = {key.split("/")[1] for key in steps([opened(severity)], minutes)}
    assert found == {row["step"] for row in WHO[:count]}


def test_a_person_is_paged_by_every_way_that_is_known():
    assert steps([opened("P0")], 10) == [
        "call/primary/slack", "call/primary/mail", "call/secondary/mail", "call/escalation/slack",
    ]  # fmt: skip


def test_a_step_without_a_person_is_passed_over_at_once_and_said():
    assert steps([opened("P0")], 0, [NO_ONE, *WHO[1:]]) == ["slack/passed_over/primary", "call/secondary/mail"]
    assert steps([opened("P0")], 5, [NO_ONE, *WHO[1:]])[-1] == "call/escalation/slack"
    assert steps([opened("P0")], 0, [NO_ONE]) == ["slack/passed_over/primary"]


@pytest.mark.parametrize(
    ("after", "is_over"),
    [
        ([event("acknowledged", 1)], True),
        ([event("phase", 1, phase="resolved", reason="x")], True),
        ([event("phase", 1, phase="resolved", reason="x"), event("phase", 2, phase="open", reason="back")], False),
        ([event("acknowledged", 1), event("phase", 2, phase="open", reason="back")], False),
        ([event("update", 1, text="x")], False),
    ],
)
def test_no_person_is_paged_after_an_acknowledgement_or_the_end(after, is_over):
    assert (steps([opened("P0"), *after], 10) == []) is is_over


def test_a_site_has_its_own_minutes():
    found = pages([opened("P2")], WHO, {"P2": [0, 60]}, SETTINGS, BASE, START + timedelta(minutes=61))
    assert {message.key.split("/")[1] for message in found if message.key.startswith("call")} == {
        "primary",
        "secondary",
    }


def test_an_overdue_update_is_said_once_for_each_time_that_it_was_due():
    first = reminders([opened("P0")], BASE, START + timedelta(minutes=17))
    again = reminders([opened("P0")], BASE, START + timedelta(minutes=25))
    assert [message.key for message in first] == [message.key for message in again] == [
        "slack/overdue/2026-11-27T10:15:00.000000Z"
    ]  # fmt: skip
    assert reminders([opened("P0")], BASE, START + timedelta(minutes=14)) == []
    said = event("update", 16, text="x", next_at="2026-11-27T10:40:00.000000Z")
    assert reminders([opened("P0"), said], BASE, START + timedelta(minutes=30)) == []
    assert reminders([opened("P0"), event("phase", 1, phase="resolved")], BASE, START + timedelta(minutes=99)) == []


def change(minutes=20.0, before="eve", **more):
    since = stamp(START + timedelta(minutes=minutes))
    return {**WHO[0], "since": since, "until": "", "before": before, "before_slack": "U3", "before_mail": "", **more}


def told(who, minutes, events=None):
    now = START + timedelta(minutes=minutes)
    return shift_changes(events or [opened("P1")], [who], SETTINGS, BASE, now)


def test_at_the_end_of_a_shift_both_people_and_the_channel_hear_of_it_once():
    keys = [message.key for message in told(change(), 20)]
    at = change()["since"]
    assert keys == [
        f"slack/shift/primary/{at}", f"call/leaves/primary/{at}/slack", f"call/comes/primary/{at}/slack",
        f"call/comes/primary/{at}/mail",
    ]  # fmt: skip
    assert [message.key for message in told(change(), 50)] == keys  # the same keys: the outbox sends each once


def test_the_roles_that_the_person_who_leaves_holds_are_named():
    events = [opened("P1"), role("taken", "eve"), role("assigned", "eve", "technical_lead")]
    assert told(change(), 21, events)[0].values["roles"] == "incident commander, technical lead"


@pytest.mark.parametrize(
    ("who", "minutes", "events"),
    [
        (change(-5.0), 1, None),  # it began before the incident
        (change(), 81, None),  # an hour ago
        (change(), 19, None),  # by a clock that is behind
        (change(before=""), 21, None),
        ({**change(), "person": ""}, 21, None),
        (change(since=""), 21, None),
        (change(), 21, [opened("P1"), event("phase", phase="resolved")]),
    ],
)
def test_what_is_no_change_of_shift_in_an_open_incident(who, minutes, events):
    assert told(who, minutes, events) == []


def test_what_a_row_does_not_have_is_empty():
    row = answerer_of({"step": "primary", "person": "ada", "slack": None})
    assert (row["person"], row["slack"], row["since"]) == ("ada", "", "")
    assert shift_changes([opened("P1")], [row], SETTINGS, BASE, START) == []
