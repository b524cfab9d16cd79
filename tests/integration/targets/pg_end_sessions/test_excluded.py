"""Who is never ended, whatever the rules say: replication, a backup, a vacuum against wraparound, each a real one."""

from __future__ import annotations

import contextlib
import subprocess
from typing import Any

import pytest

from support.clients import clients, lock_waiters, until
from support.modules import run_module
from support.scenes import held, spinning
from support.servers import Server, client_tool, one_per_major

SETTINGS = {
    "autovacuum_naptime": "1s",
    "autovacuum_freeze_max_age": "100000",
    "wal_level": "replica",
}
AGED = "DO $$ BEGIN FOR i IN 1..100100 LOOP PERFORM pg_catalog.pg_current_xact_id(); COMMIT; END LOOP; END $$"
VACUUM = (
    "SELECT p.pid FROM pg_stat_progress_vacuum AS p JOIN pg_stat_activity AS a USING (pid) WHERE a.datname = 'postgres'"
    " AND p.relid = 'bookings'::regclass AND query LIKE '%to prevent wraparound%' AND wait_event_type = 'BufferPin'"
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
        yield server


def vacuumed(server, session, **given):
    """A vacuum against wraparound that cannot end: it waits for a page that a cursor of this session has in use."""
    reader = held(session, "DECLARE c CURSOR FOR SELECT * FROM bookings", "FETCH 1 FROM c", **given)
    server.run(AGED)
    return reader, until(lambda: server.value(VACUUM), what="a vacuum against wraparound that waits for its page")


def test_nobody_of_them_is_ended(aged, tmp_path):
    def end(**options: Any) -> dict[str, Any]:
        rules = {"idle": 0, "idle_in_transaction": 0, "long_running": 0, "max_share": 1.0, "max_terminations": 100}
        return run_module("pg_end_sessions", **aged.login("oncall"), **{**rules, "shares": {"": 0}, **options})

    slowly = ["-r", "32k", "-c", "fast", "-d", aged.dsn(user="oncall")]
    with (
        clients(aged) as session,
        running("pg_basebackup", "-D", "-", "-Ft", "-X", "none", *slowly) as backup,
        running("pg_basebackup", "-D", str(tmp_path / "copy"), "-X", "stream", *slowly) as streaming,
    ):
        until(lambda: aged.value("SELECT count(*) FROM pg_stat_replication") >= 3, what="backups and WAL streaming")
        dump, vacuum = vacuumed(aged, session, application="pg_dump")
        worker, forgotten = spinning(session), held(session, "SELECT 1")
        done = end()
        excluded = {one["pid"]: one["reason"] for one in done["plan"]["excluded"]}
        assert {one["pid"] for one in done["acted_on"]} == {worker.pid, forgotten.pid}
        assert "wraparound" in excluded[vacuum]
        assert sum("walsender" in reason for reason in excluded.values()) >= 3
        assert excluded[dump.pid] == "is a backup"
        assert (backup.poll(), streaming.poll(), dump.fate()) == (None, None, "alive")
        assert aged.value(VACUUM) == vacuum


def test_a_vacuum_against_wraparound_stays_also_where_it_holds_up_others(aged):
    """Such a one does not give way by itself, and would start again at once."""

    with clients(aged) as session:
        dummy, pid = vacuumed(aged, session, application="pg_dump")
        waiting = session(user="postgres").ready()
        waiting.run("SET deadlock_timeout = '1h'")
        waiting.send("BEGIN; LOCK TABLE bookings IN SHARE UPDATE EXCLUSIVE MODE")
        until(lambda: lock_waiters(aged) == 1, what="somebody behind it")
        rules = {"min_waiting": 0, "max_share": 1.0, "exclude_superusers": False}
        done = run_module("pg_kill_blocking", **aged.login("postgres"), **rules)
        assert done["acted_on"] == []
        assert any("wraparound" in one["reason"] for one in done["plan"]["excluded"] if one["pid"] == pid), done["plan"]
