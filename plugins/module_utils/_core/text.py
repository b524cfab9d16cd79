# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Statement texts made fit to be shown and kept: no literals, no control characters. Pure.

A statement holds what customers typed, and sometimes a password. What cannot be told apart with
certainty goes too: a text that was cut off inside a string, a string whose backslashes may or may not
escape its end (standard_conforming_strings is a setting of a session that is not ours).
Lexical rules: PostgreSQL documentation, "Lexical Structure".
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<dollar> \$(?P<tag>(?:[^\s\d$'\"()][^\s$'\"()]*)?)\$ .*? (?:\$(?P=tag)\$|\Z) )
  | (?P<escape> \b[eE]'(?:[^'\\]|\\.|'')*(?:'|\\?\Z) )
  | (?P<string> (?:\b(?:[bBxXnN]|[uU]&))?'(?:[^']|'')*(?:'|\Z) )
  | (?P<name> "(?:[^"]|"")*(?:"|\Z) )
  | (?P<parameter> \$\d+ )
  | (?P<word> [^\W\d][\w$]* )
  | (?P<number> 0[xXoObB][\da-fA-F_]+ | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)? )
    """,
    re.VERBOSE | re.DOTALL,
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


# A queue is many sessions that say the same: what was worked out for one serves the others.
@lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """The text on one line, without characters that could move a cursor or turn the direction of writing."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


@lru_cache(maxsize=1024)
def without_literals(statement: str) -> str:
    """Every literal as ``?``, comments dropped, white space folded.

    >>> without_literals("UPDATE t SET name = 'Ada', seats = 4 WHERE id = $1 -- by hand")
    'UPDATE t SET name = ?, seats = ? WHERE id = $1'
    """
    kept = []
    place = 0
    for token in _TOKEN.finditer(statement):
        kept.append(statement[place : token.start()])
        place = token.end()
        kind = token.lastgroup if token.lastgroup != "tag" else "dollar"
        if kind in ("name", "parameter", "word"):
            kept.append(token.group())
        elif kind == "comment":
            if token.group().count("/*") > 1:
                return printable("".join(kept)) + " ..."  # comments nest; where this one ends is not known
            kept.append(" ")
        else:
            kept.append("?")
            if kind == "string" and "\\" in token.group():
                return printable("".join(kept)) + " ..."  # where it ends depends on a setting unseen
    kept.append(statement[place:])
    return printable("".join(kept))


def shortened(text: str, width: int) -> str:
    """At most ``width`` characters; a cut is shown."""
    return text if len(text) <= width else text[: max(0, width - 3)].rstrip() + "..."


def span(seconds: float) -> str:
    """A length of time as a person says it: 0.4 s, 42 s, 12 min, 3 h 5 min, 8 days."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 3 * 86400:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
    return f"{seconds / 86400:.0f} days"
