# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own question to its database: one statement, in a transaction that reads only. I/O."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from ..._core.errors import InputError
from ..._core.text import printable
from .connection import Login
from .server import Postgres, connect


def ask(postgres: Postgres, statement: str, most: int) -> dict[str, Any]:
    """What pg_query_info returns; see its documentation."""
    asked = statement.strip().rstrip(";").strip()
    if not asked:
        raise InputError("query is empty. Nothing was done.")
    postgres.tell("SET default_transaction_read_only = on")  # should the statement end the transaction itself
    postgres.tell("BEGIN READ ONLY")
    try:
        columns, rows, more = postgres.table(asked, most)
    finally:
        postgres.tell("ROLLBACK")
    told = [{name: _plain(value) for name, value in zip(columns, row)} for row in rows]
    return {"changed": False, "rows": told, "columns": columns, "truncated": more}


def _plain(value: Any) -> Any:
    """As JSON has it: moments in UTC, exact numbers as text, everything else that is no plain value as text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, (date, Decimal)):
        return str(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return printable(str(value))


def answer(login: Login, statement: str, most: int) -> dict[str, Any]:
    """The same over a connection of its own."""
    with connect(login) as postgres:
        return ask(postgres, statement, most)
