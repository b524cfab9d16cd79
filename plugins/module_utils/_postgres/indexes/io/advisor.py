# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Index advice for one database: the catalog, the work of a window, and what the planner says to each idea. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Container, Iterable, Mapping, Sequence

from ...._core.text import printable, shortened
from ...io.connection import Login
from ...io.server import Postgres, connect
from ...session import LONGEST_QUERY
from ...sql_text import legible_statement, without_literals
from ...work import maintains
from ...workload.grouping import inner_query
from ...workload.io.databases import at, counting, databases_of
from ...workload.io.window import Workload, workload
from ...workload.statements import Reader, RunningNow
from .. import advice
from .. import catalog as indexes
from ..advice import Candidate
from ..catalog import Catalog, Column, ForeignKey, Index, Table
from ..indexes_report import (
    BuildProgress,
    CatalogReport,
    IndexesReport,
    Least,
    build_progress,
    building_alone,
    catalog_report,
    together,
)
from ..predicates import IndexNeed, cost, index_needs, is_read, queries_of, question
from ..reads import Reading, full_reads
from . import index_queries as queries
from .planner import NotPlanned, Planner

_LEAST_PLACE = 0.1  # of the window's time, below which another database is not looked at
_SECOND_WINDOW = 2.0  # seconds, at most, to watch one that was not known before the window
_LEAST_SHARE = 0.02  # of the window's time, below which a statement is not looked at
_LONGEST = 300
_CHARACTER = 4  # bytes that a text is cut short by, so that no character is cut
_LONG = 5.0  # seconds from which a statement runs long, where no window says so
_IDLE = ("Lock", "Client", "Timeout", "Activity")  # who waits for these reads nothing


@dataclass(frozen=True)
class AdviceOptions:
    """``window`` seconds; ``top`` statements; rows from which a table is big; the smallest unused index listed."""

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
    """What pg_index_info returns; see its documentation. The time may go to another database than the login's."""
    if options.only_building:
        return building_alone(progress(postgres), postgres.server)
    before = {str(postgres.server["database"]): read_tables(postgres), **elsewhere(postgres)}
    with counting(postgres) as (counter, extension):
        work = workload(counter, extension, options.window)
        report = work.report(counter, options.top, "normalized")
        reader = work.reader(counter, work.top(options.top), "full")
    notes: list[str] = [] if extension.name else [f"{extension.why}: {extension.remedy}"]
    reports: list[CatalogReport] = []
    building: list[BuildProgress] = []
    for name in databases_of(postgres, work, _LEAST_PLACE):
        with at(postgres, name, notes) as place:
            if place is not None:
                reports.append(_advise_in(place, before.get(name), _in(work, reader, name), reader, options, notes))
                building += progress(place)
    return {
        **together(reports, options.top),
        "window": {
            "seconds": round(work.seconds, 2) if work.seconds is not None else None,
            "lifetime": not options.window,
        },
        "building": building,
        "workload": report,
        "notes": list(dict.fromkeys(notes)),
        "server": postgres.server,
    }


def _advise_in(
    postgres: Postgres,
    before: dict[int, Table] | None,
    work: Workload,
    reader: Reader,
    options: AdviceOptions,
    notes: list[str],
) -> CatalogReport:
    """Advice for one database. ``before`` None: its tables were not read before the window, so they are watched now."""
    if before is None and options.window:
        before = read_tables(postgres)
        time.sleep(min(options.window, _SECOND_WINDOW))
    after = read_tables(postgres)
    catalog = read_catalog(postgres, after)
    catalog = replace(catalog, tables=indexes.with_partitions(after, catalog.parents))
    gained = indexes.growth(before or {}, after) if options.window else dict(after)
    gained = indexes.with_partitions(gained, catalog.parents)
    missing = indexes.unindexed(catalog)
    candidates, readings = _of_statements(postgres, catalog, gained, work, reader, options, notes)
    proposals = [*candidates, *advice.of_foreign_keys(catalog, missing, gained)]
    merged = [
        proposal
        for proposal in advice.merge(proposals)
        if not catalog.serves(proposal.table.oid, _numbers(catalog, proposal))
    ]
    ordered = advice.ranked(merged)[: options.top]
    least = Least(options.min_rows, options.top, options.least_unused)
    unknown = "" if work.extension.name else f"{work.extension.why}, so the statement is not known"
    return catalog_report(
        catalog,
        gained,
        advice=advice.advice_dicts(catalog, ordered, gained, work.seconds),
        missing=missing,
        full_reads=full_reads(
            catalog, gained, readings, whole=work.whole or work.seconds or 0.0, min_rows=options.min_rows,
            unknown=unknown,
        ),
        least=least,
    )  # fmt: skip


def progress(postgres: Postgres) -> list[BuildProgress]:
    """Index builds that run now: on which table, in which phase, how far."""
    rows = postgres.names(queries.BUILDING)
    return [build_progress(row) for row in rows]


def elsewhere(postgres: Postgres) -> dict[str, dict[int, Table]]:
    """The tables of the databases in which other sessions are active, as they are now, by the name of the database."""
    other_databases = {}
    for row in postgres.names(queries.ELSEWHERE):
        with at(postgres, row[0], []) as place:
            if place is not None:
                other_databases[row[0]] = read_tables(place)
    return other_databases


def read_tables(postgres: Postgres) -> dict[int, Table]:
    return {row[0]: Table(*row) for row in postgres.text_rows(queries.TABLES)}


def read_catalog(postgres: Postgres, tables: dict[int, Table]) -> Catalog:
    """Tables, indexes, foreign keys and columns as they are now."""
    index_rows = [_index(row) for row in postgres.text_rows(queries.INDEXES)]
    special = [index.oid for index in index_rows if index.partial or index.expressions]
    defined = {row[0]: (row[1] or "", row[2] or "") for row in postgres.names(queries.EXPRESSIONS, indexes=special)}
    columns: dict[int, dict[int, Column]] = {}
    for table, *rest in postgres.text_rows(queries.COLUMNS, tables=list(tables)):
        columns.setdefault(table, {})[rest[0]] = Column(*rest)
    since, now, standbys = postgres.rows(queries.STATISTICS_SINCE)[0]
    views: dict[int, tuple[str, set[int]]] = {}
    for view, name, below in postgres.text_rows(queries.VIEWS):
        views.setdefault(view, (name, set()))[1].add(below)
    return Catalog(
        tables,
        [index._replace(defined=defined.get(index.oid, ("", ""))) for index in index_rows],
        [ForeignKey(row[0], row[1], row[2], tuple(row[3])) for row in postgres.text_rows(queries.FOREIGN_KEYS)],
        columns,
        (now - since).total_seconds() / 86400 if since else None,
        standbys,
        str(postgres.server["database"]),
        {row[0]: row[1] for row in postgres.rows(queries.PARENTS)},
        [row[0] for row in postgres.names(queries.OTHER_NAMES)],
        [(name, frozenset(_below(views, view))) for view, (name, dummy) in views.items()],
    )


def _below(views: Mapping[int, tuple[str, set[int]]], view: int) -> set[int]:
    """The relations that a view reads, those of the views that it reads too."""
    relations: set[int] = set()
    open_ = [view]
    while open_:
        for oid in views[open_.pop()][1] - relations:
            relations.add(oid)
            open_ += [oid] if oid in views else []
    return relations


def _index(row: Any) -> Index:
    numbers = tuple(int(key) for key in row[4].split())
    values = [*row[:4], numbers, *row[5:18]]
    return Index(**dict(zip(Index._fields, values)), plain=row[18])


def _of_statements(
    postgres: Postgres,
    catalog: Catalog,
    gained: dict[int, Table],
    work: Workload,
    reader: Reader,
    options: AdviceOptions,
    notes: list[str],
) -> tuple[list[Candidate], list[Reading]]:
    """Candidates for the statements that took most in this database, tried where hypopg is there; and each statement
    that was looked at, with the tables that its candidates concern."""
    planner = Planner(postgres)
    prove = options.hypothetical and planner.hypothetical
    spent = {doing.key: doing.spent.seconds for doing in work.doings}
    calls = {doing.key: doing.spent.calls for doing in work.doings} if options.window else {}
    reasons: dict[str, list[str]] = {}
    unclear: dict[str, None] = {}
    candidates: list[Candidate] = []
    readings: list[Reading] = []
    for key in work.top(options.top):
        running = work.running.get(key[2], [])
        seconds = spent.get(key, 0.0) + sum(running_statement["within"] for running_statement in running)
        text = reader.texts.get(key, "")
        ran = calls.get(key, 0) + len(running) * bool(options.window)
        if maintains(text):  # also where it took little: it explains why a table was read as a whole
            readings.append(Reading(text, shortened(legible_statement(text), _LONGEST), seconds, frozenset(), ran))
            continue
        if seconds < _LEAST_SHARE * work.whole or work.samples.lock_share(key[2]) > 0.5:
            continue
        if not text and running:
            text = running[0]["query"]
            if _is_cut(postgres, text):
                unclear[
                    "no advice for a running statement whose text is truncated: raise track_activity_query_size"
                ] = None
                text = f"{text} ..."
        shown = shortened(legible_statement(text), _LONGEST)
        tried = []
        tested: set[tuple[int, str]] = set()
        if is_read(inner_query(text)) and not text.endswith(" ..."):
            age = _at_work(running, work.seconds) if key not in spent else 0.0
            evidence = (_opened(postgres, running), {oid for oid, table in gained.items() if table.scans})
            for table, need in _asked(catalog, inner_query(text), evidence, options.min_rows, unclear):
                best: Candidate | None
                try:
                    best = (
                        _proved(planner, catalog, table, need, tested)
                        if prove
                        else _unproved(catalog, gained, table, need, age)
                    )
                except NotPlanned as reason:
                    reasons.setdefault(printable(str(reason)), []).append(shown)
                    best = _unproved(catalog, gained, table, need, age)
                if best is not None:
                    tried.append(best)
        merged = [
            proposal
            for proposal in advice.merge(tried)
            if not catalog.serves(proposal.table.oid, _numbers(catalog, proposal))
        ]
        readings.append(Reading(text, shown, seconds, _advised(catalog, merged), ran, frozenset(tested)))
        candidates += [replace(proposal, seconds=seconds, statements=[shown]) for proposal in merged]
    notes += [_not_planned(reason, statements) for reason, statements in reasons.items()]
    notes += unclear
    if readings and options.hypothetical and not planner.hypothetical:
        notes.append(
            "advice for statements is not proved: to test it with hypothetical indexes, CREATE EXTENSION hypopg (no"
            f" restart) in the database {printable(catalog.database)}"
        )
    return candidates, readings


def _advised(catalog: Catalog, candidates: Iterable[Candidate]) -> frozenset[int]:
    """The tables that these concern, with their partitions."""
    tables = [candidate.table.oid for candidate in candidates]
    return frozenset(oid for table in tables for oid in (table, *catalog.leaves(table)))


def _in(work: Workload, reader: Reader, name: str) -> Workload:
    """What was done in one database: another's statements are about tables that are not there.

    Statements without an id, where the server computes none, are distinguished by their texts.
    """
    known = {oid for oid, database in reader.databases.items() if database == name}
    running: dict[int, list[RunningNow]] = {}
    for query_id, sessions in work.running.items():
        for session in sessions:
            if work.snapshot.sessions[session["pid"]].database == name:
                running.setdefault(query_id or hash(without_literals(session["query"])), []).append(session)
    doings = [doing for doing in work.doings if doing.key[1] in known]
    return replace(work, doings=doings, running=running, whole=work.whole)


def _at_work(running: list[RunningNow], window: float | None) -> float:
    """For how many seconds the oldest of these has been running, if it ran through the whole window and waits for
    neither a lock nor its client nor a clock; else 0."""
    long = [
        running_statement["seconds"]
        for running_statement in running
        if running_statement["wait"] not in _IDLE and running_statement["seconds"] >= (window or _LONG)
    ]
    return max(long, default=0.0)


def _opened(postgres: Postgres, running: list[RunningNow]) -> set[int]:
    """The tables that these sessions have open."""
    pids = [running_statement["pid"] for running_statement in running]
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
            meanings = catalog.meant(schema, name, evidence)
            if len(meanings) == 1:
                by_alias[alias] = meanings[0]
            elif any(table.rows >= min_rows for table in meanings):
                many = " or ".join(printable(table.name) for table in meanings)
                unclear[f"no advice for statements that name {printable(name)}: the table may be {many}"] = None
        columns = {
            alias: [column.name for column in catalog.columns.get(table.oid, {}).values() if column.sortable]
            for alias, table in by_alias.items()
        }
        for alias, need in index_needs(query, columns).items():
            if by_alias[alias].rows >= min_rows:
                yield by_alias[alias], need


def _proved(
    planner: Planner, catalog: Catalog, table: Table, need: IndexNeed, tested: set[tuple[int, str]]
) -> Candidate | None:
    """The index that saves most of a question of ours about this table, by the planner's own cost; of a partitioned
    table about its largest partition. Fills ``tested``."""
    leaves = catalog.leaves(table.oid) if table.kind == "p" else []
    asked_of = catalog.tables[leaves[0]] if leaves else table
    quoted = {column.name: column.quoted for column in catalog.columns[asked_of.oid].values()}
    asked = question(asked_of.name, quoted, need, planner.types(need.casts.values()))
    parameters = need.parameters
    tried = []
    with planner.over(asked_of.oid):
        before = cost(planner.explain(asked, parameters))
        for columns in need.candidates():
            if catalog.serves(asked_of.oid, catalog.numbers(asked_of.oid, columns)):
                continue
            with planner.with_index(asked_of.name, [quoted[name] for name in columns]) as size:
                tried.append((columns, cost(planner.explain(asked, parameters)), size))
    tested |= {(oid, columns[0]) for oid in (table.oid, *leaves) for columns, *dummy in tried if len(columns) == 1}
    best = advice.cheapest(tried, before)
    if best is None:
        return None
    size = 0 if leaves else best[2]
    assumed = advice.NARROW if set(best[0]) & set(need.ranged) else ""
    return Candidate(table, best[0], before=round(before, 1), after=round(best[1], 1), size=size, chosen=assumed)


def _unproved(
    catalog: Catalog, gained: dict[int, Table], table: Table, need: IndexNeed, age: float
) -> Candidate | None:
    """For a table that was read from end to end: what is equal first, the most selective before all, then one that is
    compared otherwise. None where equality selects too many rows.

    What a statement reads is counted when it ends. One that runs, of such an ``age``, and that no index serves by even
    one column, is taken to read it so.
    """
    compared = [*need.equal, *need.other]
    served = any(
        catalog.searched(table.oid, catalog.numbers(table.oid, [column]), equal=column in need.equal)
        for column in compared
    )
    if gained[table.oid].scans:
        age = 0.0
    elif not age or served:
        return None
    chosen = advice.by_selectivity(catalog, table, need.equal, need.other)
    numbers = catalog.numbers(table.oid, chosen.columns)
    if not numbers or catalog.searched(table.oid, numbers, equal=set(chosen.columns) <= set(need.equal)):
        return None
    return Candidate(table, chosen.columns, running=age, chosen=chosen.why)


def _numbers(catalog: Catalog, candidate: Candidate) -> tuple[int, ...]:
    return catalog.numbers(candidate.table.oid, candidate.columns)
