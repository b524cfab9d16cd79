# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Index advice for one database: the catalog, the work of a window, and what the planner says to each idea. I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping

from .._domain import advice, indexes
from .._domain.advice import Candidate
from .._domain.indexes import Catalog, Column, ForeignKey, Index, Table
from .._domain.plans import Wish, cost, guess, is_read, wishes
from .._domain.statements import printable, shortened, without_literals
from .._domain.workload import Key
from . import queries_indexes as queries
from .planner import NotPlanned, Planner
from .postgres import Postgres
from .statements import usable
from .workload import Workload, workload

_LEAST_SHARE = 0.02  # of the window's time, below which a statement is not looked at
_LONGEST = 300


@dataclass(frozen=True)
class Wanted:
    """``window`` seconds; statements to look at; rows from which a table is big; the smallest unused index told."""

    window: float = 5.0
    top: int = 10
    min_rows: int = 10000
    hypothetical: bool = True
    least_unused: int = 2**20


def advise(postgres: Postgres, wanted: Wanted) -> dict[str, Any]:
    """What pg_index_info returns; see its documentation."""
    before = read_tables(postgres)
    work = workload(postgres, usable(postgres), wanted.window)
    after = read_tables(postgres)
    gained = indexes.growth(before, after) if wanted.window else dict(after)
    catalog = read_catalog(postgres, after)
    missing = indexes.unindexed(catalog)
    notes: list[str] = [] if work.extension.name else [f"{work.extension.why}: {work.extension.cure}"]
    found = [
        *_of_statements(postgres, catalog, gained, work, wanted, notes),
        *advice.of_foreign_keys(catalog, missing, gained),
    ]
    whole = [one for one in advice.merge(found) if not catalog.serves(one.table.oid, _numbers(catalog, one))]
    ordered = advice.ranked(whole)[: wanted.top]
    return {
        "advice": [advice.told(catalog, one, gained, work.seconds) for one in ordered],
        "foreign_keys": [_foreign_key(catalog, key, near) for key, near in missing],
        "seq_scans": advice.scans(catalog, gained, wanted.min_rows, wanted.top),
        "invalid": indexes.invalid(catalog),
        "duplicates": indexes.duplicates(catalog),
        "unused": indexes.unused(catalog, wanted.least_unused),
        "window": {
            "seconds": round(work.seconds, 2) if work.seconds is not None else None,
            "lifetime": not wanted.window,
        },
        "building": progress(postgres),
        "workload": work.report(postgres, wanted.top, "normalized"),
        "notes": notes,
        "server": postgres.server,
    }


def progress(postgres: Postgres) -> list[dict[str, Any]]:
    """Builds at work now: on which table, in which phase, how far."""
    rows = postgres.names(queries.BUILDING)
    return [
        {
            "pid": pid,
            "table": table or str(oid),
            "phase": phase,
            "share_done": round(done / total, 3) if total else None,
            "waits_for": locker or None,
        }
        for pid, oid, table, phase, done, total, locker in rows
    ]


def read_tables(postgres: Postgres) -> dict[int, Table]:
    return {row[0]: Table(*row) for row in postgres.rows(queries.TABLES)}


def read_catalog(postgres: Postgres, tables: dict[int, Table]) -> Catalog:
    """Tables, indexes, foreign keys and columns as they are now."""
    found = [_index(row) for row in postgres.rows(queries.INDEXES)]
    special = [one.oid for one in found if one.partial or one.expressions]
    defined = {row[0]: (row[1] or "", row[2] or "") for row in postgres.names(queries.EXPRESSIONS, indexes=special)}
    columns: dict[int, dict[int, Column]] = {}
    for table, *rest in postgres.rows(queries.COLUMNS, tables=list(tables)):
        columns.setdefault(table, {})[rest[0]] = Column(*rest)
    since, now, standbys = postgres.rows(queries.STATISTICS_SINCE)[0]
    return Catalog(
        tables,
        [one._replace(defined=defined.get(one.oid, ("", ""))) for one in found],
        [ForeignKey(row[0], row[1], row[2], tuple(row[3])) for row in postgres.rows(queries.FOREIGN_KEYS)],
        columns,
        (now - since).total_seconds() / 86400 if since else None,
        standbys,
    )


def _index(row: Any) -> Index:
    oid, table, relname, name, keys, columns, classes, method, valid, unique, needed, constraint, *rest = row
    numbers = tuple(int(key) for key in keys.split())
    return Index(
        oid, table, relname, name, numbers, columns, classes, method, valid, unique, needed, constraint, *rest[:6]
    )  # fmt: skip


def _of_statements(
    postgres: Postgres,
    catalog: Catalog,
    gained: dict[int, Table],
    work: Workload,
    wanted: Wanted,
    notes: list[str],
) -> Iterable[Candidate]:
    """Candidates for the statements that took most in this database, tried where hypopg is there."""
    keys = work.top(wanted.top)
    reader = work.reader(postgres, keys, "full")
    planner = Planner(postgres)
    if wanted.hypothetical and not planner.hypothetical:
        notes.append(
            "advice for statements is not proved: CREATE EXTENSION hypopg (it needs no restart) to have it tried"
        )
    within = sum(one["within"] for sessions in work.running.values() for one in sessions)
    whole = sum(one.spent.seconds for one in work.doings) + within or 1.0
    reasons: dict[str, list[str]] = {}
    spent = {one.key: one.spent.seconds for one in work.doings}
    found: list[Candidate] = []
    for key in keys:
        running = work.running.get(key[2], [])
        seconds = spent.get(key, 0.0) + sum(one["within"] for one in running)
        text = reader.text(key, running)
        elsewhere = key[1] and reader.databases.get(key[1]) != postgres.server["database"]
        if elsewhere or not is_read(text) or seconds < _LEAST_SHARE * whole or work.samples.lock_share(key[2]) > 0.5:
            continue
        shown = shortened(without_literals(text), _LONGEST)
        try:
            candidates = _planned(planner, catalog, key, reader.roles, text, wanted)
        except NotPlanned as reason:
            reasons.setdefault(printable(str(reason)), []).append(shown)
            candidates = _guessed(catalog, gained, text, wanted)
        for one in candidates:
            found.append(replace(one, seconds=seconds, statements=[shown]))
    notes += [_not_planned(reason, statements) for reason, statements in reasons.items()]
    return found


def _not_planned(reason: str, statements: list[str]) -> str:
    """One line for all statements that share a reason."""
    more = f" and {len(statements) - 1} more" if len(statements) > 1 else ""
    return f"no plan of {shortened(statements[0], 60)!r}{more}: {reason}"


def _planned(
    planner: Planner, catalog: Catalog, key: Key, roles: Mapping[int, str], text: str, wanted: Wanted
) -> list[Candidate]:
    planner.refuse(text)
    role = key[0] if key[0] in roles else None
    if role is None:
        raise NotPlanned("whose statement it is is not known")
    with planner.as_role(role, roles[role]):
        plan = planner.explain(text)
        before = cost(plan)
        found = []
        for wish in wishes(plan):
            table = _table(catalog, wish)
            if table is None or table.rows < wanted.min_rows:
                continue
            if not (wanted.hypothetical and planner.hypothetical):
                found += _unproved(table, wish) if wish.scanned else []
                continue
            best = advice.cheapest(_tries(planner, catalog, table, wish, text), before)
            if best:
                columns, after, size = best
                found.append(Candidate(table, columns, before=round(before, 1), after=round(after, 1), size=size))
    return found


def _tries(
    planner: Planner, catalog: Catalog, table: Table, wish: Wish, text: str
) -> list[tuple[tuple[str, ...], float, int]]:
    quoted = {column.name: column.quoted for column in catalog.columns[table.oid].values()}
    tried = []
    for columns in wish.candidates():
        if any(name not in quoted for name in columns):
            continue
        if catalog.serves(table.oid, catalog.numbers(table.oid, columns)):
            continue
        try:
            with planner.with_index(table.name, [quoted[name] for name in columns]) as size:
                tried.append((columns, cost(planner.explain(text)), size))
        except NotPlanned:
            continue
    return tried


def _unproved(table: Table, wish: Wish) -> list[Candidate]:
    """What is equal first, then one that is compared otherwise; two columns at most."""
    columns = tuple([*wish.equal, *wish.other][:2])
    return [Candidate(table, columns)] if columns else []


def _guessed(catalog: Catalog, gained: dict[int, Table], text: str, wanted: Wanted) -> list[Candidate]:
    found = []
    for table in gained.values():
        if table.scans and table.rows >= wanted.min_rows and table.oid in catalog.columns:
            names = [column.name for column in catalog.columns[table.oid].values()]
            wish = guess(text, table.schema, table.relname, names)
            found += _unproved(table, wish) if wish else []
    return found


def _table(catalog: Catalog, wish: Wish) -> Table | None:
    for table in catalog.tables.values():
        if (table.schema, table.relname) == (wish.schema, wish.table):
            return table
    return None


def _numbers(catalog: Catalog, one: Candidate) -> tuple[int, ...]:
    return catalog.numbers(one.table.oid, one.columns)


def _foreign_key(catalog: Catalog, key: ForeignKey, near: str) -> dict[str, Any]:
    def name(oid: int) -> str:
        return printable(catalog.tables[oid].name) if oid in catalog.tables else str(oid)

    known = catalog.columns.get(key.table, {})
    return {
        "name": printable(key.name),
        "table": name(key.table),
        "parent": name(key.parent),
        "columns": [printable(known[number].name) for number in key.columns if number in known],
        "size_bytes": catalog.tables[key.table].size if key.table in catalog.tables else 0,
        "near": near,
    }
