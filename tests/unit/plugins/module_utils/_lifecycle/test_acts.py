from __future__ import annotations

from datetime import time, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import allowed_states
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import why_refused
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.acts import ACTS, Said, events_of, handover
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.checklist import ITEMS
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.deadlines import BusinessHours, outside_updates
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.log_recovery import SOAK

from support.incident_events import START, event, opened, role

NOW = START + timedelta(minutes=30)
IC = {"role": "incident_commander"}
RECOVERED = event("verified", 5, seq=5, outcome="recovered")
RESOLVED = event("phase", 6, phase="resolved")
BACK = event("phase", 8, phase="open", reason="back")
WRITTEN = [
    event("checklist", 7, item=item, state="waived", reason="x")
    for item, each in ITEMS.items()
    if each.after and item != "timeline_documented"
]
WAIVED = [event("checklist", 7, item=item, state="waived", reason="x") for item, each in ITEMS.items() if each.after]

SHOWN = {"text": "we look", "audience": "public"}
FOUND = event("diagnosed", seq=2, cause="x")
ACTED = event("mitigated", seq=3, mitigation="x")
WORSE = event("verified", seq=4, mitigation="x", outcome="worse")
GONE = event("noted", seq=3, mitigation="x", intended=2, gone=True, text="x")


def act(name, *events, by="ada", **said):
    log = [opened(), *events]
    new = events_of(name, Said(by, reached=allowed_states(log, NOW, SOAK), **said), log, NOW)
    assert all(why_refused(each["kind"], each["note"]) == "" for each in new), "it could not be written"
    (only,) = new
    return only["kind"], only["note"]


@pytest.mark.parametrize(
    ("name", "events", "said", "note"),
    [
        ("acknowledge", [], {"text": "on it"}, {"text": "on it"}),
        ("acknowledge", [event("acknowledged")], {}, {}),
        ("severity", [], {"severity": "P0", "reason": "payments fail"},
         {"severity": "P0", "reason": "payments fail", "before": "P1"}),
        ("severity", [], {"severity": "p0", "reason": "payments fail"},
         {"severity": "P0", "reason": "payments fail", "before": "P1"}),
        ("take_role", [], IC, {**IC, "person": "ada", "action": "taken"}),
        ("take_role", [role("taken", "bob")], {**IC, "reason": "bob is on a plane"},
         {**IC, "person": "ada", "action": "taken", "handover": "bob is on a plane"}),
        ("accept_role", [role("offered", "ada")], IC, {**IC, "person": "ada", "action": "accepted"}),
        ("leave_role", [role("taken", "ada")], IC, {**IC, "person": "ada", "action": "left"}),
        ("leave_role", [role("taken", "bob")], {**IC, "person": "bob", "reason": "bob is ill"},
         {**IC, "person": "bob", "action": "left", "handover": "bob is ill"}),
        ("accept_role", [role("offered", "bob")], {**IC, "person": "bob", "reason": "on the phone"},
         {**IC, "person": "bob", "action": "accepted", "handover": "on the phone"}),
        ("update", [], {"text": "we know"},
         {"text": "we know", "audience": "inside", "next_at": "2026-11-27T11:00:00.000000Z"}),
        ("update", [RESOLVED], {"text": "we watch it"}, {"text": "we watch it", "audience": "inside"}),
        ("update", [], {**SHOWN, "status": "investigating"}, {**SHOWN, "status": "investigating"}),
        ("update", [event("diagnosed", cause="leak")], {**SHOWN, "status": "identified"},
         {**SHOWN, "status": "identified"}),
        ("update", [], {**SHOWN, "status": "identified", "reason": "the release"},
         {**SHOWN, "status": "identified", "reason": "the release"}),
        *(
            ("update", events, {**SHOWN, "status": status}, {**SHOWN, "status": status})
            for status, events in (
                ("monitoring", [ACTED]),
                ("identified", [ACTED]),  # it is past that
                ("monitoring", [RECOVERED]),
                ("investigating", [FOUND, ACTED, WORSE]),
                # What a person has named before, with a reason.
                ("identified", [event("phase", seq=2, phase="identified", reason="the release")]),
                ("monitoring", [event("phase", seq=2, phase="monitoring", reason="it went")]),
                ("identified", [event("update", seq=2, text="x", audience="public", status="identified", reason="x")]),
                ("monitoring", [event("intended", seq=2, mitigation="x"), GONE]),
            )
        ),
        ("identify", [event("diagnosed", seq=2, cause="leak")], {}, {"phase": "identified", "facts": ["#2"]}),
        ("identify", [], {"reason": "the release"}, {"phase": "identified", "facts": [], "reason": "the release"}),
        ("monitor", [event("mitigated", seq=4)], {}, {"phase": "monitoring", "facts": ["#4"]}),
        ("resolve", [RECOVERED], {}, {"phase": "resolved", "facts": ["#5"]}),
        ("resolve", [event("verified", 20, seq=5, outcome="recovered")], {}, {"phase": "resolved", "facts": ["#5"]}),
        ("resolve", [event("verified", 29, seq=5, outcome="recovered")], {"soak": timedelta(0)},
         {"phase": "resolved", "facts": ["#5"]}),
        ("resolve", [event("verified", 29, seq=5, outcome="recovered")], {"reason": "customers wait"},
         {"phase": "resolved", "facts": ["#5"], "reason": "customers wait"}),
        ("resolve", [], {"reason": "the provider is back"},
         {"phase": "resolved", "facts": [], "reason": "the provider is back"}),
        ("reopen", [RESOLVED], {"reason": "it is back"}, {"phase": "open", "facts": [], "reason": "it is back"}),
        ("close", [RESOLVED, *WAIVED], {}, {"phase": "closed", "facts": []}),
        ("close", [RESOLVED, *WRITTEN], {}, {"phase": "closed", "facts": []}),
        ("close", [RESOLVED, *WAIVED], {"broken": "broken at #3"}, {"phase": "closed", "facts": []}),
        ("check", [], {"item": "runbooks_updated"}, {"item": "runbooks_updated", "state": "done"}),
        ("waive", [], {"item": "lessons_shared", "reason": "x"},
         {"item": "lessons_shared", "state": "waived", "reason": "x"}),
    ],
)  # fmt: skip
def test_an_act_is_one_event(name, events, said, note):
    assert act(name, *events, **said)[1] == note


@pytest.mark.parametrize(
    ("name", "events", "said", "words"),
    [
        ("severity", [], {"severity": "P0"}, "needs a reason"),
        ("severity", [], {"reason": "x"}, "name one of P0"),
        ("severity", [], {"severity": "unknown", "reason": "x"}, "name one of P0"),
        ("severity", [], {"severity": "P7", "reason": "x"}, "'P7' is no severity; use one of P0"),
        ("severity", [], {"severity": "P1", "reason": "x"}, "is P1 already"),
        ("take_role", [], {}, "name the role"),
        ("take_role", [role("taken", "ada")], IC, "ada holds the role incident_commander already"),
        ("take_role", [role("taken", "bob")], IC, "let bob offer it"),
        ("offer_role", [role("taken", "ada")], IC, "name the person"),
        ("offer_role", [role("taken", "ada")], {**IC, "person": "ada"}, "name the person"),
        ("offer_role", [role("taken", "bob")], {**IC, "person": "eve"}, "bob holds the role"),
        ("offer_role", [], {**IC, "person": "eve"}, "no one holds the role"),
        ("accept_role", [], IC, "is offered to no one"),
        ("accept_role", [role("offered", "bob")], IC, "is offered to bob, not to ada"),
        ("leave_role", [role("taken", "bob")], IC, "ada does not hold"),
        ("update", [], {}, "say what is known"),
        ("update", [], {"text": "x", "status": "identified"}, "Add -e incident_act_audience=public"),
        ("update", [RESOLVED], {"text": "x", "audience": "public", "status": "monitoring"}, "is resolved: reopen it"),
        ("update", [], {**SHOWN, "status": "identified"}, "and not identified: give the cause as reason"),
        ("update", [FOUND, RESOLVED, BACK], {**SHOWN, "status": "identified"}, "is investigating, and not identified"),
        ("update", [FOUND], {**SHOWN, "status": "monitoring"}, "and not monitoring: say how the symptom"),
        ("update", [FOUND, ACTED, WORSE], {**SHOWN, "status": "monitoring"}, "is identified, and not monitoring"),
        ("update", [WORSE], {**SHOWN, "status": "monitoring"}, "is investigating, and not monitoring"),
        ("identify", [], {}, "No diagnosis is in the log"),
        ("monitor", [], {}, "No act is in the log"),
        ("identify", [event("diagnosed", cause="x"), RESOLVED, BACK], {}, "in the log since it was opened again"),
        ("monitor", [event("mitigated"), RESOLVED, BACK], {}, "No act is in the log since it was opened again"),
        ("identify", [RESOLVED], {"reason": "x"}, "is resolved: reopen it first"),
        ("acknowledge", [RESOLVED], {}, "is resolved: reopen it first"),
        ("acknowledge", [RESOLVED, event("phase", phase="closed")], {"text": "on it"}, "is closed: reopen it first"),
        ("take_role", [RESOLVED, event("phase", phase="closed")], {"role": "commander"}, "is closed: reopen it first"),
        ("update", [RESOLVED, event("phase", phase="closed")], {"text": "all is well"}, "is closed: reopen it first"),
        ("check", [RESOLVED, event("phase", phase="closed")], {"item": "acknowledged"}, "is closed: reopen it first"),
        ("severity", [RESOLVED, event("phase", phase="closed")], {"severity": "P3"}, "is closed: reopen it first"),
        ("monitor", [event("mitigated"), RESOLVED], {}, "is resolved: reopen it first"),
        ("resolve", [], {}, "no verification is in the log"),
        ("resolve", [event("verified", 21, seq=5, outcome="recovered")], {},
         "#5 holds for 9 min of 10 min. Resolve it after 10:31:00 UTC, or give a reason."),
        ("resolve", [RECOVERED], {"soak": timedelta(minutes=26)}, "#5 holds for 25 min of 26 min"),
        ("resolve", [RECOVERED, event("verified", 29, seq=6, outcome="recovered", mitigation="x")], {}, "#6 holds for"),
        ("resolve", [event("verified", 40, seq=5, outcome="recovered")], {}, "#5 holds for 0.0 s of 10 min"),
        ("resolve", [event("verified", seq=5, outcome="improved")], {}, "on db1 (#5) says improved"),
        ("resolve", [event("verified", 4, seq=4, outcome="worse", mitigation="x"), RECOVERED], {}, "#4) says worse"),
        ("resolve", [RECOVERED, event("mitigated", 8, seq=6)], {}, "an act on db1 (#6) was not verified after"),
        ("resolve", [RECOVERED, event("diagnosed", 8, seq=6, cause="x")], {},
         "(#5). Have it mitigated, or give a reason"),
        ("resolve", [RECOVERED, RESOLVED, BACK], {},
         "no verification is in the log since it was opened again"),
        ("accept_role", [role("offered", "bob")], {**IC, "person": "bob"}, "in the name of bob: give a reason"),
        ("take_role", [], {**IC, "person": "bob"}, "ada takes the role incident_commander in the name of bob"),
        ("leave_role", [role("taken", "bob")], {**IC, "person": "bob"}, "in the name of bob: give a reason"),
        ("resolve", [RESOLVED], {"reason": "x"}, "is resolved already"),
        ("reopen", [], {"reason": "x"}, "is open, not resolved"),
        ("reopen", [RESOLVED], {}, "say what is back"),
        ("close", [], {}, "resolve it first"),
        ("close", [RESOLVED, *WAIVED[1:-1]], {}, "open at: lessons_shared"),
        ("close", [RESOLVED, *WRITTEN], {"broken": "broken at #3", "reason": "x"},
         "The log of the incident is broken at #3. The checklist is open at: timeline_documented"),
        ("check", [], {"item": "x"}, "none of the checklist"),
        ("waive", [], {"item": "lessons_shared"}, "with a reason"),
    ],
)  # fmt: skip
def test_what_the_log_does_not_bear_out_is_refused_with_the_reason(name, events, said, words):
    with pytest.raises(InputError) as refused:
        act(name, *events, **said)
    assert words in str(refused.value)
    assert str(refused.value).endswith("Nothing was written.")


def test_an_act_that_a_later_run_found_carried_out_is_watched_too():
    found = event("reconciled", 9, seq=7, mitigation="m", intended="x", gone=["t"])
    assert act("monitor", RESOLVED, BACK, found)[1] == {"phase": "monitoring", "facts": ["#7"]}


def test_every_act_is_one_that_a_person_can_name():
    assert len(ACTS) == 14


def test_a_hand_over_says_state_cause_what_was_tried_and_what_is_due():
    events = [
        opened(),
        event("diagnosed", 1, cause="leak", causes=[{"cause": "leak"}]),
        event("mitigated", 2, mitigation="end_sessions", done=["terminated 7"]),
        event("verified", 3, mitigation="end_sessions", outcome="unchanged"),
    ]
    kind, note = act("offer_role", *events[1:], role("taken", "ada"), **IC, person="bob")
    assert (kind, note["person"], note["action"]) == ("role", "bob", "offered")
    assert note["handover"].splitlines()[:3] == [
        "identified, severity P1, open for 30 min",
        "cause: leak",
        "tried: end_sessions on db1: terminated 7: unchanged",
    ]
    late = handover(events, START + timedelta(minutes=90))
    assert late[-2:] == ["the acknowledgement was due 30 min ago (P1)", "an update was due 60 min ago (P1)"]
    assert late[-4:-2] == ["no update was given", "nothing was said to customers"]


def test_a_hand_over_names_each_plan_that_waits_for_an_approval_and_none_that_was_carried_out():
    plan: dict[str, Any] = {"digest": "d74d537cb3dd0000", "actions": [{"action": "restart", "target": "web-1"}]}
    other = {"digest": "0123456789abcdef", "actions": [{"action": "cancel", "target": "7@x"}]}
    held = event("held", 4, mitigation="restart_services", plan=plan, reasons=["7 actions are planned"])
    done = [
        event("held", 5, mitigation="unblock_sessions", plan=other, reasons=["x"]),
        event("intended", 6, mitigation="unblock_sessions", actions=[]),
    ]
    lines = handover([opened(), held, *done], NOW)
    waits = [line for line in lines if line.startswith("waits for an approval")]
    assert waits == ["waits for an approval: restart_services, plan d74d537cb3dd"]
    note = act("offer_role", held, role("taken", "ada"), **IC, person="bob")[1]
    assert waits[0] in note["handover"].splitlines()


def test_a_hand_over_has_the_last_word_to_customers_beside_the_one_inside_and_what_comes():
    posted: dict[str, Any] = {
        "key": "page/identified/2.1", "channel": "page", "values": {"text": "", "state": "identified"},
    }  # fmt: skip
    events = [
        event("opened", severity="P1", id="i", scenario="booking"),
        event("message", 1, state="queued", **posted),
        event("message", 2, key=posted["key"], state="sent"),
        event("acknowledged", 3),
        event("update", 10, text="the index is rebuilt"),
    ]
    rule = outside_updates({"P1": 60}, ["booking"])
    assert handover(events, NOW, rule)[-4:] == [
        "last update: the index is rebuilt", "last word to customers (2026-11-27 10:02 UTC): identified",
        "an update is due at 2026-11-27 10:40 UTC", "an update to the public is due at 2026-11-27 11:02 UTC",
    ]  # fmt: skip
    said = [*events, event("update", 20, seq=9, text="Bookings fail.", audience="public")]
    assert "last update: the index is rebuilt" in handover(said, NOW)
    assert "last word to customers (2026-11-27 10:20 UTC): Bookings fail." in handover(said, NOW)


def test_the_answer_to_a_p3_in_a_hand_over_is_due_by_the_hours_of_the_site():
    hours = BusinessHours(timezone(timedelta(hours=9)), time(18))
    (note,) = events_of("offer_role", Said("ada", role="technical_lead", person="bob", reason="x", hours=hours),
                        [opened("P3")], NOW)  # fmt: skip
    assert "the acknowledgement is due at 2026-11-30 09:00 UTC" in note["note"]["handover"]


def test_several_items_are_ticked_at_once_and_one_that_is_none_ticks_no_other():
    said = Said("ada", item="runbooks_updated, monitoring_improved,runbooks_updated")
    found = events_of("check", said, [opened()], START)
    assert [note["note"]["item"] for note in found] == ["runbooks_updated", "monitoring_improved"]
    with pytest.raises(InputError, match="'x' is none of the checklist"):
        events_of("check", Said("ada", item="runbooks_updated,x"), [opened()], START)
