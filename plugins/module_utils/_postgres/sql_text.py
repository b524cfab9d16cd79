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

from .._core.text import printable

LONGEST_NAME = 63  # bytes of a name, of an object or an application, that PostgreSQL keeps
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


def identifier(name: str) -> str:
    """A name that came from a catalog, quoted so that it is one name in a statement whatever it holds.

    The rule is PostgreSQL's (Lexical Structure, Identifiers): between double quotes only those are doubled. The
    driver's own function speaks the connection's encoding, which is not that of legible text.
    """
    return '"' + name.replace("\x00", "").replace('"', '""') + '"'


def plain_identifier(name: str) -> str:
    """The same for people: a name that is the same without quotes has none."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain else identifier(name)
