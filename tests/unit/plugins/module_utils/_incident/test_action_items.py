from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.action_items import action_items, is_overdue

from support.timelines import event


def test_the_last_event_of_a_key_wins_and_keeps_what_it_does_not_have():
    events = [
        event(1, 0, "action_item", key="A", text="alert", owner="ada", due="2026-12-01"),
        event(2, 1, "action_item", key="B", text="limit"),
        event(3, 2, "action_item", key="A", text="alert", state="done"),
    ]
    first, second = action_items(events)
    assert first == {
        "key": "A", "text": "alert", "owner": "ada", "due": "2026-12-01", "state": "done",
        "open": False, "events": [1, 3],
    }  # fmt: skip
    assert (second["owner"], second["due"], second["state"], second["open"]) == ("", "", "open", True)


@pytest.mark.parametrize(("state", "still_open"), [("Closed", False), ("cancelled", False), ("in progress", True)])
def test_an_item_is_open_until_it_is_done(state, still_open):
    (item,) = action_items([event(1, 0, "action_item", key="A", text="x", state=state, due="2026-12-01")])
    assert item["open"] is still_open
    assert is_overdue(item, "2026-12-02") is still_open
    assert not is_overdue(item, "2026-12-01")


def test_an_item_without_a_date_is_not_overdue():
    (item,) = action_items([event(1, 0, "action_item", key="A", text="x")])
    assert not is_overdue(item, "2026-12-01")


@pytest.mark.parametrize("due", ["1.12.2026", "next week", "2026", "0", "12/01/2026", "2026-11-011"])
def test_what_is_no_date_is_not_over(due):
    (item,) = action_items([event(1, 0, "action_item", key="A", text="x", due=due)])
    assert not is_overdue(item, "2027-01-01")
