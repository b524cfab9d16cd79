# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which share of the requests fails, before and since a moment, by the access logs that were read. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .._logs.failing_requests import RequestsOnBothSides

_LEAST = 10  # requests from which on a share says something
_MUCH, TIMES = 0.05, 3  # a share that is an incident; times the usual one


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
        more = self.failed * self.asked_before >= TIMES * self.failed_before * self.asked
        return more and self.failed >= _MUCH * self.asked

    @property
    def words(self) -> str:
        return (
            f"{self.failed} of {self.asked} requests failed since the release, {self.failed_before} of"
            f" {self.asked_before} before it"
        )


def failing_shares(requests: RequestsOnBothSides) -> Shares:
    """As log_tail counted them."""
    before, since = requests["before"], requests["since"]
    return Shares(before["asked"], before["failed"], since["asked"], since["failed"])
