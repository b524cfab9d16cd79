"""Which share of the requests fails, before and since a moment."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.failing_share import Shares, failing_shares
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import EntryReport

from support.reports import record

LINE = '10.0.0.9 - - [x] "GET /api/payments/ HTTP/1.1" {} 17'


def test_lines_of_access_logs_are_counted_on_either_side():
    entries = [record(LINE.format(status), at) for status, at in ((200, 1.0), (502, 2.0), (404, 3.0), (500, 10.0))]
    entries += [record("payment failed", 11.0), record(LINE.format(500), None)]
    assert failing_shares(entries, 10.0) == Shares(asked_before=3, failed_before=1, asked=1, failed=1)


def test_structured_access_logs_are_counted():
    rows: list[EntryReport] = [
        {**record("{}", 5.0), "fields": {"status": status}} for status in (200, "503", "-", 99, True)
    ]
    assert failing_shares(rows, 1.0) == Shares(asked=2, failed=1)


def test_without_the_moment_nothing_is_known():
    assert failing_shares([record(LINE.format(500), 1.0)], None).worse is None


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
