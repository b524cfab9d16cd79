from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message, queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.paging import (
    answerer_of,
    invitations,
    pages,
    reminders,
    shift_changes,
    told_over,
    within,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.deadlines import outside_updates
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.escalation import AFTER

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
     ("P1", 30, 3), ("P2", 99, 0), ("unknown", 14.9, 0), ("unknown", 15, 1), ("unknown", 30, 2), ("unknown", 45, 3)],
)  # fmt: skip
def test_each_step_is_paged_when_the_one_before_did_not_answer(severity, minutes, count):
    found = {key.split("/")[1] for key in steps([opened(severity)], minutes)}
    assert found == {row["step"] for row in WHO[:count]}


def verified(outcome, minutes=1):
    return event("verified", minutes, outcome=outcome, mitigation="m")


@pytest.mark.parametrize(
    ("later", "minutes", "count"),
    [
        ([verified("recovered")], 99, 0), ([verified("improved")], 15, 1),
        ([event("acknowledged", 14)], 99, 0), ([event("severity", 14, severity="P3", before="unknown")], 99, 0),
        ([event("severity", 20, severity="P0", before="unknown")], 24, 1),  # the minutes of P0 count from then
        ([event("severity", 20, severity="P0", before="unknown")], 25, 2),
        ([event("phase", 5, phase="resolved"), event("phase", 60, phase="open")], 74, 0),
        ([event("phase", 5, phase="resolved"), event("phase", 60, phase="open")], 75, 1),
    ],
)  # fmt: skip
def test_an_incident_of_which_no_one_has_said_how_severe_it_is_reaches_a_person(later, minutes, count):
    assert len({key.split("/")[1] for key in steps([opened("unknown"), *later], minutes)}) == count


def test_a_site_may_page_no_person_for_an_unknown_severity():
    now = START + timedelta(minutes=99)
    assert pages([opened("unknown")], WHO, {**AFTER, "unknown": ()}, SETTINGS, BASE, now) == []


def test_a_person_is_paged_by_every_way_that_is_known():
    assert steps([opened("P0")], 10) == [
        "call/primary/slack", "call/primary/mail", "call/secondary/mail", "call/escalation/slack",
    ]  # fmt: skip


def test_a_step_without_a_person_is_passed_over_at_once_and_said():
    assert steps([opened("P0")], 0, [NO_ONE, *WHO[1:]]) == ["slack/passed_over/primary", "call/secondary/mail"]
    assert steps([opened("P0")], 5, [NO_ONE, *WHO[1:]])[-1] == "call/escalation/slack"
    assert steps([opened("P0")], 0, [NO_ONE]) == ["slack/passed_over/primary"]


ONLY_MAIL = settings_of({"mail": {"host": "x", "sender": "y@z", "to": ["board@z"], "approvers": ["op@z", "op@z"]}})
ONLY_PAGER = settings_of({"pager": {"kind": "pagerduty", "routing_key": "x"}})
VALUES = {"incident": "i", "scenario": "s", "hosts": "db1", "opened_at": "x", "severity": "P0"}


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        (SETTINGS, [("slack", "slack/passed_over/primary")]),
        (ONLY_MAIL, [("mail", "told/passed_over/primary/op@z")]),
        (ONLY_PAGER, [("pager", "told/passed_over/primary/pager")]),
        (settings_of({"mail": {"host": "x", "sender": "y@z", "to": ["board@z"]}}),
         [("mail", "told/passed_over/primary/board@z")]),
        # The stakeholders may be outside the site.
        ({**ONLY_PAGER, **settings_of({"mail": {"host": "x", "sender": "y@z", "to": ["board@z"]}})},
         [("pager", "told/passed_over/primary/pager")]),
        (settings_of({"tracker": {"url": "http://x"}}), []),
    ],
)  # fmt: skip
def test_that_no_person_is_on_call_is_said_by_a_way_that_the_site_has(channels, told):
    found = pages([opened("P0")], [NO_ONE], AFTER, channels, VALUES, START)
    assert [(message.channel, message.key) for message in found] == told
    texts = [Texts(message.channel).text(message.template, message.values) for message in found]
    assert all("no layer has a person at this time" in text for text in texts)


@pytest.mark.parametrize(
    ("channels", "people", "told"),
    [
        (SETTINGS, [], ["slack/overdue/2026-11-27T10:15:00.000000Z"]),
        (ONLY_MAIL, [], ["told/overdue/2026-11-27T10:15:00.000000Z/op@z"]),
        (ONLY_MAIL, [{"name": "Ada", "login": "x,ada", "mail": "ada@z"}],
         ["told/overdue/2026-11-27T10:15:00.000000Z/ada@z"]),
        (ONLY_PAGER, [], ["told/overdue/2026-11-27T10:15:00.000000Z/pager"]),
    ],
)  # fmt: skip
def test_an_overdue_update_is_said_to_those_who_hold_a_role_by_a_way_that_the_site_has(channels, people, told):
    events = [opened("P0"), role("taken")]
    found = reminders(events, VALUES, START + timedelta(minutes=17), channels=channels, people=people)
    assert [message.key for message in found] == told
    (message,) = found
    assert "overdue" in Texts(message.channel).text(message.template, message.values)


def test_an_alert_of_the_pager_beside_that_of_the_incident_ends_with_it():
    queued = ["pager/trigger/1", "told/overdue/x/pager", "told/overdue/x/ada@z"]
    over = event("phase", 20, phase="resolved", reason="x")
    (message,) = told_over([opened("P0"), over], queued, BASE)
    assert (message.key, message.channel) == ("told/overdue/x/pager/resolve", "pager")
    assert (message.values["action"], message.values["about"]) == ("resolve", "overdue/x")
    assert told_over([opened("P0")], queued, BASE) == []
    assert told_over([opened("P0"), over], [*queued, message.key], BASE) == [message]


def test_who_is_paged_instead_is_told_of_the_step_that_was_passed_over():
    found = pages([opened("P0")], [NO_ONE, *WHO[1:]], AFTER, SETTINGS, BASE, START)
    (page,) = [message for message in found if message.template == "page"]
    assert page.values["passed"] == ["primary: no layer has a person at this time"]


@pytest.mark.parametrize(
    ("channels", "keys"),
    [
        # Ada has a mail address, and bob alone too; eve is known in Slack alone.
        (["mail"], ["call/primary/mail", "call/secondary/mail"]),
        (["slack"], ["call/primary/slack", "slack/passed_over/secondary", "call/escalation/slack"]),
        (["tracker"], []),
    ],
)
def test_a_person_whom_no_channel_of_the_site_reaches_is_passed_over_at_once(channels, keys):
    settings: Any = {name: SETTINGS.get(name, {}) for name in channels}
    found = pages([opened("P0")], WHO, AFTER, settings, BASE, START + timedelta(minutes=5))
    assert [message.key for message in found if message.key.startswith(("call", "slack/passed"))] == keys
    (row,) = [each for each in within(WHO, settings) if each["step"] == "secondary"]
    assert (row["person"], row["why"]) == (("", "bob has no slack") if "slack" in channels else ("bob", ""))
    late = pages([opened("P0")], WHO, AFTER, settings, BASE, START + timedelta(minutes=10))
    assert ("call/escalation/mail" in [message.key for message in late]) is False


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


def test_an_incident_that_is_opened_again_pages_again_step_by_step():
    over = [opened("P0"), event("acknowledged", 1), event("phase", 9, phase="closed", reason="x")]
    again = [*over, event("phase", 600, phase="open", reason="it is back")]
    assert steps(again, 600) == ["call/primary-2/slack", "call/primary-2/mail"]
    assert steps(again, 604.9) == steps(again, 600)
    assert steps(again, 605)[2:] == ["call/secondary-2/mail"]
    assert steps([*again, event("acknowledged", 601)], 700) == []


@pytest.mark.parametrize(
    ("events", "minutes", "count"),
    [
        ([opened("P3"), event("severity", 600, severity="P0", reason="x", facts=["y"])], 600, 1),
        ([opened("P3"), event("noted", 90, triage="P1")], 100, 1),
        ([opened("P3"), event("noted", 90, triage="P1")], 105, 2),
        ([opened("P1"), event("severity", 12, severity="P0", reason="x")], 12, 3),  # P1 has waited for 12 minutes
        ([opened("P1"), event("severity", 4, severity="P0", reason="x")], 4, 1),
        ([opened("P0"), *(event("severity", at, severity=to) for at, to in ((4, "P3"), (60, "P0")))], 61, 1),
    ],
)  # fmt: skip
def test_minutes_count_from_when_the_severity_asks_for_pages(events, minutes, count):
    named = {key.split("/")[1].partition("-2")[0] for key in steps(events, minutes)}
    assert named == {row["step"] for row in WHO[:count]}


RECOVERED = event("verified", 6, mitigation="x", outcome="recovered")
AGAIN = [event("phase", 9, phase="closed", reason="x"), event("phase", 600, phase="open", reason="it is back")]


@pytest.mark.parametrize(
    ("events", "severity", "at", "counts"),
    [
        ([], "P0", 29, {29: 1, 29.9: 1, 30: 2, 33.9: 2, 34: 2, 39: 3}),  # not later than if it had stayed unknown
        ([], "P1", 20, {20: 1, 29.9: 1, 30: 2, 44.9: 2, 45: 3}),
        ([], "P1", 5, {5: 1, 19.9: 1, 20: 2, 35: 3}),  # nor later than it is due by the severity
        ([], "P2", 20, {20: 0, 60: 0}),
        ([event("mitigated", 5, mitigation="x"), RECOVERED], "P1", 60, {60: 1, 74.9: 1, 75: 2}),  # none was due before
        ([], "P1", 8, {600: 1, 614.9: 1, 615: 2}),
    ],
)
def test_a_severity_that_is_found_delays_no_page_of_an_unknown_one(events, severity, at, counts):
    given = [opened("unknown"), *events, event("noted", at, triage=severity), *(AGAIN if 600 in counts else ())]
    for minutes, count in counts.items():
        assert {key.split("/")[1].partition("-")[0] for key in steps(given, minutes)} == {
            row["step"] for row in WHO[:count]
        }, minutes


def page_of(step, way, state):
    message = Message(f"call/{step}/{way}", way, "page", {"person": "ada", "step": step}, audience="person")
    said = [{"key": message.key, "state": "sending"}, {"key": message.key, "state": state, "reason": "users_not_found"}]
    return [event("message", **note) for note in (queued_note(message), *said)]


@pytest.mark.parametrize(
    ("states", "is_passed"),
    [
        ({"slack": "refused", "mail": "refused"}, True), ({"slack": "refused"}, True),
        ({"slack": "refused", "mail": "sent"}, False), ({"slack": "refused", "mail": "in_doubt"}, False),
        ({"slack": "refused", "mail": "failed"}, False), ({"slack": "sent"}, False), ({}, False),
    ],
)  # fmt: skip
def test_a_person_whose_every_page_is_refused_is_passed_over(states, is_passed):
    """As one whose account was deleted: the next step is not made to wait for an answer that cannot come."""
    events = [opened("P0"), *(each for way, state in states.items() for each in page_of("primary", way, state))]
    found = pages(events, WHO, AFTER, SETTINGS, BASE, START + timedelta(minutes=1))
    keys = [message.key for message in found]
    assert ("slack/passed_over/primary" in keys, "call/secondary/mail" in keys) == (is_passed, is_passed)
    told = [message.values["why"] for message in found if "passed_over" in message.key]
    assert told == ["the page to ada was refused (users_not_found)"] * is_passed
    again = [*events, event("phase", 9, phase="closed", reason="x"), event("phase", 10, phase="open", reason="x")]
    assert steps(again, 10)[0] == "call/primary-2/slack", "it is tried again when the incident is opened again"


@pytest.mark.parametrize("skew", [-90, 90])
def test_a_clock_that_differs_delays_no_page_and_hurries_none(skew):
    first = {**opened("P0"), "at": stamp(START + timedelta(seconds=skew)), "logged": stamp(START)}
    assert {key.split("/")[1] for key in steps([first], 0)} == {"primary"}
    assert {key.split("/")[1] for key in steps([first], 4.9)} == {"primary"}
    assert {key.split("/")[1] for key in steps([{**first, "logged": ""}], 0)} == {"primary"}


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


def test_an_update_to_the_public_is_reminded_of_beside_the_one_inside():
    rule = outside_updates({"P0": 10}, ["s"])
    events = [event("opened", severity="P0", scenario="s")]
    found = reminders(events, BASE, START + timedelta(minutes=17), rule)
    assert [message.key for message in found] == [
        "slack/overdue/2026-11-27T10:15:00.000000Z", "slack/overdue_public/2026-11-27T10:10:00.000000Z",
    ]  # fmt: skip
    assert found[1].values["late"] == "7 min"
    assert [message.template for message in reminders(events, BASE, START + timedelta(minutes=11), rule)] == [
        "overdue_public"
    ]


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


def test_who_comes_after_nobody_and_who_leaves_to_nobody_are_told_too():
    at = change()["since"]
    comes = [message.key for message in told(change(before="", before_slack=""), 21)]
    assert comes == [f"slack/shift/primary/{at}", f"call/comes/primary/{at}/slack", f"call/comes/primary/{at}/mail"]
    leaves = told(
        {**change(), "person": "", "slack": "", "mail": "", "why": "no layer"}, 21, [opened("P1"), role("taken", "eve")]
    )
    assert [message.key for message in leaves] == [f"slack/shift/primary/{at}", f"call/leaves/primary/{at}/slack"]
    assert (leaves[0].values["why"], leaves[0].values["roles"]) == ("no layer", "incident commander")


@pytest.mark.parametrize(
    ("who", "minutes", "events"),
    [
        (change(-5.0), 1, None),  # it began before the incident
        (change(), 81, None),  # an hour ago
        (change(), 19, None),  # by a clock that is behind
        ({**change(before=""), "person": ""}, 21, None),
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


PEOPLE = [
    {"name": "ada", "slack": "U1", "login": "ada1, ada2"}, {"name": "bob", "mail": "bob@z"},
    {"name": "Zoë Łuk", "slack": "U5"}, {"name": "eve", "slack": "U9", "awx_user": "eve@awx"}, {"name": ""},
]  # fmt: skip


def call(person, place="", step="primary", channel="slack"):
    values = {"person": person, "step": step, "place": place}
    return Message(f"call/{step}/{channel}", channel, "page", values, audience="person")


def invited(events=(), calls=(), people=None, invite=()):
    known = PEOPLE if people is None else people
    found = invitations([opened(), *events], calls, known, {"invite": invite}, {"incident": "i"})
    return [(message.key, message.values["why"]) for message in found]


def test_who_is_paged_and_who_holds_a_role_is_invited_once():
    in_log = event("message", **queued_note(call("ada", "U1")))
    events = [in_log, role("taken", "ada"), role("accepted", "Zoë Łuk", "technical_lead"), role("offered", "eve")]
    assert invited(events, [call("eve", "U9", "secondary")]) == [
        ("slack/invite/U1", "paged as primary"), ("slack/invite/U9", "paged as secondary"),
        ("slack/invite/U5", "technical lead"),
    ]  # fmt: skip
    assert invited(events, invite=["U1"]) == [("slack/invite/U5", "technical lead")], "with the responders of the site"


def test_a_page_stays_that_of_the_person_who_was_on_call():
    in_log = event("message", **queued_note(call("ada", "U1")))
    assert invited([in_log], [call("eve", "U9")]) == [("slack/invite/U1", "paged as primary")]


@pytest.mark.parametrize("person", ["bob", "a stranger", "a/b <!here> {{ x }}", "x" * 10_000, "\ud800"])
def test_a_person_without_an_id_is_named_and_is_no_error(person):
    ((key, why),) = invited([role("taken", person)], [call(person, channel="mail")])
    assert key.startswith("slack/not_invited/")
    assert (len(key) < 120, why) == (True, "paged as primary")


@pytest.mark.parametrize("name", ["ADA", "ada1", "ada2"])
def test_a_person_is_known_by_login_too_and_after_a_new_name_by_the_id(name):
    assert invited([role("taken", name)]) == [("slack/invite/U1", "incident commander")]
    renamed = [{"name": "Ada L.", "slack": "U1"}]
    in_log = event("message", **queued_note(call("ada", "U1")))
    assert invited([in_log, role("taken", "Ada L.")], people=renamed) == [("slack/invite/U1", "paged as primary")]
    assert invited([in_log, role("taken", "ada")], people=[]) == [("slack/invite/U1", "paged as primary")]


def test_after_the_end_no_person_is_invited():
    assert invited([role("taken"), event("phase", phase="resolved", reason="x")]) == []
