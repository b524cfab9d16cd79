# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PgBouncer: whether a pool is used up, and which real client stands behind a session of the server. Pure.

Columns are those of ``SHOW`` (PgBouncer's doc/usage.md). A server connection names the server's pid and its client.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence, TypedDict

from ..._core.text import counted, printable
from ..snapshot import Snapshot

Table = Sequence[Mapping[str, Any]]


class PoolReport(TypedDict):
    """One pool. ``exhausted``: clients wait, and every connection of it is in use; ``longest_wait`` in seconds."""

    database: str
    user: str
    mode: str
    clients: int
    waiting: int
    longest_wait: float
    active: int
    idle: int
    size: int
    paused: bool
    exhausted: bool


class PoolClient(TypedDict):
    """The real client behind a session of the server."""

    client: str
    application: str
    user: str


class ClientConnections(TypedDict):
    """Clients that the pooler has, and takes at most."""

    used: int
    limit: int


class PoolsReport(TypedDict):
    """``clients`` by the pid (as text) of the session that serves each. ``sessions``: pids of all of the pooler's, also
    of those that serve no client now."""

    pools: list[PoolReport]
    clients: dict[str, PoolClient]
    sessions: list[int]
    client_connections: ClientConnections
    findings: list[str]


class _Reached(TypedDict):
    reachable: bool
    why: str


class PoolerReport(_Reached, total=False):
    """``pooler`` of a background; what is known of the pools only where it answers."""

    pools: list[PoolReport]
    clients: dict[str, PoolClient]
    sessions: list[int]
    client_connections: ClientConnections
    findings: list[str]


def pooler_dict(tables: Mapping[str, Table], snapshot: Snapshot) -> PoolsReport:
    """Pools, real clients by the pid of the session that serves each, and what presses."""
    sizes = {str(row["name"]): row for row in tables["DATABASES"]}
    pools = [_pool(row, sizes) for row in tables["POOLS"] if row["database"] != "pgbouncer"]
    config = {str(row["key"]): row["value"] for row in tables["CONFIG"]}
    used = max(0, len(tables["CLIENTS"]) - 1)  # without this look's own console
    limit = _number(config.get("max_client_conn"))
    return {
        "pools": sorted(pools, key=lambda pool: (-pool["waiting"], pool["database"], pool["user"])),
        "clients": _clients(tables, snapshot),
        "sessions": sorted(
            {_number(server.get("remote_pid")) for server in tables["SERVERS"]} & set(snapshot.sessions)
        ),
        "client_connections": {"used": used, "limit": limit},
        "findings": [
            f"pool {pool['database']}/{pool['user']} is exhausted:"
            f" {counted(pool['waiting'], 'client waits', 'clients wait')}, the longest for"
            f" {pool['longest_wait']:g} s, all of its {pool['active']} connections are in use"
            f" (pool_size {pool['size']})"
            for pool in pools
            if pool["exhausted"]
        ]
        + [
            f"database {name} is paused in the pooler: {counted(waiting, 'client waits', 'clients wait')}"
            for name, waiting in paused(pools).items()
        ]
        + ([f"the pooler accepts no more clients: {used} of {limit} (max_client_conn)"] if 0 < limit <= used else []),
    }


def paused(pools: Iterable[PoolReport]) -> dict[str, int]:
    """Databases that are paused, with the clients that wait for them."""
    waiting_clients: dict[str, int] = {}
    for pool in pools:
        if pool["paused"]:
            waiting_clients[pool["database"]] = waiting_clients.get(pool["database"], 0) + pool["waiting"]
    return waiting_clients


def _pool(row: Mapping[str, Any], sizes: Mapping[str, Mapping[str, Any]]) -> PoolReport:
    database = sizes.get(str(row["database"]), {})
    waiting, idle = _number(row.get("cl_waiting")), _number(row.get("sv_idle"))
    stopped = bool(_number(database.get("paused")))
    return {
        "database": printable(str(row["database"])),
        "user": printable(str(row["user"])),
        "mode": printable(str(row.get("pool_mode") or "")),
        "clients": _number(row.get("cl_active")),
        "waiting": waiting,
        "longest_wait": _number(row.get("maxwait")) + _number(row.get("maxwait_us")) / 1e6,
        "active": _number(row.get("sv_active")),
        "idle": idle,
        "size": _number(database.get("pool_size")),
        "paused": stopped,
        "exhausted": waiting > 0 and idle == 0 and not stopped,  # a paused one is not too small
    }


def sessions_of(report: PoolerReport) -> dict[int, str]:
    """The pooler's sessions by pid: the client that each serves right now, else the pooler's name."""
    clients = {int(pid): client["client"] for pid, client in report.get("clients", {}).items()}
    return {**dict.fromkeys(report.get("sessions", []), "pgbouncer"), **clients}


def _clients(tables: Mapping[str, Table], snapshot: Snapshot) -> dict[str, PoolClient]:
    """By pid, as text (keys of a JSON object): who is served by that session right now."""
    by_pointer = {row["ptr"]: row for row in tables["CLIENTS"]}
    clients: dict[str, PoolClient] = {}
    for server in tables["SERVERS"]:
        pid, client = _number(server.get("remote_pid")), by_pointer.get(server.get("link"))
        if client is None or pid not in snapshot.sessions:
            continue
        name = printable(str(client.get("application_name") or ""))
        address = f"{printable(str(client['addr']))}:{_number(client.get('port'))}"
        clients[str(pid)] = {"client": address, "application": name, "user": printable(str(client["user"]))}
    return clients


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0
