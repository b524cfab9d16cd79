"""States of a whole server, each made for real, and what triage and the preflight say of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

from support.clients import until
from support.modules import run_module
from support.servers import PATIENCE, Server, one_per_major

MAJORS = [major for major in (14, 18) if major in one_per_major()]
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
SETTINGS = {
    "max_connections": "20", "archive_mode": "on", "archive_command": "false", "wal_level": "logical",
    "max_wal_size": "32MB", "min_wal_size": "32MB", "max_prepared_transactions": "2",
}  # fmt: skip


@pytest.fixture(scope="module", params=MAJORS, ids=lambda major: f"pg{major}")
def site(request):
    """A server whose archiver fails from its first file on."""
    with Server(one_per_major()[request.param], SETTINGS) as running:
        running.prepare_site()
        yield running


def states(server, **options):
    report = run_module("pg_activity_info", **server.login("oncall"), **options)
    return {state["cause"]: state for state in report["server_states"]}


def awaited(server, cause):
    return until(lambda: states(server).get(cause))


def archiver_fails(server):
    """Each new file wakes the archiver, and for 5 s after its next failure the state is unknown: one file is enough."""
    if "archiver_blocked" not in states(server):
        server.run("SELECT pg_switch_wal()")
    return awaited(server, "archiver_blocked")


def write(server, mib):
    server.run(
        f"CREATE TABLE bulk AS SELECT repeat('x', 1000) FROM generate_series(1, {mib * 1000})",
        "DROP TABLE bulk",
    )


def test_an_archiver_that_fails(site):
    state = archiver_fails(site)
    assert "1 file waits; pg_wal has" in state["text"]
    assert not state["refuses"]
    survey = run_module("triage_info", parts=["database"], postgres=site.login("oncall"))["database"]
    assert "archiver_blocked" in [state["cause"] for state in survey["server_states"]]
    checks = run_module("pg_preflight_info", **site.login("oncall"))
    assert "WAL is archived" in checks["not_ready"]


# Every module whose facts a playbook diagnoses from, as the playbooks call it.
PLANNERS = {
    "pg_kill_blocking": {},
    "pg_end_sessions": {"also": ["processes"], "measure": ["busy"], "idle": 60, "idle_in_transaction": 60},
}


@pytest.mark.parametrize("module", PLANNERS)
def test_a_plan_names_it_too(site, module):
    archiver_fails(site)
    facts = run_module(module, check=True, **site.login("oncall"), **PLANNERS[module])["facts"]
    assert "archiver_blocked" in [state["cause"] for state in facts["server_states"]]


def test_writes_refused_by_a_setting(site):
    assert "read_only" not in states(site)
    site.run("ALTER DATABASE other SET default_transaction_read_only = on")
    try:
        state = states(site)["read_only"]
        assert "of the database other" in state["text"]
        site.run("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        state = until(lambda: next((one for one in states(site).values() if one["refuses"]), None))
        assert "of the whole server" in state["text"]
        assert "accepts writes" in run_module("pg_preflight_info", **site.login("oncall"))["not_ready"]
    finally:
        connection = psycopg2.connect(site.dsn())
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute("ALTER DATABASE other RESET default_transaction_read_only")
            cursor.execute("ALTER SYSTEM RESET default_transaction_read_only")
            cursor.execute("SELECT pg_reload_conf()")
        connection.close()
    until(lambda: "read_only" not in states(site))


@pytest.mark.parametrize("whose", ["app", "app IN DATABASE postgres"])
def test_writes_refused_to_a_role_that_owns_tables(site, whose):
    site.run("ALTER ROLE stranger SET default_transaction_read_only = on")
    site.run(f"ALTER ROLE {whose} SET default_transaction_read_only = on")
    client = psycopg2.connect(site.dsn("app"))
    other = psycopg2.connect(site.dsn("stranger"))
    try:
        state = states(site)["read_only"]
        assert "of the role app" in state["text"]
        assert "stranger" not in state["text"]
        assert f"ALTER ROLE {whose} RESET default_transaction_read_only; then" in state["advice"]
        client.close()
        until(lambda: "read_only" not in states(site))
    finally:
        client.close()
        other.close()
        site.run(*(f"ALTER ROLE {role} RESET default_transaction_read_only" for role in ("stranger", whose)))


@contextmanager
def stopped(server, backend_type):
    pid = server.value(f"SELECT pid FROM pg_stat_activity WHERE backend_type = '{backend_type}'")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_checkpointer_that_is_stopped(site):
    site.run("CHECKPOINT")
    assert "checkpointer_stopped" not in states(site)
    with stopped(site, "checkpointer"), ExitStack() as late:
        write(site, 80)
        waits = threading.Thread(target=site.run, args=("CHECKPOINT",))
        waits.start()
        late.callback(waits.join, PATIENCE)
        state = until(lambda: next((one for one in states(site).values() if one["sessions"] == 1), None))
        assert "max_wal_size 32 MiB" in state["text"]
        os.kill(site.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"), signal.SIGCONT)
    until(lambda: "checkpointer_stopped" not in states(site))


def test_a_logical_slot_that_lost_its_wal(site):
    site.run("SELECT pg_create_logical_replication_slot('feed', 'pgoutput')")
    try:
        assert "replication_slot_behind" not in states(site)
        site.run("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", "SELECT pg_reload_conf()")
        write(site, 40)
        site.run("SELECT pg_switch_wal()", "CHECKPOINT")
        state = awaited(site, "replication_slot_behind")
        assert "slot feed (not in use)" in state["text"]
        assert "pg_drop_replication_slot('feed')" in state["advice"]
    finally:
        site.run("SELECT pg_drop_replication_slot('feed')", "ALTER SYSTEM RESET max_slot_wal_keep_size")
        site.run("SELECT pg_reload_conf()")


RESET = [major for major, binaries in one_per_major().items() if (binaries / "pg_resetwal").exists()]


@pytest.mark.parametrize("kind", ["xid", "multixact"])
@pytest.mark.parametrize("major", [RESET[0], RESET[-1]])
def test_writes_refused_before_wraparound(major, kind):
    number = 2_146_483_700
    if kind == "xid":
        given, folder, first, fill = ["-x", number], "pg_xact", number // (8192 * 4 * 32), b"\x55"
    else:
        given, folder, first, fill = ["-m", f"{number},1"], "pg_multixact/offsets", number // (2048 * 32), b"\0"
    with Server(one_per_major()[major]) as server:
        server.prepare_site()
        server.run("CHECKPOINT")
        server._process.send_signal(signal.SIGINT)
        server._process.wait(PATIENCE)
        reset = [server.binaries / "pg_resetwal", *map(str, given), "-f", "-D", server.data]
        subprocess.run(reset, cwd="/", check=True, capture_output=True, **NOBODY)
        segment = server.data / folder / f"{first:04X}"
        segment.write_bytes(fill * 262144)
        if NOBODY:
            os.chown(segment, NOBODY["user"], NOBODY["group"])
        server.start()
        state = awaited(server, "wraparound")
        assert state["refuses"]
        assert ("transaction ids" if kind == "xid" else "multixacts") in state["text"]
        assert "run VACUUM in each database" in state["advice"]
        assert "postgres" in state["advice"]
        assert "accepts writes" in run_module("pg_preflight_info", **server.login("oncall"))["not_ready"]


@pytest.mark.parametrize("major", MAJORS)
def test_a_standby_that_restores_from_an_archive_has_no_primary_to_miss(major):
    """It has no WAL receiver, by its configuration; with an address of a primary that is gone it has lost one."""
    archive = Path(tempfile.mkdtemp(prefix="pafar-archive-"))
    archive.chmod(0o777)
    settings = {"archive_mode": "on", "archive_command": f"cp %p {archive}/%f", "wal_level": "replica"}
    try:
        with Server(one_per_major()[major], settings) as primary:
            primary.prepare_site()
            restores = {"restore_command": f"cp {archive}/%f %p", "hot_standby": "on"}
            with Server(one_per_major()[major], restores, primary=primary) as standby:
                until(lambda: "standby_without_primary" not in states(standby))
                primary.stop()
                assert "restores none" in awaited(standby, "standby_without_primary")["text"]
                standby.stop(signal.SIGINT)
                standby.settings["primary_conninfo"] = ""
                standby.start()
                assert "standby_without_primary" not in states(standby)
                assert standby.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walreceiver'") == 0
    finally:
        shutil.rmtree(archive)
