# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which index first? Advice with its evidence, the exact statement to review, and what building it takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from .indexes import LOCK, Catalog, ForeignKey, Table
from .statements import printable

LEAST_GAIN = 0.5  # share of the planner's cost that a hypothetical index must save
_CLOSE = 1.2
_LONGEST_NAME = 63
_HEADER, _FILL = 16, 0.9  # bytes of a B-tree's entry beside its columns; how full its pages are built


@dataclass
class Candidate:
    """An index that some statements, or a foreign key, would be served by.

    ``seconds`` of the window that it concerns; ``before`` and ``after``: the planner's cost of the statement that it
    helps most, None where nothing was proved.
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
    worth: float = 0.0

    @property
    def proved(self) -> bool:
        return self.after is not None

    @property
    def gain(self) -> float:
        """The share of the cost that it saves; the half is taken for one that could not be tried."""
        if self.before is None or self.after is None:
            return LEAST_GAIN
        return 1 - self.after / self.before if self.before else 0.0


def merge(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One for each table and columns; one whose columns begin another's is served by it."""
    found: dict[tuple[int, tuple[str, ...]], Candidate] = {}
    for one in sorted(candidates, key=lambda each: (-len(each.columns), each.columns)):
        longer = [key for key in found if key[0] == one.table.oid and key[1][: len(one.columns)] == one.columns]
        if not longer:
            found[one.table.oid, one.columns] = one
            continue
        kept = found[longer[0]]
        kept.seconds += one.seconds
        kept.worth += one.worth
        kept.statements += [text for text in one.statements if text not in kept.statements]
        kept.foreign_key, kept.near = kept.foreign_key or one.foreign_key, kept.near or one.near
    return list(found.values())


def of_foreign_keys(
    catalog: Catalog, missing: Iterable[tuple[ForeignKey, str]], gained: Mapping[int, Table]
) -> list[Candidate]:
    """Each row that goes from the parent, or changes its key, has the whole child read for it, under a lock.

    Ranked by the rows that the parent lost (in the window, and by the way before it) times the pages of the child.
    """
    found = []
    for key, near in missing:
        child, parent = catalog.tables.get(key.table), catalog.tables.get(key.parent)
        if child is None or parent is None:
            continue
        now = gained.get(key.parent, parent)
        lost = 100 * (now.deleted + now.updated) + parent.deleted + 0.1 * parent.updated
        names = tuple(catalog.columns[key.table][number].name for number in key.columns)
        worth = 1e-9 * (1 + lost) * child.size
        found.append(Candidate(child, names, foreign_key=key.name, near=near, worth=worth))
    return found


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Proved before guessed, by the seconds of the window that each would save; then foreign keys by their cost."""
    return sorted(
        candidates,
        key=lambda one: (-(one.seconds * one.gain if one.proved else 0.0), -one.seconds, -one.worth, one.table.name),
    )


def name_for(catalog: Catalog, candidate: Candidate) -> str:
    """As PostgreSQL would name it: table, columns, ``idx``; cut to 63 bytes, and numbered where it is taken."""
    taken = {one.relname for one in catalog.indexes} | {one.relname for one in catalog.tables.values()}
    stem = "_".join([candidate.table.relname, *candidate.columns])
    for number in range(len(taken) + 1):
        tail = f"_idx{number or ''}"
        head = stem.encode()[: _LONGEST_NAME - len(tail)].decode(errors="ignore")
        if head + tail not in taken:
            return head + tail
    return ""


def size_of(catalog: Catalog, candidate: Candidate) -> int:
    """Bytes, estimated from the widths of the columns."""
    known = {column.name: column for column in catalog.columns.get(candidate.table.oid, {}).values()}
    width = sum((known[name].width or 8) if name in known else 8 for name in candidate.columns)
    return int(candidate.table.rows * (width + _HEADER) / _FILL)


def statement_of(catalog: Catalog, candidate: Candidate, name: str) -> str:
    """The statement to review. Empty for a partitioned table, which cannot be indexed without a lock in one go."""
    if candidate.table.kind == "p":
        return ""
    known = {column.name: column.quoted for column in catalog.columns[candidate.table.oid].values()}
    columns = ", ".join(known[one] for one in candidate.columns)
    return f"CREATE INDEX CONCURRENTLY {_quoted(name)} ON {candidate.table.name} ({columns})"


def _quoted(name: str) -> str:
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain else '"' + name.replace('"', '""') + '"'


def told(catalog: Catalog, candidate: Candidate, gained: Mapping[int, Table], window: float | None) -> dict[str, Any]:
    """One piece of advice for people and for the role build_index."""
    table, name = candidate.table, name_for(catalog, candidate)
    writes = gained[table.oid].writes / window if window and table.oid in gained else None
    size = candidate.size or size_of(catalog, candidate)
    return {
        "kind": "statement" if candidate.statements else "foreign_key",
        "schema": table.schema,
        "table": table.relname,
        "columns": list(candidate.columns),
        "name": name,
        "statement": printable(statement_of(catalog, candidate, name)),
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
    }


def _why(candidate: Candidate) -> str:
    said = []
    if candidate.statements:
        many = "1 statement" if len(candidate.statements) == 1 else f"{len(candidate.statements)} statements"
        said.append(f"{many} of {candidate.seconds:.1f} s in the window")
        if candidate.proved:
            said.append(
                f"the planner's cost falls from {candidate.before:.0f} to {candidate.after:.0f} with it (hypopg)"
            )
        else:
            said.append("not proved: look at the plan")
    if candidate.foreign_key:
        said.append(
            f"the foreign key {printable(candidate.foreign_key)} has no index: for every row that goes from its parent"
            f" all of {printable(candidate.table.name)} is read"
        )
    if candidate.near:
        said.append(f"{candidate.near} and does not serve it")
    if candidate.table.kind == "p":
        said.append("the table is partitioned: build it on each partition concurrently, then attach them")
    return "; ".join(said)


def scans(catalog: Catalog, gained: Mapping[int, Table], least_rows: int, top: int) -> list[dict[str, Any]]:
    """Big tables that were read from end to end during the window, the most rows first."""
    found = [one for one in gained.values() if one.scans and one.rows >= least_rows]
    return [
        {
            "table": printable(one.name),
            "rows": one.rows,
            "size_bytes": one.size,
            "scans": one.scans,
            "rows_read": one.read,
            "indexes": [printable(index.relname) for index in catalog.of(one.oid)],
        }
        for one in sorted(found, key=lambda each: -each.read)[:top]
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
    close = [one for one in tries if one[1] <= _CLOSE * best]
    return min(close, key=lambda one: (len(one[0]), one[1]))
