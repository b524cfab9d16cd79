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
from typing import Sequence

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
    rf"(?:{_COMPARES}|\bIS\s+(?:NOT\s+)?DISTINCT\s+FROM|\bPASSWORD|\bIN\s*\(|\?\x01?\"?\s*,|\bBETWEEN(?:\s+SYMMETRIC)?(?:\s+\S+\s+AND)?)\s*\Z",
    re.I,
)
# lower(email) = lower("Ada"): a value where the statement has this name nowhere else, as it would have a column's.
_ARGUMENT_FOLLOWS = lazy(rf"{_COMPARES}\s*[\w.]+\s*\(\s*\Z", re.I)
# A statement without a table has no columns: a name in quotes within parentheses is a value, unless it is one of these.
_NO_TABLE = lazy(r"\s*(?:SELECT|CALL|EXECUTE)\b(?!.*\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\b)", re.I | re.S)
# INSERT ... SELECT "Ada": without a table in its own FROM the list has values only. With one, a column's name stays.
_INSERTS, _INSERT_SELECT = (
    lazy(r"\s*INSERT\b", re.I),
    lazy(r"\s*INSERT\b.*\bSELECT\b(?!.*\b(?:FROM|JOIN)\b)", re.I | re.S),
)
_LIST_FOLLOWS = lazy(r"\bSELECT(?:\s+(?:ALL|DISTINCT))?\s*\Z|,\s*\Z", re.I)
# THEN "Ada": a branch. a || "Ada": a part of a text, where names without a capital or a blank are often columns.
_BRANCH_FOLLOWS, _PART_FOLLOWS = lazy(r"\b(?:THEN|ELSE)\s*\Z", re.I), lazy(r"\|\|\s*\Z")
# (a, b) = ("Ada", "Bob"), a = ANY(ARRAY["Ada"]), a @> ARRAY["Ada"]: what is compared, one by one.
_OPENS_VALUES = lazy(
    rf"(?:{_COMPARES}\s*(?:\bROW\s*)?|(?:{_COMPARES}\s*\b(?:ANY|ALL|SOME)\s*\(|@>|<@|&&)\s*ARRAY)\s*\Z", re.I
)
_FIRST_OF, _LAST_OF = lazy(r"[(\[,]\s*\Z"), lazy(r"\s*[,)\]]")
# coalesce(name, "Ada Lovelace"): functions whose later arguments are mostly values.
_TAKES_VALUES = lazy(r"(?:COALESCE|NULLIF|GREATEST|LEAST|CONCAT|CONCAT_WS|REPLACE|FORMAT|IFNULL|NVL|[LR]PAD)\Z", re.I)
# "Ada Lovelace" = name
_COMPARED_WITH_NAME = lazy(
    r"\s*(?:=|<>|!=)\s*(?!(?:null|true|false|any|all|some|array|row|case|current_\w+|localtime\w*)\b)[a-z_][\w.]*"
    r"\s*(?:\)|;|\Z|\b(?:AND|OR|ORDER|GROUP|LIMIT|FOR|RETURNING)\b)",
    re.I,
)
_LOOKS_BACK = 80  # characters that show what opens a list of values
_CLAUSES = frozenset({"SELECT", "FROM", "WHERE", "SET", "ON", "HAVING", "RETURNING", "VALUES", "USING"})
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
    places = _Places(statement) if '"' in statement else None
    for token in _TOKEN.finditer(statement):
        gap = statement[place : token.start()]
        kept.append(gap)
        depth += gap.count("(") - gap.count(")")
        if places:
            places.pass_over(gap, kept)
        place = token.end()
        kind = token.lastgroup if token.lastgroup != "tag" else "dollar"
        text = token.group()
        if kind == "word":
            values = text.upper() == "VALUES" or (values and text.upper() not in _AFTER_VALUES)
            if places:
                places.read(text)
        if kind == "name":
            dotted = statement[place : place + 1] == "."
            before = "".join(kept[-8:])
            value = (
                values
                or bool(_VALUE_FOLLOWS.search(before))
                or (statement.count(text) == 1 and bool(_ARGUMENT_FOLLOWS.search(before)))
                or (places is not None and places.has_value(text, before, place))
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


class _Places:
    """Where in a statement a name in quotes stands for a value: its parentheses, by what opened them, and its clause.

    A name that the statement has elsewhere too is a column's. So may one be that no other place shows: what may be
    either is hidden if it is no plain identifier (``"Ada Lovelace"``).
    """

    def __init__(self, statement: str) -> None:
        self.statement = statement
        self.opened: list[str] = []
        self.word = self.clause = ""
        inserts = _INSERTS.match(statement)
        self.lists_values = bool(inserts and _INSERT_SELECT.match(_outside_parentheses(_STRINGS.sub("", statement))))

    def pass_over(self, gap: str, kept: Sequence[str]) -> None:
        """What stands between two tokens; ``kept`` ends with it."""
        for number, character in enumerate(gap):
            if character in "([":
                before = ("".join(kept[-9:-1]) + gap[:number])[-_LOOKS_BACK:]
                called = self.word if not gap[:number].strip() else ""
                self.opened.append("=" if _OPENS_VALUES.search(before) else called)
            elif character in ")]" and self.opened:
                self.opened.pop()
        if gap.strip():
            self.word = ""

    def read(self, word: str) -> None:
        self.word = word
        if word.upper() in _CLAUSES:
            self.clause = word.upper()
            if self.clause == "SELECT" and self.opened:
                self.opened[-1] = ""  # a query in parentheses

    def has_value(self, name: str, before: str, end: int) -> bool:
        """Whether this name, which ends there, is a value."""
        stands = self._may_be_value(name, before, end)
        return stands and self.statement.count(name) == 1 and not _IS_NAME.match(self.statement, end)

    def _may_be_value(self, name: str, before: str, end: int) -> bool:
        opened = self.opened[-1] if self.opened else ""
        alone = bool(_FIRST_OF.search(before) and _LAST_OF.match(self.statement, end))
        if _BRANCH_FOLLOWS.search(before) or (opened == "=" and alone):
            return True
        if self.lists_values and self.clause == "SELECT" and not self.opened and _LIST_FOLLOWS.search(before):
            return True
        inner = name[1:].rstrip('"')
        if _PART_FOLLOWS.search(before):
            return inner != inner.lower() or not inner.isidentifier()
        if inner.isidentifier():
            return False
        if alone and before.rstrip().endswith(",") and _TAKES_VALUES.match(opened):
            return True
        return self.clause == "WHERE" and bool(_COMPARED_WITH_NAME.match(self.statement, end))


def _outside_parentheses(text: str) -> str:
    kept, depth = [], 0
    for character in text:
        depth = max(0, depth + (character == "(") - (character == ")"))
        kept.append(" " if depth else character)
    return "".join(kept)


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
