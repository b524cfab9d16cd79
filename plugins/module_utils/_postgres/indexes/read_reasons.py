# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps an index from serving a condition of a statement, and which index may. Pure.

It depends on the side on which the column stands: a cast, a function or arithmetic there needs an index on that
expression, and on the other side nothing. A subquery is a statement of its own: what it compares is not looked at.
"""

from __future__ import annotations

import re
from typing import Any, Collection, Mapping, NamedTuple, Sequence

from ..._core.text import printable
from ..sql_text import legible_sql
from .catalog import Catalog, Column, Table
from .predicates import Square, column_alone, conjuncts, plain_name

_NAME = re.compile(r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")')
_EQUAL = ("=", "in")
_RANGES = ("<", ">", "<=", ">=", "between")
_UNEQUAL = ("<>", "!=", "!~", "!~*", "!~~", "!~~*")
_CONTAINS = ("@>", "<@", "@@", "&&")
_PATTERNS = ("like", "ilike", "similar", "~", "~*", "~~", "~~*")
_OPERATORS = (*_EQUAL, *_RANGES, *_UNEQUAL, *_CONTAINS, *_PATTERNS)
_QUERY = ("select", "with", "values", "table")
_QUANTIFIED = ("any", "some", "all")
_ZONED = ("at time", "time zone")  # AT TIME ZONE, and the type WITH TIME ZONE: no columns at and time
_SHOWN = 100
_MANY_ROWS = 0.2  # of a table, from which on an index of the column would not be used
_EXPRESSION = "compares an expression: an index on that expression may support it"
_SUBQUERY = (
    "depends on a subquery: check the plan with EXPLAIN, and whether the columns that are compared there have an index"
)
_UNEQUAL_ROWS = (
    "an inequality selects most rows as a rule; where it selects few, a partial index with that condition may help"
)


class Read(NamedTuple):
    """A table that a query reads: its names there, its columns, and those of them with an index on which it was
    tested whether the query gains by one."""

    catalog: Catalog
    table: Table
    aliases: Collection[str]
    columns: Mapping[str, Column]
    tested: Collection[str] = ()


def reasons(read: Read, conditions: Sequence[Sequence[Any]]) -> list[str]:
    """One for each condition on the table; one, where there is no condition."""
    about = [part for words in conditions for part in conjuncts(list(words)) if _mentions(read, part, deep=True)]
    if not about:
        return ["no condition restricts the rows, so all are read: read fewer rows, or cache the result"]
    return [f"{_shown(part)}{_reason(read, part)}" for part in about]


def _reason(read: Read, words: Sequence[Any]) -> str:
    """What follows the condition itself."""
    if "or" in words:
        return ": under OR each side needs an index of its own"
    if "exists" in words or not _mentions(read, words):
        return f" {_SUBQUERY}"
    if words[:1] == ["not"] or any(word in _UNEQUAL for word in words):
        return f": {_UNEQUAL_ROWS}"
    for place, word in enumerate(words):
        if word in ("is", "isnull", "notnull"):
            return _of_test(read, words[:place], [word, *words[place + 1 :]])
    for place, word in enumerate(words):
        if _is_key_operator(words, place) or word in _CONTAINS:
            return ": a GIN index on the column may support that operator (for ranges and geometry a GiST index)"
        if word == "not":  # NOT IN, NOT LIKE, NOT BETWEEN
            return f": {_UNEQUAL_ROWS}"
        if word in _OPERATORS:
            return _of_comparison(read, words[:place], str(word), words[place + 1 :])
    name = _column(read, words)
    return f": {_of_column(read, name, '=', ())}" if name else f" {_EXPRESSION}"


def _of_test(read: Read, left: Sequence[Any], test: Sequence[Any]) -> str:
    """``IS NULL`` and its kin, and IS DISTINCT FROM, which is a comparison."""
    rest = [word for word in test if word not in ("is", "not")]
    if rest[:2] == ["distinct", "from"]:
        if "not" not in test:
            return f": {_UNEQUAL_ROWS}"
        return ": PostgreSQL uses no index for IS NOT DISTINCT FROM: compare with =, and look for NULL with IS NULL"
    column = read.columns.get(_column(read, left))
    nulls = rest in (["null"], ["isnull"], ["notnull"])
    if column is None or column.nulls is None or not nulls:
        return ": a partial index with that condition may help, if few rows match it"
    share = 1 - column.nulls if "not" in test or rest == ["notnull"] else column.nulls
    if share > _MANY_ROWS:
        return f": {share:.0%} of the rows match it, so that no index helps"
    if read.catalog.serves(read.table.oid, [column.number]):
        return f": {_unused(read, column)}"
    return f": a partial index with that condition may help: {share:.1%} of the rows match it"


def _of_comparison(read: Read, left: Sequence[Any], operator: str, right: Sequence[Any]) -> str:
    sides = [side for side in (left, right) if _mentions(read, side)]
    if operator in _PATTERNS:
        if sides == [right]:
            return ": the column holds the pattern, for which there is no index"
        return (
            ": an index with text_pattern_ops may support a pattern with a fixed prefix; a pattern that begins"
            " with %, ILIKE and regular expressions need a GIN index with gin_trgm_ops (pg_trgm)"
        )
    for side in sides:
        if side[:1] and side[0] in _QUANTIFIED:
            return ": to look in an array, write column @> ARRAY[value]: a GIN index on the column may support that"
    if "collate" in (*left, *right):
        return " compares by another collation: an index with that COLLATE may support it"
    names = [_column(read, side) for side in sides]
    if len(sides) == 2 and len(_qualifiers(read, left) ^ _qualifiers(read, right)) == 2 and any(names):
        sides = [side for side, name in zip(sides, names) if name]  # the table is joined with itself
        names = [_column(read, side) for side in sides]
    elif len(sides) == 2:
        return " compares columns of one row: a partial index with that condition may help, if few rows match it"
    if names[0]:
        other = right if sides[0] is left else left
        if operator == "in" and len(other) == 1 and other[0][:1] in [[word] for word in _QUERY]:
            return f" {_SUBQUERY}"
        return f": {_of_column(read, names[0], operator, other)}"
    inner = _unwrapped(sides[0])
    if "," in inner and len(sides[0]) == 1:
        return " compares several columns at once: an index on them, in this order, may support it"
    if _column(read, _without_cast(inner)):
        return " compares a cast: compare the column itself, or create an index on that expression"
    return f" {_EXPRESSION}"


def _of_column(read: Read, name: str, operator: str, other: Sequence[Any]) -> str:
    """Of a column that stands alone: why an index on it is not advised."""
    column, equal = read.columns[name], operator in _EQUAL
    share = column.selectivity(read.table.rows)
    is_cast = "::" in _flat(other) or "cast" in other
    if read.catalog.searched(read.table.oid, [column.number], equal):
        return _unused(read, column, ", or the value is cast to another type than the column's" if is_cast else "")
    if equal and share is not None and share >= _MANY_ROWS:
        shown = printable(name)
        return (
            f"about {share:.0%} of the rows have one value of {shown}: for that value no index helps; for a rare one a"
            f" partial index (WHERE {shown} = that value) may, check its plan with EXPLAIN"
        )
    if share is None:
        return (
            f"the statistics of {printable(name)} are not known here (ANALYZE, or GRANT pg_read_all_data):"
            " check its plan with EXPLAIN"
        )
    if name not in read.tested:
        return "check its plan with EXPLAIN"
    taken = ", which takes a third of the rows to match" if operator in _RANGES and operator != "between" else ""
    cast = "; the value is cast: compare with one of the column's own type" if is_cast else ""
    return f"check its plan with EXPLAIN: a test with an index on it saved less than half of the cost{taken}{cast}"


def _unused(read: Read, column: Column, more: str = "") -> str:
    return (
        f"there is an index on {printable(column.name)} that is not used: too many rows match, or the"
        f" statistics are old (ANALYZE {legible_sql(read.table.name)}){more}"
    )


def _is_key_operator(words: Sequence[Any], place: int) -> bool:
    """Whether a ``?`` is jsonb's operator: a value follows it, or one of ``|`` and ``&``, which make one operator of
    it behind a name or a bracket. A literal that is not shown is followed by no value."""
    before, after = words[place - 1] if place else "", words[place + 1] if place + 1 < len(words) else ""
    if words[place] != "?" or not before:
        return False
    value = after == "?" or (isinstance(after, str) and after.startswith("$"))
    operand = isinstance(before, list) or (bool(_NAME.fullmatch(before)) and before not in ("and", "between", "in"))
    return value or (after in ("|", "&") and operand)


def _mentions(read: Read, words: Sequence[Any], deep: bool = False) -> bool:
    """Whether a column of the table stands there. ``deep``: or within a subquery."""
    for before, word, after in zip(["", *words], words, [*words[1:], ""]):
        if isinstance(word, list):
            if (deep or word[:1] not in [[query] for query in _QUERY]) and _mentions(read, word, deep):
                return True
        elif _NAME.fullmatch(word) and before not in (".", "::", "as"):
            zoned = f"{before} {word}" in _ZONED or f"{word} {after}" in _ZONED
            if not zoned and plain_name(word) in (read.aliases if after == "." else read.columns):
                return True
    return False


def _qualifiers(read: Read, words: Sequence[Any]) -> set[str]:
    """The names of the table that stand before its columns there."""
    flat = _flat(words)
    return {
        plain_name(word) for word, after in zip(flat, flat[1:]) if after == "." and plain_name(word) in read.aliases
    }


def _column(read: Read, words: Sequence[Any]) -> str:
    """The column that stands alone there, in brackets or not; empty where there is more, or another table's."""
    qualifier, name = column_alone(_unwrapped(words))
    return name if name in read.columns and (not qualifier or qualifier in read.aliases) else ""


def _unwrapped(words: Sequence[Any]) -> list[Any]:
    inner = list(words)
    while len(inner) == 1 and isinstance(inner[0], list):
        inner = inner[0]
    return inner


def _without_cast(words: Sequence[Any]) -> list[Any]:
    if words[:1] == ["cast"] and len(words) == 2 and "as" in words[1]:
        return _without_cast(words[1][: words[1].index("as")])
    return _without_cast(_unwrapped(words[: words.index("::")])) if "::" in words else _unwrapped(words)


def _flat(words: Sequence[Any]) -> list[str]:
    flat_words: list[str] = []
    for word in words:
        if isinstance(word, list):
            begin, end = ("", "end") if word[:1] == ["case"] else ("[", "]") if isinstance(word, Square) else ("(", ")")
            flat_words += [each for each in (begin, *_flat(word), end) if each]
        else:
            flat_words.append(word)
    return flat_words


def _shown(words: Sequence[Any]) -> str:
    text = " ".join(_flat(words))
    for wide, narrow in (
        ("( ", "("),
        (" )", ")"),
        (" [ ", "["),
        (" ]", "]"),
        (" . ", "."),
        (" ,", ","),
        (" :: ", "::"),
    ):
        text = text.replace(wide, narrow)
    text = re.sub(r"\b(?!(?:and|or|not|in)\b)(\w+) \(", r"\1(", text)
    return printable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
