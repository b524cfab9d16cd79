"""Which share of the requests fails, before and since a moment."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.failing_share import Shares, failing_shares
from ansible_collections.pafar.runbook.plugins.module_utils._logs.failing_requests import RequestsOnBothSides


def test_both_sides_are_those_that_the_log_was_counted_for():
    counted: RequestsOnBothSides = {"before": {"asked": 3, "failed": 1}, "since": {"asked": 1, "failed": 1}}
    assert failing_shares(counted) == Shares(asked_before=3, failed_before=1, asked=1, failed=1)


@pytest.mark.parametrize(
    ("shares", "worse"),
    [
        (Shares(100, 0, 100, 5), True),
        (Shares(100, 0, 100, 4), False),
        (Shares(100, 10, 100, 29), False),
        (Shares(100, 10, 100, 30), True),
        (Shares(9, 0, 100, 100), None),
        (Shares(100, 0, 9, 9), None),
    ],
)
def test_worse_than_usual(shares, worse):
    assert shares.worse is worse
