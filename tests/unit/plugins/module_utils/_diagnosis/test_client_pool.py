"""A pool of the application's own; what is one and what is none is in test_connections."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.client_pool import (
    CLIENT_POOL,
    client_pools,
    logged_pools,
    pool_records,
)

from support.database_reports import activity, application, connection_limit
from support.reports import kind_of_record, log


def said(text, count):
    return log({**kind_of_record(text, count=count), "example": text})


def test_each_pool_is_a_cause_of_its_own():
    full = [
        application(name, 6, idle_in_transaction=6, idle_in_transaction_seconds=[90.0] * 6) for name in ("web", "job")
    ]
    found = client_pools(activity(connection_limit(*full, application("api", 5, idle=5))), 60)
    assert [(cause.name, family) for cause, family in found] == [(CLIENT_POOL, "web"), (CLIENT_POOL, "job")]
    assert client_pools(activity(connection_limit(*full)), 100) == []
    assert client_pools(activity(), 60) == []


@pytest.mark.parametrize(
    ("name", "pool"),
    [
        ("DBeaver * - SQLEditor <Script-*.sql>", False),
        ("pgAdmin * - CONN:*", False),
        ("psql", False),
        ("DataGrip *", False),
        ("web", True),
        ("PostgreSQL JDBC Driver", True),
        ("shop-psql-import", True),
    ],
)
def test_the_windows_of_a_tool_are_no_pool(name, pool):
    """Five are in a transaction that their users have forgotten."""
    windows = application(name, 5, idle_in_transaction=5, idle_in_transaction_seconds=[60.0] * 5)
    found = client_pools(activity(connection_limit(windows, application("api", 5, idle=5))), 60)
    assert [family for cause, family in found] == [name] * pool


@pytest.mark.parametrize(
    "text",
    [
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out",
        "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
        "ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool within 5.000 seconds",
        "Error: timeout exceeded when trying to connect",
        "KnexTimeoutError: Knex: Timeout acquiring a connection. The pool is probably full.",
        "Timed out fetching a new connection from the connection pool",
        "psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec",
        "Npgsql.NpgsqlException: The connection pool has been exhausted",
    ],
)
def test_what_pools_say_of_themselves(text):
    seen = activity(connection_limit(application(sessions=10, active=5), limit=97))
    (record,) = pool_records(said(text, 2))
    assert text[:40] in record
    assert logged_pools(seen, said(text, 2)) == []
    (cause,) = logged_pools(seen, said(text, 3))
    assert (cause.name, cause.mitigation) == (CLIENT_POOL, "")
    assert "87 slots free" in cause.evidence[0]


@pytest.mark.parametrize("text", ["connection received: host=10.0.0.7", "pool warmed up", "connection reset by peer"])
def test_what_is_no_word_of_a_pool_that_is_used_up(text):
    assert pool_records(said(text, 9)) == []
    assert pool_records(None) == []
