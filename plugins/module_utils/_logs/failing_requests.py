# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests in access logs, and those that the server failed, before and since a moment. Pure.

They are counted while the log is read: of a busy site the last records of any number are younger than the moment.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, TypedDict

_ANSWERED = re.compile(r"\"[A-Z]{3,7} [^\"]*\" (\d{3})\b")
_FIELDS = ("status", "status_code", "response_status", "code")  # of a structured access log


class RequestsReport(TypedDict):
    """``failed``: those that the server failed (5xx)."""

    asked: int
    failed: int


class RequestsOnBothSides(TypedDict):
    """Zero on both sides where no moment was given."""

    before: RequestsReport
    since: RequestsReport


class FailingRequests:
    """``moment``: seconds since 1970; None where there is none, and then nothing is counted."""

    def __init__(self, moment: float | None) -> None:
        self._moment = moment
        self.report: RequestsOnBothSides = {"before": {"asked": 0, "failed": 0}, "since": {"asked": 0, "failed": 0}}

    def add(self, at: float, text: str, fields: Mapping[str, Any]) -> None:
        """One record; it counts if it is a line of an access log."""
        status = status_of(text, fields) if self._moment is not None else 0
        if status:
            side = self.report["before"] if at < (self._moment or 0.0) else self.report["since"]
            side["asked"] += 1
            side["failed"] += status >= 500


def status_of(text: str, fields: Mapping[str, Any]) -> int:
    """The HTTP status of a line of an access log; 0 where it is none.

    >>> status_of('10.0.0.9 - - [x] "GET / HTTP/1.1" 502 17', {}), status_of("payment failed", {})
    (502, 0)
    """
    match = _ANSWERED.search(text)
    if match:
        return int(match[1])
    texts = [str(fields.get(name)) for name in _FIELDS]
    return next((int(text) for text in texts if text.isdigit() and len(text) == 3 and int(text) in range(100, 600)), 0)
