from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.ended_by_hand import (
    was_ended_by_hand,
    written_as,
)

OURS = ["page/investigating/1.1", "page/monitoring/3.2"]


@pytest.mark.parametrize(
    ("shown", "keys", "by_hand"),
    [
        ("resolved", OURS, True),
        ("resolved", ["page-2/identified/7.4"], True),
        ("resolved", [*OURS, "page/resolved/4.3"], False),  # by us, so that a relapse opens it
        ("monitoring", OURS, False),
        ("identified", OURS, False),
        ("", [], False),
        ("resolved", [], False),  # nothing is known of who has written it
    ],
)
def test_who_has_ended_it(shown, keys, by_hand):
    assert was_ended_by_hand(shown, keys) is by_hand


@pytest.mark.parametrize(
    ("values", "state", "is_left"),
    [
        ({"state": "monitoring"}, "", True),
        ({"state": "investigating", "text": ""}, "", True),
        ({"state": "identified", "text": "We look on."}, "resolved", True),
        ({"state": "identified", "text": "We look on.", "opens": True}, "identified", False),
        ({"state": "resolved"}, "resolved", False),
        ({"state": "resolved", "text": "Thank you."}, "resolved", False),
    ],
)
def test_what_is_written_of_an_incident_that_a_person_has_ended_there(values, state, is_left):
    found = written_as(values, "resolved", OURS)
    assert (found.state, found.is_left, bool(found.note)) == (state, is_left, is_left)
    assert written_as(values, "monitoring", OURS) == (values["state"], "", False)
