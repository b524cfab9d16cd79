# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of messages to the status page, ``page/STATE/...``, or ``page-N/STATE/...`` after a later relapse. Pure."""

from __future__ import annotations

import re
from typing import Mapping

from ..page_states import RESOLVED

_KEY = re.compile(r"page(?:-\d+)?/([a-z]+)/")
_IN_LOG = re.compile(rb'"key": ?"page(?:-\d+)?/([a-z]+)/')


def is_on_page(key: str) -> bool:
    """
    >>> is_on_page("page-2/resolved/7"), is_on_page("pager/trigger/1")
    (True, False)
    """
    return _KEY.match(key) is not None


def last_on_page(references: Mapping[str, str]) -> tuple[str, str]:
    """The state of the last message that the page took, and the page's own reference; both empty without one.

    >>> last_on_page({"page/investigating/1": "x7", "pager/trigger/1": "d"})
    ('investigating', 'x7')
    """
    for key in reversed(list(references)):
        told = _KEY.match(key)
        if told:
            return told[1], references[key]
    return "", ""


def is_left_open(log: bytes) -> bool:
    """Whether the last message to the page that an incident's log names leaves it open there; the log is not parsed.

    >>> is_left_open(b'{"key": "page/identified/2"}'), is_left_open(b'{"key":"page/resolved/4"}'), is_left_open(b"")
    (True, False, False)
    """
    told = _IN_LOG.findall(log)
    return bool(told) and told[-1] != RESOLVED.encode()
