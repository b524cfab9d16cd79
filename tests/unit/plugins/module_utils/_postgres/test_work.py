"""What a session works on."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.work import (
    changes_definition,
    is_backup,
    leaves_behind,
    maintenance,
    why_ask,
)

from support.snapshots import session

IDLE = {"state": "idle in transaction"}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"progress": "VACUUM", "application": "web"}, "VACUUM"),
        ({"progress": "COPY"}, "COPY"),
        ({"query": "VACUUM (FREEZE, VERBOSE) t"}, "VACUUM"),
        ({"query": "/* nightly */ -- by hand\n analyze t"}, "ANALYZE"),
        ({"query": "CLUSTER t USING i"}, "CLUSTER"),
        ({"query": "reindex table t"}, "REINDEX"),
        ({"query": "CREATE  UNIQUE INDEX i ON t (a)"}, "CREATE UNIQUE INDEX"),
        ({"query": "REFRESH MATERIALIZED VIEW v"}, "REFRESH MATERIALIZED VIEW"),
        ({"query": "CREATE MATERIALIZED VIEW v AS SELECT 1"}, "CREATE MATERIALIZED VIEW"),
        ({"query": "COPY t (a) FROM STDIN"}, "COPY"),
        ({"query": "ALTER TABLE t ALTER a TYPE bigint"}, "ALTER TABLE"),
        ({"query": "INSERT INTO t SELECT 1", "application": "pg_restore"}, "pg_restore"),
        ({"query": "SELECT 1", "application": "pg_repack"}, "pg_repack"),
        ({"query": "SELECT 1", "application": "pg_restored"}, ""),
        ({"query": "SELECT vacuum FROM t"}, ""),
        ({"query": "VACUUM t", "state": "idle"}, ""),
        ({"query": "INSERT INTO repack.table_16402 SELECT a FROM ONLY t", "application": "job"}, "repack"),
        ({"query": "SELECT repack.repack_apply($1, $2)", "application": "job"}, "repack"),
        ({"query": "SELECT squeeze.squeeze_table('public', 't')", "application": "job"}, "squeeze"),
        ({"query": "CALL partman.run_maintenance_proc()", "application": "job"}, "run_maintenance"),
        ({"query": "SELECT run_maintenance FROM jobs"}, ""),
        ({"query": "SELECT 1", "application": "vacuumdb", "state": "idle"}, "vacuumdb"),
        ({"query": "SET statement_timeout = 0; REFRESH MATERIALIZED VIEW v"}, "REFRESH MATERIALIZED VIEW"),
        ({"query": "BEGIN;\n-- V12\nSET LOCAL search_path TO 'a;b';\nALTER TABLE t ADD x int;"}, "ALTER TABLE"),
        ({"query": "COMMIT; VACUUM t"}, "VACUUM"),
        ({"query": "BEGIN; LOCK TABLE a; ALTER TABLE a ADD x int"}, "ALTER TABLE"),
        ({"query": "SAVEPOINT s; /* V13 */ LOCK a IN EXCLUSIVE MODE; DISCARD TEMP; CLUSTER a"}, "CLUSTER"),
        ({"query": "BEGIN; LOCK TABLE a; SELECT 1"}, ""),
        ({"query": "SELECT bt_index_parent_check('i'::regclass, true)"}, "bt_index_parent_check"),
        ({"query": "SELECT * FROM verify_heapam('t')"}, "verify_heapam"),
        ({"query": "SELECT pg_prewarm ('t', 'buffer')"}, "pg_prewarm"),
        ({"query": "SELECT (public.pgstattuple_approx('t')).*"}, "pgstattuple_approx"),
        ({"query": "select gin_clean_pending_list('i')"}, "gin_clean_pending_list"),
        ({"query": "SELECT brin_summarize_new_values('i')"}, "brin_summarize_new_values"),
        ({"query": "SELECT compress_chunk(c) FROM show_chunks('t') c"}, "compress_chunk"),
        ({"query": "SELECT create_distributed_table('t', 'id')"}, "create_distributed_table"),
        ({"query": "SELECT 'pg_prewarm(' FROM t"}, ""),
        ({"query": "SELECT pg_prewarm, verify_heapam FROM jobs WHERE (true)"}, ""),
        ({"query": "SELECT my_pg_prewarm('t')"}, ""),
        ({"query": "SET x = 1; SELECT 'VACUUM t'"}, ""),
        ({"query": "SET x = 'VACUUM"}, ""),
        ({"query": "UPDATE t SET a = 1; VACUUM t"}, ""),
    ],
)
def test_maintenance_is_known_by_what_it_does(given, kind):
    assert maintenance(session(1, **given)) == kind


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("ALTER TABLE t ADD x int", True),
        ("/* V12 */ SET lock_timeout = '5s'; DROP TRIGGER x ON t", True),
        ("truncate t", True),
        ("LOCK TABLE t", False),
        ("CREATE TABLE t AS SELECT 1", True),
        ("CREATE TEMP TABLE x AS SELECT * FROM t", False),
        ("create local temporary view x AS SELECT * FROM t", False),
        ("CREATE TEMPLATE x", True),
        ("SELECT 'ALTER TABLE t'", False),
        ("UPDATE t SET a = 1", False),
    ],
)
def test_what_changes_a_definition(query, changes):
    assert changes_definition(session(1, query=query)) is changes


@pytest.mark.parametrize(
    ("given", "backup"),
    [
        ({"application": "backup.sh", "query": "COPY public.t (a, b) TO stdout;", **IDLE}, True),
        ({"application": "nightly", "query": "COPY public.t (a, b) TO stdout;"}, True),
        ({"query": "LOCK TABLE public.a, public.b IN ACCESS SHARE MODE", **IDLE}, True),
        ({"query": "SELECT pg_catalog.pg_export_snapshot()", **IDLE}, True),
        ({"query": "SET TRANSACTION SNAPSHOT '00000003-1'", **IDLE}, True),
        ({"query": "EXECUTE dumpFunc('4711')", **IDLE}, True),
        ({"query": "SET TRANSACTION SNAPSHOT '00000003-1';", **IDLE}, True),
        ({"query": "SET extra_float_digits TO 3; COPY public.t (a, b) TO stdout;", **IDLE}, True),
        ({"query": "LOCK TABLE public.a IN ACCESS SHARE MODE;", **IDLE}, True),
        ({"query": "BEGIN; LOCK TABLE public.a IN ACCESS SHARE MODE; SELECT 1", **IDLE}, True),
        ({"application": "pg_dump", "query": ""}, True),
        ({"application": "backup.sh", "query": "SELECT count(*) FROM t", **IDLE}, True),
        ({"application": "nightly-backup", "query": "SELECT 1", **IDLE}, True),
        ({"application": "db_dump[4711]", "query": "SELECT 1", **IDLE}, True),
        ({"application": "backupper", "query": "SELECT 1", **IDLE}, False),
        ({"application": "dumpling", "query": "SELECT 1", **IDLE}, False),
        ({"progress": "BASEBACKUP"}, True),
        ({"query": "COPY public.t (a, b) TO stdout;", "has_written": True, **IDLE}, False),
        ({"query": "COPY public.t (a, b) FROM stdin;", **IDLE}, False),
        ({"query": "COPY public.t TO stdout;", "state": "idle"}, False),
        ({"query": "LOCK TABLE t IN SHARE MODE", **IDLE}, False),
        ({"query": "SELECT 'COPY t TO STDOUT'", **IDLE}, False),
    ],
)
def test_a_dump_is_known_under_another_name(given, backup):
    assert is_backup(session(1, **given)) is backup


@pytest.mark.parametrize(
    ("given", "leaves"),
    [
        ({"progress": "CREATE INDEX CONCURRENTLY"}, True),
        ({"query": "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"}, True),
        ({"query": "REINDEX TABLE CONCURRENTLY t"}, True),
        ({"query": "REINDEX (CONCURRENTLY, VERBOSE) TABLE t"}, True),
        ({"query": "/* deploy */ DROP INDEX CONCURRENTLY i"}, True),
        ({"query": "ALTER TABLE p DETACH PARTITION c CONCURRENTLY"}, True),
        ({"progress": "CREATE INDEX", "query": "CREATE INDEX i ON t (a)"}, False),
        ({"query": "REINDEX TABLE t"}, False),
        ({"query": "REFRESH MATERIALIZED VIEW CONCURRENTLY v"}, False),
        ({"query": "CREATE INDEX CONCURRENTLY i ON t (a)", "state": "idle"}, False),
    ],
)
def test_only_what_runs_in_several_transactions_leaves_something_behind(given, leaves):
    assert leaves_behind(session(1, **given)) is leaves


@pytest.mark.parametrize(
    ("given", "asks"),
    [
        ({"query": "INSERT INTO summary SELECT day, count(*) FROM bookings GROUP BY 1"}, True),
        ({"query": "/* etl */ WITH old AS (DELETE FROM bookings WHERE day < $1 RETURNING *) SELECT * FROM old"}, True),
        ({"query": 'UPDATE ONLY "Bookings" AS b SET a = 1'}, True),
        ({"query": "UPDATE public.bookings SET a = 1 WHERE id = $1"}, True),
        ({"query": "MERGE INTO t USING u ON true"}, True),
        ({"query": "CALL archive_old()"}, True),
        ({"query": "CREATE UNLOGGED TABLE x AS SELECT 1"}, True),
        ({"query": "SELECT 1", "has_written": True}, True),
        ({"query": "SELECT * FROM bookings FOR UPDATE"}, False),
        ({"query": "SELECT 'INSERT INTO t', count(*) FROM bookings"}, False),
        ({"query": "-- UPDATE t SET a = 1\nSELECT count(*) FROM bookings"}, False),
        ({"query": "WITH a AS (SELECT 1) SELECT * FROM a"}, False),
    ],
)
def test_a_statement_that_writes_is_stopped_only_when_that_was_asked(given, asks):
    assert bool(why_ask(session(1, **given))) is asks


@pytest.mark.parametrize(
    "before", [" " * 4000, "/* x */ " * 4000, "-- x\n" * 4000, "SET a = 1;/* */ \n" * 4000, "LOCK t;" * 4000]
)
def test_what_comes_before_a_statement_is_read_once(before):
    """Each form for itself: a pattern that tries every division of them would never end."""
    assert maintenance(session(1, "active", query=f"{before}VACUUM bookings"))
    assert not maintenance(session(1, "active", query=f"{before}SELECT 1"))
