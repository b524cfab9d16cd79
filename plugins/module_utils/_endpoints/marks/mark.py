# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of those who answer in place of a site, and the form of a mark by which one is recognised. Pure."""

from __future__ import annotations

import re
from typing import Container, NamedTuple, Pattern

(
    CHALLENGE, PASSWORD, PROXY_PASSWORD, CSRF, WRONG_HOST, MAINTENANCE, LOGIN, REDIRECT, NO_BACKEND, DEFAULT_PAGE,
    SINGLE_PAGE, SERVER_PAGE, GATEWAY, PAGE, PORTAL, PROXY,
) = (
    "challenge", "password", "proxy_password", "csrf", "wrong_host", "maintenance", "login", "redirect", "no_backend",
    "default_page", "single_page", "server_page", "gateway", "page", "portal", "proxy",
)  # fmt: skip
_ANY = range(1000)
ERRORS = range(400, 600)
OPEN, BARE = "open", "bare"  # what an answer must be: see `Mark`


class Mark(NamedTuple):
    """Fits where the status is one of these, and the header and the body fit, as far as they are named.

    A header that a firewall or a proxy adds to every answer that it passes on shows that it is there, and not that it
    answered: with such a one its own words are looked for too. ``form``: what the answer must be, ``bare`` for HTML or
    nothing, ``open`` for HTML without a field for a password, empty for anything. ``seen``: the body is looked for
    among the words that a reader of the page sees, so that no tag and no script of an ordinary page counts. ``asked``:
    methods, empty for all; one that is not known fits.
    """

    kind: str
    by: str
    statuses: Container[int] = _ANY
    header: str = ""
    value: Pattern[str] | None = None
    body: Pattern[str] | None = None
    form: str = ""
    seen: bool = False
    asked: tuple[str, ...] = ()


def said(words: str) -> Pattern[str]:
    """In any letters."""
    return re.compile(words, re.IGNORECASE)
