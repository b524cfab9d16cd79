# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A limit that is reached, most of it by pools that stopped growing before: which application took the rest. Pure.

It has less than its share, so that no rule names its sessions: a person decides what it may have.
"""

from __future__ import annotations

from typing import Sequence

from .._postgres.connection_limits import ApplicationReport, ConnectionLimitReport
from .cause import Cause, Detail

LEAK = "leak"
_FLOOR = 2  # sessions that an application keeps
_LEAST, _SHARE = 3, 0.1  # forgotten sessions from which on it counts, and their part of the limit


def growing_pools(
    connection_limit: ConnectionLimitReport, full: Sequence[ApplicationReport], idle: float
) -> list[Cause]:
    """``full``: the pools that are over their share and do not leak. ``idle``: seconds after which a session that was
    used at first only counts as forgotten."""
    stopped = [application for application in full if application["stopped"]]
    if not stopped or connection_limit["free"] > 0:
        return []
    since = min(application["opened_seconds"] for application in stopped)
    found = [
        (sum(seconds >= idle for seconds in application["unused_seconds"]), application)
        for application in connection_limit["applications"]
        if application not in full and application["opened_seconds"] < since and not application["pooled"]
    ]
    number, growing = max(found, key=lambda each: each[0], default=(0, None))
    if growing is None or number < max(_LEAST, _SHARE * connection_limit["limit"]):
        return []
    names = ", ".join(application["name"] for application in stopped)
    text = (
        f"{growing['name']} holds {growing['sessions']} of {connection_limit['limit']}, {number} of them idle for"
        f" {idle:g} s or longer since they were used at first; it opened sessions after {names} had stopped: it may"
        " leak connections"
    )
    share = max(_FLOOR, growing["sessions"] - number)
    advice = (
        f"restart {growing['name']}, or let its forgotten sessions be terminated: runbook_connection_shares:"
        f" {{{growing['application']}: {share}}}"
    )
    detail: Detail = {
        "application": growing["application"], "role": growing["role"], "share": share, "alone": False, "service": "",
        "advice": advice,
    }  # fmt: skip
    return [Cause(LEAK, number / max(1, connection_limit["used"]), (text, advice), detail=detail)]
