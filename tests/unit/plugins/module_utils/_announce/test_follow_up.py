from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.follow_up import (
    COURSE,
    item_messages,
    item_of,
    item_prefix,
    lessons_messages,
    overdue_messages,
    review_messages,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.incident_events import START, event, opened

SETTINGS = settings_of(
    {
        "slack": {"token": "x"},
        "mail": {"host": "x", "sender": "ops@z", "to": ["board@z"], "reviewers": ["ada@z", "bob@z"]},
        "tracker": {"url": "http://x"},
    }
)
BASE = {"incident": "i"}


def item(minutes, seq, key="A1", **note):
    return event("action_item", minutes, seq=seq, key=key, text=f"text of {key}", **note)


def of_items(*events):
    return [(each.key, each.values["action"], each.thing) for each in item_messages(events, SETTINGS, BASE)]


def test_an_item_is_made_changed_and_closed_in_the_tracker():
    events = [item(0, 2), item(1, 3, "B/1"), item(2, 4, owner="bob", due="2026-12-01"), item(3, 5, state="done")]
    assert of_items(*events) == [
        ("item/A1/create/2", "create", ""), ("item/A1/update/4", "update", "item A1"),
        ("item/A1/close/5", "close", "item A1"), ("item/B%2F1/create/3", "create", ""),
    ]  # fmt: skip
    changed = item_messages(events, SETTINGS, BASE)[1].values
    assert (changed["owner"], changed["due"], changed["phase"]) == ("bob", "2026-12-01", "open")
    assert {each.lane for each in item_messages(events, SETTINGS, BASE)} == {"items"}


def test_an_item_that_is_open_again_is_opened_again_in_the_tracker():
    events = [item(0, 2), item(1, 3, state="done"), item(2, 4, state="cancelled"), item(3, 5, state="open")]
    assert [action for dummy, action, dummy2 in of_items(*events)] == ["create", "close", "update", "reopen"]


def test_half_a_character_in_a_key_keeps_nothing_from_the_other_items():
    """Only another writer of the log can have it; an incident that could not be read would page no person."""
    events = [item(0, 2, "\ud800"), item(1, 3)]
    assert [action for dummy, action, dummy_thing in of_items(*events)] == ["create", "create"]


def test_an_item_of_another_tracker_or_that_was_done_already_is_none():
    assert of_items(item(0, 2, reference="PAF-7"), item(1, 3)) == []
    assert of_items(item(0, 2, state="done"), item(1, 3)) == []
    assert item_messages([item(0, 2)], {}, BASE) == []


@pytest.mark.parametrize("key", ["A1", "a/b", "item 7", "\u00e9#?", ""])
def test_the_key_of_an_item_is_found_again(key):
    prefix = item_prefix(key)
    assert item_of(f"{prefix}create/2") == key
    assert prefix.count("/") == 2


def resolved(minutes, seq, phase="resolved"):
    return event("phase", minutes, seq=seq, phase=phase)


def of_review(*events, hours=1.0):
    return review_messages(events, SETTINGS, BASE, START + timedelta(hours=hours))


def test_each_reviewer_is_invited_once_it_is_resolved():
    found = of_review(opened("P0"), resolved(10, 4))
    assert [(each.key, each.lane) for each in found] == [("review/4/ada@z", "ada@z"), ("review/4/bob@z", "bob@z")]
    # A Friday: of the three days after it only the Monday is a working day.
    assert (found[0].values["review_at"], found[0].values["round"]) == ("2026-11-30T10:00:00.000000Z", 1)
    p1 = of_review(opened("P1"), resolved(10, 4))
    assert p1[0].values["review_at"] == "2026-12-04T10:00:00.000000Z"


def test_one_that_was_opened_again_is_invited_to_again():
    again = of_review(opened("P0"), resolved(10, 4), resolved(20, 5, "open"), resolved(600, 6), hours=12)
    first = again[0]
    assert (first.key, first.values["round"], first.thing) == ("review/6/ada@z", 2, "review ada@z")
    assert of_review(opened("P0"), resolved(10, 4), resolved(20, 5, "open")) == []


def test_one_whose_severity_is_another_after_its_end_is_invited_to_at_the_other_time():
    """As a later state of the same appointment, which programs take in place of the first."""
    graver = event("severity", 60, seq=5, severity="P0", before="P1", reason="data was lost")
    (first, *dummy) = of_review(opened("P1"), resolved(10, 4), graver, hours=2)
    assert (first.key, first.values["round"]) == ("review/5/ada@z", 2)
    assert (first.values["severity"], first.values["review_at"]) == ("P0", "2026-11-30T10:00:00.000000Z")
    before = event("severity", 5, seq=3, severity="P0", before="P1", reason="data was lost")
    assert of_review(opened("P1"), before, resolved(10, 4))[0].values["round"] == 1
    lowered = event("severity", 60, seq=5, severity="P2", before="P1", reason="a copy")
    assert of_review(opened("P1"), resolved(10, 4), lowered, hours=2) == []


def test_who_is_not_invited():
    assert of_review(opened("P2"), resolved(10, 4)) == []
    assert of_review(opened("P0")) == []
    assert of_review(opened("P0"), resolved(10, 4), hours=24 * 9) == [], "the review would have been"
    assert review_messages([opened("P0"), resolved(10, 4)], {}, BASE, START) == []


def of_overdue(*events, days=10.0):
    return overdue_messages(events, SETTINGS, BASE, START + timedelta(days=days))


def test_what_is_overdue_is_said_once_a_week():
    events = [item(0, 2, due="2026-12-01", owner="bob"), item(1, 3, "B", due="2027-01-01"), item(2, 4, "C")]
    found = of_overdue(*events)
    assert [each.key for each in found] == [
        "overdue-items/2026-W50/slack", "overdue-items/2026-W50/ada@z", "overdue-items/2026-W50/bob@z",
    ]  # fmt: skip
    assert found[0].values["items"] == ["A1: text of A1 (bob, due 2026-12-01)"]
    assert [each.key for each in of_overdue(*events, days=10.5)] == [each.key for each in found]
    assert of_overdue(*events, days=17)[0].key == "overdue-items/2026-W51/slack"
    assert of_overdue(*events, days=4) == [], "not before its date is over"
    assert of_overdue(*events, item(3, 5, state="done")) == []


def test_a_long_list_of_what_is_overdue_is_cut_and_says_so():
    found = of_overdue(*(item(0, number, f"K{number}", due="2026-12-01") for number in range(2, 40)))
    assert (len(found[0].values["items"]), found[0].values["items"][-1], found[0].values["number"]) == (
        21,
        "18 more",
        38,
    )


def written(minutes, seq, section, text):
    return event("written", minutes, seq=seq, section=section, text=text)


def test_the_lessons_are_said_when_the_post_mortem_is_done():
    events = [
        written(0, 2, "status", "draft"), written(1, 3, "lessons", "Set lock_timeout."),
        written(2, 4, "lessons", "Set lock_timeout."), written(3, 5, "status", "Done"), written(4, 6, "status", "done"),
    ]  # fmt: skip
    (found,) = lessons_messages(events, SETTINGS, BASE)
    assert (found.key, found.values["lessons"]) == ("slack/postmortem/5", ["Set lock_timeout."])
    again = [*events, written(5, 7, "status", "in review"), written(6, 8, "status", "done")]
    said = [each.key for each in lessons_messages(again, SETTINGS, BASE)]
    assert said == ["slack/postmortem/5", "slack/postmortem/8"]
    assert lessons_messages(events, {}, BASE) == []


def test_the_course_of_an_incident_is_over_after_some_days():
    assert timedelta(days=1) < COURSE < timedelta(days=7)
