"""What an act is to reach, written and read again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import (
    ROLLBACK,
    SCALE,
    Unfinished,
    Wish,
    record_from,
)

from .facts import record

WISHES = {"web": Wish(2, ("a", "b"), ("a",), ("b",), "sha256:1", "sha256:2"), "cron": Wish(1)}
ACT = record(ROLLBACK, WISHES, given={"to": "last_good", "services": []}, goal="g", present="p")


def test_it_is_read_as_it_was_written():
    assert record_from(ACT.as_text()) == ACT
    assert record_from(ACT.as_text(), "7").id == "7"
    assert Unfinished(ACT).run == ""


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", json.dumps({**json.loads(ACT.as_text()), "form": 2}),
     json.dumps({**json.loads(ACT.as_text()), "owner": "?"}), json.dumps({**json.loads(ACT.as_text()), "at": "today"}),
     json.dumps({**json.loads(ACT.as_text()), "wishes": {"web": {"more": 1}}})],
)  # fmt: skip
def test_what_is_not_understood_is_no_record(text):
    assert record_from(text) is None


def test_the_same_act_is_that_with_the_same_options():
    assert ACT.same(ROLLBACK, {"services": [], "to": "last_good"})
    assert not ACT.same(ROLLBACK, {"services": [], "to": "another"})
    assert not ACT.same(SCALE, ACT.given)


def test_another_act_has_its_own_wish_for_its_services():
    assert set(ACT.without(["web", "db"]).wishes) == {"cron"}
    assert ACT.without([]) == ACT


def test_its_times_are_those_of_the_engine_s_clock():
    """The clock of the host is two minutes behind: what it wrote is moved to when the engine took it."""
    ahead = timedelta(minutes=2)
    read = record_from(ACT.as_text(), "7", ACT.seen + ahead)
    assert (read.at, read.seen, read.begun) == (ACT.at + ahead, ACT.seen + ahead, ACT.at)
    assert record_from(read.as_text()) == ACT, "and is written by its own clock again"
