# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A statement's text, read for the columns that an index could serve, and the question that proves it. Pure.

The text is read and never run or planned: it comes from every login, and planning runs what was declared
immutable. What is planned instead is a statement of our own, of names from the catalog. It is true to the text only if
each comparison in it must hold for every row: so the text is taken apart into its queries, and of each only what WHERE,
or the ON of a join, wants along with everything else counts. What stands under OR, NOT, CASE or FILTER, or in a list
of results, does not. Neither does a column that does not stand alone beside an operator of a B-tree: an index on the
column serves no function of it. Where the text cannot be read to its end, nothing does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, Iterator, List, Mapping, NamedTuple, Sequence

from ..sql_text import without_literals

_NAME = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")'
_WORD = re.compile(rf"(?P<name>{_NAME})|\$\d+|::|(?P<operator>[-+*/<>=~!@#%^&|`]+)|\S")
_IS_NAME = re.compile(rf"{_NAME}\Z")
_MADE = re.compile(rf"({_NAME})\s*(?:\([^()]*\)\s*)?\bas\s+(?:not\s+)?(?:materialized\s*)?\(", re.I)  # WITH name AS (
_READS = re.compile(r"\s*\(*\s*(select|with|update|delete)\b", re.I)
_CLOSES = {"(": ")", "[": "]", "case": "end"}
_UNITED = ("union", "except", "intersect")
_QUERY = ("select", "with", "values", "table")
_SIDES = ("left", "right", "full")
_JOINS = (*_SIDES, "inner", "outer", "cross", "natural", "join")
_CLAUSES = (
    "select",
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "fetch",
    "window",
    "for",
    "returning",
)
_NO_ALIAS = (*_JOINS, "using", "tablesample", "lateral", "only", "as")
_EQUAL = ("=", "in")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_COMPARES = (*_EQUAL, *_FLIPPED, "between")
# What makes something else of a comparison, or compares otherwise.
_SPOILS = (
    "<>",
    "!=",
    "not",
    "is",
    "isnull",
    "notnull",
    "like",
    "ilike",
    "similar",
    "collate",
    "all",
    "symmetric",
    "overlaps",
)
MOST_COLUMNS = 4  # of one table that are tried, by twos; each try is one more plan


@dataclass
class IndexNeed:
    """What a query asks of one table; plain names of columns. ``ranged``: those of ``other`` that have two bounds.
    ``casts``: the type, as the text has it, of values that are cast."""

    equal: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    sorted_by: list[str] = field(default_factory=list)
    ranged: list[str] = field(default_factory=list)
    casts: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (self.equal or self.other)

    @property
    def parameters(self) -> int:
        """How many values ``question`` asks with."""
        return len(self.equal) + len(self.other) + len(self.ranged)

    def candidates(self) -> list[tuple[str, ...]]:
        """Columns to try, in the order of the index: each alone, each two, and what is equal followed by the sort."""
        columns = list(dict.fromkeys([*self.equal, *self.other]))[:MOST_COLUMNS]
        column_lists: list[tuple[str, ...]] = [(column,) for column in columns]
        column_lists += [
            pair for pair in permutations(columns, 2) if pair[0] in self.equal or pair[1] not in self.equal
        ]
        if self.sorted_by:
            head = tuple(self.equal[:2])
            tail = tuple(column for column in self.sorted_by[:2] if column not in head)
            column_lists += [head[:1] + tail, head + tail]
        return [column for column in dict.fromkeys(column_lists) if column]


class Square(List[Any]):
    """What stood in square brackets."""


class Query(NamedTuple):
    """One SELECT, UPDATE or DELETE of a statement. A list among the words is what stood in brackets.

    ``sources``: schema (may be empty), name and alias of each table. ``closed``: it has no other source of columns.
    ``conditions``: words that must be true, and the alias that alone they narrow (empty: whomever they name).
    """

    sources: list[tuple[str, str, str]]
    closed: bool
    conditions: list[tuple[list[Any], str]]
    order: list[Any]


def is_read(text: str) -> bool:
    """Whether an index could serve it at all."""
    return bool(_READS.match(without_literals(text)))


def plain_name(quoted: str) -> str:
    """A name as the catalog has it."""
    return quoted[1:-1].replace('""', '"') if quoted.startswith('"') else quoted.lower()


def queries_of(text: str) -> list[Query]:
    """The queries of a statement that want something of a table, those in brackets too."""
    bare = without_literals(text)
    tree = None if bare.endswith("...") else _tree(bare)  # it was cut, and what follows could be an OR
    made = {plain_name(name) for name in _MADE.findall(bare)}
    queries = []
    for query in _queries(tree or []):
        tables = [source for source in query.sources if source[0] or source[1] not in made]
        if tables and query.conditions:
            queries.append(query._replace(sources=tables, closed=query.closed and tables == query.sources))
    return queries


def all_queries(text: str) -> list[Query]:
    """Every query of a statement that reads a table, those without a condition too; none where it cannot be read."""
    bare = without_literals(text)
    tree = None if bare.endswith("...") else _tree(bare)
    return [query for query in _queries(tree or []) if query.sources]


def _tree(bare: str) -> list[Any] | None:
    """Words in small letters, what stands in brackets or from CASE to END as a list; None if they do not match."""
    tree: list[Any] = []
    open_: list[tuple[str, list[Any]]] = [("", tree)]
    for match in _WORD.finditer(bare):
        word = match.group() if match.group().startswith('"') else match.group().lower()
        inside = open_[-1][1]
        if inside[-1:] != ["."] and word in _CLOSES:
            inside.append(["case"] if word == "case" else Square() if word == "[" else [])
            open_.append((_CLOSES[word], inside[-1]))
        elif inside[-1:] != ["."] and word in _CLOSES.values():
            if open_.pop()[0] != word:
                return None
        elif match.lastgroup == "operator" and not set(word) & set("~!@#%^&|`"):
            short = word.rstrip("+-")  # "=-" is two operators, by PostgreSQL's rule
            inside += [short, *word[len(short) :]] if short else [word]
        else:
            inside.append(word)
    return tree if len(open_) == 1 else None


def _queries(words: list[Any]) -> Iterator[Query]:
    alone = not any(word in _UNITED for word in words)
    begin = 0
    for place, word in enumerate([*words, ";"]):
        if word == ";" or word in _UNITED:
            yield _query(words[begin:place], alone)
            begin = place + 1
    for word in words:
        if isinstance(word, list):
            yield from _queries(word)


def _query(words: list[Any], alone: bool) -> Query:
    """One query, of its own words. ``alone``: its order is its own, and not that of a union."""
    clauses = list(_clauses(words))
    side = kind = last = ""
    tables: list[list[Any]] = []
    conditions: list[tuple[list[Any], str]] = []
    for name, its in clauses:
        if name in _SIDES:
            side = name
        elif name == "join":
            kind, side = side, ""
        if name in ("from", "join"):
            tables.append(its)
        elif name == "where" or (name == "on" and last != "on" and not kind):
            conditions.append((its, ""))
        # Of two ON in a row the second belongs to a join further out, whose kind is forgotten by then. An outer join
        # keeps every row of one side, whatever ON says: it narrows the other one.
        elif name == "on" and last != "on" and kind == "left":
            conditions += [(its, alias) for dummy, dummy2, alias in _sources(tables[-1:])[-1:]]
        last = name
    names = {name for name, dummy in clauses}
    own = alone and names & {"limit", "fetch"} and "group" not in names and "distinct" not in words
    sources = _sources(tables)
    closed = len(sources) == sum(1 + its.count(",") for its in tables)
    return Query(sources, closed, conditions, next((its[1:] for name, its in clauses if own and name == "order"), []))


def _clauses(words: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Its clauses: the word that begins each, and those that follow."""
    name: str = ""
    its: list[Any] = []
    for before, word, after in zip(["", *words], words, [*words[1:], ""]):
        inert = isinstance(word, list) or before in (".", "as") or after == "."
        begins = "" if inert else _begins(name, before, word, after)
        if begins:
            yield name, its
            name, its = begins, []
        else:
            its.append(word)
    yield name, its


def _begins(clause: str, before: Any, word: str, after: Any) -> str:
    """The clause that a word begins, after such a one; empty where it begins none."""
    joining = clause in ("from", "on", *_JOINS)
    if clause == "conflict" or (word == "on" and after == "conflict"):
        return "conflict" if clause != "conflict" else ""  # what follows is about rows to be written
    if word in _JOINS:
        return word if joining and not (word in _SIDES and isinstance(after, list)) else ""
    if word == "on":
        return "on" if joining and clause != "from" else ""
    if word in ("update", ",", "using"):
        more = {"update": not clause, ",": clause == "on", "using": clause == "from" and not isinstance(after, list)}
        return "from" if more[word] else ""
    if word == "set":
        return "set" if clause == "from" else ""
    return word if word in _CLAUSES and before != "distinct" else ""


def _sources(tables: list[list[Any]]) -> list[tuple[str, str, str]]:
    """The tables among the things in a FROM; a function or a query in brackets is none."""
    sources = []
    for its in tables:
        things: list[list[Any]] = [[]]
        for word in its:
            if word == ",":
                things.append([])
            elif word not in ("only", "lateral", "as"):
                things[-1].append(word)
        sources += [source for thing in things for source in _source([*thing, "", "", "", ""])]
    return sources


def _source(thing: list[Any]) -> list[tuple[str, str, str]]:
    """``[schema .] name [alias]`` and whatever follows, or nothing."""
    schema, (name, alias) = (thing[0], thing[2:4]) if thing[1] == "." else ("", thing[:2])
    if isinstance(alias, list) or not all(isinstance(part, str) for part in (schema, name)):
        return []
    if not _IS_NAME.match(name):
        return []
    said = alias if _IS_NAME.match(alias) and alias not in _NO_ALIAS else name
    return [(plain_name(schema), plain_name(name), plain_name(said))]


def index_needs(query: Query, tables: Mapping[str, Sequence[str]]) -> dict[str, IndexNeed]:
    """What it asks of each table. ``tables``: the columns by alias. A name that fits two tables belongs to neither."""
    needs: dict[str, IndexNeed] = {alias: IndexNeed() for alias in tables}
    closed = query.closed and all(alias in tables for dummy, dummy2, alias in query.sources)

    def owner(qualifier: str, column: str) -> str:
        if qualifier:
            return qualifier if column in tables.get(qualifier, ()) else ""
        having = [alias for alias, columns in tables.items() if column in columns]
        return having[0] if closed and len(having) == 1 else ""

    def mentions(words: list[Any], alias: str, inner: bool = False) -> bool:
        for before, word, after in zip(["", *words], words, [*words[1:], ""]):
            if isinstance(word, list):
                if mentions(word, alias, inner or word[:1] in (["select"], ["with"])):
                    return True
            elif _IS_NAME.match(word) and before not in (".", "::") and not isinstance(after, list):
                its = plain_name(word) == alias
                if its if after == "." else not inner and plain_name(word) in tables[alias]:
                    return True
        return False

    bounds: dict[tuple[str, str], str] = {}
    for words, narrowed in query.conditions:
        for side, operator, others in _comparisons(words):
            qualifier, name = column_alone(side)
            alias = owner(qualifier, name)
            if alias and narrowed in ("", alias) and not mentions(others, alias):
                _note(needs[alias].equal if operator in _EQUAL else needs[alias].other, name)
                needs[alias].casts.setdefault(name, _cast_of(others))
                bounds[alias, name] = bounds.get((alias, name), "") + ("<>" if operator == "between" else operator)
    first = query.order[: query.order.index(",")] if "," in query.order else query.order
    qualifier, name = column_alone(first[:-1] if first[-1:] in (["asc"], ["desc"]) else first)
    if owner(qualifier, name):
        _note(needs[owner(qualifier, name)].sorted_by, name)
    for alias, need in needs.items():
        need.other = [column for column in need.other if column not in need.equal]
        need.ranged = [column for column in need.other if {"<", ">"} <= set(bounds[alias, column])]
    return {alias: need for alias, need in needs.items() if not need.empty}


def conjuncts(words: list[Any], alternatives: bool = True) -> Iterator[list[Any]]:
    """What must be true, each. ``alternatives``: also what is joined by OR, as one; else nothing of that."""
    if "or" in words:
        if alternatives:
            yield words
        return
    part: list[Any] = []
    between = False
    for word in [*words, "and"]:
        if word == "and" and not between:
            if len(part) == 1 and isinstance(part[0], list) and part[0][:1] != ["case"]:
                yield from conjuncts(part[0], alternatives) if part[0][:1] not in [[each] for each in _QUERY] else ()
            else:
                yield part
            part = []
            continue
        between = word == "between" or (between and word != "and")
        part.append(word)


def _comparisons(words: list[Any]) -> Iterator[tuple[list[Any], str, list[Any]]]:
    """Each side of each comparison that must hold, with the operator and the other side."""
    for conjunct in conjuncts(words, alternatives=False):
        places = [place for place, word in enumerate(conjunct) if word in _COMPARES]
        if len(places) != 1 or any(word in _SPOILS for word in conjunct):
            continue
        left, operator, right = conjunct[: places[0]], conjunct[places[0]], conjunct[places[0] + 1 :]
        many = right[:1] in (["any"], ["some"]) or left[:1] in (["any"], ["some"])
        if (many and operator != "=") or (operator == "in" and len(right) != 1):
            continue
        yield left, operator, right
        if operator not in ("in", "between"):
            yield right, _FLIPPED.get(operator, operator), left


def column_alone(words: list[Any]) -> tuple[str, str]:
    """Qualifier and name where the words are a column and nothing else; else a name that is none."""
    names = words[::2]
    if len(words) not in (1, 3) or (len(words) == 3 and words[1] != "."):
        return "", ""
    if any(isinstance(name, list) or not _IS_NAME.match(name) for name in names):
        return "", ""
    return plain_name(names[0]) if len(names) == 2 else "", plain_name(names[-1])


def _cast_of(words: list[Any]) -> str:
    """The type to which a value, or the first of several, is cast as a whole; empty where it is not."""
    if words[:1] in (["any"], ["some"]) or (len(words) == 1 and isinstance(words[0], list)):
        return _cast_of(words[-1]) if isinstance(words[-1], list) else ""
    for end in ("and", ","):
        words = words[: words.index(end)] if end in words else words
    if words[:1] == ["cast"] and isinstance(words[-1], list) and "as" in words[-1]:
        words = ["", "::", *words[-1][words[-1].index("as") + 1 :]]
    if "::" not in words:
        return ""
    value, rest = words[: words.index("::")], words[words.index("::") + 1 :]
    named = [word for word in rest if isinstance(word, str)]  # in brackets: a length, or an array
    last = len(named) - named[::-1].index("::") if "::" in named else 0
    whole = len(value) == 1 or (len(value) == 2 and isinstance(value[1], list)) or value[1:2] == ["."]
    plain = all(word == "::" or word.isidentifier() for word in named)
    return " ".join(named[last:]) if whole and plain else ""


def question(table: str, quoted: Mapping[str, str], need: IndexNeed, types: Mapping[str, str]) -> str:
    """A statement of our own that asks the same of one table: every name from the catalog, no value at all.

    ``types``: the catalog's names for those that values are cast to. A value of another type than the column's may
    make another comparison of it, which no index of the column serves."""
    asked = [(column, "=") for column in need.equal] + [(column, ">") for column in need.other]
    asked += [(column, "<") for column in need.ranged]  # the planner takes a range for narrower than what has one end
    casts = {column: f"::{types[cast]}" for column, cast in need.casts.items() if cast in types}
    conditions = [
        f"{quoted[column]} {operator} ${place}{casts.get(column, '')}"
        for place, (column, operator) in enumerate(asked, 1)
    ]
    order = ", ".join(quoted[column] for column in need.sorted_by)
    tail = f" ORDER BY {order} LIMIT 20" if order else ""
    return f"SELECT * FROM {table} WHERE {' AND '.join(conditions)}{tail}"


def cost(plan: Mapping[str, Any]) -> float:
    """The planner's own estimate for the whole statement."""
    return float(plan["Plan"]["Total Cost"])


def _note(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)
