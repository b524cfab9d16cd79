from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.story import (
    in_words,
    listed,
    numbered,
    of_dict,
    seconds_at,
    shown,
)

from support.timelines import event


def test_a_log_without_numbers_has_places():
    events = numbered([event(0, 0, "opened"), event(0, 1, "noted"), event(7, 2, "noted")])
    assert [each["seq"] for each in events] == [1, 2, 7]


def test_a_changed_log_gives_texts_and_a_note():
    changed: Any = {"seq": "x", "at": 5, "kind": "noted", "by": None, "host": [], "note": "no", "logged": ""}
    (read,) = numbered([changed])
    assert read == {"seq": 1, "at": "5", "kind": "noted", "by": "None", "host": "[]", "note": {}, "logged": ""}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01:00.5Z", 60.5),
        ("1970-01-01 01:01:00+01:00", 60.0),
        ("1970-01-01T00:01:00.250000123Z", 60.250000123),
        ("1h", None), ("", None), ("2026", None), (None, None), ("20260101T000000Z", None),
        ("2026-13-01T00:00:00Z", None),
        ("0001-01-01", None), ("9999-12-31T23:59:59Z", None), ("2999-12-31T00:00:00Z", 32503593600.0),
    ],
)  # fmt: skip
def test_only_a_date_is_a_moment(text, seconds):
    assert seconds_at(text) == seconds


def test_a_moment_is_shown_to_the_second_in_utc():
    assert shown(60.9) == "1970-01-01 00:01:00 UTC"


def test_a_list_or_a_dictionary_that_is_another_thing_is_empty():
    assert (listed({"a": "text"}, "a"), listed({"a": [1]}, "a")) == ((), [1])
    assert (of_dict({"a": [1]}, "a"), of_dict({"a": {"b": 1}}, "a")) == ({}, {"b": 1})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (event(1, 0, "severity", severity="P0", reason="no booking"), "severity: P0, no booking"),
        (event(1, 0, "acknowledged"), "acknowledged"),
        (event(1, 0, "action_item", key="A1", text="x", due="2026-12-01"), "action item: A1, x, 2026-12-01"),
        (event(1, 0, "opened", scenario="disk_space"), "opened: disk_space, by ada"),
        (event(1, 0, "held", plan="no plan"), "held: its fields could not be read"),
        (event(1, 0, "verified", outcome="recovered", before=3, after=0), "verified: recovered: 3 before, 0 after"),
    ],
)
def test_an_event_is_one_line(given, words):
    assert in_words(given) == words
