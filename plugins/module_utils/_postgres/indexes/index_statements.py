# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The statements that build an index, under a name that is free: one, or several for a partitioned table. Pure.

An index of a partitioned table cannot be built concurrently. It is made for the parent alone, on each partition
concurrently, and attached. The first waits for writers of the table, the last for readers of a partition, and all who
come later wait behind them: so these two do not wait for long.
"""

from __future__ import annotations

from itertools import count
from typing import Collection, Sequence

from ..sql_text import LONGEST_NAME, least_quoted, legible_sql
from .catalog import LOCK_TIMEOUT, Catalog, Index, Table

_PARTITIONS = 10  # that are written out


def name_for(catalog: Catalog, table: Table, columns: Sequence[str], taken: Collection[str] = ()) -> str:
    """As PostgreSQL would name it: table, columns, ``idx``; cut to 63 bytes, and numbered where it is in use or
    ``taken``. Another schema's names count too: it is not worth a mistake."""
    in_use = {index.relname for index in catalog.indexes} | {relation.relname for relation in catalog.tables.values()}
    in_use |= {*catalog.other_names, *taken}
    stem = "_".join([table.relname, *columns]).encode()
    tails = (f"_idx{number or ''}" for number in count())
    names = (stem[: LONGEST_NAME - len(tail)].decode(errors="ignore") + tail for tail in tails)
    return next(name for name in names if name not in in_use)


def statement_of(catalog: Catalog, table: Table, columns: Sequence[str], name: str) -> str:
    """The statement to review. Empty for a partitioned table, which cannot be indexed without a lock in one go."""
    if table.kind == "p":
        return ""
    return f"CREATE INDEX CONCURRENTLY {least_quoted(name)} ON {table.name} ({_columns(catalog, table, columns)})"


def begun(catalog: Catalog, table: Table, columns: Sequence[str]) -> Index | None:
    """The index of a partitioned table that is not on all of its partitions yet: the steps were broken off."""
    numbers = catalog.numbers(table.oid, columns)
    return next((index for index in catalog.of(table.oid) if not index.valid and _is_plain(index, numbers)), None)


def steps_of(catalog: Catalog, table: Table, columns: Sequence[str], name: str) -> list[str]:
    """The statements for a partitioned table, in their order. Empty for all others, and where partitions are
    partitioned again. What there is of them already is used."""
    leaves = [catalog.tables[oid] for oid in catalog.leaves(table.oid)] if table.kind == "p" else []
    if not leaves or any(catalog.parents.get(leaf.oid) != table.oid for leaf in leaves):
        return []
    whole = begun(catalog, table, columns)
    name = whole.relname if whole else name
    create = f"CREATE INDEX {least_quoted(name)} ON ONLY {table.name} ({_columns(catalog, table, columns)})"
    steps = [] if whole else [_in_time(create)]
    taken = {name}
    todo = [leaf for leaf in leaves if not (whole and _has_part(catalog, leaf, whole))]
    for leaf in todo[:_PARTITIONS] or leaves[:1]:  # of a whole that has all its parts, one is attached again: it counts
        part, its_steps = _part(catalog, leaf, columns, whole, taken)
        taken.add(part)
        attached = f"{least_quoted(leaf.schema)}.{least_quoted(part)}"
        attach = f"ALTER INDEX {least_quoted(table.schema)}.{least_quoted(name)} ATTACH PARTITION {attached}"
        steps += [*its_steps, _in_time(attach)]
    if len(todo) > _PARTITIONS:
        steps.append(f"-- and the same for each of {len(todo) - _PARTITIONS} further partitions")
    return [legible_sql(step) for step in steps]


def _has_part(catalog: Catalog, leaf: Table, whole: Index) -> bool:
    return any(index.valid and catalog.parents.get(index.oid) == whole.oid for index in catalog.of(leaf.oid))


def _part(
    catalog: Catalog, leaf: Table, columns: Sequence[str], whole: Index | None, taken: Collection[str]
) -> tuple[str, list[str]]:
    """The name of a partition's index, and what it takes to have it."""
    for index in catalog.of(leaf.oid):
        if whole and catalog.parents.get(index.oid) == whole.oid:
            return index.relname, [] if index.valid else [f"REINDEX INDEX CONCURRENTLY {index.name}"]
    numbers = catalog.numbers(leaf.oid, columns)
    for index in catalog.of(leaf.oid):
        if index.valid and index.oid not in catalog.parents and _is_plain(index, numbers):
            return index.relname, []
    name = name_for(catalog, leaf, columns, taken)
    return name, [statement_of(catalog, leaf, columns, name)]


def _is_plain(index: Index, numbers: Sequence[int]) -> bool:
    return index.key == tuple(numbers) and not index.special


def _columns(catalog: Catalog, table: Table, columns: Sequence[str]) -> str:
    known = {column.name: column.quoted for column in catalog.columns[table.oid].values()}
    return ", ".join(known[column] for column in columns)


def _in_time(statement: str) -> str:
    return f"{LOCK_TIMEOUT}; {statement}; RESET lock_timeout"
