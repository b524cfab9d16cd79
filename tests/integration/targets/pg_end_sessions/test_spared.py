"""Who is never ended, whatever the rules say: replication, a backup, a vacuum against wraparound, each a real one."""

from __future__ import annotations

import contextlib
import subprocess
from typing import Any

import psycopg2
import pytest

from support.clients import clients, lock_waiters, until
from support.modules import run_module
from support.scenes import held, spinning
from support.servers import Server, client_tool, one_per_major

SETTINGS = {
    "autovacuum_naptime": "1s",
    "autovacuum_freeze_max_age": "100000",
    "autovacuum_vacuum_cost_delay": "100ms",
    "autovacuum_vacuum_cost_limit": "1",
    "wal_level": "replica",
}
AGED = "DO $$ BEGIN FOR i IN 1..100100 LOOP PERFORM pg_catalog.pg_current_xact_id(); COMMIT; END LOOP; END $$"
VACUUM = (
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND query LIKE '%to prevent wraparound%'"
)


@contextlib.contextmanager
def running(tool: str, *words: str):
    argv = [str(client_tool(tool)), *words]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture(params=sorted(one_per_major()), ids=lambda major: f"pg{major}")
def aged(request):
    with Server(one_per_major()[request.param], SETTINGS) as server:
        server.prepare_site()
        server.run(AGED)
        yield server


def test_nobody_of_them_is_ended(aged, tmp_path):
    def end(**options: Any) -> dict[str, Any]:
        rules = {"idle": 0, "idle_in_transaction": 0, "long_running": 0, "max_share": 1.0, "max_victims": 100}
        return run_module("pg_end_sessions", **aged.login("oncall"), **{**rules, "shares": {"": 0}, **options})

    slowly = ["-r", "64k", "-c", "fast", "-d", aged.dsn(user="oncall")]
    with (
        clients(aged) as session,
        running("pg_basebackup", "-D", "-", "-Ft", "-X", "none", *slowly) as backup,
        running("pg_basebackup", "-D", str(tmp_path / "copy"), "-X", "stream", *slowly) as streaming,
    ):
        until(lambda: aged.value("SELECT count(*) FROM pg_stat_replication") >= 3, what="backups and WAL streaming")
        vacuum = until(lambda: aged.value(VACUUM), 60, what="a vacuum against wraparound")
        dump = held(session, "LOCK TABLE payments IN ACCESS SHARE MODE", application="pg_dump")
        worker, forgotten = spinning(session), held(session, "SELECT 1")
        done = end()
        spared = {one["pid"]: one["reason"] for one in done["plan"]["spared"]}
        assert {one["pid"] for one in done["ended"]} == {worker.pid, forgotten.pid}
        assert "wraparound" in spared[vacuum]
        assert sum("walsender" in reason for reason in spared.values()) >= 3
        assert spared[dump.pid] == "is a backup"
        assert (backup.poll(), streaming.poll(), dump.fate()) == (None, None, "alive")
        assert aged.value(VACUUM) == vacuum


HERE = (
    "SELECT p.pid, p.relid::regclass::text FROM pg_stat_progress_vacuum AS p JOIN pg_stat_activity USING (pid)"
    " WHERE p.datname = 'postgres' AND query LIKE '%to prevent wraparound%'"
)


def test_a_vacuum_against_wraparound_stays_also_where_it_holds_up_others(aged):
    """Such a one does not give way by itself, and would start again at once."""

    def seen():
        with psycopg2.connect(aged.dsn()) as connection, connection.cursor() as cursor:
            cursor.execute(HERE)
            return cursor.fetchone()

    with clients(aged) as session:
        pid, table = until(seen, 60, what="a vacuum against wraparound in this database")
        waiting = session(user="postgres").ready()
        waiting.run("SET deadlock_timeout = '1h'")
        waiting.send(f"BEGIN; LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")
        until(lambda: lock_waiters(aged) == 1, what="somebody behind it")
        rules = {"min_waiting": 0, "max_share": 1.0, "spare_superusers": False}
        done = run_module("pg_kill_blocking", **aged.login("postgres"), **rules)
        assert done["ended"] == []
        assert any("wraparound" in one["reason"] for one in done["plan"]["spared"] if one["pid"] == pid), done["plan"]
