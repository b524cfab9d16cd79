# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Texts of others as texts, in each of the places that messages are written to. Pure.

A statement, a line of a log, an alert, a name: what was read somewhere may look like a mention, a link, a header or a
template. Each target has one function, and templates can put a value nowhere without it.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Collection, Mapping
from urllib.parse import urlsplit

from .._core.text import in_html, in_markdown, printable

# A chat makes mentions and links of bare text: only a gap stops it.
_LIVE = re.compile(r"(@)(?=\S)|(:)(?=//)|((?<![^\W_])www)(?=\.)|(#)(?=\w)", re.IGNORECASE)
_ADDRESS = re.compile(r":(?=//)|(?<![^\W_])www(?=\.)", re.IGNORECASE)
_WORD_WITH_ADDRESS = re.compile(r"https?://\S+")
_BEHIND = ".,;:!?)]}>\"'"  # what ends a sentence, and not the address in it
_ENCODED_WORD = re.compile(r"=\?")
_BETWEEN = re.compile(r"\n[^\S\n]*(?:\n\s*)")  # paragraphs
_OF_PARAGRAPHS = ("page", "cachet", "mail")
_REFERENCE = re.compile(r"[#!&](?=\d)|\bGH-(?=\d)", re.IGNORECASE)
_BEGINS = re.compile(r"\A(\d{1,9}(?=[.)](?:\s|\Z))|(?=/[A-Za-z]|[-+=]+(?:\s|\Z)))")
_WEB = re.compile(r"https?://", re.IGNORECASE)
# Of an address, what would end a link of Slack or begin another part of it.
_SLACK_LINK = str.maketrans({"&": "&amp;", "<": "%3C", ">": "%3E", "|": "%7C"})
# What every program reads alike: no user's name, no letter that only looks like a dot or a slash.
_URL = re.compile(
    r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?(?:[/?#][A-Za-z0-9_./?#=&%+~:,;!$-]*)?", re.ASCII
)
_NO_HOSTS: Collection[str] = frozenset()
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"})
_ANY = str.maketrans({"<": "(", ">": ")", "&": "+", "*": None, "`": "'", "[": "(", "]": ")", "~": "-"})
_TITLE = str.maketrans({"<": "(", ">": ")", "`": "'", "[": "(", "]": ")"})
# Also in the width that programs in East Asia take as the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def hosts_of(addresses: Collection[Any]) -> frozenset[str]:
    """The hosts of addresses of the site's own settings."""
    return frozenset(host for address in addresses for host in [_host(str(address))] if host)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").casefold()
    except ValueError:
        return ""


def _apart(live: re.Pattern[str], text: str, hosts: Collection[str]) -> list[str]:
    """The parts of a text: first one with a gap behind all that a program makes a mention or a link of, then an address
    of one of these hosts as it is, and so on by turns."""
    parts = _by_addresses(text, hosts) if hosts else [text]
    return [part if number % 2 else live.sub(r"\g<0> ", part) for number, part in enumerate(parts)]


def _by_addresses(text: str, hosts: Collection[str] | None) -> list[str]:
    """The parts of a text as they are: first one without such an address, then an address of one of these hosts, of any
    for None, and so on by turns."""
    parts: list[str] = []
    begun = 0
    for word in _WORD_WITH_ADDRESS.finditer(text):
        address = word.group().rstrip(_BEHIND)
        if _URL.fullmatch(address) and (hosts is None or _host(address) in hosts):
            parts += [text[begun : word.start()], address]
            begun = word.start() + len(address)
    return [*parts, text[begun:]]


def in_slack(text: str, hosts: Collection[str] = _NO_HOSTS) -> str:
    """For Slack's mrkdwn: no mention, channel, code mark, or link but to these hosts. Of a bare address Slack makes no
    link in a block that it is to take as it is (``verbatim``).

    >>> in_slack("<!here> see http://x")
    '&lt;!here&gt; see http: //x'
    """
    parts = _apart(_LIVE, printable(text), hosts)
    return "".join(_slack_link(part) if number % 2 else part.translate(_SLACK) for number, part in enumerate(parts))


def _slack_link(address: str) -> str:
    return f"<{address.translate(_SLACK_LINK)}>"


def as_link(address: str, target: str) -> str:
    """An address of the site's own settings, which may be a link.

    >>> as_link("https://x.test/d?a=1&b=2", "slack"), as_link("https://x.test/d e", "mail")
    ('<https://x.test/d?a=1&amp;b=2>', 'https://x.test/d%20e')
    """
    plain = printable(address).replace(" ", "%20")
    return _slack_link(plain) if target == "slack" and _WEB.match(plain) else plain


def in_any_chat(text: str) -> str:
    """For a service of which no more is known than that it may make mentions, links, HTML or Markdown of a text.

    >>> in_any_chat("<!here> **x** @all")
    '(!here) x @ all'
    """
    return "".join(_apart(_LIVE, printable(text), _NO_HOSTS)).translate(_ANY)


def in_plain(text: str, hosts: Collection[str] = _NO_HOSTS) -> str:
    """For a plain text or a mail's body: one line without control characters, and no address of which a program makes a
    link, but to these hosts.

    >>> in_plain("approve it at http://x")
    'approve it at http: //x'
    """
    return "".join(_apart(_ADDRESS, printable(text), hosts))


def in_title(text: str) -> str:
    """For the title of an issue, which is no Markdown: no mention, link or markup, and no mark before a letter.

    >>> in_title("db_lock on <db1>: @all")
    'db_lock on (db1): @ all'
    """
    return "".join(_apart(_LIVE, printable(text), _NO_HOSTS)).translate(_TITLE)


def in_header(text: str) -> str:
    """For a mail's header: one line, at most 200 characters, and no encoded word of RFC 2047, which would be read as
    other characters than it has.

    >>> in_header("db =?utf-8?q?=0D=0ABcc=3A?=")
    'db = ?utf-8?q?=0D=0ABcc=3A?='
    """
    return _ENCODED_WORD.sub("= ?", printable(text))[:200]


def in_csv(text: str) -> str:
    """For a cell of a table: not a formula for the program that opens it."""
    clean = printable(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def in_page(text: str, hosts: Collection[str] = _NO_HOSTS) -> str:
    """For the status page, which reads HTML and makes links of addresses: of those of these hosts alone.

    >>> in_page("<b> www.x.test")
    '&lt;b&gt; www .x.test'
    """
    return in_html(in_plain(text, hosts))


def in_block(text: str) -> str:
    """For a text of Markdown of which it may begin a line: no item of a list and no rule, and no command of GitLab.

    >>> in_block("1.5 s later")
    '1.5 s later'
    """
    return _BEGINS.sub(r"\1\\", in_markdown(text))


def in_cachet(text: str, hosts: Collection[str] | None = _NO_HOSTS) -> str:
    """For a post of Cachet, which is Markdown, where a link stands in angle brackets: to these hosts alone, to any for
    None.

    >>> in_cachet("*See* https://x.test/a_b.", {"x.test"})
    '\\\\*See\\\\* <https://x.test/a_b>.'
    """
    first, *others = _by_addresses(printable(text), hosts)
    found = [in_block(first) + first[len(first.rstrip()) :]]
    for number, part in enumerate(others):
        found.append(_within(part) if number % 2 else f"<{part}>")
    return "".join(found)


def _within(text: str) -> str:
    """The same within a line, with the blanks beside it."""
    inner = text.strip()
    before, dummy, behind = text.partition(inner) if inner else (text, "", "")
    return f"{before}{in_markdown(inner)}{behind}"


def in_issue(text: str) -> str:
    """For the text of an issue, which is Markdown; what names another issue by its number would be noted there.

    >>> in_issue("as in GH-12")
    'as in GH- 12'
    """
    return in_block(_REFERENCE.sub(r"\g<0> ", printable(text)))


TARGETS: Mapping[str, Callable[[str], str]] = {
    "slack": in_slack, "page": in_page, "mail": in_plain, "pager": in_plain, "tracker": in_issue,
    "header": in_header, "csv": in_csv, "apprise": in_any_chat, "cachet": in_cachet,
    "title": in_title,
}  # fmt: skip


_WITH_LINKS: Mapping[str, Callable[[str, Collection[str]], str]] = {
    "slack": in_slack, "mail": in_plain, "page": in_page, "cachet": in_cachet,
}  # fmt: skip


def in_public(text: str, target: str) -> str:
    """The site's own words for the public, in which its links stay links."""
    if target == "cachet":
        return in_cachet(text, None)
    return in_html(printable(text)) if target == "page" else TARGETS[target](text)


def said(text: str, target: str, hosts: Collection[str] = _NO_HOSTS) -> str:
    """Words of a person: with their paragraphs where many people read them as a text of its own.

    >>> said("It fails.\\n\\nWe <look>.", "page")
    'It fails.\\n\\nWe &lt;look&gt;.'
    """
    parts = _BETWEEN.split(text.replace("\r\n", "\n").strip()) if target in _OF_PARAGRAPHS else [text]
    return "\n\n".join(escaped(part, target, hosts) for part in parts)


def escaped(value: Any, target: str, hosts: Collection[str] = _NO_HOSTS) -> str:
    """A value of a template as text of its target; nothing for None. ``hosts``: to which it may have links."""
    if value is None:
        return ""
    return _WITH_LINKS[target](str(value), hosts) if hosts and target in _WITH_LINKS else TARGETS[target](str(value))
