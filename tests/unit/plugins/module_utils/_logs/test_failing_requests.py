"""Requests in access logs, counted on either side of a moment."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._logs.failing_requests import FailingRequests

LINE = '10.0.0.9 - - [x] "GET /api/payments/ HTTP/1.1" {} 17'


def counted(moment, *records):
    requests = FailingRequests(moment)
    for at, text, fields in records:
        requests.add(at, text, fields)
    return {side: (row["asked"], row["failed"]) for side, row in requests.report.items()}


def test_lines_of_access_logs_are_counted_on_either_side():
    lines: list[Any] = [
        (at, LINE.format(status), {}) for status, at in ((200, 1.0), (502, 2.0), (404, 3.0), (500, 10.0))
    ]
    assert counted(10.0, *lines, (11.0, "payment failed", {})) == {"before": (3, 1), "since": (1, 1)}


def test_structured_access_logs_are_counted():
    rows = [(5.0, "{}", {"status": status}) for status in (200, "503", "-", 99, True)]
    assert counted(1.0, *rows) == {"before": (0, 0), "since": (2, 1)}


def test_without_the_moment_nothing_is_known():
    assert counted(None, (1.0, LINE.format(500), {})) == {"before": (0, 0), "since": (0, 0)}
