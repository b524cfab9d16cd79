# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are the second of a pair: headers in lists, options among words, terms of Erlang and Lisp. Pure."""

from __future__ import annotations

import re

from ..lazy import lazy
from .secret_names import HIDDEN, is_secret

_EMPTY = lazy(r"[bu]?[\"'](?:true|false|null|none|nil|\*{3,}|x{4,}|\[?(?:filtered|redacted)\]?)?[\"']$", re.I)
# ``'password', 'x'`` and ``["password", "x"]``; columns of SQL are none: "users"."password", "users"."email"
_PAIR = lazy(
    r"((?<!\.)(?:\b[bu])?([\"'])([A-Za-z_][\w.-]{0,80})\2\s{0,8},\s{0,16})([bu]?(?:\"[^\"]{0,4096}\"|'[^']{0,4096}'))(?!\s{0,8}:|\.[\"'])"
)
# ["Authorization", "Content-Type"]: names of headers
_HEADER = lazy(r"[bu]?[\"'][A-Za-z][A-Za-z-]{0,40}[\"']$")
# config("DB_PASSWORD", default="x")
_DEFAULT = lazy(r"((?:\b[bu])?([\"'])([A-Za-z_][\w.-]{0,80})\2\s?,\s?default\s?=\s?)(\"[^\"]{0,4096}\"|'[^']{0,4096}')")
# Words of a list, and of a record of auditd: a1="--password" a2="x"
_ARGUMENT = lazy(
    r"(([\"'])(--?[A-Za-z][\w-]{1,60})\2(?:\s{0,8},\s{0,8}|\sa\d{1,3}=))"
    r"(\"[^\"]{0,4096}\"?|'[^']{0,4096}'?)"
)
# Java's list of words: [--db.password, x]
_LISTED = lazy(r"([\[,]\s?--?([A-Za-z][\w.-]{1,60}),\s)()([^\s,\]\"'-][^\s,\]]{0,512})(?=[,\]])")
# {password,"x"}, {<<"password">>,<<"x">>}, (password . "x"), :password "x"
_TERM = lazy(
    r"(?P<before>(?:(?<![\w:]):|[{(](?P<quote>\")?|(?P<bytes><<\"))(?P<name>[A-Za-z_][\w.-]{0,80})(?(quote)\")(?(bytes)\">>)"
    r"(?:\s?,\s?|\s\.\s|\s)(?:<<)?)(?P<value>\"[^\"]{1,4096}(?:\"|$))"
)
# binding parameter (password:VARCHAR) <- [x]
_BOUND = lazy(r"(\(([A-Za-z_][\w.]{0,80}):\w{1,40}\) <- \[)([^\]\n]{1,4096})")


def without_pairs(text: str) -> str:
    r"""The text without what is the second of a pair whose first is a name of a secret.

    >>> without_pairs("[('x-api-key', 'a b')] ['--password', 'x'] {password,\"x\"}")
    "[('x-api-key', (hidden))] ['--password', (hidden)] {password,(hidden)}"
    """
    if '"' in text or "'" in text:
        text = _PAIR.sub(lambda match: _hidden(match, match.group(3), match.group(4)), text)
        if "default" in text:
            text = _DEFAULT.sub(lambda match: _hidden(match, match.group(3), match.group(4)), text)
        text = _ARGUMENT.sub(lambda match: _hidden(match, match.group(3), match.group(4)), text)
        text = _TERM.sub(lambda match: _hidden(match, match["name"], match["value"]), text)
    if "-" in text and "[" in text:
        text = _LISTED.sub(lambda match: _hidden(match, match.group(2), match.group(4)), text)
    return _BOUND.sub(lambda match: _hidden(match, match.group(2), match.group(3)), text) if "<- [" in text else text


def _hidden(match: re.Match[str], name: str, value: str) -> str:
    secret = is_secret(name) or ("authorization" in name.lower() and not _HEADER.match(value))
    secret = secret and not _EMPTY.match(value)
    return f"{match.group(1)}{HIDDEN}" if secret else match.group()
