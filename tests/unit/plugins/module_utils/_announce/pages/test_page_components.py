from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Entry, Message, queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import Diagnosis
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.page_components import (
    affected_by,
    behind_facts,
    brought_back,
    components_by,
    components_on_page,
    components_shown,
    components_told,
    joined_states,
    ours_of,
    set_in,
    set_mark,
)

from support.incident_events import START, event


def test_components_as_the_page_was_told_and_as_it_is_about_to_be():
    posts = [("investigating", "sent", "major_outage"), ("identified", "queued", "degraded_performance")]
    entries = [
        Entry(Message(f"page/{state}", "page", "page", {"state": state, "components": {"c1": shown}}), became, START)
        for state, became, shown in posts
    ]
    assert components_on_page(entries) == {"c1": "major_outage"}
    assert components_shown(entries) == {"c1": "degraded_performance"}
    assert components_on_page(entries[1:]) == {}


def shown(state, components, became="sent"):
    return Entry(Message(f"page/{state}", "page", "page", {"state": state, "components": components}), became, START)


OPTIONS = {"components": {"backend": "c1", "web": "c2"}, "affects": {}}
P1 = {"c1": "partial_outage", "c2": "partial_outage"}


@pytest.mark.parametrize(
    ("entries", "severity", "lines"),
    [
        ([shown("investigating", P1)], "P0", 1),
        ([shown("investigating", {**P1, "c2": "degraded_performance"})], "P0", 2),
        ([shown("investigating", {"c1": "degraded_performance"})], "P1", 1),
        ([shown("investigating", P1)], "P1", 0),
        ([shown("investigating", P1), shown("resolved", dict.fromkeys(P1, "operational"))], "P0", 0),
        ([shown("investigating", P1), shown("identified", dict.fromkeys(P1, "major_outage"), "failed")], "P0", 0),
        ([shown("investigating", {"c9": "partial_outage"})], "P0", 0),
        ([shown("investigating", P1)], "P3", 1),
        ([shown("investigating", {**P1, "c2": "operational"})], "P1", 1),
        ([], "P0", 0),
    ],
)
def test_components_that_are_not_as_the_facts_say_are_named(entries, severity, lines):
    assert len(behind_facts(entries, components_by(OPTIONS, severity, ["backend", "web"]), severity)) == lines


MAPPED = {
    "components": {"pay": "c1", "book": 2, "web": "c3"},
    "affects": {"payment_outage": ["pay"], "row": ["book"], "provider_fault/stripe": ["pay"], "disk": []},
}


@pytest.mark.parametrize(
    ("scenario", "diagnoses", "names"),
    [
        ("payment_outage", [], ["pay"]),
        ("payment_outage", [("payment_outage", "unknown_cause", "")], ["pay"]),
        ("payment_outage", [("payment_outage", "row", "")], ["book"]),  # the cause says more than the scenario
        ("other", [("", "provider_fault", "stripe")], ["pay"]),
        ("other", [("", "provider_fault", "mollie")], ["pay", "book", "web"]),
        ("other", [], ["pay", "book", "web"]),  # nothing is said of it
        ("disk", [], []),
        ("payment_outage", [("other", "row", "")], ["pay", "book"]),  # a run that has joined
        ("payment_outage", [("other", "x", "")], ["pay"]),
        ("other", [("payment_outage", "x", "")], ["pay", "book", "web"]),
    ],
)
def test_the_components_that_an_incident_affects_are_those_that_the_site_names(scenario, diagnoses, names):
    found = affected_by(MAPPED, scenario, [Diagnosis(*each) for each in diagnoses])
    assert sorted(set(found)) == sorted(names)


def test_a_component_that_a_corrected_cause_does_not_affect_comes_back_and_one_of_no_setting_stays():
    now = components_by(MAPPED, "P1", ["book"])
    assert now == {"2": "partial_outage"}
    assert brought_back(MAPPED, now, ["c1", "2", "c9"]) == {"c1": "operational"}


def test_the_components_that_messages_of_an_incident_have_had():
    notes = [queued_note(Message(f"page/{each}", "page", "page", {"components": {each: "x"}})) for each in ("c1", "c2")]
    events = [event("message", 0, **note) for note in (*notes, notes[0], queued_note(Message("m", "mail", "mail")))]
    events += [event("message", 0, key="page/c1", state="sent"), event("message", 0, channel="page", state="queued")]
    assert components_told(events) == ["c1", "c2"]


@pytest.mark.parametrize(
    ("is_now", "ours", "is_left"),
    [
        ("operational", set(), True),
        ("partial_outage", set(), True),  # as it is wanted
        (None, set(), True),  # not on the page, which is said when it is read back
        ("major_outage", {"major_outage"}, True),
        ("major_outage", set(), False),
        ("under_maintenance", {"major_outage"}, False),
    ],
)
def test_a_component_that_a_person_has_changed_is_left(is_now, ours, is_left):
    shown = {"c1": is_now} if is_now else {}
    left, notes = ours_of({"c1": "partial_outage"}, shown, {"c1": ours})
    assert (left, len(notes)) == (({"c1": "partial_outage"}, 0) if is_left else ({}, 1))


def test_states_of_several_posts():
    assert joined_states({"1": "a"}, {"1": "b", "2": "a"}, {}) == {"1": {"a", "b"}, "2": {"a"}}


@pytest.mark.parametrize("components", [{}, {"1": "major_outage"}, {"1": "operational", "2": "partial_outage"}])
def test_what_a_post_has_set_is_found_in_its_text(components):
    texts = ["words", f"We look.\n\n[//]: # (pafar i page/x/1.1)\n{set_mark(components)}"]
    assert joined_states(*set_in(texts)) == {each: {state} for each, state in components.items()}
    assert set_mark({"1) [x](http://evil": "a"}) == set_mark({}), "an id of another form is no part of a comment"
