# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Texts of others as texts, in each of the places that messages are written to. Pure.

A statement, a line of a log, an alert, a name: what was read somewhere may look like a mention, a link, a header or a
template. Each target has one function, and templates can put a value nowhere without it.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

from .._core.text import in_html, in_markdown, printable

# A chat makes mentions and links of bare text: only a gap stops it.
_LIVE = re.compile(r"(@)(?=\S)|(:)(?=//)|(\bwww)(?=\.)|(#)(?=\w)", re.IGNORECASE)
_ADDRESS = re.compile(r":(?=//)|\bwww(?=\.)", re.IGNORECASE)
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"})
_ANY = str.maketrans({"<": "(", ">": ")", "&": "+", "*": None, "`": "'", "[": "(", "]": ")", "~": "-"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def in_slack(text: str) -> str:
    """For Slack's mrkdwn: no mention, channel, link or code mark.

    >>> in_slack("<!here> see http://x")
    '&lt;!here&gt; see http: //x'
    """
    return _LIVE.sub(lambda match: f"{match.group()} ", printable(text)).translate(_SLACK)


def in_any_chat(text: str) -> str:
    """For a service of which no more is known than that it may make mentions, links, HTML or Markdown of a text.

    >>> in_any_chat("<!here> **x** @all")
    '(!here) x @ all'
    """
    return _LIVE.sub(lambda match: f"{match.group()} ", printable(text)).translate(_ANY)


def in_plain(text: str) -> str:
    """For a plain text or a mail's body: one line without control characters, and no address of which a program makes a
    link.

    >>> in_plain("approve it at http://x")
    'approve it at http: //x'
    """
    return _ADDRESS.sub(lambda match: f"{match.group()} ", printable(text))


def in_header(text: str) -> str:
    """For a mail's header: one line, at most 200 characters."""
    return printable(text)[:200]


def in_csv(text: str) -> str:
    """For a cell of a table: not a formula for the program that opens it."""
    clean = printable(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def in_page(text: str) -> str:
    """For the status page, which reads HTML."""
    return in_html(printable(text))


TARGETS: Mapping[str, Callable[[str], str]] = {
    "slack": in_slack, "page": in_page, "mail": in_plain, "pager": in_plain, "tracker": in_markdown,
    "header": in_header, "csv": in_csv, "apprise": in_any_chat,
}  # fmt: skip


def escaped(value: Any, target: str) -> str:
    """A value of a template as text of its target; nothing for None."""
    return "" if value is None else TARGETS[target](str(value))
