from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Entry, Message, queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.page_components import (
    behind_severity,
    components_on_page,
    components_shown,
    components_told,
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


OPTIONS = {"components": {"backend": "c1", "web": "c2"}}
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
        ([], "P0", 0),
    ],
)
def test_components_that_are_not_as_the_severity_says_are_named(entries, severity, lines):
    assert len(behind_severity(entries, OPTIONS, severity)) == lines


def test_the_components_that_messages_of_an_incident_have_had():
    notes = [queued_note(Message(f"page/{each}", "page", "page", {"components": {each: "x"}})) for each in ("c1", "c2")]
    events = [event("message", 0, **note) for note in (*notes, notes[0], queued_note(Message("m", "mail", "mail")))]
    events += [event("message", 0, key="page/c1", state="sent"), event("message", 0, channel="page", state="queued")]
    assert components_told(events) == ["c1", "c2"]
