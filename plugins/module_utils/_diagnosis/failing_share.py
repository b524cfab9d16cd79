# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which share of the requests fails, before and since a moment, by the access logs that were read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

from .._logs.records import EntryReport

_ANSWERED = re.compile(r"\"[A-Z]{3,7} [^\"]*\" (\d{3})\b")
_FIELDS = ("status", "status_code", "response_status", "code")  # of a structured access log
_LEAST = 10  # requests from which on a share says something
_MUCH, _TIMES = 0.05, 3  # a share that is an incident; times the usual one


@dataclass(frozen=True)
class Shares:
    """Requests that were answered, and those that the server failed (5xx), before the moment and since."""

    asked_before: int = 0
    failed_before: int = 0
    asked: int = 0
    failed: int = 0

    @property
    def worse(self) -> bool | None:
        """Whether more fail than is usual; None where too few requests were seen on either side."""
        if self.asked < _LEAST or self.asked_before < _LEAST:
            return None
        # Multiplied out: a quotient of floats may miss the bound that it equals.
        more = self.failed * self.asked_before >= _TIMES * self.failed_before * self.asked
        return more and self.failed >= _MUCH * self.asked

    @property
    def words(self) -> str:
        return (
            f"{self.failed} of {self.asked} requests failed since the release, {self.failed_before} of"
            f" {self.asked_before} before it"
        )


def failing_shares(entries: Sequence[EntryReport], since: float | None) -> Shares:
    """``since``: seconds since 1970; None where the moment is not known, and then no share is."""
    statuses = [(entry["at"], _status(entry)) for entry in entries]
    known = [(at, status) for at, status in statuses if at is not None and status] if since is not None else []
    before = [status for at, status in known if at < (since or 0.0)]
    after = [status for at, status in known if at >= (since or 0.0)]
    return Shares(len(before), _failed(before), len(after), _failed(after))


def _failed(statuses: Sequence[int]) -> int:
    return sum(status >= 500 for status in statuses)


def _status(entry: EntryReport) -> int:
    """The HTTP status of a line of an access log; 0 where it is none."""
    match = _ANSWERED.search(entry["text"])
    if match:
        return int(match[1])
    fields = entry.get("fields") or {}
    texts = [str(fields.get(name)) for name in _FIELDS]
    return next((int(text) for text in texts if text.isdigit() and len(text) == 3 and int(text) in range(100, 600)), 0)
