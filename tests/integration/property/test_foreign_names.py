"""Roles, databases, schemas, tables, indexes and applications with escapes of a terminal in their names.

What a module returns for people (reasons, trees, notes, remedies, diffs, messages) is clean, whichever key it has. What
is named so that it can be acted on stays exact; the keys of these are listed here, so that a new one is found.
"""

from __future__ import annotations

import json
import unicodedata

import psycopg2.extensions
import pytest

from support.clients import clients, lock_waiters, until
from support.modules import run_module
from support.servers import PASSWORD, Server, with_contrib

BAD = "\x1b[2J\x9b31m\u202e\u2066\n\x07\u200bX"
# Exact names: of what is connected to, acted on, undone, or a key by the name itself.
EXACT = {
    "database", "target", "name", "schema", "table", "role", "statements", "definitions", "indexes", "role_limits",
    "database_limits", "settings", "invocation",
}  # fmt: skip
ACTS_OF_ROLES = {"before", "after"}  # of pg_role_settings: settings by the name of their role


def unclean(value, path=()):
    """Paths of the texts that could reach a terminal and move its cursor."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in EXACT:
                yield from unclean(key, (*path, "a key"))
                yield from unclean(each, (*path, key))
    elif isinstance(value, list):
        for each in value:
            yield from unclean(each, path)
    elif isinstance(value, str):
        lines = value.split("\n") if path[:1] == ("diff",) else [value]
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs") for line in lines for letter in line):
            yield path, value


def quoted(name):
    return '"' + name + '"'


@pytest.fixture(scope="module")
def hostile():
    newest = with_contrib()[max(with_contrib())]
    settings = {"max_connections": "50", "shared_preload_libraries": "pg_stat_statements"}
    with Server(newest, settings) as server:
        server.prepare_site()
        server.run(
            f"CREATE ROLE {quoted('role' + BAD)} LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 40",
            f"CREATE DATABASE {quoted('db' + BAD)} OWNER {quoted('role' + BAD)} CONNECTION LIMIT 40",
        )

        def dsn(user="postgres", password=PASSWORD, dbname="db" + BAD):
            return psycopg2.extensions.make_dsn(
                host="127.0.0.1", port=server.port, user=user, password=password, dbname=dbname
            )

        server.dsn = dsn
        place = f"{quoted('schema' + BAD)}.{quoted('table' + BAD)}"
        server.run(
            f"CREATE SCHEMA {quoted('schema' + BAD)} AUTHORIZATION {quoted('role' + BAD)}",
            f"CREATE TABLE {place} ({quoted('column' + BAD)} int, v int, w int)",
            f"INSERT INTO {place} SELECT i, i % 7, i % 5000 FROM generate_series(1, 60000) AS i",
            *(f"CREATE INDEX {quoted(name + BAD)} ON {place} ({quoted('column' + BAD)})" for name in ("one", "two")),
            f"ALTER TABLE {place} OWNER TO {quoted('role' + BAD)}", f"ANALYZE {place}",
            dbname="db" + BAD,
        )  # fmt: skip
        with clients(server) as session:
            given = {"user": "role" + BAD, "db": "db" + BAD}
            holder = session("holder" + BAD, **given)
            change = f"UPDATE {place} SET v = 2 WHERE {quoted('column' + BAD)} = 1"
            holder.run("BEGIN")
            holder.run(change)
            for number in range(3):
                session(f"waiter {number}" + BAD, **given).send(change)
            until(lambda: lock_waiters(server) == 3)
            server.holder = holder.pid
            yield server


RUNS = {
    "pg_activity_info": {"also": ["wraparound", "replication", "autovacuum", "processes"], "check": True},
    "pg_kill_blocking": {"min_waiting": 0, "max_share": 1.0, "check": True},
    "pg_end_sessions": {"check": True},
    "pg_statements_info": {},
    "pg_index_info": {},
    "pg_preflight_info": {},
    "pg_role_settings": {"settings": [{"role": "role" + BAD, "setting": "lock_timeout", "value": "5min"}],
                         "check": True},
    "pg_index_build": {"schema": "schema" + BAD, "table": "table" + BAD, "columns": ["w"], "check_disk": False,
                       "check": True},
    "pg_query_info": {"query": "SELECT application_name, usename, datname FROM pg_catalog.pg_stat_activity"},
}  # fmt: skip


@pytest.mark.parametrize("module", RUNS)
def test_what_is_for_people_is_clean(hostile, module):
    options = dict(RUNS[module])
    if module == "pg_end_sessions":
        options["session"] = str(hostile.holder)
    found = run_module(module, **{**hostile.login(), "login_db": "db" + BAD}, **options)
    assert "msg" not in found, found["msg"]
    if module == "pg_role_settings":
        found = {key: each for key, each in found.items() if key not in ACTS_OF_ROLES}
        found["evidence"] = {key: each for key, each in found["evidence"].items() if key not in ACTS_OF_ROLES}
    assert list(unclean(found)) == []
    assert "X" in json.dumps(found), "the hostile names are in it"


def test_a_failure_that_names_them_is_clean(hostile):
    login = {**hostile.login(), "login_db": "no" + BAD}
    failed = run_module("pg_activity_info", check=True, **login)
    assert "failed" in failed
    assert list(unclean(failed)) == []
