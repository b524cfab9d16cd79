# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Building one index, or taking it back: what would be done, and what speaks against it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from ..._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict, unspaced
from ..._core.result import PlannedAct
from ..._core.text import printable, span
from ..describe import describe, who_is
from ..session import Session
from ..snapshot import Snapshot
from ..sql_text import LONGEST_NAME, legible_sql
from .advice import Candidate, size_of
from .catalog import LOCK, Catalog, Index, Table
from .index_statements import name_for, statement_of

VERB = "build_index"
BUILD, REMOVE = "build_index", "drop_index"
# Locks of a table that a concurrent build gets along with. A drop waits for the holders of any.
HARMLESS = ("AccessShareLock", "RowShareLock")
_ROOM = 2  # times its estimated size that must be free: the sort's files lie beside it


@dataclass(frozen=True)
class IndexRequest:
    """``name`` empty: as PostgreSQL would name it. ``present`` False: it is to be dropped. ``database`` empty:
    the login's."""

    schema: str
    table: str
    columns: tuple[str, ...]
    name: str = ""
    present: bool = True
    database: str = ""


@dataclass(frozen=True)
class Building(PlannedAct):
    """The plan, with the statements behind its targets."""

    table: Table
    plan: Plan
    statements: Mapping[str, str]
    name: str
    size: int
    nothing: str = ""

    @property
    def harmless(self) -> list[str]:
        """Locks of the table, held by others, that the plan need not wait for."""
        return [] if any(item.action == REMOVE for item in self.plan.actions) else list(HARMLESS)

    def as_dict(self) -> PlanDict:
        return plan_dict(self.plan, len(self.plan.actions), "indexes to build or remove", self.nothing)

    def diff(self) -> Diff:
        after = [f"{legible_sql(self.statements[item.target])};" for item in self.plan.actions]
        return diff_of(f"indexes of {printable(self.table.name)}", [], after)


def plan_building(catalog: Catalog, table: Table, wanted_index: IndexRequest) -> Building:
    """What is to be done so that there is such an index; what a broken-off build left under its name goes first."""
    candidate = Candidate(table, wanted_index.columns)
    size = size_of(catalog, candidate)
    mine = [index for index in catalog.of(table.oid) if index.relname == wanted_index.name] if wanted_index.name else []
    if not wanted_index.present:
        return _removal(catalog, table, wanted_index, mine, size)
    numbers = catalog.numbers(table.oid, wanted_index.columns)
    leftover = [
        index for index in mine or catalog.of(table.oid) if _is_leftover(index, numbers) and not catalog.owner(index)
    ]
    serving = [index for index in catalog.of(table.oid) if _serves(index, numbers)]
    if serving:
        return Building(
            table,
            Plan(VERB),
            {},
            wanted_index.name,
            size,
            f"nothing to do: {serving[0].relname} already has these columns",
        )
    name = wanted_index.name or (leftover[0].relname if leftover else name_for(catalog, table, wanted_index.columns))
    items, statements = [], {}
    for index in leftover:
        if index.relname == name:
            item = Item(
                f"{unspaced(index.name)}@{index.oid}",
                "invalid since a build was interrupted: writes maintain it, reads do not use it",
                REMOVE,
                {"who": printable(index.name), "name": index.relname},
            )
            items.append(item)
            statements[item.target] = f"DROP INDEX CONCURRENTLY {index.name}"
    columns = ",".join(wanted_index.columns)
    reason = f"about {size // 2**20} MiB of a table of {table.size // 2**20} MiB; {LOCK}"
    item = Item(
        f"{unspaced(f'{table.name}({columns}):{name}')}@{table.oid}", reason, BUILD,
        {
            "who": f"{printable(name)} on {printable(table.name)} ({printable(', '.join(wanted_index.columns))})",
            "name": name,
        },
    )  # fmt: skip
    items.append(item)
    statements[item.target] = statement_of(catalog, table, wanted_index.columns, name)
    return Building(table, Plan(VERB, tuple(items)), statements, name, size)


def _serves(index: Index, numbers: Sequence[int]) -> bool:
    return index.valid and index.method == "btree" and not index.partial and index.key[: len(numbers)] == tuple(numbers)


def _is_leftover(index: Index, numbers: Sequence[int]) -> bool:
    """Whether it is what a build of this module may have left: one that is unique, say, is not."""
    return not index.valid and index.key == tuple(numbers) and not index.special


def _removal(catalog: Catalog, table: Table, wanted_index: IndexRequest, mine: Sequence[Index], size: int) -> Building:
    if not mine:
        return Building(table, Plan(VERB), {}, wanted_index.name, size, "nothing to do: there is no such index")
    index = mine[0]
    item = Item(f"{unspaced(index.name)}@{index.oid}", "state=absent", REMOVE, {"who": printable(index.name)})
    if index.needed or index.constraint or index.unique:
        excluded = Item(item.target, "it belongs to a constraint", "", item.detail)
        return Building(
            table,
            Plan(VERB, (), (excluded,)),
            {},
            wanted_index.name,
            size,
            "nothing to do: the index belongs to a constraint",
        )
    owner = catalog.owner(index)
    if owner:
        why = f"it is part of {printable(owner.name)}, the partitioned table's index, and cannot be dropped alone"
        excluded = Item(item.target, why, "", item.detail)
        return Building(table, Plan(VERB, (), (excluded,)), {}, wanted_index.name, size, f"nothing to do: {why}")
    statements = {item.target: f"DROP INDEX CONCURRENTLY {index.name}"}
    return Building(table, Plan(VERB, (item,)), statements, wanted_index.name, size)


def why_not_room(building: Building, disk: Mapping[str, Any] | None) -> str:
    """Why the disk does not allow it; empty when it does. Only what builds needs room."""
    if not any(item.action == BUILD for item in building.plan.actions):
        return ""
    needed = _ROOM * building.size
    if disk is None:
        return (
            f"the free space of the database's disk cannot be read from here (about {needed // 2**20} MiB are"
            " needed): run this on the database's host as root, or check it by hand and set check_disk=false"
        )
    if disk["free"] < needed:
        return (
            f"about {needed // 2**20} MiB are needed and {disk['free'] // 2**20} MiB of the database's disk are free:"
            " free disk space first"
        )
    return ""


def waited_for(snapshot: Snapshot, horizon: Iterable[int], database: str, seconds: float) -> list[Session]:
    """Open transactions of this database so old that the build would hang behind them, the oldest first."""
    holders = [
        session
        for pid, session in snapshot.sessions.items()
        if pid in set(horizon) and session.database == database and session.xact_start
        if (snapshot.now - session.xact_start).total_seconds() >= seconds
    ]
    return sorted(holders, key=lambda session: session.xact_start or snapshot.now)


def describe_waits(snapshot: Snapshot, sessions: Sequence[Session]) -> str:
    """Who it would wait for, in a sentence."""
    first = sessions[:3]
    named = [f"{who_is(snapshot, session.pid)}, open for {span(_age(snapshot, session))}" for session in first]
    more = f" and {len(sessions) - len(first)} more" if len(sessions) > len(first) else ""
    return f"{'; '.join(named)}{more}"


def describe_prepared(snapshot: Snapshot, xids: Iterable[str]) -> str:
    """Prepared transactions by their gids, and how to settle them."""
    keys = [f"prepared:{xid}" for xid in xids]
    named = "; ".join(f"{who_is(snapshot, key)}, {describe(snapshot, key)}" for key in keys[:3])
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return (
        f"{named}{more}. They do not end automatically: run COMMIT PREPARED or ROLLBACK PREPARED for each, as its"
        " transaction"
        " manager decided"
    )


def _age(snapshot: Snapshot, session: Session) -> float:
    return (snapshot.now - session.xact_start).total_seconds() if session.xact_start else 0.0


def why_not_named(catalog: Catalog, table: Table, wanted_index: IndexRequest) -> str:
    """Why an index cannot be built, or not with this name; empty when it can. What a broken build of the same left is
    no obstacle, but where an index of the partitioned table owns it."""
    if len(wanted_index.name.encode()) > LONGEST_NAME:
        return f"its name is longer than the {LONGEST_NAME} bytes that PostgreSQL keeps"
    numbers = catalog.numbers(table.oid, wanted_index.columns)
    schemas = {oid: relation.schema for oid, relation in catalog.tables.items()}
    for index in catalog.indexes:
        same = index.table == table.oid and (_is_leftover(index, numbers) or _serves(index, numbers))
        there = index.relname == wanted_index.name and schemas.get(index.table, table.schema) == table.schema
        if wanted_index.name and there and not same:
            return f"another index has the name {printable(wanted_index.name)}"
        owner = catalog.owner(index) if same and not index.valid else None
        if owner:
            return (
                f"its invalid index {printable(index.name)} is part of {printable(owner.name)}, the partitioned"
                " table's index, and cannot be dropped:"
                f" REINDEX INDEX CONCURRENTLY {legible_sql(index.name)} rebuilds it"
            )
    return ""


def undo_of(building: Building, wanted_index: IndexRequest, catalog: Catalog) -> dict[str, Any]:
    """An index that was built is dropped again. One that was dropped is built again only if it was a plain one, whose
    columns are all that there is to it."""
    columns = list(wanted_index.columns)
    if not wanted_index.present:
        (gone,) = [index for index in catalog.of(building.table.oid) if index.relname == wanted_index.name]
        if gone.special:
            return {
                "reversible": False,
                "why": f"{gone.relname} had more than plain columns; its definition is in the evidence",
            }
        known = catalog.columns[building.table.oid]
        columns = [known[number].name for number in gone.key]
    options = {
        "schema": wanted_index.schema,
        "table": wanted_index.table,
        "columns": columns,
        "name": building.name,
        "state": "absent" if wanted_index.present else "present",
        **({"table_database": wanted_index.database} if wanted_index.database else {}),
    }
    return {"reversible": True, "module": "pg_index_build", "options": options}
