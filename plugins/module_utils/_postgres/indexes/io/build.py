# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build one index concurrently, or drop it, and leave nothing half-built. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Sequence

from ...._core.errors import (
    ActFailed,
    BusyError,
    InputError,
    PreflightError,
    PrivilegeError,
    RunbookError,
    ServerError,
    StandbyError,
)
from ...._core.result import NOTHING_DONE, After, Before, carry_out
from ...._core.text import counted, printable
from ...._core.times import stamp
from ...activity_report import session_dict
from ...background.io.backends import data_disk
from ...io.server import Postgres, connect
from ...io.snapshot import read_snapshot
from ...snapshot import Snapshot
from ...sql_text import identifier, legible_sql, plain_identifier
from ..build import (
    BUILD,
    REMOVE,
    Building,
    IndexRequest,
    describe_prepared,
    describe_waits,
    plan_building,
    undo_of,
    waited_for,
    why_not_named,
    why_not_room,
)
from ..catalog import LOCK_TIMEOUT, Catalog, Table
from . import index_queries as queries
from .advisor import read_catalog, read_tables

_PAST = {BUILD: "built", REMOVE: "dropped"}
# Seconds to remove what a broken build left: that waits for the same transactions. The role gives it twice as long.
_TIDYING = 30.0
_MOMENT = 1.0  # seconds within which a transaction manager settles what it has prepared
DEFINITIONS = """
SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indrelid = %(table)s
"""
OWNED = """
SELECT pg_catalog.pg_has_role(current_user, relowner, 'USAGE'), relowner::pg_catalog.regrole::text
  FROM pg_catalog.pg_class WHERE oid = %(oid)s
"""


@dataclass(frozen=True)
class BuildOptions:
    """``old`` seconds from which on an open transaction is in the way; ``timeout`` seconds for the whole build."""

    old: float = 60.0
    timeout: float = 3600.0
    check_disk: bool = True


def build(
    postgres: Postgres, wanted_index: IndexRequest, options: BuildOptions, only: Sequence[str] | None, check_mode: bool
) -> dict[str, Any]:
    """What pg_index_build returns: an ActResult, and under ``unseen`` what to warn of."""
    snapshot = read_snapshot(postgres)
    catalog, table = _find(postgres, wanted_index)
    why = why_not_named(catalog, table, wanted_index) if wanted_index.present else ""
    if why:
        raise InputError(f"The index of {table.name} was not built: {why}. Nothing was done.")
    act = Build(postgres, wanted_index, options, snapshot, catalog)
    result = carry_out(plan_building(catalog, table, wanted_index), only, check_mode, act, time.monotonic)
    return {**result, "unseen": _unseen(postgres, snapshot.redacted) if result["plan"]["actions"] else []}


@dataclass(frozen=True)
class Build:
    """The act, with what its first look saw."""

    postgres: Postgres
    wanted_index: IndexRequest
    options: BuildOptions
    snapshot: Snapshot
    catalog: Catalog

    def look(self, planned: Building) -> Before:
        postgres, table = self.postgres, planned.table
        if planned.plan.actions:
            self._refuse(planned)
        names = [index.name for index in self.catalog.of(table.oid)]
        evidence = {
            "at": stamp(self.snapshot.now),
            "server": dict(postgres.server),
            "plan": planned.as_dict(),
            "statements": [planned.statements[target] for target in planned.plan.targets],
            "indexes": names,
            "definitions": [row[0] for row in postgres.names(DEFINITIONS, table=table.oid)],
            "sessions": [
                session_dict(self.snapshot, client_session, "normalized")
                for client_session in self.snapshot.client_sessions()[:50]
            ],
        }
        return Before(
            state={"indexes": names},
            left=len(planned.plan.actions),
            undo=undo_of(planned, self.wanted_index, self.catalog) if planned.plan.actions else NOTHING_DONE,
            evidence=evidence,
        )

    def _refuse(self, planned: Building) -> None:
        """What would make it fail, or wait behind others."""
        postgres, table = self.postgres, planned.table
        _refuse(postgres, self.catalog, table, planned, self.options)
        prepared = _prepared(postgres, table, planned.harmless)
        if prepared:
            raise PreflightError(
                f"The index {planned.name} was not built or dropped: that would wait for"
                f" {describe_prepared(read_snapshot(postgres), prepared)}. Nothing was done.",
                waits_for_prepared=prepared,
            )
        horizon = [row[0] for row in postgres.rows(queries.WAITED_FOR, table=table.oid, harmless=planned.harmless)]
        old = waited_for(self.snapshot, horizon, str(postgres.server["database"]), self.options.old)
        if old:
            raise PreflightError(
                f"A concurrent build waits for all older transactions, and {len(old)} are open for too long: "
                f"{describe_waits(self.snapshot, old)}. Nothing was done. Wait for them, or terminate them"
                " (pg_end_sessions,"
                " idle_in_transaction), then build.",
                waits_for=[session.pid for session in old],
            )

    def act(self, planned: Building) -> After:
        there = frozenset(index.oid for index in self.catalog.indexes)
        deadline = time.monotonic() + self.options.timeout
        done = [_carry_out(self.postgres, planned, target, deadline, there) for target in planned.plan.targets]
        now = read_catalog(self.postgres, {planned.table.oid: planned.table}).of(planned.table.oid)
        broken = [index for index in now if index.relname == planned.name and not index.valid]
        return After(done=done, state={"indexes": [index.name for index in now]}, left=len(broken))


def _unseen(postgres: Postgres, number: int) -> list[str]:
    if not number:
        return []
    return [
        f"Role {postgres.role} may not see {counted(number, 'session')}; whether the build would wait for them is not"
        f" known. GRANT pg_monitor TO {plain_identifier(postgres.role)} shows them before the build."
    ]


def _find(postgres: Postgres, wanted_index: IndexRequest) -> tuple[Catalog, Table]:
    catalog = read_catalog(postgres, read_tables(postgres))
    for table in catalog.tables.values():
        if (table.schema, table.relname) == (wanted_index.schema, wanted_index.table):
            break
    else:
        near = [table.name for table in catalog.tables.values() if table.relname == wanted_index.table]
        hint = f" Tables of that name: {', '.join(near)}." if near else ""
        raise InputError(
            f"The database {postgres.server['database']} has no table {wanted_index.schema}.{wanted_index.table}.{hint}"
            " Nothing was done."
        )
    known = {column.name for column in catalog.columns.get(table.oid, {}).values()}
    unknown = [name for name in wanted_index.columns if name not in known]
    if unknown:
        raise InputError(
            f"The table {table.name} has no column {', '.join(unknown)}. It has: {', '.join(sorted(known))}."
            " Nothing was done."
        )
    return catalog, table


def _refuse(postgres: Postgres, catalog: Catalog, table: Table, planned: Building, options: BuildOptions) -> None:
    if postgres.in_recovery:
        raise StandbyError(
            f"{postgres.login.where} is a standby: build the index on its primary, from which it is replicated."
            " Nothing was done."
        )
    if table.kind == "p" and not any(item.action == BUILD for item in planned.plan.actions):
        raise PreflightError(
            f"{table.name} is partitioned, and PostgreSQL cannot drop its index concurrently. DROP INDEX locks the"
            " table and its partitions for a moment; with a lock_timeout it does not wait for long:"
            f" {LOCK_TIMEOUT}; DROP INDEX {plain_identifier(table.schema)}.{plain_identifier(planned.name)}."
            " Nothing was done."
        )
    if table.kind == "p":
        raise PreflightError(
            f"{table.name} is partitioned, and PostgreSQL cannot build its index concurrently. Build the index on each"
            " partition, then CREATE INDEX ON ONLY the parent and ATTACH them. Nothing was done."
        )
    if any(index.building for index in catalog.of(table.oid)):
        raise BusyError(
            f"Another index of {table.name} is being built, perhaps by a role that this login may not see (GRANT"
            " pg_monitor). Nothing was done. Wait until it is built."
        )
    mine, owner = postgres.rows(OWNED, oid=table.oid)[0]
    if not mine:
        raise PrivilegeError(
            f"Role {postgres.role} may not create or drop indexes of {table.name}: that needs its owner {owner}, a"
            " member of that role, or a superuser. Nothing was done. Log in as one of them, or let one of them run: "
            + "; ".join(legible_sql(planned.statements[target]) for target in planned.plan.targets)
        )
    disk = data_disk(read_snapshot(postgres), postgres.pid) if options.check_disk else {"free": float("inf")}
    why = why_not_room(planned, disk)
    if why:
        raise PreflightError(f"The index {planned.name} was not built: {why}. Nothing was done.")


def _prepared(postgres: Postgres, table: Table, harmless: Sequence[str]) -> list[str]:
    """Prepared transactions in the way that stay there: none that is about to be settled anyway."""

    def in_the_way() -> set[str]:
        rows = postgres.rows(queries.PREPARED_IN_THE_WAY, table=table.oid, harmless=list(harmless))
        return {row[0] for row in rows}

    first = in_the_way()
    if not first:
        return []
    time.sleep(_MOMENT)
    return sorted(first & in_the_way(), key=int)


def _carry_out(postgres: Postgres, planned: Building, target: str, deadline: float, there: frozenset[int]) -> str:
    """One statement. It may take long and wait long: a short lock_timeout would leave an invalid index behind."""
    (item,) = [action for action in planned.plan.actions if action.target == target]
    statement = planned.statements[target]
    _allow(postgres, max(1.0, deadline - time.monotonic()))
    try:
        postgres.run(statement)
    except (ServerError, PrivilegeError) as error:
        left = _what_is_left(postgres, planned, there) if item.action == BUILD else _half_dropped(statement)
        raise ActFailed(f"{legible_sql(statement)} failed: {error} {left}") from None
    return f"{_PAST[item.action]} {item.detail['who']}"


def _what_is_left(postgres: Postgres, planned: Building, there: frozenset[int]) -> str:
    """Removes what a broken build left, over a new connection where the old one is lost. Says how things stand."""
    if not postgres.closed:
        return _remove_leftover(postgres, planned, there)
    try:
        with connect(postgres.login) as again:
            return _remove_leftover(again, planned, there)
    except RunbookError as error:
        return _left(planned, str(error))


def _half_dropped(statement: str) -> str:
    """A concurrent drop takes the index out of use before it waits for those who may be using it."""
    return (
        "The index may be invalid now: writes maintain it, reads do not use it. Run this again when the transactions"
        f" that use it have ended, or run as the owner: {legible_sql(statement)}"
    )


def _allow(postgres: Postgres, seconds: float) -> None:
    postgres.rows(
        "SELECT pg_catalog.set_config('statement_timeout', %(limit)s, false),"
        " pg_catalog.set_config('lock_timeout', '0', false)",
        limit=f"{int(1000 * seconds)}ms",
    )


def _remove_leftover(postgres: Postgres, planned: Building, there: frozenset[int]) -> str:
    """Drop what the broken build left: an invalid index that was not there before. Says how things stand."""
    try:
        for index in read_catalog(postgres, {planned.table.oid: planned.table}).of(planned.table.oid):
            if index.relname == planned.name and not index.valid and index.oid not in there:
                if index.building:  # the server has not noticed that its client is gone
                    return _left(planned, "an index of the table is still being built")
                prepared = _prepared(postgres, planned.table, ())
                if prepared:
                    return _left(planned, f"that would wait for {describe_prepared(read_snapshot(postgres), prepared)}")
                _allow(postgres, _TIDYING)
                postgres.run(f"DROP INDEX CONCURRENTLY {index.name}")
                return f"Its invalid index {printable(index.name)} was dropped: the table is unchanged."
    except (ServerError, PrivilegeError) as error:
        return _left(planned, str(error))
    return "It left no invalid index."


def _left(planned: Building, why: str) -> str:
    name = f"{identifier(planned.table.schema)}.{identifier(planned.name)}"
    return (
        f"The invalid index {printable(planned.name)} may still exist, and could not be dropped ({why}). The next build"
        f" of this index drops it first; or run as the owner: DROP INDEX CONCURRENTLY IF EXISTS {legible_sql(name)}"
    )
