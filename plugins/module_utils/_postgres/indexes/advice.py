# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which index first? Advice with its evidence, the exact statement to review, and what building it takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection, Iterable, Mapping, NamedTuple, Sequence, TypedDict

from ..._core.text import printable, span
from ..sql_text import legible_sql
from .catalog import FEW, LOCK, Catalog, ForeignKey, Table
from .index_statements import begun, name_for, statement_of, steps_of

LEAST_GAIN = 0.5  # share of the planner's cost that a hypothetical index must save
NARROW = ", if a range has the 0.5% of the rows that the planner takes it to have"
_CLOSE = 1.2
_READING = 1e-9  # seconds to read a byte of a table that lies in memory
_FAINT = 1e-9
_UNKNOWN = 0.01  # the share that a value is taken to have where there are no statistics
_MANY = 0.2  # a share of the rows that an index is not used for
_HEADER, _FILL = 16, 0.9  # bytes of a B-tree's entry beside its columns; how full its pages are built


class AdviceReport(TypedDict):
    """An index to build. ``cost_before`` and ``cost_after``: the planner's, None where nothing was proved."""

    kind: str
    schema: str
    table: str
    columns: list[str]
    name: str
    statement: str
    why: str
    proved: bool
    cost_before: float | None
    cost_after: float | None
    gain: float | None
    seconds: float
    statements: list[str]
    size_bytes: int
    table_bytes: int
    writes_per_second: float | None
    lock: str
    database: str
    steps: list[str]


class ScanReport(TypedDict):
    """A big table that was read from end to end during the window."""

    table: str
    rows: int
    size_bytes: int
    scans: int
    rows_read: int
    indexes: list[str]
    database: str


@dataclass
class Candidate:
    """An index that some statements, or a foreign key, would be served by.

    ``seconds`` of the window that it concerns; ``before`` and ``after``: the planner's cost of the statement that it
    helps most, None where nothing was proved. ``running``: since how many seconds its statements have been running,
    where no counter has grown by what they read, since none of them has ended; 0 for all others.
    """

    table: Table
    columns: tuple[str, ...]  # plain names, in the order of the index
    seconds: float = 0.0
    before: float | None = None
    after: float | None = None
    size: int = 0
    statements: list[str] = field(default_factory=list)
    foreign_key: str = ""
    near: str = ""  # an index that only seems to serve
    worth: float = 0.0  # seconds that a foreign key cost, roughly
    running: float = 0.0
    chosen: str = ""  # what speaks for its columns where it was not proved, or what the planner assumed where it was
    tried: tuple[str, ...] = ()  # the columns that were proved, where they are only the first of these

    @property
    def proved(self) -> bool:
        return self.after is not None

    @property
    def gain(self) -> float:
        """The share of the cost that it saves; the half is taken for one that could not be tried."""
        if self.before is None or self.after is None:
            return LEAST_GAIN
        return 1 - self.after / self.before if self.before else 0.0

    @property
    def saved(self) -> float:
        """Seconds of the window that it is proved to save."""
        return self.seconds * self.gain if self.proved else 0.0

    def take(self, other: Candidate) -> None:
        """Serve another's statements too, whose columns these begin with. What was proved for it is true of these."""
        if other.proved and (not self.proved or other.saved > self.saved):
            self.before, self.after, self.tried = other.before, other.after, other.tried or other.columns
            self.chosen = other.chosen
        if other.statements:
            self.running = min(self.running, other.running) if self.statements else other.running
        self.seconds += other.seconds
        self.worth += other.worth
        self.statements += [text for text in other.statements if text not in self.statements]
        self.foreign_key, self.near = self.foreign_key or other.foreign_key, self.near or other.near


def merge(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One for each table and columns; one whose columns begin another's is served by it."""
    merged: dict[tuple[int, tuple[str, ...]], Candidate] = {}
    for candidate in sorted(candidates, key=lambda each: (-len(each.columns), each.columns)):
        longer = [
            key
            for key in merged
            if key[0] == candidate.table.oid and key[1][: len(candidate.columns)] == candidate.columns
        ]
        if not longer:
            merged[candidate.table.oid, candidate.columns] = candidate
            continue
        merged[longer[0]].take(candidate)
    return list(merged.values())


def cost_of(catalog: Catalog, key: ForeignKey, gained: Mapping[int, Table]) -> float:
    """Roughly the seconds that a foreign key without an index cost: for each row that went from the parent the whole
    child was read, under a lock. What went before the window only ranks those that cost nothing in it, and so do
    updates: the child is read for those of the key alone, which the counters do not separate from others."""
    child, parent = catalog.tables.get(key.table), catalog.tables.get(key.parent)
    if child is None or parent is None:
        return 0.0
    once = _READING * child.size
    return once * (gained.get(key.parent, parent).deleted + _FAINT * (1 + parent.deleted + 0.1 * parent.updated))


def by_cost(
    catalog: Catalog, missing: Iterable[tuple[ForeignKey, str]], gained: Mapping[int, Table]
) -> list[tuple[ForeignKey, str]]:
    """Foreign keys without an index, the dearest first."""
    return sorted(missing, key=lambda candidate: (-cost_of(catalog, candidate[0], gained), candidate[0].name))


def of_foreign_keys(
    catalog: Catalog, missing: Iterable[tuple[ForeignKey, str]], gained: Mapping[int, Table]
) -> list[Candidate]:
    """An index for each foreign key that has none."""
    candidates_found = []
    for key, near in missing:
        child = catalog.tables.get(key.table)
        if child is None or key.parent not in catalog.tables:
            continue
        names = tuple(catalog.columns[key.table][number].name for number in key.columns)
        worth = cost_of(catalog, key, gained)
        candidates_found.append(Candidate(child, names, foreign_key=key.name, near=near, worth=worth))
    return candidates_found


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Proved before guessed, by the seconds of the window that each would save or concerns; foreign keys by theirs."""
    return sorted(
        candidates,
        key=lambda candidate: (
            not candidate.proved,
            -candidate.saved,
            -(candidate.seconds + candidate.worth),
            candidate.table.name,
            candidate.columns,
        ),
    )


class Columns(NamedTuple):
    """Columns for an index that cannot be tried, and what speaks for them; none where they would not help."""

    columns: tuple[str, ...]
    why: str = ""


def by_selectivity(catalog: Catalog, table: Table, equal: Sequence[str], other: Sequence[str]) -> Columns:
    """What is equal first, the most selective before all, by the statistics; at most two, and the second only where
    the first leaves many rows."""
    known = {column.name: column for column in catalog.columns.get(table.oid, {}).values()}
    shares = {name: known[name].selectivity(table.rows) if name in known else None for name in (*equal, *other)}
    chosen = sorted(equal, key=lambda name: _UNKNOWN if shares[name] is None else float(shares[name] or 0.0))
    first = shares[chosen[0]] if chosen else None
    if first is not None and first >= _MANY and not other and len(chosen) == 1:
        return Columns(())
    columns = tuple([*chosen, *other][:2])
    if first is not None and first * table.rows <= FEW and not other:
        columns = columns[:1]
    said = [f"one value of {printable(name)} has about {shares[name]:.2%} of the rows" for name in columns
            if name in equal and shares[name] is not None]  # fmt: skip
    return Columns(columns, f" ({'; '.join(said)})" if said else "; the statistics of its columns are not known")


def size_of(catalog: Catalog, candidate: Candidate) -> int:
    """Bytes, estimated from the widths of the columns."""
    known = {column.name: column for column in catalog.columns.get(candidate.table.oid, {}).values()}
    width = sum((known[name].width or 8) if name in known else 8 for name in candidate.columns)
    return int(candidate.table.rows * (width + _HEADER) / _FILL)


def advice_dicts(
    catalog: Catalog, candidates: Iterable[Candidate], gained: Mapping[int, Table], window: float | None
) -> list[AdviceReport]:
    """Advice for people and for the role build_index. All of it can be followed: each name is given once."""
    reports: list[AdviceReport] = []
    for candidate in candidates:
        names = [report["name"] for report in reports]
        reports.append(advice_dict(catalog, candidate, gained, window, names))
    return reports


def advice_dict(
    catalog: Catalog,
    candidate: Candidate,
    gained: Mapping[int, Table],
    window: float | None,
    taken: Collection[str] = (),
) -> AdviceReport:
    """One piece of advice. ``taken``: names of others."""
    table, columns = candidate.table, candidate.columns
    there = begun(catalog, table, columns) if table.kind == "p" else None
    name = there.relname if there else name_for(catalog, table, columns, taken)
    writes = gained[table.oid].writes / window if window and table.oid in gained else None
    size = candidate.size or size_of(catalog, candidate)
    return {
        "kind": _kind(candidate),
        "schema": table.schema,
        "table": table.relname,
        "columns": list(columns),
        "name": name,
        "statement": legible_sql(statement_of(catalog, table, columns, name)),
        "why": _why(candidate),
        "proved": candidate.proved,
        "cost_before": candidate.before,
        "cost_after": candidate.after,
        "gain": round(candidate.gain, 3) if candidate.proved else None,
        "seconds": round(candidate.seconds, 3),
        "statements": candidate.statements[:5],
        "size_bytes": size,
        "table_bytes": table.size,
        "writes_per_second": round(writes, 1) if writes is not None else None,
        "lock": LOCK,
        "database": printable(catalog.database),
        "steps": steps_of(catalog, table, columns, name),
    }


def _kind(candidate: Candidate) -> str:
    """``running`` is a guess about work whose reads nothing has counted yet: no playbook builds for it."""
    if not candidate.statements:
        return "foreign_key"
    return "running" if candidate.running and not candidate.proved else "statement"


def _why(candidate: Candidate) -> str:
    said = []
    if candidate.statements:
        many = "1 statement" if len(candidate.statements) == 1 else f"{len(candidate.statements)} statements"
        said.append(f"{many} of {candidate.seconds:.1f} s in the window")
        if candidate.proved:
            it = f"an index on {printable(', '.join(candidate.tried))} alone" if candidate.tried else "this index"
            said.append(
                f"the planner's cost falls from {candidate.before:.0f} to {candidate.after:.0f} with {it}"
                f" (hypopg){candidate.chosen}"
            )
        elif candidate.running:
            said.append(f"running for {span(candidate.running)}; PostgreSQL counts its reads only when it ends")
            said.append("not proved: check the plan with EXPLAIN")
        else:
            said.append(f"not proved: check the plan with EXPLAIN{candidate.chosen}")
    if candidate.foreign_key:
        said.append(
            f"the foreign key {printable(candidate.foreign_key)} has no index: each delete of a parent row"
            f" scans all of {printable(candidate.table.name)}"
        )
    if candidate.near:
        said.append(f"{candidate.near} and cannot be used for it")
    if candidate.table.kind == "p":
        said.append("the table is partitioned: build it on each partition concurrently, then attach them")
    return "; ".join(said)


def scans(catalog: Catalog, gained: Mapping[int, Table], least_rows: int, top: int) -> list[ScanReport]:
    """Big tables that were read from end to end during the window, the most rows first."""
    most_read = [
        table_gain
        for table_gain in gained.values()
        if table_gain.scans and table_gain.rows >= least_rows and table_gain.kind != "p"
    ]
    return [
        {
            "table": printable(table_gain.name),
            "rows": table_gain.rows,
            "size_bytes": table_gain.size,
            "scans": table_gain.scans,
            "rows_read": table_gain.read,
            "indexes": [printable(index.relname) for index in catalog.of(table_gain.oid)],
            "database": printable(catalog.database),
        }
        for table_gain in sorted(most_read, key=lambda each: -each.read)[:top]
    ]


def cheapest(
    tries: Sequence[tuple[tuple[str, ...], float, int]], before: float
) -> tuple[tuple[str, ...], float, int] | None:
    """The index that saves most, or None. Of those that cost hardly more than the best, the one with fewest columns:
    so little more that, once it is built, the best would not be advised after it."""
    if not tries:
        return None
    best = min(cost for dummy, cost, dummy2 in tries)
    if before <= 0 or 1 - best / before < LEAST_GAIN:
        return None
    close = [attempt for attempt in tries if attempt[1] <= _CLOSE * best]
    return min(close, key=lambda candidate: (len(candidate[0]), candidate[1]))
