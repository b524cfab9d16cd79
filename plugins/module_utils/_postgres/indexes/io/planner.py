# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the planner makes of a question of ours, as it is and with an index that does not exist. I/O.

Planning runs code: what is declared immutable is folded, and indexes, policies and statistics of a table may hold such
calls. The owner of a table could have them run by each role that plans over it, a superuser among them. So only
statements of this collection are planned, over plain tables to which no user's code is attached, in a read-only
transaction.
Hypothetical indexes are hypopg's: they live in this session alone.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ...._core.errors import PrivilegeError, ServerError
from ...io.server import Postgres
from ...sql_text import identifier
from . import index_queries as queries

_GENERIC_PLAN = 160000  # from here on EXPLAIN knows GENERIC_PLAN
_REFUSED = (PrivilegeError, ServerError)


class NotPlanned(Exception):
    """Why there is no plan, in a clause."""


class Planner:
    """Plans for one server; ``hypothetical`` says whether indexes can be tried."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        functions = postgres.names(queries.HYPOPG)
        self._hypopg = identifier(functions[0][0]) if functions else ""
        self._generic = int(postgres.server["version_num"]) >= _GENERIC_PLAN

    @property
    def hypothetical(self) -> bool:
        return bool(self._hypopg)

    def types(self, names: Iterable[str]) -> dict[str, str]:
        """PostgreSQL's own types among these names, as the catalog writes them."""
        return {name: shown for name, shown in self._postgres.names(queries.TYPES, names=sorted(set(names))) if shown}

    @contextmanager
    def over(self, table: int) -> Iterator[None]:
        """Reading only, and nothing kept; refused for a table to which a user's code is attached."""
        attached = self._postgres.names(queries.ATTACHED, table=table)
        if not attached or attached[0][0]:
            raise NotPlanned(
                "planning may run functions of the table's owner (row-level security, indexes, statistics)"
            )
        self._postgres.run("BEGIN READ ONLY")
        try:
            self._postgres.rows(
                "SELECT pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true),"
                " pg_catalog.set_config('constraint_exclusion', 'off', true)"
            )
            yield
        finally:
            self._postgres.run("ROLLBACK")
            self._forget()

    def explain(self, question: str, parameters: int) -> Mapping[str, Any]:
        """The generic plan: for unknown values."""
        self._postgres.run("SAVEPOINT plan")
        try:
            rows = self._postgres.run(self._ask(question, parameters))
        except _REFUSED as error:
            raise NotPlanned(f"the query could not be planned ({error})") from error
        finally:
            self._postgres.run("ROLLBACK TO SAVEPOINT plan")
            if not self._generic:
                self._postgres.run("DEALLOCATE ALL")
        plan_node = rows[0][0]
        plan: Mapping[str, Any] = (json.loads(plan_node) if isinstance(plan_node, str) else plan_node)[0]
        return plan

    def _ask(self, question: str, parameters: int) -> str:
        """The EXPLAIN; before version 16 of a prepared statement, whose parameters are NULL and not looked at."""
        if self._generic:
            return f"EXPLAIN (FORMAT JSON, GENERIC_PLAN) {question}"
        self._postgres.run(f"PREPARE pafar_runbook_plan AS {question}")
        values = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
        return f"EXPLAIN (FORMAT JSON) EXECUTE pafar_runbook_plan{values}"

    @contextmanager
    def with_index(self, table: str, columns: Sequence[str]) -> Iterator[int]:
        """As if there were an index; yields the bytes that it would have."""
        self._postgres.run("SAVEPOINT hypothetical")
        try:
            rows = self._postgres.rows(
                f"SELECT {self._hypopg}.hypopg_relation_size(h.indexrelid)"
                f" FROM {self._hypopg}.hypopg_create_index(%(index)s) AS h",
                index=f"CREATE INDEX ON {table} ({', '.join(columns)})",
            )
        except _REFUSED as error:
            self._postgres.run("ROLLBACK TO SAVEPOINT hypothetical")
            raise NotPlanned(f"the hypothetical index could not be tried ({error})") from error
        try:
            yield int(rows[0][0])
        finally:
            self._forget()

    def _forget(self) -> None:
        if self._hypopg:
            self._postgres.names(f"SELECT {self._hypopg}.hypopg_reset()")
