# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Index advice for one database: the catalog, the work of a window, and what the planner says to each idea. I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Container, Iterable, Sequence

from ...._core.text import printable, shortened
from ...io.connection import Login
from ...io.queries import DATABASES
from ...io.server import Postgres, connect
from ...session import LONGEST_QUERY
from ...sql_text import legible_statement, without_literals
from ...workload.io.pg_stat_statements import named, usable
from ...workload.io.window import Workload, workload
from ...workload.statements import RunningNow
from .. import advice
from .. import catalog as indexes
from ..advice import Candidate
from ..catalog import Catalog, Column, ForeignKey, Index, Table
from ..indexes_report import BuildProgress, IndexesReport, Least, build_progress, building_alone, catalog_report
from ..predicates import IndexNeed, cost, index_needs, is_read, queries_of, question
from . import index_queries as queries
from .planner import NotPlanned, Planner

_LEAST_SHARE = 0.02  # of the window's time, below which a statement is not looked at
_LONGEST = 300
_CHARACTER = 4  # bytes that a text is cut short by, so that no character is cut
_LONG = 5.0  # seconds from which a statement runs long, where no window says so
_IDLE = ("Lock", "Client", "Timeout", "Activity")  # who waits for these reads nothing


@dataclass(frozen=True)
class AdviceOptions:
    """``window`` seconds; statements to look at; rows from which a table is big; the smallest unused index told."""

    window: float = 5.0
    top: int = 10
    min_rows: int = 10000
    hypothetical: bool = True
    least_unused: int = 2**20
    only_building: bool = False


def index_report(login: Login, options: AdviceOptions) -> IndexesReport:
    """What pg_index_info returns; see its documentation."""
    with connect(login) as postgres:
        return advise(postgres, options)


def advise(postgres: Postgres, options: AdviceOptions) -> IndexesReport:
    """What pg_index_info returns; see its documentation."""
    if options.only_building:
        return building_alone(progress(postgres), postgres.server)
    before = read_tables(postgres)
    work = workload(postgres, usable(postgres), options.window)
    after = read_tables(postgres)
    gained = indexes.growth(before, after) if options.window else dict(after)
    catalog = read_catalog(postgres, after)
    missing = indexes.unindexed(catalog)
    notes: list[str] = [] if work.extension.name else [f"{work.extension.why}: {work.extension.remedy}"]
    found = [
        *_of_statements(postgres, catalog, gained, _here(postgres, work), options, notes),
        *advice.of_foreign_keys(catalog, missing, gained),
    ]
    whole = [one for one in advice.merge(found) if not catalog.serves(one.table.oid, _numbers(catalog, one))]
    ordered = advice.ranked(whole)[: options.top]
    return {
        **catalog_report(
            catalog,
            gained,
            advice=[advice.advice_dict(catalog, one, gained, work.seconds) for one in ordered],
            missing=missing,
            least=Least(options.min_rows, options.top, options.least_unused),
        ),
        "window": {
            "seconds": round(work.seconds, 2) if work.seconds is not None else None,
            "lifetime": not options.window,
        },
        "building": progress(postgres),
        "workload": work.report(postgres, options.top, "normalized"),
        "notes": notes,
        "server": postgres.server,
    }


def progress(postgres: Postgres) -> list[BuildProgress]:
    """Builds at work now: on which table, in which phase, how far."""
    rows = postgres.names(queries.BUILDING)
    return [build_progress(row) for row in rows]


def read_tables(postgres: Postgres) -> dict[int, Table]:
    return {row[0]: Table(*row) for row in postgres.text_rows(queries.TABLES)}


def read_catalog(postgres: Postgres, tables: dict[int, Table]) -> Catalog:
    """Tables, indexes, foreign keys and columns as they are now."""
    found = [_index(row) for row in postgres.text_rows(queries.INDEXES)]
    special = [one.oid for one in found if one.partial or one.expressions]
    defined = {row[0]: (row[1] or "", row[2] or "") for row in postgres.names(queries.EXPRESSIONS, indexes=special)}
    columns: dict[int, dict[int, Column]] = {}
    for table, *rest in postgres.text_rows(queries.COLUMNS, tables=list(tables)):
        columns.setdefault(table, {})[rest[0]] = Column(*rest)
    since, now, standbys = postgres.rows(queries.STATISTICS_SINCE)[0]
    return Catalog(
        tables,
        [one._replace(defined=defined.get(one.oid, ("", ""))) for one in found],
        [ForeignKey(row[0], row[1], row[2], tuple(row[3])) for row in postgres.text_rows(queries.FOREIGN_KEYS)],
        columns,
        (now - since).total_seconds() / 86400 if since else None,
        standbys,
    )


def _index(row: Any) -> Index:
    numbers = tuple(int(key) for key in row[4].split())
    values = [*row[:4], numbers, *row[5:18]]
    return Index(**dict(zip(Index._fields, values)), plain=row[18])


def _of_statements(
    postgres: Postgres,
    catalog: Catalog,
    gained: dict[int, Table],
    work: Workload,
    options: AdviceOptions,
    notes: list[str],
) -> Iterable[Candidate]:
    """Candidates for the statements that took most in this database, tried where hypopg is there."""
    keys = work.top(options.top)
    reader = work.reader(postgres, keys, "full")
    planner = Planner(postgres)
    prove = options.hypothetical and planner.hypothetical
    if options.hypothetical and not planner.hypothetical:
        notes.append("advice for statements is not proved: CREATE EXTENSION hypopg (no restart) to have it tried")
    within = sum(one["within"] for sessions in work.running.values() for one in sessions)
    whole = sum(one.spent.seconds for one in work.doings) + within or 1.0
    spent = {one.key: one.spent.seconds for one in work.doings}
    reasons: dict[str, list[str]] = {}
    unclear: dict[str, None] = {}
    found: list[Candidate] = []
    for key in keys:
        running = work.running.get(key[2], [])
        seconds = spent.get(key, 0.0) + sum(one["within"] for one in running)
        text = reader.texts.get(key, "")
        if not text and running:
            text = running[0]["query"]
            if _is_cut(postgres, text):
                unclear["no advice for a running statement whose text is cut: raise track_activity_query_size"] = None
                continue
        if not is_read(text) or seconds < _LEAST_SHARE * whole or work.samples.lock_share(key[2]) > 0.5:
            continue
        shown = shortened(legible_statement(text), _LONGEST)
        age = _at_work(running, work.seconds) if key not in spent else 0.0
        evidence = (_opened(postgres, running), {oid for oid, table in gained.items() if table.scans})
        tried = []
        for table, need in _asked(catalog, text, evidence, options.min_rows, unclear):
            best: Candidate | None
            try:
                best = _proved(planner, catalog, table, need) if prove else _unproved(catalog, gained, table, need, age)
            except NotPlanned as reason:
                reasons.setdefault(printable(str(reason)), []).append(shown)
                best = _unproved(catalog, gained, table, need, age)
            if best is not None:
                tried.append(best)
        found += [replace(one, seconds=seconds, statements=[shown]) for one in advice.merge(tried)]
    notes += [_not_planned(reason, statements) for reason, statements in reasons.items()]
    notes += unclear
    return found


def _here(postgres: Postgres, work: Workload) -> Workload:
    """What was done in this database: another's statements are about tables that are not here.

    Statements without an id, where the server computes none, are told apart by their texts.
    """
    database = postgres.server["database"]
    known = {oid for oid, name in named(postgres, DATABASES).items() if name == database}
    running: dict[int, list[RunningNow]] = {}
    for query_id, sessions in work.running.items():
        for one in sessions:
            if work.snapshot.sessions[one["pid"]].database == database:
                running.setdefault(query_id or hash(without_literals(one["query"])), []).append(one)
    return replace(work, doings=[one for one in work.doings if one.key[1] in known], running=running)


def _at_work(running: list[RunningNow], window: float | None) -> float:
    """For how many seconds the oldest of these has been running, if it ran through the whole window and waits for
    neither a lock nor its client nor a clock; else 0."""
    long = [one["seconds"] for one in running if one["wait"] not in _IDLE and one["seconds"] >= (window or _LONG)]
    return max(long, default=0.0)


def _opened(postgres: Postgres, running: list[RunningNow]) -> set[int]:
    """The tables that these sessions have open."""
    pids = [one["pid"] for one in running]
    return {row[0] for row in postgres.rows(queries.OPENED, pids=pids)} if pids else set()


def _is_cut(postgres: Postgres, text: str) -> bool:
    """Whether there may be more of a session's statement than it shows: an OR, and nothing before it counts."""
    kept = postgres.names(queries.SHOWN)
    return len(text) >= LONGEST_QUERY or not kept or len(text.encode()) >= kept[0][0] - _CHARACTER


def _not_planned(reason: str, statements: list[str]) -> str:
    """One line for all statements that share a reason."""
    more = f" and {len(statements) - 1} more" if len(statements) > 1 else ""
    return f"not proved for {shortened(statements[0], 60)!r}{more}: {reason}"


def _asked(
    catalog: Catalog, text: str, evidence: Sequence[Container[int]], min_rows: int, unclear: dict[str, None]
) -> Iterable[tuple[Table, IndexNeed]]:
    """The big tables that a statement names, with what each of its queries asks of them."""
    for query in queries_of(text):
        by_alias: dict[str, Table] = {}
        for schema, name, alias in query.sources:
            found = catalog.meant(schema, name, evidence)
            if len(found) == 1:
                by_alias[alias] = found[0]
            elif any(one.rows >= min_rows for one in found):
                many = " or ".join(printable(one.name) for one in found)
                unclear[f"no advice for statements that say {printable(name)}: it may be {many}"] = None
        columns = {
            alias: [column.name for column in catalog.columns.get(table.oid, {}).values() if column.sortable]
            for alias, table in by_alias.items()
        }
        for alias, need in index_needs(query, columns).items():
            if by_alias[alias].rows >= min_rows:
                yield by_alias[alias], need


def _proved(planner: Planner, catalog: Catalog, table: Table, need: IndexNeed) -> Candidate | None:
    """The index that saves most of a question of ours about this table, by the planner's own cost."""
    quoted = {column.name: column.quoted for column in catalog.columns[table.oid].values()}
    asked, parameters = question(table.name, quoted, need), len(need.equal) + len(need.other)
    tried = []
    with planner.over(table.oid):
        before = cost(planner.explain(asked, parameters))
        for columns in need.candidates():
            if catalog.serves(table.oid, catalog.numbers(table.oid, columns)):
                continue
            with planner.with_index(table.name, [quoted[name] for name in columns]) as size:
                tried.append((columns, cost(planner.explain(asked, parameters)), size))
    best = advice.cheapest(tried, before)
    if best is None:
        return None
    return Candidate(table, best[0], before=round(before, 1), after=round(best[1], 1), size=best[2])


def _unproved(
    catalog: Catalog, gained: dict[int, Table], table: Table, need: IndexNeed, age: float
) -> Candidate | None:
    """For a table that was read from end to end: what is equal first, then one that is compared otherwise.

    What a statement reads is counted when it ends. One that runs, of such an ``age``, and that no index serves by even
    one column, is taken to read it so.
    """
    compared = [*need.equal, *need.other]
    served = any(catalog.serves(table.oid, catalog.numbers(table.oid, [one])) for one in compared)
    if gained[table.oid].scans:
        age = 0.0
    elif not age or served:
        return None
    return Candidate(table, tuple(compared[:2]), running=age)


def _numbers(catalog: Catalog, one: Candidate) -> tuple[int, ...]:
    return catalog.numbers(one.table.oid, one.columns)
