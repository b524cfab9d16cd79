# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables that are read from end to end by statements for which no index is advised, and why none is. Pure.

That there is no advice says nothing of the cause: a condition on an expression, a pattern, OR, IS NULL or a function
that hides its query reads a table as wholly as a missing index does. So what is read is named, with the statement, and
with what keeps an index from being advised.
"""

from __future__ import annotations

import re
from typing import Collection, Iterable, Mapping, NamedTuple, TypedDict

from ..._core.text import printable
from ..sql_text import legible_sql, without_literals
from ..work import maintains
from ..workload.grouping import inner_query
from .catalog import Catalog, Table
from .predicates import all_queries, plain_name
from .read_reasons import Read, reasons

LEAST_PASSES = 0.5  # of a table, below which it was not read from end to end (as by a LIMIT)
_PER_CALL = 0.1  # passes, below which a call of a statement does not read the table from end to end
_ONE_PASS = re.compile(r"\s*(?:COPY|CREATE\s+(?:UNIQUE\s+)?INDEX(?!\s+CONCURRENTLY))\b", re.I)
_WORD = re.compile(r'(?:[^\W\d][\w$]*|"(?:[^"]|"")+")')
_DEAD_ROWS = (
    "it has {dead:,} dead rows and {live:,} others, and each scan passes all of them: VACUUM {name}; if that removes"
    " none, end what holds back the xmin horizon; then let autovacuum run on it more often"
)


class FullRead(TypedDict):
    """A table that a statement reads from end to end, without advice. ``passes``: how often, in the window.

    ``statement`` is empty where none that took time names the table.
    """

    database: str
    schema: str
    table: str
    rows: int
    size_bytes: int
    passes: float
    seconds: float
    share: float
    statement: str
    why: str


class Reading(NamedTuple):
    """A statement that took time: its text, as it is shown, its seconds, the tables that advice covers, and how often
    it ran (0: not known). ``tested``: tables and columns of them on which an index was tried, and saved too little."""

    text: str
    shown: str
    seconds: float
    advised: frozenset[int]
    calls: int = 0
    tested: frozenset[tuple[int, str]] = frozenset()

    def tested_of(self, table: int) -> list[str]:
        return [name for oid, name in self.tested if oid == table]


def passes(table: Table) -> float:
    """How often a table was read from end to end, by the rows that were read. Dead ones are read and not counted."""
    if table.mostly_dead:
        return float(table.scans)
    return table.read / table.rows if table.rows and table.scans else 0.0


def full_reads(
    catalog: Catalog,
    gained: Mapping[int, Table],
    readings: Iterable[Reading],
    *,
    whole: float,
    min_rows: int,
    unknown: str,
) -> list[FullRead]:
    """The big tables that were read from end to end and are not explained by advice, by the seconds they concern.

    ``whole``: seconds of all statements; ``unknown``: why statements are not known, empty where they are. What
    maintenance, a dump or an export reads as a whole is not told: it is meant to. Nor is a statement named that ran far
    more often than the table was read so.
    """
    wholly = {
        oid: table
        for oid, table in gained.items()
        if max(table.rows, table.dead if table.mostly_dead else 0) >= min_rows and passes(table) >= LEAST_PASSES
    }
    reads: list[FullRead] = []
    readings = list(readings)
    explained = _maintained(catalog, wholly, readings)
    doubtful: set[int] = set()
    nameless = ""
    for reading in readings:
        if maintains(reading.text):
            continue
        named = _named(catalog, wholly, reading.text)
        explained |= {oid for oid in named if oid in reading.advised}
        seldom = {oid for oid in named if passes(wholly[oid]) < _PER_CALL * reading.calls}
        doubtful |= seldom
        named = [oid for oid in named if oid not in seldom]
        named.sort(key=lambda oid: wholly[oid].kind != "p")  # a partitioned table stands for its partitions
        for oid in named:
            if oid not in reading.advised and not explained & {oid, *_above(catalog, oid)}:
                why = why_no_advice(catalog, wholly[oid], reading.text, reading.tested_of(oid))
                reads.append(_full_read(catalog, wholly[oid], reading.seconds, whole, reading.shown, why))
                explained.add(oid)
        if not named and not seldom and not nameless and _hides(catalog, reading.text):
            nameless = reading.shown
    for oid, table in sorted(wholly.items(), key=lambda item: item[1].kind != "p"):
        if not explained & {oid, *_above(catalog, oid)} and not any(oid in reading.advised for reading in readings):
            why = (
                unknown or "no statement with execution time names it: a function, a procedure or a trigger may read it"
            )
            if table.mostly_dead:
                why = why_no_advice(catalog, table, "")
            elif oid in doubtful:
                why = "which statement reads it is not known: those that name it ran far more often than it was read so"
            elif nameless:
                why = "the statement does not name the table: a function that it calls reads it; check the plans there"
            shown = "" if oid in doubtful else nameless
            reads.append(_full_read(catalog, table, _cost(table), whole, shown, why))
            explained.add(oid)
    return sorted(reads, key=lambda read: -read["seconds"])


def _maintained(catalog: Catalog, wholly: Mapping[int, Table], readings: Iterable[Reading]) -> set[int]:
    """The tables that were read no more often than maintenance reads them: once, a second time by an index that is
    built concurrently, and again for each index where all of them are built anew."""
    expected: dict[int, float] = {}
    names = {table.relname for table in catalog.tables.values()} | {index.relname for index in catalog.indexes}
    for reading in readings:
        if not maintains(reading.text):
            continue
        words = _words(reading.text)
        by_index = {index.table for index in catalog.indexes if index.relname in words} & wholly.keys()
        of_all = set() if names & words else set(wholly)  # VACUUM FULL, REINDEX DATABASE
        once = _ONE_PASS.match(without_literals(reading.text))
        for oid in {*_named(catalog, wholly, reading.text), *by_index, *of_all}:
            most = 1 if once else 2 + len(catalog.of(oid))
            expected[oid] = expected.get(oid, 0.0) + most * max(1, reading.calls)
    return {oid for oid, number in expected.items() if passes(wholly[oid]) < number + LEAST_PASSES}


def _cost(table: Table) -> float:
    """Roughly the seconds that reading took, at 1 GB/s."""
    return 1e-9 * table.size * passes(table)


def _full_read(catalog: Catalog, table: Table, seconds: float, whole: float, statement: str, why: str) -> FullRead:
    return {
        "database": printable(catalog.database),
        "schema": printable(table.schema),
        "table": printable(table.relname),
        "rows": table.rows,
        "size_bytes": table.size,
        "passes": round(passes(table), 1),
        "seconds": round(seconds, 3),
        "share": round(min(1.0, seconds / whole), 3) if whole else 0.0,
        "statement": statement,
        "why": why,
    }


def _words(text: str) -> set[str]:
    return {plain_name(word) for word in _WORD.findall(without_literals(inner_query(text)))}


def _named(catalog: Catalog, tables: Mapping[int, Table], text: str) -> list[int]:
    """Which of the tables a text names, by themselves, by a parent of theirs or by a view over them."""
    words = _words(text)
    names: dict[int, set[str]] = {
        oid: {table.relname, *(catalog.tables[parent].relname for parent in _above(catalog, oid))}
        for oid, table in tables.items()
    }
    for view, below in catalog.views:
        for oid in below:
            if oid in names:
                names[oid].add(view)
    return [oid for oid, known in names.items() if known & words]


def _hides(catalog: Catalog, text: str) -> bool:
    """Whether a text calls something that may hold queries of its own."""
    bare = without_literals(inner_query(text)).lower()
    known = {table.relname for table in catalog.tables.values()}
    return bool(re.match(r"\s*(select|call|do|execute|with|perform)\b", bare)) and not known & _words(text)


def why_no_advice(catalog: Catalog, table: Table, text: str, tested: Collection[str] = ()) -> str:
    """Why no index is advised for a statement that reads a table from end to end, and what may serve it. ``tested``:
    columns on which an index was tried."""
    bare = without_literals(inner_query(text))
    if table.mostly_dead:
        return _DEAD_ROWS.format(dead=table.dead, live=table.live, name=legible_sql(table.name))
    if bare.endswith("..."):
        return "its text is truncated or cannot be parsed: raise track_activity_query_size, and check its plan"
    columns = {column.name: column for column in catalog.columns.get(table.oid, {}).values()}
    names = {table.relname, *(catalog.tables[oid].relname for oid in _above(catalog, table.oid))}
    views = [view for view, below in catalog.views if table.oid in below and view in _words(text)]
    if views and not names & _words(text):
        return f"it reads the table through the view {printable(views[0])}: check the plan, with the view's conditions"
    said: list[str] = []
    for query in all_queries(bare):
        aliases = {alias for dummy, name, alias in query.sources if name in names}
        if aliases:
            conditions = [words for words, narrowed in query.conditions if narrowed in ("", *aliases)]
            said += reasons(Read(catalog, table, aliases, columns, tested), conditions)
    said = list(dict.fromkeys(said))
    return "; ".join(said[:3]) if said else "check its plan with EXPLAIN"


def _above(catalog: Catalog, oid: int) -> list[int]:
    ancestors = []
    parent = catalog.parents.get(oid)
    while parent is not None and parent not in ancestors:
        ancestors.append(parent)
        parent = catalog.parents.get(parent)
    return [relation for relation in ancestors if relation in catalog.tables]
