"""What the page shows and the log does not say."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.ended_by_hand import HOW
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.page_differences import (
    GONE,
    component_differences,
    state_difference,
)


@pytest.mark.parametrize(
    ("told", "shown", "named"),
    [
        ("identified", "identified", ""),
        ("resolved", "resolved", ""),
        ("resolved", GONE, ""),  # nothing is said there that is wrong
        ("resolved", "identified", "the page says identified, the incident is resolved"),
        ("monitoring", "resolved", "the page says resolved, the incident is monitoring"),
        ("monitoring", "status 7", "the page says status 7, the incident is monitoring"),
        ("monitoring", GONE, "the incident, which is monitoring, is not on the page any more"),
    ],
)
def test_a_state_that_differs(told, shown, named):
    assert state_difference(told, shown).partition(":")[0] == named
    assert (HOW in state_difference(told, shown)) is (shown == "resolved" != told)


def test_components_that_differ_or_are_missing():
    wanted = {"a": "operational", "b": "operational", "c": "major_outage"}
    assert component_differences(wanted, {"a": "operational", "c": "under_maintenance"}) == [
        "component b is not on the page",
        "component c of the page is under_maintenance, not major_outage",
    ]
    assert component_differences({}, {"a": "major_outage"}) == []
