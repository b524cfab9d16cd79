# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables and indexes as the catalog has them, and what is wrong with them whatever the workload. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Container, Iterable, Mapping, NamedTuple, Sequence, TypedDict

from ..._core.text import printable
from ..sql_text import legible_sql

_DEAD_TO_LIVE = 4
LOCK_TIMEOUT = "SET lock_timeout = '2s'"  # before a lock behind which readers or writers would queue
FEW = 100  # rows that need no second column
LOCK = "SHARE UPDATE EXCLUSIVE: reads and writes continue; other DDL and VACUUM of the table wait until it is built"


class IndexReport(TypedDict):
    """An index that could go, and why; ``statement`` drops it, or rebuilds it where it cannot go alone."""

    index: str
    table: str
    why: str
    size_bytes: int
    scans: int
    statement: str
    database: str


class Table(NamedTuple):
    """One table; ``name`` is quoted and qualified. Bytes; counters since the statistics were reset.

    ``rows``: those that it has or had when it was analysed; ``live`` and ``dead``: now, as far as is counted."""

    oid: int
    schema: str
    relname: str
    name: str
    kind: str
    size: int
    rows: int
    scans: int = 0
    read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    live: int = 0
    dead: int = 0

    @property
    def writes(self) -> int:
        return self.inserted + self.updated + self.deleted

    @property
    def mostly_dead(self) -> bool:
        """Whether a scan of it passes more dead rows than others by far."""
        return self.dead >= _DEAD_TO_LIVE * max(1, self.live)


class Column(NamedTuple):
    """``distinct`` as in pg_stats: a number, or the negative share of the rows; None where not analysed."""

    number: int
    name: str
    quoted: str
    nulls: float | None = None
    width: int | None = None
    distinct: float | None = None
    sortable: bool = True  # its type has an order, so that a B-tree can hold it
    common: float | None = None  # the share of the rows that have its most common value

    def selectivity(self, rows: int) -> float | None:
        """The share of a table's rows that one value is expected to have; None where it was not analysed.

        The mean over the values, or, where one value is very common, what it adds if it is asked for as often as it
        occurs.
        """
        if self.distinct is None or not rows:
            return None
        values = self.distinct if self.distinct > 0 else -self.distinct * rows
        return max(1 / max(1.0, values), (self.common or 0.0) ** 2)


class Index(NamedTuple):
    """One index; ``keys`` are column numbers (0: an expression), the first ``columns`` are keys, the rest included."""

    oid: int
    table: int
    relname: str
    name: str
    keys: tuple[int, ...]
    columns: int
    classes: str
    method: str
    valid: bool = True
    unique: bool = False
    needed: bool = False  # primary key, exclusion, replica identity
    constraint: bool = False
    partial: bool = False
    expressions: bool = False
    size: int = 0
    scans: int = 0
    building: bool = False
    partitioned: bool = False
    defined: tuple[str, str] = ("", "")
    plain: bool = True  # every column by its type's default operator class

    @property
    def special(self) -> bool:
        """Whether there is more to it than its columns: how they are sorted (at the end of ``classes``), which rows."""
        sorted_otherwise = any(option != "0" for option in self.classes.rpartition("/")[2].split())
        shaped = self.partial or self.expressions or self.unique or len(self.keys) != self.columns
        return sorted_otherwise or shaped or self.method != "btree" or not self.plain

    @property
    def key(self) -> tuple[int, ...]:
        return self.keys[: self.columns]


class ForeignKey(NamedTuple):
    """``table`` refers to ``parent`` by ``columns``."""

    table: int
    parent: int
    name: str
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Catalog:
    """Everything about a database's tables that advice rests on."""

    tables: Mapping[int, Table]
    indexes: Sequence[Index]
    foreign_keys: Sequence[ForeignKey]
    columns: Mapping[int, Mapping[int, Column]] = field(default_factory=dict)
    days: float | None = None  # since the statistics were reset; None: never
    standbys: int = 0
    database: str = ""
    parents: Mapping[int, int] = field(default_factory=dict)  # of partitions and children, and of their indexes
    other_names: Sequence[str] = ()  # of relations that are neither tables nor indexes: an index cannot have them
    views: Sequence[tuple[str, frozenset[int]]] = ()  # their names, and the tables below each

    @cached_property
    def _by_table(self) -> dict[int, list[Index]]:
        by_table: dict[int, list[Index]] = {}
        for entry in self.indexes:
            by_table.setdefault(entry.table, []).append(entry)
        return by_table

    @cached_property
    def _keys_of(self) -> dict[int, list[ForeignKey]]:
        keys: dict[int, list[ForeignKey]] = {}
        for key in self.foreign_keys:
            keys.setdefault(key.table, []).append(key)
        return keys

    def of(self, table: int) -> list[Index]:
        return list(self._by_table.get(table, ()))

    def keys_of(self, table: int) -> list[ForeignKey]:
        return list(self._keys_of.get(table, ()))

    def owner(self, index: Index) -> Index | None:
        """The index of the partitioned table that an index of a partition is part of: it cannot be dropped alone."""
        parent = self.parents.get(index.oid)
        return next((entry for entry in self.indexes if entry.oid == parent), None) if parent else None

    def leaves(self, table: int) -> list[int]:
        """The partitions of a table that hold rows, at whatever depth, the largest first."""
        children = [oid for oid, parent in self.parents.items() if parent == table and oid in self.tables]
        below = [leaf for oid in children for leaf in ([oid] if self.tables[oid].kind != "p" else self.leaves(oid))]
        return sorted(below, key=lambda oid: -self.tables[oid].rows)

    def meant(self, schema: str, name: str, evidence: Iterable[Container[int]]) -> list[Table]:
        """The tables that a name may mean. Without a schema it depends on whose search_path it was said under, which
        is unknown: of several, those that the first evidence to hold any of them holds."""
        meanings = [
            relation
            for relation in self.tables.values()
            if relation.relname == name and schema in ("", relation.schema)
        ]
        for oids in evidence if len(meanings) > 1 else ():
            held = [relation for relation in meanings if relation.oid in oids]
            if held:
                return held
        return meanings

    def numbers(self, table: int, names: Iterable[str]) -> tuple[int, ...]:
        """Column numbers by plain name."""
        known = {column.name: column.number for column in self.columns.get(table, {}).values()}
        return tuple(known[name] for name in names)

    def serves(self, table: int, key: Sequence[int]) -> bool:
        """Whether a whole, valid B-tree begins with these columns in this order."""
        wanted = tuple(key)
        return any(
            entry.valid and entry.method == "btree" and not entry.partial and entry.key[: len(wanted)] == wanted
            for entry in self.of(table)
        )

    def searched(self, table: int, key: Sequence[int], equal: bool) -> bool:
        """Whether a valid index, or one of each partition, finds the rows by comparisons of all these columns with one
        value each. ``equal``: they are compared with ``=``, for which the order of the columns is free."""
        if any(self._searches(entry, tuple(key), equal) for entry in self.of(table)):
            return True
        parted = table in self.tables and self.tables[table].kind == "p"
        names = [self.columns[table][number].name for number in key] if parted else []
        leaves = self.leaves(table) if parted else []
        return bool(leaves) and all(self.searched(leaf, self.numbers(leaf, names), equal) for leaf in leaves)

    def _searches(self, index: Index, key: tuple[int, ...], equal: bool) -> bool:
        if not index.valid or not self._implied(index, key):
            return False
        if index.method == "hash":
            return equal and index.key == key
        begins = index.key[: len(key)]
        return index.method == "btree" and (begins == key or (equal and set(begins) == set(key)))

    def _implied(self, index: Index, key: tuple[int, ...]) -> bool:
        """Whether it holds every row that such comparisons find: none of them finds a row with a NULL there."""
        condition = index.defined[0]
        known = self.columns.get(index.table, {})
        implied = {f"({known[number].quoted} IS NOT NULL)" for number in key if number in known}
        parts = condition[1:-1].split(" AND ") if condition.startswith("((") else [condition]
        return not index.partial or set(parts) <= implied


def with_partitions(tables: Mapping[int, Table], parents: Mapping[int, int]) -> dict[int, Table]:
    """The tables, where a partitioned one counts what its partitions do: it has no rows of its own."""
    with_leaves = dict(tables)
    whole = [oid for oid, table in tables.items() if table.kind == "p"]
    names = ("size", "rows", "scans", "read", "inserted", "updated", "deleted")
    catalog = Catalog(tables, (), (), parents=parents)
    for oid in whole:
        leaves = [tables[leaf] for leaf in catalog.leaves(oid)]
        with_leaves[oid] = tables[oid]._replace(**{name: sum(getattr(leaf, name) for leaf in leaves) for name in names})
    return with_leaves


def growth(before: Mapping[int, Table], after: Mapping[int, Table]) -> dict[int, Table]:
    """What the counters gained; a table that was not there counts from nothing, a reset as nothing."""
    gained = {}
    for oid, now in after.items():
        then = before.get(oid)
        names = ("scans", "read", "inserted", "updated", "deleted")
        grown = {name: max(0, getattr(now, name) - (getattr(then, name) if then else 0)) for name in names}
        gained[oid] = now._replace(**grown)
    return gained


def unindexed(catalog: Catalog) -> list[tuple[ForeignKey, str]]:
    """Foreign keys that no index serves, and a word on one that only seems to.

    The check compares each column of the key with ``=``. An index serves when it is valid and its first columns are the
    key's, in whatever order, or when those that it has of them leave few rows.
    """
    missing = []
    for foreign_key in catalog.foreign_keys:
        wanted = set(foreign_key.columns)
        if catalog.searched(foreign_key.table, foreign_key.columns, equal=True) or _narrowed(catalog, foreign_key):
            continue
        near = ""
        for index in catalog.of(foreign_key.table):
            if set(index.key[: len(wanted)]) == wanted:
                partial = "is partial" if index.partial else f"is a {index.method} index"
                near = f"{printable(index.relname)} {partial if index.valid else 'is invalid'}"
        missing.append((foreign_key, near))
    return missing


def _narrowed(catalog: Catalog, foreign_key: ForeignKey) -> bool:
    """Whether an index of some of the key's columns leaves few rows, by its uniqueness or by the statistics."""
    rows = catalog.tables[foreign_key.table].rows if foreign_key.table in catalog.tables else 0
    columns = catalog.columns.get(foreign_key.table, {})
    for index in catalog.of(foreign_key.table):
        first = index.key[:1]
        if not set(first) <= set(foreign_key.columns) or not catalog.searched(foreign_key.table, first, equal=True):
            continue
        share = columns[first[0]].selectivity(rows) if first[0] in columns else None
        alone = index.unique and index.valid and not index.partial and set(index.key) <= set(foreign_key.columns)
        if alone or (share is not None and share * rows <= FEW):
            return True
    return False


def droppable(catalog: Catalog) -> list[Index]:
    """The indexes that can be dropped. One that an index of the partitioned table owns goes with that one alone, which
    counts the size and the scans of all that it owns: it has none of its own."""
    size: dict[int, int] = {}
    scans: dict[int, int] = {}
    for entry in catalog.indexes:
        top = entry.oid
        while top in catalog.parents:
            top = catalog.parents[top]
        size[top], scans[top] = size.get(top, 0) + entry.size, scans.get(top, 0) + entry.scans
    own = [entry for entry in catalog.indexes if entry.oid not in catalog.parents]
    return [entry._replace(size=size[entry.oid], scans=scans[entry.oid]) for entry in own]


def invalid(catalog: Catalog) -> list[IndexReport]:
    """Indexes that are maintained by every write and used by no read. One that is being built is none yet. An index of
    a partition that the partitioned table's owns cannot be dropped: it is rebuilt."""
    reports = []
    for entry in catalog.indexes:
        if not entry.valid and not entry.building and not entry.partitioned:
            owner = catalog.owner(entry)
            more = "; a constraint needs it" if entry.needed or entry.constraint else ""
            more = f"; it is part of {printable(owner.name)}, and cannot be dropped alone" if owner else more
            why = f"invalid since a build was interrupted; writes maintain it, reads do not use it{more}"
            reports.append(_index_dict(catalog, entry, why))
    return reports


def duplicates(catalog: Catalog) -> list[IndexReport]:
    """Indexes of the same columns in the same way; of each set the one that is needed, or is used most, stays."""
    groups: dict[Any, list[Index]] = {}
    owned = [entry for entry in catalog.indexes if entry.oid in catalog.parents]
    for entry in [*owned, *droppable(catalog)]:
        if entry.valid:
            same = (entry.table, entry.keys, entry.columns, entry.classes, entry.method, entry.defined)
            if not (entry.partial or entry.expressions) or any(entry.defined):
                groups.setdefault(same, []).append(entry)
    reports = []
    for group in groups.values():
        ordered = sorted(
            group,
            key=lambda entry: (
                entry.oid in catalog.parents or entry.needed or entry.constraint,
                entry.unique,
                entry.scans,
            ),
            reverse=True,
        )
        for entry in ordered[1:]:
            needed = entry.oid in catalog.parents or entry.needed or entry.constraint
            if not (needed or (entry.unique and not ordered[0].unique)):
                reports.append(_index_dict(catalog, entry, f"equal to {printable(ordered[0].relname)}"))
    return reports


def unused(catalog: Catalog, least_size: int) -> list[IndexReport]:
    """Indexes that no read has used since the statistics began, and that nothing else needs."""
    since = "not used since the statistics began"
    if catalog.days is not None and catalog.days < 1:
        since = f"not used in {24 * catalog.days:.0f} hours since the statistics were reset, too short to decide"
    elif catalog.days is not None:
        since = f"not used in {catalog.days:.0f} days since the statistics were reset"
    if catalog.standbys:
        since += f"; {catalog.standbys} standbys have counters of their own: check them first"
    return [
        _index_dict(catalog, entry, since + _left_without(catalog, entry))
        for entry in sorted(droppable(catalog), key=lambda each: -each.size)
        if entry.valid and not entry.scans and entry.size >= least_size
        if not (entry.unique or entry.needed or entry.constraint)
    ]


def _left_without(catalog: Catalog, index: Index) -> str:
    """Which foreign key no other index serves: it is used when a row of the parent goes."""
    keys = [key for key in catalog.keys_of(index.table) if set(index.key) & set(key.columns)]
    if not keys:
        return ""
    leaves = catalog.leaves(index.table) if index.partitioned else []
    its = [entry for table in (index.table, *leaves) for entry in catalog.of(table)]
    rest = [entry for entry in its if index.oid not in (entry.oid, catalog.parents.get(entry.oid))]
    without = {key for key, dummy in unindexed(replace(catalog, foreign_keys=keys, indexes=its))}
    missing = unindexed(replace(catalog, foreign_keys=keys, indexes=rest))
    names = [printable(key.name) for key, dummy in missing if key not in without]
    return f"; without it the foreign key {names[0]} has no index" if names else ""


def _index_dict(catalog: Catalog, index: Index, why: str) -> IndexReport:
    table = catalog.tables.get(index.table)
    name = legible_sql(index.name)
    statement = f"DROP INDEX CONCURRENTLY {name}"
    if index.partitioned:  # in the queue for its lock every reader and writer would wait
        statement = f"{LOCK_TIMEOUT}; DROP INDEX {name}"
        why += "; it is on every partition, and DROP INDEX, not CONCURRENTLY, locks the table and all of them"
    elif index.oid in catalog.parents or index.needed or index.constraint:
        statement = f"REINDEX INDEX CONCURRENTLY {name}"
    return {
        "index": printable(index.name),
        "table": printable(table.name) if table else str(index.table),
        "why": why,
        "size_bytes": index.size,
        "scans": index.scans,
        "statement": statement,
        "database": printable(catalog.database),
    }
