"""What PgBouncer's console says, judged."""

from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.io.pgbouncer import from_its_address
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.pgbouncer import (
    pooler_dict,
    sessions_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Snapshot

from support.snapshots import SERVER, snapshot

POOL = {"database": "shop", "user": "app", "cl_active": 2, "cl_waiting": 3, "sv_active": 0, "sv_idle": 0}


def tables(*pools, paused=0, clients=1, limit=100):
    return {
        "DATABASES": [{"name": "shop", "pool_size": 2, "paused": paused}],
        "POOLS": list(pools),
        "CLIENTS": [{"ptr": str(number), "addr": "10.0.0.9", "user": "app"} for number in range(clients)],
        "SERVERS": [],
        "CONFIG": [{"key": "max_client_conn", "value": str(limit)}],
    }


def test_a_paused_pool_is_not_used_up():
    found = pooler_dict(tables(POOL, {**POOL, "user": "feed"}, paused=1), snapshot([]))
    assert [(one["paused"], one["exhausted"]) for one in found["pools"]] == [(True, False)] * 2
    assert found["findings"] == ["database shop is paused in the pooler: 6 clients wait"]
    assert pooler_dict(tables(POOL), snapshot([]))["pools"][0]["exhausted"] is True


def test_the_console_of_this_look_is_no_client():
    found = pooler_dict(tables(clients=5, limit=4), snapshot([]))
    assert found["client_connections"] == {"used": 4, "limit": 4}
    assert "accepts no more clients: 4 of 4" in found["findings"][0]
    assert pooler_dict(tables(clients=4, limit=4), snapshot([]))["findings"] == []


NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def pictured(*sessions, **more):
    given = {"prepared": {}, **more}
    known = {one.pid: one for one in sessions}
    return Snapshot(NOW, SERVER, Limits(100, 3), known, forest=build_forest([]), **given)


def test_the_pooler_s_tables():
    pool = {"database": "shop", "user": "app", "cl_active": 2, "cl_waiting": 3, "sv_active": 2, "sv_idle": 0}
    tables: dict[str, list[dict[str, object]]] = {
        "DATABASES": [{"name": "shop", "pool_size": 2, "paused": 0}],
        "POOLS": [
            {**pool, "maxwait": 7, "maxwait_us": 500000, "pool_mode": "transaction"},
            {"database": "pgbouncer", "user": "pgbouncer", "cl_active": 1},
        ],
        "CLIENTS": [{"ptr": "0x1", "addr": "10.0.0.9", "port": 4711, "user": "app", "application_name": "web\x1b[1m"}],
        "SERVERS": [{"remote_pid": 5, "link": "0x1"}, {"remote_pid": 6, "link": ""}, {"remote_pid": 99, "link": "0x1"}],
        "CONFIG": [{"key": "max_client_conn", "value": "100"}],
    }
    found = pooler_dict(tables, pictured(Session(5), Session(6)))
    assert [(one["waiting"], one["longest_wait"], one["exhausted"]) for one in found["pools"]] == [(3, 7.5, True)]
    assert found["clients"] == {"5": {"client": "10.0.0.9:4711", "application": "web [1m", "user": "app"}}
    assert "3 clients wait" in found["findings"][0]
    # One that serves no client now is the pooler's all the same; a pid of another server is not.
    assert found["sessions"] == [5, 6]
    assert sessions_of({"reachable": True, "why": "", **found}) == {5: "10.0.0.9:4711", 6: "pgbouncer"}
    assert sessions_of({"reachable": False, "why": "refused"}) == {}


def test_where_the_console_lets_nobody_in_the_pooler_s_address_shows_its_sessions():
    seen = pictured(Session(5, client="10.0.0.2"), Session(6, client="10.0.0.3"), Session(7, client="127.0.0.1"))
    assert from_its_address(Login(host="10.0.0.2"), seen) == {5: "pgbouncer"}
    assert from_its_address(Login(host="127.0.0.1"), seen) == {}, "that is everybody's on this host"
    assert from_its_address(Login(host="pooler.invalid"), seen) == {}
