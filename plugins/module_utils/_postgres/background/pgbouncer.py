# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PgBouncer: whether a pool is used up, and which real client stands behind a session of the server. Pure.

Columns are those of ``SHOW`` (PgBouncer's doc/usage.md). A server connection names the server's pid and its client.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence, TypedDict

from ..._core.text import printable
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
    """``clients`` by the pid (as text) of the session that serves each."""

    pools: list[PoolReport]
    clients: dict[str, PoolClient]
    client_connections: ClientConnections
    findings: list[str]


class _Reached(TypedDict):
    reachable: bool
    why: str


class PoolerReport(_Reached, total=False):
    """``pooler`` of a background; what is known of the pools only where it answers."""

    pools: list[PoolReport]
    clients: dict[str, PoolClient]
    client_connections: ClientConnections
    findings: list[str]


def pooler_dict(tables: Mapping[str, Table], snapshot: Snapshot) -> PoolsReport:
    """Pools, real clients by the pid of the session that serves each, and what presses."""
    sizes = {str(one["name"]): one for one in tables["DATABASES"]}
    pools = [_pool(one, sizes) for one in tables["POOLS"] if one["database"] != "pgbouncer"]
    config = {str(one["key"]): one["value"] for one in tables["CONFIG"]}
    used = max(0, len(tables["CLIENTS"]) - 1)  # without this look's own console
    limit = _number(config.get("max_client_conn"))
    return {
        "pools": sorted(pools, key=lambda one: (-one["waiting"], one["database"], one["user"])),
        "clients": _clients(tables, snapshot),
        "client_connections": {"used": used, "limit": limit},
        "findings": [
            f"pool {one['database']}/{one['user']} is used up: {one['waiting']} clients wait, the longest for"
            f" {one['longest_wait']:g} s, all of its {one['active']} connections are in use (pool_size {one['size']})"
            for one in pools
            if one["exhausted"]
        ]
        + [
            f"database {name} is paused in the pooler: {waiting} clients wait"
            for name, waiting in paused(pools).items()
        ]
        + ([f"the pooler takes no more clients: {used} of {limit} (max_client_conn)"] if 0 < limit <= used else []),
    }


def paused(pools: Iterable[PoolReport]) -> dict[str, int]:
    """Databases that are paused, with the clients that wait for them."""
    found: dict[str, int] = {}
    for one in pools:
        if one["paused"]:
            found[one["database"]] = found.get(one["database"], 0) + one["waiting"]
    return found


def _pool(one: Mapping[str, Any], sizes: Mapping[str, Mapping[str, Any]]) -> PoolReport:
    database = sizes.get(str(one["database"]), {})
    waiting, idle = _number(one.get("cl_waiting")), _number(one.get("sv_idle"))
    stopped = bool(_number(database.get("paused")))
    return {
        "database": printable(str(one["database"])),
        "user": printable(str(one["user"])),
        "mode": printable(str(one.get("pool_mode") or "")),
        "clients": _number(one.get("cl_active")),
        "waiting": waiting,
        "longest_wait": _number(one.get("maxwait")) + _number(one.get("maxwait_us")) / 1e6,
        "active": _number(one.get("sv_active")),
        "idle": idle,
        "size": _number(database.get("pool_size")),
        "paused": stopped,
        "exhausted": waiting > 0 and idle == 0 and not stopped,  # a paused one is not too small
    }


def _clients(tables: Mapping[str, Table], snapshot: Snapshot) -> dict[str, PoolClient]:
    """By pid, as text (keys of a JSON object): who is served by that session right now."""
    by_pointer = {one["ptr"]: one for one in tables["CLIENTS"]}
    found: dict[str, PoolClient] = {}
    for server in tables["SERVERS"]:
        pid, client = _number(server.get("remote_pid")), by_pointer.get(server.get("link"))
        if client is None or pid not in snapshot.sessions:
            continue
        name = printable(str(client.get("application_name") or ""))
        address = f"{printable(str(client['addr']))}:{_number(client.get('port'))}"
        found[str(pid)] = {"client": address, "application": name, "user": printable(str(client["user"]))}
    return found


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0
