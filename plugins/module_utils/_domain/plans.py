# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A statement's text, read for the columns that an index could serve, and the question that proves it. Pure.

The text is read and never run or planned: it comes from whoever has a login, and planning runs what was declared
immutable. What is planned instead is a statement of our own, of names from the catalog. Only a column that stands alone
beside an operator of a B-tree counts: an index on the column serves no function of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, Mapping, Sequence

from .statements import without_literals

_NAME = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")'
_READS = re.compile(r"^\s*(select|with|update|delete)\b", re.I)
# Words that stand where an alias could.
_NO_ALIAS = (
    "where|on|set|join|left|right|inner|full|cross|natural|group|order|limit|using|for|union|except|intersect|having"
    "|window|returning|offset|fetch|tablesample|lateral|only|from|as|and|or|then|else|end|is|in|not|between|like|asc|desc"
)
_SOURCE = re.compile(
    rf"(?:\bfrom|\bjoin|\bupdate|,)\s+(?:only\s+)?(?:({_NAME})\s*\.\s*)?({_NAME})"
    rf"(?:\s+(?:as\s+)?(?!(?:{_NO_ALIAS})\b)({_NAME}))?",
    re.I,
)
# A column alone, after what begins a condition, before an operator that a B-tree serves.
_COMPARED = re.compile(
    rf"(?:\bwhere|\band|\bor|\bon|\bnot|\()\s*(?:({_NAME})\s*\.\s*)?({_NAME})\s*"
    r"(=|<=|>=|<|>|\bin\b|\bbetween\b)(?![=<>~!@#%^&|?*/+-])",
    re.I,
)
_JOINED = re.compile(rf"(?<![=<>!~])=\s*({_NAME})\s*\.\s*({_NAME})(?!\s*[(.\[+*/%|>-])", re.I)
_SORTED = re.compile(
    rf"\border\s+by\s+(?:({_NAME})\s*\.\s*)?({_NAME})\s*(?:asc\b|desc\b)?\s*(?=,|limit\b|fetch\b|offset\b)", re.I
)
_LIMITED = re.compile(r"\b(limit|fetch)\b", re.I)
_EQUAL = ("=", "in")
MOST_COLUMNS = 4  # of one table that are tried, by twos; each try is one more plan


@dataclass
class Wish:
    """What a statement asks of one table; plain names of columns."""

    equal: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    sorted_by: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.equal or self.other)

    def candidates(self) -> list[tuple[str, ...]]:
        """Columns to try, in the order of the index: each alone, each two, and what is equal followed by the sort."""
        columns = list(dict.fromkeys([*self.equal, *self.other]))[:MOST_COLUMNS]
        found: list[tuple[str, ...]] = [(one,) for one in columns]
        found += [pair for pair in permutations(columns, 2) if pair[0] in self.equal or pair[1] not in self.equal]
        if self.sorted_by:
            head = tuple(self.equal[:2])
            tail = tuple(one for one in self.sorted_by[:2] if one not in head)
            found += [head[:1] + tail, head + tail]
        return [one for one in dict.fromkeys(found) if one]


def is_read(text: str) -> bool:
    """Whether an index could serve it at all."""
    return bool(_READS.match(text))


def plain_name(quoted: str) -> str:
    """A name as the catalog has it."""
    return quoted[1:-1].replace('""', '"') if quoted.startswith('"') else quoted.lower()


def sources(text: str) -> list[tuple[str, str, str]]:
    """The tables that it names: schema (may be empty), name, and the alias by which it speaks of each."""
    found = []
    for schema, name, alias in _SOURCE.findall(without_literals(text)):
        table = plain_name(name)
        found.append((plain_name(schema) if schema else "", table, plain_name(alias) if alias else table))
    return found


def wishes(text: str, tables: Mapping[str, Sequence[str]]) -> dict[str, Wish]:
    """What it asks of each table. ``tables``: the columns of each, by alias. A name that two could mean is nobody's."""
    bare = without_literals(text)
    found: dict[str, Wish] = {alias: Wish() for alias in tables}

    def owner(qualifier: str, column: str) -> str:
        if qualifier:
            alias = plain_name(qualifier)
            return alias if column in tables.get(alias, ()) else ""
        having = [alias for alias, columns in tables.items() if column in columns]
        return having[0] if len(having) == 1 else ""

    for qualifier, name, operator in _COMPARED.findall(bare):
        alias = owner(qualifier, plain_name(name))
        if alias:
            _note(found[alias].equal if operator.lower() in _EQUAL else found[alias].other, plain_name(name))
    for qualifier, name in _JOINED.findall(bare):
        alias = owner(qualifier, plain_name(name))
        if alias:
            _note(found[alias].equal, plain_name(name))
    for qualifier, name in _SORTED.findall(bare) if _LIMITED.search(bare) else []:
        alias = owner(qualifier, plain_name(name))
        if alias:
            _note(found[alias].sorted_by, plain_name(name))
    for wish in found.values():
        wish.other = [one for one in wish.other if one not in wish.equal]
    return {alias: wish for alias, wish in found.items() if not wish.empty}


def question(table: str, quoted: Mapping[str, str], wish: Wish) -> str:
    """A statement of our own that asks the same of one table: every name from the catalog, no value at all."""
    conditions = [f"{quoted[one]} = ${place}" for place, one in enumerate(wish.equal, 1)]
    conditions += [f"{quoted[one]} > ${place}" for place, one in enumerate(wish.other, len(wish.equal) + 1)]
    order = ", ".join(quoted[one] for one in wish.sorted_by)
    tail = f" ORDER BY {order} LIMIT 20" if order else ""
    return f"SELECT * FROM {table} WHERE {' AND '.join(conditions)}{tail}"


def cost(plan: Mapping[str, Any]) -> float:
    """The planner's own estimate for the whole statement."""
    return float(plan["Plan"]["Total Cost"])


def _note(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)
