# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Statement texts made fit to be shown and kept: no literals, no control characters. Pure.

A statement holds what customers typed, and sometimes a password. What cannot be distinguished with
certainty goes too: a text that was cut off inside a string, a string whose backslashes may or may not
escape its end (standard_conforming_strings is a setting of a session that is not ours), a name in double
quotes where a value belongs (``email = "ada@example.org"``, a habit from other databases), the value of a
setting and of a password. Lexical rules: PostgreSQL documentation, "Lexical Structure".
"""

from __future__ import annotations

import re
from functools import lru_cache

from .._core.lazy import lazy
from .._core.text import printable

# The words that are no name without quotes (pg_get_keywords, categories R and T, 14 to 18).
_RESERVED_WORDS = (
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check "
    "collate collation column concurrently constraint create cross current_catalog current_date "
    "current_role current_schema current_time current_timestamp current_user default deferrable desc "
    "distinct do else end except false fetch for foreign freeze from full grant group having ilike in "
    "initially inner intersect into is isnull join lateral leading left like limit localtime "
    "localtimestamp natural not notnull null offset on only or order outer overlaps placing primary "
    "references returning right select session_user similar some symmetric system_user table tablesample "
    "then to trailing true union unique user using variadic verbose when where window with "
)
_RESERVED = frozenset(_RESERVED_WORDS.split())
LONGEST_NAME = 63  # bytes of a name, of an object or an application, that PostgreSQL keeps
_TOKEN = lazy(
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
_COMPARES = r"(?:[=<>]|~\*?|\bI?LIKE|\bSIMILAR\s+TO)"
_VALUE_FOLLOWS = lazy(
    rf"(?:{_COMPARES}|\bPASSWORD|\bIN\s*\(|\?\x01?\"?\s*,|\bBETWEEN(?:\s+SYMMETRIC)?(?:\s+\S+\s+AND)?)\s*\Z", re.I
)
# lower(email) = lower("Ada"): a value where the statement has this name nowhere else, as it would have a column's.
_ARGUMENT_FOLLOWS = lazy(rf"{_COMPARES}\s*[\w.]+\s*\(\s*\Z", re.I)
# A statement without a table has no columns: a name in quotes within parentheses is a value, unless it is one of these.
_NO_TABLE = lazy(r"\s*(?:SELECT|CALL|EXECUTE)\b(?!.*\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\b)", re.I | re.S)
_NAME_FOLLOWS, _IS_NAME = lazy(r"(?:\bAS|::|\bCOLLATE|\bOVER)\s*\Z", re.I), lazy(r"\s*(?:\(|=>|:=)")
_QUOTED_NAME, _ESCAPE = lazy(r'"(?:[^"]|"")*"'), "\\"  # U&"...": Lexical Structure, Identifiers
_STRINGS = lazy(r"'[^']*'")
# The functions that take an advisory lock until the transaction ends; others take it until the session does.
_LOCKS_UNTIL_COMMIT = lazy(r"\bpg_(?:try_)?advisory_xact_lock", re.I)
_LOCKS_UNTIL_DISCONNECT = lazy(r"\bpg_(?:try_)?advisory_lock", re.I)
_AFTER_VALUES = frozenset({"ON", "RETURNING", "SELECT", "FROM", "AS"})
_HIDDEN_NAME = '"?"'
_SETTING = lazy(
    r"((?:\A|;)\s*(?:SET\s+(?:SESSION\s+|LOCAL\s+)?|(?:ALTER|CREATE(?:\s+OR\s+REPLACE)?)\s+"
    r"(?:ROLE|USER|GROUP|DATABASE|SYSTEM|FUNCTION|PROCEDURE|ROUTINE)\b[^;]*?\bSET\s+)"
    r"[\w.\"]+\s*(?:=|\bTO\b))[^;]*",
    re.I,
)
_PASSWORD = lazy(r"\b((?:CREATE|ALTER)\s+(?:ROLE|USER|GROUP)\b[^;]*?\bPASSWORD)\b[^;]*", re.I)
_STRING = "?\x01"
_GLUED = lazy(r"\x01[\w$]*")  # what stands right behind a string belonged to it, or was meant to
# What sqlcommenter, Rails and Marginalia write of the code that sent a statement. Other comments may hold anything.
_CODE_PATH = ("application", "namespaced_controller", "controller", "action", "route", "job", "framework")
_TAG = lazy(rf"(?<![\w-])({'|'.join(_CODE_PATH)}|traceparent)\s*[=:]\s*'?([\w.:/%{{}}<>#-]{{1,200}})")


@lru_cache(maxsize=1024)
def without_literals(statement: str) -> str:
    """Every literal as ``?``, comments dropped, white space folded.

    >>> without_literals("UPDATE t SET name = 'Ada', seats = 4 WHERE id = $1 -- by hand")
    'UPDATE t SET name = ?, seats = ? WHERE id = $1'
    """
    kept: list[str] = []
    place = 0
    values = False  # between VALUES and what ends its lists
    calls = '"' in statement and bool(_NO_TABLE.match(_STRINGS.sub("", statement)))
    depth = 0
    for token in _TOKEN.finditer(statement):
        gap = statement[place : token.start()]
        kept.append(gap)
        depth += gap.count("(") - gap.count(")")
        place = token.end()
        kind = token.lastgroup if token.lastgroup != "tag" else "dollar"
        text = token.group()
        if kind == "word":
            values = text.upper() == "VALUES" or (values and text.upper() not in _AFTER_VALUES)
        if kind == "name":
            dotted = statement[place : place + 1] == "."
            before = "".join(kept[-8:])
            value = (
                values
                or bool(_VALUE_FOLLOWS.search(before))
                or (statement.count(text) == 1 and bool(_ARGUMENT_FOLLOWS.search(before)))
                or (calls and depth > 0 and not _NAME_FOLLOWS.search(before) and not _IS_NAME.match(statement, place))
            )
            value = value and not dotted and not before.endswith(".")
            kept.append(_HIDDEN_NAME if value or "@" in text else text)
        elif kind in ("parameter", "word"):
            kept.append(text)
        elif kind == "comment":
            if text.count("/*") > 1:
                return _without_settings(kept) + " ..."  # comments nest; where this one ends is not known
            kept.append(" ")
        else:
            kept.append("?" if kind == "number" else _STRING)
            if kind == "string" and "\\" in text:
                return _without_settings(kept) + " ..."  # where it ends depends on a setting unseen
    kept.append(statement[place:])
    return _without_settings(kept)


def _without_settings(kept: list[str]) -> str:
    """The rest of the work on a whole text: values without quotes, then one line."""
    text = _SETTING.sub(r"\1 ?", _GLUED.sub("", "".join(kept)))
    return printable(_PASSWORD.sub(r"\1 ?", text))


@lru_cache(maxsize=1024)
def legible_statement(statement: str) -> str:
    """``without_literals``, with the code path that its comments name in front, and its trace behind.

    >>> legible_statement("SELECT 1 /*action='pay',controller='orders'*/")
    '/* action=pay, controller=orders */ SELECT ?'
    """
    tags = dict(_tags(statement))
    trace = tags.pop("traceparent", "")
    path = ", ".join(f"{name}={value}" for name, value in tags.items())
    parts = [
        f"/* {path} */" if path else "",
        without_literals(statement),
        f"/* traceparent={trace} */" if trace else "",
    ]
    return " ".join(part for part in parts if part)


def _tags(statement: str) -> list[tuple[str, str]]:
    if "/*" not in statement:
        return []
    comments = [token.group() for token in _TOKEN.finditer(statement) if token.lastgroup == "comment"]
    return [(name, value) for comment in comments for name, value in _TAG.findall(comment)]


def identifier(name: str) -> str:
    """A name that came from a catalog, quoted so that it is one name in a statement whatever it holds.

    The rule is PostgreSQL's (Lexical Structure, Identifiers): between double quotes only those are doubled. The
    driver's own function speaks the connection's encoding, which is not that of legible text.
    """
    return '"' + name.replace("\x00", "").replace('"', '""') + '"'


def least_quoted(name: str) -> str:
    """The same, without quotes where the name is one without them too."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain and name not in _RESERVED else identifier(name)


def plain_identifier(name: str) -> str:
    """The same for people, who copy it."""
    return legible_sql(least_quoted(name))


def legible_sql(statement: str) -> str:
    """A statement that holds names and no texts, on one line, to be copied: what ``printable`` would change in a name
    is written as its code point, since without it the statement would mean another object.

    >>> legible_sql('DROP INDEX "a  b"')
    'DROP INDEX U&"a\\0020\\0020b"'
    """
    return printable(_QUOTED_NAME.sub(_by_code_points, statement))


def _by_code_points(match: re.Match[str]) -> str:
    name = match.group()
    if printable(name) == name:
        return name
    return f'U&"{"".join(c if c == printable(c) and c != _ESCAPE else _code_point(c) for c in name[1:-1])}"'


def _code_point(character: str) -> str:
    number = ord(character)
    return f"{_ESCAPE}{number:04X}" if number <= 0xFFFF else f"{_ESCAPE}+{number:06X}"


def locks_until_commit(statement: str) -> bool:
    """Whether a statement takes an advisory lock that ends with its transaction."""
    return bool(_LOCKS_UNTIL_COMMIT.search(without_literals(statement)))


def locks_until_disconnect(statement: str) -> bool:
    """Whether a statement takes an advisory lock that ends with its session."""
    return bool(_LOCKS_UNTIL_DISCONNECT.search(without_literals(statement)))
