"""What PgBouncer's console says, judged."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.pgbouncer import told

from support.pictures import picture

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
    found = told(tables(POOL, {**POOL, "user": "feed"}, paused=1), picture([]))
    assert [(one["paused"], one["exhausted"]) for one in found["pools"]] == [(True, False)] * 2
    assert found["pressing"] == ["database shop is paused in the pooler: 6 clients wait"]
    assert told(tables(POOL), picture([]))["pools"][0]["exhausted"] is True


def test_the_console_of_this_look_is_no_client():
    found = told(tables(clients=5, limit=4), picture([]))
    assert found["client_connections"] == {"used": 4, "limit": 4}
    assert "takes no more clients: 4 of 4" in found["pressing"][0]
    assert told(tables(clients=4, limit=4), picture([]))["pressing"] == []
