# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PgBouncer's admin console. I/O."""

from __future__ import annotations

import socket
from typing import Any, Dict, List

from ...._core.errors import ConnectError
from ...io.connection import Login, driver, open_pooler_connection
from ...snapshot import Snapshot
from ..pgbouncer import PoolerReport, pooler_dict

Pooler = Login
_SHOWN = ("POOLS", "DATABASES", "CLIENTS", "SERVERS", "CONFIG")
Tables = Dict[str, List[Dict[str, Any]]]


def read_pooler(pooler: Pooler, snapshot: Snapshot) -> PoolerReport:
    """Its pools, and who stands behind each server connection. A pooler that does not answer costs no snapshot."""
    try:
        tables = _tables(pooler)
    except ConnectError as error:
        why = str(error)
        return {"reachable": False, "why": why, "pools": [], "clients": {}, "sessions": [], "findings": [why]}
    return {"reachable": True, "why": "", **pooler_dict(tables, snapshot)}


def from_its_address(pooler: Pooler, snapshot: Snapshot) -> dict[int, str]:
    """Sessions by pid whose client has the pooler's address, where its console does not say which are its own (it
    refuses every login when it is full). An address of this host may be any client's."""
    try:
        found = socket.getaddrinfo(pooler.host, None, type=socket.SOCK_STREAM)
    except OSError:
        return {}
    addresses = {str(entry[4][0]) for entry in found if not str(entry[4][0]).startswith(("127.", "::1"))}
    return {session.pid: "pgbouncer" for session in snapshot.client_sessions() if session.client in addresses}


def _tables(pooler: Pooler) -> Tables:
    connection = open_pooler_connection(pooler)
    tables: Tables = {}
    try:
        for name in _SHOWN:
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW {name}")
                columns = [column.name for column in cursor.description or ()]
                tables[name] = [dict(zip(columns, row)) for row in cursor.fetchall()]
    except driver().Error as error:
        said = " ".join(str(error).split())
        raise ConnectError(
            f"The pooler at {pooler.host}:{pooler.port} refused SHOW {name}: {said}. The user {pooler.user} must be one"
            " of its stats_users or admin_users."
        ) from None
    finally:
        connection.close()
    return tables
