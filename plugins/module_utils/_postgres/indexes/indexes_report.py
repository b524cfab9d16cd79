# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables and indexes of a database as the dicts that pg_index_info returns. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, TypedDict

from ..._core.text import printable
from ..snapshot import ServerReport
from ..workload.statements import WorkloadReport
from . import catalog as catalogs
from .advice import AdviceReport, ScanReport, by_cost, cost_of, scans
from .catalog import Catalog, ForeignKey, IndexReport, Table
from .reads import FullRead


class ForeignKeyReport(TypedDict):
    """A foreign key without an index. ``near``: an index that only seems to serve it; ``seconds`` that it cost."""

    name: str
    table: str
    parent: str
    columns: list[str]
    size_bytes: int
    near: str
    seconds: float
    database: str


class BuildProgress(TypedDict):
    """A running index build. ``waits_for``: the pid that it waits for; None: it works."""

    pid: int
    table: str
    phase: str
    share_done: float | None
    waits_for: int | None


class IndexWindow(TypedDict):
    """Seconds that were watched; None where the counters' whole life was taken, or nothing was watched."""

    seconds: float | None
    lifetime: bool


class CatalogReport(TypedDict):
    """What is advised, and what is wrong with the indexes that there are."""

    advice: list[AdviceReport]
    foreign_keys: list[ForeignKeyReport]
    seq_scans: list[ScanReport]
    full_reads: list[FullRead]
    invalid: list[IndexReport]
    duplicates: list[IndexReport]
    unused: list[IndexReport]


class IndexesReport(CatalogReport):
    """What pg_index_info returns. ``workload`` None: only the running builds were asked for."""

    window: IndexWindow
    building: list[BuildProgress]
    workload: WorkloadReport | None
    notes: list[str]
    server: ServerReport


@dataclass(frozen=True)
class Least:
    """From how many rows a table is big, how many are listed, and the smallest unused index (bytes) that is."""

    rows: int
    top: int
    unused: int


def catalog_report(
    catalog: Catalog,
    gained: Mapping[int, Table],
    *,
    advice: list[AdviceReport],
    missing: Sequence[tuple[ForeignKey, str]],
    full_reads: list[FullRead],
    least: Least,
) -> CatalogReport:
    """``gained``: what the counters of each table gained; ``missing``: foreign keys that no index serves."""
    return {
        "advice": advice,
        "foreign_keys": [_foreign_key(catalog, key, near, gained) for key, near in by_cost(catalog, missing, gained)],
        "seq_scans": scans(catalog, gained, least.rows, least.top),
        "full_reads": full_reads[: least.top],
        "invalid": catalogs.invalid(catalog),
        "duplicates": catalogs.duplicates(catalog),
        "unused": catalogs.unused(catalog, least.unused),
    }


def together(reports: Sequence[CatalogReport], top: int) -> CatalogReport:
    """The reports of several databases as one; advice as each has it, by the seconds that it concerns."""
    return {
        "advice": sorted(
            (proposal for report in reports for proposal in report["advice"]),
            key=lambda proposal: (not proposal["proved"], -proposal["seconds"]),
        )[:top]
        if len(reports) > 1
        else [proposal for report in reports for proposal in report["advice"]],
        "foreign_keys": [foreign_key for report in reports for foreign_key in report["foreign_keys"]],
        "seq_scans": sorted(
            (seq_scan for report in reports for seq_scan in report["seq_scans"]),
            key=lambda seq_scan: -seq_scan["rows_read"],
        ),
        "full_reads": sorted(
            (full_read for report in reports for full_read in report["full_reads"]),
            key=lambda full_read: -full_read["seconds"],
        ),
        "invalid": [index for report in reports for index in report["invalid"]],
        "duplicates": [duplicate for report in reports for duplicate in report["duplicates"]],
        "unused": [index for report in reports for index in report["unused"]],
    }


def building_alone(building: list[BuildProgress], server: ServerReport) -> IndexesReport:
    """The running builds, where nothing else was asked for."""
    return {
        "advice": [],
        "foreign_keys": [],
        "seq_scans": [],
        "full_reads": [],
        "invalid": [],
        "duplicates": [],
        "unused": [],
        "window": {"seconds": None, "lifetime": False},
        "building": building,
        "workload": None,
        "notes": [],
        "server": server,
    }


def build_progress(row: Sequence[Any]) -> BuildProgress:
    """From a row of pg_stat_progress_create_index, as ``indexes.io.queries`` fetches it."""
    pid, oid, table, phase, done, total, locker = row
    return {
        "pid": pid,
        "table": table or str(oid),
        "phase": phase,
        "share_done": round(done / total, 3) if total else None,
        "waits_for": locker or None,
    }


def _foreign_key(catalog: Catalog, key: ForeignKey, near: str, gained: Mapping[int, Table]) -> ForeignKeyReport:
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
        "database": printable(catalog.database),
        "seconds": round(cost_of(catalog, key, gained), 3),
    }
