# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private keys in one line or over several, also with lines of other containers between them. Pure."""

from __future__ import annotations

import re

from ..lazy import lazy
from .secret_names import HIDDEN

_BEGINS = lazy(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_ENDS = lazy(r"-{4,5} ?END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_INLINE = lazy(rf"({_BEGINS.pattern}).*?({_ENDS.pattern}|\Z)", re.S)
# What closes a line of a key where it stands in quotes, in JSON or in code.
_CLOSED = r"(?:\\[nr]|\s\+|[\\\"',;}\s])*"
_BODY = lazy(rf"(?:^|[\s|\"'>:])[A-Za-z0-9+/]{{16,}}={{0,2}}{_CLOSED}$")
# A line of a key behind the prefix of each line (a time, a container's name): body, header, or nothing.
_LINE = lazy(rf"\s*(?:[A-Za-z0-9+/=]*(?:{_CLOSED}$|\\[nr][\"'])|(?:Proc-Type|DEK-Info|Version|Comment): .*{_CLOSED}$)")
_NUMBERS_OF_PREFIX = lazy(r"\d+")
_BETWEEN = 30  # lines of other containers between two of a key


def without_keys(text: str) -> str:
    """A text without the keys that begin in it.

    >>> without_keys("-----BEGIN PRIVATE KEY-----MIIE-----END PRIVATE KEY-----")
    '-----BEGIN PRIVATE KEY-----(hidden)-----END PRIVATE KEY-----'
    """
    return _INLINE.sub(rf"\1{HIDDEN}\2", text) if "BEGIN" in text else text


def key_lines(lines: list[str]) -> set[int]:
    """The places of lines that belong to a private key of several lines, also with those of others between them."""
    hidden: set[int] = set()
    column, prefix, between = -1, "", 0  # where the key's lines begin, inside of one
    for place, line in enumerate(lines):
        begins, ends = _BEGINS.search(line), _ENDS.search(line)
        if begins:
            column = -1 if ends else begins.start()
            prefix, between = _prefix(line, column), 0
        elif ends:
            hidden |= {place} | (_body_above(lines, place, ends.start()) if column < 0 else set())
            column = -1
        elif column >= 0 and _continues(line, column, prefix, between):
            hidden.add(place)
            between = 0
        elif column >= 0:
            between += 1
            column = column if between <= _BETWEEN else -1
    return hidden


def _prefix(line: str, column: int) -> str:
    """What stands before a key's line, but for its numbers: a time, a name of a container."""
    return _NUMBERS_OF_PREFIX.sub("0", line[:column])


def _continues(line: str, column: int, prefix: str, between: int) -> bool:
    """Whether a line is the next one of a key; behind lines of others only one with the same prefix is."""
    if between and _prefix(line, column) != prefix:
        return False
    return bool(_LINE.match(line, column) or _BODY.search(line))


def _body_above(lines: list[str], end: int, column: int) -> set[int]:
    """The lines above the last line of a key that look like its body; the last of them may be short."""
    body: set[int] = set()
    prefix, between = _prefix(lines[end], column), 0
    for place in range(end - 1, -1, -1):
        line = lines[place]
        short = not body and _prefix(line, column) == prefix and _LINE.match(line, column)
        if short or (_BODY.search(line) and not (between and _prefix(line, column) != prefix)):
            body.add(place)
            between = 0
            continue
        between += 1
        if between > _BETWEEN:
            break
    return body
