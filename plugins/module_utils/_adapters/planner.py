# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the planner makes of a statement, as it is and with an index that does not exist. I/O.

A statement's text comes from whoever runs it. It becomes part of an EXPLAIN only if it is one statement that may be
planned and calls no function but PostgreSQL's own, and only in the name of the role that ran it, in a transaction that
reads only and is rolled back. It is never executed. Hypothetical indexes are hypopg's: they live in this session alone.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import Any, Iterator, Mapping

from .._domain.plans import calls, may_be_planned
from .._errors import PrivilegeError, ServerError
from . import queries_indexes as queries
from .postgres import Postgres

_GENERIC_PLAN = 160000  # from here on EXPLAIN knows GENERIC_PLAN
_PARAMETER = re.compile(r"\$(\d+)")


class NotPlanned(Exception):
    """Why there is no plan, in a clause."""


class Planner:
    """Plans for one server; ``hypothetical`` says whether indexes can be tried."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        found = postgres.names(queries.HYPOPG)
        self._hypopg = postgres.identifier(found[0][0]) if found else ""
        self._generic = int(postgres.server["version_num"]) >= _GENERIC_PLAN

    @property
    def hypothetical(self) -> bool:
        return bool(self._hypopg)

    @contextmanager
    def as_role(self, oid: int, name: str) -> Iterator[None]:
        """In the name of a role, with its search path, reading only, and nothing kept."""
        path = self._postgres.names(queries.SEARCH_PATH, role=oid)
        try:
            self._postgres.tell("BEGIN READ ONLY")
            try:
                self._postgres.tell(f"SET LOCAL ROLE {self._postgres.identifier(name)}")
            except (PrivilegeError, ServerError) as error:
                raise NotPlanned(f"this login may not plan in the name of {name}") from error
            self._postgres.rows(
                "SELECT pg_catalog.set_config('search_path', %(path)s, true),"
                " pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)",
                path=path[0][0] if path else '"$user", public',
            )
            yield
        finally:
            self._postgres.tell("ROLLBACK")
            if self._hypopg:
                self._postgres.rows(f"SELECT {self._hypopg}.hypopg_reset()")

    def refuse(self, text: str) -> None:
        """Raise NotPlanned for a text that may not become part of a statement of ours."""
        if not may_be_planned(text):
            raise NotPlanned("its text is not one whole statement that can be explained")
        names = calls(text)
        known = {row[0] for row in self._postgres.names(queries.BUILT_IN, names=sorted(names))} if names else set()
        foreign = sorted(names - known)
        if foreign:
            raise NotPlanned(
                f"it calls {', '.join(foreign[:3])}, which is not PostgreSQL's own, and planning may run it"
            )

    def explain(self, text: str) -> Mapping[str, Any]:
        """The generic plan: for parameters that nobody knows."""
        self._postgres.tell("SAVEPOINT plan")
        try:
            rows = self._postgres.tell(self._ask(text))
        except (PrivilegeError, ServerError) as error:
            raise NotPlanned(f"it could not be planned ({error})") from error
        finally:
            self._postgres.tell("ROLLBACK TO SAVEPOINT plan")
            if not self._generic:
                self._postgres.tell("DEALLOCATE ALL")
        found = rows[0][0]
        plan: Mapping[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]
        return plan

    def _ask(self, text: str) -> str:
        """The EXPLAIN; before version 16 of a prepared statement, whose parameters are NULL and not looked at."""
        if self._generic:
            return f"EXPLAIN (FORMAT JSON, VERBOSE, GENERIC_PLAN) {text}"
        self._postgres.tell(f"PREPARE pafar_runbook_plan AS {text}")
        number = max((int(found) for found in _PARAMETER.findall(text)), default=0)
        values = f"({', '.join(['NULL'] * number)})" if number else ""
        return f"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE pafar_runbook_plan{values}"

    @contextmanager
    def with_index(self, table: str, columns: list[str]) -> Iterator[int]:
        """As if there were an index; yields the bytes that it would have."""
        if not self._hypopg:
            raise NotPlanned("hypopg is not there")
        rows = self._postgres.rows(
            f"SELECT {self._hypopg}.hypopg_relation_size(h.indexrelid)"
            f" FROM {self._hypopg}.hypopg_create_index(%(index)s) AS h",
            index=f"CREATE INDEX ON {table} ({', '.join(columns)})",
        )
        try:
            yield int(rows[0][0])
        finally:
            self._postgres.rows(f"SELECT {self._hypopg}.hypopg_reset()")
