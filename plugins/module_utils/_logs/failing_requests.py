# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests in access logs, and those that the server failed, before and since a moment. Pure.

They are counted while the log is read: of a busy site the last records of any number are younger than the moment.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, TypedDict

from .access_line import access_fields, is_sent_to
from .json_line import names_in, request_of

_ANSWERED = re.compile(r"\"[A-Z]{3,10} /[^\"]*\" (\d{3})\b")

# What a program writes of a request that it was sent, and not of one that it sends; without signs, in small letters.
_ANSWERS = frozenset({
    "client", "remoteaddr", "remoteip", "clientip", "clienthost", "clientaddr", "remotehost", "realip", "cip",
    "remoteaddress", "fwd", "forwarded", "xforwardedfor", "useragent", "httpuseragent", "referer", "referrer",
    "controller", "route", "routename", "routername", "handler", "view", "viewname", "endpoint", "entrypointname",
    "vhost", "timelocal", "timeiso8601", "upstreamaddr", "upstreamstatus",
})  # fmt: skip


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
    """The HTTP status of a line of an access log; 0 where it is none, and where the request was sent by the program
    itself: the answers of another party say nothing of the code that asks it.

    >>> status_of('10.0.0.9 - - [x] "GET / HTTP/1.1" 502 17', {}), status_of("payment failed", {})
    (502, 0)
    >>> status_of('https://api.stripe.com:443 "POST /v1/charges HTTP/1.1" 503 12', {})
    0
    """
    line = text.partition("\n")[0]
    if line.lstrip()[:1] == "{":
        return _of_fields(fields)
    if is_sent_to(line):
        return 0
    named = access_fields(line)
    if named:
        # A balancer writes the whole URL that it was asked for; any other whole URL was asked of another host.
        is_sent = "://" in str(named.get("path", "")) and "target" not in named
        return 0 if is_sent else _status(named.get("status"))
    match = _ANSWERED.search(line)
    return _status(match[1]) if match else _of_fields(fields)


def _of_fields(fields: Mapping[str, Any]) -> int:
    """By a structured record, which must say that it is an answer to a client: a status alone may be of anything."""
    request = request_of(fields)
    if not request or "://" in str(request.get("path", "")):
        return 0
    names, urls = names_in(fields)
    # A whole URL beside the path is what was asked of another party while the request of a client was served.
    return _status(request["status"]) if names & _ANSWERS and not urls else 0


def _status(value: Any) -> int:
    text = str(value)
    return int(text) if text.isdigit() and len(text) == 3 and 100 <= int(text) < 600 else 0
