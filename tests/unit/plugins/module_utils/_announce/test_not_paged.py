"""Which pages the present severity asks for: what a person has lowered pages no person any more."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.paging import not_paged
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.escalation import AFTER

from support.incident_events import event, opened

CHANNELS = {"pager": {"severities": ["P0"]}}
P0 = event("severity", 1, seq=2, severity="P0", facts=["x"])


@pytest.mark.parametrize(
    ("events", "quiet"),
    [
        ([], set()),
        ([P0], set()),
        ([P0, event("severity", 2, seq=3, severity="P1", reason="x")], {"pager"}),
        ([P0, event("severity", 2, seq=3, severity="P3", reason="x")], {"pager", "person"}),
        ([P0, event("severity", 2, seq=3, severity="P3", facts=["x"])], set()),  # facts lower none
        ([P0, event("severity", 2, seq=3, severity="mild", reason="x")], set()),
        (
            [P0, event("severity", 2, seq=3, severity="P3", reason="x"), event("severity", 3, seq=4, severity="P0")],
            set(),
        ),
    ],
)
def test_a_page_is_asked_for_by_the_present_severity_and_by_one_that_is_not_known(events, quiet):
    assert not_paged([opened(severity="unknown"), *events], AFTER, CHANNELS) == quiet


def test_a_site_without_a_pager_and_one_whose_minutes_are_empty():
    assert not_paged([opened(), P0], {**AFTER, "P0": ()}, {}) == {"person"}
