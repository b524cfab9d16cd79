"""Where the time goes: another database than the login's, cursors, functions, views and partitions."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager

import pytest

from support.clients import Client
from support.modules import run_module

CUST = (
    "CREATE TABLE cust (id int, email text, city int, kind int, data jsonb)",
    "INSERT INTO cust SELECT i, 'U' || i, i % 2000, i % 2, jsonb_build_object('ref', i)"
    " FROM generate_series(1, 20000) i",
    "CREATE VIEW customers AS SELECT id, upper(email) AS mail FROM cust",
    "CREATE FUNCTION report(int) RETURNS bigint LANGUAGE plpgsql AS"
    " 'BEGIN RETURN (SELECT count(*) FROM cust WHERE id + 0 > $1); END'",
    "CREATE TABLE log (at int, what text) PARTITION BY RANGE (at)",
    "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (30000)",
    "INSERT INTO log SELECT i, 'w' || i % 5000 FROM generate_series(1, 20000) i",
)
GONE = ("DROP VIEW customers", "DROP FUNCTION report(int)", "DROP TABLE cust, log")


@pytest.fixture(scope="module")
def other(counted):
    """The site's tables in a database that is not the login's."""
    owner = Client(counted, db="other")
    for statement in CUST:
        owner.run(statement)
    counted.run("ANALYZE", dbname="other")
    yield counted
    for statement in GONE:
        owner.run(statement)
    owner.close()


@contextmanager
def load(server, *statements, pause=0.0):
    """These statements in turn, without end."""
    client, over = Client(server, db="other"), threading.Event()

    def work():
        for number in itertools.count():
            for statement in statements:
                client.run(statement.format(number))
            if over.wait(pause):
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        client.close()


def await_counted(client, major):
    """Before PostgreSQL 15 the counters that a look reads may be half a second old: without the reads since the look of
    the test before, which would be those of the next window."""
    counted, known = [], None
    while major < 15 and (not counted or counted != known):
        time.sleep(0.6)
        known, counted = counted, client.run("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'cust'")


def info(server):
    return run_module("pg_index_info", **server.login("postgres"), window=1.5, min_rows=5000, hypothetical=False)


def test_a_missing_index_in_another_database(other):
    with load(other, "SELECT count(*) FROM cust WHERE kind = 1 AND city = {0} % 2000"):
        report = info(other)
    first = next(index for index in report["advice"] if index["kind"] == "statement")
    assert (first["database"], first["table"], first["columns"], first["proved"]) == ("other", "cust", ["city"], False)
    assert "not proved" in first["why"]
    assert "one value of city has about 0.05% of the rows" in first["why"]
    assert report["workload"]["statements"][0]["database"] == "other"


@pytest.mark.parametrize(
    ("statements", "table", "says"),
    [
        (["SELECT * FROM cust WHERE lower(email) = 'u{0}'"], "cust", "lower(email) = $1 compares an expression"),
        (["SELECT count(*) FROM cust WHERE data @> '{{\"ref\": {0}}}'"], "cust", "GIN index"),
        (["SELECT count(*) FROM cust WHERE id = {0} OR city = {0}"], "cust", "under OR"),
        (["SELECT count(*) FROM customers WHERE mail = 'U{0}'"], "cust", "through the view customers"),
        (["SELECT report({0})"], "cust", "a function that it calls reads it"),
        (["SELECT count(*) FROM log WHERE lower(what) = 'w{0}'"], "log", "compares an expression"),
        (["BEGIN", 'DECLARE "c{0}" CURSOR FOR SELECT * FROM cust WHERE upper(email) = \'x\'', 'FETCH 100 FROM "c{0}"',
          "COMMIT"], "cust", "compares an expression"),
    ],
)  # fmt: skip
def test_what_no_index_is_advised_for_is_said(other, statements, table, says):
    with load(other, *statements):
        report = info(other)
    read = report["full_reads"][0]
    assert (read["database"], read["table"]) == ("other", table)
    assert says in read["why"]
    assert read["passes"] >= 1
    assert read["statement"]
    assert '"c' not in read["statement"], "a cursor's own name"


def test_a_partitioned_table_gets_the_statements_in_their_order(other):
    with load(other, "SELECT count(*) FROM log WHERE what = 'w{0}'"):
        report = info(other)
    first = next(index for index in report["advice"] if index["kind"] == "statement")
    assert (first["table"], first["statement"]) == ("log", "")
    assert [step.split(" ON ")[0] for step in first["steps"][:2]] == [
        "SET lock_timeout = '2s'; CREATE INDEX log_what_idx",
        "CREATE INDEX CONCURRENTLY log_1_what_idx",
    ]
    client = Client(other, db="other")
    for step in first["steps"]:
        client.run(step)
    client.close()
    assert not any(index["table"] == "log" for index in info(other)["advice"])


def test_its_own_statements_are_none_of_the_work(other):
    info(other)
    lifetime = run_module("pg_statements_info", **other.login("postgres"), window=0, top=50)
    assert not [one["statement"] for one in lifetime["statements"] if "pg_stat_get_activity" in one["statement"]]


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(["DROP INDEX IF EXISTS cust_city", "CREATE INDEX cust_city ON cust (city)"], id="an index"),
        pytest.param(["REINDEX TABLE cust"], id="all indexes"),
    ],
)
def test_what_maintenance_reads_is_no_request_s_doing(other, statements):
    """Beside look-ups by a key, which take most of the time and name the table."""
    owner = Client(other, db="other")
    owner.run("CREATE INDEX cust_id ON cust (id)")
    await_counted(owner, other.major)
    try:
        with load(other, "SELECT * FROM cust WHERE id = {0}"), load(other, *statements, pause=0.2):
            report = info(other)
    finally:
        owner.run("DROP INDEX cust_id")
        owner.run("DROP INDEX IF EXISTS cust_city")
        owner.close()
    assert [read for read in report["full_reads"] if read["table"] == "cust"] == []
