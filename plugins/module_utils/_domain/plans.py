# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A statement's plan, read for the columns that an index could serve. Pure.

The planner has done the parsing: with VERBOSE it names every column by its alias. What is compared with ``=`` comes
first in an index, then what is compared otherwise, then what the result is sorted by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, Iterable, Iterator, Mapping

from .statements import without_literals

_NAME = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")'
_COLUMN = re.compile(rf"({_NAME})\.({_NAME})\s*\)*(?:::[\w ]+(?:\(\d+\))?)?\s*(=|<=|>=|<|>|~~|IS NULL)?")
_CONDITIONS = ("Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter")
_SCANS = ("Seq Scan", "Parallel Seq Scan", "Index Scan", "Bitmap Heap Scan", "Index Only Scan")
_PLANNABLE = re.compile(r"^\s*(select|with|update|delete)\b", re.I)
_CALL = re.compile(rf"(?:({_NAME})\s*\.\s*)?({_NAME})\s*\(")
MOST_COLUMNS = 4  # of one table that are tried, by twos; each try is one more EXPLAIN


@dataclass
class Wish:
    """What a statement asks of one table."""

    schema: str
    table: str
    equal: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    sorted_by: list[str] = field(default_factory=list)
    scanned: bool = False  # by a sequential scan

    def candidates(self) -> list[tuple[str, ...]]:
        """Columns to try, in the order of the index: each alone, each two, and what is equal followed by the sort."""
        columns = list(dict.fromkeys([*self.equal, *self.other]))[:MOST_COLUMNS]
        found: list[tuple[str, ...]] = [(one,) for one in columns]
        found += [pair for pair in permutations(columns, 2) if pair[0] in self.equal or pair[1] not in self.equal]
        if self.sorted_by:
            head = tuple(self.equal[:2])
            tail = tuple(one for one in self.sorted_by[:2] if one not in head)
            found += [head[:1] + tail, head + tail, tail]
        return [one for one in dict.fromkeys(found) if one]


def may_be_planned(text: str) -> bool:
    """One statement of a kind that can be explained, with nothing cut off: the text becomes part of ours."""
    if not _PLANNABLE.match(text):
        return False
    bare = without_literals(text)
    return ";" not in bare and not bare.endswith("...") and "<insufficient" not in text


def is_read(text: str) -> bool:
    """Whether an index could serve it at all."""
    return bool(_PLANNABLE.match(text))


def calls(text: str) -> set[str]:
    """What stands before a parenthesis: functions, and words of SQL. A qualified name counts as nobody's own."""
    found = set()
    for schema, name in _CALL.findall(without_literals(text)):
        plain = plain_name(name)
        own = not schema or plain_name(schema) == "pg_catalog"
        found.add(plain if own else f"{schema}.{name}")
    return found


def plain_name(quoted: str) -> str:
    """A name as the catalog has it."""
    return quoted[1:-1].replace('""', '"') if quoted.startswith('"') else quoted.lower()


def cost(plan: Mapping[str, Any]) -> float:
    """The planner's own estimate for the whole statement."""
    return float(plan["Plan"]["Total Cost"])


def wishes(plan: Mapping[str, Any]) -> list[Wish]:
    """What the statement asks of each table that it reads."""
    nodes = list(_nodes(plan["Plan"]))
    by_alias: dict[str, Wish] = {}
    for node in nodes:
        if node.get("Relation Name") and node["Node Type"] in _SCANS:
            alias = node.get("Alias", node["Relation Name"])
            wish = by_alias.setdefault(alias, Wish(node.get("Schema", ""), node["Relation Name"]))
            wish.scanned = wish.scanned or node["Node Type"].endswith("Seq Scan")
    for node in nodes:
        for name in _CONDITIONS:
            for alias, column, operator in _COLUMN.findall(str(node.get(name, ""))):
                asked = by_alias.get(plain_name(alias))
                if asked is not None:
                    _note(asked.equal if operator in ("=", "IS NULL") else asked.other, plain_name(column))
        for sort_key in node.get("Sort Key", []) if node["Node Type"].endswith("Sort") else []:
            found = _COLUMN.match(sort_key)
            asked = by_alias.get(plain_name(found.group(1))) if found else None
            if found and asked is not None:
                _note(asked.sorted_by, plain_name(found.group(2)))
    for wish in by_alias.values():
        wish.other = [one for one in wish.other if one not in wish.equal]
    return list(by_alias.values())


def _note(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def guess(text: str, schema: str, table: str, columns: Iterable[str]) -> Wish | None:
    """The same from the text alone, where no plan is to be had: columns of the table that are compared."""
    bare = without_literals(text)
    words = {plain_name(word) for word in re.findall(_NAME, bare)}
    if table not in words:
        return None
    known = set(columns)
    wish = Wish(schema, table)
    after_where = (
        re.split(r"\bwhere\b", bare, maxsplit=1, flags=re.I)[-1] if re.search(r"\bwhere\b", bare, re.I) else ""
    )
    for name, operator in re.findall(rf"({_NAME})\s*(=|<=|>=|<|>|\bin\b|\bbetween\b)", after_where, re.I):
        if plain_name(name) in known:
            _note(wish.equal if operator in ("=", "in", "IN") else wish.other, plain_name(name))
    wish.other = [one for one in wish.other if one not in wish.equal]
    return wish if wish.equal or wish.other else None
